//! Elders who are called although their rhythm does not call: after a drastic change, and in bad weather.

use doorstep_mobile::{DueFor, Phone};
use sync_core::event::{Attempt, Means, VisitKind};
use sync_core::form::{Form, NotMetForm, Scene, VisitForm};
use sync_core::id::EntityId;
use sync_core::policy::Text;
use sync_core::time::{Span, Timestamp};

use super::elders::{fall, new_elder, visit};
use super::world::{World, at};

fn due(phone: &Phone, elder: EntityId) -> Vec<(DueFor, Timestamp)> {
    phone.elder(elder).unwrap().due.into_iter().map(|due| (due.why, due.at)).collect()
}

fn called(phone: &Phone) -> Vec<String> {
    phone.today().unwrap().elders.into_iter().map(|visit| visit.name).collect()
}

#[test]
fn a_fall_of_somebody_at_high_risk_is_on_the_list_at_once_and_gone_after_a_visit() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    world.sync(&a.phone);
    let add = |name: &str, tier: &str| {
        a.phone.submit(caseload, Form::NewElder(new_elder(name, tier, &format!("{name}家")))).unwrap().subject
    };
    let (high, key) = (add("何", "high"), add("顾", "key"));
    world.sync(&a.phone);
    world.clock.set("10:00");
    for elder in [high, key] {
        a.phone.submit(caseload, fall(elder, at("08:00"))).unwrap();
    }
    // Offline and after a sync alike.
    for _ in 0..2 {
        assert_eq!(called(&a.phone), ["何"], "due tomorrow at ten, and not to be forgotten today");
        assert_eq!(due(&a.phone, high)[0], (DueFor::Change, at("10:00") + Span::hours(24)));
        let says = a.phone.elder(high).unwrap().due[0].says.clone();
        assert_eq!(
            says,
            Text::new("高风险长者情况突变后24小时内", "Elders of the high tier, within 24 hours of a drastic change")
        );
        world.sync(&a.phone);
    }
    world.clock.set("11:00");
    a.phone.submit(caseload, Form::Visit(visit(high))).unwrap();
    assert_eq!(called(&a.phone), Vec::<String>::new());
    assert_eq!(due(&a.phone, high), [(DueFor::Visit, at("11:00") + Span::days(7))]);
}

#[test]
fn in_bad_weather_a_phone_says_whom_to_call_and_why_until_somebody_did() {
    let world = World::new();
    let (a, b) = (world.phone(1), world.phone(2));
    let caseload = world.caseload();
    world.sync(&a.phone);
    let add = |name: &str, tier: &str| {
        a.phone.submit(caseload, Form::NewElder(new_elder(name, tier, &format!("{name}家")))).unwrap().subject
    };
    let (high, key, _low) = (add("何", "high"), add("顾", "key"), add("谭", "general"));
    world.sync(&a.phone);
    world.clock.set("09:00");
    let typhoon = world.weather((at("18:00"), at("18:00") + Span::days(1)), None);
    assert_eq!((called(&a.phone), a.phone.today().unwrap().weather.len()), (Vec::new(), 0), "not heard of yet");
    world.sync(&a.phone);

    let today = a.phone.today().unwrap();
    let [weather] = &today.weather[..] else { panic!("one alert") };
    assert_eq!(
        (weather.alert, weather.kind.as_str(), &weather.name),
        (typhoon, "typhoon", &Text::new("台风", "Typhoon"))
    );
    assert_eq!((weather.from, weather.until), (at("18:00"), at("18:00") + Span::days(1)));
    assert_eq!(called(&a.phone), ["何", "顾"], "before it comes, the highest tier first");
    assert_eq!(due(&a.phone, high)[0], (DueFor::Weather, at("18:00") + Span::hours(12)));
    let says = a.phone.elder(key).unwrap().due[0].says.clone();
    assert!(says.zh.contains("恶劣天气") && says.en.contains("bad weather"), "{}", says.en);
    let row = a.phone.elders(caseload).into_iter().find(|row| row.id == high).unwrap();
    assert_eq!(row.due_at, Some(at("18:00") + Span::hours(12)));

    // An attempt does not do; a call does, offline, for whoever else hears of it.
    world.clock.set("10:00");
    let tried = vec![Attempt { means: Means::Phone, contact: None, reached: false }];
    let not_met = NotMetForm { elder: high, tried, note: String::new(), next_try: None, scene: Scene::default() };
    a.phone.submit(caseload, Form::NotMet(not_met)).unwrap();
    assert_eq!(called(&a.phone), ["何", "顾"]);
    a.phone.submit(caseload, Form::Visit(VisitForm { kind: VisitKind::Phone, ..visit(high) })).unwrap();
    assert_eq!(called(&a.phone), ["顾"]);
    world.sync(&a.phone);
    world.sync(&b.phone);
    assert_eq!((called(&b.phone), b.phone.today().unwrap().weather.len()), (vec!["顾".to_owned()], 1));
    world.assert_equal(&b.phone);

    // Overdue, the phone says so at the door as the server will.
    world.clock.set_to(at("18:00") + Span::hours(24));
    let door = b.phone.flags_at_door(key).unwrap();
    let overdue = door.flags.iter().find(|flag| flag.rule == "E08").unwrap();
    assert!(overdue.discreet && overdue.why.zh.contains("恶劣天气加访"));
    assert!(b.phone.today().unwrap().weather.is_empty(), "it is over; who was called is called still");
    assert_eq!(called(&b.phone), ["顾"]);

    // It was a mistake.
    world.weather((at("18:00"), at("18:00")), Some(typhoon));
    world.sync(&b.phone);
    assert_eq!(called(&b.phone), Vec::<String>::new());
    assert!(b.phone.flags_at_door(key).unwrap().flags.iter().all(|flag| flag.rule != "E08"));
}

#[test]
fn an_alert_is_forgotten_with_its_caseload_and_with_a_server_that_was_restored() {
    for left in [false, true] {
        let world = World::new();
        let mut a = world.phone(1);
        world.sync(&a.phone);
        world.weather((at("08:30"), at("20:00")), None);
        world.sync(&a.phone);
        assert_eq!(a.phone.today().unwrap().weather.len(), 1);
        if left {
            world.server().members = (false, 2);
        } else {
            world.server().lose_everything();
        }
        world.sync(&a.phone);
        a = world.kill(a);
        assert_eq!(a.phone.today().unwrap().weather.len(), 0);
        if left {
            world.server().members = (true, 3);
        }
        world.weather((at("08:30"), at("20:00")), None);
        world.sync(&a.phone);
        assert_eq!(a.phone.today().unwrap().weather.len(), 1 + usize::from(left), "what the server knows");
    }
}

#[test]
fn what_a_later_version_says_of_a_caseload_stops_no_phone() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    world.sync(&a.phone);
    world.something_new();
    world.sync(&a.phone);
    a.phone.submit(caseload, Form::NewElder(new_elder("顾", "key", "花果山3栋502"))).unwrap();
    world.weather((at("08:30"), at("20:00")), None);
    world.sync(&a.phone);
    world.assert_equal(&a.phone);
    assert_eq!((called(&a.phone), a.phone.today().unwrap().weather.len()), (vec!["顾".to_owned()], 1));
}
