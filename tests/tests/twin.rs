//! Twin worlds: two servers with the same chance and the same clock, that differ only in a caseload. Whoever has nothing
//! to do with that caseload gets the same bytes from both, whatever they ask.
//!
//! Each exchange starts both worlds at the same place in their chance: what one world drew for its hidden life would
//! otherwise show in every id. Timing is not compared.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "twin/hidden.rs"]
mod hidden;
#[path = "twin/worlds.rs"]
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};

use doorstep_tests::inprocess::MORNING;
use doorstep_tests::rawphone::{new_premises, shop};
use doorstep_tests::street::Street;
use hidden::Hidden;
use serde_json::json;
use sync_core::author::Role;
use sync_core::log::Verdict;
use sync_core::submission::Part;
use sync_core::wire::{Item, Raw};
use worlds::{Seen, Twins};

/// Everybody who has nothing to do with the other caseload, or nothing any more.
const UNENTITLED: &[&str] = &[
    "worker",
    "supervisor",
    "steward",
    "dispatcher",
    "purchaser",
    "evaluator",
    "officer",
    "transcriber",
    "admin",
    "left",
    "other-left",
    "disabled",
    "revoked",
];

/// `GET` paths of the document of the API.
fn readable() -> Vec<String> {
    let document = serde_json::to_value(doorstep::router::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths.iter().filter(|(_, item)| item.get("get").is_some()).map(|(path, _)| path.clone()).collect()
}

/// The days on which things happen in both worlds.
const PERIOD: &str = "?from=2026-11-01&to=2026-12-01";

/// Queries that ask for what is hidden by name, id or kind.
fn queries(path: &str, hidden: &Hidden) -> Vec<String> {
    let mut queries = vec![String::new()];
    let ids = hidden.entities.iter().map(ToString::to_string);
    match path.rsplit('/').next().unwrap_or_default() {
        "premises" => {
            queries.extend(hidden.names.iter().map(|name| format!("?search={}", percent(name))));
            queries.extend(ids.map(|id| format!("?after={id}")));
        }
        "elders" => {
            queries.extend(hidden.names.iter().map(|name| format!("?q={}", percent(name))));
            queries.extend(ids.map(|id| format!("?after={id}")).chain(["?overdue=true".to_owned()]));
        }
        "read-log" => queries.extend(ids.map(|id| format!("?subject={id}"))),
        "referrals" => queries.extend(ids.map(|id| format!("?file={id}")).chain(["?overdue=true".to_owned()])),
        "slips" => queries.extend(ids.map(|id| format!("?after={id}")).chain(["?state=replied".to_owned()])),
        "flags" => queries.extend(["?rule=F01".to_owned(), "?standing=raised".to_owned()]),
        "report" => queries.extend([PERIOD.to_owned(), format!("{PERIOD}&frozen=2026-11-23T23:00:00%2B08:00")]),
        "sample" => queries.extend(["x", "y"].map(|seed| format!("{PERIOD}&seed={seed}&n=500"))),
        _ => {}
    }
    queries
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The paths that a route has in these worlds.
fn paths(route: &str, twins: &Twins, hidden: &Hidden) -> Vec<String> {
    let places = twins.places().into_iter().chain(hidden.caseloads.clone());
    let things: Vec<String> = match route.contains("{n}") {
        true => (1..4).map(|n: u64| n.to_string()).collect(),
        false => twins.things.iter().chain(&hidden.entities).map(ToString::to_string).collect(),
    };
    let Some((before, after)) = route.split_once('{').map(|(before, rest)| (before, rest.split_once('}').unwrap().1))
    else {
        // A stream would have no end; what comes on one has a test of its own.
        return vec![if route == "/v1/hints" { format!("{route}?wait=0") } else { route.to_owned() }];
    };
    let mut paths = Vec::new();
    for place in places {
        match after.split_once('{') {
            None => paths.extend(queries(route, hidden).iter().map(|query| format!("{before}{place}{after}{query}"))),
            Some((between, _)) => paths.extend(things.iter().map(|thing| format!("{before}{place}{between}{thing}"))),
        }
    }
    paths
}

/// The credential of the fire desk's own system, in both worlds.
fn system(twins: &mut Twins) -> String {
    let add = |street: &mut Street| {
        let given = street.server.wait(street.server.admin().add_credential(street.fire, "接警平台", None)).unwrap();
        given.text.to_string()
    };
    let (a, b) = twins.both(add);
    assert_eq!(a, b, "the worlds are out of step");
    a
}

#[test]
fn no_answer_knows_of_a_caseload_that_is_not_yours() {
    let mut twins = Twins::new();
    let system = system(&mut twins);
    let hidden = hidden::live(&mut twins);
    let mut asked = 0;
    for route in readable() {
        for path in paths(&route, &twins, &hidden) {
            for who in UNENTITLED {
                twins.same(&format!("GET {path} by {who}"), |street| {
                    Seen::of(&street.server.get(&path, Some(street.token(who))))
                });
                asked += 1;
            }
            twins.same(&format!("GET {path} by nobody"), |street| Seen::of(&street.server.get(&path, None)));
            twins.same(&format!("GET {path} by a system"), |street| Seen::of(&street.server.get(&path, Some(&system))));
        }
    }
    for path in ["/openapi.json", "/docs/", "/v1/nowhere"] {
        twins.same(path, |street| Seen::of(&street.server.get(path, None)));
    }
    assert!(asked > 1_000, "only {asked} questions");
}

#[test]
fn no_act_tells_of_a_caseload_that_is_not_yours() {
    let mut twins = Twins::new();
    let hidden = hidden::live(&mut twins);
    let acts = [
        ("premises", json!({})),
        ("link", json!({"a": hidden.entities[0], "b": hidden.entities[1], "reason": "同一家店"})),
        ("conflicts/settle", json!({"entity": hidden.entities[0], "field": "contact_phone", "value": "14200000001"})),
    ];
    for who in UNENTITLED {
        for place in twins.places().into_iter().chain(hidden.caseloads.clone()) {
            for (act, body) in &acts {
                let path = format!("/v1/caseloads/{place}/{act}");
                twins.same(&format!("POST {path} by {who}"), |street| {
                    Seen::of(&street.server.post(&path, Some(street.token(who)), body))
                });
            }
            for thing in &hidden.submissions {
                let path = format!("/v1/caseloads/{place}/held/{thing}/decide");
                let body = json!({"accept": true, "reason": "看看"});
                twins.same(&format!("POST {path} by {who}"), |street| {
                    Seen::of(&street.server.post(&path, Some(street.token(who)), &body))
                });
            }
            let mut acts = Vec::new();
            for flag in &hidden.flags {
                let decide = json!({"decision": "dismiss", "reason": "已核实", "seen": 0});
                acts.push((format!("/v1/caseloads/{place}/flags/{flag}/decide"), decide));
                acts.push((format!("/v1/caseloads/{place}/flags/{flag}/explain"), json!({"text": "填错了"})));
            }
            for thing in &hidden.entities {
                for act in ["close", "redo", "dispatch", "confirm-flag"] {
                    let body = json!({"dept": "FIRE", "right": true});
                    acts.push((format!("/v1/caseloads/{place}/referrals/{thing}/{act}"), body));
                }
                let reviews = format!("/v1/caseloads/{place}/reviews/{thing}");
                acts.push((format!("{reviews}/decide"), json!({"proper": true, "note": "报案所需"})));
                acts.push((format!("{reviews}/told"), json!({"how": "上门当面告知"})));
                let slip = format!("/v1/desks/{place}/slips/{thing}");
                acts.push((format!("{slip}/accept"), json!({})));
                acts.push((format!("{slip}/open"), json!({"reason": "出警前核对住址"})));
                acts.push((format!("{slip}/ask"), json!({"question": "后门在哪一侧?"})));
            }
            for (path, body) in acts {
                twins.same(&format!("POST {path} by {who}"), |street| {
                    Seen::of(&street.server.post(&path, Some(street.token(who)), &body))
                });
            }
        }
    }
}

#[test]
fn no_sync_brings_a_byte_of_a_caseload_that_is_not_yours() {
    let mut twins = Twins::new();
    let hidden = hidden::live(&mut twins);
    for who in UNENTITLED {
        let bytes = twins.same(&format!("the sync of {who}"), |street| Seen::of(&street.syncs(who).http));
        let told = String::from_utf8_lossy(&bytes.body).into_owned();
        assert!(hidden.names.iter().all(|name| !told.contains(name)), "{who} reads what is hidden");
    }
}

/// Somebody who left sends what they wrote, guesses at what others did there, and sends what nobody can read: the
/// verdicts tell nothing of what happened there since.
#[test]
fn uploads_to_a_caseload_that_was_left_tell_nothing_of_it() {
    let mut twins = Twins::new();
    let hidden = hidden::live(&mut twins);
    let oth = twins.a.oth;
    let forms = |street: &mut doorstep_tests::street::Street| {
        let phone = street.phone("other-left");
        let mut items = vec![phone.form(vec![new_premises(shop(90), "我走之前写的")])];
        // Ids of what people did at their consoles follow from who they are: whoever knows them can guess.
        for id in hidden.submissions.iter().chain(&hidden.submissions) {
            let mut form = phone.submission(vec![new_premises(shop(91), "猜的")]);
            form.id = *id;
            items.push(Item::Submission { number: form.number, bytes: Raw(form.encode()) });
        }
        let number = phone.numbers + 1;
        items.push(Item::Submission { number, bytes: Raw(hidden.unreadable.clone()) });
        phone.numbers = number;
        items
    };
    for round in ["first", "again, on top of what was held"] {
        let seen = twins.same(&format!("an upload of somebody who left, {round}"), |street| {
            let items = forms(street);
            Seen::of(&street.phone_syncs("other-left", items).http)
        });
        assert_eq!(seen.status, 200);
    }
    assert!(twins.b.server.state(oth).1 > twins.a.server.state(oth).1, "the worlds do not differ");
}

/// The work of a day goes the same way, whatever happens elsewhere: numbers, ids, slips and deadlines are the same.
#[test]
fn work_elsewhere_leaves_no_trace_in_ones_own() {
    let mut twins = Twins::new();
    let hidden = hidden::live(&mut twins);
    assert!(!hidden.entities.is_empty());
    let (hgs, fire) = (twins.a.hgs, twins.a.fire);
    let parts: Vec<Part> = doorstep_tests::rawphone::new_shop(shop(60));
    twins.same("an upload", |street| {
        let item = street.phone("worker").form(parts.clone());
        Seen::of(&street.phone_syncs("worker", vec![item]).http)
    });
    let list = format!("/v1/caseloads/{hgs}/referrals?file={}", shop(60));
    let listed =
        twins.same("the referral", |street| Seen::of(&street.server.get(&list, Some(street.token("dispatcher")))));
    let referral = listed.json()[0]["id"].as_str().unwrap().to_owned();
    let post = |twins: &mut Twins, who: &'static str, path: String, body: serde_json::Value| {
        let seen = twins.same(&path, |street| Seen::of(&street.server.post(&path, Some(street.token(who)), &body)));
        assert_eq!(seen.status, 200, "{path}");
    };
    post(
        &mut twins,
        "dispatcher",
        format!("/v1/caseloads/{hgs}/referrals/{referral}/dispatch"),
        json!({"dept": "FIRE"}),
    );
    let slips = format!("/v1/desks/{fire}/slips");
    let listed = twins.same("the slips", |street| Seen::of(&street.server.get(&slips, Some(street.token("officer")))));
    let known: BTreeSet<String> = twins.things.iter().map(ToString::to_string).collect();
    let slips = listed.json();
    let ids = slips.as_array().unwrap().iter().map(|slip| slip["id"].as_str().unwrap());
    for slip in ids.filter(|slip| !known.contains(*slip)) {
        post(&mut twins, "officer", format!("/v1/desks/{fire}/slips/{slip}/accept"), json!({}));
    }
    for who in ["worker", "supervisor"] {
        twins.same(&format!("the sync of {who}"), |street| Seen::of(&street.syncs(who).http));
    }
    let file = format!("/v1/caseloads/{hgs}/premises/{}", shop(60));
    twins.same("the file", |street| Seen::of(&street.server.get(&file, Some(street.token("supervisor")))));
}

/// A desk knows of a caseload what its slips say: not how much else is written there, nor what is added to the shop that a
/// slip is about.
#[test]
fn a_desk_learns_nothing_beside_its_slips() {
    let mut twins = Twins::new();
    let system = system(&mut twins);
    let hidden = hidden::live_among_ours(&mut twins);
    let slip = twins.things[2];
    for route in readable() {
        for path in paths(&route, &twins, &hidden) {
            for who in ["officer", "transcriber", "other-officer", "other-supervisor", "left"] {
                twins.same(&format!("GET {path} by {who}"), |street| {
                    Seen::of(&street.server.get(&path, Some(street.token(who))))
                });
            }
            twins.same(&format!("GET {path} by a system"), |street| Seen::of(&street.server.get(&path, Some(&system))));
        }
    }
    let reply = json!({"outcome": "ordered_at_once", "public_text": "已清除", "document_number": "消 2026-1"});
    for (act, body) in [("accept", json!({})), ("checking", json!({})), ("reply", reply)] {
        let path = format!("/v1/desks/{}/slips/{slip}/{act}", twins.a.fire);
        let seen =
            twins.same(&path, |street| Seen::of(&street.server.post(&path, Some(street.token("officer")), &body)));
        assert_eq!(seen.status, 200, "{path}");
        let path = format!("/v1/desks/{}/slips/{slip}", twins.a.fire);
        twins.same(&path, |street| Seen::of(&street.server.get(&path, Some(street.token("officer")))));
    }
    // Nor from a slip that comes after all that: how far the log is, and what was counted in it.
    let parts: Vec<Part> = doorstep_tests::rawphone::new_shop(shop(60));
    let ids = twins.both(|street| {
        assert_eq!(street.says("steward", parts.clone()), Verdict::Merged);
        let list = street.sees("dispatcher", &format!("/v1/caseloads/{}/referrals?file={}", street.hgs, shop(60)));
        let dispatch = format!("/v1/caseloads/{}/referrals/{}/dispatch", street.hgs, list[0]["id"].as_str().unwrap());
        street.does("dispatcher", &dispatch, &json!({"dept": "FIRE"}));
        let slips = street.sees("officer", &format!("/v1/desks/{}/slips?state=dispatched", street.fire));
        slips[0]["id"].as_str().unwrap().to_owned()
    });
    assert_eq!(ids.0, ids.1);
    let path = format!("/v1/desks/{}/slips/{}", twins.a.fire, ids.0);
    let seen = twins.same(&path, |street| Seen::of(&street.server.get(&path, Some(street.token("officer")))));
    assert_eq!(seen.json()["chain"][0]["did"], "seen");
    let premises = format!("/v1/caseloads/{}/premises", twins.a.hgs);
    let (a, b) = twins.both(|street| Seen::of(&street.server.get(&premises, Some(street.token("worker")))));
    assert_ne!(a, b, "the worlds do not differ");
}

/// Streams are open while things happen elsewhere. What is heard until something of one's own happens is the same.
#[test]
fn no_stream_knows_of_a_caseload_that_is_not_yours() {
    let mut twins = Twins::new();
    let listeners: Vec<&str> =
        UNENTITLED.iter().copied().filter(|who| !["disabled", "revoked"].contains(who)).collect();
    let (a, b) = twins.both(|street| listeners.iter().map(|who| Listening::on(street, who)).collect::<Vec<_>>());
    let hidden = hidden::live(&mut twins);
    assert!(!hidden.entities.is_empty());
    let parts: Vec<Part> = doorstep_tests::rawphone::new_shop(shop(60));
    twins.same("an upload", |street| {
        let item = street.phone("worker").form(parts.clone());
        Seen::of(&street.phone_syncs("worker", vec![item]).http)
    });
    // Everybody comes back to one caseload, so that there is an end to listen for; the clocks of both worlds agree.
    let ends = twins.both(|street| {
        let server = &street.server;
        let next = server.caseload("END");
        for who in &listeners {
            let person = server.wait(server.admin().person(who)).unwrap().id;
            server.wait(server.admin().assign(next, person, Some(Role::Supervisor))).unwrap();
        }
        next.to_string()
    });
    assert_eq!(ends.0, ends.1);
    for ((who, a), b) in listeners.iter().zip(a).zip(b) {
        assert_eq!(a.head, b.head, "how the stream of {who} begins tells the worlds apart");
        assert_eq!(a.until(&ends.0), b.until(&ends.1), "what {who} hears tells the worlds apart");
    }
}

/// A stream that is open.
struct Listening {
    /// Its beginning, but for the machine's clock.
    head: Vec<String>,
    lines: BufReader<std::net::TcpStream>,
}

impl Listening {
    fn on(street: &Street, who: &str) -> Self {
        let token = street.token(who);
        let asked = format!("GET /v1/hints HTTP/1.1\r\nHost: doorstep\r\nAuthorization: Bearer {token}\r\n\r\n");
        let mut lines = BufReader::new(street.server.began(asked.as_bytes()));
        let (mut head, mut line) = (Vec::new(), String::new());
        while !line.starts_with("retry:") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "no stream for {who}: {head:?}");
            if !line.starts_with("date:") {
                head.push(line.clone());
            }
        }
        Self { head, lines }
    }

    /// Listens until this caseload is spoken of: what was last said of each. How often it was said on the way depends on
    /// how fast things went.
    fn until(mut self, end: &str) -> BTreeMap<String, String> {
        let (mut last, mut event, mut line) = (BTreeMap::new(), String::new(), String::new());
        while !line.contains(end) {
            line.clear();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(said) = line.strip_prefix("data: ") {
                let news: serde_json::Value = serde_json::from_str(said).unwrap();
                last.insert(news["caseload"].as_str().unwrap().to_owned(), format!("{event}{said}"));
                event.clear();
            } else if line.contains(": ") {
                event.push_str(&line);
            }
        }
        // When the end is heard, more may be written there already.
        last.remove(end);
        last
    }
}

/// The comparison sees a difference when there is one: for those who may see it.
#[test]
fn those_who_work_there_see_the_difference() {
    let mut twins = Twins::new();
    let hidden = hidden::live(&mut twins);
    let oth = twins.a.oth;
    for path in [
        format!("/v1/caseloads/{oth}/premises"),
        format!("/v1/caseloads/{oth}/premises/{}", hidden.entities[0]),
        format!("/v1/caseloads/{oth}/elders"),
        format!("/v1/caseloads/{oth}/elders/{}", hidden.entities[5]),
        format!("/v1/caseloads/{oth}/dwellings/{}", hidden.entities[6]),
        format!("/v1/caseloads/{oth}/read-log"),
        format!("/v1/caseloads/{oth}/flags"),
        format!("/v1/caseloads/{oth}/held"),
        format!("/v1/caseloads/{oth}/referrals"),
        format!("/v1/caseloads/{oth}/duplicates"),
        format!("/v1/caseloads/{oth}/conflicts"),
        format!("/v1/caseloads/{oth}/alarms"),
        format!("/v1/caseloads/{oth}/reviews"),
        format!("/v1/caseloads/{oth}/report{PERIOD}"),
        "/v1/caseloads".to_owned(),
    ] {
        let (a, b) = twins.both(|street| Seen::of(&street.server.get(&path, Some(street.token("other-supervisor")))));
        assert_ne!(a, b, "{path} is the same in both worlds");
    }
    let slips = format!("/v1/desks/{}/slips", twins.a.urban);
    let (a, b) = twins.both(|street| Seen::of(&street.server.get(&slips, Some(street.token("other-officer")))));
    assert_ne!(a, b, "the other desk");
    let (a, b) = twins.both(|street| Seen::of(&street.syncs("other-supervisor").http));
    assert_ne!(a, b, "the sync");
    assert!(twins.a.server.app.clock().now() > MORNING);
}
