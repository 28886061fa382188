//! The JSON API under requests that make no sense, or are about what is somebody else's.

use doorstep_tests::inprocess::{Answer, Server};
use doorstep_tests::rawphone::{new_shop, shop};
use serde_json::{Value, json};
use sync_core::author::Role;

use crate::world::{MERGED, World};

/// Every operation of the document: method and path.
fn operations(server: &Server) -> Vec<(String, String)> {
    let document = server.get("/openapi.json", None).ok();
    let paths = document["paths"].as_object().unwrap().clone();
    let operation = |(path, item): (String, Value)| {
        let methods: Vec<String> =
            item.as_object().unwrap().keys().filter(|key| *key != "parameters").cloned().collect();
        methods.into_iter().map(move |method| (method.to_uppercase(), path.clone()))
    };
    paths.into_iter().flat_map(operation).collect()
}

/// A path with these values for its parameters, in turn.
fn filled(path: &str, caseload: &str, id: &str) -> String {
    let segment = |part: &str| match part {
        "{caseload}" | "{desk}" => caseload.to_owned(),
        part if part.starts_with('{') => id.to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[test]
fn every_operation_answers_nonsense_with_a_problem() {
    let world = World::new();
    let server = &world.server;
    let _mei = server.member("mei", Role::Supervisor, world.hgs, true);
    let access = server.login("mei");
    let operations = operations(server);
    assert!(operations.len() > 25, "{}", operations.len());
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("application/json", Vec::new()),
        ("application/json", b"{".to_vec()),
        ("application/json", b"null".to_vec()),
        ("application/json", b"[[[[]]]]".to_vec()),
        ("application/json", vec![b'['; 20_000]),
        ("application/json", b"{\"login\": 7, \"code\": [], \"reason\": {}, \"accept\": \"yes\", \"a\": -1}".to_vec()),
        ("application/json", b"\xff\xfe{}".to_vec()),
        ("text/plain", b"{}".to_vec()),
        ("multipart/form-data", b"--".to_vec()),
        ("application/json", vec![b' '; 1024 * 1024]),
    ];
    let hgs = world.hgs.to_string();
    let ids = ["01J00000000000000000000000", "no-id", "%00", "..%2f..", "'%20OR%201=1--", "%F0%9F%8D%8A"];
    for (method, path) in operations.iter().filter(|(_, path)| !["/healthz", "/readyz"].contains(&path.as_str())) {
        for id in ids {
            let path = filled(path, &hgs, id);
            if method == "GET" {
                // A stream that waits would answer for ever.
                let path = if path == "/v1/hints" { format!("{path}?wait={id}") } else { path };
                let answer = server.get(&path, Some(&access));
                assert!(answer.status < 500, "{method} {path}: {}", answer.status);
                continue;
            }
            for (content_type, body) in &bodies {
                let answer = server.send(method, &path, Some(&access), Some((content_type, body)));
                let at =
                    format!("{method} {path} {content_type} {:?}", String::from_utf8_lossy(&body[..body.len().min(9)]));
                // Logging out needs no body, and does not look at one.
                assert!(
                    answer.status < 500 && (answer.status >= 400 || path == "/v1/logout"),
                    "{at}: {}",
                    answer.status
                );
                if answer.status >= 400 {
                    let _whole = answer.code();
                }
            }
        }
        // Nobody gets anything without a token, and a method that is not there says so.
        let path = filled(path, &hgs, ids[0]);
        if !["/v1/login", "/v1/refresh", "/v1/enrol", "/v1/sync"].contains(&&*path) {
            let answer = server.send(method, &path, None, Some(("application/json", b"{}")));
            assert_eq!(answer.status, 401, "{method} {path}");
        }
        for method in ["PUT", "DELETE", "PATCH", "BREW"] {
            let answer = server.send(method, &path, Some(&access), Some(("application/json", b"{}")));
            assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()), "{method} {path}");
        }
    }
    world.is_sound();
}

#[test]
fn one_wrong_thing_has_one_code() {
    let world = World::new();
    let server = &world.server;
    let json = "application/json";
    let login = |content_type: &str, body: &[u8]| server.send("POST", "/v1/login", None, Some((content_type, body)));
    let huge = [b"{\"login\": \"".as_slice(), &vec![b'x'; 65 * 1024], b"\", \"password\": \"\"}"].concat();
    let cases: Vec<(Answer, u16, &str)> = vec![
        (server.get("/", None), 404, "not_found"),
        (server.get("/v1/nowhere", None), 404, "not_found"),
        (server.get("/v1/caseloads/../../etc/passwd", None), 404, "not_found"),
        (server.post("/v1/me", None, &json!({})), 405, "method_not_allowed"),
        (server.send("TRACE", "/v1/login", None, None), 405, "method_not_allowed"),
        (login(json, b"{\"login\": "), 400, "bad_request"),
        (login(json, b"{\"login\": 1, \"password\": true}"), 422, "invalid"),
        (login(json, b"{}"), 422, "invalid"),
        (login("application/xml", b"<login/>"), 415, "wrong_content_type"),
        (login(json, &huge), 413, "too_large"),
        (login(json, b"{\"login\": \"nobody\", \"password\": \"x\"}"), 401, "wrong_login"),
        (server.post("/v1/refresh", None, &json!({"refresh": "x"})), 401, "refresh_refused"),
        (server.get("/v1/me", None), 401, "unauthenticated"),
    ];
    for (nth, (answer, status, code)) in cases.into_iter().enumerate() {
        assert_eq!(answer.problem(), (status, code.to_owned()), "case {nth}");
    }
    let broken: [&[u8]; 6] = [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/sync HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/sync HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\nContent-Type: application/vnd.doorstep.sync\r\n\r\nzz\r\n",
        &[0xff; 4096],
    ];
    for bytes in broken {
        let answer = server.raw(bytes);
        assert!(!answer.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&answer));
        server.is_well();
    }
    world.is_sound();
}

#[test]
fn what_is_not_yours_is_answered_like_what_is_not_there() {
    let mut world = World::new();
    assert_eq!(world.wu.say(&world.server, new_shop(shop(1))), MERGED);
    let server = &world.server;
    let _mei = server.member("mei", Role::Supervisor, world.hgs, true);
    let _he = server.member("he", Role::Dispatcher, world.hgs, true);
    let state = server.state(world.oth);
    let bodies = [
        json!({}),
        json!({"a": shop(1), "b": shop(2), "reason": "同一家"}),
        json!({"accept": true, "reason": "好"}),
        json!({"dept": "FIRE"}),
        json!({"entity": shop(1), "field": "name", "value": "x"}),
        json!({"reason": "不是我们的", "suggested": "FIRE"}),
        json!({"outcome": "untrue", "public_text": "看过"}),
        json!({"right": true}),
        json!({"question": shop(1), "text": "在后巷"}),
        json!({"question": "后门在哪一侧?"}),
        json!({"proper": true, "note": "看过"}),
        json!({"how": "当面告知"}),
        json!({"decision": "dismiss", "reason": "已核实", "seen": 0}),
        json!({"text": "补录时填错了"}),
        json!({"kind": "typhoon", "until": "2026-11-24T10:00:00+08:00"}),
        json!({"document_number": "消 2026-1", "dated": "2026-11-23", "act": "accept"}),
    ];
    for login in ["mei", "he"] {
        let access = server.login(login);
        for (method, path) in operations(server).iter().filter(|(_, path)| path.contains('{')) {
            // Somebody else's, a desk's, and none at all; with an id that is there, and one that is not.
            let mut answers = Vec::new();
            for caseload in [world.oth.to_string(), world.fire.to_string(), "01J00000000000000000000000".to_owned()] {
                for id in [shop(1), shop(77)] {
                    // What has to be asked for besides, wherever it is asked for.
                    let path = filled(path, &caseload, &id.to_string()) + "?from=2026-11-01&to=2026-12-01&seed=x&n=3";
                    let bodies: &[Value] = if method == "GET" { &bodies[..1] } else { &bodies };
                    let told = bodies.iter().map(|body| {
                        let body = body.to_string();
                        let body = (method != "GET").then_some(("application/json", body.as_bytes()));
                        let answer = server.send(method, &path, Some(&access), body);
                        assert!((400..500).contains(&answer.status), "{login} {method} {path}: {}", answer.status);
                        answer.problem()
                    });
                    answers.push(told.collect::<Vec<_>>());
                }
            }
            assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{login} {method} {path}: {answers:?}");
            assert!(answers[0].contains(&(404, "not_found".to_owned())), "{login} {method} {path}: {answers:?}");
        }
    }
    assert_eq!(server.state(world.oth), state);
    world.is_sound();
}
