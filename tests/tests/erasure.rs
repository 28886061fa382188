//! Erasure on request: nothing of an elder is left that can be opened, phones are told, what comes late is read by nobody,
//! and the log still verifies.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "erasure/killed.rs"]
mod killed;
#[path = "erasure/remains.rs"]
mod remains;

use std::collections::BTreeSet;
use std::sync::Arc;

use doorstep::db::log;
use doorstep::flow::erase::{Home, Scope};
use doorstep::random::SystemRandom;
use doorstep::register::Record;
use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::{RawPhone, edit, event};
use serde_json::{Value as Json, json};
use sync_core::author::Role;
use sync_core::edit::{FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::event::{EventBody, Signal, Visit, VisitKind};
use sync_core::id::{CaseloadId, EntityId, PersonId};
use sync_core::log::{EntryBody, HoldCode, Verdict};
use sync_core::submission::Part;
use sync_core::time::Timestamp;

const GU: EntityId = EntityId::from_bytes([0xE1; 16]);
const TAN: EntityId = EntityId::from_bytes([0xE2; 16]);
const HOME: EntityId = EntityId::from_bytes([0xD1; 16]);
const NEED: EntityId = EntityId::from_bytes([0xA1; 16]);
const WHY: &str = "书面要求-CANARY";

struct World {
    server: Server,
    hgs: CaseloadId,
    desk: CaseloadId,
    lin: RawPhone,
    supervisor: PersonId,
}

impl World {
    fn new() -> Self {
        Self::at(Server::start())
    }

    /// With keys that no other test has: those that run beside it may be on the same PostgreSQL.
    fn of_its_own() -> Self {
        Self::at(Server::with(Arc::new(SystemRandom)))
    }

    fn at(server: Server) -> Self {
        let hgs = server.caseload("HGS");
        let lin = server.member("lin", Role::Worker, hgs, true);
        let supervisor = server.member("mei", Role::Supervisor, hgs, true);
        let desk = server.wait(server.admin().add_desk("PSB", "PSB")).unwrap();
        let _ = server.member("wu", Role::Officer, desk, true);
        let _ = server.member("de", Role::Dispatcher, desk, true);
        let _ = server.member("he", Role::Dispatcher, hgs, true);
        let lin = RawPhone::enrol(&server, lin, hgs, 1);
        let mut world = Self { server, hgs, desk, lin, supervisor };
        let ops = vec![
            FieldOp::put("name", "顾阿婆-CANARY".into()),
            FieldOp::put("id_last4", "018X-CANARY".into()),
            FieldOp::put("capacity", "limited".into()),
            FieldOp::put("dwelling", Value::Id(HOME)),
            FieldOp::put("note_short", "note-CANARY".into()),
        ];
        world.says(vec![
            edit(GU, Kind::Elder, 0, ops),
            edit(HOME, Kind::Dwelling, 0, vec![FieldOp::put("address", "花果山3栋502-CANARY".into())]),
            edit(NEED, Kind::Need, 0, vec![FieldOp::put("elder", Value::Id(GU))]),
        ]);
        world.says(vec![visit("first", GU, &[])]);
        world
    }

    fn says(&mut self, parts: Vec<Part>) {
        assert_eq!(self.sends(parts), Verdict::Merged);
    }

    fn now(&self) -> Timestamp {
        self.server.app.clock().now()
    }

    fn sends(&mut self, parts: Vec<Part>) -> Verdict {
        self.lin.now = self.now();
        self.lin.say(&self.server, parts)
    }

    fn erase(&self) -> Scope {
        self.server.wait(self.server.admin().erase(self.hgs, GU, (self.supervisor, WHY))).unwrap()
    }

    fn visits(&self) -> Json {
        let path = format!("/v1/caseloads/{}/report?from=2026-11-23&to=2026-11-24", self.hgs);
        let report = self.server.get(&path, Some(&self.server.login("mei"))).ok();
        let figures = report["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["code"] == "visits").unwrap().clone()
    }

    /// All that opens of the log, but for why somebody was erased.
    fn readable(&self) -> String {
        let bytes: Vec<u8> = self.server.wait(async {
            let mut tx = self.server.db.read().await.unwrap();
            let mut keys = self.server.app.flow().keys();
            let entries = log::after(&mut tx, &mut keys, self.hgs, 0, 10_000).await.unwrap();
            entries.into_iter().flat_map(|entry| entry.encode()).collect()
        });
        String::from_utf8_lossy(&bytes).replace(WHY, "")
    }
}

fn visit(seed: &str, elder: EntityId, signals: &[Signal]) -> Part {
    Part::event(&event(seed, elder, visited(signals)))
}

fn visited(signals: &[Signal]) -> EventBody {
    EventBody::Visit(Visit {
        kind: VisitKind::Home,
        observed: Vec::new(),
        signals: signals.to_vec(),
        words: Some("words-CANARY".to_owned()),
        next_visit: None,
    })
}

#[test]
fn what_was_erased_is_read_by_nobody_and_the_log_still_verifies() {
    let mut world = World::new();
    let before = world.visits();
    assert_eq!(before["value"], 1);
    assert!(world.readable().contains("CANARY"), "it was there");
    let scope = world.erase();
    assert!(scope.entities.is_superset(&BTreeSet::from([GU, NEED, HOME])), "{:?}", scope.entities);
    assert_eq!((scope.counted, scope.homes[&HOME]), (1, Home::Goes));
    assert!(!world.readable().contains("CANARY"), "nothing opens but why it was done");
    world.server.verifies();
    assert_eq!(world.visits()["events"], before["events"], "that somebody was there is counted on");
    let path = format!("/v1/caseloads/{}/elders/{GU}", world.hgs);
    assert_eq!(world.server.get(&path, Some(&world.server.login("mei"))).status, 404);
    let records = world.server.app.register().entries().unwrap();
    let erased = |record: &Record| matches!(record, Record::Erased { entities, .. } if entities.contains(&GU));
    assert!(records.iter().any(|entry| erased(&entry.record)), "on the register");
    // Whoever reads the log from its beginning is told as well, and gets nothing of it.
    let fresh =
        RawPhone::enrol(&world.server, world.server.wait(world.server.admin().person("lin")).unwrap().id, world.hgs, 2);
    let mut fresh = fresh;
    let log = fresh.sync(&world.server, Vec::new()).log();
    let bytes: Vec<u8> = log.iter().flat_map(sync_core::log::Entry::encode).collect();
    assert!(!String::from_utf8_lossy(&bytes).contains("CANARY"));
    assert!(
        log.iter().any(|entry| matches!(&entry.body, EntryBody::Erased { entities, .. } if entities.contains(&GU)))
    );
    // Once more: there is nobody of that name.
    assert!(world.server.wait(world.server.admin().erase(world.hgs, GU, (world.supervisor, ""))).is_err());
    world.says(vec![edit(TAN, Kind::Elder, 0, vec![FieldOp::put("name", "顾阿婆".into())])]);
    world.server.verifies();
}

#[test]
fn what_a_desk_was_told_goes_too() {
    let mut world = World::new();
    world.says(vec![visit("second", GU, &[Signal::SuspectedAbuse])]);
    let he = world.server.login("he");
    let referrals = format!("/v1/caseloads/{}/referrals", world.hgs);
    let list = world.server.get(&referrals, Some(&he)).ok();
    let dispatch = format!("{referrals}/{}/dispatch", list[0]["id"].as_str().unwrap());
    assert!(world.server.post(&dispatch, Some(&he), &json!({"dept": "PSB"})).status < 300);
    let scope = world.erase();
    assert_eq!(scope.slips.values().map(BTreeSet::len).sum::<usize>(), 1, "what the police were told of her");
    assert!(!scope.around.alarms.is_empty());
    let desk = *scope.slips.keys().next().unwrap();
    assert_eq!(desk, world.desk);
    assert!(!world.readable().contains("CANARY"));
    world.server.verifies();
    let wu = world.server.login("wu");
    let slips = world.server.get(&format!("/v1/desks/{desk}/slips"), Some(&wu)).ok();
    assert!(slips.as_array().unwrap().is_empty(), "{slips}");
}

#[test]
fn what_comes_late_is_sealed_for_nobody_and_its_author_is_told() {
    let mut world = World::new();
    world.erase();
    let need = EntityId::from_bytes([0xA2; 16]);
    let put = |text: &str| vec![FieldOp::put("note_short", text.into())];
    let of_gu = || vec![FieldOp::put("elder", Value::Id(GU)), FieldOp::put("text", "need-CANARY".into())];
    let late: [Vec<Part>; 5] = [
        vec![visit("late", GU, &[])],
        vec![edit(GU, Kind::Elder, 1, put("late-CANARY"))],
        vec![edit(GU, Kind::Elder, 0, put("again-CANARY"))],
        vec![edit(need, Kind::Need, 0, of_gu()), visit("with", GU, &[])],
        vec![edit(need, Kind::Need, 1, of_gu())],
    ];
    for parts in late {
        assert_eq!(world.sends(parts), Verdict::Held(HoldCode::UnknownEntity));
    }
    assert!(!world.readable().contains("CANARY"), "nobody reads it");
    world.server.verifies();
    let log = world.lin.sync(&world.server, Vec::new()).log();
    let told = log.iter().filter(|entry| {
        matches!(&entry.body, EntryBody::Decision(decision) if !decision.accepted && decision.reason.contains("本人要求"))
    });
    assert_eq!(told.count(), 5, "each is told in words");
}

#[test]
fn held_work_about_her_goes_and_a_home_stays_where_others_live() {
    let mut world = World::new();
    let spouse = vec![FieldOp::put("name", "谭伯".into()), FieldOp::put("dwelling", Value::Id(HOME))];
    world.says(vec![edit(TAN, Kind::Elder, 0, spouse)]);
    // Not a worker's to write, so it waits.
    let held = vec![edit(GU, Kind::Elder, 1, vec![FieldOp::put("caseload_worker", "held-CANARY".into())])];
    assert_eq!(world.sends(held), Verdict::Held(HoldCode::NotPermitted));
    let scope = world.erase();
    assert_eq!((scope.around.held.len(), scope.homes[&HOME]), (1, Home::LivedIn));
    let text = world.readable();
    assert!(!text.contains("held-CANARY") && !text.contains("words-CANARY"));
    assert!(text.contains("花果山3栋502-CANARY"), "he still lives there");
    world.server.verifies();
}
