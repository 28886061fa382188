//! The referral's journey through the API: from a flag to a desk and back, and what each role may not see on the way.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sync_core::admit::Standing;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, PersonId, SubmissionId};
use sync_core::submission::Submission;
use sync_core::time::{Hlc, Span};

use crate::flow::bench::{item, new_shop, shop};
use crate::flow::intake::From;
use crate::hex::Hex;
use crate::testing::{Answer, MORNING, Server};

struct Street {
    server: Server,
    caseload: CaseloadId,
    fire: CaseloadId,
    lin: PersonId,
    dispatcher: String,
    officer: String,
}

impl Street {
    async fn new() -> Self {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let fire = server.admin().add_desk("FIRE", "消防窗口").await.unwrap();
        let lin = server.person("lin", Role::Worker).await;
        server.admin().assign(caseload, lin, None).await.unwrap();
        let dispatcher = server.member("he", Role::Dispatcher, caseload).await;
        let officer = server.member("zhao", Role::Officer, fire).await;
        Self { server, caseload, fire, lin, dispatcher, officer }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/caseloads/{}/{rest}", self.caseload)
    }

    fn desk(&self, rest: &str) -> String {
        format!("/v1/desks/{}/{rest}", self.fire)
    }

    /// What the `n`th of Lin's phones uploads first: a shop with a blocked exit.
    async fn blocked_exit(&self, n: u8, root: u8, standing: Standing) {
        self.uploads(n, new_shop(shop(root), MORNING, "EXIT-02", 3), standing).await;
    }

    async fn uploads(&self, n: u8, parts: Vec<sync_core::submission::Part>, standing: Standing) {
        let id = SubmissionId::derived("test", &[&[n]]);
        let at = Hlc { wall: MORNING, counter: 0 };
        let submission = Submission { id, caseload: self.caseload, number: 1, at, parts };
        let from = From { device: DeviceId::from_bytes([n; 16]), person: self.lin, standing, carrier: None };
        let app = &self.server.app;
        let mut tx = app.db().write().await.unwrap();
        let items = [item(&submission)];
        app.flow().take_in(&mut tx, self.caseload, from, MORNING, &items).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn referral(&self) -> String {
        let list = self.server.get(&self.path("referrals"), Some(&self.dispatcher)).await.ok();
        assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
        list[0]["id"].as_str().unwrap().to_owned()
    }

    /// What each entry of a log says of itself: its number, digest and link.
    async fn entries(&self, log: CaseloadId) -> BTreeSet<(u64, String, String)> {
        let mut tx = self.server.app.db().read().await.unwrap();
        let stored = crate::db::log::stored_after(&mut tx, log, 0, 1_000).await.unwrap();
        let says = |stored: &crate::db::log::Stored| {
            let logged = crate::db::log::logged(&stored.entry)?;
            Some((stored.entry.seq, logged.digest.hex(), Hex(stored.chain).to_string()))
        };
        stored.iter().filter_map(says).collect()
    }

    /// The steps of a view, as code, role, proof and name; each is the entry of the log that it says.
    async fn steps(&self, view: &Value) -> Vec<(String, String, String, Option<String>)> {
        let logs = [("organisation", self.entries(self.caseload).await), ("desk", self.entries(self.fire).await)];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut steps = Vec::new();
        for step in view["chain"].as_array().unwrap() {
            let (_, entries) = logs.iter().find(|(log, _)| step["log"] == *log).unwrap();
            let entry = (step["seq"].as_u64(), text(&step["digest"]), text(&step["link"]));
            let is = |(seq, digest, link): &(u64, String, String)| match entry.0 {
                Some(_) => entry == (Some(*seq), digest.clone(), link.clone()),
                // Of another's log at most what a phone signed is named.
                None => entry.1.is_empty() || entry.1 == *digest,
            };
            assert!(entries.iter().any(is), "{step}");
            let name = step["person_name"].as_str().map(str::to_owned);
            steps.push((text(&step["did"]), text(&step["role"]), text(&step["vouched"]), name));
        }
        steps
    }

    async fn dispatch(&self, referral: &str) -> Answer {
        let path = self.path(&format!("referrals/{referral}/dispatch"));
        self.server.post(&path, Some(&self.dispatcher), json!({"dept": "FIRE"})).await
    }
}

fn worker() -> Standing {
    Standing { role: Role::Worker, member: true, revoked: false, clock_offset_ms: 0 }
}

#[tokio::test]
async fn a_referral_goes_to_a_desk_and_its_answer_comes_back() {
    let street = Street::new().await;
    street.blocked_exit(1, 1, worker()).await;
    let flags = street.server.get(&street.path("flags?rule=F01"), Some(&street.dispatcher)).await.ok();
    assert_eq!(flags[0]["standing"], "raised");
    let referral = street.referral().await;
    street.dispatch(&referral).await.ok();
    let twice = street.dispatch(&referral).await;
    assert_eq!((twice.status, twice.code()), (409, "wrong_state"));

    let slips = street.server.get(&street.desk("slips?state=dispatched"), Some(&street.officer)).await.ok();
    let slip = slips[0]["id"].as_str().unwrap();
    assert!(slips[0]["values"]["premises_name"].is_string());
    let act = |what: &str| street.desk(&format!("slips/{slip}/{what}"));
    let early = json!({"outcome": "ordered_at_once", "public_text": "已清除"});
    let early = street.server.post(&act("reply"), Some(&street.officer), early).await;
    assert_eq!(early.code(), "wrong_state", "not accepted yet");
    street.server.post(&act("accept"), Some(&street.officer), json!({})).await.ok();
    let empty = json!({"outcome": "ordered_at_once", "public_text": " "});
    assert_eq!(street.server.post(&act("reply"), Some(&street.officer), empty).await.code(), "text_missing");
    let reply = json!({
        "outcome": "ordered_at_once", "public_text": "已责令立即清除", "internal_text": "只给窗口看",
        "document_number": "消 2026-1", "checked_at": "2026-11-23T14:30:00+08:00",
    });
    street.server.post(&act("reply"), Some(&street.officer), reply).await.ok();

    let seen = street.server.get(&street.path(&format!("referrals/{referral}")), Some(&street.dispatcher)).await.ok();
    assert_eq!(seen["referral"]["state"], json!({"round": 1, "rank": 6, "code": "replied"}));
    let kinds: Vec<&Value> = seen["history"].as_array().unwrap().iter().map(|step| &step["kind"]).collect();
    assert_eq!(kinds, ["step", "step", "reply"]);
    assert_eq!(seen["history"][2]["text"], "已责令立即清除");
    assert!(seen["history"][2].get("person").is_none(), "officers are not named to the organisation");
    assert!(!seen.to_string().contains("只给窗口看"));
    let step = |did: &str, role: &str, vouched: &str, name: Option<&str>| {
        (did.to_owned(), role.to_owned(), vouched.to_owned(), name.map(str::to_owned))
    };
    let (seen_by, by_flow) = (|name| step("seen", "worker", "device", name), ["flagged", "opened"]);
    let [flagged, opened] = by_flow.map(|did| step(did, "system", "flow", None));
    let sent_by = |name| step("dispatched", "dispatcher", "signed_in", name);
    let by_desk = |did| step(did, "officer", "desk", None);
    assert_eq!(
        street.steps(&seen).await,
        [
            seen_by(Some("lin")),
            flagged.clone(),
            opened.clone(),
            sent_by(Some("he")),
            by_desk("accepted"),
            by_desk("replied")
        ]
    );
    let slip = street.server.get(&street.desk(&format!("slips/{slip}")), Some(&street.officer)).await.ok();
    assert!(slip.to_string().contains("只给窗口看"));
    let by_officer = |did| step(did, "officer", "signed_in", Some("zhao"));
    assert_eq!(
        street.steps(&slip).await,
        [seen_by(None), flagged, opened.clone(), sent_by(None), opened, by_officer("accepted"), by_officer("replied")]
    );
    // Nobody confirmed it: it is closed after ten days, and not before.
    let close = street.path(&format!("referrals/{referral}/close"));
    for (days, code) in [(9, "not_confirmed"), (10, "no problem")] {
        street.server.clock.set(MORNING + Span::days(days));
        let access = street.server.login("he").await["access"].as_str().unwrap().to_owned();
        assert_eq!(street.server.post(&close, Some(&access), json!({})).await.code(), code, "after {days} days");
    }
}

#[tokio::test]
async fn what_is_not_yours_is_not_there() {
    let street = Street::new().await;
    street.blocked_exit(1, 1, worker()).await;
    let referral = street.referral().await;
    let nowhere = format!("/v1/caseloads/{}/referrals", CaseloadId::from_bytes([9; 16]));
    let invented = street.server.get(&nowhere, Some(&street.officer)).await;
    let theirs = street.server.get(&street.path("referrals"), Some(&street.officer)).await;
    assert_eq!((theirs.status, theirs.code()), (404, "not_found"));
    let without_instance = |mut answer: Answer| {
        answer.body["instance"].take();
        answer.body
    };
    assert_eq!(without_instance(theirs), without_instance(invented), "there or not: the same answer");
    let file = street.path(&format!("premises/{}", shop(1)));
    assert_eq!(street.server.get(&file, Some(&street.officer)).await.status, 404);
    assert_eq!(street.server.get(&street.desk("slips"), Some(&street.officer)).await.status, 200);
    let other_desk = street.server.admin().add_desk("URBAN", "城管窗口").await.unwrap();
    let other = format!("/v1/desks/{other_desk}/slips");
    assert_eq!(street.server.get(&other, Some(&street.officer)).await.status, 404);
    assert_eq!(street.server.get("/v1/caseloads/nonsense/referrals", Some(&street.officer)).await.status, 404);
    let dispatched_by_worker = street.path(&format!("referrals/{referral}/dispatch"));
    let access = street.server.login("lin").await["access"].as_str().unwrap().to_owned();
    let answer = street.server.post(&dispatched_by_worker, Some(&access), json!({"dept": "FIRE"})).await;
    assert_eq!((answer.status, answer.code()), (403, "role_not_allowed"));
}

#[tokio::test]
async fn looks_at_files_are_recorded_also_those_that_are_refused() {
    let street = Street::new().await;
    street.blocked_exit(1, 1, worker()).await;
    let mei = street.server.member("mei", Role::Supervisor, street.caseload).await;
    let file = street.path(&format!("premises/{}", shop(1)));
    let seen = street.server.get(&file, Some(&mei)).await.ok();
    assert_eq!(seen["premises"]["values"]["name"], "王记肠粉");
    assert_eq!(seen["events"][0]["kind"], "inspection");
    assert_eq!(seen["related"].as_array().unwrap().iter().filter(|e| e["kind"] == "hazard").count(), 1);
    street.server.get(&file, Some(&street.officer)).await;
    street.server.get(&street.path("premises?search=肠粉"), Some(&mei)).await.ok();
    let mut tx = street.server.app.db().read().await.unwrap();
    let recorded = crate::db::read_log::after(&mut tx, street.caseload, 0, 10).await.unwrap();
    assert_eq!(recorded.len(), 3);
    let mut link = crate::audit::genesis("read", street.caseload);
    for read in &recorded {
        link = read.follows(&link).unwrap().expect("the chain holds");
    }
}

#[tokio::test]
async fn duplicates_are_found_and_linked_by_the_steward() {
    let street = Street::new().await;
    street.blocked_exit(1, 1, worker()).await;
    street.blocked_exit(2, 2, worker()).await;
    let steward = street.server.member("an", Role::Steward, street.caseload).await;
    let pairs = street.server.get(&street.path("duplicates"), Some(&steward)).await.ok();
    assert_eq!(pairs.as_array().unwrap().len(), 1, "same unit: {pairs}");
    let link = json!({"a": pairs[0]["a"]["id"], "b": pairs[0]["b"]["id"], "reason": "同一家店"});
    let no_reason = json!({"a": link["a"], "b": link["b"], "reason": ""});
    let path = street.path("link");
    assert_eq!(street.server.post(&path, Some(&steward), no_reason).await.code(), "text_missing");
    let same = json!({"a": link["a"], "b": link["a"], "reason": "x"});
    assert_eq!(street.server.post(&path, Some(&steward), same).await.code(), "same_file");
    street.server.post(&path, Some(&steward), link).await.ok();
    assert_eq!(street.server.get(&street.path("duplicates"), Some(&steward)).await.ok(), json!([]));
}

#[tokio::test]
async fn held_work_is_shown_in_words_and_decided_once() {
    let street = Street::new().await;
    let lost = Standing { revoked: true, ..worker() };
    street.blocked_exit(1, 1, lost).await;
    let mei = street.server.member("mei", Role::Supervisor, street.caseload).await;
    let held = street.server.get(&street.path("held"), Some(&mei)).await.ok();
    assert_eq!(held[0]["code"], "device_revoked");
    assert_eq!(held[0]["events"][0]["kind"], "inspection");
    assert!(held[0]["changes"].as_array().unwrap().iter().any(|c| c["value"] == "王记肠粉"));
    let id = held[0]["submission"].as_str().unwrap();
    let decide = street.path(&format!("held/{id}/decide"));
    let by_worker = street.server.login("lin").await["access"].as_str().unwrap().to_owned();
    let accept = json!({"accept": true, "reason": "她已口头确认"});
    assert_eq!(street.server.post(&decide, Some(&by_worker), accept.clone()).await.code(), "role_not_allowed");
    street.server.post(&decide, Some(&mei), accept.clone()).await.ok();
    assert_eq!(street.server.post(&decide, Some(&mei), accept).await.code(), "already_decided");
    assert_eq!(street.server.get(&street.path("held"), Some(&mei)).await.ok(), json!([]));
    // Who let it in stands behind it as well.
    let referral = street.referral().await;
    let seen = street.server.get(&street.path(&format!("referrals/{referral}")), Some(&mei)).await.ok();
    let steps = street.steps(&seen).await;
    let told: Vec<(&str, &str)> = steps.iter().map(|(did, role, ..)| (&**did, &**role)).collect();
    assert_eq!(
        told,
        [("seen", "worker"), ("let_in", "supervisor"), ("flagged", "system"), ("opened", "system")],
        "in the order of the log"
    );
    assert_eq!((steps[1].2.as_str(), steps[1].3.as_deref()), ("signed_in", Some("mei")));
}

#[tokio::test]
async fn a_conflict_waits_for_a_person_and_is_settled() {
    use sync_core::edit::{Base, FieldOp};
    use sync_core::entity::Kind;

    use crate::flow::bench::edit;

    let street = Street::new().await;
    street.blocked_exit(1, 1, worker()).await;
    let phone = |number: &str| vec![FieldOp::put("contact_phone", number.into())];
    for (number, said) in [(2, "14200000001"), (3, "14200000002")] {
        let base = Base { version: 1, seen: Vec::new() };
        street.uploads(number, vec![edit(shop(1), Kind::Premises, base, phone(said))], worker()).await;
    }
    let steward = street.server.member("an", Role::Steward, street.caseload).await;
    let conflicts = street.server.get(&street.path("conflicts"), Some(&steward)).await.ok();
    assert_eq!(conflicts[0]["field"], "contact_phone", "{conflicts}");
    let settle = |value: Value| json!({"entity": shop(1), "field": "contact_phone", "value": value});
    let path = street.path("conflicts/settle");
    assert_eq!(street.server.post(&path, Some(&steward), settle(json!(7))).await.code(), "not_a_value");
    street.server.post(&path, Some(&steward), settle(json!("14200000002"))).await.ok();
    assert_eq!(street.server.get(&street.path("conflicts"), Some(&steward)).await.ok(), json!([]));
}
