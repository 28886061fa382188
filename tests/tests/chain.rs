//! Who stood behind a referral at each step, and who may see whom.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use doorstep_tests::rawphone::{RawPhone, new_shop, shop};
use doorstep_tests::street::Street;
use serde_json::Value;
use sync_core::id::EntityId;
use sync_core::log::EntryBody;

fn referral(street: &Street, who: &str, id: EntityId) -> Value {
    street.sees(who, &format!("/v1/caseloads/{}/referrals/{id}", street.hgs))
}

fn slip(street: &Street, id: EntityId) -> Value {
    street.sees("officer", &format!("/v1/desks/{}/slips/{id}", street.fire))
}

fn texts(view: &Value, field: &str) -> Vec<String> {
    let steps = view["chain"].as_array().unwrap();
    steps.iter().map(|step| step[field].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn each_sees_of_the_people_what_they_may_and_of_the_steps_the_same() {
    let mut street = Street::default();
    let (referred, sent) = street.answered(shop(1));
    let worker = street.phone("worker").copied();
    let mei = referral(&street, "supervisor", referred.referral);
    let dids = ["seen", "flagged", "opened", "dispatched", "accepted", "replied"];
    assert_eq!(texts(&mei, "did"), dids);
    assert_eq!(
        texts(&mei, "person_name"),
        ["worker", "", "", "dispatcher", "", ""],
        "a desk speaks, an officer is not named"
    );
    let seq: Vec<u64> = mei["chain"].as_array().unwrap().iter().map(|step| step["seq"].as_u64().unwrap()).collect();
    assert!(seq.is_sorted() && texts(&mei, "zh").iter().all(|words| !words.is_empty()));
    for (who, people) in [("worker", true), ("purchaser", false)] {
        let seen = referral(&street, who, referred.referral);
        for field in ["did", "digest", "link", "submission", "received_at"] {
            assert_eq!(texts(&seen, field), texts(&mei, field), "{who}: {field}");
        }
        assert!(texts(&seen, "person_name").iter().all(String::is_empty), "{who} is told no names");
        assert_eq!(
            texts(&seen, "person").iter().filter(|person| !person.is_empty()).count(),
            if people { 2 } else { 0 }
        );
    }
    // The desk sees that a worker's phone signed it, and no sign of which.
    let at_desk = slip(&street, sent);
    assert_eq!(texts(&at_desk, "did"), [&dids[..4], &["opened", "accepted", "replied"]].concat());
    assert_eq!(texts(&at_desk, "vouched")[0], "device");
    assert_eq!(texts(&at_desk, "digest")[0], texts(&mei, "digest")[0], "which it can name to whoever has the log");
    let counted = |step: &Value| step.get("seq").or(step.get("link")).is_some();
    let counted: Vec<bool> = at_desk["chain"].as_array().unwrap().iter().map(counted).collect();
    assert_eq!(counted, [false, false, false, false, true, true, true], "its own log only");
    assert_eq!(texts(&at_desk, "person_name"), ["", "", "", "", "", "officer", "officer"]);
    let person = street.server.wait(street.server.admin().person("worker")).unwrap().id;
    for (text, of) in [(person.to_string(), "person"), (worker.device.to_string(), "device")] {
        assert!(!at_desk.to_string().contains(&text), "the worker's {of}");
    }
    assert!(referral(&street, "supervisor", referred.referral).to_string().contains(&person.to_string()));
}

#[test]
fn the_digest_is_that_of_what_the_phone_sent_and_a_colleague_who_brought_it_does_not_stand_behind_it() {
    let mut street = Street::default();
    let carried = shop(2);
    let form = street.phone("worker").submission(new_shop(carried));
    let (digest, now) = (form.digest().hex(), street.server.app.clock().now());
    let item = sync_core::wire::Item::Submission { number: form.number, bytes: sync_core::wire::Raw(form.encode()) };
    let carrier = street.phone("supervisor").copied();
    let parcel = street.phone("worker").parcel(vec![item], &carrier, now);
    let hello = street.phone("supervisor").hello();
    let request = street.phone("supervisor").carries(&hello, vec![parcel]);
    let synced = RawPhone::send(&street.server, &hello, &request);
    assert_eq!(synced.problems(), Vec::<String>::new());
    let list = street.sees("dispatcher", &format!("/v1/caseloads/{}/referrals?file={carried}", street.hgs));
    let seen = referral(&street, "supervisor", list[0]["id"].as_str().unwrap().parse().unwrap());
    let first = &seen["chain"][0];
    assert_eq!(
        (&first["did"], &first["vouched"], &first["role"]),
        (&"seen".into(), &"carried".into(), &"worker".into())
    );
    assert_eq!(first["digest"], digest);
    assert_eq!(first["person_name"], "worker");
    // As the log of any member has it.
    let log = street.syncs("supervisor").log();
    let entry = log.iter().find(|entry| entry.seq == first["seq"].as_u64().unwrap());
    let Some(EntryBody::Submission(logged)) = entry.map(|entry| &entry.body) else { panic!("no such entry") };
    assert_eq!(logged.digest.hex(), digest);
}

#[test]
fn of_a_slip_about_a_person_nothing_is_told_that_came_before_the_flag() {
    let mut street = Street::default();
    let (of, sent) = street.person_slip(EntityId::from_bytes([0xE7; 16]));
    assert_eq!(texts(&referral(&street, "supervisor", of), "did")[0], "seen");
    let at_desk = street.sees("officer", &format!("/v1/desks/{}/slips/{sent}", street.psb));
    let dids = texts(&at_desk, "did");
    assert!(!dids.contains(&"seen".to_owned()) && dids.contains(&"dispatched".to_owned()), "{dids:?}");
}

#[test]
fn a_desk_sees_the_steps_of_its_own_round() {
    let mut street = Street::default();
    let (referred, sent) = street.dispatched(shop(3));
    let back = format!("/v1/desks/{}/slips/{sent}/return", street.fire);
    street.does("officer", &back, &serde_json::json!({"reason": "不归本部门", "suggested": "URBAN"}));
    let dispatch = format!("/v1/caseloads/{}/referrals/{}/dispatch", street.hgs, referred.referral);
    street.does("dispatcher", &dispatch, &serde_json::json!({"dept": "URBAN"}));
    let all = texts(&referral(&street, "supervisor", referred.referral), "did");
    assert_eq!(all, ["seen", "flagged", "opened", "dispatched", "returned", "dispatched"]);
    let slips = street.sees("other-officer", &format!("/v1/desks/{}/slips", street.urban));
    let next = slips[0]["id"].as_str().unwrap();
    let theirs = street.sees("other-officer", &format!("/v1/desks/{}/slips/{next}", street.urban));
    assert_eq!(texts(&theirs, "did"), ["seen", "flagged", "opened", "dispatched", "opened"]);
    assert_eq!(texts(&slip(&street, sent), "did"), ["seen", "flagged", "opened", "dispatched", "opened", "returned"]);
}
