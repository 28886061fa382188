//! The command line of the real program: who is on duty, where deliveries go, what did not arrive.

use doorstep_tests::receiver::{Does, Receiver, nowhere};
use doorstep_tests::server::Office;

/// A caseload `HGS` with a supervisor, a steward and a purchaser.
fn office() -> Office {
    let office = Office::new();
    office.furnish(&["lin"]);
    for (login, role) in [("mei", "supervisor"), ("an", "steward"), ("li", "purchaser")] {
        office.ok(&["admin", "person", "add", login, "--name", login, "--role", role]);
        office.ok(&["admin", "assign", login, "HGS"]);
    }
    office
}

fn told_once(said: &str) -> String {
    let line = said.lines().find(|line| line.contains("whsec_")).expect("the secret is printed");
    line.rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn duties_are_named_listed_and_missed_loudly() {
    let office = office();
    office.ok(&["admin", "duty", "add", "HGS", "mei", "--as", "first", "--from", "2026-01-01"]);
    let refused = office.run(&["admin", "duty", "add", "HGS", "lin", "--as", "first"]);
    assert!(!refused.ok && refused.err.contains("supervisor, steward, dispatcher"), "{}", refused.err);
    let list = office.ok(&["admin", "duty", "list"]);
    assert!(list.contains("mei 2026-01-01 00:00") && list.contains("by role") && !list.contains("!!"), "{list}");
    let alone = office.ok(&["admin", "unassign", "li", "HGS"]) + &office.ok(&["admin", "duty", "list"]);
    assert!(alone.contains("!! Alarms of HGS") && alone.contains("find nobody: purchaser"), "{alone}");
    let server = office.serve();
    assert!(server.said().contains("!! Alarms of HGS"), "{}", server.said());
    assert!(server.stop().success());
    let zh = office.ok(&["admin", "duty", "remove", "HGS", "mei", "--as", "first", "--lang", "zh"]);
    assert!(zh.contains("mei 不再值守") && zh.contains("没有人接:缺购买方"), "{zh}");
}

#[test]
fn an_address_is_added_tried_and_removed_and_dead_deliveries_are_replayed() {
    let office = office();
    let receiver = Receiver::start();
    let add = |url: &str, more: &[&str]| {
        office.run(&[&["admin", "webhook", "add", "--caseload", "HGS", "--for", "first", "--url", url], more].concat())
    };
    let clear = add("http://pager.example.org/x", &[]);
    assert!(!clear.ok && clear.err.contains("--allow-http"), "{}", clear.err);
    assert!(add("http://pager.example.org/x", &["--allow-http"]).ok);
    let added = add(&receiver.url(), &[]);
    let secret = told_once(&added.out);
    let id = added.out.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    let list = office.ok(&["admin", "webhook", "list"]);
    assert!(list.contains(&id) && !list.contains("whsec_") && !list.contains(&secret), "shown once: {list}");

    assert!(office.ok(&["admin", "webhook", "test", &id]).contains("the receiver has it"));
    let request = &receiver.requests()[0];
    assert!(request.is_signed(&secret));
    assert_eq!(request.json()["type"], "webhook.test");
    receiver.otherwise(Does::Answers(410));
    let failed = office.run(&["admin", "webhook", "test", &id]);
    assert!(!failed.ok && failed.err.contains("gone (410)"), "{}", failed.err);
    let dead = office.ok(&["admin", "delivery", "list"]);
    assert!(dead.contains("webhook.test") && dead.contains("gone (410)"), "{dead}");

    receiver.otherwise(Does::Answers(200));
    assert!(office.ok(&["admin", "delivery", "replay", "--caseload", "HGS"]).starts_with("1 deliveries"));
    let server = office.serve();
    receiver.waits_for(3);
    assert!(server.stop().success());
    let effects = receiver.effects();
    assert_eq!((receiver.requests().len(), effects.len()), (3, 2), "the running server sends it, under its id");
    office.ok(&["admin", "webhook", "remove", &id]);
    assert!(!office.ok(&["admin", "webhook", "list"]).contains(&id));
    let away = add(&nowhere(), &[]);
    let id = away.out.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    let failed = office.run(&["admin", "webhook", "test", &id, "--lang", "zh"]);
    assert!(!failed.ok && failed.err.contains("连接不上接收方"), "{}", failed.err);
    office.ok(&["verify"]);
}
