//! The three ways in which a desk answers have one effect, and what a referral does when it comes back or does not
//! satisfy: ruled on, done again, the purchaser's.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use doorstep_tests::rawphone::{edit, event, shop};
use doorstep_tests::street::Street;
use serde_json::{Value, json};
use sync_core::edit::{FieldOp, State, Value as FieldValue};
use sync_core::entity::Kind;
use sync_core::event::{Confirmation, EventBody};
use sync_core::id::EntityId;
use sync_core::log::Verdict;
use sync_core::refer;
use sync_core::submission::Part;

fn act(street: &Street, slip: EntityId, what: &str) -> String {
    format!("/v1/desks/{}/slips/{slip}/{what}", street.fire)
}

fn seen(street: &Street, who: &str, referral: EntityId) -> Value {
    street.sees(who, &format!("/v1/caseloads/{}/referrals/{referral}", street.hgs))
}

fn paper(number: &str, says: &Value) -> Value {
    let mut body = json!({"document_number": number, "dated": "2026-11-22"});
    body.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
    body
}

fn answered(text: &str) -> Value {
    json!({"act": "reply", "outcome": "corrected_on_site", "public_text": text})
}

#[test]
fn a_paper_has_the_effect_of_an_officers_own_act_and_is_shown_as_one() {
    let mut street = Street::default();
    let acts = [
        (json!({"act": "accept"}), "accepted"),
        (json!({"act": "return", "reason": "不归本部门", "suggested": "URBAN"}), "returned"),
        (json!({"act": "not_accepted", "reason": "重复"}), "not_accepted"),
    ];
    for ((says, state), n) in acts.into_iter().zip(1..) {
        let (referred, slip) = street.dispatched(shop(n));
        let transcribe = act(&street, slip, "transcribe");
        let post = |who: &str, body: &Value| street.server.post(&transcribe, Some(street.token(who)), body);
        assert_eq!(post("officer", &paper("消 2026-7", &says)).problem().1, "role_not_allowed");
        let undated = json!({"document_number": "消 2026-7", "dated": "昨天", "act": "accept"});
        assert_eq!(post("transcriber", &undated).problem().1, "not_a_day");
        let unnumbered = paper(" ", &says);
        assert_eq!(post("transcriber", &unnumbered).problem().1, "text_missing");
        assert_eq!(post("transcriber", &paper("消 2026-7", &says)).ok(), json!({"kept_as_note": false}));
        let referral = seen(&street, "worker", referred.referral);
        assert_eq!(referral["referral"]["state"]["code"], state);
        assert_eq!(referral["referral"]["values"]["paper"]["1"], "消 2026-7 (2026-11-22)");
        let last = referral["history"].as_array().unwrap().last().unwrap();
        assert_eq!(last["paper"]["document_number"], "消 2026-7");
        let transcriber = street.server.wait(street.server.admin().person("transcriber")).unwrap().id;
        assert_eq!(last["paper"]["by"], transcriber.to_string());
        let kept = street.sees("officer", act(&street, slip, "").trim_end_matches('/'));
        assert_eq!(kept["values"]["transcribed_by"]["1"], transcriber.to_string());
        assert_eq!(kept["state"]["code"], state);
    }
    street.server.verifies();
}

#[test]
fn of_an_answer_at_the_console_and_one_on_paper_the_first_counts_and_the_other_is_a_note() {
    let mut street = Street::default();
    for (first, n) in [("paper", 1), ("console", 2)] {
        let (referred, slip) = street.dispatched(shop(n));
        street.does("officer", &act(&street, slip, "accept"), &json!({}));
        let on_paper = || {
            let body = paper("消 2026-9", &answered("纸上说已清除"));
            street.server.post(&act(&street, slip, "transcribe"), Some(street.token("transcriber")), &body)
        };
        let at_console = || {
            let body = json!({"outcome": "ordered_at_once", "public_text": "经办说已清除"});
            street.server.post(&act(&street, slip, "reply"), Some(street.token("officer")), &body)
        };
        let (counts, text) = match first {
            "paper" => {
                assert_eq!(on_paper().ok(), json!({"kept_as_note": false}));
                assert_eq!(at_console().ok(), json!({}));
                ("corrected_on_site", "纸上说已清除")
            }
            _ => {
                assert_eq!(at_console().ok(), json!({}));
                assert_eq!(on_paper().ok(), json!({"kept_as_note": true}));
                ("ordered_at_once", "经办说已清除")
            }
        };
        assert_eq!(on_paper().problem().1, "wrong_state", "the same paper once");
        let referral = seen(&street, "worker", referred.referral);
        assert_eq!(referral["referral"]["state"], json!({"round": 1, "rank": 6, "code": "replied"}));
        assert_eq!(referral["referral"]["values"]["outcome"]["1"], counts, "{first} first");
        assert_eq!(referral["referral"]["values"]["public_text"]["1"], text);
        let history = referral["history"].to_string();
        assert!(history.contains("纸上说已清除") && history.contains("经办说已清除"), "both are kept: {history}");
        // Twice by the same way is no second way.
        if first == "console" {
            assert_eq!(at_console().problem().1, "wrong_state");
        }
    }
    street.server.verifies();
}

#[test]
fn officers_are_their_department_to_the_organisation() {
    let mut street = Street::default();
    let (referred, slip) = street.answered(shop(1));
    let officer = street.server.wait(street.server.admin().person("officer")).unwrap().id.to_string();
    for who in ["worker", "supervisor", "steward", "dispatcher", "purchaser"] {
        let referral = seen(&street, who, referred.referral);
        let list = street.sees(who, &format!("/v1/caseloads/{}/referrals", street.hgs));
        for seen in [&referral, &list] {
            assert!(!seen.to_string().contains(&officer), "{who}: {seen}");
        }
        let replied = referral["history"].as_array().unwrap().iter().find(|step| step["kind"] == "reply").unwrap();
        assert_eq!((&replied["role"], &replied["dept"]), (&json!("officer"), &json!("FIRE")));
    }
    let referral = seen(&street, "supervisor", referred.referral);
    let claims = referral["referral"]["fields"].to_string();
    assert!(claims.contains(r#""dept":"FIRE""#), "{claims}");
    let file = street.sees("worker", &format!("/v1/caseloads/{}/premises/{}", street.hgs, referred.shop));
    assert!(!file.to_string().contains(&officer));
    let log = street.syncs("worker").log();
    assert!(log.iter().filter_map(|entry| entry.folds()).all(|logged| logged.author.person.to_string() != officer));
    // The desk knows its own.
    let kept = street.sees("officer", act(&street, slip, "").trim_end_matches('/'));
    assert!(kept.to_string().contains(&officer));
}

#[test]
fn the_second_return_is_ruled_on() {
    let mut street = Street::default();
    let (referred, slip) = street.dispatched(shop(1));
    let alarms =
        |street: &Street| street.sees("dispatcher", &format!("/v1/caseloads/{}/alarms", street.hgs)).to_string();
    street.does("officer", &act(&street, slip, "return"), &json!({"reason": "不归消防"}));
    assert!(!alarms(&street).contains("裁定"));
    let dispatch = format!("/v1/caseloads/{}/referrals/{}/dispatch", street.hgs, referred.referral);
    street.does("dispatcher", &dispatch, &json!({"dept": "URBAN"}));
    let slips = street.sees("other-officer", &format!("/v1/desks/{}/slips", street.urban));
    let back = format!("/v1/desks/{}/slips/{}/return", street.urban, slips[0]["id"].as_str().unwrap());
    street.does("other-officer", &back, &json!({"reason": "不归城管"}));
    assert!(alarms(&street).contains("裁定"), "{}", alarms(&street));
    let referral = seen(&street, "dispatcher", referred.referral);
    assert!(referral["referral"]["values"]["arbitrate_by"]["2"].is_number());
    // The ruling is the next dispatch.
    street.does("dispatcher", &dispatch, &json!({"dept": "FIRE"}));
    assert_eq!(seen(&street, "worker", referred.referral)["referral"]["state"]["round"], 3);
    street.server.verifies();
}

/// The worker says that it is not so, of the round that was answered.
fn not_satisfied(street: &mut Street, referral: EntityId, round: u16, state: bool) {
    let version = seen(street, "worker", referral)["referral"]["version"].as_u64().unwrap();
    let said = Confirmation { round, satisfied: false, note: Some("又堵上了".to_owned()), answer: None };
    let mut parts = vec![Part::event(&event(&format!("not {round}"), referral, EventBody::Confirmation(said)))];
    if state {
        let to = FieldOp::put("state", FieldValue::State(State::new(round, refer::CONFIRMED)));
        parts.push(edit(referral, Kind::Referral, u32::try_from(version).unwrap(), vec![to]));
    }
    assert_eq!(street.says("worker", parts), Verdict::Merged);
}

#[test]
fn what_does_not_satisfy_is_done_again_however_late_and_then_is_the_purchasers() {
    let mut street = Street::default();
    let referral = street.closed(shop(1)).referral;
    not_satisfied(&mut street, referral, 1, false);
    let again = seen(&street, "dispatcher", referral);
    assert_eq!(again["referral"]["state"], json!({"round": 2, "rank": 1, "code": "submitted"}), "after it was closed");
    assert!(again["referral"]["values"].get("with_purchaser").is_none());

    let path = format!("/v1/caseloads/{}/referrals/{referral}/dispatch", street.hgs);
    street.does("dispatcher", &path, &json!({"dept": "FIRE"}));
    let slips = street.sees("officer", &format!("/v1/desks/{}/slips?state=dispatched", street.fire));
    let slip: EntityId = slips[0]["id"].as_str().unwrap().parse().unwrap();
    street.does("officer", &act(&street, slip, "accept"), &json!({}));
    let answer = json!({"outcome": "ordered_at_once", "public_text": "再次清除"});
    street.does("officer", &act(&street, slip, "reply"), &answer);
    not_satisfied(&mut street, referral, 2, true);
    let purchaser = seen(&street, "purchaser", referral);
    assert_eq!(purchaser["referral"]["values"]["with_purchaser"], true);
    // Both at once, and nobody else; the purchaser by ids only.
    let path = format!("/v1/caseloads/{}/alarms", street.hgs);
    let (dispatcher, purchaser) = (street.sees("dispatcher", &path), street.sees("purchaser", &path));
    let person = |login: &str| json!(street.server.wait(street.server.admin().person(login)).unwrap().id);
    assert!(dispatcher[0]["detail"].as_str().unwrap().contains("购买方"), "{dispatcher}");
    assert_eq!(purchaser.as_array().unwrap().len(), 1, "{purchaser}");
    let alarm = &purchaser[0];
    assert_eq!((&alarm["code"], &alarm["subject"]), (&json!("unsettled"), &json!(referral)));
    assert!(alarm.get("detail").is_none(), "{alarm}");
    let told: Vec<_> = alarm["told"].as_array().unwrap().iter().map(|told| (&told["level"], &told["person"])).collect();
    let wanted = [(json!("first"), person("dispatcher")), (json!("purchaser"), person("purchaser"))];
    assert_eq!(told, wanted.iter().map(|(level, who)| (level, who)).collect::<Vec<_>>());
    assert_eq!(alarm["told"][0]["at"], alarm["told"][1]["at"]);
    street.server.verifies();
}

#[test]
fn a_desk_corrects_its_answer_at_the_console_or_on_paper_until_the_referral_is_closed() {
    let mut street = Street::default();
    let correction =
        |text: &str| json!({"outcome": "sealed", "public_text": text, "internal_text": "看错了门牌", "corrects": true});
    let corrects = |street: &Street, slip: EntityId, text: &str| {
        street.server.post(&act(street, slip, "reply"), Some(street.token("officer")), &correction(text))
    };
    let (open, open_slip) = street.dispatched(shop(1));
    assert_eq!(corrects(&street, open_slip, "还没答").problem().1, "nothing_to_correct");
    assert_eq!(seen(&street, "worker", open.referral)["referral"]["state"]["code"], "dispatched");

    let (referred, slip) = street.answered(shop(2));
    assert_eq!(corrects(&street, slip, "更正:已临时封闭").ok(), json!({}));
    let on_paper = json!({"act": "reply", "outcome": "untrue", "public_text": "再更正:不属实", "corrects": true});
    let transcribe = act(&street, slip, "transcribe");
    let body = paper("消 2026-11", &on_paper);
    assert_eq!(
        street.server.post(&transcribe, Some(street.token("transcriber")), &body).ok(),
        json!({"kept_as_note": false})
    );
    let referral = seen(&street, "worker", referred.referral);
    let values = &referral["referral"]["values"];
    assert_eq!(referral["referral"]["state"], json!({"round": 1, "rank": 6, "code": "replied"}));
    assert_eq!((&values["outcome"]["1"], &values["public_text"]["1"]), (&json!("untrue"), &json!("再更正:不属实")));
    assert_eq!(values["paper"]["1"], "消 2026-11 (2026-11-22)");
    assert!(values["corrected_at"]["1"].is_number() || values["corrected_at"]["1"].is_string(), "{values}");
    let replies: Vec<(bool, bool)> = referral["history"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["kind"] == "reply")
        .map(|step| (step["corrects"] == true, step["corrected_since"] == true))
        .collect();
    assert_eq!(replies, [(false, true), (true, true), (true, false)], "all are kept");
    let kept = street.sees("officer", act(&street, slip, "").trim_end_matches('/'));
    assert_eq!(kept["values"]["internal_text"]["1/2"], "看错了门牌");
    assert_eq!(kept["values"]["document_number"]["1/3"], "消 2026-11");

    let closed = street.closed(shop(3));
    let slips = street.sees("officer", &format!("/v1/desks/{}/slips", street.fire));
    let of_closed = |slip: &&Value| slip["values"]["referral"] == closed.referral.to_string();
    let closed_slip =
        slips.as_array().unwrap().iter().find(of_closed).unwrap()["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(corrects(&street, closed_slip, "太晚").problem().1, "nothing_to_correct");

    let confirmed = street.confirmed(shop(4));
    let slips = street.sees("officer", &format!("/v1/desks/{}/slips", street.fire));
    let of_confirmed = |slip: &&Value| slip["values"]["referral"] == confirmed.referral.to_string();
    let slip = slips.as_array().unwrap().iter().find(of_confirmed).unwrap()["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(corrects(&street, slip, "更正:未清除").ok(), json!({}));
    let referral = seen(&street, "worker", confirmed.referral);
    assert_eq!(referral["referral"]["state"]["code"], "confirmed");
    let confirmation = referral["history"].as_array().unwrap().iter().find(|step| step["kind"] == "confirmation");
    assert_eq!(confirmation.unwrap()["corrected_since"], true);
    street.server.verifies();
}
