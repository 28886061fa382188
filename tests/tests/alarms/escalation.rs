//! From whoever is told first to the deputy and the purchaser, until a person acknowledges.

use doorstep::db::Statement;
use doorstep::db::duty::{Duty, Level};
use doorstep::verify::{Code, verify};
use doorstep_tests::inprocess::MORNING;
use doorstep_tests::rawphone::{event, found, new_hazard, new_premises, shop};
use doorstep_tests::street::Street;
use serde_json::json;
use sync_core::author::Role;
use sync_core::log::Verdict;
use sync_core::submission::Part;
use sync_core::time::Span;

use crate::night::Night;

#[test]
fn an_alarm_that_nobody_acknowledges_passes_to_the_deputy_and_then_to_the_purchaser() {
    let night = Night::falls();
    let n = night.street.alarm(night.street.hgs, "F05 fails");
    night.tick();
    for minute in 0..60 {
        let expected = match minute {
            0..10 => ("first", json!("2026-11-23T08:40:00+08:00"), [1, 0, 0]),
            10..30 => ("deputy", json!("2026-11-23T09:00:00+08:00"), [1, 1, 0]),
            _ => ("purchaser", json!(null), [1, 1, 1]),
        };
        let alarm = night.alarm(n);
        assert_eq!((alarm["level"].as_str().unwrap(), alarm["next_at"].clone(), night.told(n)), expected, "{minute}");
        night.minutes(1);
    }
    assert_eq!(night.paged(), [vec!["alarm.raised"], vec!["alarm.escalated"], vec!["alarm.escalated"]]);
    let who = |step: usize| night.alarm(n)["told"][step]["person"].clone();
    assert_eq!(who(0), json!(night.person("supervisor")));
    assert_eq!(who(1), json!(night.person("steward")));
    assert_eq!(who(2), json!(night.person("purchaser")));
    assert_eq!(night.alarm(n)["told"][1]["at"], "2026-11-23T08:40:00+08:00");
    let said = night.purchaser.receiver.requests()[0].json();
    assert_eq!(said["timestamp"], "2026-11-23T09:00:00+08:00");
    assert!(said["data"]["title"]["zh"].as_str().unwrap().contains("30 分钟无人确认"), "{said}");
    assert!(said["data"]["title"]["en"].as_str().unwrap().contains("for 30 min"), "{said}");
    assert_eq!(said["data"]["path"], format!("{}/{n}", night.alarms()));
    night.street.server.verifies();
}

#[test]
fn an_acknowledged_alarm_passes_on_no_further_and_who_was_woken_is_told_so() {
    for (minutes, told, paged) in [
        (9, [1, 0, 0], [vec!["alarm.raised", "alarm.acknowledged"], vec![], vec![]]),
        (
            29,
            [1, 1, 0],
            [vec!["alarm.raised", "alarm.acknowledged"], vec!["alarm.escalated", "alarm.acknowledged"], vec![]],
        ),
    ] {
        let night = Night::falls();
        let n = night.street.alarm(night.street.hgs, "F05 fails");
        night.tick();
        night.minutes(minutes);
        let acknowledge = format!("{}/{n}/acknowledge", night.alarms());
        night.does("dispatcher", &acknowledge, &json!({"note": "已到现场"}));
        let before = night.street.server.entries(night.street.hgs);
        night.minutes(60);
        assert_eq!(night.told(n), told);
        assert_eq!(night.paged(), paged.map(|kinds| kinds.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        let seen = &night.alarm(n)["acknowledged"];
        assert_eq!((&seen["by"], &seen["note"]), (&json!(night.person("dispatcher")), &json!("已到现场")));
        assert_eq!(night.street.server.entries(night.street.hgs), before, "an alarm is no input of the caseload");
        night.street.server.verifies();
    }
}

#[test]
fn after_a_night_without_the_server_everybody_who_is_due_is_told_at_once() {
    let night = Night::falls();
    let n = night.street.alarm(night.street.hgs, "F05 fails");
    night.street.server.clock.advance(Span::hours(8));
    night.tick();
    assert_eq!((night.told(n), night.alarm(n)["level"].as_str()), ([1, 1, 1], Some("purchaser")));
    night.minutes(40);
    assert_eq!(night.paged().map(|kinds| kinds.len()), [1, 1, 1]);
}

#[test]
fn the_purchaser_sees_what_has_come_to_the_purchaser_and_may_acknowledge_it() {
    let night = Night::falls();
    let n = night.street.alarm(night.street.hgs, "F05 fails");
    night.tick();
    night.minutes(29);
    let (path, server) = (night.alarms(), &night.street.server);
    let token = night.token("purchaser");
    let token = Some(token.as_str());
    let acknowledge = format!("{path}/{n}/acknowledge");
    assert_eq!(night.sees("purchaser", &format!("{path}?all=true")), json!([]));
    assert_eq!(server.get(&format!("{path}/{n}"), token).problem(), (404, "not_found".to_owned()));
    assert_eq!(server.post(&acknowledge, token, &json!({})).problem(), (404, "not_found".to_owned()));
    night.minutes(1);
    let list = night.sees("purchaser", &path);
    assert_eq!((list[0]["n"].as_u64(), list[0]["level"].as_str()), (Some(n), Some("purchaser")));
    assert!(list[0].get("detail").is_none(), "{list}");
    assert!(night.alarm(n)["detail"].is_string());
    night.does("purchaser", &acknowledge, &json!({"note": "已致电机构"}));
    assert_eq!(night.sees("purchaser", &path), json!([]));
    assert_eq!(night.alarm(n)["acknowledged"]["by"], json!(night.person("purchaser")));
}

#[test]
fn who_is_named_for_a_time_is_told_in_that_time_and_else_whoever_there_is() {
    let night = Night::nobody_named();
    let (server, hgs) = (&night.street.server, night.street.hgs);
    let person = |login: &str| night.person(login);
    let duty = Duty { level: Level::First, person: person("dispatcher"), from: MORNING, to: MORNING + Span::hours(1) };
    server.wait(server.admin().name_for_duty(hgs, &duty)).unwrap();
    let worker = Duty { person: person("worker"), ..duty };
    assert!(server.wait(server.admin().name_for_duty(hgs, &worker)).is_err(), "a worker is not told of alarms");
    let stranger = Duty { person: person("other-supervisor"), ..duty };
    assert!(server.wait(server.admin().name_for_duty(hgs, &stranger)).is_err());
    let first = |detail: &str| {
        let n = night.street.alarm(hgs, detail);
        server.wait(server.app.flow().tick(&server.db, server.app.clock().now())).unwrap();
        let told = night.alarm(n)["told"].clone();
        let told = told.as_array().unwrap().iter().filter(|step| step["level"] == "first");
        told.map(|step| step["person"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(first("in the hour"), [json!(person("dispatcher"))]);
    server.clock.advance(Span::hours(1));
    let mut supervisors = ["supervisor", "next", "revoked", "suspended"].map(|login| json!(person(login)));
    supervisors.sort_by_key(ToString::to_string);
    assert_eq!(first("after it"), supervisors, "all supervisors who work there and may");
    assert!(server.wait(server.admin().relieve(hgs, Level::First, person("dispatcher"))).unwrap());
}

#[test]
fn a_level_with_nobody_keeps_no_alarm_waiting_and_the_office_is_told_loudly() {
    let street = Street::default();
    let server = &street.server;
    let lone = server.caseload("LON");
    let buyer = server.member("buyer", Role::Purchaser, lone, false);
    let unmanned = |prefix: &str| {
        let all = server.wait(server.admin().unmanned()).unwrap();
        all.into_iter().find(|found| found.prefix == prefix).map(|found| found.levels)
    };
    assert_eq!(unmanned("LON"), Some(vec![Level::First, Level::Deputy]));
    assert_eq!(unmanned("HGS"), None);
    let n = street.alarm(lone, "F05 fails");
    server.wait(server.app.flow().tick(&server.db, server.app.clock().now())).unwrap();
    let open = server.wait(async {
        let (mut tx, mut keys) = (server.db.read().await.unwrap(), server.app.flow().keys());
        doorstep::db::alarm::open(&mut tx, &mut keys, lone, 9).await.unwrap()
    });
    assert_eq!((open[0].n, open[0].level, open[0].next_at), (n, Some(Level::Purchaser), None));
    assert!(server.wait(server.admin().unassign(lone, buyer)).unwrap());
    assert_eq!(unmanned("LON").map(|levels| levels.len()), Some(3));
    server.verifies();
}

#[test]
fn an_alarm_of_held_work_says_so_and_passes_on_alike() {
    let mut night = Night::falls();
    let root = shop(7);
    assert_eq!(night.street.says("worker", vec![new_premises(root, "王记肠粉")]), Verdict::Merged);
    let left = night.person("worker");
    let (server, hgs) = (&night.street.server, night.street.hgs);
    assert!(server.wait(server.admin().unassign(hgs, left)).unwrap());
    let smell = vec![Part::event(&event("smell", root, found("GAS-01", 4))), new_hazard(root, "GAS-01", 4)];
    assert!(matches!(night.street.says("worker", smell), Verdict::Held(_)));
    let list = night.sees("supervisor", &night.alarms());
    let held: Vec<_> = list.as_array().unwrap().iter().filter(|alarm| alarm["held"] == true).collect();
    assert_eq!(held.len(), 1, "{list}");
    assert_eq!((&held[0]["level"], &held[0]["subject"]), (&json!("first"), &json!(root)), "told in the same moment");
    let n = held[0]["n"].as_u64().unwrap();
    night.minutes(30);
    assert_eq!(night.told(n), [1, 1, 1]);
    for request in [&night.first, &night.deputy, &night.purchaser].map(|pager| pager.receiver.requests()[0].clone()) {
        let said = request.json();
        assert_eq!((&said["data"]["held"], &said["data"]["rule"]), (&json!(true), &held[0]["rule"]));
        assert!(said["data"]["title"]["zh"].as_str().unwrap().contains("待审"), "{said}");
        assert!(said["data"]["title"]["en"].as_str().unwrap().contains("held"), "{said}");
    }
}

#[test]
fn what_became_of_alarms_cannot_be_changed_unseen() {
    let tampering = [
        "UPDATE alarm_log SET person = NULL WHERE what = 'acknowledged'",
        "UPDATE alarm_log SET at = at - 60000 WHERE what = 'told' AND level = 2",
        "UPDATE alarm_log SET note = NULL WHERE what = 'acknowledged'",
        "DELETE FROM alarm_log WHERE what = 'told' AND level = 1",
        "UPDATE alarm SET acknowledged_at = NULL, acknowledged_by = NULL",
        "UPDATE alarm SET level = 3",
        "DELETE FROM alarm",
    ];
    for sql in tampering {
        let night = Night::falls();
        let n = night.street.alarm(night.street.hgs, "F05 fails");
        night.tick();
        night.minutes(12);
        night.does("supervisor", &format!("{}/{n}/acknowledge", night.alarms()), &json!({"note": "好"}));
        let server = &night.street.server;
        server.verifies();
        server.wait(async {
            let mut tx = server.db.write().await.unwrap();
            assert!(tx.run(Statement { name: "TAMPER", sql }, Vec::new()).await.unwrap() > 0, "{sql}");
            tx.commit().await.unwrap();
        });
        let report = server.wait(verify(&server.db, server.app.flow())).unwrap();
        let codes: Vec<Code> = report.findings.iter().map(|found| found.code).collect();
        assert_eq!(codes, [Code::Alarms], "{sql}");
    }
}

/// D04: past due is the dispatcher's; whether or not somebody has seen that, what still has no answer when the policy's
/// working day is over is the purchaser's too.
#[test]
fn an_overdue_referral_is_told_to_the_dispatcher_and_then_unless_answered_to_the_purchaser() {
    for answered in [false, true] {
        let mut night = Night::falls();
        let (referred, slip) = night.street.dispatched(shop(1));
        let pass = |night: &Night, span| {
            night.street.server.clock.advance(span);
            night.tick();
        };
        let of = |night: &Night, login: &str| -> Vec<serde_json::Value> {
            let all = night.sees(login, &format!("{}?all=true", night.alarms()));
            all.as_array().unwrap().iter().filter(|alarm| alarm["rule"] == "D04").cloned().collect()
        };
        pass(&night, Span::hours(24));
        assert!(of(&night, "dispatcher").is_empty(), "due, not past due");
        pass(&night, Span::minutes(1));
        let told = of(&night, "dispatcher");
        assert_eq!((told.len(), &told[0]["code"]), (1, &json!("overdue")), "{told:?}");
        assert_eq!(told[0]["told"][0]["person"], json!(night.person("dispatcher")));
        assert_eq!(told[0]["told"].as_array().unwrap().len(), 1);
        assert!(of(&night, "purchaser").is_empty());
        let acknowledge = format!("{}/{}/acknowledge", night.alarms(), told[0]["n"]);
        night.does("dispatcher", &acknowledge, &json!({}));
        if answered {
            let act = |what: &str| format!("/v1/desks/{}/slips/{slip}/{what}", night.street.fire);
            night.does("officer", &act("accept"), &json!({}));
            let answer = json!({"outcome": "ordered_at_once", "public_text": "已清除"});
            night.does("officer", &act("reply"), &answer);
        }
        pass(&night, Span::hours(23));
        assert!(of(&night, "purchaser").is_empty(), "within the working day");
        pass(&night, Span::hours(25));
        let told = of(&night, "purchaser");
        assert_eq!(told.len(), usize::from(!answered), "{told:?}");
        for alarm in &told {
            assert_eq!((&alarm["code"], &alarm["level"]), (&json!("still_overdue"), &json!("purchaser")));
            assert_eq!(alarm["told"][0]["person"], json!(night.person("purchaser")));
            assert!(alarm.get("detail").is_none(), "ids only");
        }
        assert_eq!(of(&night, "supervisor").len(), 1 + told.len());
        let paged =
            night.purchaser.receiver.requests().iter().filter(|sent| sent.json()["data"]["rule"] == "D04").count();
        assert_eq!(paged, told.len());
        assert_eq!(seen_state(&night, referred.referral), if answered { "replied" } else { "dispatched" });
        night.street.server.verifies();
    }
}

fn seen_state(night: &Night, referral: sync_core::id::EntityId) -> String {
    let seen = night.sees("dispatcher", &format!("/v1/caseloads/{}/referrals/{referral}", night.street.hgs));
    seen["referral"]["state"]["code"].as_str().unwrap().to_owned()
}
