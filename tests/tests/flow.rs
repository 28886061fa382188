//! The flow over a caseload in memory: what merges, what is flagged, what is referred, what comes back.

use doorstep_tests::memory::Caseload;
use sync_core::author::Role;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{Kind, hazard};
use sync_core::event::{
    Answer, Answered, Event, EventBody, FlagStanding, Inspection, Link, Outcome, Reply, Step, Void, Withdrawal,
};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::log::{HoldCode, Verdict};
use sync_core::refer;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Timestamp};

const LIN: u8 = 0xA1;
const CHEN: u8 = 0xB1;
const STEWARD: u8 = 0x51;
const HE: u8 = 0x71;
const FIRE: CaseloadId = CaseloadId::from_bytes([0xF1; 16]);

fn at(text: &str) -> Timestamp {
    Timestamp::from_civil(format!("2026-11-23T{text}").parse().unwrap())
}

fn shop(n: u8) -> EntityId {
    EntityId::from_bytes([n; 16])
}

fn put(entity: EntityId, kind: Kind, base: Base, ops: Vec<FieldOp>) -> Part {
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base, ops })
}

fn event(n: u8, subject: EntityId, start: Timestamp, body: EventBody) -> Event {
    Event {
        id: EventId::from_bytes([n; 16]),
        subject,
        programme: "work-safety".to_owned(),
        policy: 1,
        start,
        end: start,
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body,
    }
}

fn submission(caseload: &Caseload, n: u8, at: Timestamp, parts: Vec<Part>) -> Submission {
    let id = SubmissionId::from_bytes([n; 16]);
    Submission { id, caseload: caseload.id, number: u64::from(n), at: Hlc { wall: at, counter: 0 }, parts }
}

/// A new shop with one finding, as a phone would write it.
fn new_shop(caseload: &Caseload, n: u8, root: EntityId, when: Timestamp, code: &str, severity: u8) -> Submission {
    let answer = Answered {
        code: code.to_owned(),
        answer: Answer::Problem,
        severity: Some(severity),
        refused: true,
        quantity: None,
        note: None,
        photos: Vec::new(),
    };
    let inspection = Inspection { answers: vec![answer], met: None, revisit: false };
    let parts = vec![
        Part::event(&event(n, root, when, EventBody::Inspection(inspection))),
        put(
            root,
            Kind::Premises,
            Base::default(),
            vec![FieldOp::put("name", "王记肠粉".into()), FieldOp::put("unit_code", "HGS-01-0102".into())],
        ),
        put(
            hazard::id(root, code, 1),
            Kind::Hazard,
            Base::default(),
            vec![
                FieldOp::put("place", Value::Id(root)),
                FieldOp::put("code", code.into()),
                FieldOp::put("severity", Value::Int(i64::from(severity))),
                FieldOp::put("status", Value::State(State::new(1, hazard::OPEN))),
            ],
        ),
    ];
    submission(caseload, n, when, parts)
}

fn standing(caseload: &Caseload, rule: &str) -> Vec<FlagStanding> {
    let flags = caseload.files.values().flat_map(|file| file.flags.values());
    flags.filter(|flag| flag.flagged.rule == rule).map(|flag| flag.flagged.standing).collect()
}

fn referral_state(caseload: &Caseload) -> Vec<(EntityId, State)> {
    let referrals = caseload.files.values().flat_map(|file| file.of_kind(Kind::Referral));
    referrals.map(|(id, document)| (id, document.value("state").unwrap().as_state().unwrap())).collect()
}

#[test]
fn a_blocked_exit_becomes_a_slip_on_the_fire_desk() {
    let mut caseload = Caseload::new(1);
    caseload.desks.insert("FIRE".to_owned(), FIRE);
    let lin = caseload.author(LIN, Role::Worker, 1);
    let found = new_shop(&caseload, 1, shop(1), at("10:05"), "EXIT-02", 3);
    assert_eq!(caseload.take_in(at("12:05"), found, lin), Verdict::Merged);

    assert_eq!(standing(&caseload, "F01"), [FlagStanding::Raised]);
    let [(referral, state)] = referral_state(&caseload)[..] else { panic!("one referral") };
    assert_eq!(state, State::new(1, refer::SUBMITTED));

    let step = Step { to: State::new(1, refer::DISPATCHED), desk: Some(FIRE), reason: None, suggested: None };
    let document = &caseload.files[&shop(1)].documents[&referral];
    let base = Base { version: document.version(), seen: Vec::new() };
    let dispatch = submission(
        &caseload,
        9,
        at("12:25"),
        vec![
            Part::event(&event(9, referral, at("12:25"), EventBody::Step(step.clone()))),
            put(referral, Kind::Referral, base, vec![FieldOp::put("state", Value::State(step.to))]),
        ],
    );
    let he = caseload.author(HE, Role::Dispatcher, 1);
    assert_eq!(caseload.take_in(at("12:25"), dispatch, he), Verdict::Merged);
    let document = &caseload.files[&shop(1)].documents[&referral];
    let due = document.element("due_at", "1").unwrap().shown.value.as_int().unwrap();
    assert_eq!(Timestamp::from_millis(due), at("12:25") + sync_core::time::Span::hours(24));
    let target = document.value("target_at").unwrap().as_int().unwrap();
    assert_eq!(Timestamp::from_millis(target), at("12:05"));
    let [slip] = &caseload.slips[..] else { panic!("one slip") };
    assert_eq!(slip.desk, FIRE);
    assert!(slip.ops.contains(&FieldOp::put("hazard_codes", "EXIT-02".into())));

    // Not answered in time: D04, from the clock alone; a second tick changes nothing.
    caseload.tick(at("12:25") + sync_core::time::Span::hours(25));
    assert_eq!(standing(&caseload, "D04"), [FlagStanding::Raised]);
    let entries = caseload.log.len();
    caseload.tick(at("12:25") + sync_core::time::Span::hours(26));
    assert_eq!(caseload.log.len(), entries + 1);
    assert!(caseload.alarms.is_empty());
}

#[test]
fn a_flag_whose_evidence_is_voided_is_withdrawn_with_its_referral() {
    let mut caseload = Caseload::new(1);
    let lin = caseload.author(LIN, Role::Worker, 1);
    let found = new_shop(&caseload, 1, shop(1), at("10:05"), "EXIT-02", 3);
    caseload.take_in(at("12:05"), found, lin);
    let void = Void { event: EventId::from_bytes([1; 16]), reason: "wrong shop".to_owned() };
    let parts = vec![Part::event(&event(2, shop(1), at("10:30"), EventBody::Void(void)))];
    let void = submission(&caseload, 2, at("10:30"), parts);
    let lin = caseload.author(LIN, Role::Worker, 2);
    assert_eq!(caseload.take_in(at("12:06"), void, lin), Verdict::Merged);
    assert_eq!(standing(&caseload, "F01"), [FlagStanding::Withdrawn]);
    assert_eq!(referral_state(&caseload)[0].1, State::new(1, refer::WITHDRAWN));
}

/// Somebody else is there and sees the same again, as the phone writes it: the finding is still open.
fn seen_again(caseload: &Caseload, n: u8, root: EntityId, when: Timestamp, code: &str) -> Submission {
    let Submission { parts, .. } = new_shop(caseload, n, root, when, code, 3);
    let id = hazard::id(root, code, 1);
    let base = Base { version: caseload.files[&root].documents[&id].version(), seen: Vec::new() };
    let open = put(id, Kind::Hazard, base, vec![FieldOp::put("status", Value::State(State::new(1, hazard::OPEN)))]);
    submission(caseload, n, when, vec![parts[0].clone(), open])
}

#[test]
fn what_was_voided_and_is_seen_again_goes_to_the_department_in_a_new_round() {
    let mut caseload = Caseload::new(1);
    let lin = caseload.author(LIN, Role::Worker, 1);
    let found = new_shop(&caseload, 1, shop(1), at("10:05"), "EXIT-02", 3);
    caseload.take_in(at("12:05"), found, lin);
    let void = Void { event: EventId::from_bytes([1; 16]), reason: "写错了店".to_owned() };
    let void = submission(
        &caseload,
        2,
        at("12:06"),
        vec![Part::event(&event(2, shop(1), at("12:06"), EventBody::Void(void)))],
    );
    let lin = caseload.author(LIN, Role::Worker, 2);
    caseload.take_in(at("12:06"), void, lin);
    assert_eq!(referral_state(&caseload)[0].1, State::new(1, refer::WITHDRAWN));

    let chen = caseload.author(CHEN, Role::Worker, 1);
    let again = seen_again(&caseload, 3, shop(1), at("13:00"), "EXIT-02");
    assert_eq!(caseload.take_in(at("13:05"), again, chen), Verdict::Merged);
    assert_eq!(standing(&caseload, "F01"), [FlagStanding::Raised]);
    let [(referral, state)] = referral_state(&caseload)[..] else { panic!("one referral") };
    assert_eq!(state, State::new(2, refer::SUBMITTED), "the dispatcher can send it");
    let document = &caseload.files[&shop(1)].documents[&referral];
    let due = document.element("step_due", "2").unwrap().shown.value.as_int().unwrap();
    assert!(due > at("13:05").millis(), "and is expected to");
}

#[test]
fn what_a_person_took_back_stays_so_when_the_same_is_seen_again() {
    let mut caseload = Caseload::new(1);
    let lin = caseload.author(LIN, Role::Worker, 1);
    let found = new_shop(&caseload, 1, shop(1), at("10:05"), "EXIT-02", 3);
    caseload.take_in(at("12:05"), found, lin);
    let (referral, _) = referral_state(&caseload)[0];
    let base = Base { version: caseload.files[&shop(1)].documents[&referral].version(), seen: Vec::new() };
    let state = FieldOp::put("state", Value::State(State::new(1, refer::WITHDRAWN)));
    let said = EventBody::Withdrawal(Withdrawal { round: 1, reason: "房东已找人来修".to_owned() });
    let parts =
        vec![Part::event(&event(2, referral, at("12:06"), said)), put(referral, Kind::Referral, base, vec![state])];
    let lin = caseload.author(LIN, Role::Worker, 2);
    let back = submission(&caseload, 2, at("12:06"), parts);
    assert_eq!(caseload.take_in(at("12:06"), back, lin), Verdict::Merged);

    let chen = caseload.author(CHEN, Role::Worker, 1);
    let again = seen_again(&caseload, 3, shop(1), at("13:00"), "EXIT-02");
    assert_eq!(caseload.take_in(at("13:05"), again, chen), Verdict::Merged);
    assert_eq!(standing(&caseload, "F01"), [FlagStanding::Raised]);
    assert_eq!(referral_state(&caseload), [(referral, State::new(1, refer::WITHDRAWN))]);
}

#[test]
fn a_worker_takes_back_what_workers_said_and_no_answer_of_a_desk() {
    let mut caseload = Caseload::new(1);
    caseload.desks.insert("FIRE".to_owned(), FIRE);
    let lin = caseload.author(LIN, Role::Worker, 1);
    let found = new_shop(&caseload, 1, shop(1), at("10:05"), "EXIT-02", 3);
    caseload.take_in(at("12:05"), found, lin);
    let (referral, _) = referral_state(&caseload)[0];
    let reply = Reply {
        round: 1,
        outcome: Outcome::Untrue,
        public_text: "现场未见堵塞".to_owned(),
        checked_at: None,
        recheck_at: None,
        corrects: None,
    };
    let reply = event(7, referral, at("12:30"), EventBody::Reply(reply));
    let officer = caseload.author(0x91, Role::Officer, 1);
    let answer = submission(&caseload, 7, at("12:30"), vec![Part::event(&reply)]);
    assert_eq!(caseload.take_in(at("12:30"), answer, officer), Verdict::Merged);
    let flagged =
        caseload.files[&shop(1)].events.iter().find(|known| known.author.role == Role::System).unwrap().event.id;

    let inspected = Event {
        amends: None,
        ..event(
            20,
            shop(1),
            at("13:00"),
            EventBody::Inspection(Inspection { answers: Vec::new(), met: None, revisit: false }),
        )
    };
    let mut n = 20;
    for told in [reply.id, flagged] {
        let void = EventBody::Void(Void { event: told, reason: "不同意".to_owned() });
        for what in [event(21, shop(1), at("13:00"), void), Event { amends: Some(told), ..inspected.clone() }] {
            for role in [Role::Worker, Role::Supervisor, Role::Steward] {
                n += 1;
                let author = caseload.author(n, role, 1);
                let taken = submission(&caseload, n, at("13:00"), vec![Part::event(&what)]);
                let verdict = caseload.take_in(at("13:00"), taken, author);
                assert_eq!(verdict, Verdict::Held(HoldCode::NotPermitted), "a {role}: {}", what.body.kind());
            }
        }
    }
    let file = &caseload.files[&shop(1)];
    assert!(file.standing_events().any(|known| known.event.id == reply.id));
    assert_eq!(refer::answers(file, referral, 1).unwrap().reply.public_text, "现场未见堵塞");
}

#[test]
fn a_desk_that_has_a_slip_is_told_when_what_was_seen_is_taken_back_and_when_it_is_seen_again() {
    let mut caseload = Caseload::new(1);
    caseload.desks.insert("FIRE".to_owned(), FIRE);
    let lin = caseload.author(LIN, Role::Worker, 1);
    let found = new_shop(&caseload, 1, shop(1), at("10:05"), "EXIT-02", 3);
    caseload.take_in(at("12:05"), found, lin);
    let (referral, _) = referral_state(&caseload)[0];
    let step = Step { to: State::new(1, refer::DISPATCHED), desk: Some(FIRE), reason: None, suggested: None };
    let base = Base { version: caseload.files[&shop(1)].documents[&referral].version(), seen: Vec::new() };
    let parts = vec![
        Part::event(&event(9, referral, at("12:25"), EventBody::Step(step.clone()))),
        put(referral, Kind::Referral, base, vec![FieldOp::put("state", Value::State(step.to))]),
    ];
    let (dispatch, he) = (submission(&caseload, 9, at("12:25"), parts), caseload.author(HE, Role::Dispatcher, 1));
    assert_eq!(caseload.take_in(at("12:25"), dispatch, he), Verdict::Merged);
    let told = |caseload: &Caseload| {
        let notes = caseload.notes.iter().map(|note| (note.desk, note.ops.clone()));
        notes.collect::<Vec<_>>()
    };
    assert_eq!(told(&caseload), []);

    let void = Void { event: EventId::from_bytes([1; 16]), reason: "写错了店".to_owned() };
    let parts = vec![Part::event(&event(2, shop(1), at("12:40"), EventBody::Void(void)))];
    let (void, lin) = (submission(&caseload, 2, at("12:40"), parts), caseload.author(LIN, Role::Worker, 2));
    caseload.take_in(at("12:40"), void, lin);
    let called_off = |off| (FIRE, vec![FieldOp::put("called_off", Value::Bool(off))]);
    assert_eq!(standing(&caseload, "F01"), [FlagStanding::Withdrawn]);
    assert_eq!(told(&caseload), [called_off(true)]);

    let chen = caseload.author(CHEN, Role::Worker, 1);
    let again = seen_again(&caseload, 3, shop(1), at("13:00"), "EXIT-02");
    caseload.take_in(at("13:05"), again, chen);
    assert_eq!(told(&caseload), [called_off(true), called_off(false)]);
    assert_eq!(referral_state(&caseload), [(referral, step.to)], "it is where the desk has it");
}

#[test]
fn two_files_of_one_shop_are_found_and_linked_and_flag_once() {
    for reverse in [false, true] {
        let mut caseload = Caseload::new(1);
        let (lin, chen) = (caseload.author(LIN, Role::Worker, 1), caseload.author(CHEN, Role::Worker, 1));
        let a = new_shop(&caseload, 1, shop(1), at("10:05"), "EXIT-02", 3);
        let b = new_shop(&caseload, 2, shop(2), at("10:20"), "EXIT-02", 1);
        let mut both = vec![(a, lin), (b, chen)];
        if reverse {
            both.reverse();
        }
        for (submission, author) in both {
            assert_eq!(caseload.take_in(at("12:05"), submission, author), Verdict::Merged);
        }
        assert_eq!(standing(&caseload, "D01"), [FlagStanding::Raised], "reverse {reverse}");
        assert_eq!(standing(&caseload, "F01"), [FlagStanding::Raised], "half blocked at S1 is a reminder's matter");
        let f01 = caseload.files[&shop(1)].flags.keys().copied().collect::<Vec<_>>();

        let link = Link { other: shop(2), undo: false, reason: "same door".to_owned() };
        let parts = vec![Part::event(&event(3, shop(1), at("12:06"), EventBody::Link(link)))];
        let link = submission(&caseload, 3, at("12:06"), parts);
        let worker = caseload.author(LIN, Role::Worker, 2);
        let refused =
            caseload.take_in(at("12:06"), Submission { id: SubmissionId::from_bytes([4; 16]), ..link.clone() }, worker);
        assert_eq!(refused, Verdict::Held(HoldCode::NotPermitted), "linking is the steward's");
        let steward = caseload.author(STEWARD, Role::Steward, 1);
        assert_eq!(caseload.take_in(at("12:06"), link, steward), Verdict::Merged);
        assert_eq!(standing(&caseload, "D01"), [FlagStanding::Ended]);
        assert_eq!(standing(&caseload, "F01"), [FlagStanding::Raised], "once, and where it was");
        for flag in f01 {
            assert!(caseload.files[&shop(1)].flags.contains_key(&flag));
        }
        assert_eq!(referral_state(&caseload).len(), 1);
    }
}

#[test]
fn what_stands_on_a_held_creation_is_held_whoever_else_created_the_same() {
    for other_first in [false, true] {
        let mut caseload = Caseload::new(1);
        let colleague = new_shop(&caseload, 1, shop(1), at("10:00"), "EXIT-02", 1);
        let held = new_shop(&caseload, 2, shop(1), at("10:05"), "EXIT-02", 3);
        let base = Base { version: 0, seen: vec![held.id] };
        let ops = vec![FieldOp::put("severity", Value::Int(3))];
        let id = hazard::id(shop(1), "EXIT-02", 1);
        let on_it = submission(&caseload, 3, at("10:06"), vec![put(id, Kind::Hazard, base, ops)]);
        let chen = caseload.author(CHEN, Role::Worker, 1);
        if other_first {
            caseload.take_in(at("12:00"), colleague.clone(), chen);
        }
        let purchaser = caseload.author(LIN, Role::Purchaser, 2);
        assert_eq!(caseload.take_in(at("12:01"), held, purchaser), Verdict::Held(HoldCode::NotPermitted));
        let lin = caseload.author(LIN, Role::Worker, 3);
        let verdict = caseload.take_in(at("12:02"), on_it, lin);
        if !other_first {
            caseload.take_in(at("12:03"), colleague, chen);
        }
        assert_eq!(verdict, Verdict::Held(HoldCode::UnknownEntity), "colleague first: {other_first}");
    }
}
