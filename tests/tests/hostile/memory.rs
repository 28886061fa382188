//! The flow in memory, fed with whatever decodes as a submission: it never panics, and its log stays one.

use doorstep_tests::arbitrary::cases;
use doorstep_tests::inprocess::MORNING;
use doorstep_tests::memory::Caseload;
use doorstep_tests::rawphone::{edit_of, event, found, new_shop, shop};
use proptest::prelude::*;
use sync_core::author::Role;
use sync_core::edit::{Base, FieldOp, State, Value};
use sync_core::entity::{Kind, hazard, referral};
use sync_core::event::{Answer, Answered, Confirmation, EventBody, Inspection, Link, Step, Void, Withdrawal};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Timestamp};

const DESK: CaseloadId = CaseloadId::from_bytes([0xF1; 16]);

/// Records of people do not show their content; a case that fails is shown as the bytes that it became.
#[derive(Clone)]
struct Quiet<T>(T);

impl<T> std::fmt::Debug for Quiet<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::any::type_name::<T>())
    }
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::EPOCH),
        Just(Timestamp::MAX),
        Just(Timestamp::from_millis(i64::MIN)),
        Just(Timestamp::from_millis(4_070_908_800_000)),
        (-1_000_000_i64..1_000_000).prop_map(|off| Timestamp::from_millis(MORNING.millis() + off)),
        any::<i64>().prop_map(Timestamp::from_millis),
    ]
}

fn code() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["EXIT-01", "EXIT-02", "GAS-04", "GAS-05", "LIVE-01", "EXIT-05", "XX-99", "", "a#b/c~d%"])
        .prop_map(str::to_owned)
}

/// Few entities, so that they meet.
fn entity() -> impl Strategy<Value = EntityId> {
    prop_oneof![
        4 => (1_u8..4).prop_map(shop),
        3 => ((1_u8..4), code(), 0_u16..3).prop_map(|(n, code, episode)| hazard::id(shop(n), &code, episode)),
        2 => (1_u8..4, prop::sample::select(vec!["FIRE", "GAS", "URBAN"])).prop_map(|(n, dept)| {
            referral::id(sync_core::case::flag_id("F01", shop(n), "EXIT-02#1"), dept)
        }),
        1 => any::<[u8; 16]>().prop_map(EntityId::from_bytes),
    ]
}

fn state() -> impl Strategy<Value = State> {
    let round = prop_oneof![4 => 0_u16..3, 1 => Just(u16::MAX), 1 => any::<u16>()];
    (round, prop_oneof![4 => 0_u8..11, 1 => any::<u8>()]).prop_map(|(round, rank)| State::new(round, rank))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("王记".to_owned()), code(), "[a-z%/~#\u{0}\u{202e}店]{0,12}"]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![0_i64..6, Just(i64::MIN), Just(i64::MAX), any::<i64>()].prop_map(Value::Int),
        text().prop_map(Value::Text),
        entity().prop_map(Value::Id),
        state().prop_map(Value::State),
    ]
}

/// An operation: usually on a field of the kind with a value of its shape.
fn op(kind: Kind) -> impl Strategy<Value = FieldOp> {
    let fields: Vec<&str> = kind.schema().fields.iter().map(|field| field.name).chain(["of_a_newer_version"]).collect();
    let element = prop::option::weighted(0.3, prop_oneof![Just("1".to_owned()), text()]);
    (prop::sample::select(fields), element, value()).prop_map(|(field, element, value)| FieldOp {
        field: field.to_owned(),
        element,
        value,
    })
}

fn edit() -> impl Strategy<Value = Quiet<Part>> {
    let base = (prop_oneof![3 => 0_u32..4, 1 => any::<u32>()], prop::collection::vec(0_u64..6, 0..3));
    prop::sample::select(Kind::ALL)
        .prop_flat_map(move |kind| (Just(kind), entity(), base.clone(), prop::collection::vec(op(kind), 0..5)))
        .prop_map(|(kind, entity, (version, seen), ops)| {
            let seen = seen.into_iter().map(id).collect();
            Quiet(edit_of(entity, kind.code(), Base { version, seen }, ops))
        })
}

/// A hazard whose id follows from what it says, with values at the edges.
fn hazard_edit() -> impl Strategy<Value = Quiet<Part>> {
    (1_u8..4, code(), state(), value(), moment(), 0_u32..3).prop_map(|(n, code, status, severity, due, version)| {
        let ops = vec![
            FieldOp::put("place", Value::Id(shop(n))),
            FieldOp::put("code", Value::Text(code.clone())),
            FieldOp::put("status", Value::State(status)),
            FieldOp::put("severity", severity),
            FieldOp::put("due_at", Value::Int(due.millis())),
        ];
        Quiet(edit_of(hazard::id(shop(n), &code, status.round), "hazard", Base { version, seen: Vec::new() }, ops))
    })
}

fn inspection() -> impl Strategy<Value = Quiet<EventBody>> {
    let answered =
        (code(), prop::sample::select(Answer::ALL), any::<Option<u8>>(), any::<bool>(), any::<Option<i64>>()).prop_map(
            |(code, answer, severity, refused, quantity)| {
                Quiet(Answered { code, answer, severity, refused, quantity, note: None, photos: Vec::new() })
            },
        );
    prop::collection::vec(answered, 0..4).prop_map(|answers| {
        let answers = answers.into_iter().map(|Quiet(answered)| answered).collect();
        Quiet(EventBody::Inspection(Inspection { answers, met: None, revisit: true }))
    })
}

fn body() -> impl Strategy<Value = Quiet<EventBody>> {
    let round = || prop_oneof![3 => 0_u16..3, 1 => any::<u16>()];
    let event = || (0_u8..6).prop_map(|n| EventId::from_bytes([n; 16]));
    prop_oneof![
        4 => inspection(),
        1 => code().prop_map(|code| Quiet(found(&code, 4))),
        2 => (round(), any::<bool>())
            .prop_map(|(round, satisfied)| Quiet(EventBody::Confirmation(Confirmation { round, satisfied, note: None, answer: None }))),
        1 => (round(), text()).prop_map(|(round, reason)| Quiet(EventBody::Withdrawal(Withdrawal { round, reason }))),
        1 => (entity(), any::<bool>(), text())
            .prop_map(|(other, undo, reason)| Quiet(EventBody::Link(Link { other, undo, reason }))),
        1 => (event(), text()).prop_map(|(event, reason)| Quiet(EventBody::Void(Void { event, reason }))),
        2 => (state(), any::<bool>(), prop::option::of(text())).prop_map(|(to, known, suggested)| {
            let desk = Some(if known { DESK } else { CaseloadId::from_bytes([1; 16]) });
            Quiet(EventBody::Step(Step { to, desk, reason: None, suggested }))
        }),
        1 => text().prop_map(|kind| Quiet(EventBody::Unknown { kind, bytes: vec![0xff] })),
    ]
}

fn happened() -> impl Strategy<Value = Quiet<Part>> {
    (0_u8..8, entity(), body(), moment(), moment()).prop_map(|(n, subject, Quiet(body), start, end)| {
        let mut event = event("any", subject, body);
        (event.id, event.start, event.end) = (EventId::from_bytes([n; 16]), start, end);
        Quiet(Part::event(&event))
    })
}

fn parts() -> impl Strategy<Value = Quiet<Vec<Part>>> {
    let part = prop_oneof![3 => edit(), 3 => hazard_edit(), 4 => happened()];
    let whole = prop_oneof![2 => Just(Quiet(Vec::new())), 1 => (1_u8..4).prop_map(|n| Quiet(new_shop(shop(n))))];
    (whole, prop::collection::vec(part, 0..4)).prop_map(|(Quiet(whole), parts)| {
        Quiet(whole.into_iter().chain(parts.into_iter().map(|Quiet(part)| part)).collect())
    })
}

fn id(n: u64) -> SubmissionId {
    SubmissionId::derived("any", &[&n.to_be_bytes()])
}

#[derive(Debug, Clone)]
struct Mutation {
    at: prop::sample::Index,
    byte: u8,
}

/// A form as it comes off the wire: usually whole, sometimes with bytes changed.
fn form() -> impl Strategy<Value = (Vec<u8>, usize, i64)> {
    let changed = (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation { at, byte });
    let changes = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(changed, 1..4)];
    (parts(), moment(), any::<u32>(), changes, 0_usize..7, prop_oneof![Just(0_i64), Just(i64::MIN), any::<i64>()])
        .prop_map(|(Quiet(parts), wall, counter, changes, role, skew)| {
            let submission = Submission {
                id: id(0),
                caseload: CaseloadId::from_bytes([1; 16]),
                number: 1,
                at: Hlc { wall, counter },
                parts,
            };
            let mut bytes = submission.encode();
            for Mutation { at, byte } in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            (bytes, role, skew)
        })
}

const ROLES: [Role; 7] =
    [Role::Worker, Role::Worker, Role::Worker, Role::Supervisor, Role::Steward, Role::Dispatcher, Role::Officer];

proptest! {
    #![proptest_config(cases(2_500))]

    #[test]
    fn whatever_decodes_is_taken_in_without_a_panic(forms in prop::collection::vec(form(), 1..5)) {
        let mut caseload = Caseload::new(1);
        caseload.desks.insert("FIRE".to_owned(), DESK);
        for (number, (bytes, role, skew)) in (1_u64..).zip(forms) {
            let Ok(mut submission) = minicbor::decode::<Submission>(&bytes) else { continue };
            submission.id = id(number);
            let author = caseload.author(u8::try_from(number).unwrap(), ROLES[role], number);
            let before = caseload.log.len();
            let verdict = caseload.take_in_from(MORNING, submission, author, skew);
            prop_assert!(caseload.log.len() > before, "{verdict:?} is on record");
        }
        caseload.tick(MORNING);
        let in_order = caseload.log.iter().zip(1..).all(|(entry, seq)| entry.seq == seq);
        prop_assert!(in_order);
        for file in caseload.files.values() {
            for (entity, document) in &file.documents {
                let _shown = sync_core::project::Projection::of(*entity, document);
                let again = sync_core::document::Document::load(&document.save());
                prop_assert!(again.is_ok_and(|again| again.save() == document.save()));
            }
        }
    }
}
