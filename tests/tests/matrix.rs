//! Every route with every role: what the API answers is what the table says, and the table has a line for each route.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "matrix/request.rs"]
mod request;
#[path = "matrix/table.rs"]
mod table;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use doorstep_tests::inprocess::{Answer, MORNING, PASSWORD, Server};
use doorstep_tests::rawphone::{RawPhone, SYNC as SYNC_TYPE, asks, shop};
use doorstep_tests::street::Street;
use ed25519_dalek::SigningKey;
use request::{Ids, Request};
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Span;
use sync_core::wire::Down;
use table::{Row, rows};

/// Members of other places, or of none.
const STRANGERS: &[&str] = &["other-officer", "other-supervisor", "admin", "left", "not-yet", "no-more", "former"];

/// `METHOD /path` of each operation in the document of the API.
fn documented() -> BTreeSet<String> {
    let document = serde_json::to_value(doorstep::router::openapi()).unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let methods: Vec<String> = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        methods.into_iter().map(|method| format!("{method} {path}")).collect::<Vec<_>>()
    };
    document["paths"].as_object().unwrap().iter().flat_map(of_path).collect()
}

/// What is wrong with the lines of the table.
fn gaps(rows: &[Row], routes: &BTreeSet<String>) -> Vec<String> {
    let lines: BTreeSet<String> = rows.iter().map(|row| row.route.clone()).collect();
    let missing = routes.difference(&lines).map(|route| format!("{route} has no line in matrix/table.rs"));
    let stale = lines.difference(routes).map(|route| format!("{route} is in matrix/table.rs and nowhere else"));
    let twice = (lines.len() != rows.len()).then(|| "a route has two lines".to_owned());
    missing.chain(stale).chain(twice).collect()
}

#[test]
fn every_route_has_a_line() {
    assert_eq!(gaps(&rows(), &documented()), Vec::<String>::new());
}

#[test]
fn a_missing_or_stale_line_is_found() {
    let mut routes = documented();
    routes.insert("GET /v1/secrets".to_owned());
    assert_eq!(gaps(&rows(), &routes), ["GET /v1/secrets has no line in matrix/table.rs"]);
    let routes = documented().into_iter().filter(|route| route != "GET /v1/me").collect();
    assert_eq!(gaps(&rows(), &routes), ["GET /v1/me is in matrix/table.rs and nowhere else"]);
}

/// The street, and those who are shut out without being on it.
struct Stage {
    street: Street,
    expired: String,
    ended: String,
    /// Of each desk, the credential of a system.
    systems: BTreeMap<CaseloadId, String>,
    taken_away: String,
    run_out: String,
    /// Requests of systems, each with a key of its own.
    keys: Cell<u32>,
}

impl Stage {
    fn new() -> Self {
        let street = Street::default();
        let server = &street.server;
        let desktop = server.member("desktop", Role::Supervisor, street.hgs, true);
        let ended = server.login("desktop");
        assert_eq!(server.post("/v1/logout", Some(&ended), &json!({})).status, 204);
        server.clock.set(MORNING - Span::minutes(11));
        let expired = RawPhone::enrol(server, desktop, street.hgs, 98).access;
        let add = |desk, until| server.wait(server.admin().add_credential(desk, "接警平台", until)).unwrap();
        let run_out = add(street.fire, Some(MORNING - Span::minutes(1))).text.to_string();
        server.clock.set(MORNING);
        let taken_away = add(street.fire, None);
        assert!(server.wait(server.admin().revoke_credential(taken_away.id)).unwrap());
        let desks = [street.fire, street.urban, street.psb];
        let systems = desks.into_iter().map(|desk| (desk, add(desk, None).text.to_string())).collect();
        let (taken_away, keys) = (taken_away.text.to_string(), Cell::default());
        Self { street, expired, ended, systems, taken_away, run_out, keys }
    }

    /// The system with a credential of the desk in a path, and one of another desk.
    fn systems(&self, request: &Request) -> [String; 2] {
        let at: Option<CaseloadId> = request.ids.caseload.parse().ok();
        let at = at.filter(|desk| self.systems.contains_key(desk)).unwrap_or(self.street.fire);
        let other = if at == self.street.urban { self.street.fire } else { self.street.urban };
        [at, other].map(|desk| self.systems[&desk].clone())
    }

    /// Who stands for a column, each with the token that they show.
    fn column(&self, role: &'static str, request: &Request) -> Vec<(&'static str, Option<String>)> {
        let [system, other] = self.systems(request);
        let token = |name: &'static str| (name, Some(self.street.token(name).to_owned()));
        match role {
            "stranger" => STRANGERS.iter().copied().map(token).collect(),
            "shut" => self.shut(),
            "system" => vec![("system", Some(system))],
            "other-system" => vec![("other-system", Some(other))],
            member => vec![token(member)],
        }
    }

    /// Those who are shut out, each with the token that they show.
    fn shut(&self) -> Vec<(&'static str, Option<String>)> {
        let token = |name: &'static str| (name, Some(self.street.token(name).to_owned()));
        vec![
            ("nobody", None),
            ("nonsense", Some("a.b.c".to_owned())),
            ("expired", Some(self.expired.clone())),
            ("ended", Some(self.ended.clone())),
            token("disabled"),
            token("revoked"),
            token("suspended"),
            ("credential taken away", Some(self.taken_away.clone())),
            ("credential run out", Some(self.run_out.clone())),
        ]
    }

    fn send(&self, request: &Request, path: &str, token: Option<&str>) -> Answer {
        let body = request.body.as_ref().map(Value::to_string);
        let body = body.as_ref().map(|body| ("application/json", body.as_bytes()));
        let key = self.keys.replace(self.keys.get() + 1).to_string();
        let headers = [("Doorstep-Acting", "Zhao"), ("Idempotency-Key", key.as_str())];
        let system = token.is_some_and(|token| token.starts_with("doorstep_desk_"));
        let headers: &[(&str, &str)] = if system { &headers } else { &[] };
        self.street.server.send_with(request.method(), path, token, headers, body)
    }

    /// All that anybody could have changed.
    fn state(&self) -> Vec<(String, u64)> {
        let Street { server, hgs, oth, fire, urban, psb, .. } = &self.street;
        [hgs, oth, fire, urban, psb].into_iter().map(|caseload| server.state(*caseload)).collect()
    }
}

#[test]
fn every_role_gets_what_the_table_says() {
    let mut stage = Stage::new();
    let mut wrong = Vec::new();
    let mut nth = 0;
    for Row { route, statuses } in rows() {
        let Some(statuses) = statuses else { continue };
        let mut fresh = |stage: &mut Stage| {
            nth += 1;
            Request::fresh(&mut stage.street, &route, nth)
        };
        let check = |stage: &Stage, request: &Request, who: &str, token: Option<&str>, expected: u16| {
            let answer = stage.send(request, &request.path(), token);
            let body = String::from_utf8_lossy(&answer.bytes);
            let found = format!("{route} by {who}: {} instead of {expected}: {body}", answer.status);
            (answer.status != expected).then_some(found)
        };
        let (allowed, refused): (Vec<_>, Vec<_>) = statuses.into_iter().partition(|(_, status)| *status < 300);
        let request = fresh(&mut stage);
        let before = stage.state();
        for (role, status) in refused {
            for (who, token) in stage.column(role, &request) {
                wrong.extend(check(&stage, &request, who, token.as_deref(), status));
            }
        }
        if stage.state() != before {
            wrong.push(format!("{route}: somebody who was refused changed something"));
        }
        for (role, status) in allowed {
            for (who, token) in stage.column(role, &request) {
                let request = fresh(&mut stage);
                wrong.extend(check(&stage, &request, who, token.as_deref(), status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    stage.street.server.verifies();
}

#[test]
fn those_who_are_shut_out_are_told_why() {
    let stage = Stage::new();
    let told = |(who, token): (&'static str, Option<String>)| {
        (who, stage.street.server.get("/v1/me", token.as_deref()).problem())
    };
    let why = stage.shut().into_iter().map(told).map(|(who, (status, code))| {
        assert_eq!(status, 401);
        format!("{who}: {code}")
    });
    let expected = [
        "nobody: unauthenticated",
        "nonsense: unauthenticated",
        "expired: token_expired",
        "ended: session_ended",
        "disabled: unauthenticated",
        "revoked: device_revoked",
        "suspended: device_suspended",
        "credential taken away: unauthenticated",
        "credential run out: unauthenticated",
    ];
    assert_eq!(why.collect::<Vec<_>>(), expected);
}

/// An answer without the id of its request.
fn told(answer: &Answer) -> (u16, String, Value) {
    let mut body = answer.json();
    if let Some(instance) = body.get_mut("instance") {
        instance.take();
    }
    (answer.status, answer.content_type.clone(), body)
}

#[test]
fn nothing_tells_what_is_not_yours_from_what_is_not_there() {
    let mut stage = Stage::new();
    let nowhere = CaseloadId::from_bytes([7; 16]).to_string();
    let theirs = stage.street.referred("other-worker", "other-dispatcher", shop(200));
    let theirs_held = stage.street.held("other-worker", theirs.referral);
    let home = stage.street.elder("other-worker", shop(201), "谭伯");
    let theirs = [theirs.shop, theirs.referral, shop(201), home].map(|entity| entity.to_string());
    let theirs = [&theirs[..], &[theirs_held.to_string()]].concat();
    let alarms: Vec<u64> =
        (0..9).map(|nth| stage.street.alarm(stage.street.oth, &format!("F05 fails ({nth})"))).collect();
    let mut compared = 0;
    for (Row { route, statuses }, nth) in rows().into_iter().zip(1..) {
        let Some(statuses) = statuses.filter(|_| request::CASELOADS.iter().any(|name| route.contains(name))) else {
            continue;
        };
        let request = Request::fresh(&mut stage.street, &route, nth);
        let numbered = route.contains("{n}");
        let entity = if numbered { "987654".to_owned() } else { EntityId::from_bytes([7; 16]).to_string() };
        let invented = Ids { caseload: nowhere.clone(), entity };
        let mut same = |who: &str, token: Option<&str>, a: &Ids, b: &Ids| {
            let (a, b) = (request.path_to(a), request.path_to(b));
            let (is, is_not) = (told(&stage.send(&request, &a, token)), told(&stage.send(&request, &b, token)));
            assert_eq!(is, is_not, "{route} by {who}: {a} and {b}");
            assert!(is.0 == 404 || is.0 == 401, "{route} by {who}: {a} {is:?}");
            compared += 1;
        };
        for (role, status) in statuses {
            for (who, token) in stage.column(role, &request) {
                let token = token.as_deref();
                let Ids { caseload, entity } = &request.ids;
                if matches!(status, 404 | 401) {
                    same(who, token, &request.ids, &invented);
                }
                if status == 404 {
                    same(who, token, &request.ids, &Ids { caseload: "nonsense".into(), entity: entity.clone() });
                } else if status < 300 && request.names_an_entity() {
                    let place = |entity: &str| Ids { caseload: caseload.clone(), entity: entity.to_owned() };
                    let theirs = if numbered { vec![alarms[8].to_string()] } else { theirs.to_vec() };
                    for other in theirs {
                        same(who, token, &place(&other), &place(&invented.entity));
                    }
                    same(who, token, &place("nonsense"), &place(&invented.entity));
                }
            }
        }
    }
    assert!(compared > 400, "only {compared} pairs");
}

#[test]
fn a_body_that_names_what_is_not_yours_names_nothing() {
    let mut stage = Stage::new();
    let ours = stage.street.referred("worker", "dispatcher", shop(1));
    let theirs = stage.street.referred("other-worker", "other-dispatcher", shop(2));
    let home = stage.street.elder("worker", shop(3), "顾阿婆");
    let nothing = EntityId::from_bytes([7; 16]);
    let (hgs, oth) = (stage.street.hgs, stage.street.oth);
    let same = |who: &str, path: &str, body: &dyn Fn(EntityId) -> Value, is: EntityId| {
        let path = format!("/v1/caseloads/{hgs}/{path}");
        let post = |id| told(&stage.street.server.post(&path, Some(stage.street.token(who)), &body(id)));
        let (there, not_there) = (post(is), post(nothing));
        assert_eq!(there, not_there, "{path}");
        assert!((400..500).contains(&there.0), "{path} {there:?}");
    };
    same("steward", "link", &|id| json!({"a": ours.shop, "b": id, "reason": "同一家店"}), theirs.shop);
    same("steward", "link", &|id| json!({"a": id, "b": ours.shop, "reason": "同一家店"}), theirs.shop);
    // What is not of one kind is not one thing.
    same("steward", "link", &|id| json!({"a": shop(3), "b": id, "reason": "同一人"}), home);
    let settle = |id| json!({"entity": id, "field": "contact_phone", "value": "14200000001"});
    same("steward", "conflicts/settle", &settle, theirs.shop);
    let dispatch = format!("referrals/{}/dispatch", ours.referral);
    // A caseload is no desk, whoever has it.
    same("dispatcher", &dispatch, &|id| json!({"desk": id}), EntityId::from_bytes(*oth.bytes()));
    let list = |file: EntityId| {
        let path = format!("/v1/caseloads/{hgs}/referrals?file={file}&after={file}");
        told(&stage.street.server.get(&path, Some(stage.street.token("worker"))))
    };
    assert_eq!(list(theirs.shop), list(nothing));
}

#[test]
fn sync_brings_each_device_what_its_person_may_hold() {
    let mut stage = Stage::new();
    let _ours = stage.street.referred("worker", "dispatcher", shop(1));
    let (hgs, names) = (stage.street.hgs, stage.street.names().collect::<BTreeSet<_>>());
    for (who, holds, blocked) in table::SYNC {
        let synced = stage.street.syncs(who);
        let log = |frame: &Down| matches!(frame, Down::Entries(stretch) if stretch.caseload == hgs);
        assert_eq!(synced.frames.iter().any(log), *holds, "the log for {who}");
        assert_eq!(synced.blocked().map(|blocked| blocked.code()), *blocked, "{who}");
        let named = |frame: &Down| matches!(frame, Down::Caseload(info) if info.id == hgs && !info.name.is_empty());
        assert_eq!(synced.frames.iter().any(named), *holds, "the name for {who}");
        assert!(names.contains(who));
    }
    let stranger = SigningKey::from_bytes(&[250; 32]);
    let worker = stage.street.phone("worker");
    let mut unknown = RawPhone { key: stranger, refresh: None, ..worker.copied() };
    unknown.device = sync_core::id::DeviceId::from_bytes([7; 16]);
    assert_eq!(unknown.sync(&stage.street.server, Vec::new()).http.problem(), (401, "unknown_device".to_owned()));
    let mut impostor = RawPhone { key: unknown.key.clone(), ..stage.street.phone("worker").copied() };
    let refused = impostor.sync(&stage.street.server, Vec::new()).http.problem();
    assert_eq!(refused, (401, "not_signed_by_device".to_owned()));
}

/// Open routes look at no token: whoever shows one gets what the same request gets without.
#[test]
fn open_routes_answer_to_the_request_alone() {
    let stage = Stage::new();
    let server: &Server = &stage.street.server;
    let secret = {
        let session = server.post("/v1/login", None, &json!({"login": "desktop", "password": PASSWORD})).ok();
        session["refresh"].as_str().unwrap().to_owned()
    };
    let code = || {
        let person = server.wait(server.admin().person("worker")).unwrap().id;
        server.wait(server.admin().enrolment(person)).unwrap().code.grouped()
    };
    let mut seed = 150;
    for Row { route, .. } in rows().into_iter().filter(|row| row.statuses.is_none()) {
        for who in ["worker", "admin", "revoked", "nobody"] {
            let token = (who != "nobody").then(|| stage.street.token(who));
            seed += 1;
            let (status, wrong) = match route.as_str() {
                "GET /healthz" | "GET /readyz" => (server.get(&route[4..], token).status, 200),
                "POST /v1/login" => {
                    let right = json!({"login": "desktop", "password": PASSWORD});
                    let wrong = json!({"login": "desktop", "password": "not this one"});
                    let right = server.post("/v1/login", token, &right).status;
                    (right, server.post("/v1/login", token, &wrong).status)
                }
                "POST /v1/refresh" => {
                    let wrong = server.post("/v1/refresh", token, &json!({"refresh": "nonsense"})).status;
                    (server.post("/v1/refresh", token, &json!({"refresh": secret})).status, wrong)
                }
                "POST /v1/enrol" => {
                    let key = SigningKey::from_bytes(&[seed; 32]);
                    let wrong = server.post("/v1/enrol", token, &asks("7K3M-9QXA-0TZB-4C5D", &key, [seed; 16])).status;
                    (server.post("/v1/enrol", token, &asks(&code(), &key, [seed; 16])).status, wrong)
                }
                "POST /v1/sync" => {
                    let empty = Some((SYNC_TYPE, &b""[..]));
                    (200, server.send("POST", "/v1/sync", token, empty).status)
                }
                other => panic!("{other} takes no token: say here what it answers to"),
            };
            assert_eq!(status, 200, "{route} by {who}");
            assert!(
                (400..500).contains(&wrong) || ["GET /healthz", "GET /readyz"].contains(&&*route),
                "{route} by {who}: {wrong}"
            );
        }
    }
}
