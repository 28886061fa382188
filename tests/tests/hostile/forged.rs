//! Forms that no honest phone writes: of another role, about what is not there, with values that do not fit.

use doorstep_tests::rawphone::{RawPhone, edit, edit_of, event, found, new_hazard, new_premises, new_shop, shop};
use sync_core::author::Role;
use sync_core::edit::{Base, FieldOp, State, Value};
use sync_core::entity::{Kind, hazard, referral};
use sync_core::event::{Confirmation, EventBody, FlagStanding, Flagged, Link, Outcome, Reply, Step, Void, Withdrawal};
use sync_core::id::{EntityId, EventId, SubmissionId};
use sync_core::limits;
use sync_core::log::HoldCode;
use sync_core::refer;
use sync_core::submission::Part;

use crate::world::{MERGED, World, held};

fn act(subject: EntityId, body: EventBody) -> Vec<Part> {
    vec![Part::event(&event("act", subject, body))]
}

fn step(rank: u8, round: u16) -> EventBody {
    EventBody::Step(Step { to: State::new(round, rank), desk: None, reason: None, suggested: None })
}

fn reply(round: u16) -> EventBody {
    let public_text = "冒充答复".to_owned();
    EventBody::Reply(Reply {
        round,
        outcome: Outcome::Sealed,
        public_text,
        checked_at: None,
        recheck_at: None,
        corrects: None,
    })
}

fn flagged() -> EventBody {
    let flag = sync_core::case::flag_id("F01", shop(1), "EXIT-01#1");
    EventBody::Flagged(Flagged {
        flag,
        rule: "F01".to_owned(),
        window: "EXIT-01#1".to_owned(),
        standing: FlagStanding::Withdrawn,
        evidence: Vec::new(),
        zh: "撤销".to_owned(),
        en: "withdrawn".to_owned(),
        severity: 0,
        discreet: false,
        due_at: None,
    })
}

/// Lin's first shop with a standing flag and its referral.
fn referred(world: &mut World) -> (EntityId, EntityId) {
    let root = shop(1);
    assert_eq!(world.lin.say(&world.server, new_shop(root)), MERGED);
    let referral = referral::id(sync_core::case::flag_id("F01", root, "EXIT-02#1"), "FIRE");
    let log = world.lin.sync(&world.server, Vec::new()).log();
    let edited = |logged: &sync_core::log::Logged| logged.parts.iter().any(|part| part.subject == referral);
    assert!(log.iter().filter_map(|entry| entry.folds()).any(edited), "the referral is there");
    (root, referral)
}

/// Each is held with its code; a good form of the same phone behind it merges; nothing that stood has changed.
fn all_held(world: &mut World, phone: &mut RawPhone, cases: Vec<(&str, Vec<Part>, HoldCode)>) {
    let state = world.server.state(world.hgs).0;
    for (what, parts, code) in &cases {
        assert_eq!(phone.say(&world.server, parts.clone()), held(*code), "{what}");
    }
    assert_eq!(world.server.state(world.hgs).0, state);
    let good = new_premises(EntityId::derived("good", &[phone.device.bytes()]), "后面的店");
    assert_eq!(phone.say(&world.server, vec![good.clone()]), MERGED);
    // And all of them at once, with a good one between each.
    let mut items = Vec::new();
    for (nth, (_, parts, _)) in (0_u8..).zip(&cases) {
        items.push(phone.form(parts.clone()));
        let root = EntityId::derived("between", &[phone.device.bytes(), &[nth]]);
        items.push(phone.form(vec![new_premises(root, "中间的店")]));
    }
    let synced = phone.sync(&world.server, items);
    let expected = cases.iter().flat_map(|(.., code)| [held(*code), MERGED]);
    assert!(synced.verdicts().into_iter().map(|(_, verdict)| verdict).eq(expected), "{:?}", synced.verdicts());
    world.is_sound();
}

#[test]
fn a_worker_cannot_speak_for_a_desk_a_dispatcher_or_the_flow() {
    let mut world = World::new();
    let (root, referral) = referred(&mut world);
    let put = |entity, kind, field: &str, value| vec![edit(entity, kind, 1, vec![FieldOp::put(field, value)])];
    let state = |rank| put(referral, Kind::Referral, "state", Value::State(State::new(1, rank)));
    let slip = EntityId::from_bytes([0x51; 16]);
    let of_round =
        |field: &str| vec![edit(referral, Kind::Referral, 1, vec![FieldOp::put_element(field, "1", "已处理".into())])];
    use HoldCode::NotPermitted;
    let cases = vec![
        ("a reply", act(referral, reply(1)), NotPermitted),
        ("a step", act(referral, step(refer::ACCEPTED, 1)), NotPermitted),
        ("a dispatch", act(referral, step(refer::DISPATCHED, 1)), NotPermitted),
        ("a flag", act(root, flagged()), NotPermitted),
        ("a link", act(root, EventBody::Link(Link { other: shop(2), undo: false, reason: "像".into() })), NotPermitted),
        ("the state dispatched", state(refer::DISPATCHED), NotPermitted),
        ("the state replied", state(refer::REPLIED), NotPermitted),
        ("the state closed", state(refer::CLOSED), NotPermitted),
        ("a state that is none", state(200), NotPermitted),
        ("a number", put(referral, Kind::Referral, "number", "HGS-1".into()), NotPermitted),
        (
            "that a flag stands no more",
            put(referral, Kind::Referral, "flag_standing", Value::Bool(false)),
            NotPermitted,
        ),
        (
            "a supervisor's word",
            put(referral, Kind::Referral, "confirmed_by_supervisor", Value::Bool(true)),
            NotPermitted,
        ),
        ("an outcome", of_round("outcome"), NotPermitted),
        ("an answer", of_round("public_text"), NotPermitted),
        ("a slip", vec![edit(slip, Kind::Slip, 0, vec![FieldOp::put("address", "别处".into())])], NotPermitted),
        (
            "a slip's inside",
            vec![edit(slip, Kind::Slip, 0, vec![FieldOp::put_element("internal_text", "1", "x".into())])],
            NotPermitted,
        ),
        (
            "a referral of her own",
            vec![edit(
                EntityId::from_bytes([3; 16]),
                Kind::Referral,
                0,
                vec![FieldOp::put("subject", Value::Id(root))],
            )],
            NotPermitted,
        ),
        (
            "a good thing with a forged one",
            [vec![new_premises(shop(9), "夹带")], act(referral, reply(1))].concat(),
            NotPermitted,
        ),
    ];
    let mut lin = world.lin.copied();
    all_held(&mut world, &mut lin, cases);
}

#[test]
fn nobody_opens_a_round_that_is_not_there() {
    let mut world = World::new();
    let (_, referral) = referred(&mut world);
    let state = |rank, round| {
        vec![edit(referral, Kind::Referral, 1, vec![FieldOp::put("state", Value::State(State::new(round, rank)))])]
    };
    let confirmation =
        |round| EventBody::Confirmation(Confirmation { round, satisfied: false, note: None, answer: None });
    let withdrawal = |round| EventBody::Withdrawal(Withdrawal { round, reason: "不要".to_owned() });
    use HoldCode::Malformed;
    let cases = vec![
        ("confirmed in round 2", state(refer::CONFIRMED, 2), Malformed),
        ("withdrawn in the last round", state(refer::WITHDRAWN, u16::MAX), Malformed),
        ("a confirmation of round 7", act(referral, confirmation(7)), Malformed),
        ("a withdrawal of the last round", act(referral, withdrawal(u16::MAX)), Malformed),
    ];
    let mut lin = world.lin.copied();
    all_held(&mut world, &mut lin, cases);
    // A dispatcher's phone: a desk's slip has a round that the referral reached.
    let mut he = world.phone("he", Role::Dispatcher, 5);
    let dispatch = |round| {
        let to = State::new(round, refer::DISPATCHED);
        let desk = Some(world.fire);
        act(referral, EventBody::Step(Step { to, desk, reason: None, suggested: None }))
    };
    for round in [3, 200, u16::MAX] {
        assert_eq!(he.say(&world.server, dispatch(round)), held(Malformed), "{round}");
        assert_eq!(he.say(&world.server, state(refer::DISPATCHED, round)), held(Malformed), "{round}");
    }
    assert_eq!(he.say(&world.server, [dispatch(1), state(refer::DISPATCHED, 1)].concat()), MERGED);
    world.is_sound();
}

#[test]
fn values_and_names_that_fit_no_field() {
    let mut world = World::new();
    let root = shop(1);
    assert_eq!(world.lin.say(&world.server, vec![new_premises(root, "王记")]), MERGED);
    let of = |kind: Kind, op: FieldOp| vec![edit(root, kind, 1, vec![op])];
    let put = |field: &str, value: Value| of(Kind::Premises, FieldOp::put(field, value));
    let of_flag = |review: EntityId| {
        let flag = sync_core::case::flag_id("F01", root, "EXIT-02#1").to_string();
        let ops = vec![FieldOp::put("subject", Value::Id(root)), FieldOp::put("flag", Value::Text(flag))];
        vec![edit(review, Kind::FlagReview, 0, ops)]
    };
    let long = "长".repeat(limits::TEXT_BYTES);
    use HoldCode::{Malformed, TooNew};
    let many = (0..=limits::EDIT_OPS).map(|n| FieldOp::put_element("kinds", &n.to_string(), Value::Bool(true)));
    let seen = (0..=limits::BASE_SEEN).map(|n| SubmissionId::derived("seen", &[&n.to_be_bytes()])).collect();
    let cases = vec![
        ("a number for a name", put("name", Value::Int(1)), Malformed),
        ("an area below nothing", put("area_m2", Value::Int(-1)), Malformed),
        ("an endless area", put("area_m2", Value::Int(i64::MAX)), Malformed),
        ("a word on a flag, under an id that is not the flag's", of_flag(EntityId::from_bytes([0x44; 16])), Malformed),
        ("a member of no set", of(Kind::Premises, FieldOp::put_element("name", "x", "y".into())), Malformed),
        ("a set without a member", put("kinds", Value::Bool(true)), Malformed),
        ("too long a text", put("door_note", Value::Text(long)), Malformed),
        (
            "too long a member",
            of(Kind::Premises, FieldOp::put_element("kinds", &"x".repeat(300), Value::Bool(true))),
            Malformed,
        ),
        ("a name that is none", put("Name of it", "x".into()), Malformed),
        ("no name", put("", "x".into()), Malformed),
        ("a name as long as the night", put(&"n".repeat(500), "x".into()), Malformed),
        ("an unknown field", put("of_a_newer_version", "x".into()), TooNew),
        (
            "an unknown kind",
            vec![edit_of(root, "spaceship", Base::default(), vec![FieldOp::put("name", "x".into())])],
            TooNew,
        ),
        (
            "another kind than it is",
            vec![edit(root, Kind::Operator, 1, vec![FieldOp::put("name", "x".into())])],
            Malformed,
        ),
        ("nothing", vec![edit(root, Kind::Premises, 1, Vec::new())], Malformed),
        ("too much", vec![edit(root, Kind::Premises, 1, many.collect())], Malformed),
        (
            "one field twice",
            vec![edit(
                root,
                Kind::Premises,
                1,
                vec![FieldOp::put("name", "a".into()), FieldOp::put("name", "b".into())],
            )],
            Malformed,
        ),
        (
            "a base from the future",
            vec![edit(root, Kind::Premises, 2, vec![FieldOp::put("name", "b".into())])],
            Malformed,
        ),
        (
            "a base from the end of time",
            vec![edit(root, Kind::Premises, u32::MAX, vec![FieldOp::put("name", "b".into())])],
            Malformed,
        ),
        (
            "a base that has seen too much",
            vec![edit_of(root, "premises", Base { version: 1, seen }, vec![FieldOp::put("name", "b".into())])],
            Malformed,
        ),
        (
            "an event of a newer kind",
            act(root, EventBody::Unknown { kind: "seance".to_owned(), bytes: vec![1, 2, 3] }),
            TooNew,
        ),
    ];
    let mut lin = world.lin.copied();
    all_held(&mut world, &mut lin, cases);
}

#[test]
fn what_is_not_there_cannot_be_changed_or_built_on() {
    let mut world = World::new();
    let (mine, theirs, nowhere) = (shop(1), shop(2), shop(3));
    assert_eq!(world.lin.say(&world.server, vec![new_premises(mine, "王记")]), MERGED);
    assert_eq!(world.wu.say(&world.server, new_shop(theirs)), MERGED);
    let others = world.server.state(world.oth);
    let note = |entity| vec![edit(entity, Kind::Premises, 1, vec![FieldOp::put("door_note", "x".into())])];
    let inspected = |entity| act(entity, found("EXIT-01", 4));
    let tenancy = |premises: EntityId| {
        let ops = vec![FieldOp::put("premises", Value::Id(premises)), FieldOp::put("from", Value::Int(0))];
        vec![edit(EntityId::from_bytes([0x7e; 16]), Kind::Tenancy, 0, ops)]
    };
    let nobody = vec![new_premises(EntityId::from_bytes([0; 16]), "零号店")];
    let homeless =
        vec![edit(EntityId::from_bytes([0x7f; 16]), Kind::Tenancy, 0, vec![FieldOp::put("from", Value::Int(0))])];
    use HoldCode::{Malformed, UnknownEntity};
    let cases = vec![
        ("an edit of nothing", note(nowhere), UnknownEntity),
        ("an edit of another caseload's", note(theirs), UnknownEntity),
        ("an event about nothing", inspected(nowhere), UnknownEntity),
        ("an event about another caseload's", inspected(theirs), UnknownEntity),
        ("a hazard of nothing", vec![new_hazard(nowhere, "EXIT-01", 3)], UnknownEntity),
        ("a hazard of another caseload's", vec![new_hazard(theirs, "EXIT-01", 3)], UnknownEntity),
        ("a tenancy of nothing", tenancy(nowhere), UnknownEntity),
        ("a tenancy of no premises", homeless, Malformed),
        ("a shop without an id", nobody, Malformed),
    ];
    let mut lin = world.lin.copied();
    all_held(&mut world, &mut lin, cases);
    assert_eq!(world.server.state(world.oth), others);
}

#[test]
fn a_hazard_is_what_its_id_says() {
    let mut world = World::new();
    let root = shop(1);
    assert_eq!(world.lin.say(&world.server, new_shop(root)), MERGED);
    let hazard = hazard::id(root, "EXIT-02", 1);
    let make = |id: EntityId, code: &str, status: Value| {
        let ops = vec![
            FieldOp::put("place", Value::Id(root)),
            FieldOp::put("code", code.into()),
            FieldOp::put("severity", Value::Int(3)),
            FieldOp::put("status", status),
        ];
        vec![edit(id, Kind::Hazard, 0, ops)]
    };
    let first = Value::State(State::new(1, hazard::OPEN));
    let status = |round, rank| {
        vec![edit(hazard, Kind::Hazard, 1, vec![FieldOp::put("status", Value::State(State::new(round, rank)))])]
    };
    let fourth = hazard::id(root, "EXIT-04", 1);
    use HoldCode::Malformed;
    let cases = vec![
        ("any id", make(EntityId::from_bytes([8; 16]), "EXIT-01", first.clone()), Malformed),
        ("another code", make(fourth, "EXIT-01", first.clone()), Malformed),
        ("another episode", make(fourth, "EXIT-04", Value::State(State::new(2, 0))), Malformed),
        ("no status", make(fourth, "EXIT-04", Value::Int(1)), Malformed),
        ("a severity beyond the scale", vec![new_hazard(root, "EXIT-04", 5)], Malformed),
        // It would take the finding out of sight of every rule.
        ("a status of another episode", status(2, hazard::OPEN), Malformed),
        ("a status of the last episode", status(u16::MAX, hazard::VERIFIED_FIXED), Malformed),
        ("a status that is none", status(1, 200), Malformed),
        (
            "a hazard of a hazard",
            vec![edit(
                hazard::id(hazard, "EXIT-01", 1),
                Kind::Hazard,
                0,
                vec![
                    FieldOp::put("place", Value::Id(hazard)),
                    FieldOp::put("code", "EXIT-01".into()),
                    FieldOp::put("status", first),
                ],
            )],
            Malformed,
        ),
    ];
    let mut lin = world.lin.copied();
    all_held(&mut world, &mut lin, cases);
}

#[test]
fn an_event_counts_once_wherever_it_is_said_again() {
    let mut world = World::new();
    let mut meng = world.phone("meng", Role::Worker, 3);
    let (one, two) = (shop(1), shop(2));
    assert_eq!(world.lin.say(&world.server, new_shop(one)), MERGED);
    assert_eq!(meng.say(&world.server, vec![new_premises(two, "隔壁")]), MERGED);
    let again = event("first", one, found("EXIT-02", 3));
    let mut elsewhere = again.clone();
    elsewhere.subject = two;
    assert_eq!(meng.say(&world.server, vec![Part::event(&again)]), held(HoldCode::Malformed));
    assert_eq!(meng.say(&world.server, vec![Part::event(&elsewhere)]), held(HoldCode::Malformed));
    let void = |event: EventId| act(two, EventBody::Void(Void { event, reason: "写错".to_owned() }));
    // A void of what is not there, or not in this file, is a remark that changes nothing.
    let flags = |world: &World| {
        let log = world.server.state(world.hgs).1;
        world.server.verifies();
        log
    };
    let before = flags(&world);
    assert_eq!(meng.say(&world.server, void(EventId::from_bytes([1; 16]))), MERGED);
    assert_eq!(flags(&world), before + 1, "the void and nothing else");
    world.is_sound();
}

#[test]
fn a_stewards_phone_links_only_what_is_there() {
    let mut world = World::new();
    let mut mei = world.phone("mei", Role::Steward, 4);
    let (mine, theirs, nowhere) = (shop(1), shop(2), shop(3));
    assert_eq!(world.lin.say(&world.server, new_shop(mine)), MERGED);
    assert_eq!(world.wu.say(&world.server, new_shop(theirs)), MERGED);
    let link = |other| act(mine, EventBody::Link(Link { other, undo: false, reason: "同一家".to_owned() }));
    for (what, other) in [("nothing", nowhere), ("another caseload's", theirs)] {
        assert_eq!(mei.say(&world.server, link(other)), held(HoldCode::UnknownEntity), "a link to {what}");
    }
    assert_eq!(mei.say(&world.server, link(mine)), held(HoldCode::Malformed), "a link to itself");
    let hazard = hazard::id(mine, "EXIT-02", 1);
    assert_eq!(mei.say(&world.server, link(hazard)), held(HoldCode::Malformed), "a link of a shop to a hazard");
    world.is_sound();
}
