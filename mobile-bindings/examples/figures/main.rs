//! A measurement, not a test: what a phone with a large caseload costs. `mobile-bindings/build --figures` runs it.
//!
//! It writes the log of a caseload (a file each, then an inspection or a visit each, so that every file is touched in two
//! places), hands it to a phone with a sealed store in answers of a megabyte, and measures what a worker waits for: opening,
//! today, search, forms, a download in which others changed 500 records. The first argument is the number of shops, the
//! second that of elders. Times pass by the wall clock unless CPU is said; the disk is the machine's own.

#![expect(clippy::print_stdout, reason = "its table is what it is for")]
#![expect(clippy::disallowed_methods, reason = "how long a call takes is what somebody waits for: a measurement")]

mod server;

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use doorstep_mobile::{Environment, Phone, SyncOutcome};
use sync_core::author::Role;
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, Form, InspectionForm};
use sync_core::id::{DeviceId, EntityId, PersonId};

use server::{BUDGET, CASELOAD, Server, inspection};

type Failed = Box<dyn Error>;

const KEY: [u8; 32] = [7; 32];
/// The word for the part that runs in a process of its own.
const EVERYDAY: &str = "everyday";
/// Records that others changed.
const CHANGED: usize = 500;
/// How often a call is made whose time is told.
const TIMES: usize = 100;
/// How often the store is opened.
const OPENED: usize = 5;

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().unwrap_or_else(|| "5000".to_owned());
    let second = arguments.next().unwrap_or_else(|| "5000".to_owned());
    if first == EVERYDAY { everyday(Path::new(&second)) } else { all(first.parse()?, second.parse()?) }
}

fn all(shops: u32, elders: u32) -> Result<(), Failed> {
    let (mut server, files) = Server::with(shops, elders);
    row("caseload", format!("{} files, {} entries, {} KiB", shops + elders, server.entries(), server.bytes() / 1024));
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("phone.sqlite");
    row("one write and sync of this disk", spread(&repeated(TIMES, |_| synced(folder.path()))?));
    let phone = enrolled(&path)?;
    let (began, cpu) = (Instant::now(), cpu_ms()?);
    let answers = sync(&phone, &server)?;
    let spent = cpu_ms()? - cpu;
    row("first download", format!("{:.1} s, {spent} ms CPU, {answers} answers", began.elapsed().as_secs_f64()));
    row("memory, at most, server included", format!("{} MiB", peak_kib()? / 1024));
    drop(phone);

    // A process of its own, in which nothing ever was but a phone.
    let child = Command::new(std::env::current_exe()?).arg(EVERYDAY).arg(&path).status()?;
    if !child.success() {
        return Err("the everyday part failed".into());
    }

    for file in files.iter().rev().take(CHANGED) {
        server.write(&inspection(file.0, "ELE-01"), Some(file));
    }
    let phone = open(&path)?;
    let (began, cpu) = (Instant::now(), cpu_ms()?);
    sync(&phone, &server)?;
    phone.today()?;
    let spent = cpu_ms()? - cpu;
    row("500 changed records", format!("{spent} ms CPU, {:.1} s", began.elapsed().as_secs_f64()));
    row("store", format!("{} MiB", std::fs::metadata(&path)?.len() / 1024 / 1024));
    Ok(())
}

/// What a worker does with the caseload on the phone and no network.
fn everyday(path: &Path) -> Result<(), Failed> {
    row("cold open", spread(&repeated(OPENED, |_| open(path))?));
    let phone = open(path)?;
    row("today", spread(&repeated(OPENED, |_| Ok(phone.today()?))?));
    row("search", spread(&repeated(TIMES, |n| Ok(phone.search(&searched_for(n), 50)))?));
    let shops: Vec<EntityId> = phone.list(CASELOAD).into_iter().map(|shop| shop.id).collect();
    let shop = |n: usize| shops[n % shops.len()];
    row("open a file", spread(&repeated(TIMES, |n| Ok(phone.premises(shop(n))?))?));

    // Each form is on a file of its own, and stays in the outbox: the last is finished with all others unsent.
    let mut drafts = Vec::new();
    let start = |n: usize| {
        drafts.push(phone.start(CASELOAD, seen(shop(n)))?);
        Ok(())
    };
    row("keep a draft", spread(&repeated(TIMES, start)?));
    row("check a draft", spread(&repeated(TIMES, |n| Ok(phone.check(drafts[n])?))?));
    row("alarms of a draft", spread(&repeated(TIMES, |n| Ok(phone.alarms(drafts[n])?))?));
    row("finish a form", spread(&repeated(TIMES, |n| Ok(phone.finish(drafts[n])?))?));
    row("flags at the door", spread(&repeated(TIMES, |n| Ok(phone.flags_at_door(shop(n))?))?));
    row("memory, at most, of all this", format!("{} MiB", peak_kib()? / 1024));
    Ok(())
}

fn row(what: &str, figure: String) {
    println!("{what:<34}{figure}");
}

fn repeated<T>(times: usize, mut call: impl FnMut(usize) -> Result<T, Failed>) -> Result<Vec<Duration>, Failed> {
    let mut took = Vec::with_capacity(times);
    for n in 0..times {
        let began = Instant::now();
        let made = call(n)?;
        took.push(began.elapsed());
        drop(made);
    }
    took.sort_unstable();
    Ok(took)
}

/// The one in the middle, and the slowest.
fn spread(took: &[Duration]) -> String {
    let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    format!("{:.1} ms, at most {:.1} ms of {}", ms(took.get(took.len() / 2)), ms(took.last()), took.len())
}

fn open(path: &Path) -> Result<Phone, Failed> {
    Ok(Phone::open(path, &KEY, Environment::system())?)
}

fn enrolled(path: &Path) -> Result<Phone, Failed> {
    let phone = open(path)?;
    phone.enrolment_request("7K3M-9QXA-0TZB-4C5D", "figures")?;
    let answer = serde_json::json!({
        "device": DeviceId::from_bytes([1; 16]), "person": PersonId::from_bytes([2; 16]), "role": Role::Worker,
        "person_name": "n", "caseloads": [{ "id": CASELOAD, "role": Role::Worker, "letter": "A" }],
        "refresh": "r", "server": "s", "server_sealing_key": "00".repeat(32),
    });
    phone.enrolled(200, &answer.to_string())?;
    Ok(phone)
}

/// Takes steps until there is nothing more to do; how many.
fn sync(phone: &Phone, server: &Server) -> Result<u32, Failed> {
    let mut steps = 0;
    loop {
        steps += 1;
        match phone.sync_step(server, BUDGET)? {
            SyncOutcome::Idle => return Ok(steps),
            SyncOutcome::More => {}
            SyncOutcome::Blocked(why) => return Err(format!("{why:?}").into()),
        }
    }
}

/// A blocked exit, as on a morning's round.
fn seen(shop: EntityId) -> Form {
    let row = AnswerRow { note: "后门堆满纸箱".to_owned(), ..AnswerRow::new("EXIT-02", Answer::Problem) };
    Form::Inspection(InspectionForm { answers: vec![row], met: "店主".to_owned(), ..InspectionForm::new(shop) })
}

/// A name, a door plate, a street that most files are on, or what nobody is called.
fn searched_for(n: usize) -> String {
    match n % 4 {
        0 => format!("小店{n}"),
        1 => format!("A-{n}"),
        2 => "花果山".to_owned(),
        _ => "没有这一家".to_owned(),
    }
}

/// What a form that is finished costs at least: its bytes on the medium.
fn synced(folder: &Path) -> Result<(), Failed> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("plain"))?;
    file.write_all(&[7; 4096])?;
    Ok(file.sync_data()?)
}

/// User and system time of this process: the 14th and 15th fields of its line, counted behind the name, in ticks of 10 ms.
fn cpu_ms() -> Result<u64, Failed> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("unexpected /proc/self/stat")?;
    let ticks = |at: usize| fields.split(' ').nth(at).and_then(|field| field.parse::<u64>().ok());
    Ok(10 * (ticks(11).ok_or("no user time")? + ticks(12).ok_or("no system time")?))
}

/// The most that was ever in this process's memory.
fn peak_kib() -> Result<u64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("unexpected /proc/self/status")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}
