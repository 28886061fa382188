//! Slips about persons through the API: E02 goes to the police at once; E05 waits for consent, is opened with a reason and
//! looked at by a steward; what was taken back is not read any more.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use doorstep::db::alarm;
use doorstep_tests::inprocess::{MORNING, Server};
use doorstep_tests::rawphone::{RawPhone, edit, event};
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::edit::{FieldOp, Value as FieldValue};
use sync_core::entity::Kind;
use sync_core::event::{
    BreakGlass, BreakGlassAct, Consent, ConsentMethod, ConsentState, EventBody, Purpose, RiskEvent, RiskKind, Signal,
    Visit, VisitKind,
};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::log::Verdict;
use sync_core::submission::Part;
use sync_core::time::{Span, Timestamp};

const GU: EntityId = EntityId::from_bytes([0xE1; 16]);
const HOME: EntityId = EntityId::from_bytes([0xD1; 16]);
const NAME: &str = "顾阿婆";
const ADDRESS: &str = "花果山3栋502";
/// What no desk may ever see of her.
const NEVER: &[&str] = &["F00-CANARY", "penicillin-CANARY", "note-CANARY", "words-CANARY", "pension-CANARY"];

/// A caseload with Gu in it, and the desks.
struct World {
    server: Server,
    hgs: CaseloadId,
    lin: RawPhone,
}

impl World {
    fn new(capacity: &str) -> Self {
        let server = Server::start();
        let hgs = server.caseload("HGS");
        let lin = server.member("lin", Role::Worker, hgs, true);
        for (login, role) in [
            ("mei", Role::Supervisor),
            ("an", Role::Steward),
            ("he", Role::Dispatcher),
            ("street", Role::Purchaser),
            ("assessor", Role::Evaluator),
        ] {
            let _ = server.member(login, role, hgs, true);
        }
        for (dept, officer) in [("PSB", "wu"), ("HEALTH", "su"), ("FIRE", "zhao"), ("CIVIL", "min")] {
            let desk = server.wait(server.admin().add_desk(dept, dept)).unwrap();
            let _ = server.member(officer, Role::Officer, desk, true);
            let _ = server.member(&format!("{officer}2"), Role::Officer, desk, true);
        }
        let lin = RawPhone::enrol(&server, lin, hgs, 1);
        let mut world = Self { server, hgs, lin };
        let ops = vec![
            FieldOp::put("name", NAME.into()),
            FieldOp::put("capacity", capacity.into()),
            FieldOp::put("dwelling", FieldValue::Id(HOME)),
            FieldOp::put("note_short", "note-CANARY".into()),
            FieldOp::put_element("diagnoses", "F00-CANARY", FieldValue::Bool(true)),
            FieldOp::put_element("allergies", "penicillin-CANARY", FieldValue::Bool(true)),
            FieldOp::put_element("income", "pension-CANARY", FieldValue::Bool(true)),
            FieldOp::put_element("devices", "拐杖", FieldValue::Bool(true)),
        ];
        world.says(vec![
            edit(GU, Kind::Elder, 0, ops),
            edit(HOME, Kind::Dwelling, 0, vec![FieldOp::put("address", ADDRESS.into())]),
        ]);
        world
    }

    fn says(&mut self, parts: Vec<Part>) {
        self.lin.now = self.server.app.clock().now();
        assert_eq!(self.lin.say(&self.server, parts), Verdict::Merged);
    }

    fn visit(&mut self, signals: &[Signal]) {
        let visit = Visit {
            kind: VisitKind::Home,
            observed: Vec::new(),
            signals: signals.to_vec(),
            words: Some("words-CANARY".to_owned()),
            next_visit: None,
        };
        self.says(vec![Part::event(&event("visit", GU, EventBody::Visit(visit)))]);
    }

    fn falls(&mut self) {
        let fall = |day: &str| {
            let risk = RiskEvent { kind: RiskKind::Fall, occurred_on: day.parse().unwrap(), note: None };
            Part::event(&event(day, GU, EventBody::RiskEvent(risk)))
        };
        self.says(vec![fall("2026-11-02"), fall("2026-11-22")]);
    }

    /// She is asked, and says this. `version` is that of her file.
    fn consents(&mut self, state: ConsentState, version: u32) {
        self.consents_until(state, version, None);
    }

    fn consents_until(&mut self, state: ConsentState, version: u32, valid_to: Option<Timestamp>) {
        let consent = Consent {
            purpose: Purpose::HealthCenterShare,
            state,
            method: ConsentMethod::VerbalWithWitness,
            paper: None,
            witness: Some("邻居".to_owned()),
            valid_to,
            receivers: Vec::new(),
            limits: None,
        };
        let ops = vec![FieldOp::put_element("consent", "health_center_share", state.code().into())];
        let said = event(&format!("consent {version}"), GU, EventBody::Consent(consent));
        self.says(vec![Part::event(&said), edit(GU, Kind::Elder, version, ops)]);
    }

    fn get(&self, who: &str, path: &str) -> doorstep_tests::inprocess::Answer {
        self.server.get(path, Some(&self.server.login(who)))
    }

    fn post(&self, who: &str, path: &str, body: &Value) -> doorstep_tests::inprocess::Answer {
        self.server.post(path, Some(&self.server.login(who)), body)
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/caseloads/{}/{rest}", self.hgs)
    }

    fn referral(&self, dept: &str) -> Value {
        let list = self.get("he", &self.path("referrals")).ok();
        let of_dept = |referral: &&Value| referral["values"]["proposed_dept"] == dept;
        list.as_array().unwrap().iter().find(of_dept).unwrap_or_else(|| panic!("none to {dept}: {list}")).clone()
    }

    fn act(&self, who: &str, referral: &Value, what: &str, body: &Value) -> doorstep_tests::inprocess::Answer {
        self.post(who, &self.path(&format!("referrals/{}/{what}", referral["id"].as_str().unwrap())), body)
    }

    /// The slips of an officer's desk, and their paths.
    fn slips(&self, officer: &str) -> Vec<(Value, String)> {
        let desks = self.get(officer, "/v1/caseloads").ok();
        let desk = desks[0]["id"].as_str().unwrap().to_owned();
        let slips = self.get(officer, &format!("/v1/desks/{desk}/slips")).ok();
        let path = |slip: &Value| format!("/v1/desks/{desk}/slips/{}", slip["id"].as_str().unwrap());
        slips.as_array().unwrap().iter().map(|slip| (slip.clone(), path(slip))).collect()
    }

    fn reviews(&self) -> Vec<Value> {
        self.get("an", &self.path("reviews")).ok().as_array().unwrap().clone()
    }

    fn alarms(&self) -> Vec<String> {
        let Server { db, app, .. } = &self.server;
        self.server.wait(async {
            let (mut tx, mut keys) = (db.read().await.unwrap(), app.flow().keys());
            let open = alarm::open(&mut tx, &mut keys, self.hgs, 200).await.unwrap();
            open.into_iter().map(|alarm| format!("{} {}", alarm.rule.unwrap_or_default(), alarm.detail)).collect()
        })
    }

    fn pass(&self, span: Span) {
        let now = self.server.app.clock().now() + span;
        self.server.clock.set(now);
        let Server { db, app, .. } = &self.server;
        self.server.wait(app.flow().tick(db, now)).unwrap();
    }
}

fn done(answer: &doorstep_tests::inprocess::Answer) {
    assert!((200..300).contains(&answer.status), "{:?}", answer.problem());
}

fn text(value: &Value) -> String {
    value.to_string()
}

#[test]
fn suspected_abuse_is_at_the_police_at_once_and_the_officer_says_why_the_slip_is_opened() {
    let mut world = World::new("limited");
    world.visit(&[Signal::SuspectedAbuse]);
    assert!(world.alarms().iter().any(|alarm| alarm.starts_with("E02")), "{:?}", world.alarms());
    let referral = world.referral("PSB");
    assert_eq!(referral["state"]["code"], "submitted", "it waits for nobody");

    // Neither the fire desk, nor one that the rule does not name.
    for dept in ["FIRE", "CIVIL"] {
        let refused = world.act("he", &referral, "dispatch", &json!({"dept": dept}));
        assert_eq!(refused.problem(), (422, "not_this_desk".to_owned()), "{dept}");
    }
    assert_eq!(world.slips("zhao"), [] as [(Value, String); 0]);
    done(&world.act("he", &referral, "dispatch", &json!({"dept": "PSB"})));

    let [(unopened, path)] = &world.slips("wu")[..] else { panic!("one slip") };
    assert_eq!(unopened["values"]["rule_zh"], "依法必须报案");
    let read = world.get("wu", path).ok();
    for seen in [unopened, &read] {
        assert!(seen["values"]["due_at"].is_number() && seen["values"]["number"].is_string());
        for hidden in [NAME, ADDRESS, "limited"].iter().chain(NEVER) {
            assert!(!text(seen).contains(hidden), "{hidden}: {seen}");
        }
    }

    let open = format!("{path}/open");
    assert_eq!(world.post("wu", &open, &json!({"reason": " "})).problem().1, "text_missing");
    assert_eq!(world.post("zhao", &open, &json!({"reason": "看看"})).status, 404, "another desk's");
    assert_eq!(world.reviews().len(), 0);
    let opened = world.post("wu", &open, &json!({"reason": "出警前核对住址"})).ok();
    assert_eq!(opened["values"]["elder_name"], NAME);
    assert_eq!(opened["values"]["elder_address"], ADDRESS);
    assert_eq!(opened["values"]["elder_capacity"], "limited");
    assert_eq!(opened["values"]["allowed_zh"], "反家庭暴力法第十四条");
    assert!(opened["values"].get("elder_devices").is_none(), "the route does not name devices");
    for never in NEVER {
        assert!(!text(&opened).contains(never), "{never}");
    }

    // The same officer again within the hour: no second review. A colleague, or an hour later: one more each.
    done(&world.post("wu", &open, &json!({"reason": "再看一眼"})));
    let [review] = &world.reviews()[..] else { panic!("one review: {:?}", world.reviews()) };
    assert_eq!(review["values"]["reason"], "出警前核对住址");
    assert_eq!((&review["values"]["to"], &review["values"]["what"]), (&json!("PSB"), &json!("person_slip")));
    done(&world.post("wu2", &open, &json!({"reason": "换班"})));
    assert_eq!(world.reviews().len(), 2);
    world.pass(Span::minutes(59));
    done(&world.post("wu", &open, &json!({"reason": "途中"})));
    assert_eq!(world.reviews().len(), 2);
    world.pass(Span::minutes(1));
    done(&world.post("wu", &open, &json!({"reason": "复核"})));
    assert_eq!(world.reviews().len(), 3);

    // Whoever opened it is not named to the organisation, and not by an opaque id either.
    let wu = world.server.wait(world.server.admin().person("wu")).unwrap().id.to_string();
    let seen = world.get("mei", &world.path(&format!("referrals/{}", referral["id"].as_str().unwrap()))).ok();
    assert!(!text(&seen).contains(&wu) && !text(&json!(world.reviews())).contains(&wu));
    let steps = seen["history"].as_array().unwrap();
    let openings: Vec<&Value> = steps.iter().filter(|step| step["kind"] == "slip_opened").collect();
    assert_eq!((openings.len(), &openings[0]["dept"]), (3, &json!("PSB")));
    assert_eq!(openings[0]["role"], "officer");
    world.server.verifies();
}

#[test]
fn repeated_falls_wait_for_consent_then_are_opened_with_a_reason_and_looked_at() {
    let mut world = World::new("full");
    world.falls();
    let referral = world.referral("HEALTH");
    assert_eq!(referral["state"]["code"], "draft");
    assert_eq!(world.act("he", &referral, "dispatch", &json!({"dept": "HEALTH"})).problem().1, "wrong_state");
    done(&world.act("mei", &referral, "confirm-flag", &json!({"right": true})));
    assert_eq!(world.referral("HEALTH")["state"]["code"], "draft", "the supervisor alone is not enough");

    // By its own event the next day, and it goes.
    world.pass(Span::hours(24));
    world.consents(ConsentState::Granted, 1);
    assert_eq!(world.referral("HEALTH")["state"]["code"], "submitted");
    done(&world.act("he", &referral, "dispatch", &json!({"dept": "HEALTH"})));
    let [(_, path)] = &world.slips("su")[..] else { panic!("one slip") };
    let open = format!("{path}/open");
    let opened = world.post("su", &open, &json!({"reason": "安排上门复健评估"})).ok();
    assert_eq!(opened["values"]["elder_devices"], json!({"拐杖": true}));
    assert_eq!(opened["values"]["consent"], "health_center_share");
    let allowed = opened["values"]["allowed_zh"].as_str().unwrap();
    assert!(allowed.contains("提供给社康") && allowed.contains("2026-11-24"), "{allowed}");
    assert!(opened["values"].get("elder_capacity").is_none());
    for never in NEVER {
        assert!(!text(&opened).contains(never), "{never}");
    }

    let [review] = &world.reviews()[..] else { panic!("one review") };
    let decide = world.path(&format!("reviews/{}/decide", review["id"].as_str().unwrap()));
    let look = json!({"proper": true, "note": "与同意用途一致"});
    assert_eq!(world.post("mei", &decide, &look).problem().1, "role_not_allowed");
    done(&world.post("an", &decide, &look));
    assert_eq!(world.post("an", &decide, &look).problem(), (409, "already_decided".to_owned()));
    assert_eq!(world.reviews().len(), 0);
    let done = world.get("an", &world.path("reviews?done=true")).ok();
    assert_eq!(done[0]["values"]["proper"], true);

    // Taken back: the desk is told, and reads no more.
    world.consents(ConsentState::Withdrawn, 2);
    let [(marked, _)] = &world.slips("su")[..] else { panic!("one slip") };
    assert_eq!(marked["values"]["consent_stands"], false);
    assert_eq!(world.post("su", &open, &json!({"reason": "再看"})).problem(), (409, "no_consent".to_owned()));
    assert_eq!(world.reviews().len(), 0, "nothing was opened");
    world.server.verifies();
}

#[test]
fn a_consent_with_limits_lets_nothing_go_and_one_with_an_end_shows_nothing_after_it() {
    let mut world = World::new("full");
    world.falls();
    let referral = world.referral("HEALTH");
    done(&world.act("mei", &referral, "confirm-flag", &json!({"right": true})));
    world.consents(ConsentState::Limited, 1);
    assert_eq!(world.referral("HEALTH")["state"]["code"], "draft", "what the limits are, a person reads");
    assert_eq!(world.act("he", &referral, "dispatch", &json!({"dept": "HEALTH"})).problem().1, "wrong_state");

    let until = world.server.app.clock().now() + Span::hours(24);
    world.consents_until(ConsentState::Granted, 2, Some(until));
    done(&world.act("he", &referral, "dispatch", &json!({"dept": "HEALTH"})));
    let [(_, path)] = &world.slips("su")[..] else { panic!("one slip") };
    let open = format!("{path}/open");
    done(&world.post("su", &open, &json!({"reason": "安排上门复健评估"})));
    // From the moment on, although nothing has looked at the file since.
    world.server.clock.set(until);
    assert_eq!(world.post("su", &open, &json!({"reason": "再看"})).problem(), (409, "no_consent".to_owned()));
    world.pass(Span::minutes(1));
    let [(marked, _)] = &world.slips("su")[..] else { panic!("one slip") };
    assert_eq!(marked["values"]["consent_stands"], false);
    assert_eq!(world.reviews().len(), 1, "of what was opened before");
    world.server.verifies();
}

#[test]
fn a_review_that_nobody_makes_calls_somebody_once() {
    let mut world = World::new("limited");
    world.visit(&[Signal::SuspectedAbuse]);
    done(&world.act("he", &world.referral("PSB"), "dispatch", &json!({"dept": "PSB"})));
    let [(_, path)] = &world.slips("wu")[..] else { panic!("one slip") };
    done(&world.post("wu", &format!("{path}/open"), &json!({"reason": "出警"})));
    let late = |world: &World| world.alarms().iter().filter(|alarm| alarm.starts_with("review")).count();
    world.pass(Span::minutes(24 * 60 - 1));
    assert_eq!(late(&world), 0);
    world.pass(Span::minutes(2));
    assert_eq!(late(&world), 1, "{:?}", world.alarms());
    world.pass(Span::hours(24));
    assert_eq!(late(&world), 1);
    assert_eq!(world.reviews()[0]["values"]["overdue"], true);
    assert!(!world.alarms().iter().any(|alarm| alarm.contains(NAME)), "alarms travel further than files");
    world.server.verifies();
}

#[test]
fn what_was_told_to_save_a_life_is_looked_at_and_the_elder_is_told() {
    let mut world = World::new("full");
    let told = BreakGlass {
        act: BreakGlassAct::Opened,
        of: None,
        reason: "昏倒在家".to_owned(),
        told: Some("120".to_owned()),
        fields: vec!["allergies".to_owned(), "medicines".to_owned()],
    };
    world.says(vec![Part::event(&event("glass", GU, EventBody::BreakGlass(told)))]);
    let [review] = &world.reviews()[..] else { panic!("one review") };
    assert_eq!((&review["values"]["to"], &review["values"]["what"]), (&json!("120"), &json!("break_glass")));
    assert_eq!(review["values"]["due_at"], (MORNING + Span::hours(24)).millis());
    let path = world.path(&format!("reviews/{}", review["id"].as_str().unwrap()));
    done(&world.post("an", &format!("{path}/decide"), &json!({"proper": true, "note": "救命所需"})));
    assert_eq!(world.reviews().len(), 1, "the elder does not know yet");
    done(&world.post("lin", &format!("{path}/told"), &json!({"how": "出院后当面告知"})));
    assert_eq!(world.reviews().len(), 0);
    let again = world.post("lin", &format!("{path}/told"), &json!({"how": "再说一次"}));
    assert_eq!(again.problem(), (409, "already_decided".to_owned()));
    world.server.verifies();
}

#[test]
fn the_purchaser_sees_clocks_and_numbers_and_the_evaluator_nothing() {
    let mut world = World::new("limited");
    world.visit(&[Signal::SuspectedAbuse]);
    let referral = world.referral("PSB");
    done(&world.act("he", &referral, "dispatch", &json!({"dept": "PSB"})));
    let one = world.path(&format!("referrals/{}", referral["id"].as_str().unwrap()));
    let lists = [world.path("referrals"), one.clone(), world.path("flags")];
    for path in &lists {
        let seen = text(&world.get("street", path).ok());
        for hidden in [NAME, ADDRESS, "reason_zh", "家庭暴力", &GU.to_string(), "suspected_abuse"] {
            assert!(!seen.contains(hidden), "{path} shows {hidden}: {seen}");
        }
        assert_eq!(world.get("assessor", path).status, 403, "{path}");
        assert_eq!(world.get("wu", path).status, 404, "{path}");
    }
    let seen = world.get("street", &one).ok();
    assert_eq!(seen["referral"]["values"]["dept"]["1"], "PSB");
    assert!(seen["referral"]["due_at"].is_string() && seen["referral"]["title"].is_string());
    assert_eq!(seen["history"][0]["state"], "dispatched");
    let of_gu = world.get("street", &world.path(&format!("referrals?file={GU}"))).ok();
    assert_eq!(of_gu, json!([]));
    let supervisor = world.get("mei", &one).ok();
    assert!(supervisor["referral"]["values"]["reason_zh"].is_string());
}

/// The due time of the first round's desk, in milliseconds.
fn due(referral: &Value) -> i64 {
    referral["values"]["due_at"]["1"].as_i64().unwrap()
}

#[test]
fn a_question_stops_an_agreed_clock_until_its_answer_and_never_one_set_by_law() {
    let mut world = World::new("limited");
    world.falls();
    world.visit(&[Signal::SuspectedAbuse]);
    world.consents(ConsentState::Granted, 1);
    done(&world.act("mei", &world.referral("HEALTH"), "confirm-flag", &json!({"right": true})));
    for (dept, officer, by_law) in [("HEALTH", "su", false), ("PSB", "wu", true)] {
        let referral = world.referral(dept);
        done(&world.act("he", &referral, "dispatch", &json!({"dept": dept})));
        let [(_, slip)] = &world.slips(officer)[..] else { panic!("one slip") };
        let ask = format!("{slip}/ask");
        let question = json!({"question": "电梯到几楼?"});
        assert_eq!(world.post(officer, &ask, &question).problem().1, "wrong_state", "not accepted yet");
        done(&world.post(officer, &format!("{slip}/accept"), &json!({})));
        let before = due(&world.referral(dept));
        done(&world.post(officer, &ask, &question));
        assert_eq!(world.post(officer, &ask, &question).problem().1, "question_open");
        let asked = world.referral(dept);
        assert_eq!(due(&asked) > before, !by_law, "{dept}");
        let questions = asked["values"]["question"].as_object().unwrap();
        let (id, text) = questions.iter().next().unwrap();
        assert_eq!(text, "电梯到几楼?");

        world.pass(Span::hours(1));
        let answer = json!({"question": id, "text": "没有电梯"});
        assert_eq!(world.act("he", &asked, "answer", &answer).problem().1, "role_not_allowed");
        done(&world.act("lin", &asked, "answer", &answer));
        assert_eq!(world.act("mei", &asked, "answer", &answer).problem().1, "no_such_question", "answered once");
        let waited = if by_law { 0 } else { 3_600_000 };
        assert_eq!(due(&world.referral(dept)), before + waited, "{dept}: only as long as it took");
        let opened = world.post(officer, &format!("{slip}/open"), &json!({"reason": "查看答复"})).ok();
        assert_eq!(opened["values"]["answer"][id], "没有电梯");
    }
    world.server.verifies();
}
