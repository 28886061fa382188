//! What a supervisor reads of held work, in zh and en, and what follows either way.

use doorstep_tests::inprocess::MORNING;
use doorstep_tests::rawphone::{edit, event, found, new_hazard, new_shop, shop};
use doorstep_tests::street::Street;
use serde_json::{Value, json};
use sync_core::edit::FieldOp;
use sync_core::entity::Kind;
use sync_core::log::{HoldCode, Verdict};
use sync_core::submission::Part;
use sync_core::time::Span;
use sync_core::wire::{Item, Raw};

fn held(street: &Street) -> Vec<Value> {
    street.sees("supervisor", &format!("/v1/caseloads/{}/held", street.hgs)).as_array().unwrap().clone()
}

fn decides(street: &Street, form: &Value, accept: bool) {
    let path = format!("/v1/caseloads/{}/held/{}/decide", street.hgs, form["submission"].as_str().unwrap());
    street.does("supervisor", &path, &json!({"accept": accept, "reason": "问过本人"}));
}

fn sentences(form: &Value, lang: &str) -> String {
    let follows = form["if_accepted"]["follows"].as_array().unwrap();
    follows.iter().map(|text| text[lang].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_lost_phone_wrote_is_told_with_its_consequences_and_they_come_true() {
    let mut street = Street::default();
    assert_eq!(
        street.says(
            "worker",
            vec![edit(
                shop(1),
                Kind::Premises,
                0,
                vec![FieldOp::put("name", "王记肠粉".into()), FieldOp::put("contact_phone", "14200000001".into()),]
            )]
        ),
        Verdict::Merged
    );
    let device = street.phone("worker").device;
    let lost = Some(MORNING - Span::minutes(1));
    assert!(street.server.wait(street.server.admin().revoke(device, "mei", lost)).unwrap());
    let parts = vec![
        Part::event(&event("exit", shop(1), found("EXIT-02", 3))),
        new_hazard(shop(1), "EXIT-02", 3),
        edit(shop(1), Kind::Premises, 1, vec![FieldOp::put("contact_phone", "14200000002".into())]),
    ];
    assert_eq!(street.says("worker", parts), Verdict::Held(HoldCode::DeviceRevoked));
    let forms = held(&street);
    let form = &forms[0];
    assert_eq!((&form["person_name"], &form["written_before_loss"]), (&json!("worker"), &json!(false)));
    assert!(form["about_loss"]["zh"].as_str().unwrap().contains("遗失之后"));
    assert!(form["why"]["en"].as_str().unwrap().contains("revoked"));
    let happened = &form["events"][0];
    assert_eq!(happened["subject_name"], "王记肠粉");
    assert!(happened["says"]["zh"].as_str().unwrap().contains("拒绝改正"), "{happened}");
    assert!(happened["says"]["en"].as_str().unwrap().contains("a problem (S3)"), "{happened}");
    let changes = form["changes"].as_array().unwrap();
    let phone = changes.iter().find(|change| change["field"] == "contact_phone").unwrap();
    assert_eq!((&phone["label"]["zh"], &phone["label"]["en"]), (&json!("联系电话"), &json!("contact phone")));
    assert_eq!((&phone["old"]["en"], &phone["new"]["en"]), (&json!("14200000001"), &json!("14200000002")));
    let status = changes.iter().find(|change| change["field"] == "status").unwrap();
    assert_eq!((&status["kind_name"]["en"], &status["new"]["zh"]), (&json!("hazard"), &json!("未改")));
    assert_eq!(form["if_accepted"]["possible"], true);
    let foretold = sentences(form, "en");
    assert!(foretold.contains("Raises F01") && foretold.contains("Opens a referral for F01"), "{foretold}");
    assert!(form["if_rejected"]["zh"].as_str().unwrap().contains("不并入档案"));

    // Looking has changed nothing.
    assert!(
        street.sees("dispatcher", &format!("/v1/caseloads/{}/referrals", street.hgs)).as_array().unwrap().is_empty()
    );
    decides(&street, form, true);
    assert!(held(&street).is_empty());
    let referrals = street.sees("dispatcher", &format!("/v1/caseloads/{}/referrals", street.hgs));
    assert_eq!(referrals.as_array().unwrap().len(), 1, "as foretold");
    street.server.verifies();
}

#[test]
fn what_would_not_show_is_said_field_by_field() {
    let mut street = Street::default();
    assert_eq!(street.says("worker", new_shop(shop(1))), Verdict::Merged);
    let suspended = street.phone("suspended").device;
    let says = |phone: &str| edit(shop(1), Kind::Premises, 1, vec![FieldOp::put("contact_phone", phone.into())]);
    assert_eq!(street.says("suspended", vec![says("14200000001")]), Verdict::Held(HoldCode::DeviceRevoked));
    assert_eq!(street.says("worker", vec![says("14200000002")]), Verdict::Merged);
    let forms = held(&street);
    let form = forms.iter().find(|form| form["device"] == suspended.to_string()).unwrap();
    assert!(sentences(form, "zh").contains("“联系电话”与他人所写不一致"), "{}", sentences(form, "zh"));
    decides(&street, form, true);
    let conflicts = street.sees("steward", &format!("/v1/caseloads/{}/conflicts", street.hgs));
    assert!(conflicts.to_string().contains("contact_phone"), "as foretold");
}

#[test]
fn what_cannot_be_read_is_told_as_far_as_it_is_known() {
    let mut street = Street::default();
    let phone = street.phone("worker");
    phone.numbers += 1;
    let item = Item::Submission { number: phone.numbers, bytes: Raw(vec![0xFF, 1, 2]) };
    let synced = street.phone_syncs("worker", vec![item]);
    assert_eq!(synced.verdicts()[0].1, Verdict::Held(HoldCode::Unreadable));
    let forms = held(&street);
    assert_eq!((&forms[0]["readable"], &forms[0]["person_name"]), (&json!(false), &json!("worker")));
    assert_eq!(forms[0]["if_accepted"]["possible"], false);
    assert!(sentences(&forms[0], "en").contains("cannot be read"));
    decides(&street, &forms[0], false);
    assert!(held(&street).is_empty());
}
