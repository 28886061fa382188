//! A blocked exit, from an offline phone to the fire department and back to the phone that saw it.

use doorstep_mobile::{Finished, Phone, Stage};
use sync_core::edit::State;
use sync_core::event::{Answer, EventBody, NoticeReceipt};
use sync_core::form::{
    AnswerRow, ConfirmationForm, Form, InspectionForm, NewPremises, NoticeForm, OperatorEntry, Scene, WithdrawalForm,
};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Span;

use super::world::{Act, FIRE, World, at};

pub(crate) fn new_shop(name: &str, unit: &str, uscc: &str) -> Form {
    Form::NewPremises(NewPremises {
        name: name.to_owned(),
        address: "花果山社区1号".to_owned(),
        unit_code: unit.to_owned(),
        kinds: vec!["restaurant".to_owned()],
        operator: Some(OperatorEntry { name: name.to_owned(), uscc: uscc.to_owned(), ..OperatorEntry::default() }),
        ..NewPremises::default()
    })
}

pub(crate) fn inspection(premises: EntityId, row: AnswerRow) -> Form {
    Form::Inspection(InspectionForm { answers: vec![row], ..InspectionForm::new(premises) })
}

pub(crate) fn blocked_exit() -> AnswerRow {
    AnswerRow {
        severity: Some(3),
        refused: true,
        note: "货堆堵住后门".to_owned(),
        ..AnswerRow::new("EXIT-02", Answer::Problem)
    }
}

/// A new shop with a blocked exit.
pub(crate) fn shop_with_blocked_exit(phone: &Phone, caseload: CaseloadId) -> (EntityId, Finished) {
    let shop = phone.submit(caseload, new_shop("王记肠粉", "A-101", "92440399MA9T00018G")).unwrap();
    assert!(shop.warnings.is_empty(), "{:?}", shop.warnings);
    let finished = phone.submit(caseload, inspection(shop.subject, blocked_exit())).unwrap();
    (shop.subject, finished)
}

#[test]
fn the_answer_comes_back_to_the_phone_that_saw_the_exit() {
    let world = World::new();
    let (a, c) = (world.phone(1), world.phone(3));
    let caseload = world.caseload();
    world.sync(&a.phone);
    world.assert_equal(&a.phone);

    // Offline at the shop.
    world.clock.set("10:05");
    let (shop, seen) = shop_with_blocked_exit(&a.phone, caseload);
    let door = a.phone.flags_at_door(shop).unwrap();
    assert_eq!(door.alarms, []);
    let rules: Vec<_> = door.flags.iter().map(|flag| (flag.rule.as_str(), flag.confirmed)).collect();
    assert_eq!(rules, [("F01", false)]);
    assert!(!door.flags[0].why.zh.is_empty());
    let notice = NoticeForm {
        premises: shop,
        inspection: seen.event.unwrap(),
        items: vec!["EXIT-02".to_owned()],
        receipt: NoticeReceipt::Signed,
        fix_by: Some(at("18:00")),
        next_visit: Some(at("16:00")),
        number: String::new(),
        scene: Scene::default(),
        badges: vec!["XJ-0412".to_owned(), "XJ-0427".to_owned()],
        copy_left: Some(true),
    };
    // The sheet is there before the form is finished, and the same once it is.
    let draft = a.phone.start(caseload, Form::Notice(notice)).unwrap();
    let shown = a.phone.draft_sheet(draft).unwrap().unwrap();
    let number = |sheet: &sync_core::sheet::Sheet| sheet.head[0].says.zh.clone();
    assert_eq!((number(&shown).as_str(), shown.items[0].name.zh.as_str()), ("A-0001(临时)", "疏散通道堵塞"));
    let left = a.phone.finish(draft).unwrap().event.unwrap();
    assert!(a.phone.notice_sheet(shop, left).unwrap().unwrap() == shown);
    assert!(a.phone.notice_sheet(shop, seen.event.unwrap()).unwrap().is_none(), "a visit is no notice");
    assert_eq!(a.phone.receipt(seen.submission).unwrap().stage, Stage::Pending);
    assert_eq!(a.phone.pending().unwrap().len(), 3);
    let file = a.phone.premises(shop).unwrap();
    assert!(file.history.iter().all(|event| event.event.programme == "work-safety"));
    assert_eq!((file.name.as_str(), file.pending.len(), file.history.len()), ("王记肠粉", 3, 2));
    assert_eq!(file.open_hazards().map(|hazard| hazard.severity).collect::<Vec<_>>(), [3]);
    let today = a.phone.today().unwrap();
    assert_eq!(today.revisits.iter().map(|visit| visit.file).collect::<Vec<_>>(), [shop]);

    // Online.
    world.clock.set("12:05");
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert_eq!(a.phone.pending().unwrap(), []);
    let stage = a.phone.receipt(seen.submission).unwrap().stage;
    assert_eq!(stage, Stage::Flagged { rules: vec!["F01".to_owned()] });
    let confirmed = a.phone.flags_at_door(shop).unwrap();
    assert_eq!(confirmed.flags[0].flag, door.flags[0].flag, "the phone and the server speak of one flag");
    assert!(confirmed.flags[0].confirmed);

    // A colleague sees it, and that it is news.
    world.sync(&c.phone);
    world.assert_equal(&c.phone);
    let printed = c.phone.notice_sheet(shop, left).unwrap().unwrap();
    assert!(number(&printed).ends_with("-2026-A-0001"), "the server's number: {}", number(&printed));
    assert!(printed.items == shown.items && printed.foot == shown.foot);
    let news = c.phone.changes_since_last_sync();
    assert!(news.changes.iter().any(|change| change.what == "inspection" && change.root == shop));
    assert!(!a.phone.changes_since_last_sync().changes.iter().any(|change| change.what == "inspection"));

    // The departments.
    let referral = a.phone.premises(shop).unwrap().referrals.remove(0);
    assert_eq!((referral.rule.as_str(), referral.state_code.as_str()), ("F01", "submitted"));
    world.act(referral.id, &Act::Dispatch(FIRE));
    world.sync(&a.phone);
    let Stage::Referred { dept, due_at, .. } = a.phone.receipt(seen.submission).unwrap().stage else { panic!() };
    assert_eq!((dept.as_str(), due_at), ("FIRE", Some(at("12:05") + Span::days(1))));
    world.act(referral.id, &Act::Accept);
    world.sync(&a.phone);
    assert!(matches!(a.phone.receipt(seen.submission).unwrap().stage, Stage::Acknowledged { .. }));

    // Offline again, the worker takes it back, while the department answers.
    world.clock.set("14:10");
    let withdraw =
        WithdrawalForm { referral: referral.id, reason: "店主在清理".to_owned(), scene: Scene::default() };
    a.phone.submit(caseload, Form::Withdrawal(withdraw)).unwrap();
    world.clock.set("14:30");
    world.act(referral.id, &Act::Answer("已到场核实,通道已清理"));
    world.clock.set("15:05");
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    let Stage::Answered { public_text, outcome, .. } = a.phone.receipt(seen.submission).unwrap().stage else {
        panic!()
    };
    assert_eq!((public_text.as_str(), outcome.as_str()), ("已到场核实,通道已清理", "ordered_at_once"));
    let file = a.phone.premises(shop).unwrap();
    assert_eq!(file.referrals[0].state, State::new(1, 6), "the withdrawal lost");
    assert!(file.history.iter().any(|event| event.kind == "withdrawal"), "and is kept");
    assert_eq!(a.phone.today().unwrap().to_confirm.len(), 1);

    // Back at the door.
    world.clock.set("16:30");
    let clear = InspectionForm { revisit: true, ..InspectionForm::new(shop) };
    let clear = InspectionForm { answers: vec![AnswerRow::new("EXIT-02", Answer::Ok)], ..clear };
    a.phone.submit(caseload, Form::Inspection(clear)).unwrap();
    let confirm =
        ConfirmationForm { referral: referral.id, satisfied: true, note: String::new(), scene: Scene::default() };
    a.phone.submit(caseload, Form::Confirmation(confirm)).unwrap();
    assert_eq!(a.phone.premises(shop).unwrap().referrals[0].state, State::new(1, 7), "shown before it is confirmed");
    assert_eq!(a.phone.today().unwrap().to_confirm.len(), 0);
    world.sync(&a.phone);
    world.act(referral.id, &Act::Close);
    world.sync(&a.phone);
    world.sync(&c.phone);
    world.assert_equal(&a.phone);
    world.assert_equal(&c.phone);
    let file = c.phone.premises(shop).unwrap();
    assert_eq!(file.referrals[0].state, State::new(1, 8));
    assert_eq!(file.hazards[0].status, "verified_fixed");
    assert_eq!(c.phone.flags_at_door(shop).unwrap().flags, []);
}

#[test]
fn two_phones_never_leave_the_same_number_on_a_door() {
    let world = World::new();
    let (a, c) = (world.phone(1), world.phone(3));
    let printed = |phone: &Phone| {
        let (shop, seen) = shop_with_blocked_exit(phone, world.caseload());
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
        phone.submit(world.caseload(), Form::Notice(notice)).unwrap();
        let history = phone.premises(shop).unwrap().history;
        let EventBody::Notice(notice) = &history.iter().find(|event| event.kind == "notice").unwrap().event.body else {
            panic!()
        };
        notice.number.clone()
    };
    assert_eq!([printed(&a.phone), printed(&c.phone), printed(&a.phone)], ["A-0001", "B-0001", "A-0002"]);
}

#[test]
fn search_looks_at_names_addresses_codes_and_operators_but_not_at_notes() {
    let world = World::new();
    let a = world.phone(1);
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    let found = |text: &str| a.phone.search(text, 10).iter().map(|found| found.id).collect::<Vec<_>>();
    for (text, hit) in
        [("肠粉", true), ("花果山 1号", true), ("a-101", true), ("A－101", true), ("货堆", false), ("", false)]
    {
        assert_eq!(found(text), if hit { vec![shop] } else { vec![] }, "{text}");
    }
    world.sync(&a.phone);
    assert_eq!(found("肠粉"), [shop], "once, when it is confirmed");
}
