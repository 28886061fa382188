//! Two workers make a file of the same shop; a steward links them, settles what they say differently, and un-links them.

use serde_json::{Value, json};
use sync_core::admit::Standing;
use sync_core::author::Role;
use sync_core::edit::{self, Base, FieldOp};
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId, SubmissionId};
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span};

use crate::flow::bench::{edit as edited, item, new_shop, shop};
use crate::flow::intake::From;
use crate::testing::{Answer, MORNING, Server};

const SMALL: u8 = 0x11;
const LARGE: u8 = 0x99;

struct Street {
    server: Server,
    caseload: CaseloadId,
    lin: PersonId,
    steward: String,
}

impl Street {
    /// Two files of one shop: one phone number each, and the same exit seen blocked and half blocked.
    async fn new() -> Self {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let lin = server.person("lin", Role::Worker).await;
        server.admin().assign(caseload, lin, None).await.unwrap();
        let steward = server.member("wen", Role::Steward, caseload).await;
        let street = Self { server, caseload, lin, steward };
        for (phone, root, contact, severity) in [(1, SMALL, "N1", 2), (2, LARGE, "N2", 3)] {
            let mut parts = new_shop(shop(root), MORNING, "EXIT-02", severity);
            parts.extend(new_shop(shop(root), MORNING + Span::minutes(1), "ELE-01", 1).drain(..).skip(2));
            street.upload(phone, 1, parts).await;
            let put = vec![
                FieldOp::put("contact_phone", contact.into()),
                FieldOp::put_element("kinds", contact, edit::Value::Bool(true)),
            ];
            let base = Base { version: 1, seen: Vec::new() };
            street.upload(phone, 2, vec![edited(shop(root), Kind::Premises, base, put)]).await;
        }
        street
    }

    async fn upload(&self, phone: u8, number: u64, parts: Vec<Part>) {
        let id = SubmissionId::derived("test", &[&[phone], &number.to_be_bytes()]);
        let at = Hlc { wall: MORNING + Span::minutes(i64::from(phone)), counter: 0 };
        let submission = Submission { id, caseload: self.caseload, number, at, parts };
        let standing = Standing { role: Role::Worker, member: true, revoked: false, clock_offset_ms: 0 };
        let from = From { device: DeviceId::from_bytes([phone; 16]), person: self.lin, standing, carrier: None };
        let app = &self.server.app;
        let mut tx = app.db().write().await.unwrap();
        app.flow().take_in(&mut tx, self.caseload, from, MORNING + Span::hours(1), &[item(&submission)]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn get(&self, rest: &str) -> Value {
        let path = format!("/v1/caseloads/{}/{rest}", self.caseload);
        self.server.get(&path, Some(&self.steward)).await.ok()
    }

    async fn post(&self, rest: &str, body: Value) -> Answer {
        let path = format!("/v1/caseloads/{}/{rest}", self.caseload);
        self.server.post(&path, Some(&self.steward), body).await
    }

    async fn file(&self, root: EntityId) -> Value {
        self.get(&format!("premises/{root}")).await
    }

    async fn link(&self, undo: bool) {
        let body = json!({"a": shop(LARGE), "b": shop(SMALL), "reason": "同一扇门", "undo": undo});
        self.post("link", body).await.ok();
    }

    async fn settle(&self, by: &str, value: &str, seen: &Value) {
        let body = json!({"entity": shop(SMALL), "field": "contact_phone", "value": value, "seen": seen});
        let path = format!("/v1/caseloads/{}/conflicts/settle", self.caseload);
        self.server.post(&path, Some(by), body).await.ok();
    }

    /// Rule, id and subject of the raised flags of one shop.
    async fn flags(&self) -> Vec<String> {
        let flags = self.get("flags?standing=raised").await;
        let line = |flag: &Value| format!("{} {} {}", flag["rule"], flag["id"], flag["subject"]);
        flags.as_array().unwrap().iter().map(line).collect()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The hazards of a file: code, severity and documents.
fn hazards(file: &Value) -> Vec<(String, i64, usize)> {
    let hazards = list(&file["related"]).iter().filter(|entity| entity["kind"] == "hazard");
    let hazard = |entity: &Value| {
        let also = entity["also"].as_array().map_or(0, Vec::len);
        (entity["title"].as_str().unwrap().to_owned(), entity["values"]["severity"].as_i64().unwrap(), 1 + also)
    };
    let mut hazards: Vec<_> = hazards.map(hazard).collect();
    hazards.sort();
    hazards
}

#[tokio::test]
async fn linked_files_are_one_wherever_they_are_shown_and_each_itself_again_when_un_linked() {
    let street = Street::new().await;
    let apart = [street.file(shop(SMALL)).await, street.file(shop(LARGE)).await];
    assert_eq!(list(&street.get("duplicates").await).len(), 1);
    assert_eq!(list(&street.get("conflicts").await).len(), 0, "each is at one with itself");
    street.link(false).await;

    let file = street.file(shop(LARGE)).await;
    assert_eq!((&file["id"], &file["also"]), (&json!(shop(SMALL)), &json!([shop(LARGE)])), "the old id finds it");
    assert_eq!(file, street.file(shop(SMALL)).await);
    assert_eq!(file["premises"]["id"], json!(shop(SMALL)));
    assert_eq!(file["premises"]["values"]["kinds"], json!({"N1": true, "N2": true}));
    assert_eq!(file["premises"]["values"]["contact_phone"], "N2", "until somebody settles it, the later one shows");
    assert_eq!(file["links"], json!([{"a": shop(SMALL), "b": shop(LARGE)}]));
    assert_eq!(hazards(&file), [("ELE-01".to_owned(), 1, 2), ("EXIT-02".to_owned(), 3, 2)]);
    let told = |file: &Value| list(&file["events"]).iter().filter(|event| event["kind"] == "inspection").count();
    assert_eq!(told(&file), told(&apart[0]) + told(&apart[1]));
    let hits = street.get("premises?search=%E7%8E%8B%E8%AE%B0").await;
    assert_eq!(hits, street.get("premises").await, "found by name and listed once");
    let [hit] = list(&hits) else { panic!("{hits}") };
    assert_eq!((&hit["id"], &hit["also"], &hit["conflicts"]), (&json!(shop(SMALL)), &json!([shop(LARGE)]), &json!(1)));
    assert_eq!(list(&street.get("duplicates").await).len(), 0);

    street.link(true).await;
    for (before, root) in apart.iter().zip([SMALL, LARGE]) {
        let after = street.file(shop(root)).await;
        for part in ["id", "also", "premises", "links"] {
            assert_eq!(after[part], before[part], "{part}");
        }
        assert_eq!(hazards(&after), hazards(before));
    }
    assert_eq!(list(&street.get("premises").await).len(), 2);
    assert_eq!(list(&street.get("duplicates").await).len(), 1, "and they look alike as before");
}

#[tokio::test]
async fn a_conflict_of_linked_files_is_settled_once_in_both_and_stays_settled_when_they_are_un_linked() {
    let street = Street::new().await;
    street.link(false).await;
    let conflicts = street.get("conflicts").await;
    let [conflict] = list(&conflicts) else { panic!("{conflicts}") };
    assert_eq!((&conflict["entity"], &conflict["field"]), (&json!(shop(SMALL)), &json!("contact_phone")));
    assert_eq!((&conflict["shown"]["value"], &conflict["others"][0]["value"]), (&json!("N2"), &json!("N1")));
    let seen = &conflict["seen"];
    assert_eq!(list(&json!(seen.as_object().unwrap().keys().collect::<Vec<_>>())).len(), 2);
    street.settle(&street.steward, "N1", seen).await;
    assert_eq!(street.get("conflicts").await, json!([]));
    assert_eq!(street.file(shop(LARGE)).await["premises"]["values"]["contact_phone"], "N1");

    let mei = street.server.member("mei", Role::Supervisor, street.caseload).await;
    // Somebody else settles what they saw before that: neither overwrites the other unseen.
    street.server.clock.advance(sync_core::time::Span::minutes(1));
    street.settle(&mei, "N3", seen).await;
    let again = street.get("conflicts").await;
    let values = [&again[0]["shown"]["value"], &again[0]["others"][0]["value"]];
    assert_eq!((list(&again).len(), values), (1, [&json!("N3"), &json!("N1")]));
    assert_eq!(list(&again[0]["others"]).len(), 1, "one word that is in two files is one word");
    street.settle(&mei, "N3", &again[0]["seen"]).await;
    assert_eq!(street.get("conflicts").await, json!([]));

    // Who later changes it in one file only has seen what was settled.
    let base = Base { version: 5, seen: Vec::new() };
    let put = vec![FieldOp::put("contact_phone", "N4".into())];
    street.upload(1, 3, vec![edited(shop(SMALL), Kind::Premises, base, put)]).await;
    assert_eq!(street.get("conflicts").await, json!([]));
    assert_eq!(street.file(shop(SMALL)).await["premises"]["values"]["contact_phone"], "N4");
    street.link(true).await;
    for (root, phone) in [(SMALL, "N4"), (LARGE, "N3")] {
        assert_eq!(street.file(shop(root)).await["premises"]["values"]["contact_phone"], phone);
    }
    assert_eq!(street.get("conflicts").await, json!([]));
}

#[tokio::test]
async fn flags_and_referrals_do_not_move_when_files_are_linked_and_un_linked() {
    let street = Street::new().await;
    let referrals = |list: Value| {
        let line =
            |referral: &Value| format!("{} {} {}", referral["id"], referral["values"]["number"], referral["file"]);
        list.as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let dispatcher = street.server.member("he", Role::Dispatcher, street.caseload).await;
    let path = format!("/v1/caseloads/{}/referrals", street.caseload);
    let (flags, opened) = (street.flags().await, referrals(street.server.get(&path, Some(&dispatcher)).await.ok()));
    assert!(flags.len() >= 3 && !opened.is_empty(), "F01 for each, and the pair: {flags:?}");
    street.link(false).await;
    let linked = street.flags().await;
    assert!(linked.iter().all(|flag| flags.contains(flag)), "none has another id: {linked:?}");
    let of_exit = |flags: &[String]| flags.iter().filter(|flag| flag.contains("F01")).count();
    assert_eq!((of_exit(&flags), of_exit(&linked)), (2, 1), "one shop, one blocked exit");
    assert_eq!(referrals(street.server.get(&path, Some(&dispatcher)).await.ok()), opened);
    street.link(true).await;
    assert_eq!(street.flags().await, flags);
    assert_eq!(referrals(street.server.get(&path, Some(&dispatcher)).await.ok()), opened);
}
