//! Corrections: in place while nobody else can have seen the form, by an amendment or a void afterwards; and whatever
//! follows from the events follows from what stands.

use doorstep_mobile::{Finished, Phone, PhoneError, Stage};
use sync_core::edit::{FieldOp, Value};
use sync_core::event::{Answer, BreakGlassAct, ConsentState, EventBody, NoticeReceipt, Purpose, RiskKind, Signal};
use sync_core::form::{
    AnswerRow, BreakGlassForm, ConsentEntry, Form, InspectionForm, NotMetForm, NoticeForm, RiskEntry, Scene, VisitForm,
};
use sync_core::id::{EntityId, EventId};
use sync_core::time::Span;

use super::elders::{assessment, fall, granted, new_elder, visit};
use super::journey::{blocked_exit, inspection, shop_with_blocked_exit};
use super::world::{World, at};

fn kinds(phone: &Phone, elder: EntityId) -> Vec<String> {
    phone.elder(elder).unwrap().history.into_iter().map(|event| event.kind).collect()
}

/// The rules that hold; without the doubt about visits that took no time, as all do here.
fn rules(phone: &Phone, file: EntityId) -> Vec<String> {
    let flags = phone.flags_at_door(file).unwrap().flags.into_iter();
    flags.map(|flag| flag.rule).filter(|rule| rule != "D03").collect()
}

fn new_file(world: &World, phone: &Phone) -> EntityId {
    phone.submit(world.caseload(), Form::NewElder(new_elder("顾", "key", "花果山3栋502"))).unwrap().subject
}

#[test]
fn what_was_not_sent_yet_is_written_anew_in_its_place() {
    let world = World::new();
    let a = world.phone(1);
    world.sync(&a.phone);
    world.clock.set("10:05");
    let (shop, seen) = shop_with_blocked_exit(&a.phone, world.caseload());
    let notice = NoticeForm {
        premises: shop,
        inspection: seen.event.unwrap(),
        items: vec!["EXIT-02".to_owned()],
        receipt: NoticeReceipt::Signed,
        fix_by: None,
        next_visit: None,
        number: String::new(),
        scene: Scene::default(),
        badges: vec!["XJ-0412".to_owned(), "XJ-0427".to_owned()],
        copy_left: Some(true),
    };
    let left = a.phone.submit(world.caseload(), Form::Notice(notice.clone())).unwrap();
    assert_eq!(rules(&a.phone, shop), ["F01"]);

    // It was no exit but a battery, she sees on the way out.
    world.clock.set("10:20");
    let battery = AnswerRow::new("EBK-01", Answer::Problem);
    let amended = a.phone.amend(seen.event.unwrap(), inspection(shop, battery)).unwrap();
    assert_eq!(amended, Finished { warnings: Vec::new(), ..seen.clone() }, "the same submission, number and event");
    assert_eq!(rules(&a.phone, shop), Vec::<String>::new());
    let file = a.phone.premises(shop).unwrap();
    assert_eq!(file.open_hazards().map(|hazard| hazard.code.as_str()).collect::<Vec<_>>(), ["EBK-01"]);
    assert_eq!(file.history.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["notice", "inspection"]);
    let inspected = &file.history[1].event;
    assert_eq!((inspected.start, inspected.end, inspected.amends), (at("10:05"), at("10:05"), None));
    assert_eq!(a.phone.pending().unwrap().len(), 3);

    // A notice keeps its number: it is printed.
    let number = |phone: &Phone| {
        let history = phone.premises(shop).unwrap().history;
        let numbers = history.iter().filter_map(|event| match &event.event.body {
            EventBody::Notice(notice) => Some(notice.number.clone()),
            _ => None,
        });
        numbers.collect::<Vec<_>>()
    };
    let refused = NoticeForm { receipt: NoticeReceipt::Refused, ..notice };
    a.phone.amend(left.event.unwrap(), Form::Notice(refused)).unwrap();
    assert_eq!(number(&a.phone), ["A-0001"]);

    // An incomplete correction changes nothing.
    let empty = Form::Inspection(InspectionForm::new(shop));
    assert_eq!(a.phone.amend(seen.event.unwrap(), empty), Err(PhoneError::Incomplete));
    assert_eq!(a.phone.premises(shop).unwrap().open_hazards().count(), 1);

    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert_eq!(a.phone.receipt(seen.submission).unwrap().stage, Stage::Merged);
    let file = a.phone.premises(shop).unwrap();
    assert_eq!((file.history.len(), file.hazards.len(), file.flags.len()), (2, 1, 0), "nobody ever heard of an exit");
}

#[test]
fn what_may_have_left_the_phone_is_amended_by_a_new_submission() {
    let world = World::new();
    let a = world.phone(1);
    world.sync(&a.phone);
    let (shop, seen) = shop_with_blocked_exit(&a.phone, world.caseload());
    // The request went out, and no answer came: the server may have it.
    let _lost = world.step(&a.phone, None, Some(0));
    world.clock.set("09:00");
    let clear = inspection(shop, AnswerRow::new("EXIT-02", Answer::Ok));
    let amended = a.phone.amend(seen.event.unwrap(), clear).unwrap();
    assert_ne!((amended.submission, amended.number), (seen.submission, seen.number));
    assert_eq!(rules(&a.phone, shop), Vec::<String>::new());
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    let file = a.phone.premises(shop).unwrap();
    let inspections: Vec<_> = file.history.iter().filter(|event| event.kind == "inspection").collect();
    assert_eq!((file.open_hazards().count(), inspections.len()), (0, 1));
    assert_eq!(inspections[0].event.amends, seen.event);
    assert_eq!(rules(&a.phone, shop), Vec::<String>::new());
    // Corrected once more: of the correction, and not of what it replaced.
    assert_eq!(a.phone.amend(seen.event.unwrap(), inspection(shop, blocked_exit())), Err(PhoneError::NoSuchEvent));
    a.phone.amend(amended.event.unwrap(), inspection(shop, blocked_exit())).unwrap();
    world.sync(&a.phone);
    assert_eq!(rules(&a.phone, shop), ["F01"]);
    world.assert_equal(&a.phone);
}

#[test]
fn a_correction_starts_from_the_form_as_it_was_written() {
    let world = World::new();
    let a = world.phone(1);
    world.sync(&a.phone);
    let elder = new_file(&world, &a.phone);
    let form = VisitForm {
        words: "腿疼".to_owned(),
        risks: vec![RiskEntry { kind: RiskKind::Fall, occurred_on: at("08:00").day(), note: String::new() }],
        consents: vec![ConsentEntry::spoken(Purpose::Photo, ConsentState::Granted, "邻居")],
        changes: vec![FieldOp::put_element("allergies", "penicillin", Value::Bool(true))],
        ..visit(elder)
    };
    let made = a.phone.submit(world.caseload(), Form::Visit(form.clone())).unwrap();
    let visited = made.event.unwrap();
    let written = |event: EventId| match a.phone.form_of(elder, event).unwrap() {
        Form::Visit(form) => form,
        _ => panic!("a visit"),
    };
    let facts = || {
        let file = a.phone.elder(elder).unwrap();
        let words = file.history.iter().filter_map(|event| match &event.event.body {
            EventBody::Visit(visit) => visit.words.clone(),
            _ => None,
        });
        let allergies = file.fields.iter().filter(|field| field.name == "allergies").count();
        let told = file.history.iter().filter(|event| ["visit", "risk", "consent"].contains(&event.kind.as_str()));
        (words.collect::<Vec<_>>(), file.risks.len(), allergies, told.count())
    };
    assert!(written(visited) == form, "nobody else has seen it: changed fields are part of it");
    let before = facts();

    // One word of it, in its place; nothing else gets lost.
    let said = VisitForm { words: "手疼".to_owned(), ..written(visited) };
    assert_eq!(a.phone.amend(visited, Form::Visit(said)).unwrap().submission, made.submission);
    assert_eq!(facts(), (vec!["手疼".to_owned()], before.1, before.2, before.3));

    // Once others have seen it, changed fields stand, and are not said again.
    world.sync(&a.phone);
    let again = written(visited);
    assert!(again.changes.is_empty() && again.risks == form.risks && again.consents == form.consents);
    let amended = a.phone.amend(visited, Form::Visit(VisitForm { words: "头疼".to_owned(), ..again })).unwrap();
    assert_ne!(amended.submission, made.submission);
    world.sync(&a.phone);
    assert_eq!(facts(), (vec!["头疼".to_owned()], before.1, before.2, before.3));
    assert_eq!(a.phone.form_of(elder, visited).err(), Some(PhoneError::NoSuchEvent), "it was corrected");
    world.assert_equal(&a.phone);
}

#[test]
fn what_later_work_stands_on_is_not_taken_away_beneath_it() {
    let world = World::new();
    let a = world.phone(1);
    world.sync(&a.phone);
    let (shop, seen) = shop_with_blocked_exit(&a.phone, world.caseload());
    // The notice says by when the exit is to be cleared: that is written in the finding's own file.
    let notice = NoticeForm {
        premises: shop,
        inspection: seen.event.unwrap(),
        items: vec!["EXIT-02".to_owned()],
        receipt: NoticeReceipt::Signed,
        fix_by: Some(at("18:00")),
        next_visit: None,
        number: String::new(),
        scene: Scene::default(),
        badges: vec!["XJ-0412".to_owned(), "XJ-0427".to_owned()],
        copy_left: Some(true),
    };
    a.phone.submit(world.caseload(), Form::Notice(notice)).unwrap();
    let battery = inspection(shop, AnswerRow::new("EBK-01", Answer::Problem));
    let amended = a.phone.amend(seen.event.unwrap(), battery).unwrap();
    assert_ne!(amended.submission, seen.submission);
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert!(a.phone.pending().unwrap().is_empty(), "nothing is held");
    let file = a.phone.premises(shop).unwrap();
    assert_eq!(file.open_hazards().map(|hazard| hazard.code.as_str()).collect::<Vec<_>>(), ["EBK-01"]);
    assert_eq!(rules(&a.phone, shop), Vec::<String>::new());
}

#[test]
fn a_form_that_a_colleague_carries_is_not_written_anew() {
    let world = World::new();
    let a = world.phone(1);
    world.sync(&a.phone);
    let gu = new_file(&world, &a.phone);
    let seen = a.phone.submit(world.caseload(), Form::Visit(visit(gu))).unwrap();
    assert!(!a.phone.export_relay().unwrap().is_empty());
    let amended = a.phone.amend(seen.event.unwrap(), Form::Visit(visit(gu))).unwrap();
    assert_ne!(amended.number, seen.number);
}

#[test]
fn correcting_a_visit_corrects_all_that_was_told_on_it() {
    let world = World::new();
    let a = world.phone(1);
    world.sync(&a.phone);
    let gu = new_file(&world, &a.phone);
    world.sync(&a.phone);
    let risk = |day: i64| RiskEntry {
        kind: RiskKind::Fall,
        occurred_on: (at("09:00") - Span::days(day)).day(),
        note: String::new(),
    };
    let told = VisitForm {
        risks: vec![risk(1), risk(5)],
        signals: vec![Signal::AcuteIllness],
        home: vec![AnswerRow { severity: Some(4), ..AnswerRow::new("STR-01", Answer::Problem) }],
        ..visit(gu)
    };
    let seen = a.phone.submit(world.caseload(), Form::Visit(told)).unwrap();
    world.sync(&a.phone);
    assert_eq!(rules(&a.phone, gu), ["E01", "E05"]);
    let home = a.phone.elder(gu).unwrap().home.unwrap();
    assert_eq!((home.open.len(), rules(&a.phone, home.id)), (1, vec!["S4".to_owned()]));

    // One fall, no illness, and the wall is the neighbours'.
    world.clock.set("11:00");
    let right = VisitForm { risks: vec![risk(1)], ..visit(gu) };
    let amended = a.phone.amend(seen.event.unwrap(), Form::Visit(right)).unwrap();
    for _ in 0..2 {
        let file = a.phone.elder(gu).unwrap();
        assert_eq!((file.visits, file.risks.len(), file.last_visit), (1, 1, Some(at("08:30"))));
        assert_eq!(file.home.unwrap().open, []);
        assert_eq!((rules(&a.phone, gu), rules(&a.phone, home.id)), (Vec::new(), Vec::new()));
        assert_eq!(a.phone.today().unwrap().revisits, []);
        world.sync(&a.phone);
        world.assert_equal(&a.phone);
    }
    // One thing told on it, and the visit stands.
    let fell = a.phone.elder(gu).unwrap().risks[0].id;
    a.phone.void(gu, fell, "听错了").unwrap();
    let file = a.phone.elder(gu).unwrap();
    assert_eq!((file.visits, file.risks.len()), (1, 0));
    // All of it.
    a.phone.void_form(gu, amended.event.unwrap(), "不是这位长者").unwrap();
    world.sync(&a.phone);
    let file = a.phone.elder(gu).unwrap();
    assert_eq!((file.visits, file.risks.len(), file.last_visit), (0, 0, None));
    assert_eq!(file.history.iter().filter(|event| event.kind != "void" && event.kind != "flagged").count(), 0);
}

#[test]
fn every_kind_of_event_can_be_voided_by_whoever_wrote_it_and_by_nobody_else() {
    let world = World::new();
    let (a, b) = (world.phone(1), world.phone(2));
    world.sync(&a.phone);
    let gu = new_file(&world, &a.phone);
    world.sync(&a.phone);
    world.sync(&b.phone);
    let not_met = || {
        let tried =
            vec![sync_core::event::Attempt { means: sync_core::event::Means::Door, contact: None, reached: false }];
        Form::NotMet(NotMetForm { elder: gu, tried, note: String::new(), next_try: None, scene: Scene::default() })
    };
    let opened = || {
        Form::BreakGlass(BreakGlassForm {
            elder: gu,
            act: BreakGlassAct::Opened,
            of: None,
            reason: "送医".to_owned(),
            told: "120".to_owned(),
            fields: vec!["allergies".to_owned()],
            scene: Scene::default(),
        })
    };
    let forms: Vec<(&str, Form)> = vec![
        ("visit", Form::Visit(visit(gu))),
        ("not_met", not_met()),
        ("risk", fall(gu, at("08:00"))),
        ("assessment", assessment(gu, ["SZ-PG-0001", "SZ-PG-0002"])),
        ("consent", granted(gu, Purpose::Photo)),
        ("break_glass", opened()),
    ];
    for (kind, form) in forms {
        for before_sending in [true, false] {
            let event: EventId = a.phone.submit(world.caseload(), form.clone()).unwrap().event.unwrap();
            assert!(kinds(&a.phone, gu).contains(&kind.to_owned()), "{kind}");
            if !before_sending {
                world.sync(&a.phone);
                world.sync(&b.phone);
                assert_eq!(b.phone.void(gu, event, "不对"), Err(PhoneError::NotYours), "{kind}");
                assert_eq!(b.phone.amend(event, form.clone()), Err(PhoneError::NotYours), "{kind}");
            }
            assert_eq!(a.phone.void(gu, event, " "), Err(PhoneError::Incomplete), "{kind}: say why");
            a.phone.void(gu, event, "填错了").unwrap();
            assert!(!kinds(&a.phone, gu).contains(&kind.to_owned()), "{kind}");
            world.sync(&a.phone);
            world.sync(&b.phone);
            world.assert_equal(&a.phone);
            assert!(!kinds(&b.phone, gu).contains(&kind.to_owned()), "{kind}");
            assert_eq!(a.phone.void(gu, event, "填错了"), Err(PhoneError::NoSuchEvent), "{kind}: once");
        }
    }
    let file = b.phone.elder(gu).unwrap();
    assert_eq!((file.visits, file.risks.len(), file.level), (0, 0, None));

    // Of a shop.
    let (shop, seen) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    assert_eq!(rules(&a.phone, shop), ["F01"]);
    a.phone.void(shop, seen.event.unwrap(), "走错了门").unwrap();
    assert_eq!(rules(&a.phone, shop), Vec::<String>::new());
    assert_eq!(a.phone.premises(shop).unwrap().hazards, []);
    assert_eq!(a.phone.today().unwrap().revisits, []);
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert_eq!(rules(&a.phone, shop), Vec::<String>::new());
}
