//! Restore drills: three workers, each with a real phone; a backup at a random moment; work that goes on, and elders who ask
//! to be erased; the server is lost and restored; the phones sync.

use std::collections::{BTreeMap, BTreeSet};

use doorstep::db::{document, submission};
use doorstep::random::{Random as _, SeededRandom};
use doorstep_mobile::{Blocked, Step};
use doorstep_tests::burglar;
use doorstep_tests::handset::{Handset, new_premises};
use doorstep_tests::inprocess::Server;
use doorstep_tests::scratch::Scratch;
use sync_core::author::Role;
use sync_core::edit::FieldOp;
use sync_core::form::{EntityEdit, Form, NewElder};
use sync_core::generator::{GenInspection, Roster, Shift, roster, worker_day};
use sync_core::id::{CaseloadId, EntityId, PersonId, SubmissionId};
use sync_core::time::Span;

const WORKERS: [&str; 3] = ["lin", "chen", "zhou"];
const SHOPS: usize = 12;
const ELDERS: [&str; 3] = ["顾阿婆-CANARY", "谭伯-CANARY", "何婶-CANARY"];
/// Turns of a drill.
const TURNS: u64 = 24;

struct Worker {
    name: &'static str,
    person: PersonId,
    handset: Handset,
    visits: std::vec::IntoIter<GenInspection>,
}

/// What chance decides.
struct Chance(SeededRandom);

impl Chance {
    fn below(&self, n: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes) % n
    }
}

struct Drill {
    server: Server,
    hgs: CaseloadId,
    dir: tempfile::TempDir,
    chance: Chance,
    shops: Roster,
    workers: Vec<Worker>,
    written: BTreeSet<SubmissionId>,
    mei: PersonId,
    /// Elders, each with whether nothing of theirs may be anywhere.
    elders: Vec<(&'static str, EntityId, bool)>,
}

/// The numbers of referrals, as they are printed on paper, each with the referral that has it.
type Numbers = BTreeMap<String, String>;

impl Drill {
    fn new(seed: u64) -> Self {
        let server = Server::start();
        let hgs = server.caseload("HGS");
        for dept in ["FIRE", "URBAN", "EMERG", "MARKET"] {
            server.wait(server.admin().add_desk(dept, dept)).unwrap();
        }
        let mei = server.member("mei", Role::Supervisor, hgs, true);
        let mut drill = Self {
            server,
            hgs,
            dir: tempfile::tempdir().unwrap(),
            chance: Chance(SeededRandom::new(seed)),
            shops: roster(seed, SHOPS),
            workers: Vec::new(),
            written: BTreeSet::new(),
            mei,
            elders: Vec::new(),
        };
        for ix in 0..2 {
            drill.enrols(ix);
        }
        for shop in &drill.shops.premises {
            let finished = drill.workers[0].handset.finish(new_premises(shop));
            drill.written.insert(finished.submission);
        }
        for name in ELDERS {
            let handset = &drill.workers[0].handset;
            let form = NewElder { name: name.to_owned(), ..NewElder::default() };
            drill.written.insert(handset.finish(Form::NewElder(form)).submission);
            drill.elders.push((name, handset.shop(name), false));
        }
        drill.workers.iter().for_each(|worker| worker.handset.sync());
        drill
    }

    /// One of the elders asks that nothing is kept.
    fn erases(&mut self, at: usize) {
        let (_, elder, erased) = &mut self.elders[at];
        self.server.wait(self.server.admin().erase(self.hgs, *elder, (self.mei, "本人要求"))).unwrap();
        *erased = true;
    }

    /// What was erased is nowhere, and the others are where they were.
    fn erased_stays_erased(&self) {
        let opened = self.server.wait(burglar::opens(&self.server.db, &self.server.master()));
        let opened: Vec<_> = opened.iter().map(|(_, plain)| String::from_utf8_lossy(plain)).collect();
        for (name, elder, erased) in &self.elders {
            assert_eq!(opened.iter().any(|text| text.contains(name)), !erased, "{name}");
            let there = self.server.wait(async {
                let mut tx = self.server.db.read().await.unwrap();
                document::root(&mut tx, self.hgs, *elder).await.unwrap().is_some()
            });
            assert_eq!(there, !erased, "{name}");
            for worker in &self.workers {
                assert_eq!(worker.handset.phone.search(name, 1).is_empty(), *erased, "{name} at {}", worker.name);
            }
        }
    }

    fn base(&self) -> String {
        format!("http://{}", self.server.address())
    }

    fn code(&self, person: PersonId) -> String {
        self.server.wait(self.server.admin().enrolment(person)).unwrap().code.grouped()
    }

    fn enrols(&mut self, ix: usize) {
        let name = WORKERS[ix];
        let person = self.server.member(name, Role::Worker, self.hgs, false);
        let handset = Handset::enrol(self.dir.path(), name, &self.base(), &self.code(person));
        handset.sync();
        let date = "2026-11-23".parse().unwrap();
        let shift = |day| Shift { worker: u32::try_from(ix).unwrap(), workers: 3, day, date };
        let visits: Vec<_> = (0..40).flat_map(|day| worker_day(&self.shops, shift(day)).visits).collect();
        self.workers.push(Worker { name, person, handset, visits: visits.into_iter() });
    }

    /// Somebody does something: a visit, a note on a file that all have, a sync, or a colleague carries what is not sent.
    fn turn(&mut self, turn: u64) {
        let at = self.chance.below(self.workers.len() as u64) as usize;
        let shop = &self.shops.premises[self.chance.below(SHOPS as u64) as usize].name;
        let act = self.chance.below(10);
        let (elder, file, _) = self.elders[self.chance.below(self.elders.len() as u64) as usize];
        let worker = &mut self.workers[at];
        // A phone that came late may not have every shop yet.
        let known = !worker.handset.phone.search(shop, 1).is_empty();
        match act {
            0..=2 if known => {
                let visit = worker.visits.next().unwrap();
                let file = worker.handset.shop(shop);
                let finished = worker.handset.visit(file, &visit);
                self.written.extend(finished.iter().map(|finished| finished.submission));
            }
            3 if known => {
                let entity = worker.handset.shop(shop);
                let ops = vec![FieldOp::put("door_note", format!("{} {turn}", worker.name).as_str().into())];
                self.written.insert(worker.handset.finish(Form::Edit(EntityEdit { entity, ops })).submission);
            }
            8..=9 if !worker.handset.phone.search(elder, 1).is_empty() => {
                let ops = vec![FieldOp::put("note_short", format!("{elder}, {} {turn}", worker.name).as_str().into())];
                let form = Form::Edit(EntityEdit { entity: file, ops });
                self.written.insert(worker.handset.finish(form).submission);
            }
            4 => {
                let parcels = worker.handset.phone.export_relay().unwrap();
                let carrier = &self.workers[(at + 1) % self.workers.len()].handset;
                if !parcels.is_empty() {
                    carrier.phone.carry(&parcels).unwrap();
                    carrier.sync();
                }
            }
            _ => worker.handset.sync(),
        }
        self.server.clock.advance(Span::minutes(7));
    }

    fn numbers(&self) -> Numbers {
        let mei = self.server.login("mei");
        let path = format!("/v1/caseloads/{}/referrals?limit=200", self.hgs);
        let list = self.server.get(&path, Some(&mei)).ok();
        let mut numbers = Numbers::new();
        for referral in list.as_array().unwrap() {
            let number = referral["title"].as_str().unwrap_or_else(|| panic!("no number: {referral}")).to_owned();
            let before = numbers.insert(number.clone(), referral["id"].as_str().unwrap().to_owned());
            assert!(before.is_none(), "{number} is there twice");
        }
        numbers
    }

    /// Each syncs until there is nothing more to exchange; who is not known there enrols again.
    fn all_sync(&self) {
        for _ in 0..3 {
            for Worker { name, person, handset, .. } in &self.workers {
                match handset.step() {
                    Step::Blocked(Blocked::Auth) => {
                        handset.enrols_again(name, &self.code(*person));
                        handset.sync();
                    }
                    Step::Blocked(why) => panic!("{name} is blocked: {why:?}"),
                    Step::Idle | Step::More => handset.sync(),
                }
            }
        }
    }

    fn nothing_is_lost(&self) {
        let known = |id| {
            self.server.wait(async {
                let mut tx = self.server.db.read().await.unwrap();
                submission::by_id(&mut tx, self.hgs, id).await.unwrap().is_some()
            })
        };
        let lost: Vec<_> = self.written.iter().filter(|id| !known(**id)).collect();
        assert!(lost.is_empty(), "{} of {} are lost", lost.len(), self.written.len());
        self.server.verifies();
        let (digest, seq) = self.server.state(self.hgs);
        for worker in &self.workers {
            assert_eq!(worker.handset.phone.state_digest(self.hgs).unwrap(), (seq, digest.clone()), "{}", worker.name);
        }
    }
}

/// What a drill came to, for the figures.
#[derive(Default)]
struct Came {
    written: usize,
    behind: usize,
    held: u64,
    erased: usize,
    erased_behind: usize,
}

fn drill(seed: u64, came: &mut Came) {
    let mut drill = Drill::new(seed);
    let backup_at = drill.chance.below(TURNS / 2);
    let enrolled_at = drill.chance.below(TURNS);
    let lost_at = backup_at + 1 + drill.chance.below(TURNS - backup_at);
    let erased_at = [drill.chance.below(TURNS), drill.chance.below(lost_at)];
    let (file, mut at_backup) = (drill.dir.path().join("backup"), 0);
    for turn in 0..lost_at {
        if turn == backup_at {
            drill.server.backs_up(&file);
            at_backup = drill.written.len();
        }
        if turn == enrolled_at && drill.workers.len() == 2 {
            drill.enrols(2);
        }
        for (at, erased_at) in erased_at.iter().enumerate() {
            if turn == *erased_at {
                drill.erases(at);
                came.erased += 1;
                came.erased_behind += usize::from(turn >= backup_at);
            }
        }
        drill.turn(turn);
    }
    let before = drill.numbers();
    drill.server.clock.advance(Span::minutes(30));

    let scratch = drill.server.wait(Scratch::new());
    let Drill { server, .. } = drill;
    let (server, restored) = server.lost(&file, scratch, seed + 1_000);
    let mut drill = Drill { server, ..drill };
    assert!(restored.epoch > 1);
    let base = drill.base();
    for worker in &mut drill.workers {
        worker.handset.finds(&base);
        // Who was added after the backup is not known any more: an administrator adds them again.
        let known = drill.server.wait(drill.server.admin().person(worker.name));
        worker.person = match known {
            Ok(known) => known.id,
            Err(_) => drill.server.member(worker.name, Role::Worker, drill.hgs, false),
        };
    }
    drill.all_sync();
    drill.nothing_is_lost();
    drill.erased_stays_erased();
    let after = drill.numbers();
    for (number, referral) in &before {
        assert!(after.get(number).is_none_or(|now| now == referral), "{number} names another referral now");
    }
    // Life goes on, also with another backup.
    for turn in 0..6 {
        drill.turn(1_000 + turn);
    }
    drill.erases(2);
    drill.server.backs_up(&file);
    drill.all_sync();
    drill.nothing_is_lost();
    drill.erased_stays_erased();
    came.written += drill.written.len();
    came.behind += drill.written.len() - at_backup;
    came.held += drill.server.wait(async {
        let mut tx = drill.server.db.read().await.unwrap();
        let counts = submission::counts(&mut tx, drill.hgs).await.unwrap();
        counts.into_iter().filter(|(verdict, _)| verdict == "held").map(|(_, count)| count).sum::<u64>()
    });
}

#[test]
fn nothing_that_a_phone_wrote_or_carried_is_lost_in_a_restore() {
    let drills = if std::env::var_os("DOORSTEP_TEST_LONG").is_some() { 50 } else { 6 };
    let mut came = Came::default();
    for seed in 0..drills {
        drill(seed, &mut came);
    }
    println!("{drills} drills: {} forms, {} of them behind the backup, {} held", came.written, came.behind, came.held);
    println!(
        "{} elders erased before the server was lost, {} of them behind the backup",
        came.erased, came.erased_behind
    );
    assert!(came.erased_behind > 0 && came.erased > came.erased_behind, "erased on both sides of a backup");
    assert!(came.behind > 0, "no drill lost anything that had to come back");
}
