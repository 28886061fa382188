//! Nodes are killed (`kill -9`) in the midst of syncs, at moments that a seed chooses, while three phones go on working
//! through whichever node is next. What a phone was told is stored must be there, once; what it was not told goes up
//! again; alarms and deliveries happen once; and in the end everybody holds the same.

#[path = "crash/checks.rs"]
mod checks;
#[path = "crash/road.rs"]
mod road;
#[path = "crash/turns.rs"]
mod turns;
#[path = "crash/worker.rs"]
mod worker;

use doorstep::db::Location;
use doorstep_tests::receiver::Receiver;
use doorstep_tests::server::{Office, Server, until};
use doorstep_tests::tap::Tap;
use road::{Beside, Moment, Road};
use sha2::{Digest as _, Sha256};
use sync_core::generator::{Roster, roster};
use worker::{WORKERS, Worker};

const SEED: u64 = 20_261_123;
const SHOPS: usize = 45;

/// Chance that is the same in every run: throw `n` for `what`, below `below`.
fn throw(what: &str, n: u64, below: u64) -> usize {
    let hash = Sha256::digest(format!("{SEED} {what} {n}"));
    let bytes = hash.first_chunk::<8>().unwrap();
    usize::try_from(u64::from_be_bytes(*bytes) % below).unwrap()
}

/// A file can be watched, and a line to PostgreSQL tapped. One of several nodes sees less of what is sent.
fn moment(kill: u64, nodes: u64, beside: &Beside<'_>) -> Moment {
    match (kill % 4, beside) {
        (0, _) => Moment::Up(1 + throw("up", kill, 12_000 / (nodes * nodes))),
        (1, _) => Moment::Down(throw("down", kill, 24_000 / (nodes * nodes))),
        (2, _) => Moment::Answered(1 + throw("answered", kill, 3)),
        (_, Beside::File(_)) => Moment::Written(1 + throw("written", kill, 40)),
        (_, Beside::Line(_)) => Moment::Asked(1 + throw("asked", kill, 200), throw("arrives", kill, 2) == 0),
    }
}

/// `tests/run --full` kills a hundred times.
fn kills(otherwise: u64) -> u64 {
    if std::env::var_os("DOORSTEP_TEST_LONG").is_some() { 100 } else { otherwise }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    kill_nodes(&Office::new(), 1, kills(24));
}

#[test]
fn nothing_acknowledged_is_lost_when_one_of_two_nodes_is_killed() {
    kill_nodes(&Office::on_postgres(), 2, kills(8));
}

/// The nodes of an office, each with a tap on its line to PostgreSQL when that is where the database is.
struct Nodes<'a> {
    office: &'a Office,
    taps: Vec<Tap>,
}

impl<'a> Nodes<'a> {
    fn of(office: &'a Office, count: u64) -> Self {
        let taps = match office.config().database() {
            Location::Server(url) => (0..count).map(|_| Tap::on(&url)).collect(),
            Location::File(_) => Vec::new(),
        };
        Self { office, taps }
    }

    fn start(&self, ix: usize) -> Server {
        let mut command = self.office.command(&["serve"]);
        command.env("DOORSTEP_STOP_DRAIN_SECONDS", "1");
        if let Some(tap) = self.taps.get(ix) {
            command.env("DOORSTEP_DATABASE", tap.url());
        }
        self.office.serve_as(command)
    }

    fn beside(&self, ix: usize) -> Beside<'_> {
        self.office.file().map_or_else(|| Beside::Line(&self.taps[ix]), Beside::File)
    }
}

/// Alarms of the caseload reach this pager.
fn page(office: &Office) -> Receiver {
    let pager = Receiver::start();
    office.ok(&["admin", "person", "add", "mei", "--name", "mei", "--role", "supervisor"]);
    office.ok(&["admin", "assign", "mei", "HGS"]);
    office.ok(&["admin", "duty", "add", "HGS", "mei", "--as", "first"]);
    office.ok(&["admin", "webhook", "add", "--caseload", "HGS", "--for", "first", "--url", &pager.url()]);
    pager
}

/// Workers, and the shops that they go to.
fn furnish(office: &Office) {
    office.furnish(&WORKERS);
    office.ok(&["generate", "--seed", &SEED.to_string(), "--premises", &SHOPS.to_string(), "--out", "shops.csv"]);
    office.ok(&["import", "premises", "shops.csv"]);
}

fn kill_nodes(office: &Office, count: u64, kills: u64) {
    furnish(office);
    let pager = page(office);
    let shops: &'static Roster = Box::leak(Box::new(roster(SEED, SHOPS)));
    let unknown = roster(SEED + 1, SHOPS);

    let (road, nodes) = (Road::new(), Nodes::of(office, count));
    let mut servers: Vec<Server> = (0..).take(count as usize).map(|ix| nodes.start(ix)).collect();
    servers.iter().for_each(|server| road.leads_to(server.address));
    // After this kill one worker is taken out of the caseload, and what that phone still has is held.
    let leaves = kills * 4 / 5;
    let mut workers: Vec<Worker> = (0..3).map(|ix| Worker::new(ix, office, &road, shops, leaves)).collect();
    let caseload = workers[0].handset.caseload;
    let (mut turn, mut lost_answers) = (0, 0);
    for kill in 0..kills {
        let doomed = throw("which", kill, count);
        let beside = nodes.beside(doomed);
        let moment = moment(kill, count, &beside);
        // All sync at once, though not always in the same order; or one alone, with nothing new from the others.
        let alone = throw("alone", kill, 3) == 0;
        workers.sort_by_key(|worker| (!worker.works_at(kill), throw(worker.name, kill, 100)));
        let together = if alone { 1 } else { workers.len() };
        if alone {
            workers[0].syncs(&road);
        }
        road.arm(moment, &servers[doomed], &beside);
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
        if kill == leaves {
            let zhou = workers.iter_mut().find(|worker| worker.name == "zhou").unwrap();
            zhou.works(turn, shops, &unknown);
            office.ok(&["admin", "unassign", "zhou", "HGS"]);
        }
        if kill % 10 == 7 {
            // Phones are killed too, though not as often.
            workers = workers.into_iter().map(Worker::reopened).collect();
        }
        // While the node starts again, work goes on with the others.
        std::thread::scope(|scope| {
            let started = scope.spawn(|| nodes.start(doomed));
            for worker in &mut workers {
                scope.spawn(|| worker.syncs(&road));
            }
            servers[doomed] = started.join().unwrap();
        });
        road.leads_to(servers[doomed].address);
        let there = checks::stored(office);
        for worker in &workers {
            let lost: Vec<_> = worker.acknowledged.difference(&there).collect();
            let name = worker.name;
            assert!(lost.is_empty(), "kill {kill}, {moment:?}: {name} was told that {lost:?} are stored; they are not");
            let unknown = worker.finished.iter().filter(|form| !worker.acknowledged.contains(&form.submission));
            lost_answers += unknown.filter(|form| there.contains(&form.submission)).count();
        }
    }
    // The moments are worth something: some work was stored of which no phone had heard. With several nodes, the next
    // one tells them before anybody can look.
    assert!(lost_answers > 0 || count > 1, "no kill fell between a commit and its answer");

    for _ in 0..2 {
        workers.iter_mut().for_each(|worker| worker.syncs(&road));
    }
    until("every delivery arrives", || checks::undelivered(office) == 0);
    servers.into_iter().for_each(|server| assert!(server.stop().success()));
    let verified = office.run(&["verify"]);
    assert!(verified.ok, "{}{}", verified.out, verified.err);
    checks::everything_is_merged_or_told(&workers);
    checks::everybody_holds_the_same(office, caseload, &workers);
    checks::alarms_happened_once(office, &pager);
}
