//! A form is filled in again from what it wrote, and writes the same again.

use super::*;
use crate::assess::ITEMS;
use crate::event::{
    Assessor, Attempt, BreakGlassAct, CoarsePlace, ConsentState, Event, Means, Outcome, PhotoHash, Purpose, Reply,
    RiskCount, RiskKind, Signal, VisitKind,
};
use crate::time::Day;

impl Bench {
    /// Makes a form, fills it in again from what it wrote, and looks whether that writes the same.
    fn again(&mut self, form: Form) -> Content {
        let (seen, circumstances) = (self.seen(), self.circumstances());
        let (made, content) = self.make(&form);
        let again = Form::written(&content.events, &content.edits).unwrap();
        let remade = again.finish(&seen, &circumstances).unwrap_or_else(|messages| panic!("{messages:?}"));
        assert!(remade.parts == made.parts, "{} is written otherwise", content.events[0].body.kind());
        content
    }
}

fn scene() -> Scene {
    Scene {
        coworkers: vec![PersonId::from_bytes([9; 16])],
        place: Some(CoarsePlace { lat_milli: 22_490, lon_milli: 113_920 }),
        photos: vec![PhotoHash([3; 32])],
        amends: None,
    }
}

fn day() -> Day {
    Timestamp::from_millis(1_764_000_000_000).day()
}

fn later() -> Timestamp {
    Timestamp::from_millis(1_764_300_000_000)
}

#[test]
fn forms_about_shops_come_back_as_they_were_written() {
    let mut bench = Bench::default();
    let premises = bench.shop();
    let problem = AnswerRow {
        severity: Some(3),
        refused: true,
        quantity: Some(2),
        note: "后门堵了".to_owned(),
        photos: vec![PhotoHash([4; 32])],
        ..row(Answer::Problem)
    };
    let answers = vec![problem, AnswerRow::new("EXT-01", Answer::Ok)];
    let form = InspectionForm { premises, answers, met: "王某".to_owned(), revisit: true, scene: scene() };
    let inspection = bench.again(Form::Inspection(form)).events[0].id;
    bench.again(Form::Notice(NoticeForm {
        premises,
        inspection,
        items: vec!["EXIT-02".to_owned()],
        receipt: NoticeReceipt::Refused,
        fix_by: Some(later()),
        next_visit: Some(later()),
        number: String::new(),
        scene: scene(),
        badges: vec!["XJ-0412".to_owned(), "XJ-0427".to_owned()],
        copy_left: Some(true),
    }));
    bench.again(Form::Void(VoidForm { subject: premises, event: inspection, reason: "写错了店".to_owned() }));
}

#[test]
fn a_visit_comes_back_with_all_that_was_told_on_it() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let share = ConsentEntry {
        receivers: vec!["花果山社康".to_owned()],
        ..ConsentEntry::spoken(Purpose::HealthCenterShare, ConsentState::Granted, "社工陈")
    };
    let form = VisitForm {
        elder,
        kind: VisitKind::Home,
        observed: vec![ObservedRow { note: "不想说话".to_owned(), ..ObservedRow::new("mood", Answer::Problem) }],
        signals: vec![Signal::Neglect],
        words: "腿疼".to_owned(),
        next_visit: Some(later()),
        home: vec![AnswerRow::new("GAS-02", Answer::Problem)],
        risks: vec![RiskEntry { kind: RiskKind::Fall, occurred_on: day(), note: "浴室".to_owned() }],
        consents: vec![share, ConsentEntry::spoken(Purpose::Photo, ConsentState::Refused, "")],
        changes: vec![FieldOp::put_element("allergies", "penicillin", Value::Bool(true))],
        scene: scene(),
    };
    let content = bench.again(Form::Visit(form));
    assert_eq!(content.events.len(), 5);

    // Of what others have seen, only the events are said again: changed fields stand.
    let Some(Form::Visit(again)) = Form::written(&content.events, &[]) else { panic!("a visit") };
    assert!(again.changes.is_empty());
    assert_eq!((again.consents.len(), again.home.len(), again.risks.len()), (2, 1, 1));
    // A part of it alone is a form of its own.
    let fall = content.events.iter().find(|event| event.body.kind() == "risk").cloned().unwrap();
    assert!(matches!(Form::written(&[fall], &[]), Some(Form::Risk(risk)) if risk.risk.note == "浴室"));
}

#[test]
fn other_forms_about_elders_come_back_as_they_were_written() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let contact = bench.documents[&elder].members("contacts")[0].clone();
    bench.again(Form::NotMet(NotMetForm {
        elder,
        tried: vec![Attempt { means: Means::Contact, contact: Some(contact), reached: true }],
        note: "灯亮着".to_owned(),
        next_try: Some(later()),
        scene: scene(),
    }));
    bench.again(Form::Assessment(AssessmentForm {
        elder,
        scores: ITEMS.iter().map(|item| Some(item.most)).collect(),
        risks: vec![RiskCount { kind: RiskKind::Fall, count: 1 }],
        coma: false,
        diagnoses: vec!["F00".to_owned()],
        assessors: vec![Assessor { person: PersonId::from_bytes([9; 16]), certificate: Some("N1".to_owned()) }],
        informant: "女儿".to_owned(),
        note: "走路慢".to_owned(),
        scene: scene(),
    }));
    let risk = RiskEntry { kind: RiskKind::Choking, occurred_on: day(), note: "晚饭".to_owned() };
    bench.again(Form::Risk(RiskForm { elder, risk, scene: scene() }));
    let spoken = ConsentEntry::spoken(Purpose::Health, ConsentState::Withdrawn, "女儿");
    bench.again(Form::Consent(ConsentForm {
        elder,
        consents: vec![spoken.clone(), ConsentEntry { purpose: Purpose::Photo, ..spoken }],
        scene: Scene { photos: Vec::new(), ..scene() },
    }));
    bench.again(Form::BreakGlass(BreakGlassForm {
        elder,
        act: BreakGlassAct::Opened,
        of: None,
        reason: "昏倒".to_owned(),
        told: "120".to_owned(),
        fields: vec!["medicines".to_owned()],
        scene: scene(),
    }));
}

#[test]
fn what_no_form_writes_is_no_form() {
    let mut bench = Bench::default();
    let premises = bench.shop();
    let (_, content) = bench.inspect(premises, false, row(Answer::Problem));
    let outcome = Outcome::Untrue;
    let reply =
        Reply {
            round: 1, outcome, public_text: "属实".to_owned(), checked_at: None, recheck_at: None, corrects: None
        };
    let event = Event { body: EventBody::Reply(reply), ..content.events[0].clone() };
    assert!(Form::written(&[event], &[]).is_none());
    assert!(Form::written(&[], &content.edits).is_none());
}
