//! Many days at once: enrolment, memory at rest, the days, and whether everything is as it should be.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use doorstep::app::{App, Surroundings};
use doorstep::db::{Db, Location, caseload, submission};
use doorstep_tests::server::Office;
use sqlx::Connection as _;
use sync_core::id::{CaseloadId, SubmissionId};

use crate::day::{Bearer, Day, ROUNDS};
use crate::figures::{Dice, Took, ms};
use crate::nodes::{self, Running};
use crate::town::{District, Town};
use crate::{Asked, Result};

/// The bounds: of one sync in a hundred, and of a node's memory.
const SYNC: Duration = Duration::from_secs(2);
const MEMORY_KIB: u64 = 150 * 1024;
/// Most of what should not be that is told.
const TOLD: usize = 10;
/// Phones that enrol at the same time: an office on the morning when it begins.
const ENROL_AT_ONCE: usize = 8;
/// Which part of the day a rush takes, in hundredths.
const RUSH: u64 = 10;

/// What a run came to: figures by name, and what should not be.
struct Outcome {
    on: &'static str,
    rows: Vec<(&'static str, String)>,
    broken: Vec<String>,
}

/// A phone after its day.
struct Played {
    bearer: Bearer,
    day: Day,
}

/// Whether every bound held.
pub(crate) fn run(asked: &Asked) -> Result<bool> {
    let mut outcomes = Vec::new();
    for on in asked.among(&["sqlite", "postgres", "two-nodes"])? {
        let on = ["sqlite", "postgres", "two-nodes"].into_iter().find(|known| *known == on).unwrap_or("sqlite");
        let outcome = play(on, asked)?;
        for (name, value) in &outcome.rows {
            println!("{name:<42}{value:>30}");
        }
        outcome.broken.iter().take(TOLD).for_each(|broken| println!("BROKEN: {broken}"));
        outcomes.push(outcome);
    }
    if outcomes.len() > 1 {
        table(&outcomes);
    }
    Ok(outcomes.iter().all(|outcome| outcome.broken.is_empty()))
}

fn table(outcomes: &[Outcome]) {
    println!("\n{:<42}{}", "", outcomes.iter().map(|outcome| format!("{:>30}", outcome.on)).collect::<String>());
    for (row, (name, _)) in outcomes[0].rows.iter().enumerate() {
        let values = outcomes.iter().map(|outcome| format!("{:>30}", outcome.rows[row].1));
        println!("{name:<42}{}", values.collect::<String>());
    }
}

#[expect(clippy::disallowed_methods, reason = "how long the days take is part of the measurement")]
fn play(on: &'static str, asked: &Asked) -> Result<Outcome> {
    eprintln!("{on}: {} phones, {} of them at work", asked.enrolled, asked.phones);
    let office = nodes::office(on)?;
    let town = Town::found(&office, asked)?;
    let running = Running::start(office, if on == "two-nodes" { 2 } else { 1 });
    let (bearers, firsts) = enrol(&running, &town, asked)?;
    let at_rest = running.memory_kib("VmRSS:")?;
    let (cpu, all, own) = (running.cpu_ms()?, nodes::children_cpu_ms()?, own_cpu_ms()?);
    let began = Instant::now();
    let (played, failures) = days(bearers, &town.districts, asked);
    let took = began.elapsed();
    let cpu = running.cpu_ms()? - cpu;
    let own = own_cpu_ms()? - own;
    let engine = (nodes::children_cpu_ms()? - all).saturating_sub(cpu);
    let at_most = running.memory_kib("VmHWM:")?;
    for Played { bearer, .. } in &played {
        bearer.sync()?;
    }
    let office = running.stop()?;
    let size = size_kib(&office)?;
    let verified = office.run(&["verify"]);
    let checked = check(&office, &played)?;

    let mut broken = failures;
    let syncs = Took::of(played.iter().flat_map(|played| played.day.syncs.iter().copied()).collect());
    let forms: usize = played.iter().map(|played| played.day.forms.len()).sum();
    let traffic = played.iter().map(|played| played.bearer.line.traffic.get());
    let (up, down) = traffic.fold((0, 0), |(up, down), (u, d)| (up + u, down + d));
    for Played { bearer, .. } in &played {
        broken.extend(bearer.line.errors.borrow().iter().cloned());
    }
    let errors = broken.len();
    if syncs.within(99) > SYNC {
        broken.push(format!("one sync in a hundred takes {} ms or more", ms(syncs.within(99))));
    }
    if at_rest.max(at_most) > MEMORY_KIB {
        broken.push(format!("a node takes {} MiB", at_rest.max(at_most) / 1024));
    }
    if !verified.ok {
        broken.push(format!("it does not verify: {}", verified.out));
    }
    broken.extend(checked);
    let seconds = took.as_secs_f64();
    let rows = vec![
        ("phones enrolled / at work", format!("{} / {}", asked.enrolled, asked.phones)),
        ("errors", errors.to_string()),
        ("first sync at enrolment p50/p95/p99/max ms", firsts.line()),
        ("syncs in the days", syncs.count().to_string()),
        ("one whole sync p50/p95/p99/max ms", syncs.line()),
        ("links that failed", played.iter().map(|played| played.day.faults).sum::<u64>().to_string()),
        ("forms acknowledged", forms.to_string()),
        ("the days took s", format!("{seconds:.1}")),
        ("forms a second", format!("{:.1}", forms as f64 / seconds)),
        ("CPU of nodes / engine / phones s", format!("{:.1} / {:.1} / {:.1}", s(cpu), s(engine), s(own))),
        ("CPU of nodes and engine a sync ms", format!("{:.1}", (cpu + engine) as f64 / syncs.count().max(1) as f64)),
        (
            "up / down a phone KiB",
            format!("{} / {}", up / 1024 / played.len() as u64, down / 1024 / played.len() as u64),
        ),
        ("memory of a node at rest / at most MiB", format!("{} / {}", at_rest / 1024, at_most / 1024)),
        ("database MiB", format!("{:.1}", size as f64 / 1024.0)),
        ("verify", if verified.ok { "clean".to_owned() } else { "NOT CLEAN".to_owned() }),
    ];
    Ok(Outcome { on, rows, broken })
}

fn s(ms: u64) -> f64 {
    ms as f64 / 1e3
}

fn own_cpu_ms() -> Result<u64> {
    nodes::cpu_ms(std::path::Path::new("/proc/self"))
}

/// Every phone enrols and syncs; those that do not work today are closed.
fn enrol(running: &Running, town: &Town, asked: &Asked) -> Result<(Vec<Bearer>, Took)> {
    let next = AtomicUsize::new(0);
    let some = || -> Result<Vec<(usize, Option<Bearer>, Duration)>> {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(code) = town.codes.get(n) else { return Ok(done) };
            let bearer = Bearer::enrol(&running.nodes, n, code)?;
            let took = bearer.sync()?;
            done.push((n, (n < asked.phones).then_some(bearer), took));
            if n.is_multiple_of(10) {
                eprint!("\r{n} of {} phones ", town.codes.len());
            }
        }
    };
    let done: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..ENROL_AT_ONCE).map(|_| scope.spawn(some)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a phone broke".into()))).collect()
    });
    eprintln!();
    let mut all: Vec<_> = done.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    all.sort_by_key(|(n, ..)| *n);
    let firsts = Took::of(all.iter().map(|(.., took)| *took).collect());
    Ok((all.into_iter().filter_map(|(_, bearer, _)| bearer).collect(), firsts))
}

/// The days, and what went wrong in them.
#[expect(clippy::disallowed_methods, reason = "phones come at their times")]
fn days(bearers: Vec<Bearer>, districts: &[District], asked: &Asked) -> (Vec<Played>, Vec<String>) {
    let (finished, count, began) = (AtomicUsize::new(0), bearers.len(), Instant::now());
    let workers = asked.phones.div_ceil(districts.len());
    let one = |n: usize, mut bearer: Bearer| -> Result<Played> {
        let pause = |round: usize, dice: &mut Dice| {
            let until = began + time_of(round, asked.day, dice);
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
        };
        let place = (u32::try_from(n / districts.len())?, u32::try_from(workers)?);
        let day = bearer.day(&districts[n % districts.len()], place, pause);
        eprint!("\r{} of {count} days ", finished.fetch_add(1, Ordering::Relaxed) + 1);
        day.map(|day| Played { bearer, day }).map_err(|error| format!("phone {n}: {error}").into())
    };
    let (mut played, mut failures) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let one = &one;
        let threads = bearers.into_iter().enumerate().map(|(n, bearer)| scope.spawn(move || one(n, bearer)));
        for thread in threads.collect::<Vec<_>>() {
            match thread.join() {
                Ok(Ok(day)) => played.push(day),
                Ok(Err(error)) => failures.push(error.to_string()),
                Err(_) => failures.push("a phone broke".to_owned()),
            }
        }
    });
    eprintln!();
    (played, failures)
}

/// When a round's sync begins: the first, the third and the last in a rush, the others whenever.
fn time_of(round: usize, seconds: u64, dice: &mut Dice) -> Duration {
    let day = seconds * 1_000;
    let (rush, part) = (day * RUSH / 100, (day - day * RUSH / 100) / ROUNDS as u64);
    let spread = if round.is_multiple_of(2) { rush } else { part };
    Duration::from_millis(part * round as u64 + dice.below(spread))
}

/// What is acknowledged and not in the log; phones that hold another state than the server.
fn check(office: &Office, played: &[Played]) -> Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut broken = Vec::new();
    runtime.block_on(async {
        let app = App::open(office.config(), Surroundings::of_machine()).await?;
        let db = Db::at(&office.config().database()).await?;
        let mut tx = db.read().await?;
        let mut states = std::collections::BTreeMap::new();
        for Played { bearer, day } in played {
            let id = bearer.caseload;
            if let Entry::Vacant(unread) = states.entry(id) {
                let head = caseload::load(&mut tx, id).await?.ok_or("a caseload is gone")?.seq;
                unread.insert((head, app.flow().state_digest(&db, id).await?.hex(), 0));
            }
            let (head, digest, equal) = states.entry(id).or_default();
            let (seq, held) = bearer.phone.state_digest(id)?;
            if seq == *head && held == *digest {
                *equal += 1;
            } else if seq == *head {
                broken.push(format!("a phone holds another state of {id}"));
            }
            let waits: BTreeSet<SubmissionId> =
                bearer.phone.pending()?.into_iter().map(|pending| pending.receipt.submission).collect();
            for form in &day.forms {
                if submission::by_id(&mut tx, id, *form).await?.is_none() {
                    broken.push(format!("{form} was acknowledged and is not in the log"));
                } else if waits.contains(form) {
                    broken.push(format!("{form} waits on its phone"));
                }
            }
        }
        let silent: Vec<&CaseloadId> = states.iter().filter(|(_, (.., equal))| *equal == 0).map(|(id, _)| id).collect();
        broken.extend(silent.iter().map(|id| format!("no phone holds the state of {id}")));
        drop(tx);
        db.close().await;
        app.close().await;
        Ok(broken)
    })
}

/// How much room the database takes.
fn size_kib(office: &Office) -> Result<u64> {
    match office.config().database() {
        Location::File(path) => Ok(std::fs::metadata(path)?.len() / 1024),
        Location::Server(url) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let bytes: i64 = runtime.block_on(async {
                let mut connection = sqlx::PgConnection::connect(&url).await?;
                sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(&mut connection).await
            })?;
            Ok(u64::try_from(bytes)? / 1024)
        }
    }
}
