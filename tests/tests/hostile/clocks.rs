//! Phones whose clocks are anywhere: their work is taken in, capped at its receipt, and marked.

use doorstep_tests::inprocess::MORNING;
use doorstep_tests::rawphone::{edit, event, found, new_hazard, new_premises, shop};
use sync_core::author::Role;
use sync_core::edit::{FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::log::{EntryBody, Logged};
use sync_core::submission::Part;
use sync_core::time::{Span, Timestamp};

use crate::world::{MERGED, World};

/// 1970, 2099, and what no calendar has.
fn clocks() -> Vec<(&'static str, Timestamp)> {
    vec![
        ("1970", Timestamp::EPOCH),
        ("2099", Timestamp::from_millis(4_070_908_800_000)),
        ("the first moment", Timestamp::from_millis(i64::MIN)),
        ("the last moment", Timestamp::MAX),
    ]
}

fn logged(log: &[sync_core::log::Entry]) -> Vec<Logged> {
    let submission = |entry: &sync_core::log::Entry| match &entry.body {
        EntryBody::Submission(logged) if logged.author.role != Role::System => Some(logged.clone()),
        _ => None,
    };
    log.iter().filter_map(submission).collect()
}

#[test]
fn work_of_any_clock_merges_capped_and_noted() {
    let mut world = World::new();
    for (nth, (what, now)) in (1_u8..).zip(clocks()) {
        world.lin.now = now;
        let root = shop(nth);
        let mut observed = event("then", root, found("EXIT-02", 3));
        (observed.start, observed.end) = (now, now);
        let mut hazard = new_hazard(root, "EXIT-02", 3);
        if nth > 1 {
            let due = FieldOp::put("due_at", Value::Int(now.millis()));
            let kept = minicbor::decode::<sync_core::edit::Edit>(&hazard.bytes).unwrap();
            hazard = edit(kept.entity, Kind::Hazard, 0, [kept.ops, vec![due]].concat());
        }
        let parts = vec![Part::event(&observed), new_premises(root, what), hazard];
        assert_eq!(world.lin.say(&world.server, parts), MERGED, "{what}");
        world.is_sound();
    }
    world.lin.now = MORNING;
    let log = world.lin.sync(&world.server, Vec::new()).log();
    let said = logged(&log);
    assert_eq!(said.len(), clocks().len());
    for (logged, (what, now)) in said.iter().zip(clocks()) {
        assert_eq!(logged.at.wall, now.min(MORNING), "{what}: never later than its receipt");
        assert_eq!(logged.skew_ms, (now - MORNING).as_millis(), "{what}: noted");
    }
    // What people look at can still be shown.
    let _mei = world.server.member("mei", Role::Supervisor, world.hgs, true);
    let access = world.server.login("mei");
    for path in ["premises?search=19", "flags", "referrals", "conflicts", "held", "duplicates"] {
        let _list = world.server.get(&format!("/v1/caseloads/{}/{path}", world.hgs), Some(&access)).ok();
    }
    for n in 1..=4 {
        let file = world.server.get(&format!("/v1/caseloads/{}/premises/{}", world.hgs, shop(n)), Some(&access)).ok();
        assert!(!file.is_null());
    }
}

#[test]
fn a_clock_in_the_future_wins_nothing_and_causes_come_before_effects() {
    let mut world = World::new();
    let mut meng = world.phone("meng", Role::Worker, 3);
    let root = shop(1);
    let note =
        |version, text: &str| vec![edit(root, Kind::Premises, version, vec![FieldOp::put("door_note", text.into())])];
    assert_eq!(world.lin.say(&world.server, vec![new_premises(root, "王记")]), MERGED);
    // Side by side: 2099 says "A" at 08:30; an honest clock says "B" a minute later.
    meng.now = Timestamp::from_millis(4_070_908_800_000);
    assert_eq!(meng.say(&world.server, note(1, "A of 2099")), MERGED);
    world.server.clock.advance(Span::minutes(1));
    world.lin.now = MORNING + Span::minutes(1);
    assert_eq!(world.lin.say(&world.server, note(1, "B")), MERGED);
    assert_eq!(shown(&world, root), "B", "a clock that runs ahead is worth no more than its receipt");
    // Who had seen B and comes from 1970 still comes after it.
    meng.now = Timestamp::EPOCH;
    assert_eq!(meng.say(&world.server, note(3, "C of 1970, after B")), MERGED);
    assert_eq!(shown(&world, root), "C of 1970, after B");
    world.is_sound();
}

fn shown(world: &World, root: sync_core::id::EntityId) -> String {
    let login = format!("mei{}", world.server.state(world.hgs).1);
    let _mei = world.server.member(&login, Role::Supervisor, world.hgs, true);
    let access = world.server.login(&login);
    let file = world.server.get(&format!("/v1/caseloads/{}/premises/{root}", world.hgs), Some(&access)).ok();
    find(&file, "door_note").unwrap_or_else(|| panic!("{file}"))
}

/// The text of a field, wherever the answer shows it.
fn find(json: &serde_json::Value, name: &str) -> Option<String> {
    let text = |value: &serde_json::Value| {
        value.as_str().or_else(|| value["value"].as_str()).or_else(|| value["shown"].as_str()).map(str::to_owned)
    };
    match json {
        serde_json::Value::Object(fields) => {
            fields.get(name).and_then(text).or_else(|| fields.values().find_map(|value| find(value, name)))
        }
        serde_json::Value::Array(list) => list.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}
