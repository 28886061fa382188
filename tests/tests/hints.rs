//! Hints: whoever waits is told where there is something to fetch, on any node, and of nothing that is not theirs.

use std::io::BufReader;
use std::time::{Duration, Instant};

use doorstep::db::Statement;
use doorstep_tests::hearing::{Heard, Hearing};
use doorstep_tests::inprocess::Server;
use doorstep_tests::rawphone::{RawPhone, new_shop, shop};
use doorstep_tests::server::until;
use doorstep_tests::street::Street;
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::id::CaseloadId;
use sync_core::limits;
use sync_core::log::Verdict;
use sync_core::time::Span;

/// Whether news is of this caseload and reaches so far.
fn reaches(id: CaseloadId, seq: u64) -> impl Fn(&Value) -> bool {
    move |news| news["caseload"] == id.to_string() && news["seq"].as_u64() >= Some(seq)
}

/// Two workers of a caseload; the second listens at the second node.
fn listens(a: &Server, b: &Server) -> (CaseloadId, RawPhone, RawPhone, Hearing) {
    let id = a.caseload("HGS");
    let lin = a.member("lin", Role::Worker, id, false);
    let chen = a.member("chen", Role::Worker, id, false);
    let (lin, chen) = (RawPhone::enrol(a, lin, id, 1), RawPhone::enrol(b, chen, id, 2));
    let hearing = Hearing::at(b.address(), &chen.access, "");
    let begins = hearing.news();
    assert_eq!(begins, json!({"caseload": id, "epoch": 1, "seq": a.entries(id)}), "how things stand");
    (id, lin, chen, hearing)
}

#[test]
fn what_is_said_at_one_node_is_heard_at_the_other() {
    let a = Server::on_postgres();
    let b = a.beside();
    let (id, mut lin, mut chen, hearing) = listens(&a, &b);
    for n in 1..4 {
        assert_eq!(lin.say(&a, new_shop(shop(n))), Verdict::Merged);
        hearing.until(reaches(id, a.entries(id)));
        assert_eq!(lin.say(&b, new_shop(shop(n + 10))), Verdict::Merged);
        hearing.until(reaches(id, a.entries(id)));
    }
    let synced = chen.sync(&b, Vec::new());
    assert_eq!(synced.log().len(), usize::try_from(a.entries(id)).unwrap(), "and there it is");
}

#[test]
fn one_node_on_sqlite_tells_its_own() {
    let server = Server::on_sqlite();
    let (id, mut lin, _chen, hearing) = listens(&server, &server);
    assert_eq!(lin.say(&server, new_shop(shop(1))), Verdict::Merged);
    hearing.until(reaches(id, server.entries(id)));
}

/// Those who listen for other nodes: how many, and with a kill.
const LISTENERS: Statement = Statement {
    name: "LISTENERS",
    sql: "SELECT CAST(pid AS BIGINT) FROM pg_stat_activity \
          WHERE datname = current_database() AND query LIKE '%pg_backend_pid()' AND state = 'idle'",
};
const KILL: Statement = Statement { name: "KILL", sql: "SELECT pg_terminate_backend(CAST($1 AS INTEGER))" };

#[test]
#[expect(clippy::disallowed_methods, reason = "streams look by themselves as well, much later")]
fn a_lost_line_to_the_other_nodes_is_found_again() {
    let a = Server::on_postgres();
    let b = a.beside();
    let (id, mut lin, _chen, hearing) = listens(&a, &b);
    let listeners = || -> Vec<i64> {
        let rows = a.wait(async { a.db.read().await.unwrap().all(LISTENERS, Vec::new()).await.unwrap() });
        rows.iter().map(|row| row.get(0).unwrap()).collect()
    };
    until("both nodes listen", || listeners().len() == 2);
    let killed = listeners();
    for pid in &killed {
        a.wait(async {
            let mut tx = a.db.write().await.unwrap();
            tx.run(KILL, vec![(*pid).into()]).await.unwrap();
        });
    }
    // Said while nobody listens: heard because everybody is told once when somebody does again.
    let began = Instant::now();
    assert_eq!(lin.say(&a, new_shop(shop(1))), Verdict::Merged);
    hearing.until(reaches(id, a.entries(id)));
    until("both nodes listen again", || listeners().iter().filter(|pid| !killed.contains(pid)).count() == 2);
    assert_eq!(lin.say(&a, new_shop(shop(2))), Verdict::Merged);
    hearing.until(reaches(id, a.entries(id)));
    assert!(began.elapsed() < Duration::from_secs(24), "it was heard because streams look by themselves");
}

#[test]
fn a_stream_ends_with_its_callers_access_on_any_node() {
    let a = Server::on_postgres();
    let b = a.beside();
    let (id, mut lin, chen, hearing) = listens(&a, &b);
    assert!(a.wait(a.admin().revoke(chen.device, "mei", None)).unwrap());
    assert_eq!(hearing.next(), Heard::End, "a revoked phone");
    let refused = b.get("/v1/hints?wait=0", Some(&chen.access));
    assert_eq!(refused.problem(), (401, "device_revoked".to_owned()));

    let mei = a.member("mei", Role::Supervisor, id, true);
    let session =
        b.post("/v1/login", None, &json!({"login": "mei", "password": doorstep_tests::inprocess::PASSWORD})).ok();
    let token = session["access"].as_str().unwrap();
    let hearing = Hearing::at(b.address(), token, "");
    assert_eq!(hearing.news()["alarms"], 0, "who looks after alarms is told of them");
    let _done = a.post("/v1/logout", Some(token), &json!({}));
    assert_eq!(hearing.next(), Heard::End, "a session that was ended");

    let token = a.login("mei");
    let hearing = Hearing::at(b.address(), &token, "");
    let _begins = hearing.news();
    assert!(a.wait(a.admin().unassign(id, mei)).unwrap());
    assert_eq!(hearing.next(), Heard::Event("left".to_owned(), json!({"caseload": id})));
    // What happens there is not theirs any more; what they enter is.
    assert_eq!(lin.say(&a, new_shop(shop(1))), Verdict::Merged);
    let other = a.caseload("OTH");
    a.wait(a.admin().assign(other, mei, None)).unwrap();
    assert_eq!(hearing.news()["caseload"], other.to_string());
    a.wait(a.admin().disable(mei, true)).unwrap();
    assert_eq!(hearing.next(), Heard::End, "a disabled person");
}

#[test]
fn desks_hear_of_slips_and_those_on_duty_of_alarms() {
    let mut street = Street::default();
    let at = |street: &Street, who: &str| Hearing::at(street.server.address(), street.token(who), "");
    let (officer, other, supervisor, worker) =
        (at(&street, "officer"), at(&street, "other-officer"), at(&street, "supervisor"), at(&street, "worker"));
    let fire = street.fire;
    let desks: Vec<Value> = [officer.news(), officer.news()].into();
    let before = desks.iter().find(|news| news["caseload"] == fire.to_string()).unwrap()["seq"].as_u64().unwrap();
    let _begins = (other.news(), worker.news());
    assert_eq!(supervisor.news()["alarms"], 0);
    let (_, slip) = street.dispatched(shop(1));
    officer.until(reaches(fire, before + 1));
    assert!(street.sees("officer", &format!("/v1/desks/{fire}/slips")).to_string().contains(&slip.to_string()));
    let n = street.alarm(street.hgs, "F05 fails");
    supervisor.until(|news| news["alarms"].as_u64() >= Some(n));
    let mut revoke = |who: &str| {
        let device = street.phone(who).device;
        assert!(street.server.wait(street.server.admin().revoke(device, "mei", None)).unwrap());
    };
    revoke("other-officer");
    assert_eq!(other.rest(), [], "the other desk heard nothing");
    revoke("worker");
    assert!(worker.rest().iter().all(|(_, said)| said.get("alarms").is_none()), "alarms are not a worker's");
}

#[test]
fn streams_are_few_for_each_and_end_when_asked() {
    let server = Server::start();
    let (id, mut lin, chen, first) = listens(&server, &server);
    let token = &chen.access;
    assert_eq!(Hearing::at(server.address(), token, "?wait=0").rest().len(), 1, "how things stand, and the end");
    let more: Vec<Hearing> = (0..limits::HINT_STREAMS_EACH - 1)
        .map(|_| Hearing::at(server.address(), token, ""))
        .inspect(|hearing| assert_eq!(hearing.news()["caseload"], id.to_string()))
        .collect();
    assert_eq!(lin.say(&server, new_shop(shop(1))), Verdict::Merged);
    first.until(reaches(id, server.entries(id)));
    let last = Hearing::at(server.address(), token, "");
    assert_eq!(first.rest(), [], "the oldest makes room");
    assert_eq!(lin.say(&server, new_shop(shop(2))), Verdict::Merged);
    more.iter().chain([&last]).for_each(|hearing| hearing.until(reaches(id, server.entries(id))));
    // No longer than the token is good.
    for wait in [Span::minutes(9), Span::seconds(59)] {
        server.clock.advance(wait);
    }
    assert!(Hearing::at(server.address(), token, "").rest().len() == 1);
    server.app.stop();
    assert!(more.iter().chain([&last]).all(|hearing| hearing.rest().is_empty()), "the server stops");
}

/// 1,000 phones that wait: what a node holds for them, with the sockets of those who listen in this same process.
#[test]
#[expect(clippy::disallowed_methods, reason = "how soon all have heard is told")]
fn a_thousand_who_wait_cost_little() {
    const STREAMS: usize = 1_000;
    let server = Server::start();
    let id = server.caseload("HGS");
    let mut tokens = Vec::new();
    for person in 0..STREAMS.div_ceil(limits::HINT_STREAMS_EACH) {
        let worker = server.member(&format!("w{person}"), Role::Worker, id, false);
        tokens.push(RawPhone::enrol_with(&server, worker, id, u16::try_from(person).unwrap()).access);
    }
    let mut lin = {
        let lin = server.member("lin", Role::Worker, id, false);
        RawPhone::enrol_with(&server, lin, id, 60_000)
    };
    let before = resident_kib();
    let mut open = Vec::new();
    for token in tokens.iter().cycle().take(STREAMS) {
        let asked = format!("GET /v1/hints HTTP/1.1\r\nHost: doorstep\r\nAuthorization: Bearer {token}\r\n\r\n");
        let mut lines = BufReader::with_capacity(256, server.began(asked.as_bytes()));
        hears(&mut lines, server.entries(id));
        open.push(lines);
    }
    let each = (resident_kib() - before) / u64::try_from(STREAMS).unwrap();
    let began = Instant::now();
    assert_eq!(lin.say(&server, new_shop(shop(1))), Verdict::Merged);
    let reached = server.entries(id);
    open.iter_mut().for_each(|lines| hears(lines, reached));
    println!("{each} KiB for each of {STREAMS} streams; all had heard {} ms later", began.elapsed().as_millis());
    assert!(each < 100, "{each} KiB for each stream");
}

/// Reads until news reaches this entry.
fn hears(lines: &mut impl std::io::BufRead, seq: u64) {
    let wanted = format!("\"seq\":{seq}");
    let mut line = String::new();
    while !line.contains(&wanted) {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the stream ended");
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
