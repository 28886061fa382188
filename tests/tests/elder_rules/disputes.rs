//! A record that one person corrected and another voided: what nobody decides for 48 hours is the steward's.

use sync_core::entity::event_review;
use sync_core::event::{Flagged, Void};

use super::doubts::links;
use super::*;

/// The record, and its correction.
const TOLD: u8 = 60;
const CORRECTION: u8 = 61;

fn told(n: u8, elder: EntityId, when: &str, amends: Option<u8>) -> Vec<Part> {
    let amends = amends.map(|n| EventId::from_bytes([n; 16]));
    vec![Part::event(&Event { subject: elder, amends, ..fall(n, at(when), "2026-11-22") })]
}

fn void(n: u8, elder: EntityId, when: &str, of: u8) -> Vec<Part> {
    let void = Void { event: EventId::from_bytes([of; 16]), reason: "记错了人".to_owned() };
    vec![Part::event(&event(n, elder, at(when), EventBody::Void(void)))]
}

/// Lin corrects what Chen voids before either knows. Chen's phone comes online last, at 12:30.
fn disputed(elder: EntityId) -> World {
    let mut world = World::morning();
    with_tan(&mut world);
    let lin = [("2026-11-23T10:00", TOLD, None), ("2026-11-23T11:00", CORRECTION, Some(TOLD))];
    for (when, n, amends) in lin {
        assert_eq!(world.send(LIN, Role::Worker, when, told(n, elder, when, amends)), Verdict::Merged);
    }
    let (written, received) = ("2026-11-23T11:10", "2026-11-23T12:30");
    let parts = void(62, elder, written, TOLD);
    assert_eq!(world.send_at(CHEN, Role::Worker, written, received, parts), Verdict::Merged);
    world
}

fn decides(world: &mut World, person: u8, when: &str, correction: u8, seen_version: u32, holds: bool) {
    let review = event_review::id(EventId::from_bytes([correction; 16]));
    let value = if holds { event_review::CORRECTED } else { event_review::VOID };
    let ops = vec![FieldOp::put("standing", value.into())];
    let parts = vec![put(review, Kind::EventReview, seen(seen_version), ops)];
    assert_eq!(world.send(person, Role::Supervisor, when, parts), Verdict::Merged);
}

/// The file, window, words and times of the one flag that was raised.
fn raised(world: &World) -> (EntityId, Flagged) {
    let flags = world.caseload.files.values().flat_map(|file| file.flags.values());
    let raised = |flag: &&sync_core::case::StandingFlag| {
        flag.flagged.rule == "D02" && flag.flagged.standing == FlagStanding::Raised
    };
    let found: Vec<_> = flags.filter(raised).collect();
    let [flag] = found[..] else { panic!("one flag, not {}", found.len()) };
    (flag.subject, flag.flagged.clone())
}

#[test]
fn the_steward_is_told_after_48_hours_of_both_being_known_until_somebody_settles_it() {
    let mut world = disputed(GU);
    world.caseload.tick(at("2026-11-25T12:30"));
    assert_eq!(world.flags("D02"), [], "not before 48 hours");
    world.caseload.tick(at("2026-11-25T12:31"));
    let flag = raised(&world);
    assert_eq!((flag.0, flag.1.window.as_str()), (GU, &*format!("standing#{}", EventId::from_bytes([TOLD; 16]))));
    assert!(flag.1.zh.contains("有人更正、有人作废,已经48小时"), "{}", flag.1.zh);
    assert!(flag.1.en.contains("for 48 hours nobody has decided"), "{}", flag.1.en);
    assert!(flag.1.due_at.is_some(), "within two working days");

    // Whoever corrects once more gives no more time.
    let when = "2026-11-25T14:00";
    assert_eq!(world.send(LIN, Role::Worker, when, told(63, GU, when, Some(CORRECTION))), Verdict::Merged);
    assert!(raised(&world) == flag);
    // Of two who decide differently without knowing it the first has settled it, and then nobody has.
    let version = world.document(event_review::id(EventId::from_bytes([63; 16]))).version();
    decides(&mut world, MEI, "2026-11-25T15:00", 63, version, true);
    assert_eq!(world.flags("D02"), [FlagStanding::Ended]);
    decides(&mut world, 0x32, "2026-11-25T15:01", 63, version, false);
    assert_eq!((raised(&world).0, raised(&world).1.flag), (GU, flag.1.flag), "the same flag again");
    decides(&mut world, MEI, "2026-11-25T16:00", 63, version + 2, false);
    assert_eq!(world.flags("D02"), [FlagStanding::Ended]);
    world.caseload.tick(at("2026-11-28T16:00"));
    assert_eq!(world.flags("D02"), [FlagStanding::Ended]);
}

#[test]
fn what_was_settled_in_time_is_nobodys_and_asked_anew_has_48_hours_of_its_own() {
    let mut world = disputed(GU);
    let version = world.document(event_review::id(EventId::from_bytes([CORRECTION; 16]))).version();
    decides(&mut world, MEI, "2026-11-23T20:00", CORRECTION, version, false);
    world.caseload.tick(at("2026-11-26T08:00"));
    assert_eq!(world.flags("D02"), []);
    // Written without having seen the decision.
    let (written, received) = ("2026-11-23T12:00", "2026-11-26T09:00");
    let parts = told(63, GU, written, Some(CORRECTION));
    assert_eq!(world.send_at(LIN, Role::Worker, written, received, parts), Verdict::Merged);
    assert!(world.caseload.files[&GU].disputes().len() == 1 && world.flags("D02").is_empty());
    world.caseload.tick(at("2026-11-28T09:00"));
    assert_eq!(world.flags("D02"), []);
    world.caseload.tick(at("2026-11-28T09:01"));
    assert_eq!(world.flags("D02"), [FlagStanding::Raised]);
}

#[test]
fn two_corrections_of_one_voided_record_are_one_flag_until_both_are_settled() {
    let mut world = disputed(GU);
    let when = "2026-11-24T09:00";
    assert_eq!(world.send(0xB2, Role::Worker, when, told(63, GU, when, Some(TOLD))), Verdict::Merged);
    world.caseload.tick(at("2026-11-25T12:31"));
    let flag = raised(&world);
    let decided = [
        // What is left was asked a day later: its own 48 hours have not passed.
        (CORRECTION, "2026-11-25T14:00", "2026-11-26T09:01", FlagStanding::Raised),
        (63, "2026-11-26T15:00", "2026-11-27T15:00", FlagStanding::Ended),
    ];
    for (n, when, later, then) in decided {
        let version = world.document(event_review::id(EventId::from_bytes([n; 16]))).version();
        decides(&mut world, MEI, when, n, version, false);
        assert_eq!(world.flags("D02"), [FlagStanding::Ended], "{n}");
        world.caseload.tick(at(later));
        assert_eq!(world.flags("D02"), [then], "{n}");
    }
    assert!(world.caseload.files[&GU].flags[&flag.1.flag].flagged.window == flag.1.window, "one flag all the while");
}

#[test]
fn the_flag_lies_with_the_record_while_files_are_linked_and_after() {
    let mut world = disputed(TAN);
    links(&mut world, 95, "2026-11-23T13:00", false);
    world.caseload.tick(at("2026-11-25T12:31"));
    let flag = raised(&world);
    assert_eq!(flag.0, TAN, "Gu's is the smaller id, and the record is not in her file");
    links(&mut world, 96, "2026-11-25T13:00", true);
    assert!(raised(&world) == flag);
}
