//! Elders: what two workers write offline about one elder, what may be written at all, and what follows from a file.

use std::collections::BTreeMap;

use doorstep_tests::memory::Caseload;
use sync_core::assess::{ITEMS, Level};
use sync_core::author::Role;
use sync_core::care;
use sync_core::case::File;
use sync_core::edit::{Edit, FieldOp, Value};
use sync_core::entity::{Kind, hazard};
use sync_core::event::{
    Answer, Assessor, Attempt, ConsentState, FlagStanding, Means, PhotoHash, Purpose, RiskKind, VisitKind,
};
use sync_core::form::{
    AnswerRow, AssessmentForm, Circumstances, ConsentEntry, ConsentForm, ContactEntry, Form, LinkForm, NewDwelling,
    NewElder, NotMetForm, ObservedRow, RiskEntry, RiskForm, Scene, Seen, VisitForm, VoidForm,
};
use sync_core::id::{EntityId, EventId, PersonId, SubmissionId};
use sync_core::log::{HoldCode, Verdict};
use sync_core::policy::Policy;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};

#[path = "elders/admit.rs"]
mod admit;
#[path = "elders/derived.rs"]
mod derived;
#[path = "elders/rounds.rs"]
mod rounds;

/// A moment of a day, `11-23T09:10`.
fn at(text: &str) -> Timestamp {
    Timestamp::from_civil(format!("2026-{text}").parse().unwrap())
}

/// A caseload with phones that see what it held when they last synced.
struct Street {
    caseload: Caseload,
    written: u64,
}

/// One phone: who holds it, and the files as of its last sync.
struct Phone {
    person: u8,
    role: Role,
    files: BTreeMap<EntityId, File>,
}

impl Street {
    fn new() -> Self {
        Self { caseload: Caseload::new(1), written: 0 }
    }

    fn phone(&self, person: u8, role: Role) -> Phone {
        Phone { person, role, files: self.caseload.files.clone() }
    }

    /// Finishes a form on a phone, offline.
    fn write(&mut self, phone: &Phone, when: Timestamp, form: &Form) -> (Submission, Option<EventId>) {
        let mut seen = Seen::default();
        for (entity, document) in phone.files.values().flat_map(|file| &file.documents) {
            seen.add(*entity, document.clone(), document.version(), &[]);
        }
        for (root, file) in phone.files.iter().filter(|(_, file)| file.links.iter().next().is_some()) {
            seen.link(file.links.iter().chain([*root]).collect());
        }
        self.written += 1;
        let id = SubmissionId::new(when, u128::from(self.written));
        let circumstances = Circumstances {
            submission: id,
            start: when,
            now: when,
            policy: 1,
            programme: "elders".to_owned(),
            role: phone.role,
            notice_number: String::new(),
            id_key: None,
        };
        let made = form.finish(&seen, &circumstances).unwrap_or_else(|messages| panic!("{messages:?}"));
        (self.submission(id, when, made.parts), made.event)
    }

    fn submission(&self, id: SubmissionId, when: Timestamp, parts: Vec<Part>) -> Submission {
        let at = Hlc { wall: when, counter: 0 };
        Submission { id, caseload: self.caseload.id, number: self.written, at, parts }
    }

    /// It arrives.
    fn take_in(&mut self, phone: &Phone, now: Timestamp, submission: Submission) -> Verdict {
        let author = self.caseload.author(phone.person, phone.role, submission.number);
        self.caseload.take_in(now, submission, author)
    }

    /// Finishes a form on a phone that is up to date, and sends it.
    fn say(&mut self, phone: &mut Phone, when: Timestamp, form: &Form) -> Option<EventId> {
        phone.files = self.caseload.files.clone();
        let (submission, event) = self.write(phone, when, form);
        assert_eq!(self.take_in(phone, when, submission), Verdict::Merged);
        event
    }

    /// A raw submission, as no form writes it.
    fn say_raw(&mut self, phone: &Phone, when: Timestamp, parts: Vec<Part>) -> Verdict {
        self.written += 1;
        let submission = self.submission(SubmissionId::new(when, u128::from(self.written)), when, parts);
        self.take_in(phone, when, submission)
    }

    /// Elder E1 of the scenario, as of 2 November: alone, tier key, one fall.
    fn gu(&mut self) -> EntityId {
        let mut lin = self.phone(LIN, Role::Worker);
        let form = NewElder {
            name: "顾某".to_owned(),
            risk_tier: "key".to_owned(),
            living_situation: "alone".to_owned(),
            contacts: vec![ContactEntry {
                name: "顾小".into(),
                phone: "14200000003".into(),
                ..ContactEntry::default()
            }],
            new_dwelling: Some(NewDwelling { address: "花果山2号".to_owned(), ..NewDwelling::default() }),
            ..NewElder::default()
        };
        self.say(&mut lin, at("11-02T09:00"), &Form::NewElder(form));
        let elder = *self.caseload.files.iter().find(|(_, file)| file.of_kind(Kind::Elder).count() == 1).unwrap().0;
        let risk = RiskEntry { kind: RiskKind::Fall, occurred_on: at("11-02T09:00").day(), note: String::new() };
        self.say(&mut lin, at("11-02T10:00"), &Form::Risk(RiskForm { elder, risk, scene: Scene::default() }));
        elder
    }

    fn files(&self, elder: EntityId) -> care::Files<'_> {
        care::Files::from([(elder, &self.caseload.files[&elder])])
    }

    fn dwelling(&self, elder: EntityId) -> EntityId {
        self.caseload.files[&elder].documents[&elder].value("dwelling").unwrap().as_id().unwrap()
    }
}

const LIN: u8 = 0xA1;
const CHEN: u8 = 0xB1;
const MEI: u8 = 0x3E;

fn spoken(purpose: Purpose, state: ConsentState) -> ConsentEntry {
    ConsentEntry::spoken(purpose, state, "社工")
}

fn consenting(elder: EntityId, consents: Vec<ConsentEntry>) -> Form {
    Form::Consent(ConsentForm { elder, consents, scene: Scene::default() })
}

fn visit(elder: EntityId) -> VisitForm {
    VisitForm { observed: vec![ObservedRow::new("mood", Answer::Ok)], ..VisitForm::new(elder, VisitKind::Home) }
}

/// 09:10 and 09:25 of the scenario, in either order of arrival.
#[test]
fn two_workers_visit_one_elder_offline_and_nothing_is_lost() {
    for chen_first in [false, true] {
        let mut street = Street::new();
        let elder = street.gu();
        let dwelling = street.dwelling(elder);
        let son = ContactEntry::id(elder, "顾小");
        let (lin, chen) = (street.phone(LIN, Role::Worker), street.phone(CHEN, Role::Worker));
        let phone = |number: &str| FieldOp::put_element("contact_phone", &son, Value::from(number));
        let allergy = |what: &str| FieldOp::put_element("allergies", what, Value::Bool(true));
        let lins = VisitForm {
            home: vec![AnswerRow { severity: Some(2), ..AnswerRow::new("GAS-02", Answer::Problem) }],
            consents: vec![spoken(Purpose::Photo, ConsentState::Refused)],
            changes: vec![phone("14200000001"), allergy("penicillin"), FieldOp::put("risk_tier", Value::from("key"))],
            ..visit(elder)
        };
        let chens = VisitForm {
            risks: vec![RiskEntry { kind: RiskKind::Fall, occurred_on: at("11-22T20:00").day(), note: String::new() }],
            consents: vec![spoken(Purpose::Photo, ConsentState::Granted)],
            changes: vec![phone("14200000002"), allergy("aspirin"), FieldOp::put("risk_tier", Value::from("high"))],
            scene: Scene { photos: vec![PhotoHash([1; 32])], ..Scene::default() },
            ..visit(elder)
        };
        let (a, _) = street.write(&lin, at("11-23T09:10"), &Form::Visit(lins));
        let (b, _) = street.write(&chen, at("11-23T09:25"), &Form::Visit(chens));
        let noon = at("11-23T12:05");
        let mut arrivals = vec![(&lin, a), (&chen, b)];
        if chen_first {
            arrivals.reverse();
        }
        for (phone, submission) in arrivals {
            assert_eq!(street.take_in(phone, noon, submission), Verdict::Merged);
        }
        let file = &street.caseload.files[&elder].documents[&elder];
        assert_eq!(file.members("allergies"), ["aspirin", "penicillin"]);
        let phones = file.element("contact_phone", &son).unwrap();
        assert!(phones.conflict, "a person has to decide");
        assert_eq!(1 + phones.others.len(), 2);
        let files = street.files(elder);
        assert_eq!(care::tier(&files), "high");
        assert_eq!(care::consent(&files, Purpose::Photo, noon), ConsentState::Refused, "the stricter of two");
        assert_eq!(care::risks(&files, noon, 30).len(), 2);
        assert_eq!(care::visits(&files).len(), 2, "two visits of one elder both stay");
        let hose = hazard::id(dwelling, "GAS-02", 1);
        assert!(street.caseload.files[&dwelling].documents.contains_key(&hose));
        assert!(!street.caseload.files[&elder].documents.contains_key(&hose));
    }
}

#[test]
fn a_couple_shares_a_gas_hose() {
    let mut street = Street::new();
    let gu = street.gu();
    let dwelling = street.dwelling(gu);
    let mut chen = street.phone(CHEN, Role::Worker);
    let wife = NewElder { name: "谭某".to_owned(), dwelling: Some(dwelling), ..NewElder::default() };
    street.say(&mut chen, at("11-03T09:00"), &Form::NewElder(wife));
    let is_elder = |root: &EntityId, file: &File| file.documents[root].schema().kind == Kind::Elder;
    let tan = *street.caseload.files.iter().find(|(root, file)| **root != gu && is_elder(root, file)).unwrap().0;
    let hose = || vec![AnswerRow { severity: Some(2), ..AnswerRow::new("GAS-02", Answer::Problem) }];
    let (lin, chen) = (street.phone(LIN, Role::Worker), street.phone(CHEN, Role::Worker));
    let (a, _) = street.write(&lin, at("11-23T09:10"), &Form::Visit(VisitForm { home: hose(), ..visit(gu) }));
    let (b, _) = street.write(&chen, at("11-23T09:25"), &Form::Visit(VisitForm { home: hose(), ..visit(tan) }));
    for (phone, submission) in [(&lin, a), (&chen, b)] {
        assert_eq!(street.take_in(phone, at("11-23T12:05"), submission), Verdict::Merged);
    }
    let home = &street.caseload.files[&dwelling];
    assert_eq!(home.of_kind(Kind::Hazard).count(), 1);
    let inspections: Vec<&str> = home.events.iter().map(|recorded| recorded.event.body.kind()).collect();
    assert_eq!(inspections.iter().filter(|kind| **kind == "inspection").count(), 2);
    assert!(!inspections.contains(&"visit"), "nothing of the elders is in the dwelling's file");
}

#[test]
fn a_later_grant_without_its_event_is_an_opinion() {
    let mut street = Street::new();
    let elder = street.gu();
    let mut lin = street.phone(LIN, Role::Worker);
    let refused = consenting(elder, vec![spoken(Purpose::Photo, ConsentState::Refused)]);
    street.say(&mut lin, at("11-05T09:00"), &refused);

    // No event at all.
    let grant = |street: &Street| {
        let version = street.caseload.files[&elder].documents[&elder].version();
        let base = sync_core::edit::Base { version, seen: Vec::new() };
        let op = FieldOp::put_element("consent", "photo", Value::from("granted"));
        Part::edit(&Edit { entity: elder, kind: "elder".to_owned(), base, ops: vec![op] })
    };
    let bare = vec![grant(&street)];
    assert_eq!(street.say_raw(&lin, at("11-06T09:00"), bare), Verdict::Merged);
    // The event of another purpose.
    lin.files = street.caseload.files.clone();
    let (other, _) =
        street.write(&lin, at("11-06T10:00"), &consenting(elder, vec![spoken(Purpose::Health, ConsentState::Granted)]));
    let event = other.parts.into_iter().find(|part| part.kind == sync_core::submission::PartKind::Event).unwrap();
    let borrowed = vec![grant(&street), event];
    assert_eq!(street.say_raw(&lin, at("11-06T10:00"), borrowed), Verdict::Merged);
    let photo = street.caseload.files[&elder].documents[&elder].element("consent", "photo").unwrap();
    assert_eq!((photo.shown.value, photo.opinions.len()), (Value::from("refused"), 2));
    assert_eq!(care::consent(&street.files(elder), Purpose::Photo, at("11-07T09:00")), ConsentState::Refused);

    // Its own.
    let granted = consenting(elder, vec![spoken(Purpose::Photo, ConsentState::Granted)]);
    street.say(&mut lin, at("11-08T09:00"), &granted);
    assert_eq!(care::consent(&street.files(elder), Purpose::Photo, at("11-08T10:00")), ConsentState::Granted);
}
