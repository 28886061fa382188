//! The merged meaning of every field policy equals what the independent model says, after every arrival of any history.

use doorstep_tests::arbitrary::{self, Arrival, EVERY_POLICY};
use doorstep_tests::model::{Key, Meaning, Model, Refusal};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use sync_core::author::{Author, Role};
use sync_core::document::{Document, FoldError, Stamp};
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{Kind, Schema, elder};
use sync_core::id::{DeviceId, PersonId, SubmissionId};
use sync_core::merge::{Claim, FieldPolicy, Lower, Order};
use sync_core::time::{Hlc, Timestamp};
use sync_core::union;

fn meaning(document: &Document, (field, element): &Key) -> Option<Meaning> {
    let resolved = match element {
        None => document.field(field),
        Some(element) => document.element(field, element),
    };
    resolved.as_ref().map(Meaning::from)
}

fn agrees(document: &Document, model: &Model, keys: impl IntoIterator<Item = Key>) -> TestCaseResult {
    for key in keys {
        prop_assert_eq!(meaning(document, &key), model.meaning(&key), "{:?}", key);
    }
    Ok(())
}

/// Folds what arrives, beside the model; both take it in or both refuse it, and they agree on what it touched; at the
/// end on everything.
fn follows_the_model(schema: &'static Schema, arrivals: &[Arrival]) -> TestCaseResult {
    let (mut document, mut model) = (Document::new(schema), Model::new(schema));
    for Arrival { edit, stamp } in arrivals {
        let folded = document.apply(edit, stamp).map_err(|error| match error {
            FoldError::FutureBase { .. } => Refusal::FutureBase,
            FoldError::Duplicate => Refusal::Duplicate,
            FoldError::Damaged(why) => panic!("damaged: {why}"),
        });
        prop_assert_eq!(folded, model.apply(edit, stamp));
        agrees(&document, &model, edit.ops.iter().map(|op| (op.field.clone(), op.element.clone())))?;
    }
    agrees(&document, &model, model.keys())?;
    for spec in schema.fields {
        if spec.keyed {
            prop_assert_eq!(document.members(spec.name), model.members(spec.name));
            let named: Vec<String> =
                model.keys().into_iter().filter(|key| key.0 == spec.name).filter_map(|key| key.1).collect();
            prop_assert_eq!(document.elements(spec.name), named);
        } else if !model.keys().contains(&(spec.name.to_owned(), None)) {
            prop_assert_eq!(document.field(spec.name), None);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(arbitrary::cases(10_000))]

    #[test]
    fn every_policy_agrees_with_the_model(arrivals in arbitrary::history(&EVERY_POLICY)) {
        follows_the_model(&EVERY_POLICY, &arrivals)?;
    }
}

proptest! {
    #![proptest_config(arbitrary::cases(2_000))]

    #[test]
    fn every_kind_of_entity_agrees_with_the_model((schema, arrivals) in arbitrary::history_of_any_kind()) {
        follows_the_model(schema, &arrivals)?;
    }
}

// The policies by themselves.

fn a_claim() -> impl Strategy<Value = Claim> {
    let value = prop_oneof![
        (0_i64..3).prop_map(Value::Int),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(arbitrary::CONSENT).prop_map(Value::from),
        (1_u16..3, 0_u8..3).prop_map(|(round, rank)| Value::State(State::new(round, rank))),
    ];
    (value, 0_u8..3, 1_u64..4, 0_i64..3, any::<bool>()).prop_map(|(value, device, number, wall, may_lower)| {
        let author = author(device, Role::Worker, number);
        let at = Hlc { wall: Timestamp::from_millis(wall), counter: 0 };
        Claim { value, submission: SubmissionId::from_bytes([0; 16]), author, at, version: 0, may_lower }
    })
}

/// Claims with their places in server order, and the same in another order of being found.
fn claims() -> impl Strategy<Value = (Vec<Claim>, Vec<Claim>)> {
    prop::collection::vec(a_claim(), 1..7).prop_flat_map(|mut claims| {
        for (n, claim) in (1_u8..).zip(&mut claims) {
            claim.version = u32::from(n);
            claim.submission = SubmissionId::derived("claim", &[&[n]]);
        }
        (Just(claims.clone()), Just(claims).prop_shuffle())
    })
}

const POLICIES: [FieldPolicy; 9] = [
    FieldPolicy::LastWriter,
    FieldPolicy::Ask,
    FieldPolicy::Strongest(Order::Number, Lower::Roles(&[Role::Supervisor])),
    FieldPolicy::Strongest(Order::Listed(arbitrary::CONSENT), Lower::ConsentEvent),
    FieldPolicy::AddWins,
    FieldPolicy::RemoveWins,
    FieldPolicy::Lattice,
    FieldPolicy::Earliest,
    FieldPolicy::Once,
];

proptest! {
    #![proptest_config(arbitrary::cases(10_000))]

    /// It does not matter in which order a replica finds the standing claims, and none is ever lost.
    #[test]
    fn a_policy_looks_at_claims_not_at_their_order((claims, shuffled) in claims(), policy in prop::sample::select(&POLICIES[..])) {
        let count = claims.len();
        let (one, other) = (policy.resolve(claims, Vec::new()).unwrap(), policy.resolve(shuffled, Vec::new()).unwrap());
        prop_assert_eq!(Meaning::from(&one), Meaning::from(&other));
        prop_assert_eq!(1 + one.others.len() + one.superseded.len(), count);
    }
}

/// The table of the domain reference, section 7, for the kinds of this release.
#[test]
fn every_field_merges_as_the_domain_reference_says() {
    let says = |policy: FieldPolicy| match policy {
        FieldPolicy::LastWriter => "LWW",
        FieldPolicy::Ask => "ASK",
        FieldPolicy::Strongest(Order::Number, Lower::Roles(&[Role::Supervisor])) => "CMAX, lowered by a supervisor",
        FieldPolicy::Strongest(Order::Listed(order), lower) => match lower {
            Lower::Roles(&[Role::Supervisor]) if order == elder::TIERS => "CMAX, lowered by a supervisor",
            Lower::Roles(_) if order == elder::EVACUATION => "CMAX",
            Lower::ConsentEvent if order == arbitrary::CONSENT => "STRICT",
            _ => "another order",
        },
        FieldPolicy::Strongest(..) => "another order",
        FieldPolicy::AddWins => "ADD",
        FieldPolicy::RemoveWins => "REM",
        FieldPolicy::Lattice => "LAT",
        FieldPolicy::Earliest => "earliest",
        FieldPolicy::Once => "once",
    };
    let table = [
        (Kind::Premises, "name address unit_code area_m2 floor contact_name contact_phone", "ASK"),
        (Kind::Premises, "kinds", "ADD"),
        (Kind::Premises, "nickname hours door_note", "LWW"),
        (Kind::Operator, "name legal_name uscc", "ASK"),
        (Kind::Tenancy, "premises operator from", "once"),
        (Kind::Hazard, "severity", "CMAX, lowered by a supervisor"),
        (Kind::Hazard, "status", "LAT"),
        (Kind::Hazard, "due_at", "earliest"),
        (Kind::Hazard, "place code", "once"),
        (Kind::Referral, "state", "LAT"),
        (Kind::Referral, "supplements", "ADD"),
        (Kind::Referral, "subject flag rule window number", "once"),
        (Kind::Elder, "name birth sex id_hmac division dwelling living_situation marital", "ASK"),
        (Kind::Elder, "preferred_name dialect note_short", "LWW"),
        (Kind::Elder, "allergies diagnoses medicines needs tags devices difficulty_kinds contacts", "ADD"),
        (Kind::Elder, "contact_phone capacity life_state refuted assessment screening", "ASK"),
        (Kind::Elder, "contact_order", "LWW"),
        (Kind::Elder, "risk_tier", "CMAX, lowered by a supervisor"),
        (Kind::Elder, "evacuation_help", "CMAX"),
        (Kind::Elder, "consent", "STRICT"),
        (Kind::Elder, "share_list", "REM"),
        (Kind::Dwelling, "address unit_code floor lift", "ASK"),
        (Kind::Dwelling, "evacuation_help", "CMAX"),
        (Kind::Need, "text unmet_reason", "LWW"),
        (Kind::Need, "status", "LAT"),
        (Kind::Need, "elder", "once"),
        (Kind::Slip, "state", "LAT"),
        (Kind::Slip, "premises_name address facts_zh facts_en reminders", "once"),
    ];
    for (kind, fields, policy) in table {
        for field in fields.split(' ') {
            let spec = kind.schema().field(field).unwrap_or_else(|| panic!("{kind:?} has no {field}"));
            assert_eq!(says(spec.policy), policy, "{kind:?}.{field}");
        }
    }
}

// Stories with a name.

const LIN: (u8, Role) = (1, Role::Worker);
const CHEN: (u8, Role) = (2, Role::Worker);
const MEI: (u8, Role) = (3, Role::Supervisor);
const ZHAO: (u8, Role) = (4, Role::Officer);

fn author(device: u8, role: Role, number: u64) -> Author {
    Author { device: DeviceId::from_bytes([device; 16]), person: PersonId::from_bytes([device; 16]), role, number }
}

/// A form on its way: who wrote it, what its author had seen, what it says.
struct Form {
    arrival: Arrival,
}

fn form((device, role): (u8, Role), number: u8, seen: (u32, &[&Form]), op: FieldOp) -> Form {
    let submission = SubmissionId::derived("story", &[&[device, number]]);
    let at = Hlc { wall: Timestamp::from_millis(i64::from(number)), counter: 0 };
    let author = author(device, role, u64::from(number));
    let base = Base { version: seen.0, seen: seen.1.iter().map(|form| form.id()).collect() };
    let edit = Edit { entity: arbitrary::ENTITY, kind: "premises".to_owned(), base, ops: vec![op] };
    let stamp = Stamp { submission, entity: arbitrary::ENTITY, author, at, consent: false };
    Form { arrival: Arrival { edit, stamp } }
}

impl Form {
    fn id(&self) -> SubmissionId {
        self.arrival.stamp.submission
    }

    /// A signed consent came with it.
    fn with_consent(mut self) -> Self {
        self.arrival.stamp.consent = true;
        self
    }

    fn fold_into(&self, document: &mut Document) {
        document.apply(&self.arrival.edit, &self.arrival.stamp).unwrap();
    }
}

fn story(forms: &[&Form]) -> Document {
    let mut document = Document::new(&EVERY_POLICY);
    forms.iter().for_each(|form| form.fold_into(&mut document));
    document
}

fn consent(value: &str) -> FieldOp {
    FieldOp::put_element("consent", "photo", value.into())
}

fn severity(value: i64) -> FieldOp {
    FieldOp::put("severity", Value::Int(value))
}

fn tag(present: bool) -> FieldOp {
    FieldOp::put_element("tags", "penicillin", Value::Bool(present))
}

fn note(text: &str) -> FieldOp {
    FieldOp::put("note", text.into())
}

fn phone(text: &str) -> FieldOp {
    FieldOp::put("phone", text.into())
}

fn at_state(round: u16, rank: u8) -> FieldOp {
    FieldOp::put("state", Value::State(State::new(round, rank)))
}

fn values(claims: &[Claim]) -> Vec<Value> {
    claims.iter().map(|claim| claim.value.clone()).collect()
}

#[test]
fn a_refusal_asserted_twice_stands_against_a_concurrent_grant() {
    let refused = form(LIN, 1, (0, &[]), consent("refused"));
    let refused_again = form(LIN, 2, (1, &[]), consent("refused"));
    let granted = form(CHEN, 9, (1, &[]), consent("granted")).with_consent();
    for order in [[&refused, &refused_again, &granted], [&refused, &granted, &refused_again]] {
        let photo = story(&order).element("consent", "photo").unwrap();
        assert_eq!(photo.shown.value, Value::from("refused"));
        assert_eq!(values(&photo.others), [Value::from("granted")]);
    }
    // Who asks again after the refusals, with a signature, does change it; without one it stays an opinion.
    let mut document = story(&[&refused, &refused_again]);
    form(CHEN, 9, (2, &[]), consent("granted")).fold_into(&mut document);
    assert_eq!(document.element("consent", "photo").unwrap().shown.value, Value::from("refused"));
    assert_eq!(values(&document.element("consent", "photo").unwrap().opinions), [Value::from("granted")]);
    form(CHEN, 10, (3, &[]), consent("granted")).with_consent().fold_into(&mut document);
    assert_eq!(document.element("consent", "photo").unwrap().shown.value, Value::from("granted"));
}

#[test]
fn a_severity_asserted_again_stands_against_a_concurrent_lowering() {
    let grave = form(LIN, 1, (0, &[]), severity(3));
    let still_grave = form(CHEN, 1, (1, &[]), severity(3));
    let lowered = form(MEI, 9, (1, &[]), severity(1));
    for order in [[&grave, &still_grave, &lowered], [&grave, &lowered, &still_grave]] {
        let found = story(&order).field("severity").unwrap();
        assert_eq!(found.shown.value, Value::Int(3));
        assert_eq!(values(&found.others), [Value::Int(1)]);
    }
    // A supervisor who has seen both lowers it; a worker who tries leaves an opinion.
    let mut document = story(&[&grave, &still_grave]);
    form(CHEN, 2, (2, &[]), severity(2)).fold_into(&mut document);
    assert_eq!(document.value("severity"), Some(Value::Int(3)));
    form(MEI, 2, (3, &[]), severity(0)).fold_into(&mut document);
    let found = document.field("severity").unwrap();
    assert_eq!((found.shown.value, values(&found.opinions)), (Value::Int(0), vec![Value::Int(2)]));
}

#[test]
fn an_element_added_again_survives_a_concurrent_remove() {
    let added = form(LIN, 1, (0, &[]), tag(true));
    let added_again = form(LIN, 2, (1, &[]), tag(true));
    let removed = form(CHEN, 9, (1, &[]), tag(false));
    for order in [[&added, &added_again, &removed], [&added, &removed, &added_again]] {
        assert_eq!(story(&order).members("tags"), ["penicillin"]);
    }
    // Not added again, it goes; and a set that shares data loses what anybody removed meanwhile.
    assert!(story(&[&added, &removed]).members("tags").is_empty());
    let share = |present| FieldOp::put_element("share", "hospital", Value::Bool(present));
    let shared = form(LIN, 1, (0, &[]), share(true));
    let shared_again = form(LIN, 2, (1, &[]), share(true));
    let stopped = form(CHEN, 1, (1, &[]), share(false));
    assert!(story(&[&shared, &stopped, &shared_again]).members("share").is_empty());
}

#[test]
fn what_was_written_on_top_of_a_held_edit_replaces_it_when_it_is_accepted_later() {
    let created = form(CHEN, 1, (0, &[]), note("before"));
    for (held, later) in [(note("old"), note("new")), (phone("N1"), phone("N2")), (tag(true), tag(false))] {
        let (field, element) = (later.field.clone(), later.element.clone());
        let held = form(LIN, 8, (1, &[]), held);
        let later = form(LIN, 9, (1, &[&held]), later);
        let mut document = story(&[&created, &later]);
        held.fold_into(&mut document);
        let found = match element {
            Some(element) => document.element(&field, &element).unwrap(),
            None => document.field(&field).unwrap(),
        };
        assert_eq!(found.shown.submission, later.id(), "{field}");
        let superseded: Vec<SubmissionId> = found.superseded.iter().map(|claim| claim.submission).collect();
        assert_eq!(superseded, [held.id()], "{field}");
        assert!(!found.conflict, "nobody has to decide between two values of one device");
    }
    // Another person's value is a conflict as ever.
    let held = form(LIN, 8, (1, &[]), phone("N1"));
    let mut document = story(&[&created, &form(CHEN, 9, (1, &[]), phone("N2"))]);
    held.fold_into(&mut document);
    assert!(document.field("phone").unwrap().conflict);
}

/// Found by the model: the supervisor's held S4 came in after her own S1 and was superseded; a worker who saw S1 and
/// found S2 must not be turned into an opinion by a value that no longer showed.
#[test]
fn a_superseded_claim_does_not_make_a_graver_finding_an_opinion() {
    let held = form(MEI, 1, (0, &[]), severity(4));
    let later = form(MEI, 2, (0, &[&held]), severity(1));
    let mut document = story(&[&later, &held]);
    assert_eq!(document.value("severity"), Some(Value::Int(1)));
    form(LIN, 1, (2, &[]), severity(2)).fold_into(&mut document);
    let found = document.field("severity").unwrap();
    assert_eq!((found.shown.value, found.opinions.len()), (Value::Int(2), 0));
}

#[test]
fn a_phone_set_back_to_an_old_copy_writes_on_without_a_collision() {
    let first = form(LIN, 1, (0, &[]), note("first"));
    let second = form(LIN, 2, (1, &[]), note("second"));
    let mut document = story(&[&first, &second]);
    // The copy is from before the second form: the same number, other content, so another submission.
    let other = form(LIN, 2, (1, &[]), note("other"));
    let restored = Form {
        arrival: Arrival {
            stamp: Stamp { submission: SubmissionId::derived("restored", &[]), ..other.arrival.stamp },
            ..other.arrival
        },
    };
    restored.fold_into(&mut document);
    assert_eq!(document.version(), 3);
    let found = document.field("note").unwrap();
    assert_eq!(1 + found.others.len(), 2, "both are there: neither had seen the other");
    // And what the phone sends a second time changes nothing, even with other content under the same id.
    let before = document.save();
    for again in [&first, &second, &restored] {
        let Arrival { edit, stamp } = &again.arrival;
        assert_eq!(document.apply(edit, stamp), Err(FoldError::Duplicate));
        assert_eq!(
            document.apply(&Edit { ops: vec![note("forged")], ..edit.clone() }, stamp),
            Err(FoldError::Duplicate)
        );
    }
    assert_eq!(document.save(), before);
    // It goes on after the restore.
    form(LIN, 3, (3, &[]), note("after")).fold_into(&mut document);
    assert_eq!(document.value("note"), Some(Value::from("after")));
}

#[test]
fn a_withdrawal_that_meets_a_reply_is_kept_as_a_note() {
    let dispatched = form(MEI, 1, (0, &[]), at_state(1, 3));
    let replied = form(ZHAO, 1, (1, &[]), at_state(1, 6));
    // Written offline on the dispatched state, so a lesser state than its author had seen.
    let withdrawn = form(LIN, 9, (1, &[]), at_state(1, 2));
    for order in [[&dispatched, &replied, &withdrawn], [&dispatched, &withdrawn, &replied]] {
        let state = story(&order).field("state").unwrap();
        assert_eq!(state.shown.value, Value::State(State::new(1, 6)));
        assert_eq!(values(&state.opinions), [Value::State(State::new(1, 2))]);
    }
    // Written before the dispatch was seen, it stands beside, and still loses.
    let submitted = form(MEI, 1, (0, &[]), at_state(1, 1));
    let withdrawn = form(LIN, 9, (1, &[]), at_state(1, 2));
    let replied = form(ZHAO, 1, (1, &[]), at_state(1, 6));
    let state = story(&[&submitted, &withdrawn, &replied]).field("state").unwrap();
    assert_eq!(state.shown.value, Value::State(State::new(1, 6)));
    assert_eq!(values(&state.others), [Value::State(State::new(1, 2))]);
    // A new round is above every rank of the one before.
    let again = form(MEI, 2, (3, &[]), at_state(2, 1));
    assert_eq!(story(&[&submitted, &withdrawn, &replied, &again]).value("state"), Some(Value::State(State::new(2, 1))));
}

#[test]
fn a_conflict_is_settled_once_by_a_person_who_saw_both() {
    let n1 = form(LIN, 1, (0, &[]), phone("N1"));
    let n2 = form(CHEN, 1, (0, &[]), phone("N2"));
    let settled = form(MEI, 1, (2, &[]), phone("N1"));
    let mut document = story(&[&n1, &n2]);
    assert!(document.field("phone").unwrap().conflict);
    settled.fold_into(&mut document);
    let found = document.field("phone").unwrap();
    assert_eq!((found.shown.value, found.conflict, found.others.len()), (Value::from("N1"), false, 0));
    // Who writes without having seen it asks again; the same value again is no conflict.
    form(CHEN, 2, (1, &[&n2]), phone("N1")).fold_into(&mut document);
    assert!(!document.field("phone").unwrap().conflict);
    form(CHEN, 3, (1, &[&n2]), phone("N3")).fold_into(&mut document);
    assert!(document.field("phone").unwrap().conflict);
}

/// Two files of one shop: nobody who wrote in one had seen the other, so all is concurrent.
#[test]
fn linked_files_unite_field_by_field() {
    let ours = story(&[&form(LIN, 1, (0, &[]), phone("N1")), &form(LIN, 2, (1, &[]), severity(1))]);
    let theirs = story(&[&form(CHEN, 8, (0, &[]), phone("N2")), &form(CHEN, 9, (1, &[]), severity(3))]);
    let unite = |field: &str| {
        let one = union::field(&[&ours, &theirs], field, None).unwrap();
        let other = union::field(&[&theirs, &ours], field, None).unwrap();
        assert_eq!(Meaning::from(&one), Meaning::from(&other), "whichever comes first");
        one
    };
    let phone = unite("phone");
    assert!(phone.conflict);
    assert_eq!((phone.shown.value, values(&phone.others)), (Value::from("N2"), vec![Value::from("N1")]));
    assert_eq!(unite("severity").shown.value, Value::Int(3));
}
