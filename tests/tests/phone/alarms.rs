//! What a worker is told before the form is finished, offline: whom to call, and what to say.

use doorstep_mobile::Phone;
use sync_core::edit::{FieldOp, Value};
use sync_core::event::{Answer, Attempt, Means, Signal, VisitKind};
use sync_core::form::{AnswerRow, EntityEdit, Form, InspectionForm, NewElder, NotMetForm, Scene, VisitForm};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Span;

use super::elders::new_elder;
use super::journey::new_shop;
use super::world::World;

/// The alarms of a form that nobody has finished, by id, after looking at their texts.
fn alarms(phone: &Phone, caseload: CaseloadId, form: Form) -> Vec<String> {
    let draft = phone.start(caseload, form).unwrap();
    let alarms = phone.alarms(draft).unwrap();
    phone.discard(draft).unwrap();
    for alarm in &alarms {
        for text in [&alarm.title, &alarm.do_first, &alarm.say, &alarm.afterwards] {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{}", alarm.id);
        }
        assert!(!alarm.numbers.is_empty(), "{}", alarm.id);
    }
    alarms.into_iter().map(|alarm| alarm.id).collect()
}

fn elder(phone: &Phone, caseload: CaseloadId, capacity: &str) -> EntityId {
    let form =
        NewElder { capacity: capacity.to_owned(), ..new_elder(&format!("顾{capacity}"), "key", "花果山3栋502") };
    phone.submit(caseload, Form::NewElder(form)).unwrap().subject
}

/// A visit of which nothing but a sign is written: it could not be finished like this if the sign were not there.
fn noticed(elder: EntityId, signals: &[Signal]) -> Form {
    Form::Visit(VisitForm { signals: signals.to_vec(), ..VisitForm::new(elder, VisitKind::Home) })
}

fn tried(elder: EntityId, means: &[Means]) -> Form {
    let attempt = |means: &Means| Attempt { means: *means, contact: None, reached: false };
    let tried = means.iter().map(attempt).collect();
    Form::NotMet(NotMetForm { elder, tried, note: String::new(), next_try: None, scene: Scene::default() })
}

#[test]
fn danger_in_a_place_shows_at_once() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    let shop = a.phone.submit(caseload, new_shop("王记", "A-1", "92440399MA9T00018G")).unwrap().subject;
    let gu = elder(&a.phone, caseload, "full");
    let smell = || AnswerRow::new("GAS-01", Answer::Problem);
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::AcuteIllness])), Vec::<String>::new(), "no policy yet");
    world.sync(&a.phone);
    let look = |answers| Form::Inspection(InspectionForm { answers, ..InspectionForm::new(shop) });
    let wall = |severity| AnswerRow { severity: Some(severity), ..AnswerRow::new("STR-01", Answer::Problem) };
    assert_eq!(alarms(&a.phone, caseload, look(vec![smell()])), ["gas-smell"]);
    assert_eq!(alarms(&a.phone, caseload, look(vec![wall(4), smell(), wall(4)])), ["immediate-danger", "gas-smell"]);
    assert_eq!(alarms(&a.phone, caseload, look(vec![wall(3)])), Vec::<String>::new());
    assert_eq!(alarms(&a.phone, caseload, look(vec![AnswerRow::new("GAS-01", Answer::Ok)])), Vec::<String>::new());
    // The same in a home, and as a sign.
    let home = Form::Visit(VisitForm { home: vec![wall(4)], ..VisitForm::new(gu, VisitKind::Home) });
    assert_eq!(alarms(&a.phone, caseload, home), ["immediate-danger"]);
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::GasSmell])), ["gas-smell"]);
}

#[test]
fn danger_to_an_elder_shows_at_once_and_abuse_by_what_the_file_says_of_capacity() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    world.sync(&a.phone);
    let gu = elder(&a.phone, caseload, "full");
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::AcuteIllness])), ["life"]);
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::SuicidalAct])), ["suicidal-act"]);
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::SuicidalWords])), ["suicidal-words"]);
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::Neglect])), Vec::<String>::new());

    let abuse = |elder| noticed(elder, &[Signal::SuspectedAbuse]);
    assert_eq!(alarms(&a.phone, caseload, abuse(gu)), Vec::<String>::new(), "the elder's wish counts");
    for capacity in ["limited", "none", "unknown", ""] {
        let elder = elder(&a.phone, caseload, capacity);
        assert_eq!(alarms(&a.phone, caseload, abuse(elder)), ["abuse"], "{capacity}");
    }
    // What this very visit finds out counts, and so does what two people say.
    let change = |value: &str| vec![FieldOp::put("capacity", Value::from(value))];
    let Form::Visit(form) = abuse(gu) else { panic!() };
    let found = Form::Visit(VisitForm { changes: change("limited"), ..form });
    assert_eq!(alarms(&a.phone, caseload, found), ["abuse"]);
    a.phone.submit(caseload, Form::Edit(EntityEdit { entity: gu, ops: change("none") })).unwrap();
    assert_eq!(alarms(&a.phone, caseload, abuse(gu)), ["abuse"], "and what is not sent yet");

    // What was told before is no alarm of the next form; told again, it is.
    a.phone.submit(caseload, noticed(gu, &[Signal::AcuteIllness])).unwrap();
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::Neglect])), Vec::<String>::new());
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::AcuteIllness])), ["life"]);
}

#[test]
fn that_nobody_can_be_reached_shows_when_everything_was_tried_in_this_form_and_those_before() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    world.sync(&a.phone);
    let gu = elder(&a.phone, caseload, "full");
    let none = Vec::<String>::new();
    assert_eq!(alarms(&a.phone, caseload, tried(gu, &[])), none);
    assert_eq!(alarms(&a.phone, caseload, tried(gu, &[Means::Door, Means::Phone])), none);
    assert_eq!(alarms(&a.phone, caseload, tried(gu, &[Means::Door, Means::Phone, Means::Contact])), ["unreachable"]);
    a.phone.submit(caseload, tried(gu, &[Means::Door, Means::Phone])).unwrap();
    world.clock.set("09:00");
    assert_eq!(alarms(&a.phone, caseload, tried(gu, &[Means::Contact])), ["unreachable"], "with what was tried before");
    a.phone.submit(caseload, tried(gu, &[Means::Contact])).unwrap();
    world.clock.set("09:30");
    assert_eq!(alarms(&a.phone, caseload, tried(gu, &[Means::Door])), ["unreachable"], "still nobody");
    let seen = Form::Visit(super::elders::visit(gu));
    assert_eq!(alarms(&a.phone, caseload, seen), none);
}

#[test]
fn a_locked_phone_still_alarms_and_takes_what_it_cannot_read_for_the_worse() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    world.sync(&a.phone);
    let gu = elder(&a.phone, caseload, "full");
    world.sync(&a.phone);
    world.clock.advance(Span::hours(80));
    assert!(a.phone.elder(gu).is_err(), "locked");
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::AcuteIllness])), ["life"]);
    assert_eq!(alarms(&a.phone, caseload, noticed(gu, &[Signal::SuspectedAbuse])), ["abuse"]);
    assert_eq!(alarms(&a.phone, caseload, tried(gu, &[Means::Door, Means::Phone, Means::Contact])), ["unreachable"]);
    assert_eq!(alarms(&a.phone, caseload, tried(gu, &[Means::Door])), Vec::<String>::new());
}
