//! Confirmed state and pending work: what is shown, what is asked, what is held.

use doorstep_mobile::store::{Space, Store};
use doorstep_mobile::{Blocked, Phone, Stage, SyncOutcome, Transport};
use sync_core::edit::{FieldOp, Value};
use sync_core::event::{Answer, FlagStanding};
use sync_core::form::{AnswerRow, EntityEdit, Form, SettleForm, VoidForm};
use sync_core::id::EntityId;
use sync_core::log::HoldCode;

use super::journey::{blocked_exit, inspection, new_shop, shop_with_blocked_exit};
use super::world::World;

fn rename(phone: &Phone, world: &World, shop: EntityId, name: &str) {
    let ops = vec![FieldOp::put("name", Value::from(name))];
    phone.submit(world.caseload(), Form::Edit(EntityEdit { entity: shop, ops })).unwrap();
}

fn name(phone: &Phone, shop: EntityId) -> String {
    phone.premises(shop).unwrap().name
}

#[test]
fn own_work_shows_at_once_and_two_versions_are_settled_by_a_person() {
    let world = World::new();
    let (a, b) = (world.phone(1), world.phone(2));
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    world.sync(&b.phone);

    world.clock.set("09:00");
    rename(&a.phone, &world, shop, "王记肠粉王");
    world.clock.set("09:10");
    rename(&b.phone, &world, shop, "王记粥粉");
    assert_eq!((name(&a.phone, shop), name(&b.phone, shop)), ("王记肠粉王".into(), "王记粥粉".into()));
    assert_eq!(a.phone.search("肠粉王", 5).len(), 1);

    world.sync(&a.phone);
    world.sync(&b.phone);
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    world.assert_equal(&b.phone);
    let file = a.phone.premises(shop).unwrap();
    let said: Vec<_> = file.conflicts[0].said.iter().map(|said| said.text.as_str()).collect();
    assert_eq!((file.conflicts.len(), said), (1, vec!["王记粥粉", "王记肠粉王"]));
    assert_ne!(file.conflicts[0].said[0].person, file.conflicts[0].said[1].person);
    assert_eq!(a.phone.search("肠粉王", 5).len(), 1, "the other version is found, too");

    let conflict = &file.conflicts[0];
    let settle = SettleForm {
        entity: conflict.entity,
        field: conflict.field.clone(),
        element: None,
        value: conflict.said[1].value.clone(),
    };
    let finished = a.phone.submit(world.caseload(), Form::Settle(settle)).unwrap();
    assert_eq!(finished.warnings, []);
    assert_eq!(a.phone.premises(shop).unwrap().conflicts, []);
    world.sync(&a.phone);
    world.sync(&b.phone);
    for phone in [&a.phone, &b.phone] {
        world.assert_equal(phone);
        assert_eq!((name(phone, shop), phone.premises(shop).unwrap().conflicts.len()), ("王记肠粉王".into(), 0));
    }
}

#[test]
fn pending_work_stays_on_top_of_what_arrives() {
    let world = World::new();
    let (a, b) = (world.phone(1), world.phone(2));
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    world.sync(&b.phone);
    let worse = AnswerRow { severity: Some(4), ..AnswerRow::new("EXIT-02", Answer::Problem) };
    b.phone.submit(world.caseload(), inspection(shop, worse)).unwrap();
    world.sync(&b.phone);

    // A finishes a form between a request and its answer: B's work arrives under A's pending one.
    let request = a.phone.next_request().unwrap().unwrap();
    rename(&a.phone, &world, shop, "新名字");
    let severity = |phone: &Phone| phone.premises(shop).unwrap().hazards[0].severity;
    assert_eq!((severity(&a.phone), name(&a.phone, shop)), (3, "新名字".into()));
    let Ok(response) = Transport::send(&world.link(None, None), &request) else { panic!() };
    assert_eq!(a.phone.on_response(200, &response.body).unwrap(), SyncOutcome::More);
    world.assert_equal(&a.phone);
    assert_eq!((severity(&a.phone), name(&a.phone, shop)), (4, "新名字".into()));
    assert_eq!(a.phone.pending().unwrap().len(), 1);
    world.sync(&a.phone);
    assert_eq!((severity(&a.phone), name(&a.phone, shop)), (4, "新名字".into()));
    assert_eq!(a.phone.pending().unwrap().len(), 0);
    world.assert_equal(&a.phone);
}

#[test]
fn a_voided_event_counts_for_nothing_at_once_and_later() {
    let world = World::new();
    let a = world.phone(1);
    let (shop, seen) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    let rules = || a.phone.flags_at_door(shop).unwrap().flags.iter().map(|flag| flag.rule.clone()).collect::<Vec<_>>();
    assert_eq!(rules(), ["F01"]);
    let void = VoidForm { subject: shop, event: seen.event.unwrap(), reason: "填错了店".to_owned() };
    a.phone.submit(world.caseload(), Form::Void(void)).unwrap();
    let inspections =
        || a.phone.premises(shop).unwrap().history.iter().filter(|event| event.kind == "inspection").count();
    assert_eq!((inspections(), rules().len()), (0, 0));
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert_eq!((inspections(), rules().len()), (0, 0));
    assert_eq!(a.phone.premises(shop).unwrap().flags[0].standing, FlagStanding::Withdrawn);
    assert_eq!(a.phone.receipt(seen.submission).unwrap().stage, Stage::Merged);
}

#[test]
fn who_leaves_a_caseload_keeps_no_file_of_it_and_loses_no_work() {
    let world = World::new();
    let a = world.phone(1);
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    let draft = a.phone.start(world.caseload(), inspection(shop, blocked_exit())).unwrap();
    rename(&a.phone, &world, shop, "新名字");
    world.server().members = (false, 2);
    world.step(&a.phone, Some(300), None);
    assert_eq!(name(&a.phone, shop), "新名字", "the message has not arrived");
    a.phone.retry_now().unwrap();
    world.sync(&a.phone);
    assert!(a.phone.caseloads()[0].left);
    assert_eq!((a.phone.list(world.caseload()).len(), a.phone.search("王记", 9).len()), (0, 0));
    assert!(a.phone.premises(shop).is_err());
    assert_eq!(a.phone.receipts(world.caseload()).unwrap().len(), 4, "what was written is still accounted for");
    assert!(a.phone.drafts().unwrap().is_empty());
    assert!(matches!(a.phone.receipt(draft).unwrap().stage, Stage::Held { code: HoldCode::NoAccess, .. }));
    let left: usize = [Space::Document, Space::Event, Space::Brief]
        .into_iter()
        .map(|space| Store::scan(&a.store, space).unwrap().len())
        .sum();
    assert_eq!(left, 0);

    // An older message changes nothing; entering again brings everything back.
    world.server().members = (true, 1);
    world.sync(&a.phone);
    assert!(a.phone.caseloads()[0].left);
    world.server().members = (true, 3);
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert_eq!(name(&a.phone, shop), "新名字");
    let pending = a.phone.pending().unwrap();
    assert_eq!(pending.iter().map(|pending| pending.receipt.submission).collect::<Vec<_>>(), [draft]);
}

#[test]
fn what_is_too_new_stops_the_download_and_never_the_upload() {
    let world = World::new();
    let (a, b) = (world.phone(1), world.phone(2));
    let (shop, _) = shop_with_blocked_exit(&b.phone, world.caseload());
    world.sync(&b.phone);
    world.server().newer = true;
    let finished = a.phone.submit(world.caseload(), new_shop("李记", "A-9", "")).unwrap();
    assert_eq!(world.step(&a.phone, None, None), SyncOutcome::Blocked(Blocked::Upgrade));
    assert!(a.phone.premises(shop).is_err());
    assert_ne!(a.phone.receipt(finished.submission).unwrap().stage, Stage::Pending);
    assert_eq!(a.phone.search("李记", 9).len(), 1, "shown until its entry has arrived");
    world.server().newer = false;
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
}

#[test]
fn what_is_held_is_told_and_not_shown_as_done() {
    let world = World::new();
    let a = world.phone(1);
    let (shop, _) = shop_with_blocked_exit(&a.phone, world.caseload());
    world.sync(&a.phone);
    world.server().demote_all();
    let ops = vec![FieldOp::put("name", Value::from("改名"))];
    let edit = Form::Edit(EntityEdit { entity: shop, ops });
    let finished = a.phone.submit(world.caseload(), edit).unwrap();
    let behind = a.phone.submit(world.caseload(), new_shop("后一家", "B-2", "")).unwrap();
    assert_eq!(name(&a.phone, shop), "改名");
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert_eq!(name(&a.phone, shop), "王记肠粉", "rebuilt from what is confirmed");
    let Stage::Held { code, why } = a.phone.receipt(finished.submission).unwrap().stage else { panic!() };
    assert_eq!(code, HoldCode::NotPermitted);
    assert!(!why.zh.is_empty() && !why.en.is_empty());
    assert!(matches!(a.phone.receipt(behind.submission).unwrap().stage, Stage::Held { .. }), "and nothing waits");
    assert_eq!(a.phone.pending().unwrap().len(), 2);
    assert_eq!(a.phone.today().unwrap().held.len(), 2);
}
