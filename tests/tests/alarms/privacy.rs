//! What leaves the house about an elder's emergency: ids, times, and that it is urgent.

use doorstep_tests::rawphone::{edit, event, shop};
use serde_json::Value;
use sync_core::edit::{FieldOp, Value as FieldValue};
use sync_core::entity::Kind;
use sync_core::event::{EventBody, Signal, Visit, VisitKind};
use sync_core::id::EntityId;
use sync_core::log::Verdict;
use sync_core::submission::Part;

use crate::night::Night;

const NAME: &str = "顾秀兰";
const NOTE: &str = "女儿在外地";
const WORDS: &str = "胸口疼得厉害";
const ADDRESS: &str = "花果山3栋502";
const PHONE: &str = "14200000003";
const DONE: &str = "已送南山医院";

/// An elder who is suddenly ill, written down with all there is to say.
fn emergency(night: &mut Night) -> EntityId {
    let (elder, home) = (shop(0xE1), shop(0xD1));
    let ops = vec![
        FieldOp::put("name", NAME.into()),
        FieldOp::put("dwelling", FieldValue::Id(home)),
        FieldOp::put("note_short", NOTE.into()),
        FieldOp::put_element("contacts", "son", FieldValue::Bool(true)),
        FieldOp::put_element("contact_phone", "son", PHONE.into()),
    ];
    let visit = Visit {
        kind: VisitKind::Home,
        observed: Vec::new(),
        signals: vec![Signal::AcuteIllness],
        words: Some(WORDS.to_owned()),
        next_visit: None,
    };
    let parts = vec![
        edit(elder, Kind::Elder, 0, ops),
        edit(home, Kind::Dwelling, 0, vec![FieldOp::put("address", ADDRESS.into())]),
        Part::event(&event("ill", elder, EventBody::Visit(visit))),
    ];
    assert_eq!(night.street.says("worker", parts), Verdict::Merged);
    elder
}

#[test]
fn neither_pagers_nor_the_purchaser_learn_more_than_ids() {
    let mut night = Night::falls();
    let elder = emergency(&mut night);
    let list = night.sees("supervisor", &night.alarms());
    let alarm = list.as_array().unwrap().iter().find(|alarm| alarm["rule"] == "E01").expect("E01 is an alarm");
    assert_eq!((alarm["held"].as_bool(), alarm["level"].as_str()), (Some(false), Some("first")));
    assert_eq!(alarm["subject"], Value::from(elder.to_string()));
    let n = alarm["n"].as_u64().unwrap();
    night.minutes(30);
    assert_eq!(night.told(n), [1, 1, 1]);
    let one = format!("{}/{n}", night.alarms());
    let mut shown =
        vec![night.sees("purchaser", &night.alarms()).to_string(), night.sees("purchaser", &one).to_string()];
    let acknowledge = format!("{one}/acknowledge");
    night.does("supervisor", &acknowledge, &serde_json::json!({"note": DONE}));
    night.tick();
    let all = format!("{}?all=true", night.alarms());
    assert!(night.sees("supervisor", &all).to_string().contains(DONE), "the scan can find things");
    shown.push(night.sees("purchaser", &all).to_string());
    shown.push(night.does("purchaser", &acknowledge, &serde_json::json!({})).to_string());
    let pagers = [&night.first, &night.deputy, &night.purchaser];
    let requests = pagers.iter().flat_map(|pager| pager.receiver.requests());
    let sent: Vec<String> = requests.map(|request| String::from_utf8(request.body).unwrap()).collect();
    assert_eq!(sent.len(), 6, "each told, and told that it is in hand");
    shown.extend(sent.clone());
    for text in &shown {
        assert!(text.contains(&elder.to_string()), "{text}");
        for secret in [NAME, NOTE, WORDS, ADDRESS, PHONE, DONE, "肠粉", "supervisor\"", "生命危险", "Life at risk"]
        {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
    assert!(sent.iter().all(|text| text.contains("与长者有关的紧急情况(E01)") && text.contains("urgent matter")));
}
