//! People at consoles decide on flags, workers explain.

use doorstep_tests::rawphone::shop;
use doorstep_tests::street::Street;
use serde_json::{Value, json};

fn flag(street: &Street, id: &str) -> Value {
    let flags = street.sees("worker", &format!("/v1/caseloads/{}/flags", street.hgs));
    flags.as_array().unwrap().iter().find(|flag| flag["id"] == id).unwrap().clone()
}

#[test]
fn a_flag_is_explained_dismissed_contradicted_and_settled() {
    let mut street = Street::default();
    let id = street.flag(shop(1)).to_string();
    let path = |what: &str| format!("/v1/caseloads/{}/flags/{id}/{what}", street.hgs);
    let decide = |who: &str, decision: &str, seen: u64| {
        street.does(who, &path("decide"), &json!({"decision": decision, "reason": "看过现场", "seen": seen}));
    };
    let empty = json!({"decision": "dismiss", "reason": " "});
    let refused = street.server.post(&path("decide"), Some(street.token("supervisor")), &empty);
    assert_eq!(refused.problem(), (422, "text_missing".to_owned()));

    street.does("worker", &path("explain"), &json!({"text": "补录的"}));
    street.does("worker", &path("explain"), &json!({"text": "当天忘了按结束"}));
    let explained = flag(&street, &id);
    assert_eq!(explained["review"]["explanations"].as_array().unwrap().len(), 2, "nobody's words replace another's");
    let seen = explained["review"]["version"].as_u64().unwrap();

    decide("supervisor", "dismiss", seen);
    let dismissed = flag(&street, &id);
    assert_eq!((&dismissed["standing"], &dismissed["review"]["decision"]), (&json!("dismissed"), &json!("dismiss")));
    assert_eq!(dismissed["review"]["reasons"][0]["text"], "看过现场");
    // The steward looked at the page before that.
    decide("steward", "confirm", seen);
    let contested = flag(&street, &id);
    assert_eq!((&contested["standing"], &contested["review"]["conflict"]), (&json!("raised"), &json!(true)));
    assert_eq!(contested["review"]["reasons"].as_array().unwrap().len(), 2);
    let conflicts = street.sees("steward", &format!("/v1/caseloads/{}/conflicts", street.hgs));
    assert!(conflicts.to_string().contains("flag_review"), "{conflicts}");
    decide("supervisor", "dismiss", contested["review"]["version"].as_u64().unwrap());
    assert_eq!(flag(&street, &id)["standing"], "dismissed");
    let ahead = json!({"decision": "confirm", "reason": "x", "seen": 99});
    let refused = street.server.post(&path("decide"), Some(street.token("supervisor")), &ahead);
    assert_eq!(refused.problem(), (422, "cannot_merge".to_owned()));
    street.server.verifies();
}

#[test]
fn a_word_on_a_shops_flag_gates_nothing_and_the_old_route_says_the_same() {
    let mut street = Street::default();
    let id = street.flag(shop(1)).to_string();
    let referrals = street.sees("dispatcher", &format!("/v1/caseloads/{}/referrals", street.hgs));
    let referral = referrals[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/caseloads/{}/referrals/{referral}", street.hgs);
    let unsaid =
        street.server.post(&format!("{path}/confirm-flag"), Some(street.token("supervisor")), &json!({"right": false}));
    assert_eq!(unsaid.problem(), (422, "text_missing".to_owned()));
    street.does("supervisor", &format!("{path}/confirm-flag"), &json!({"right": false, "reason": "已搬走"}));
    assert_eq!(flag(&street, &id)["standing"], "dismissed");
    street.does("dispatcher", &format!("{path}/dispatch"), &json!({"dept": "FIRE"}));
    street.does("supervisor", &format!("{path}/confirm-flag"), &json!({"right": true}));
    let flag = flag(&street, &id);
    assert_eq!((&flag["standing"], &flag["review"]["decision"]), (&json!("raised"), &json!("confirm")));
    let referral = &street.sees("dispatcher", &format!("/v1/caseloads/{}/referrals", street.hgs))[0];
    assert_eq!(referral["values"]["confirmed_by_supervisor"], true);
    assert_eq!(referral["state"]["code"], "dispatched");
    street.server.verifies();
}
