//! A department's own system at its desk: it acts as an officer would, for people whom it names, once for each request
//! however often that comes, and does nothing else.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "systems/life.rs"]
mod life;
#[path = "systems/news.rs"]
mod news;

use std::io::Read as _;

use doorstep::db::log;
use doorstep_tests::inprocess::Answer;
use doorstep_tests::rawphone::shop;
use doorstep_tests::street::Street;
use serde_json::{Value, json};
use sync_core::id::{CaseloadId, DeviceId, EntityId};
use sync_core::log::EntryBody;

const ZHAO: &str = "%E8%B5%B5%E5%B7%A5";

/// A system with a credential of this desk: its id and its secret.
fn system(street: &Street, desk: CaseloadId) -> (String, String) {
    let given = street.server.wait(street.server.admin().add_credential(desk, "接警平台", None)).unwrap();
    (given.id.to_string(), given.text.to_string())
}

/// It does something at a desk, for Zhao.
fn does(street: &Street, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [("Doorstep-Acting", ZHAO), ("Idempotency-Key", key)];
    let body = body.to_string();
    street.server.send_with("POST", path, Some(token), &headers, Some(("application/json", body.as_bytes())))
}

fn act(street: &Street, slip: EntityId, what: &str) -> String {
    format!("/v1/desks/{}/slips/{slip}/{what}", street.fire)
}

fn referral(street: &Street, id: EntityId) -> Value {
    street.sees("worker", &format!("/v1/caseloads/{}/referrals/{id}", street.hgs))
}

fn reply() -> Value {
    json!({"outcome": "ordered_at_once", "public_text": "已清除", "document_number": "消 2026-9"})
}

#[test]
fn it_acts_as_an_officer_would_and_its_desk_knows_for_whom() {
    let mut street = Street::default();
    let (credential, token) = system(&street, street.fire);
    let (referred, slip) = street.dispatched(shop(1));
    let listed = street.server.get(&format!("/v1/desks/{}/slips?state=dispatched", street.fire), Some(&token)).ok();
    assert_eq!(listed[0]["id"], slip.to_string());
    for (what, body) in [
        ("accept", json!({})),
        ("checking", json!({})),
        ("ask", json!({"question": "后门在哪一侧?"})),
        ("reply", reply()),
    ] {
        assert_eq!(does(&street, &token, &act(&street, slip, what), what, &body).ok(), json!({}), "{what}");
    }
    let seen = referral(&street, referred.referral);
    assert_eq!(seen["referral"]["state"]["code"], "replied");
    assert_eq!(seen["referral"]["values"]["public_text"]["1"], "已清除");
    let steps: Vec<&str> =
        seen["history"].as_array().unwrap().iter().filter_map(|step| step["dept"].as_str()).collect();
    assert_eq!(steps, ["FIRE"; 4], "the desk speaks");
    for who in ["worker", "supervisor", "steward", "dispatcher", "purchaser"] {
        let seen = street.sees(who, &format!("/v1/caseloads/{}/referrals/{}", street.hgs, referred.referral));
        assert!(!seen.to_string().contains("赵工") && !seen.to_string().contains(&credential), "{who}: {seen}");
    }
    let kept = street.sees("officer", act(&street, slip, "").trim_end_matches('/'));
    let acts = ["1/accepted", "1/checking", "1/asked", "1/replied"];
    for named in acts {
        assert_eq!(kept["values"]["acted_by"][named], "赵工", "{named}: {kept}");
        assert_eq!(kept["values"]["acted_with"][named], credential);
    }
    // In the desk's log the credential is the device, and one name is one person.
    let device: DeviceId = credential.parse().unwrap();
    let authors = street.server.wait(async {
        let mut tx = street.server.db.read().await.unwrap();
        let entries = log::after(&mut tx, &mut street.server.app.flow().keys(), street.fire, 0, 100).await.unwrap();
        let logged = entries.into_iter().filter_map(|entry| match entry.body {
            EntryBody::Submission(logged) if logged.author.device == device => Some(logged.author.person),
            _ => None,
        });
        logged.collect::<Vec<_>>()
    });
    assert_eq!(authors.len(), 4);
    assert!(authors.iter().all(|person| *person == authors[0]));
    street.server.verifies();
}

#[test]
fn a_request_that_comes_again_is_done_once() {
    let mut street = Street::default();
    let (_, token) = system(&street, street.fire);
    let (referred, slip) = street.dispatched(shop(1));
    let _done = does(&street, &token, &act(&street, slip, "accept"), "a", &json!({})).ok();
    // The system acts and is cut off before it hears of it.
    let (path, body) = (act(&street, slip, "reply"), reply().to_string());
    let before = street.server.entries(street.fire);
    let mut cut = street.server.began(
        format!(
            "POST {path} HTTP/1.1\r\nHost: doorstep\r\nAuthorization: Bearer {token}\r\nDoorstep-Acting: {ZHAO}\r\n\
             Idempotency-Key: reply-77\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .as_bytes(),
    );
    // Until it was done: the answer is on its way, and nobody reads it.
    assert_eq!(cut.read(&mut [0; 1]).unwrap(), 1);
    drop(cut);
    let done = (street.server.state(street.hgs), street.server.state(street.fire));
    assert_eq!(done.1.1, before + 1);
    for _ in 0..3 {
        let again = street.server.send_with(
            "POST",
            &path,
            Some(&token),
            &[("Doorstep-Acting", ZHAO), ("Idempotency-Key", "reply-77")],
            Some(("application/json", body.as_bytes())),
        );
        assert_eq!(again.ok(), json!({}));
    }
    assert_eq!((street.server.state(street.hgs), street.server.state(street.fire)), done, "nothing more came of it");
    // Without the key it would be a second answer.
    assert_eq!(does(&street, &token, &path, "reply-78", &reply()).problem(), (409, "wrong_state".to_owned()));
    let other = json!({"outcome": "untrue", "public_text": "现场未见"});
    assert_eq!(does(&street, &token, &path, "reply-77", &other).problem(), (422, "key_reused".to_owned()));
    let elsewhere = act(&street, slip, "checking");
    assert_eq!(does(&street, &token, &elsewhere, "reply-77", &reply()).problem(), (422, "key_reused".to_owned()));
    // What was refused did not use its key up.
    let (_, next) = street.dispatched(shop(2));
    let path = act(&street, next, "checking");
    assert_eq!(does(&street, &token, &path, "early", &json!({})).problem().1, "wrong_state");
    let _done = does(&street, &token, &act(&street, next, "accept"), "b", &json!({})).ok();
    let _done = does(&street, &token, &path, "early", &json!({})).ok();
    // Another system of the same desk has keys of its own.
    let (_, beside) = system(&street, street.fire);
    let _done = does(&street, &beside, &act(&street, next, "reply"), "reply-77", &reply()).ok();
    assert_eq!(referral(&street, referred.referral)["history"].as_array().unwrap().len(), 3);
    street.server.verifies();
}

#[test]
fn requests_that_come_at_once_are_done_once() {
    let mut street = Street::default();
    let (_, token) = system(&street, street.fire);
    let (_, slip) = street.dispatched(shop(1));
    let before = street.server.entries(street.fire);
    let path = act(&street, slip, "accept");
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let one = || scope.spawn(|| does(&street, &token, &path, "same", &json!({})));
        let sent: Vec<_> = (0..6).map(|_| one()).collect();
        sent.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer.status == 200), "all are told the same");
    assert_eq!(street.server.entries(street.fire), before + 1);
    street.server.verifies();
}

#[test]
fn nothing_is_done_for_nobody_or_without_a_key() {
    let mut street = Street::default();
    let (_, token) = system(&street, street.fire);
    let (_, slip) = street.dispatched(shop(1));
    let state = street.server.state(street.fire);
    let send = |headers: &[(&str, &str)]| {
        let body = Some(("application/json", &b"{}"[..]));
        street.server.send_with("POST", &act(&street, slip, "accept"), Some(&token), headers, body).problem()
    };
    let key = ("Idempotency-Key", "k");
    assert_eq!(send(&[key]), (422, "acting_missing".to_owned()));
    assert_eq!(send(&[key, ("Doorstep-Acting", "%E8%B5")]), (422, "acting_missing".to_owned()));
    assert_eq!(send(&[key, ("Doorstep-Acting", &"x".repeat(129))]), (422, "acting_missing".to_owned()));
    assert_eq!(send(&[("Doorstep-Acting", ZHAO)]), (422, "key_missing".to_owned()));
    assert_eq!(send(&[("Doorstep-Acting", ZHAO), ("Idempotency-Key", "")]), (422, "key_missing".to_owned()));
    let long = "k".repeat(256);
    assert_eq!(send(&[("Doorstep-Acting", ZHAO), ("Idempotency-Key", &long)]), (422, "key_missing".to_owned()));
    assert_eq!(street.server.state(street.fire), state);
}

#[test]
fn an_answer_by_the_system_and_one_on_paper_have_one_effect() {
    let mut street = Street::default();
    let (_, token) = system(&street, street.fire);
    for (first, n) in [("paper", 1), ("system", 2)] {
        let (referred, slip) = street.dispatched(shop(n));
        street.does("officer", &act(&street, slip, "accept"), &json!({}));
        let on_paper = || {
            let body = json!({"document_number": "消 2026-9", "dated": "2026-11-22", "act": "reply",
                "outcome": "corrected_on_site", "public_text": "纸上说已清除"});
            street.server.post(&act(&street, slip, "transcribe"), Some(street.token("transcriber")), &body).ok()
        };
        let by_system = || does(&street, &token, &act(&street, slip, "reply"), &format!("r{n}"), &reply()).ok();
        let counts = match first {
            "paper" => {
                assert_eq!(on_paper(), json!({"kept_as_note": false}));
                by_system();
                "corrected_on_site"
            }
            _ => {
                by_system();
                assert_eq!(on_paper(), json!({"kept_as_note": true}));
                "ordered_at_once"
            }
        };
        let seen = referral(&street, referred.referral);
        assert_eq!(seen["referral"]["state"], json!({"round": 1, "rank": 6, "code": "replied"}));
        assert_eq!(seen["referral"]["values"]["outcome"]["1"], counts, "{first} first");
        let history = seen["history"].to_string();
        assert!(history.contains("纸上说已清除") && history.contains("已清除"), "{history}");
    }
    street.server.verifies();
}

#[test]
fn a_slip_about_a_person_is_opened_for_a_named_person_and_only_at_its_desk() {
    let mut street = Street::default();
    let elder = EntityId::from_bytes([0xE7; 16]);
    let (referral, slip) = street.person_slip(elder);
    let ((credential, token), (_, fire)) = (system(&street, street.psb), system(&street, street.fire));
    let path = |what: &str| format!("/v1/desks/{}/slips/{slip}{what}", street.psb);
    let get = |token: &str, path: &str| street.server.get(path, Some(token));
    for unopened in [get(&token, &path("")).ok(), get(&token, &format!("/v1/desks/{}/slips", street.psb)).ok()] {
        assert!(!unopened.to_string().contains("顾阿婆"), "{unopened}");
    }
    let open = path("/open");
    let reason = json!({"reason": "出警前核对住址"});
    assert_eq!(street.server.post(&open, Some(&token), &reason).problem().1, "acting_missing");
    assert_eq!(does(&street, &token, &open, "o", &json!({"reason": " "})).problem().1, "text_missing");
    assert_eq!(does(&street, &fire, &open, "o", &reason).problem().0, 404);
    let opened = does(&street, &token, &open, "o", &reason).ok();
    assert!(opened.to_string().contains("顾阿婆"), "{opened}");
    // The same person within the hour opens nothing new; another person does.
    let entries = street.server.entries(street.psb);
    let _done = does(&street, &token, &open, "o2", &reason).ok();
    assert_eq!(street.server.entries(street.psb), entries);
    let qiu = [("Doorstep-Acting", "Qiu"), ("Idempotency-Key", "o3")];
    let body = reason.to_string();
    let body = Some(("application/json", body.as_bytes()));
    let _done = street.server.send_with("POST", &open, Some(&token), &qiu, body).ok();
    assert_eq!(street.server.entries(street.psb), entries + 1);
    let kept = street.sees("officer", &path("/open").replace("/open", ""));
    assert!(!kept.to_string().contains("顾阿婆"), "an officer opens it himself");
    let _review = street.review(|review| review["values"]["referral"] == referral.to_string());
    // Both read logs have the looks, the elder's with no name of an officer.
    let log = street.sees("steward", &format!("/v1/caseloads/{}/read-log?subject={elder}", street.hgs));
    let looks: Vec<&Value> = log.as_array().unwrap().iter().filter(|look| look["what"] == "person_slip").collect();
    assert_eq!(looks.len(), 3, "{log}");
    assert!(looks.iter().all(|look| look["device"] == credential && look["person_name"].is_null()), "{log}");
    street.server.verifies();
}
