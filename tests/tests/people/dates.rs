//! What is planned for a date happens at it, through the log, and nothing that anybody wrote is lost by it.

use doorstep::admin::{AdminError, Cover, NewTerm, When};
use doorstep::flow::Actor;
use doorstep::register::Record;
use doorstep_tests::inprocess::{MORNING, Server};
use doorstep_tests::rawphone::{RawPhone, edit, new_elder, new_shop, shop};
use doorstep_tests::street::Street;
use serde_json::json;
use sync_core::author::Role;
use sync_core::edit::{FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::id::{DeviceId, PersonId};
use sync_core::log::{EntryBody, HoldCode, Verdict};
use sync_core::time::{Span, Timestamp};
use sync_core::wire::Down;

const DAY: Span = Span::days(1);

/// Time passes, and what is due is done. Gives how much that was.
fn passes(street: &Street, to: Timestamp) -> usize {
    street.server.clock.set(to);
    street.server.wait(street.server.admin().keep_dates()).unwrap()
}

fn person(server: &Server, login: &str) -> PersonId {
    server.wait(server.admin().add_person(login, login, Role::Worker, None)).unwrap()
}

fn cover(street: &Street, who: PersonId, from: Option<Timestamp>, until: Timestamp) -> Result<When, AdminError> {
    let cover = Cover { role: None, from, until, covers: None };
    street.server.wait(street.server.admin().cover(street.hgs, who, cover, false))
}

/// What the log says of a person: entered or left, with the version.
fn comings(street: &Street, who: PersonId) -> Vec<(bool, u32)> {
    let entries = street.server.wait(async {
        let (mut tx, mut keys) = (street.server.db.read().await.unwrap(), street.server.app.flow().keys());
        doorstep::db::log::after(&mut tx, &mut keys, street.hgs, 0, 10_000).await.unwrap()
    });
    let of = |body: &EntryBody| match body {
        EntryBody::Membership { person, enter, version } if *person == who => Some((*enter, *version)),
        _ => None,
    };
    entries.iter().filter_map(|entry| of(&entry.body)).collect()
}

/// The phone shows its token anew: covers outlast access tokens.
fn reads(street: &Street, phone: &mut RawPhone) -> bool {
    phone.now = street.server.app.clock().now();
    let synced = phone.sync(&street.server, Vec::new());
    if let Some(renewed) = &synced.hello().refresh {
        phone.refresh = Some(renewed.0.clone());
    }
    synced.frames.iter().any(|frame| matches!(frame, Down::Entries(stretch) if stretch.caseload == street.hgs))
}

#[test]
fn a_cover_begins_and_ends_by_itself() {
    let mut street = Street::default();
    let zhou = person(&street.server, "zhou");
    let mut phone = RawPhone::enrol(&street.server, zhou, street.hgs, 120);
    let (from, until) = (MORNING + DAY, MORNING + DAY + DAY);
    assert_eq!(cover(&street, zhou, Some(from), until).unwrap(), When::Planned);
    assert_eq!(cover(&street, zhou, Some(from), until).unwrap(), When::Already);
    assert!(!reads(&street, &mut phone), "it has not begun");

    assert_eq!(passes(&street, from), 1);
    assert!(reads(&street, &mut phone));
    assert_eq!(phone.say(&street.server, new_shop(shop(1))), Verdict::Merged);
    assert_eq!(cover(&street, zhou, Some(from), until).unwrap(), When::Already, "it is on");

    assert_eq!(passes(&street, until), 1);
    assert_eq!(phone.say(&street.server, new_shop(shop(2))), Verdict::Held(HoldCode::NoAccess));
    assert!(!reads(&street, &mut phone), "it is over");
    assert_eq!(passes(&street, until + DAY), 0);
    assert_eq!(comings(&street, zhou), [(true, 1), (false, 2)]);
    street.phone("worker").now = until + DAY;
    street.server.verifies();
}

#[test]
fn covers_overlap_and_end_with_the_last_and_not_for_who_is_assigned_for_good() {
    let street = Street::default();
    let (zhou, wu) = (person(&street.server, "zhou"), person(&street.server, "wu"));
    let day = |n: i64| MORNING + Span::days(n);
    assert_eq!(cover(&street, zhou, Some(day(1)), day(5)).unwrap(), When::Planned);
    assert_eq!(cover(&street, zhou, Some(day(4)), day(9)).unwrap(), When::Planned);
    assert_eq!(cover(&street, wu, None, day(5)).unwrap(), When::Now);
    assert_eq!(cover(&street, wu, None, day(3)).unwrap(), When::Now, "shorter");
    street.server.wait(street.server.admin().assign(street.hgs, wu, None)).unwrap();
    for n in 1..=5 {
        passes(&street, day(n));
    }
    assert_eq!(comings(&street, zhou), [(true, 1)], "the second cover goes on");
    passes(&street, day(9));
    assert_eq!(comings(&street, zhou), [(true, 1), (false, 2)]);
    assert_eq!(comings(&street, wu), [(true, 1), (true, 2)], "assigned for good");
    assert!(matches!(cover(&street, wu, None, day(20)), Err(AdminError::WorksThere)));
    assert!(matches!(cover(&street, zhou, Some(day(12)), day(11)), Err(AdminError::NoTime)));
    // Let in for good before the cover begins: its end takes nobody out.
    assert_eq!(cover(&street, zhou, Some(day(10)), day(12)).unwrap(), When::Planned);
    street.server.wait(street.server.admin().assign(street.hgs, zhou, None)).unwrap();
    passes(&street, day(13));
    assert_eq!(comings(&street, zhou).last(), Some(&(true, 3)));
    street.server.verifies();
}

#[test]
fn a_handover_takes_everything_along_and_shows_what_comes_late() {
    let mut street = Street::default();
    let server = &street.server;
    let lin = server.member("lin", Role::Worker, street.hgs, false);
    let zhou = person(server, "zhou");
    let mut phone = RawPhone::enrol(server, lin, street.hgs, 121);
    assert_eq!(phone.say(server, new_shop(shop(1))), Verdict::Merged);
    assert_eq!(phone.say(server, new_elder(shop(2))), Verdict::Merged);
    // Lin is the worker of that elder.
    let flow = Actor { device: DeviceId::from_bytes([9; 16]), person: zhou, role: Role::System };
    let op = FieldOp::put("caseload_worker", Value::Text(lin.to_string()));
    server.wait(async {
        let (mut tx, parts) = (server.db.write().await.unwrap(), vec![edit(shop(2), Kind::Elder, 1, vec![op])]);
        server.app.flow().submit(&mut tx, street.hgs, flow, MORNING, parts).await.unwrap();
        tx.commit().await.unwrap();
    });
    let on = MORNING + DAY;
    let before = server.state(street.hgs);
    let hand_over = |dry| server.wait(server.admin().hand_over(street.hgs, (lin, zhou), on, dry)).unwrap();
    let planned = hand_over(true);
    assert_eq!((planned.when, planned.there, planned.role), (When::Planned, false, Role::Worker));
    assert_eq!((planned.open.files, planned.open.hazards, planned.open.referrals), (2, 1, 1));
    assert!(planned.open.flags > 0 && planned.phones.len() == 1);
    assert_eq!(hand_over(false).when, When::Planned, "the dry run planned nothing");
    assert_eq!(hand_over(false).when, When::Already);
    assert_eq!(server.state(street.hgs), before, "nothing happens before its date");

    assert_eq!(passes(&street, on), 2);
    assert_eq!((comings(&street, lin), comings(&street, zhou)), (vec![(true, 1), (false, 2)], vec![(true, 1)]));
    let elder = street.server.wait(async {
        let (mut tx, mut keys) = (street.server.db.read().await.unwrap(), street.server.app.flow().keys());
        doorstep::db::document::projection(&mut tx, &mut keys, street.hgs, shop(2)).await.unwrap().unwrap()
    });
    assert!(elder.json.to_string().contains(&zhou.to_string()), "whose elder it is now");
    assert_eq!(phone.say(&street.server, new_shop(shop(3))), Verdict::Held(HoldCode::NoAccess));
    let hgs = street.hgs;
    street.server.clock.set(MORNING);
    let held = street.sees("supervisor", &format!("/v1/caseloads/{hgs}/held"));
    assert_eq!(held[0]["person_name"], "lin");
    let decide = format!("/v1/caseloads/{hgs}/held/{}/decide", held[0]["submission"].as_str().unwrap());
    street.does("supervisor", &decide, &json!({"accept": true, "reason": "交接前写的"}));
    assert!(street.has(shop(3)));
    street.phone("worker").now = MORNING;
    street.server.verifies();
}

#[test]
fn at_the_end_of_a_term_people_go_and_everything_else_stays() {
    let mut street = Street::default();
    let (referred, slip) = street.dispatched(shop(1));
    let held = street.held("worker", referred.referral);
    let server = &street.server;
    let wu = server.wait(server.admin().add_person("wu", "wu", Role::Supervisor, None)).unwrap();
    let mut phone = RawPhone::enrol(server, wu, street.hgs, 122);
    let begins = MORNING + DAY;
    let new = |people: Vec<PersonId>| NewTerm {
        operator: "花果社工".to_owned(),
        term: (begins, begins + Span::days(365)),
        people,
    };
    let term = |people, dry| server.wait(server.admin().term(street.hgs, new(people), dry));
    assert!(matches!(term(vec![], false), Err(AdminError::NoSupervisor)));
    let (flags, before) = (format!("/v1/caseloads/{}/flags", street.hgs), server.state(street.hgs));
    let stood = street.sees("dispatcher", &flags);
    let planned = term(vec![wu], true).unwrap();
    assert_eq!((planned.when, planned.from.as_str()), (When::Planned, "新邻社工"));
    assert!(planned.leaving.len() >= 3 && planned.open.held == 1 && planned.open.referrals == 1);
    assert_eq!(term(vec![wu], false).unwrap().when, When::Planned);
    assert_eq!(term(vec![wu], false).unwrap().when, When::Already);
    assert_eq!(server.state(street.hgs), before);

    assert_eq!(passes(&street, begins), 2);
    let worker = street.server.wait(street.server.admin().person("worker")).unwrap().id;
    assert_eq!(comings(&street, worker).last(), Some(&(false, 2)));
    let dispatcher = street.server.wait(street.server.admin().person("dispatcher")).unwrap().id;
    assert_eq!(comings(&street, dispatcher), [(true, 1)], "the street's people stay");
    street.phone("worker").now = begins;
    assert_eq!(street.says("worker", new_shop(shop(2))), Verdict::Held(HoldCode::NoAccess));
    assert!(reads(&street, &mut phone));
    // The access tokens of the morning.
    street.server.clock.set(MORNING);
    let path = format!("/v1/caseloads/{}/held", street.hgs);
    assert_eq!(street.server.get(&path, Some(street.token("supervisor"))).status, 404);
    let waiting = street.server.get(&path, Some(&phone.access)).ok();
    assert_eq!(waiting.as_array().unwrap().len(), 2, "old and late work of those who left");
    let body = json!({"accept": false, "reason": "不归社工"});
    assert_eq!(street.server.post(&format!("{path}/{held}/decide"), Some(&phone.access), &body).status, 200);
    assert_eq!(street.sees("dispatcher", &flags), stood, "flags stay");
    let referrals = street.sees("dispatcher", &format!("/v1/caseloads/{}/referrals", street.hgs));
    assert_eq!(referrals[0]["state"]["code"], "dispatched");
    let slip = street.sees("officer", &format!("/v1/desks/{}/slips/{slip}", street.fire));
    assert!(slip.to_string().contains("花果社工"), "whom the desk may ring now: {slip}");
    street.server.verifies();
}

#[test]
fn whoever_only_tries_a_handover_or_a_term_that_would_begin_now_puts_nobody_on_record_as_gone() {
    let street = Street::default();
    let server = &street.server;
    let worker = server.wait(server.admin().person("worker")).unwrap().id;
    let zhou = person(server, "zhou");
    let wu = server.wait(server.admin().add_person("wu", "wu", Role::Supervisor, None)).unwrap();
    let stands = || (server.state(street.hgs), server.app.register().entries().unwrap());
    let hand_over = |dry| server.wait(server.admin().hand_over(street.hgs, (worker, zhou), MORNING, dry)).unwrap().when;
    let before = stands();
    assert_eq!(hand_over(true), When::Now);
    let term = (MORNING, MORNING + Span::days(365));
    let new = NewTerm { operator: "花果社工".to_owned(), term, people: vec![wu] };
    let tried = server.wait(server.admin().term(street.hgs, new, true)).unwrap();
    assert!(tried.when == When::Now && tried.leaving.contains(&worker));
    assert_eq!(stands(), before, "neither log nor register");

    assert_eq!(hand_over(false), When::Now);
    let gone = |record: &Record| matches!(record, Record::Left { person, .. } if *person == worker);
    assert!(stands().1.iter().any(|entry| gone(&entry.record)), "what is done is on record");
}
