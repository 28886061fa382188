//! Doubtful evidence: it ends when what gave rise to it is voided, wherever it lies, and a person may dismiss it.

use sync_core::entity::flag_review;
use sync_core::event::{Flagged, Void};
use sync_core::form::{flag_decision, new_flag_review};

use super::*;

/// Lin in two homes at a time: the later visit, at Tan's, is asked about.
fn overlapping() -> World {
    let mut world = World::morning();
    with_tan(&mut world);
    for (n, elder, when) in [(90, GU, "2026-11-23T09:10"), (91, TAN, "2026-11-23T09:20")] {
        let parts = vec![Part::event(&visit(n, elder, at(when), &[]))];
        assert_eq!(world.send(LIN, Role::Worker, when, parts), Verdict::Merged);
    }
    assert_eq!(world.flags("D03"), [FlagStanding::Raised]);
    assert_eq!(flagged(&world, "D03").0, TAN);
    world
}

fn flagged(world: &World, rule: &str) -> (EntityId, Flagged) {
    let flags = world.caseload.files.values().flat_map(|file| file.flags.values());
    let mut flags = flags.filter(|flag| flag.flagged.rule == rule);
    let flag = flags.next().expect("there is such a flag");
    (flag.subject, flag.flagged.clone())
}

/// Somebody decides on the flag of this rule, having seen this many edits of its review.
fn decides(world: &mut World, rule: &str, person: u8, when: &str, confirm: bool, seen_edits: u32) -> Verdict {
    let (subject, flagged) = flagged(world, rule);
    let new = (seen_edits == 0).then(|| new_flag_review(flagged.flag, subject)).into_iter().flatten();
    let ops = new.chain(flag_decision(&flagged.evidence, confirm, "问过社工")).collect();
    let role = if person == LIN { Role::Worker } else { Role::Supervisor };
    let review = flag_review::id(flagged.flag);
    world.send(person, role, when, vec![put(review, Kind::FlagReview, seen(seen_edits), ops)])
}

#[test]
fn a_doubt_ends_with_a_visit_that_is_voided_in_another_file() {
    let mut world = overlapping();
    let void = Void { event: EventId::from_bytes([90; 16]), reason: "时间填错".to_owned() };
    let parts = vec![Part::event(&event(94, GU, at("2026-11-23T12:00"), EventBody::Void(void)))];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T12:00", parts), Verdict::Merged);
    assert_eq!(world.flags("D03"), [FlagStanding::Ended], "nobody has touched Tan's file");
}

#[test]
fn a_dismissed_doubt_stays_dismissed_and_a_worker_cannot_dismiss_it() {
    let mut world = overlapping();
    assert_eq!(decides(&mut world, "D03", LIN, "2026-11-23T11:00", false, 0), Verdict::Held(HoldCode::NotPermitted));
    assert_eq!(decides(&mut world, "D03", MEI, "2026-11-23T11:10", false, 0), Verdict::Merged);
    assert_eq!(world.flags("D03"), [FlagStanding::Dismissed]);
    world.caseload.tick(at("2026-11-24T11:00"));
    assert_eq!(world.flags("D03"), [FlagStanding::Dismissed]);
    // What is written in the file besides changes nothing.
    let parts = vec![put(TAN, Kind::Elder, seen(1), vec![FieldOp::put("dialect", "潮汕话".into())])];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-24T12:00", parts), Verdict::Merged);
    assert_eq!(world.flags("D03"), [FlagStanding::Dismissed]);
}

#[test]
fn who_contradicts_without_having_seen_the_other_leaves_the_flag_standing_until_somebody_settles_it() {
    let mut world = overlapping();
    assert_eq!(decides(&mut world, "D03", MEI, "2026-11-23T11:10", false, 0), Verdict::Merged);
    assert_eq!(decides(&mut world, "D03", 0x32, "2026-11-23T11:12", true, 0), Verdict::Merged);
    assert_eq!(world.flags("D03"), [FlagStanding::Raised], "two views are no dismissal");
    let (_, flag) = flagged(&world, "D03");
    let review = world.document(flag_review::id(flag.flag));
    assert!(review.element("decision", &flag_review::on(&flag.evidence)).unwrap().conflict);
    assert_eq!(decides(&mut world, "D03", MEI, "2026-11-23T11:30", false, 2), Verdict::Merged);
    assert_eq!(world.flags("D03"), [FlagStanding::Dismissed]);
}

#[test]
fn new_evidence_raises_a_dismissed_flag_again() {
    let mut world = World::morning();
    let fell = |n: u8, on: &str| vec![Part::event(&fall(n, at("2026-11-23T10:00"), on))];
    assert_eq!(world.send(CHEN, Role::Worker, "2026-11-23T10:00", fell(60, "2026-11-22")), Verdict::Merged);
    assert_eq!(world.flags("E05"), [FlagStanding::Raised]);
    assert_eq!(decides(&mut world, "E05", MEI, "2026-11-23T11:00", false, 0), Verdict::Merged);
    assert_eq!(world.flags("E05"), [FlagStanding::Dismissed]);
    assert_eq!(world.send(CHEN, Role::Worker, "2026-11-23T15:00", fell(61, "2026-11-23")), Verdict::Merged);
    assert_eq!(world.flags("E05"), [FlagStanding::Raised]);
}

#[test]
fn what_a_revoked_device_wrote_is_asked_about_until_a_person_says_otherwise() {
    let mut world = World::morning();
    let parts = vec![Part::event(&visit(85, GU, at("2026-11-23T13:02"), &[]))];
    let submission = world.submission("2026-11-23T13:02", parts);
    let chen = world.caseload.author(CHEN, Role::Worker, 1);
    let revoked = Standing { role: Role::Worker, member: true, revoked: true, clock_offset_ms: 0 };
    world.caseload.take_in_as(at("2026-11-23T15:40"), submission, chen, revoked);
    assert_eq!(world.flags("D03"), [FlagStanding::Raised]);
    assert_eq!(decides(&mut world, "D03", MEI, "2026-11-23T16:00", false, 0), Verdict::Merged);
    assert_eq!(world.flags("D03"), [FlagStanding::Dismissed]);
    world.caseload.tick(at("2026-11-24T15:40"));
    assert_eq!(world.flags("D03"), [FlagStanding::Dismissed]);
    assert_eq!(decides(&mut world, "D03", MEI, "2026-11-24T16:00", true, 1), Verdict::Merged);
    assert_eq!(world.flags("D03"), [FlagStanding::Raised], "they changed their mind, having seen what they said");
}

/// Who has the flag of which standing on their page.
fn on_pages(world: &World) -> Vec<(EntityId, FlagStanding)> {
    let of = |(root, file): (&EntityId, &sync_core::case::File)| {
        let doubts = file.flags.values().filter(|flag| flag.flagged.rule == "D03");
        doubts.map(|flag| (*root, flag.flagged.standing)).collect::<Vec<_>>()
    };
    world.caseload.files.iter().flat_map(of).collect()
}

pub(super) fn links(world: &mut World, n: u8, when: &str, undo: bool) {
    let link = sync_core::event::Link { other: TAN, undo, reason: "核对".to_owned() };
    let parts = vec![Part::event(&event(n, GU, at(when), EventBody::Link(link)))];
    assert_eq!(world.send(MEI, Role::Supervisor, when, parts), Verdict::Merged);
}

#[test]
fn a_doubt_stays_with_the_visit_that_is_asked_about_while_files_are_linked_and_after() {
    // Raised before the files were linked.
    let mut world = overlapping();
    links(&mut world, 95, "2026-11-23T12:00", false);
    assert_eq!(on_pages(&world), [(TAN, FlagStanding::Raised)]);
    links(&mut world, 96, "2026-11-23T12:10", true);
    assert_eq!(on_pages(&world), [(TAN, FlagStanding::Raised)]);
    // Raised while they were.
    let mut world = World::morning();
    with_tan(&mut world);
    links(&mut world, 95, "2026-11-23T08:00", false);
    for (n, elder, when) in [(90, GU, "2026-11-23T09:10"), (91, TAN, "2026-11-23T09:20")] {
        let parts = vec![Part::event(&visit(n, elder, at(when), &[]))];
        assert_eq!(world.send(LIN, Role::Worker, when, parts), Verdict::Merged);
    }
    assert_eq!(
        on_pages(&world),
        [(TAN, FlagStanding::Raised)],
        "one elder in two files: it is Tan's file that has the visit"
    );
    links(&mut world, 96, "2026-11-23T12:10", true);
    assert_eq!(on_pages(&world), [(TAN, FlagStanding::Raised)]);
}

#[test]
fn two_visits_at_a_time_to_one_elder_whose_home_nobody_knows_are_no_two_homes() {
    let mut world = World::morning();
    let feng = EntityId::from_bytes([0xE3; 16]);
    let new = put(feng, Kind::Elder, Base::default(), vec![FieldOp::put("name", "冯伯".into())]);
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T08:40", vec![new]), Verdict::Merged);
    for (n, when) in [(90, "2026-11-23T09:10"), (91, "2026-11-23T09:20")] {
        let visit = Part::event(&visit(n, feng, at(when), &[]));
        assert_eq!(world.send_at(LIN, Role::Worker, when, "2026-11-23T12:05", vec![visit]), Verdict::Merged);
    }
    assert_eq!(world.flags("D03"), []);
}

#[test]
fn what_a_revoked_device_wrote_of_an_elder_and_the_home_is_asked_about_at_the_elder() {
    let mut world = World::morning();
    let looked = EventBody::Inspection(Inspection { answers: Vec::new(), met: None, revisit: false });
    let when = at("2026-11-23T13:02");
    let parts = vec![Part::event(&event(86, HOME, when, looked)), Part::event(&visit(85, GU, when, &[]))];
    let submission = world.submission("2026-11-23T13:02", parts);
    let chen = world.caseload.author(CHEN, Role::Worker, 1);
    let revoked = Standing { role: Role::Worker, member: true, revoked: true, clock_offset_ms: 0 };
    world.caseload.take_in_as(at("2026-11-23T15:40"), submission, chen, revoked);
    let asked = world.caseload.files.iter().filter(|(_, file)| !file.flags.is_empty());
    assert_eq!(asked.map(|(root, _)| *root).collect::<Vec<_>>(), [GU]);
}
