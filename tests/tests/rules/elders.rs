//! Rules about elders that wait for a supervisor, and for the elder's consent.

use serde_json::json;
use sync_core::assess::ITEMS;
use sync_core::edit::{FieldOp, Value};
use sync_core::event::{ConsentState, Purpose, Signal, VisitKind};
use sync_core::form::{AssessmentForm, ConsentEntry, ConsentForm, EntityEdit, Form, Scene, VisitForm};
use sync_core::id::EntityId;
use sync_core::time::Span;

use super::world::{World, dispatched_to};

fn granted(elder: EntityId, purpose: Purpose) -> Form {
    let receivers = vec!["花果山社康中心".to_owned()];
    let consents = vec![ConsentEntry { receivers, ..ConsentEntry::spoken(purpose, ConsentState::Granted, "邻居") }];
    Form::Consent(ConsentForm { elder, consents, scene: Scene::default() })
}

/// Everything at its most but for these items.
fn screening(elder: EntityId, low: &[(usize, u8)]) -> Form {
    let score = |(at, most): (usize, u8)| low.iter().find(|(item, _)| *item == at).map_or(most, |(_, score)| *score);
    let scores = ITEMS.iter().map(|item| item.most).enumerate().map(|each| Some(score(each))).collect();
    Form::Assessment(AssessmentForm { scores, ..AssessmentForm::new(elder) })
}

/// B3.8, depression, in the order of the items.
const DEPRESSION: usize = 19;

#[test]
fn words_of_not_wanting_to_live_go_to_the_supervisor_and_on_when_both_agree() {
    let world = World::new();
    let gu = world.elder("顾", "alone");
    world.sends(Form::Visit(VisitForm { signals: vec![Signal::SuicidalWords], ..VisitForm::new(gu, VisitKind::Home) }));
    assert_eq!(world.standing("E04"), ["raised"]);
    assert_eq!(world.referrals("E04"), dispatched_to(&["HEALTH"], "draft"), "it waits for both");
    let flag = world.sees("flags?rule=E04")[0]["id"].as_str().unwrap().to_owned();
    world.does(&format!("flags/{flag}/decide"), &json!({"decision": "confirm", "reason": "已通电话"}));
    assert_eq!(world.referrals("E04"), dispatched_to(&["HEALTH"], "draft"), "the elder was not asked");
    world.sends(granted(gu, Purpose::HealthCenterShare));
    assert_eq!(world.referrals("E04"), dispatched_to(&["HEALTH"], "submitted"));
    world.server.verifies();
}

#[test]
fn a_second_assessment_with_low_spirits_is_a_sign_and_one_is_not() {
    let world = World::new();
    let gu = world.elder("顾", "with_spouse");
    assert_eq!(ITEMS[DEPRESSION].most, 1);
    world.sends(screening(gu, &[(DEPRESSION, 0)]));
    assert_eq!(world.standing("E04"), [""; 0]);
    world.later(Span::days(1));
    world.sends(screening(gu, &[(DEPRESSION, 0)]));
    assert_eq!(world.standing("E04"), ["raised"]);
}

#[test]
fn who_lives_alone_and_can_hardly_manage_is_brought_to_civil_affairs_with_consent() {
    let world = World::new();
    let (gu, tan) = (world.elder("顾", "alone"), world.elder("谭", "with_spouse"));
    // Nothing of B1 and B2 by oneself: 47 of 90 points less.
    let low: Vec<(usize, u8)> = (0..12).map(|item| (item, 0)).collect();
    world.sends(screening(tan, &low));
    assert_eq!(world.standing("E06"), [""; 0], "not alone");
    world.sends(screening(gu, &low));
    assert_eq!(world.standing("E06"), ["raised"]);
    assert_eq!(world.referrals("E06"), dispatched_to(&["CIVIL"], "draft"));
    world.sends(granted(gu, Purpose::CivilAffairsShare));
    assert_eq!(world.referrals("E06"), dispatched_to(&["CIVIL"], "draft"), "the supervisor has not looked");
    let flag = world.sees("flags?rule=E06")[0]["id"].as_str().unwrap().to_owned();
    world.does(&format!("flags/{flag}/decide"), &json!({"decision": "confirm", "reason": "家访属实"}));
    assert_eq!(world.referrals("E06"), dispatched_to(&["CIVIL"], "submitted"));
}

#[test]
fn who_is_found_dead_is_visited_no_more_from_that_moment_while_others_still_say_otherwise() {
    let world = World::new();
    let (gu, tan) = (world.elder("顾", "alone"), world.elder("谭", "alone"));
    let second = world.second_phone("lin");
    world.later(Span::days(60));
    world.lin.sync();
    second.sync();
    let called = |phone: &doorstep_tests::handset::Handset| -> Vec<String> {
        let mut names: Vec<String> = phone.phone.today().unwrap().elders.into_iter().map(|visit| visit.name).collect();
        names.sort();
        names
    };
    assert_eq!(called(&world.lin), ["谭", "顾"]);
    let lives = |state: &str| FieldOp::put("life_state", Value::from(state));
    // Somebody who does not know of it writes the old state at the same time.
    second.finish(Form::Edit(EntityEdit { entity: gu, ops: vec![lives("active")] }));
    let found = VisitForm {
        changes: vec![lives("died")],
        words: "邻居开的门".to_owned(),
        ..VisitForm::new(gu, VisitKind::Home)
    };
    world.lin.finish(Form::Visit(found));
    assert_eq!(called(&world.lin), ["谭"], "at once, before anybody has confirmed it");
    world.lin.sync();
    second.sync();
    world.lin.sync();
    assert_eq!((called(&world.lin), called(&second)), (vec!["谭".to_owned()], vec!["谭".to_owned()]));
    let overdue = world.sees("elders?overdue=true").to_string();
    assert!(overdue.contains(&tan.to_string()) && !overdue.contains(&gu.to_string()), "{overdue}");
    // A person confirms or corrects it; the other word brings the visits back.
    let conflict = world.sees("conflicts")[0].clone();
    assert_eq!((&conflict["field"], &conflict["entity"]), (&json!("life_state"), &json!(gu.to_string())));
    let settle = json!({"entity": gu.to_string(), "field": "life_state", "value": "active", "seen": conflict["seen"]});
    world.does("conflicts/settle", &settle);
    world.later(Span::days(60));
    world.lin.sync();
    assert_eq!(called(&world.lin), ["谭", "顾"]);
    world.server.verifies();
}
