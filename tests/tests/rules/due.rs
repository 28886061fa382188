//! By when a person acts on a flag: kept with it from when it was raised, whatever the policy says later.

use serde_json::{Value, json};
use sync_core::event::{Signal, VisitKind};
use sync_core::form::{Form, VisitForm};
use sync_core::time::Span;

use super::world::World;

fn rules(flags: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    flags.as_array().unwrap().iter().map(|flag| (text(&flag["rule"]), text(&flag["due_at"]))).collect()
}

#[test]
fn a_flag_for_a_person_has_its_time_and_the_list_begins_with_the_most_urgent() {
    let world = World::new();
    let (gu, tan) = (world.elder("顾", "alone"), world.elder("谭", "alone"));
    let noticed =
        |elder, signal| Form::Visit(VisitForm { signals: vec![signal], ..VisitForm::new(elder, VisitKind::Phone) });
    // It is Monday, 08:30.
    world.sends(noticed(tan, Signal::CarerCollapse));
    world.later(Span::minutes(30));
    world.sends(noticed(gu, Signal::SuicidalWords));
    let due = |rule: &str, at: &str| (rule.to_owned(), format!("2026-11-{at}+08:00"));
    let expected = [due("E04", "23T11:00:00"), due("E09", "24T08:30:00")];
    assert_eq!(rules(&world.sees("flags?due=all")), expected);
    assert_eq!(rules(&world.sees("flags?due=over")), []);
    // On the phone that is in the file, too.
    world.lin.sync();
    let flags = world.lin.phone.elder(gu).unwrap().flags;
    assert_eq!(flags[0].due_at.unwrap().to_string(), "2026-11-23 11:00");
    // New evidence gives nobody more time.
    world.later(Span::minutes(90));
    world.sends(noticed(gu, Signal::SuicidalWords));
    assert_eq!(rules(&world.sees("flags?due=all")), expected);
    world.later(Span::hours(1));
    assert_eq!(rules(&world.sees("flags?due=over")), expected[..1]);
    // Who decides has acted.
    let flag = world.sees("flags?due=over")[0]["id"].as_str().unwrap().to_owned();
    let seen = world.sees("flags?due=over")[0]["review"]["version"].clone();
    world.does(&format!("flags/{flag}/decide"), &json!({"decision": "confirm", "reason": "已上门", "seen": seen}));
    assert_eq!(rules(&world.sees("flags?due=over")), []);
    assert_eq!(rules(&world.sees("flags?due=all")), expected[1..]);
    assert_eq!(world.standing("E04"), ["raised"]);
    world.server.verifies();
}

#[test]
fn what_goes_to_a_department_has_the_departments_clock_and_no_other() {
    let world = World::new();
    let shop = world.shop("书店", "shop");
    world.finds(shop, super::world::problem("STR-01"), false);
    assert_eq!(world.standing("F11"), ["raised"]);
    assert_eq!(rules(&world.sees("flags?due=all")), []);
}
