//! Forms become parts, parts fold into documents, and the documents say what the worker said.

use std::collections::BTreeMap;

use super::*;
use crate::author::{Author, Role};
use crate::document::{Document, Stamp};
use crate::edit::{FieldOp, State};
use crate::entity::{Schema, hazard};
use crate::event::{Answer, EventBody, NoticeReceipt};
use crate::id::{DeviceId, PersonId, SubmissionId};
use crate::policy::Policy;
use crate::submission::{Content, consent_backed, content};
use crate::time::{Hlc, Timestamp};

mod elders;
mod places;
mod written;

/// One worker's phone, as far as forms see it: confirmed documents, with pending ones folded on top.
#[derive(Default)]
struct Bench {
    documents: BTreeMap<EntityId, Document>,
    confirmed: BTreeMap<EntityId, u32>,
    pending: BTreeMap<EntityId, Vec<SubmissionId>>,
    number: u64,
}

impl Bench {
    fn seen(&self) -> Seen {
        let mut seen = Seen::under(&Policy::sample());
        for (id, document) in &self.documents {
            let pending = self.pending.get(id).map(Vec::as_slice).unwrap_or_default();
            seen.add(*id, document.clone(), self.confirmed.get(id).copied().unwrap_or(0), pending);
        }
        seen
    }

    fn circumstances(&self) -> Circumstances {
        let start = Timestamp::from_millis(1_764_000_000_000);
        Circumstances {
            submission: SubmissionId::new(start, u128::from(self.number + 1)),
            start,
            now: start,
            policy: 1,
            programme: "P".to_owned(),
            role: Role::Worker,
            notice_number: "A-0001".to_owned(),
            id_key: Some([7; 32]),
        }
    }

    fn check(&self, form: &Form) -> Vec<&'static str> {
        form.check(&self.seen(), &self.circumstances()).iter().map(|message| message.code).collect()
    }

    /// Finishes a form and folds it, pending.
    fn make(&mut self, form: &Form) -> (Made, Content) {
        let circumstances = self.circumstances();
        let made = form.finish(&self.seen(), &circumstances).unwrap_or_else(|messages| panic!("{messages:?}"));
        self.number += 1;
        let content = content(&made.parts).unwrap();
        for edit in &content.edits {
            Schema::check(edit, Role::Worker).unwrap();
            let author = Author {
                device: DeviceId::from_bytes([1; 16]),
                person: PersonId::from_bytes([2; 16]),
                role: Role::Worker,
                number: self.number,
            };
            let at = Hlc { wall: circumstances.now, counter: u32::try_from(self.number).unwrap() };
            let submission = circumstances.submission;
            let consent = consent_backed(&made.parts, edit);
            let stamp = Stamp { submission, entity: edit.entity, author, at, consent };
            let schema = Schema::of_code(&edit.kind).unwrap();
            self.documents.entry(edit.entity).or_insert_with(|| Document::new(schema)).apply(edit, &stamp).unwrap();
            self.pending.entry(edit.entity).or_default().push(submission);
        }
        (made, content)
    }

    fn shop(&mut self) -> EntityId {
        let form =
            NewPremises {
                name: "王记肠粉".to_owned(), address: "花果山1号".to_owned(), ..NewPremises::default()
            };
        self.make(&Form::NewPremises(form)).0.subject
    }

    fn inspect(&mut self, premises: EntityId, revisit: bool, answer: AnswerRow) -> (Made, Content) {
        let form = InspectionForm { revisit, answers: vec![answer], ..InspectionForm::new(premises) };
        self.make(&Form::Inspection(form))
    }

    fn status(&self, premises: EntityId, episode: u16) -> Option<State> {
        self.documents.get(&hazard::id(premises, "EXIT-02", episode))?.value("status")?.as_state()
    }
}

fn row(answer: Answer) -> AnswerRow {
    AnswerRow::new("EXIT-02", answer)
}

#[test]
fn a_new_shop_is_a_place_an_operator_and_a_tenancy() {
    let mut bench = Bench::default();
    let form = NewPremises {
        name: "王记肠粉".to_owned(),
        address: " 花果山1号 ".to_owned(),
        kinds: vec!["restaurant".to_owned()],
        operator: Some(OperatorEntry {
            name: "王记".to_owned(),
            uscc: "92440399 ma9t0001-8g".to_owned(),
            ..OperatorEntry::default()
        }),
        ..NewPremises::default()
    };
    let (made, content) = bench.make(&Form::NewPremises(form.clone()));
    assert!(made.warnings.is_empty());
    assert_eq!(
        content.edits.iter().map(|edit| edit.kind.as_str()).collect::<Vec<_>>(),
        ["premises", "operator", "tenancy"]
    );
    assert_eq!(bench.documents[&made.subject].members("kinds"), ["restaurant"]);
    let tenancy = &bench.documents[&content.edits[2].entity];
    assert_eq!(tenancy.value("premises"), Some(Value::Id(made.subject)));
    let operator = tenancy.value("operator").unwrap().as_id().unwrap();
    assert_eq!(bench.documents[&operator].value("uscc"), Some(Value::from("92440399MA9T00018G")));

    // A digit mistyped: kept as read, with a warning.
    let mut mistyped = form;
    if let Some(operator) = &mut mistyped.operator {
        operator.uscc = "92440399MA9T00019G".to_owned();
    }
    assert!(!bench.check(&Form::NewPremises(mistyped.clone())).is_empty());
    let (_, content) = bench.make(&Form::NewPremises(mistyped));
    let uscc = content.edits[1].ops.iter().find(|op| op.field == "uscc").unwrap();
    assert_eq!(uscc.value, Value::from("92440399MA9T00019G"));
}

#[test]
fn the_same_form_made_twice_is_the_same_submission() {
    let bench = Bench::default();
    let form = Form::NewPremises(NewPremises { name: "n".into(), address: "a".into(), ..NewPremises::default() });
    let make = || form.finish(&bench.seen(), &bench.circumstances()).unwrap_or_else(|_| panic!("complete")).parts;
    assert!(make() == make());
}

#[test]
fn a_finding_lives_through_its_episodes() {
    let mut bench = Bench::default();
    let shop = bench.shop();
    bench.inspect(shop, false, AnswerRow { refused: true, ..row(Answer::Problem) });
    assert_eq!(bench.status(shop, 1), Some(State::new(1, hazard::OPEN)));
    let first = hazard::id(shop, "EXIT-02", 1);
    assert_eq!(bench.documents[&first].value("severity"), Some(Value::Int(3)), "the checklist's");

    // Seen again, worse: the same episode.
    bench.inspect(shop, false, AnswerRow { severity: Some(4), ..row(Answer::Problem) });
    assert_eq!(bench.status(shop, 2), None);
    assert_eq!(bench.documents[&first].value("severity"), Some(Value::Int(4)));

    // A routine visit finds it ok: that is not a verification. A revisit is.
    bench.inspect(shop, false, row(Answer::Ok));
    assert_eq!(bench.status(shop, 1), Some(State::new(1, hazard::SELF_FIXED)));
    bench.inspect(shop, true, row(Answer::Ok));
    assert_eq!(bench.status(shop, 1), Some(State::new(1, hazard::VERIFIED_FIXED)));

    // It comes back, and is put right while the worker is there.
    bench.inspect(shop, false, row(Answer::Problem));
    assert_eq!(bench.status(shop, 2), Some(State::new(2, hazard::OPEN)));
    bench.inspect(shop, true, row(Answer::FixedOnSpot));
    assert_eq!(bench.status(shop, 2), Some(State::new(2, hazard::SELF_FIXED)));
    assert_eq!(bench.status(shop, 1), Some(State::new(1, hazard::VERIFIED_FIXED)));

    // What was not looked at says nothing.
    let (_, content) = bench.inspect(shop, true, row(Answer::NotSeen));
    assert!(content.edits.is_empty());
    let EventBody::Inspection(inspection) = &content.events[0].body else { panic!("an inspection") };
    assert_eq!(inspection.answers[0].answer, Answer::NotSeen);
}

#[test]
fn fixed_on_the_spot_is_never_open() {
    let mut bench = Bench::default();
    let shop = bench.shop();
    bench.inspect(shop, false, row(Answer::FixedOnSpot));
    assert_eq!(bench.status(shop, 1), Some(State::new(1, hazard::SELF_FIXED)));
}

#[test]
fn the_base_names_what_was_seen() {
    let mut bench = Bench::default();
    let shop = bench.shop();
    let (_, content) = bench.inspect(shop, false, row(Answer::Problem));
    assert!(content.edits[0].creates());
    let (_, content) = bench.inspect(shop, false, AnswerRow { severity: Some(1), ..row(Answer::Problem) });
    assert_eq!((content.edits[0].base.version, content.edits[0].base.seen.len()), (0, 1));
    // Having seen 3, a worker's 1 is an opinion.
    let severity = bench.documents[&hazard::id(shop, "EXIT-02", 1)].field("severity").unwrap();
    assert_eq!((severity.shown.value, severity.opinions.len()), (Value::Int(3), 1));
}

#[test]
fn what_is_wrong_is_said_with_its_field() {
    let mut bench = Bench::default();
    let empty = Form::NewPremises(NewPremises::default());
    let messages = empty.check(&bench.seen(), &bench.circumstances());
    let required: Vec<_> = messages.iter().map(|m| (m.code, m.field.as_str())).collect();
    assert_eq!(required, [("required", "name"), ("required", "address")]);
    assert!(messages.iter().all(|m| !m.zh.is_empty() && !m.en.is_empty() && m.level == Level::Error));

    let shop = bench.shop();
    let inspection = |answers| Form::Inspection(InspectionForm { answers, ..InspectionForm::new(shop) });
    assert_eq!(bench.check(&inspection(vec![])), ["required"]);
    assert_eq!(bench.check(&inspection(vec![AnswerRow::new("NO-99", Answer::Ok)])), ["unknown_item"]);
    assert_eq!(bench.check(&inspection(vec![row(Answer::Ok), row(Answer::Ok)])), ["answered_twice"]);
    let severe = AnswerRow { severity: Some(5), ..row(Answer::Problem) };
    assert!(bench.check(&inspection(vec![severe])).contains(&"severity_range"));
    let words = AnswerRow { note: "已责令老板整改".to_owned(), ..row(Answer::Problem) };
    assert_eq!(bench.check(&inspection(vec![words])), ["enforcement_word"]);
    assert_eq!(bench.check(&inspection(vec![AnswerRow::new("GAS-01", Answer::Problem)])), ["imminent_danger"]);
    let long = AnswerRow { note: "长".repeat(2_000), ..row(Answer::Problem) };
    assert!(bench.check(&inspection(vec![long])).contains(&"too_long"));

    let elsewhere = Form::Inspection(InspectionForm {
        answers: vec![row(Answer::Ok)],
        ..InspectionForm::new(EntityId::from_bytes([9; 16]))
    });
    assert_eq!(bench.check(&elsewhere), ["no_such_file"]);
    let server_only = EntityEdit { entity: shop, ops: vec![FieldOp::put("number", Value::from("HGS-1"))] };
    assert_eq!(bench.check(&Form::Edit(server_only)), ["not_allowed"]);
    let wrong_shape = EntityEdit { entity: shop, ops: vec![FieldOp::put("name", Value::Int(3))] };
    assert_eq!(bench.check(&Form::Edit(wrong_shape)), ["not_allowed"]);
}

#[test]
fn a_notice_takes_the_phones_number_and_dates_the_open_findings() {
    let mut bench = Bench::default();
    let shop = bench.shop();
    let (made, _) = bench.inspect(shop, false, row(Answer::Problem));
    let form = NoticeForm {
        premises: shop,
        inspection: made.event.unwrap(),
        items: vec!["EXIT-02".to_owned(), "EXT-01".to_owned()],
        receipt: NoticeReceipt::Signed,
        fix_by: Some(Timestamp::from_millis(1_764_100_000_000)),
        next_visit: None,
        number: String::new(),
        scene: Scene::default(),
        badges: vec!["XJ-0412".to_owned(), "XJ-0427".to_owned()],
        copy_left: Some(true),
    };
    let (_, content) = bench.make(&Form::Notice(form));
    let EventBody::Notice(notice) = &content.events[0].body else { panic!("a notice") };
    assert_eq!(notice.number, "A-0001");
    let due = bench.documents[&hazard::id(shop, "EXIT-02", 1)].value("due_at");
    assert_eq!(due, Some(Value::Int(1_764_100_000_000)));
}

#[test]
fn a_desks_question_is_answered_once() {
    let mut bench = Bench::default();
    let referral = EntityId::from_bytes([7; 16]);
    let asked = EventId::from_bytes([9; 16]);
    let mut document = Document::new(Schema::of_code("referral").unwrap());
    let mut put = |n: u8, version: u32, field: &str| {
        let ops = vec![FieldOp::put_element(field, &asked.to_string(), "x".into())];
        let base = crate::edit::Base { version, seen: Vec::new() };
        let edit = crate::edit::Edit { entity: referral, kind: "referral".into(), base, ops };
        let (device, person) = (DeviceId::from_bytes([8; 16]), PersonId::from_bytes([8; 16]));
        let author = Author { device, person, role: Role::System, number: u64::from(n) };
        let submission = SubmissionId::from_bytes([n; 16]);
        let stamp = Stamp { submission, entity: referral, author, at: Hlc::default(), consent: false };
        document.apply(&edit, &stamp).unwrap();
        document.clone()
    };
    let form = |question, text: &str| {
        Form::Supply(SupplyForm { referral, question, text: text.to_owned(), scene: Scene::default() })
    };
    bench.documents.insert(referral, put(1, 0, "question"));
    bench.confirmed.insert(referral, 1);
    assert_eq!(bench.check(&form(asked, " ")), ["required"]);
    assert_eq!(bench.check(&form(EventId::from_bytes([1; 16]), "在后巷")), ["no_such_question"]);
    let (_, content) = bench.make(&form(asked, "在后巷"));
    let EventBody::Supplied(body) = &content.events[0].body else { panic!("an answer") };
    assert_eq!((body.question, body.text.as_str()), (asked, "在后巷"));
    bench.documents.insert(referral, put(2, 1, "answer"));
    bench.confirmed.insert(referral, 2);
    assert_eq!(bench.check(&form(asked, "在后巷")), ["no_such_question"]);
}

#[test]
fn a_referral_is_confirmed_once_answered_and_withdrawn_at_any_time() {
    let mut bench = Bench::default();
    let referral = EntityId::from_bytes([7; 16]);
    let schema = Schema::of_code("referral").unwrap();
    let system = |round, rank| {
        let mut document = Document::new(schema);
        let ops = vec![FieldOp::put("state", Value::State(State::new(round, rank)))];
        let edit = crate::edit::Edit { entity: referral, kind: "referral".into(), base: Default::default(), ops };
        let author = Author {
            device: DeviceId::from_bytes([8; 16]),
            person: PersonId::from_bytes([8; 16]),
            role: Role::System,
            number: 1,
        };
        let submission = SubmissionId::from_bytes([8; 16]);
        let stamp = Stamp { submission, entity: referral, author, at: Hlc::default(), consent: false };
        document.apply(&edit, &stamp).unwrap();
        document
    };
    let confirm = |satisfied, note: &str| {
        Form::Confirmation(ConfirmationForm { referral, satisfied, note: note.to_owned(), scene: Scene::default() })
    };
    let withdraw =
        Form::Withdrawal(WithdrawalForm { referral, reason: "门口已清".to_owned(), scene: Scene::default() });

    bench.documents.insert(referral, system(1, 4));
    bench.confirmed.insert(referral, 1);
    assert_eq!(bench.check(&confirm(true, "")), ["not_answered"]);
    assert_eq!(bench.check(&withdraw), ["withdraw_too_late"]);
    let (_, content) = bench.make(&withdraw);
    assert_eq!(content.edits[0].base.version, 1);
    assert_eq!(bench.documents[&referral].value("state"), Some(Value::State(State::new(1, 4))), "kept as a note");

    bench.documents.insert(referral, system(1, 6));
    assert_eq!(bench.check(&confirm(false, "")), ["required"]);
    bench.make(&confirm(true, ""));
    assert_eq!(bench.documents[&referral].value("state"), Some(Value::State(State::new(1, 7))));

    // After closing the event alone speaks.
    bench.documents.insert(referral, system(1, 8));
    let (_, content) = bench.make(&confirm(false, "又堵上了"));
    assert!(content.edits.is_empty());
    let EventBody::Confirmation(body) = &content.events[0].body else { panic!("a confirmation") };
    assert_eq!((body.round, body.satisfied), (1, false));
}

#[test]
fn forms_survive_as_drafts() {
    let form = Form::Inspection(InspectionForm {
        answers: vec![AnswerRow { note: "纸箱".to_owned(), ..row(Answer::Problem) }],
        ..InspectionForm::new(EntityId::from_bytes([1; 16]))
    });
    let bytes = minicbor::to_vec(&form).unwrap();
    assert!(minicbor::decode::<Form>(&bytes).unwrap() == form);
}
