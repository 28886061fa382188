//! The log of the real program over a working day, at its most talkative: every line of a request has its id and its
//! route, and nobody who was planted in the day is in it.

use doorstep_tests::handset::{Handset, new_premises};
use doorstep_tests::server::Office;
use serde_json::{Value, json};
use sync_core::generator::{Shift, roster, worker_day};

fn post(url: &str, access: Option<&str>, body: &Value) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(url);
    let request = match access {
        Some(access) => request.header("Authorization", format!("Bearer {access}")),
        None => request,
    };
    let mut answer = request.send_json(body).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[test]
fn a_days_log_names_routes_and_nobody() {
    let office = Office::new();
    office.furnish(&["lin.xiaoyu"]);
    office.ok(&["admin", "person", "add", "mei.shufen", "--name", "梅淑芬", "--role", "supervisor"]);
    let said = office.ok(&["admin", "person", "password", "mei.shufen"]);
    office.ok(&["admin", "assign", "mei.shufen", "HGS"]);
    let password = said.split_whitespace().map(|word| word.trim_matches(['"', ',', '.'])).max_by_key(|word| word.len());
    let password = password.unwrap().to_owned();
    let mut command = office.command(&["serve"]);
    command.env("DOORSTEP_LOG_FORMAT", "json").env("DOORSTEP_LOG_LEVEL", "debug,doorstep=trace");
    let server = office.serve_as(command);
    let base = format!("http://{}", server.address);
    let code = office.code("lin.xiaoyu");
    let handset = Handset::enrol(office.dir(), "小雨的手机", &base, &code);
    let shops: &'static _ = Box::leak(Box::new(roster(7, 6)));
    for shop in &shops.premises {
        handset.finish(new_premises(shop));
    }
    handset.sync();
    let date = "2026-11-23".parse().unwrap();
    for visit in worker_day(shops, Shift { worker: 0, workers: 1, day: 0, date }).visits.iter().take(4) {
        handset.visit(handset.shop(&shops.premises[visit.premises_ix].name), visit);
    }
    handset.sync();
    let (status, session) =
        post(&format!("{base}/v1/login"), None, &json!({"login": "mei.shufen", "password": password}));
    assert_eq!(status, 200, "{said}");
    let text = |name: &str| session[name].as_str().unwrap().to_owned();
    let (access, refresh) = (text("access"), text("refresh"));
    post(&format!("{base}/v1/refresh"), None, &json!({"refresh": refresh}));
    post(&format!("{base}/v1/login"), None, &json!({"login": "mei.shufen", "password": "山茶花 wrong"}));
    let id = handset.caseload;
    for path in ["premises?search=%E9%98%BF%E6%A1%82", "elders?search=%E9%A1%BE", "held", "referrals"] {
        let answer =
            ureq::get(format!("{base}/v1/caseloads/{id}/{path}")).header("Authorization", format!("Bearer {access}"));
        assert_eq!(answer.call().unwrap().status(), 200);
    }
    assert!(server.stop().success());
    let log = std::fs::read_to_string(office.dir().join("server.log")).unwrap();
    let mut answered = 0;
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if line["fields"]["message"] == "answered" {
            let span = &line["span"];
            assert!(span["id"].as_str().is_some_and(|id| id.len() == 26), "{line}");
            let route = span["route"].as_str().unwrap();
            assert!(route == "-" || !route.chars().any(|c| c.is_ascii_uppercase() || c == '%' || c == '?'), "{line}");
            answered += 1;
        }
    }
    assert!(answered > 8, "{log}");
    let mut planted = vec![access, refresh, password, code.replace('-', ""), code];
    planted
        .extend(["梅淑芬", "小雨的手机", "山茶花", "mei.shufen", "lin.xiaoyu", "%E9%98%BF", "阿桂"].map(str::to_owned));
    for shop in &shops.premises {
        let own = [&shop.name, &shop.address, &shop.contact_name, &shop.contact_phone, &shop.operator.legal_name];
        planted.extend(own.into_iter().filter(|text| !text.is_empty()).cloned());
    }
    for secret in planted {
        assert!(!log.contains(&secret), "{secret} is in the log:\n{log}");
    }
}
