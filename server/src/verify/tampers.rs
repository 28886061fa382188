//! Random tampers, each found at its place and then undone: bytes edited, rows deleted, swapped and copied, ends cut off.
//! Some hundreds in every run; `DOORSTEP_TEST_LONG=1` makes it 10,000, `DOORSTEP_CASES` so many times as many.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use sync_core::author::Role;
use sync_core::edit::{Base, FieldOp};
use sync_core::entity::Kind;
use sync_core::event::{EventBody, Link, Visit, VisitKind};
use sync_core::id::{EntityId, EventId};
use sync_core::submission::Submission;
use sync_core::time::Span;

use super::{Finding, examine};
use crate::audit::Read;
use crate::checkpoint::{self, Checkpoint};
use crate::db::tamper::Holds::{Bytes, Int, Text};
use crate::db::tamper::Table;
use crate::db::{Arg, Tx, alarm, erased, read_log};
use crate::flow::bench::{Bench, CHEN, FIELD, LIN, actor, at, edit, event, item, new_shop, shop};
use crate::flow::erase::Order;
use crate::random::{Random as _, SeededRandom};

mod history;

macro_rules! tables {
    ($($name:literal $key:literal: $($column:literal $holds:ident)*;)*) => {
        &[$(Table { name: $name, key: $key, columns: &[$(($column, $holds)),*] }),*]
    };
}

/// The tables that are derived from logs or are logs, and their columns.
const TABLES: &[Table] = tables! {
    "log" 2: "caseload" Bytes "seq" Int "received_at" Int "kind" Text "chain" Bytes "header" Bytes;
    "log_part" 3: "caseload" Bytes "seq" Int "part" Int "kind" Text "subject" Bytes "sealed" Bytes;
    "read_log" 2: "caseload" Bytes "n" Int "at" Int "person" Bytes "device" Bytes "subject" Bytes "what" Text
        "found" Int "shown" Int "chain" Bytes;
    "alarm_log" 2: "caseload" Bytes "n" Int "at" Int "alarm" Int "what" Text "level" Int "person" Bytes "note" Bytes
        "chain" Bytes;
    "document" 2: "caseload" Bytes "entity" Bytes "kind" Text "root" Bytes "version" Int "changed_seq" Int
        "state_round" Int "state_rank" Int "due_at" Int "sealed" Bytes;
    "projection" 2: "caseload" Bytes "entity" Bytes "conflicts" Int "sealed" Bytes;
    "event" 2: "caseload" Bytes "event" Bytes "kind" Text "subject" Bytes "root" Bytes "seq" Int "part" Int
        "observed_at" Int;
    "flag" 2: "caseload" Bytes "flag" Bytes "rule" Text "subject" Bytes "root" Bytes "window_hash" Bytes
        "standing" Text "raised_at" Int "raised_seq" Int "changed_seq" Int "sealed" Bytes;
    "link" 3: "caseload" Bytes "a" Bytes "b" Bytes "seq" Int "undone" Int;
    "submission" 3: "caseload" Bytes "device" Bytes "number" Int "id" Bytes "digest" Bytes "seq" Int "verdict" Text
        "code" Text "decided_seq" Int;
    "erased" 2: "caseload" Bytes "entity" Bytes "seq" Int;
    "caseload" 1: "id" Bytes "seq" Int "chain" Bytes "sanity" Bytes;
};

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, n: usize) -> usize {
        usize::try_from(u64::from_be_bytes(self.bytes()) % n as u64).unwrap()
    }

    fn bytes(&self) -> [u8; 8] {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        bytes
    }
}

/// An elder who was there and asked that nothing is kept.
const GU: EntityId = EntityId::from_bytes([0xE1; 16]);

/// A few days of shops: flags, a link, held work, somebody erased, alarms that were told, looks at files.
async fn lived_in() -> Bench {
    let mut bench = Bench::new().await;
    for n in 1..6 {
        let when = at("09:00") + Span::minutes(i64::from(n) * 10);
        let code = ["EXIT-02", "GAS-01", "GAS-05", "ELE-01", "LIVE-01"][usize::from(n - 1)];
        let worker = if n % 2 == 0 { LIN } else { CHEN };
        let written: Submission = bench.submission(worker, when, new_shop(shop(n), when, code, 3));
        bench.take_in(when, worker, &[item(&written)]).await;
    }
    // A worker may not link: it waits.
    let parts = vec![event(
        "not hers",
        shop(1),
        at("11:00"),
        EventBody::Link(Link { other: shop(2), undo: false, reason: String::new() }),
    )];
    let held = bench.submission(LIN, at("11:00"), parts);
    bench.take_in(at("11:00"), LIN, &[item(&held)]).await;
    let parts = vec![event(
        "linked",
        shop(1),
        at("11:10"),
        EventBody::Link(Link { other: shop(2), undo: false, reason: String::new() }),
    )];
    let standing = sync_core::admit::Standing { role: Role::Steward, member: true, revoked: false, clock_offset_ms: 0 };
    let linked = bench.submission(0xC1, at("11:10"), parts);
    bench.take_in_from(at("11:10"), 0xC1, standing, &[item(&linked)]).await;
    erase(&mut bench).await;
    let mut tx = bench.db.write().await.unwrap();
    let mut keys = bench.flow.keys();
    for minute in 0..6 {
        let when = at("12:00") + Span::minutes(minute);
        alarm::raise(&mut tx, &mut keys, FIELD, when, "rule", Some("F01"), &format!("{minute}")).await.unwrap();
        let person = actor(LIN, Role::Worker).person;
        let subject = Some(shop(u8::try_from(minute).unwrap()));
        let read = Read { at: when, person, device: None, subject, what: "premises", found: true, shown: None };
        read_log::record(&mut tx, FIELD, &[read]).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(!bench.entities(FIELD, Kind::Hazard).await.is_empty());
    bench
}

async fn erase(bench: &mut Bench) {
    let visit = Visit {
        kind: VisitKind::Home,
        observed: Vec::new(),
        signals: Vec::new(),
        words: Some("都好".to_owned()),
        next_visit: None,
    };
    let name = vec![FieldOp::put("name", "顾阿婆".into())];
    let parts =
        vec![edit(GU, Kind::Elder, Base::default(), name), event("visit", GU, at("11:20"), EventBody::Visit(visit))];
    let visited = bench.submission(LIN, at("11:20"), parts);
    bench.take_in(at("11:20"), LIN, &[item(&visited)]).await;
    let order = Order { by: actor(0xC1, Role::Steward).person, reason: "本人要求".to_owned() };
    let mut tx = bench.db.govern().await.unwrap();
    let gone = bench.flow.erase(&mut tx, FIELD, at("11:30"), &[GU].into(), &order).await.unwrap();
    tx.commit().await.unwrap();
    assert!(gone.contains(&GU));
}

/// Where a tamper has to be found: a table of the finding, and words that its place holds one of.
struct Expected {
    tables: Vec<&'static str>,
    places: Vec<String>,
}

impl Expected {
    fn is(&self, finding: &Finding) -> bool {
        let there = |place: &String| finding.place.split(' ').any(|word| word == place);
        // The head of a log is told by the number that it says, which may be the one that was changed.
        let head = finding.table == "caseload" || self.places.iter().any(there);
        self.tables.contains(&finding.table) && head
    }
}

/// How a finding would name a row: by the parts of its key.
fn places(table: &Table, row: &[Arg]) -> Vec<String> {
    // A submission is named by its id.
    let named = if table.name == "submission" { &row[3..4] } else { &row[1..table.key] };
    let name = |arg: &Arg| match arg {
        Arg::Int(Some(n)) => Some(n.to_string()),
        Arg::Bytes(Some(id)) => Some(EntityId::from_bytes(id.clone().try_into().ok()?).to_string()),
        _ => None,
    };
    let mut all: Vec<String> = named.iter().filter_map(name).collect();
    if table.name == "log_part" {
        all.truncate(1);
    }
    all
}

/// Changes a value: a bit of a number or of bytes, a letter of a text, something where nothing was.
fn changed(dice: &Dice, holds: crate::db::tamper::Holds, before: &Arg) -> Arg {
    match (holds, before) {
        (Int, Arg::Int(Some(n))) => Arg::Int(Some(n ^ (1 << dice.below(12)))),
        (Text, Arg::Text(Some(text))) if !text.is_empty() => {
            let at = dice.below(text.len());
            Arg::Text(Some(text.char_indices().map(|(ix, c)| if ix == at { '~' } else { c }).collect()))
        }
        (Bytes, Arg::Bytes(Some(bytes))) if !bytes.is_empty() => {
            let mut bytes = bytes.clone();
            let at = dice.below(bytes.len());
            bytes[at] ^= 1 << dice.below(8);
            Arg::Bytes(Some(bytes))
        }
        (Int, _) => Arg::Int(Some(1)),
        (Text, _) => Arg::Text(Some("x".to_owned())),
        (Bytes, _) => Arg::Bytes(Some(vec![7; 16])),
    }
}

/// Tampers once; says what was done and where it has to be found. Nothing, when the engine refused it.
async fn tamper(tx: &mut Tx, dice: &Dice) -> Option<(String, Expected)> {
    if dice.below(8) == 0 {
        return history::tamper(tx, dice).await;
    }
    let table = &TABLES[dice.below(TABLES.len())];
    let rows = table.rows(tx).await.unwrap();
    let chosen = dice.below(rows.len());
    let row = &rows[chosen];
    let (key, name) = (&row[..table.key], table.name);
    let mut expected = Expected { tables: vec![name], places: places(table, row) };
    if name == "event" {
        // Rows that stay of somebody erased are vouched for by the entry that says so, all together.
        let gone = erased::every(tx, FIELD).await.unwrap();
        expected.places.extend(gone.values().map(u64::to_string));
    }
    // A document's own columns show where it is read; a part where its entry is.
    expected.tables.extend(match name {
        "log_part" => Some("log"),
        "document" => Some("projection"),
        _ => None,
    });
    let done = match dice.below(5) {
        0 => {
            table.remove(tx, key).await.ok()?;
            expected.tables.extend((name == "log").then_some("caseload"));
            "deleted".to_owned()
        }
        1 if rows.len() > 1 => {
            let other = &rows[(chosen + 1 + dice.below(rows.len() - 1)) % rows.len()];
            if (table.key..row.len()).all(|at| same(&row[at], &other[at])) {
                return None;
            }
            expected.places.extend(places(table, other));
            let pairs = || (0..).zip(row.iter().zip(other)).skip(table.key);
            for (at, (one, _)) in pairs() {
                // Two rows cannot have the same id even for a moment.
                table.set(tx, key, at, blank(one)).await.ok()?;
            }
            for (at, (one, two)) in pairs() {
                table.set(tx, &other[..table.key], at, one.clone()).await.ok()?;
                table.set(tx, key, at, two.clone()).await.ok()?;
            }
            "swapped".to_owned()
        }
        2 => {
            let mut copy = row.clone();
            let at = table.key - 1;
            copy[at] = match &copy[at] {
                Arg::Int(_) => Arg::Int(Some(i64::try_from(rows.len()).unwrap() + 1)),
                _ => Arg::Bytes(Some(EventId::derived("copy", &[&dice.bytes()]).bytes().to_vec())),
            };
            if name == "submission" {
                copy[3] = Arg::Bytes(Some(EventId::derived("copy", &[&dice.bytes()]).bytes().to_vec()));
            }
            if let Err(_refused) = table.add(tx, copy.clone()).await {
                return None;
            }
            expected.places.extend(places(table, &copy));
            expected.tables.extend((name == "log").then_some("caseload"));
            "copied".to_owned()
        }
        _ => {
            let column = table.key + dice.below(row.len() - table.key);
            let (what, holds) = table.columns[column];
            table.set(tx, key, column, changed(dice, holds, &row[column])).await.ok()?;
            format!("edited {what}")
        }
    };
    Some((format!("{name} {:?}: {done}", expected.places), expected))
}

fn same(a: &Arg, b: &Arg) -> bool {
    match (a, b) {
        (Arg::Int(a), Arg::Int(b)) => a == b,
        (Arg::Text(a), Arg::Text(b)) => a == b,
        (Arg::Bytes(a), Arg::Bytes(b)) => a == b,
        _ => false,
    }
}

fn blank(of: &Arg) -> Arg {
    match of {
        Arg::Int(_) => Arg::Int(Some(0)),
        Arg::Text(_) => Arg::Text(Some(String::new())),
        Arg::Bytes(_) => Arg::Bytes(Some(vec![0; 16])),
    }
}

async fn checkpoints(bench: &Bench) -> Vec<Checkpoint> {
    let key = SigningKey::from_bytes(&[9; 32]);
    let mut tx = bench.db.write().await.unwrap();
    let line = checkpoint::take(&mut tx, &key, at("13:00"), None).await.unwrap().line;
    tx.commit().await.unwrap();
    assert!(checkpoint::read(&line.replace("\\\"n\\\":1", "\\\"n\\\":2"), &key.verifying_key()).is_err());
    checkpoint::read(&line, &key.verifying_key()).unwrap()
}

#[tokio::test]
async fn every_tamper_is_found_at_its_place() {
    let bench = lived_in().await;
    let checkpoints = checkpoints(&bench).await;
    let mut tx = bench.db.read().await.unwrap();
    assert_eq!(examine(&mut tx, &bench.flow, &checkpoints).await.unwrap().findings, []);
    drop(tx);
    let times: Option<usize> = std::env::var("DOORSTEP_CASES").ok().and_then(|times| times.parse().ok());
    let long = std::env::var_os("DOORSTEP_TEST_LONG").is_some();
    let wanted = times.map_or(if long { 10_000 } else { 300 }, |times| 300 * times);
    let (dice, mut done, mut kinds) = (Dice(SeededRandom::new(5)), 0, BTreeMap::<String, u32>::new());
    let mut missed = Vec::new();
    while done < wanted {
        let mut tx = bench.db.write().await.unwrap();
        let Some((what, expected)) = tamper(&mut tx, &dice).await else { continue };
        let found = examine(&mut tx, &bench.flow, &checkpoints).await.unwrap().findings;
        if !found.iter().any(|finding| expected.is(finding)) {
            missed.push(format!("{what}: {found:?}"));
        }
        let table = what.split([' ', ':']).next().unwrap_or_default();
        *kinds.entry(format!("{table} {}", what.rsplit(' ').next().unwrap_or_default())).or_default() += 1;
        // Dropped, it never happened.
        drop(tx);
        done += 1;
    }
    println!("{wanted} tampers: {kinds:?}");
    assert!(missed.is_empty(), "{} of {wanted}:\n{}", missed.len(), missed.join("\n"));
    assert!(kinds.len() > 30, "{kinds:?}");
}
