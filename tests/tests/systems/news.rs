//! What a desk's own system is told: a slip has come, was taken back, was returned; once for each, however often it is
//! sent; and what did not arrive is seen and sent again by those who work there.

use doorstep::deliver::deliver_due;
use doorstep_tests::rawphone::{edit, event, shop};
use doorstep_tests::receiver::{Does, Receiver, nowhere};
use doorstep_tests::street::Street;
use serde_json::{Value, json};
use sync_core::edit::{FieldOp, State, Value as FieldValue};
use sync_core::entity::Kind;
use sync_core::event::{EventBody, Withdrawal};
use sync_core::id::{CaseloadId, EntityId, WebhookId};
use sync_core::log::Verdict;
use sync_core::refer;
use sync_core::submission::Part;
use sync_core::time::Span;

use crate::{act, does, reply, system};

fn receiver(street: &Street, place: CaseloadId) -> (Receiver, WebhookId, String) {
    let receiver = Receiver::start();
    let new = street.server.wait(street.server.admin().add_webhook(place, None, &receiver.url(), false)).unwrap();
    (receiver, new.id, new.secret)
}

fn delivers(street: &Street) -> usize {
    street.server.wait(deliver_due(&street.server.app)).unwrap()
}

fn told(receiver: &Receiver) -> Vec<(String, Value)> {
    let one = |body: Value| (body["type"].as_str().unwrap().to_owned(), body["data"]["slip"].clone());
    receiver.requests().iter().map(|request| one(request.json())).collect()
}

/// The worker takes back what a desk has in hand.
fn takes_back(street: &mut Street, referral: EntityId) {
    let path = format!("/v1/caseloads/{}/referrals/{referral}", street.hgs);
    let version = street.sees("worker", &path)["referral"]["version"].as_u64().unwrap();
    let said = Withdrawal { round: 1, reason: "秘密:店主已清走".to_owned() };
    let state = FieldOp::put("state", FieldValue::State(State::new(1, refer::WITHDRAWN)));
    let parts = vec![
        Part::event(&event(&format!("back {referral}"), referral, EventBody::Withdrawal(said))),
        edit(referral, Kind::Referral, u32::try_from(version).unwrap(), vec![state]),
    ];
    assert_eq!(street.says("worker", parts), Verdict::Merged);
}

#[test]
fn a_desk_is_told_what_becomes_of_its_slips() {
    let mut street = Street::default();
    let (ours, _, secret) = receiver(&street, street.fire);
    let (theirs, ..) = receiver(&street, street.urban);
    let (back, first) = street.dispatched(shop(1));
    takes_back(&mut street, back.referral);
    let (_, second) = street.dispatched(shop(2));
    street.does("officer", &act(&street, second, "return"), &json!({"reason": "不归消防"}));
    while delivers(&street) > 0 {}
    let kinds =
        [("slip.dispatched", first), ("slip.withdrawn", first), ("slip.dispatched", second), ("slip.returned", second)];
    let mut wanted: Vec<(String, Value)> = kinds.iter().map(|(kind, slip)| ((*kind).to_owned(), json!(slip))).collect();
    // Of one moment there is no order.
    let mut heard = told(&ours);
    let by_name = |(kind, slip): &(String, Value)| format!("{kind} {slip}");
    wanted.sort_by_key(by_name);
    heard.sort_by_key(by_name);
    assert_eq!(heard, wanted);
    assert!(ours.requests().iter().all(|request| request.is_signed(&secret)));
    let said: String = ours.requests().iter().map(|request| request.json().to_string()).collect();
    assert!(!said.contains("秘密") && !said.contains("不归消防"), "{said}");
    assert!(theirs.requests().is_empty());
    // The desk decides: the referral stays with it, and says that it was taken back.
    let slip = street.sees("officer", act(&street, first, "").trim_end_matches('/'));
    assert_eq!(slip["values"]["called_off"], true);
    assert!(!slip.to_string().contains("秘密"), "{slip}");
    let path = format!("/v1/caseloads/{}/referrals/{}", street.hgs, back.referral);
    let seen = street.sees("worker", &path);
    assert_eq!(seen["referral"]["state"]["code"], "dispatched");
    assert_eq!(seen["referral"]["values"]["called_off"]["1"], true);
    street.does("officer", &act(&street, first, "accept"), &json!({}));
    // Twice is once.
    let entries = street.server.entries(street.fire);
    takes_back_again(&mut street, back.referral);
    assert_eq!(street.server.entries(street.fire), entries);
    street.server.verifies();
}

fn takes_back_again(street: &mut Street, referral: EntityId) {
    let said = Withdrawal { round: 1, reason: "再次".to_owned() };
    let parts = vec![Part::event(&event(&format!("again {referral}"), referral, EventBody::Withdrawal(said)))];
    assert_eq!(street.says("worker", parts), Verdict::Merged);
}

#[test]
fn what_was_answered_before_is_not_taken_back() {
    let mut street = Street::default();
    let (ours, ..) = receiver(&street, street.fire);
    let (referred, slip) = street.answered(shop(1));
    takes_back_again(&mut street, referred.referral);
    while delivers(&street) > 0 {}
    assert_eq!(told(&ours), [("slip.dispatched".to_owned(), json!(slip))]);
    street.server.verifies();
}

/// A department's system as it is: it takes a delivery, acts, is too slow to say so, gets it again, and acts no more.
#[test]
fn a_receiver_that_acts_and_then_times_out_has_one_effect() {
    let mut street = Street::default();
    let (receiver, ..) = receiver(&street, street.fire);
    let (_, token) = system(&street, street.fire);
    receiver.next(&[Does::Hangs, Does::Drops, Does::Answers(500)]);
    let (referred, slip) = street.dispatched(shop(1));
    for attempt in 1..=4 {
        assert_eq!(delivers(&street), 1, "attempt {attempt}");
        let id = receiver.requests().last().unwrap().id().to_owned();
        // It acts each time, with the delivery's id as its key.
        let _done = does(&street, &token, &act(&street, slip, "accept"), &format!("{id}/accept"), &json!({})).ok();
        let _done = does(&street, &token, &act(&street, slip, "reply"), &format!("{id}/reply"), &reply()).ok();
        street.server.clock.advance(Span::minutes(5));
    }
    assert_eq!(delivers(&street), 0);
    assert_eq!((receiver.requests().len(), receiver.effects().len()), (4, 1));
    let path = format!("/v1/desks/{}/slips/{slip}", street.fire);
    let seen = street.server.get(&path, Some(&token)).ok();
    assert_eq!(seen["state"], json!({"round": 1, "rank": 6, "code": "replied"}));
    let steps = street.server.wait(async {
        let mut tx = street.server.db.read().await.unwrap();
        let mut keys = street.server.app.flow().keys();
        let root = doorstep::db::document::root(&mut tx, street.hgs, referred.referral).await.unwrap().unwrap();
        doorstep::db::event::of_file(&mut tx, &mut keys, street.hgs, root).await.unwrap()
    });
    let replies = steps.iter().filter(|recorded| matches!(recorded.event.body, EventBody::Reply(_))).count();
    assert_eq!(replies, 1);
    street.server.verifies();
}

#[test]
fn what_did_not_arrive_is_seen_and_sent_again_under_its_id() {
    let mut street = Street::default();
    let (receiver, webhook, _) = receiver(&street, street.fire);
    let list = format!("/v1/desks/{}/deliveries", street.fire);
    let empty = street.sees("officer", &list);
    assert_eq!((&empty["deliveries"], &empty["addresses"][0]["dead"]), (&json!([]), &json!(0)));
    assert_eq!(empty["addresses"][0]["id"], webhook.to_string());
    // The host alone: an address may hold a secret.
    assert!(!empty.to_string().contains("/hook"), "{empty}");
    receiver.next(&[Does::Answers(503)]);
    street.dispatched(shop(1));
    delivers(&street);
    let pending = street.sees("officer", &format!("{list}?state=pending"))["deliveries"][0].clone();
    assert_eq!((&pending["attempts"], &pending["state"]), (&json!(1), &json!("pending")));
    assert_eq!(pending["problem"]["code"], "status_503");
    assert!(pending["problem"]["zh"].as_str().unwrap().contains("接收方") && pending["next_at"].is_string());
    let replay = |who: &str, id: &Value| {
        let path = format!("{list}/{}/replay", id.as_str().unwrap());
        street.server.post(&path, Some(street.token(who)), &json!({}))
    };
    assert_eq!(replay("officer", &pending["id"]).problem(), (409, "not_dead".to_owned()));
    // The receiver wants no more: dead at once.
    receiver.next(&[Does::Answers(410)]);
    street.server.clock.advance(Span::minutes(2));
    assert_eq!(delivers(&street), 1);
    let dead = street.sees("officer", &list);
    assert_eq!(dead["addresses"][0]["dead"], 1);
    assert_eq!(dead["deliveries"][0]["problem"]["code"], "status_410");
    assert_eq!(dead["deliveries"][0]["id"], pending["id"]);
    assert_eq!(
        street.sees("officer", &format!("{list}?after={}", pending["id"].as_str().unwrap()))["deliveries"],
        json!([])
    );
    assert_eq!(replay("officer", &pending["id"]).ok()["state"], "pending");
    assert_eq!(delivers(&street), 1);
    assert_eq!((receiver.requests().len(), receiver.effects().len()), (3, 1), "one id for good");
    assert_eq!(replay("officer", &pending["id"]).problem(), (409, "not_dead".to_owned()), "it arrived");
    let bad = street.server.get(&format!("{list}?state=lost"), Some(street.token("officer")));
    assert_eq!(bad.problem(), (422, "no_such_state".to_owned()));
}

#[test]
fn what_goes_to_an_address_that_is_gone_is_not_sent_again() {
    let mut street = Street::default();
    let (server, url) = (&street.server, nowhere());
    let webhook = server.wait(server.admin().add_webhook(street.fire, None, &url, false)).unwrap();
    street.dispatched(shop(1));
    assert_eq!(street.server.wait(street.server.admin().remove_webhook(webhook.id)).unwrap(), 1);
    let list = format!("/v1/desks/{}/deliveries", street.fire);
    let dead = street.sees("transcriber", &list);
    assert_eq!((&dead["addresses"], &dead["deliveries"][0]["problem"]["code"]), (&json!([]), &json!("removed")));
    let path = format!("{list}/{}/replay", dead["deliveries"][0]["id"].as_str().unwrap());
    let replayed = street.server.post(&path, Some(street.token("transcriber")), &json!({}));
    assert_eq!(replayed.problem(), (409, "address_gone".to_owned()));
}

#[test]
fn while_a_secret_is_rotated_both_sign() {
    let mut street = Street::default();
    let (receiver, id, first) = receiver(&street, street.fire);
    let second = street.server.wait(street.server.admin().rotate_webhook(id, Span::hours(24))).unwrap().secret;
    street.dispatched(shop(1));
    assert_eq!(delivers(&street), 1);
    let request = receiver.requests().pop().unwrap();
    assert!(request.is_signed(&first) && request.is_signed(&second));
    assert_eq!(request.headers["webhook-signature"].split(' ').count(), 2);
    street.server.clock.advance(Span::hours(24));
    street.server.wait(street.server.admin().try_webhook(id)).unwrap();
    let request = receiver.requests().pop().unwrap();
    assert!(!request.is_signed(&first) && request.is_signed(&second));
    assert_eq!(request.headers["webhook-signature"].split(' ').count(), 1);
}
