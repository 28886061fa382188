//! What a desk is told for information (抄告): less than the desk that acts, nothing to answer, and nothing of anybody else.

use doorstep_tests::rawphone::{event, found, new_hazard, new_premises};
use doorstep_tests::street::Street;
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::edit::{Base, Edit, FieldOp};
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::log::Verdict;
use sync_core::submission::Part;

/// A street with a gas desk that acts, the street office's desk that is told, and somebody at each.
struct Copied {
    street: Street,
    gas: CaseloadId,
    office: CaseloadId,
    referral: String,
    tokens: [String; 2],
}

impl Copied {
    fn new(code: &str) -> Self {
        let mut street = Street::default();
        let server = &street.server;
        let desk = |dept: &str| server.wait(server.admin().add_desk(dept, dept)).unwrap();
        let (gas, office) = (desk("GASREG"), desk("SUBDIST"));
        let tokens = [("qiu", gas), ("bao", office)].map(|(login, desk)| {
            let _person = server.member(login, Role::Officer, desk, true);
            server.login(login)
        });
        let shop = EntityId::from_bytes([0x51; 16]);
        let parts = vec![
            Part::event(&event("first", shop, found(code, 3))),
            new_premises(shop, "王记肠粉"),
            new_hazard(shop, code, 3),
        ];
        assert_eq!(street.says("worker", parts), Verdict::Merged);
        let ops = vec![FieldOp::put("map_point", "gcj02:22.48731,113.91542".into())];
        let base = Base { version: 1, seen: Vec::new() };
        let measured = Edit { entity: shop, kind: Kind::Premises.code().to_owned(), base, ops };
        assert_eq!(street.says("worker", vec![Part::edit(&measured)]), Verdict::Merged);
        let list = street.sees("dispatcher", &format!("/v1/caseloads/{}/referrals?file={shop}", street.hgs));
        let referral = list[0]["id"].as_str().expect("a referral").to_owned();
        let path = format!("/v1/caseloads/{}/referrals/{referral}/dispatch", street.hgs);
        street.does("dispatcher", &path, &json!({"dept": "GASREG"}));
        Self { street, gas, office, referral, tokens }
    }

    fn slips(&self, which: usize) -> Vec<Value> {
        let desk = [self.gas, self.office][which];
        let list = self.street.server.get(&format!("/v1/desks/{desk}/slips"), Some(&self.tokens[which])).ok();
        list.as_array().unwrap().clone()
    }
}

#[test]
fn a_desk_that_is_told_sees_less_and_can_do_nothing() {
    let copied = Copied::new("GAS-05");
    let (slip, copy) = (copied.slips(0).remove(0), copied.slips(1).remove(0));
    assert_eq!((slip["kind"].as_str(), copy["kind"].as_str()), (Some("slip"), Some("slip_copy")));
    let (own, told) = (slip["values"].as_object().unwrap(), copy["values"].as_object().unwrap());
    assert_eq!((&own["kind"], &told["kind"]), (&json!("act"), &json!("inform")));
    assert_eq!((&own["dept"], &told["dept"]), (&json!("GASREG"), &json!("GASREG")), "both know who acts");
    assert_eq!(own["cc"], json!({"SUBDIST": true}));
    assert_eq!((&own["map_point"], told.get("map_point")), (&json!("gcj02:22.48731,113.91542"), None));
    assert_eq!(told["heading_zh"], json!("抄告单(疑似隐患,供知悉)"));
    // Beside its own words, nothing that the other does not say.
    for (field, value) in told.iter().filter(|(field, _)| !field.starts_with("heading") && !field.starts_with("req")) {
        assert!(field == "kind" || own[field] == *value, "{field}");
    }
    assert!(copy["state"].is_null() && copy["due_at"].is_null());

    // No act on it, whoever asks; and it is nobody else's.
    let (office, server) = (copied.office, &copied.street.server);
    let id = copy["id"].as_str().unwrap();
    for act in ["accept", "checking"] {
        let answer = server.post(&format!("/v1/desks/{office}/slips/{id}/{act}"), Some(&copied.tokens[1]), &json!({}));
        assert_eq!(answer.status, 404, "{act}");
    }
    let reply = json!({"outcome": "untrue", "public_text": "未见"});
    let answer = server.post(&format!("/v1/desks/{office}/slips/{id}/reply"), Some(&copied.tokens[1]), &reply);
    assert_eq!(answer.status, 404);
    assert_eq!(server.get(&format!("/v1/desks/{office}/slips/{id}"), Some(&copied.tokens[1])).status, 200);
    for (desk, token) in [(office, &copied.tokens[0]), (copied.gas, &copied.tokens[0])] {
        assert_eq!(server.get(&format!("/v1/desks/{desk}/slips/{id}"), Some(token)).status, 404);
    }

    // The organisation sees who was told.
    let path = format!("/v1/caseloads/{}/referrals/{}", copied.street.hgs, copied.referral);
    let referral = copied.street.sees("worker", &path);
    assert_eq!(referral["referral"]["values"]["copied_to"], json!({"1": "SUBDIST"}));
    assert_eq!(referral["referral"]["state"]["code"], json!("dispatched"), "a copy moves nothing");
}

#[test]
fn what_nobody_is_to_be_told_of_goes_to_one_desk_only() {
    let copied = Copied::new("GAS-05");
    assert_eq!(copied.slips(1).len(), 1, "once, however often the desk looks");
    let street = copied.street;
    let fire = street.sees("officer", &format!("/v1/desks/{}/slips", street.fire));
    assert_eq!(fire, json!([]), "a desk that the policy does not name");
    // What a desk writes into a copy is refused where everything is refused: by the list of its fields.
    assert!(Kind::SlipCopy.schema().fields.iter().all(|field| field.writers == [Role::System]));
}
