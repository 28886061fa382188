//! The server is killed (`kill -9`) fifty times in the midst of syncs, at moments that a seed chooses, while three phones
//! go on working. What a phone was told is stored must be there, once; what it was not told goes up again; and in the
//! end everybody holds the same.

#[path = "crash/road.rs"]
mod road;

use std::collections::{BTreeMap, BTreeSet};

use doorstep::app::{App, Surroundings};
use doorstep::db::{Db, Statement, caseload, log};
use doorstep_mobile::{Blocked, Finished, Stage, Step};
use doorstep_tests::handset::{Handset, new_premises};
use doorstep_tests::server::Office;
use road::{Moment, Road};
use sha2::{Digest as _, Sha256};
use sync_core::edit::FieldOp;
use sync_core::event::Event;
use sync_core::form::{EntityEdit, Form};
use sync_core::generator::{GenInspection, Roster, Shift, roster, worker_day};
use sync_core::id::{CaseloadId, EventId, SubmissionId};
use sync_core::log::{Entry, EntryBody, HoldCode};
use sync_core::submission::PartKind;

const KILLS: u64 = 50;
const SEED: u64 = 20_261_123;
/// After this kill one worker is taken out of the caseload, and what that phone still has is held.
const LEAVES: u64 = 40;
const WORKERS: [&str; 3] = ["lin", "chen", "zhou"];
const SHOPS: usize = 45;

/// Chance that is the same in every run: throw `n` for `what`, below `below`.
fn throw(what: &str, n: u64, below: u64) -> usize {
    let hash = Sha256::digest(format!("{SEED} {what} {n}"));
    let bytes = hash.first_chunk::<8>().unwrap();
    usize::try_from(u64::from_be_bytes(*bytes) % below).unwrap()
}

/// A server's journal cannot be watched from outside: there the link is.
fn moment(kill: u64, has_journal: bool) -> Moment {
    match kill % 4 {
        3 if !has_journal => Moment::Up(1 + throw("written", kill, 12_000)),
        0 => Moment::Up(1 + throw("up", kill, 12_000)),
        1 => Moment::Down(throw("down", kill, 24_000)),
        2 => Moment::Answered(1 + throw("answered", kill, 3)),
        _ => Moment::Written(1 + throw("written", kill, 40)),
    }
}

/// A worker with a phone, and what that phone was told.
struct Worker {
    name: &'static str,
    handset: Handset,
    visits: Box<dyn Iterator<Item = GenInspection> + Send>,
    finished: Vec<Finished>,
    acknowledged: BTreeSet<SubmissionId>,
}

impl Worker {
    fn new(ix: u32, office: &Office, road: &Road, shops: &'static Roster) -> Self {
        let name = WORKERS[ix as usize];
        let handset = Handset::enrol(office.dir(), name, &road.base(), &office.code(name));
        handset.sync();
        let date = "2026-11-23".parse().unwrap();
        let day = move |day| worker_day(shops, Shift { worker: ix, workers: 3, day, date }).visits;
        let visits = Box::new((0..).flat_map(day));
        Self { name, handset, visits, finished: Vec::new(), acknowledged: BTreeSet::new() }
    }

    /// Whether they still work here.
    fn works_at(&self, kill: u64) -> bool {
        self.name != "zhou" || kill <= LEAVES
    }

    /// Fills in forms: a visit with its notice, sometimes a shop that is new, sometimes a note on a file that all have.
    fn works(&mut self, turn: u64, shops: &Roster, unknown: &Roster) {
        let own = |what: &str| format!("{what} {}", self.name);
        if throw(&own("new"), turn, 6) == 0 {
            let shop = &unknown.premises[throw(&own("which"), turn, unknown.premises.len() as u64)];
            self.finished.push(self.handset.finish(new_premises(shop)));
        }
        if throw(&own("note"), turn, 3) == 0 {
            let entity = self.handset.shop(&shops.premises[throw("same", turn, 5)].name);
            let ops = vec![FieldOp::put("door_note", own(&turn.to_string()).as_str().into())];
            self.finished.push(self.handset.finish(Form::Edit(EntityEdit { entity, ops })));
        }
        for _ in 0..=throw(&own("visits"), turn, 2) {
            let visit = self.visits.next().unwrap();
            let shop = self.handset.shop(&shops.premises[visit.premises_ix].name);
            self.finished.extend(self.handset.visit(shop, &visit));
        }
    }

    /// Syncs until all is exchanged or the server is gone, and keeps in mind what the phone was told.
    fn syncs(&mut self, road: &Road) {
        loop {
            let step = self.handset.step();
            self.listens();
            match step {
                Step::Idle => return,
                Step::More => {}
                Step::Blocked(Blocked::Offline) if road.sprung() => return,
                Step::Blocked(why) => panic!("{} is blocked: {why:?}", self.name),
            }
        }
    }

    fn listens(&mut self) {
        for finished in &self.finished {
            if !self.acknowledged.contains(&finished.submission) {
                let receipt = self.handset.phone.receipt(finished.submission).unwrap();
                if receipt.stage != Stage::Pending {
                    self.acknowledged.insert(finished.submission);
                }
            }
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let office = Office::new();
    office.furnish(&WORKERS);
    office.ok(&["generate", "--seed", &SEED.to_string(), "--premises", &SHOPS.to_string(), "--out", "shops.csv"]);
    office.ok(&["import", "premises", "shops.csv"]);
    let shops: &'static Roster = Box::leak(Box::new(roster(SEED, SHOPS)));
    let unknown = roster(SEED + 1, SHOPS);

    let road = Road::new();
    let mut server = office.serve();
    road.leads_to(server.address);
    let mut workers: Vec<Worker> = (0..3).map(|ix| Worker::new(ix, &office, &road, shops)).collect();
    let caseload = workers[0].handset.caseload;
    let (mut turn, mut lost_answers) = (0, 0);
    for kill in 0..KILLS {
        let moment = moment(kill, office.file().is_some());
        // All sync at once, though not always in the same order; or one alone, with nothing new from the others.
        let alone = throw("alone", kill, 3) == 0;
        workers.sort_by_key(|worker| (!worker.works_at(kill), throw(worker.name, kill, 100)));
        let together = if alone { 1 } else { workers.len() };
        if alone {
            workers[0].syncs(&road);
        }
        road.arm(moment, server.killer(), office.file());
        while !road.sprung() {
            turn += 1;
            for worker in workers.iter_mut().take(together).filter(|worker| worker.works_at(kill)) {
                worker.works(turn, shops, &unknown);
            }
            std::thread::scope(|scope| {
                for worker in workers.iter_mut().take(together) {
                    scope.spawn(|| worker.syncs(&road));
                }
            });
        }
        drop(server);
        if kill == LEAVES {
            let zhou = workers.iter_mut().find(|worker| worker.name == "zhou").unwrap();
            zhou.works(turn, shops, &unknown);
            office.ok(&["admin", "unassign", "zhou", "HGS"]);
        }
        if kill % 10 == 7 {
            // Phones are killed too, though not as often.
            workers =
                workers.into_iter().map(|worker| Worker { handset: worker.handset.reopened(), ..worker }).collect();
        }
        server = office.serve();
        road.leads_to(server.address);
        let there = stored(&office);
        for worker in &workers {
            let lost: Vec<_> = worker.acknowledged.difference(&there).collect();
            let name = worker.name;
            assert!(lost.is_empty(), "kill {kill}, {moment:?}: {name} was told that {lost:?} are stored; they are not");
            let unknown = worker.finished.iter().filter(|form| !worker.acknowledged.contains(&form.submission));
            lost_answers += unknown.filter(|form| there.contains(&form.submission)).count();
        }
    }
    // The moments are worth something: some work was stored of which no phone had heard.
    assert!(lost_answers > 0, "no kill fell between a commit and its answer");

    for worker in &mut workers {
        worker.syncs(&road);
    }
    for worker in &mut workers {
        worker.syncs(&road);
    }
    assert!(server.stop().success());
    let verified = office.run(&["verify"]);
    assert!(verified.ok, "{}{}", verified.out, verified.err);
    everything_is_merged_or_told(&workers);
    everybody_holds_the_same(&office, caseload, &workers);
}

/// The ids of the submissions in the database, read past the running server.
fn stored(office: &Office) -> BTreeSet<SubmissionId> {
    const IDS: Statement = Statement { name: "IDS", sql: "SELECT id FROM submission" };
    runtime().block_on(async {
        let db = Db::at(&office.config().database()).await.unwrap();
        let rows = db.read().await.unwrap().all(IDS, Vec::new()).await.unwrap();
        let ids = rows.iter().map(|row| row.get(0).unwrap()).collect();
        db.close().await;
        ids
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// On every phone each form is part of the record, or held with a reason in words.
fn everything_is_merged_or_told(workers: &[Worker]) {
    let mut held = 0;
    for Worker { name, handset, finished, .. } in workers {
        assert_eq!(handset.phone.repairs(), 0, "{name}: the replica never differed");
        let receipts = handset.phone.receipts(handset.caseload).unwrap();
        let ids: Vec<SubmissionId> = receipts.iter().map(|receipt| receipt.submission).collect();
        let expected: Vec<SubmissionId> = finished.iter().map(|form| form.submission).collect();
        assert_eq!(ids, expected, "{name}: the outbox holds every form once, in order");
        for receipt in receipts {
            match receipt.stage {
                Stage::Pending | Stage::Stored | Stage::Rejected { .. } => {
                    panic!("{name}: {} ended as {:?}", receipt.number, receipt.stage)
                }
                Stage::Held { code, why } => {
                    assert_eq!((*name, code), ("zhou", HoldCode::NoAccess));
                    assert!(!why.zh.is_empty() && !why.en.is_empty());
                    held += 1;
                }
                _ => {}
            }
        }
        for pending in handset.phone.pending().unwrap() {
            assert!(matches!(pending.receipt.stage, Stage::Held { .. }), "{name}: {pending:?}");
        }
    }
    assert!(held > 0, "what zhou wrote before leaving is held and told");
}

/// Server and phones agree, and the log holds each form and each event once.
fn everybody_holds_the_same(office: &Office, id: CaseloadId, workers: &[Worker]) {
    let (entries, digest) = runtime().block_on(async {
        let app = App::open(office.config(), Surroundings::of_machine()).await.unwrap();
        let db = Db::at(&office.config().database()).await.unwrap();
        let digest = app.flow().state_digest(&db, id).await.unwrap().hex();
        let (mut tx, mut keys) = (db.read().await.unwrap(), app.flow().keys());
        assert!(caseload::load(&mut tx, id).await.unwrap().is_some());
        (log::after(&mut tx, &mut keys, id, 0, u32::MAX).await.unwrap(), digest)
    });
    for worker in workers.iter().filter(|worker| worker.name != "zhou") {
        assert_eq!(worker.handset.phone.state_digest(id).unwrap().1, digest, "{}", worker.name);
    }

    let mut times: BTreeMap<SubmissionId, u32> = BTreeMap::new();
    for entry in &entries {
        if let EntryBody::Submission(logged) = &entry.body {
            *times.entry(logged.id).or_default() += 1;
        }
    }
    let mut events: BTreeSet<EventId> = BTreeSet::new();
    for logged in entries.iter().filter_map(Entry::folds) {
        for part in logged.parts.iter().filter(|part| part.kind == PartKind::Event) {
            let event: Event = minicbor::decode(&part.bytes).unwrap();
            assert!(events.insert(event.id), "event {} is in the log twice", event.id);
        }
    }
    for Worker { name, finished, handset, .. } in workers {
        for form in finished {
            assert_eq!(times.get(&form.submission), Some(&1), "{name}: form {} is in the log once", form.number);
            let held = matches!(handset.phone.receipt(form.submission).unwrap().stage, Stage::Held { .. });
            if let Some(event) = form.event {
                assert_eq!(events.contains(&event), !held, "{name}: the event of form {}", form.number);
            }
        }
    }
    assert!(times.values().all(|times| *times == 1), "a form is in the log twice");
}
