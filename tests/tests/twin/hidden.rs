//! What happens in the other caseload of one of the worlds, and in no other: shops, flags, referrals and answers of the
//! other desk, duplicates, conflicts, held and decided work, people who come and go, and one caseload more.

use doorstep::admin::NewTerm;
use doorstep_tests::rawphone::{edit, event, found, new_hazard, new_premises, shop};
use doorstep_tests::street::Street;
use serde_json::json;
use sync_core::author::Role;
use sync_core::edit::FieldOp;
use sync_core::entity::Kind;
use sync_core::event::{BreakGlass, BreakGlassAct, EventBody};
use sync_core::id::{CaseloadId, DeviceId, EntityId, SubmissionId};
use sync_core::log::Verdict;
use sync_core::submission::Part;
use sync_core::time::Span;
use sync_core::wire::{Item, Raw};

use crate::worlds::Twins;

/// What is to be found nowhere.
pub(crate) struct Hidden {
    /// Shops, a referral and a slip.
    pub(crate) entities: Vec<EntityId>,
    /// What the shops are called.
    pub(crate) names: Vec<String>,
    /// Caseloads that only one world has.
    pub(crate) caseloads: Vec<CaseloadId>,
    /// What people did there at their consoles.
    pub(crate) submissions: Vec<SubmissionId>,
    /// The flags of the shops there.
    pub(crate) flags: Vec<String>,
    /// What a phone there sent that nobody can read.
    pub(crate) unreadable: Vec<u8>,
}

const HIDDEN_ELDER: &str = "秘密阿婆";

/// Lives the hidden life of the second world.
pub(crate) fn live(twins: &mut Twins) -> Hidden {
    let street = &mut twins.b;
    let before = street.server.app.clock().now();
    let shops = [shop(50), shop(51), shop(52)];
    let names = ["秘密花店", "秘密茶馆", "秘密茶馆"];
    for (root, name) in shops.into_iter().zip(names) {
        assert_eq!(street.says("other-worker", blocked(root, name)), Verdict::Merged);
    }
    let phones = |street: &mut Street, who: &str, number: &str| {
        let op = vec![FieldOp::put("contact_phone", number.into())];
        assert_eq!(street.says(who, vec![edit(shop(50), Kind::Premises, 1, op)]), Verdict::Merged);
    };
    phones(street, "other-worker", "14200000001");
    phones(street, "other-supervisor", "14200000002");
    let home = street.elder("other-worker", shop(53), HIDDEN_ELDER);
    let (referral, slip) = answered(street, shop(50));
    let review = told(street, shop(54));
    let held = street.held("other-worker", referral);
    street.held("other-worker", referral);
    let decide = format!("/v1/caseloads/{}/held/{held}/decide", street.oth);
    street.does("other-supervisor", &decide, &json!({"accept": false, "reason": "不归社工"}));
    let link = format!("/v1/caseloads/{}/conflicts/settle", street.oth);
    let settle = json!({"entity": shop(51), "field": "nickname", "value": "茶馆"});
    let settled = street.does("other-supervisor", &link, &settle);
    let unreadable = b"nothing that anybody reads".to_vec();
    let phone = street.phone("other-worker");
    phone.numbers += 1;
    let item = Item::Submission { number: phone.numbers, bytes: Raw(unreadable.clone()) };
    street.phone_syncs("other-worker", vec![item]);
    let _n = street.alarm(street.oth, "F05 fails");
    let flags = street.sees("other-supervisor", &format!("/v1/caseloads/{}/flags", street.oth));
    let flags = flags.as_array().unwrap().iter().map(|flag| flag["id"].as_str().unwrap().to_owned()).collect();
    let caseload = people_come_and_go(street);
    // Time passes alike in both worlds.
    let passed = street.server.app.clock().now() - before;
    twins.a.server.clock.advance(passed);
    let person = |login| twins.b.server.wait(twins.b.server.admin().person(login)).unwrap().id;
    let console = |login| DeviceId::derived("console", &[person(login).bytes()]);
    let act = |login, n: u64| {
        SubmissionId::derived("console", &[twins.b.oth.bytes(), console(login).bytes(), &n.to_be_bytes()])
    };
    let submissions = vec![act("other-supervisor", 1), act("other-dispatcher", 1), held];
    assert!(settled["submission"] == submissions[0].to_string(), "the ids of acts are guessed wrong");
    Hidden {
        entities: [&shops[..], &[referral, slip, shop(53), home, review]].concat(),
        names: names.into_iter().chain([HIDDEN_ELDER]).map(str::to_owned).collect(),
        caseloads: vec![caseload],
        submissions,
        flags,
        unreadable,
    }
}

/// Lives a quiet life in the first caseload of the second world: nothing of it goes to a desk.
pub(crate) fn live_among_ours(twins: &mut Twins) -> Hidden {
    let street = &mut twins.b;
    let shops = [shop(50), shop(51)];
    let name = "秘密花店";
    for root in shops {
        // Half blocked, and to be cleared at once: the way of reminders.
        let seen = Part::event(&event("quiet", root, found("EXIT-02", 1)));
        let parts = vec![seen, new_premises(root, name), new_hazard(root, "EXIT-02", 1)];
        assert_eq!(street.says("worker", parts), Verdict::Merged);
    }
    let known = twins.things[0];
    let phone = vec![FieldOp::put("contact_phone", "14200000001".into())];
    assert_eq!(street.says("supervisor", vec![edit(known, Kind::Premises, 1, phone)]), Verdict::Merged);
    let home = street.elder("worker", shop(53), HIDDEN_ELDER);
    let held = street.held("worker", known);
    let _n = street.alarm(street.hgs, "F05 fails");
    Hidden {
        entities: [&shops[..], &[shop(53), home]].concat(),
        names: vec![name.to_owned(), HIDDEN_ELDER.to_owned()],
        caseloads: Vec::new(),
        submissions: vec![held],
        flags: Vec::new(),
        unreadable: Vec::new(),
    }
}

/// A shop whose exit is blocked, in a unit that it shares with another.
fn blocked(root: EntityId, name: &str) -> Vec<Part> {
    let unit = edit(
        root,
        Kind::Premises,
        0,
        vec![
            FieldOp::put("name", name.into()),
            FieldOp::put("unit_code", "4403050080051234567".into()),
            FieldOp::put("address", "秘密巷 1 号".into()),
        ],
    );
    vec![Part::event(&event("hidden", root, found("EXIT-02", 3))), unit, new_hazard(root, "EXIT-02", 3)]
}

fn answered(street: &mut Street, shop: EntityId) -> (EntityId, EntityId) {
    let (oth, urban) = (street.oth, street.urban);
    let list = street.sees("other-dispatcher", &format!("/v1/caseloads/{oth}/referrals?file={shop}"));
    let referral = list[0]["id"].as_str().unwrap();
    let dispatch = format!("/v1/caseloads/{oth}/referrals/{referral}/dispatch");
    street.does("other-dispatcher", &dispatch, &json!({"dept": "URBAN"}));
    let slips = street.sees("other-officer", &format!("/v1/desks/{urban}/slips"));
    let slip = slips[0]["id"].as_str().unwrap();
    street.does("other-officer", &format!("/v1/desks/{urban}/slips/{slip}/accept"), &json!({}));
    let reply = json!({"outcome": "ordered_at_once", "public_text": "秘密", "internal_text": "更秘密"});
    street.does("other-officer", &format!("/v1/desks/{urban}/slips/{slip}/reply"), &reply);
    (referral.parse().unwrap(), slip.parse().unwrap())
}

/// An elder of whom something was told to save a life: the review that is due.
fn told(street: &mut Street, elder: EntityId) -> EntityId {
    let told = BreakGlass {
        act: BreakGlassAct::Opened,
        of: None,
        reason: "昏倒在家".to_owned(),
        told: Some("120".to_owned()),
        fields: vec!["allergies".to_owned()],
    };
    let parts = vec![
        edit(elder, Kind::Elder, 0, vec![FieldOp::put("name", HIDDEN_ELDER.into())]),
        Part::event(&event("told", elder, EventBody::BreakGlass(told))),
    ];
    assert_eq!(street.says("other-worker", parts), Verdict::Merged);
    let reviews = street.sees("other-supervisor", &format!("/v1/caseloads/{}/reviews", street.oth));
    reviews[0]["id"].as_str().unwrap().parse().unwrap()
}

fn people_come_and_go(street: &mut Street) -> CaseloadId {
    let (server, oth) = (&street.server, street.oth);
    let new = server.member("newcomer", Role::Worker, oth, false);
    let gone = server.member("gone", Role::Worker, oth, false);
    assert!(server.wait(server.admin().unassign(oth, gone)).unwrap());
    server.wait(server.admin().enrolment(new)).unwrap();
    let term = (server.app.clock().now(), server.app.clock().now() + Span::days(200));
    let people = ["other-supervisor", "other-worker"].map(|name| server.wait(server.admin().person(name)).unwrap().id);
    let term = NewTerm { operator: "别的机构".to_owned(), term, people: people.to_vec() };
    server.wait(server.admin().term(oth, term, false)).unwrap();
    let caseload = server.caseload("SECRET");
    server.wait(server.admin().assign(caseload, new, None)).unwrap();
    let _requests: Vec<_> = (0..5).map(|_| server.get("/healthz", None)).collect();
    caseload
}
