//! What slips can hold, tried on the sample policy: no slip of a home has a byte of who lives there, and no slip about a
//! person exists without what allows it.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use std::collections::{BTreeMap, BTreeSet};

use doorstep_tests::memory::Caseload;
use sync_core::author::Role;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{Kind, Shape, hazard, person_slip};
use sync_core::event::{
    Answer, Answered, Assessment, AssessmentStanding, Attempt, BreakGlass, BreakGlassAct, Consent, ConsentMethod,
    ConsentState, Event, EventBody, Inspection, Means, NotMet, Observed, Purpose, RiskEvent, RiskKind, Signal, Step,
    Visit, VisitKind,
};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::log::{HoldCode, Verdict};
use sync_core::policy::{Place, Policy, Recipient};
use sync_core::refer::{self, SlipOut};
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};

const ELDER: EntityId = EntityId::from_bytes([0xE1; 16]);
const HOME: EntityId = EntityId::from_bytes([0xD1; 16]);
const WORKER: u8 = 0xA1;
const SUPERVISOR: u8 = 0x31;
const DISPATCHER: u8 = 0x71;

fn at(text: &str) -> Timestamp {
    Timestamp::from_civil(text.parse().unwrap())
}

/// A caseload under the sample policy with a desk of every department.
struct World {
    caseload: Caseload,
    policy: Policy,
    sent: u32,
    now: Timestamp,
}

impl World {
    fn new() -> Self {
        let (mut caseload, policy) = (Caseload::new(1), Policy::sample());
        for (department, n) in policy.departments.iter().zip(0xF0..) {
            caseload.desks.insert(department.code.clone(), CaseloadId::from_bytes([n; 16]));
        }
        Self { caseload, policy, sent: 0, now: at("2026-11-02T09:00") }
    }

    fn send(&mut self, person: u8, role: Role, parts: Vec<Part>) -> Verdict {
        self.sent += 1;
        let id = SubmissionId::derived("test", &[&self.sent.to_be_bytes()]);
        let number = u64::from(self.sent);
        let at = Hlc { wall: self.now, counter: 0 };
        let submission = Submission { id, caseload: self.caseload.id, number, at, parts };
        let author = self.caseload.author(person, role, number);
        self.caseload.take_in(self.now, submission, author)
    }

    fn writes(&mut self, parts: Vec<Part>) {
        assert_eq!(self.send(WORKER, Role::Worker, parts), Verdict::Merged);
    }

    fn event(&self, subject: EntityId, body: EventBody) -> Part {
        Part::event(&Event {
            id: EventId::derived("test", &[&self.sent.to_be_bytes(), body.kind().as_bytes(), subject.bytes()]),
            subject,
            programme: String::new(),
            policy: 1,
            start: self.now,
            end: self.now + Span::minutes(20),
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends: None,
            body,
        })
    }

    fn version(&self, entity: EntityId) -> u32 {
        let document = self.caseload.files.values().find_map(|file| file.documents.get(&entity));
        document.map_or(0, sync_core::document::Document::version)
    }

    fn edit(&self, entity: EntityId, kind: Kind, ops: Vec<FieldOp>) -> Part {
        let base = Base { version: self.version(entity), seen: Vec::new() };
        Part::edit(&Edit { entity, kind: kind.code().to_owned(), base, ops })
    }

    fn referrals(&self) -> Vec<(EntityId, State)> {
        let all = self.caseload.files.values().flat_map(|file| file.of_kind(Kind::Referral));
        all.map(|(id, document)| (id, document.value("state").unwrap().as_state().unwrap())).collect()
    }

    fn text(&self, entity: EntityId, field: &str) -> String {
        let document = self.caseload.files.values().find_map(|file| file.documents.get(&entity)).unwrap();
        document.value(field).and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default()
    }

    /// The supervisor submits what is a draft; whether that merges is the flow's to say.
    fn submit(&mut self, referral: EntityId) {
        let ops = vec![FieldOp::put("state", Value::State(State::new(1, refer::SUBMITTED)))];
        let edit = self.edit(referral, Kind::Referral, ops);
        self.send(SUPERVISOR, Role::Supervisor, vec![edit]);
    }

    fn dispatch(&mut self, referral: EntityId, dept: &str) -> Verdict {
        let to = State::new(1, refer::DISPATCHED);
        let desk = Some(self.caseload.desks[dept]);
        let step = self.event(referral, EventBody::Step(Step { to, desk, reason: None, suggested: None }));
        let edit = self.edit(referral, Kind::Referral, vec![FieldOp::put("state", Value::State(to))]);
        self.send(DISPATCHER, Role::Dispatcher, vec![step, edit])
    }
}

/// Everything that can be said of an elder, said: each text is one that can be found again.
fn canaries(world: &mut World) -> Vec<String> {
    let mut planted = Vec::new();
    let mut canary = |field: &str| {
        planted.push(format!("CANARY-{field}-{}", planted.len()));
        planted.last().unwrap().clone()
    };
    let mut ops = Vec::new();
    let fields = Kind::Elder.schema().fields.iter().filter(|field| field.writers.contains(&Role::Worker));
    for field in fields.filter(|field| field.name != "consent") {
        let element = field.keyed.then(|| canary(field.name)).filter(|_| field.only.is_none());
        let element = element.or_else(|| field.only.map(|only| only[0].to_owned()));
        let value = match field.shape {
            Shape::Text => Value::Text(canary(field.name)),
            Shape::Id => Value::Id(HOME),
            Shape::Day => Value::from("1938-02-17"),
            Shape::OneOf(texts) => Value::from(texts[texts.len() - 1]),
            Shape::Int(least, _) => Value::Int(least),
            _ => Value::Bool(true),
        };
        ops.push(match element {
            Some(element) => FieldOp::put_element(field.name, &element, value),
            None => FieldOp::put(field.name, value),
        });
    }
    planted.extend(["1938-02-17".to_owned(), ELDER.to_string()]);
    let parts = vec![world.edit(ELDER, Kind::Elder, ops)];
    world.writes(parts);
    let mut word = |name: &str| {
        planted.push(format!("CANARY-{name}-{}", planted.len()));
        Some(planted.last().unwrap().clone())
    };
    let observed = Observed { item: "mood".to_owned(), answer: Answer::Problem, note: word("observed") };
    let visit = Visit {
        kind: VisitKind::Home,
        observed: vec![observed],
        signals: vec![Signal::GasSmell, Signal::Neglect],
        words: word("words"),
        next_visit: None,
    };
    let assessment = Assessment {
        standing: AssessmentStanding::Screening,
        scores: vec![0; 26],
        risks: Vec::new(),
        coma: false,
        diagnoses: word("diagnosis").into_iter().collect(),
        assessors: Vec::new(),
        informant: word("informant"),
        note: word("assessed"),
    };
    let consent = Consent {
        purpose: Purpose::Health,
        state: ConsentState::Limited,
        method: ConsentMethod::VerbalWithWitness,
        paper: None,
        witness: word("witness"),
        valid_to: None,
        receivers: word("receiver").into_iter().collect(),
        limits: word("limits"),
    };
    let risk = RiskEvent { kind: RiskKind::Fall, occurred_on: "2026-11-01".parse().unwrap(), note: word("risk") };
    let broken = BreakGlass {
        act: BreakGlassAct::Opened,
        of: None,
        reason: word("reason").unwrap(),
        told: word("told"),
        fields: word("fields").into_iter().collect(),
    };
    let bodies = [
        EventBody::Visit(visit),
        EventBody::Assessment(assessment),
        EventBody::Consent(consent),
        EventBody::RiskEvent(risk),
        EventBody::BreakGlass(broken),
    ];
    for body in bodies {
        let parts = vec![world.event(ELDER, body)];
        world.writes(parts);
    }
    planted
}

/// Somebody looks round the home and finds this, again.
fn found_at_home(world: &mut World, code: &str, whispered: &str) {
    let answer = Answered {
        code: code.to_owned(),
        answer: Answer::Problem,
        severity: Some(2),
        refused: true,
        quantity: Some(500),
        note: Some(whispered.to_owned()),
        photos: Vec::new(),
    };
    let inspection = Inspection { answers: vec![answer], met: Some(whispered.to_owned()), revisit: false };
    let hazard = hazard::id(HOME, code, 1);
    let mut parts = vec![world.event(HOME, EventBody::Inspection(inspection))];
    let mut ops = vec![FieldOp::put("status", Value::State(State::new(1, hazard::OPEN)))];
    if world.version(hazard) == 0 {
        ops.extend([
            FieldOp::put("place", Value::Id(HOME)),
            FieldOp::put("code", code.into()),
            FieldOp::put("severity", Value::Int(2)),
        ]);
    }
    parts.push(world.edit(hazard, Kind::Hazard, ops));
    world.writes(parts);
}

/// All bytes of a slip: as they are stored, and as they read.
fn bytes(slip: &SlipOut) -> Vec<u8> {
    let (entity, base) = (slip.slip, Base::default());
    let edit = Edit { entity, kind: slip.kind.code().to_owned(), base, ops: slip.ops.clone() };
    Part::edit(&edit).bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_byte_of_a_homes_slip_is_of_who_lives_there_whatever_the_rule() {
    let policy = Policy::sample();
    let of_homes =
        policy.rules.iter().filter(|rule| rule.to == Recipient::Referral && rule.on.contains(&Place::Dwelling));
    let of_homes: BTreeSet<&str> = of_homes.map(|rule| rule.id.as_str()).collect();
    assert!(of_homes.len() >= 4, "{of_homes:?}");
    let (mut seen, mut slips) = (BTreeSet::new(), 0);
    for item in &policy.checklist.items {
        let mut world = World::new();
        let home = vec![
            FieldOp::put("address", "花果山3栋502".into()),
            FieldOp::put("evacuation_help", "yes".into()),
            FieldOp::put("door_note", "CANARY-door".into()),
            FieldOp::put("map_point", "wgs84:22.487,113.915".into()),
        ];
        let parts = vec![world.edit(HOME, Kind::Dwelling, home)];
        world.writes(parts);
        // Where exactly is not kept, and so not told.
        let finer = vec![FieldOp::put("map_point", "wgs84:22.48731,113.91542".into())];
        let parts = vec![world.edit(HOME, Kind::Dwelling, finer)];
        assert_eq!(world.send(WORKER, Role::Worker, parts), Verdict::Held(HoldCode::Malformed));
        let mut planted = canaries(&mut world);
        planted.extend(["CANARY-door", "CANARY-note"].map(str::to_owned));
        for _ in 0..4 {
            world.now = world.now + Span::hours(24 * 11);
            found_at_home(&mut world, &item.code, "CANARY-note");
        }
        for (referral, _) in world.referrals() {
            let rule = world.text(referral, "rule");
            let dept = world.text(referral, "proposed_dept");
            if policy.rule(&rule).unwrap().on.contains(&Place::Dwelling) && rule.starts_with('F') {
                assert_eq!(world.dispatch(referral, &dept), Verdict::Merged, "{rule} to {dept}");
                seen.insert(rule);
            }
        }
        for slip in &world.caseload.slips {
            slips += 1;
            assert_eq!(slip.kind, Kind::Slip);
            let bytes = bytes(slip);
            assert!(holds(&bytes, "花果山3栋502"), "{} says where", item.code);
            assert!(slip.ops.contains(&FieldOp::put("evacuation_help", "yes".into())));
            assert!(slip.ops.contains(&FieldOp::put("map_point", "wgs84:22.487,113.915".into())));
            assert!(!holds(&bytes, "22.48731") && !holds(&bytes, "113.91542"));
            for canary in &planted {
                assert!(!holds(&bytes, canary), "{}: {canary}", item.code);
            }
            // Not as a raw id either.
            assert!(!bytes.windows(16).any(|window| window == ELDER.bytes()), "{}: the elder's id", item.code);
            assert!(!holds(&bytes, "CANARY"), "{}", item.code);
        }
    }
    let seen: BTreeSet<&str> = seen.iter().map(String::as_str).collect();
    assert_eq!(seen, of_homes, "every rule of homes was tried, with {slips} slips");
}

/// A small generator of chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// What she agreed to, as a model of its own: the last word for each purpose, when it had its event, and until when.
type Agreed = BTreeMap<Purpose, (ConsentState, bool, Option<Timestamp>)>;

fn asks(world: &mut World, dice: &mut Dice, agreed: &mut Agreed) {
    let purpose = *dice.one(&[Purpose::HealthCenterShare, Purpose::CivilAffairsShare, Purpose::Health]);
    let state = *dice.one(&[
        ConsentState::Granted,
        ConsentState::Granted,
        ConsentState::Limited,
        ConsentState::Refused,
        ConsentState::Withdrawn,
    ]);
    let valid_to = (dice.below(4) == 0).then(|| world.now + Span::hours(30));
    let consent = Consent {
        purpose,
        state,
        method: ConsentMethod::Guardian,
        paper: None,
        witness: None,
        valid_to,
        receivers: Vec::new(),
        limits: None,
    };
    let ops = vec![FieldOp::put_element("consent", purpose.code(), state.code().into())];
    let edit = world.edit(ELDER, Kind::Elder, ops);
    let said = dice.below(4) != 0;
    let mut parts = vec![edit];
    if said {
        parts.push(world.event(ELDER, EventBody::Consent(consent)));
    }
    world.writes(parts);
    // A grant without its event lowers nothing that was stricter.
    let stricter = agreed.get(&purpose).is_some_and(|(before, ..)| *before > state);
    if said || !stricter {
        agreed.insert(purpose, (state, said, valid_to));
    }
}

fn happens(world: &mut World, dice: &mut Dice) {
    let body = match dice.below(4) {
        0 => {
            let tried = [Means::Door, Means::Phone, Means::Contact];
            let tried = tried.map(|means| Attempt { means, contact: None, reached: false }).to_vec();
            EventBody::NotMet(NotMet { tried, note: None, next_try: None })
        }
        1 => EventBody::RiskEvent(RiskEvent { kind: RiskKind::Fall, occurred_on: world.now.day(), note: None }),
        _ => {
            let signals = vec![*dice.one(Signal::ALL)];
            EventBody::Visit(Visit {
                kind: VisitKind::Home,
                observed: Vec::new(),
                signals,
                words: None,
                next_visit: None,
            })
        }
    };
    let parts = vec![world.event(ELDER, body)];
    world.writes(parts);
}

/// Checks a slip about a person against the policy and the model of what she agreed to.
fn is_allowed(world: &World, slip: &SlipOut, agreed: &Agreed) {
    let text = |field: &str| {
        let op = slip.ops.iter().find(|op| op.field == field);
        op.and_then(|op| op.value.as_text().map(str::to_owned)).unwrap_or_default()
    };
    let dept = world.caseload.desks.iter().find(|(_, desk)| **desk == slip.desk).unwrap().0;
    assert_ne!(dept, "FIRE");
    let rule = world.policy.rule(&text("rule")).unwrap();
    let routes: Vec<_> = rule
        .route
        .iter()
        .chain(rule.escalate.iter().flat_map(|then| &then.route))
        .filter(|route| route.dept == *dept)
        .collect();
    assert!(!routes.is_empty(), "{} names {dept}", rule.id);
    let consent = text("consent");
    let basis = routes.iter().any(|route| match route.consent {
        None => consent.is_empty() && route.legal_basis.as_ref().is_some_and(|basis| basis.zh == text("allowed_zh")),
        Some(purpose) => {
            let stands = |(state, said, until): &(ConsentState, bool, Option<Timestamp>)| {
                *state == ConsentState::Granted && *said && until.is_none_or(|until| until > world.now)
            };
            consent == purpose.code() && agreed.get(&purpose).is_some_and(stands)
        }
    });
    assert!(basis, "{} to {dept} rests on nothing: “{consent}”, {}", rule.id, text("allowed_zh"));
    let named: BTreeSet<&str> =
        routes.iter().flat_map(|route| &route.fields).filter_map(|field| person_slip::tells(field)).collect();
    let told = slip.ops.iter().map(|op| op.field.as_str());
    for field in told.filter(|field| person_slip::TELLABLE.iter().any(|(_, told)| told == field)) {
        assert!(named.contains(field), "{} to {dept} tells {field}", rule.id);
    }
}

#[test]
fn no_slip_about_a_person_exists_without_what_allows_it() {
    let (mut written, mut by_consent, mut refused) = (BTreeSet::new(), 0, 0);
    for seed in 0..40 {
        let (mut world, mut dice, mut agreed) = (World::new(), Dice(seed * 7_919 + 1), Agreed::new());
        let ops = vec![
            FieldOp::put("name", "顾阿婆".into()),
            FieldOp::put("capacity", (*dice.one(&["full", "limited", "none", "unknown"])).into()),
            FieldOp::put("living_situation", "alone".into()),
            FieldOp::put("risk_tier", (*dice.one(&["key", "high"])).into()),
            FieldOp::put("dwelling", Value::Id(HOME)),
            FieldOp::put_element("contacts", "son", Value::Bool(true)),
            FieldOp::put_element("contact_phone", "son", "14200000001".into()),
        ];
        let parts = vec![world.edit(ELDER, Kind::Elder, ops)];
        world.writes(parts);
        for _ in 0..14 {
            world.now = world.now + Span::hours(i64::try_from(1 + dice.below(20)).unwrap());
            match dice.below(3) {
                0 => asks(&mut world, &mut dice, &mut agreed),
                _ => happens(&mut world, &mut dice),
            }
            for (referral, state) in world.referrals() {
                if state.rank == refer::DRAFT {
                    world.submit(referral);
                }
            }
            // A dispatcher who tries every desk.
            let depts: Vec<String> = world.caseload.desks.keys().cloned().collect();
            for (referral, _) in world.referrals() {
                let dept =
                    if dice.below(2) == 0 { world.text(referral, "proposed_dept") } else { dice.one(&depts).clone() };
                let state = world.referrals().into_iter().find(|(id, _)| *id == referral).unwrap().1;
                let before = world.caseload.slips.len();
                if state.rank != refer::SUBMITTED {
                    continue;
                }
                refused += usize::from(world.dispatch(referral, &dept) != Verdict::Merged);
                for slip in &world.caseload.slips[before..] {
                    assert_eq!(slip.kind, Kind::PersonSlip);
                    is_allowed(&world, slip, &agreed);
                    let rule = slip.ops.iter().find(|op| op.field == "rule").unwrap();
                    written.insert(rule.value.as_text().unwrap().to_owned());
                    let consent = slip.ops.iter().find(|op| op.field == "consent").unwrap();
                    by_consent += usize::from(consent.value.as_text() != Some(""));
                }
            }
        }
    }
    assert!(by_consent >= 5 && refused >= 20, "{by_consent} by consent, {refused} refused: too few to say anything");
    for rule in ["E02", "E05", "E07", "E09"] {
        assert!(written.contains(rule), "{rule} wrote none: {written:?}");
    }
}
