//! A worker corrects on one phone what they void on the other, before either phone knows: a person is asked, and until then
//! nothing that the record gave rise to is withdrawn.

use doorstep_mobile::ConflictView;
use doorstep_tests::handset::Handset;
use serde_json::{Value as Json, json};
use sync_core::edit::Value;
use sync_core::event::{Signal, VisitKind};
use sync_core::form::{Form, SettleForm, VisitForm};
use sync_core::id::EntityId;
use sync_core::time::Span;

use super::world::World;

/// A visit at which Gu spoke of not wanting to live, corrected on one phone and voided on the other. `late` says whose word
/// comes in last.
struct Disputed {
    world: World,
    second: Handset,
    gu: EntityId,
}

fn words(gu: EntityId, words: &str) -> Form {
    let signals = vec![Signal::SuicidalWords];
    Form::Visit(VisitForm { signals, words: words.to_owned(), ..VisitForm::new(gu, VisitKind::Home) })
}

fn disputed(void_first: bool) -> Disputed {
    let world = World::new();
    let second = world.second_phone("lin");
    let gu = world.elder("顾", "alone");
    let visit = world.sends(words(gu, "活着没意思")).event.unwrap();
    second.sync();
    world.later(Span::minutes(10));
    world.lin.phone.amend(visit, words(gu, "活着没意思,想老伴")).unwrap();
    second.phone.void(gu, visit, "记错了人").unwrap();
    let (first, last) = if void_first { (&second, &world.lin) } else { (&world.lin, &second) };
    first.sync();
    world.later(Span::minutes(10));
    last.sync();
    world.lin.sync();
    second.sync();
    Disputed { world, second, gu }
}

fn conflicts(phone: &Handset, gu: EntityId) -> Vec<ConflictView> {
    phone.phone.elder(gu).unwrap().conflicts
}

fn told(said: &Json) -> (String, bool, bool) {
    let has = |lang: &str, word: &str| said[lang].as_str().unwrap().contains(word);
    (said["value"].as_str().unwrap().to_owned(), has("zh", "想老伴"), has("zh", "记错了人"))
}

#[test]
fn a_void_beside_a_correction_asks_in_whichever_order_they_come_and_withdraws_nothing_meanwhile() {
    for void_first in [true, false] {
        let Disputed { world, second, gu } = disputed(void_first);
        assert_eq!(world.standing("E04"), ["raised"], "void first: {void_first}");
        let asked = world.sees("conflicts");
        let [asked] = &asked.as_array().unwrap()[..] else { panic!("one question, not {asked}") };
        assert_eq!((&asked["kind"], &asked["file"]), (&json!("event_review"), &json!(gu.to_string())));
        assert_eq!(told(&asked["shown"]), ("corrected".to_owned(), true, false));
        assert_eq!(told(&asked["others"][0]), ("void".to_owned(), false, true));
        assert_eq!(asked["others"][0]["reason"], "记错了人");
        for phone in [&world.lin, &second] {
            let [conflict] = &conflicts(phone, gu)[..] else { panic!("one question on each phone") };
            assert_eq!(conflict.label.zh, "以哪个为准");
            let said: Vec<&str> = conflict.said.iter().map(|said| said.says.zh.as_str()).collect();
            assert!(said[0].starts_with("以更正为准:") && said[0].contains("想老伴"), "{said:?}");
            assert!(said[1].starts_with("作废:") && said[1].contains("记错了人"), "{said:?}");
        }
        world.server.verifies();
    }
}

#[test]
fn whoever_decides_for_the_void_withdraws_what_followed() {
    let Disputed { world, second, gu } = disputed(false);
    let asked = world.sees("conflicts")[0].clone();
    let settle = json!({"entity": asked["entity"], "field": "standing", "value": "void", "seen": asked["seen"]});
    world.does("conflicts/settle", &settle);
    assert_eq!(world.standing("E04"), ["withdrawn"]);
    assert_eq!(world.sees("conflicts"), json!([]));
    for phone in [&world.lin, &second] {
        phone.sync();
        assert_eq!(conflicts(phone, gu), []);
        let visits = phone.phone.elder(gu).unwrap().history.into_iter().filter(|event| event.kind == "visit").count();
        assert_eq!(visits, 0);
    }
    world.server.verifies();
}

#[test]
fn whoever_decides_for_the_correction_on_a_phone_is_not_asked_again_when_it_is_corrected_once_more() {
    let Disputed { world, second, gu } = disputed(true);
    let conflict = conflicts(&second, gu).remove(0);
    let settle = SettleForm {
        entity: conflict.entity,
        field: conflict.field.clone(),
        element: conflict.element.clone(),
        value: Value::from("corrected"),
    };
    let form = Form::Settle(settle);
    let finished = second.finish(form);
    assert!(finished.warnings.is_empty(), "there is something to settle");
    assert_eq!(conflicts(&second, gu), [], "at once, on the phone where it was decided");
    second.sync();
    world.lin.sync();
    assert_eq!(conflicts(&world.lin, gu), []);
    assert_eq!((world.sees("conflicts"), world.standing("E04")), (json!([]), vec!["raised".to_owned()]));
    let visit = world.lin.phone.elder(gu).unwrap().history.into_iter().find(|event| event.kind == "visit").unwrap();
    world.lin.phone.amend(visit.id, words(gu, "想老伴,已联系女儿")).unwrap();
    world.lin.sync();
    assert_eq!((world.sees("conflicts"), world.standing("E04")), (json!([]), vec!["raised".to_owned()]));
    world.server.verifies();
}

#[test]
fn what_nobody_decides_for_48_hours_is_the_stewards_and_ends_when_somebody_does() {
    let Disputed { world, second, gu } = disputed(true);
    world.later(Span::hours(47));
    world.ticks();
    assert_eq!(world.standing("D02"), [] as [&str; 0], "not yet");
    second.sync();
    // Every file is looked at once a day.
    world.later(Span::hours(17));
    let foreseen = second.phone.flags_at_door(gu).unwrap().flags;
    let foreseen: Vec<_> = foreseen.iter().filter(|flag| flag.rule == "D02").collect();
    assert!(!foreseen[0].confirmed, "the phone knows it by its own clock");
    world.ticks();
    assert_eq!(world.standing("D02"), ["raised"]);
    assert_eq!(world.sees("flags?rule=D02")[0]["id"], json!(foreseen[0].flag.to_string()));
    second.sync();
    let told = second.phone.elder(gu).unwrap().flags.into_iter().find(|flag| flag.rule == "D02").unwrap();
    assert!(told.why.zh.contains("有人更正、有人作废,已经64小时"), "{}", told.why.zh);
    world.server.verifies();

    let conflict = conflicts(&second, gu).remove(0);
    let value = Value::from("corrected");
    let settle = SettleForm { entity: conflict.entity, field: conflict.field, element: conflict.element, value };
    second.finish(Form::Settle(settle));
    second.sync();
    assert_eq!(world.standing("D02"), ["ended"]);
    world.later(Span::hours(72));
    world.ticks();
    assert_eq!(world.standing("D02"), ["ended"]);
    world.server.verifies();
}
