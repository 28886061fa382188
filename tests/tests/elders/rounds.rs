//! Visits that do not wait for the rhythm: soon after a drastic change, and once more in bad weather.

use sync_core::event::{Event, EventBody, Signal, WeatherAlert};
use sync_core::limits;

use super::*;

fn fell(elder: EntityId, kind: RiskKind, on: &str) -> Form {
    let risk = RiskEntry { kind, occurred_on: at(on).day(), note: String::new() };
    Form::Risk(RiskForm { elder, risk, scene: Scene::default() })
}

fn not_met(elder: EntityId) -> Form {
    let tried = vec![Attempt { means: Means::Door, contact: None, reached: false }];
    Form::NotMet(NotMetForm { elder, tried, note: String::new(), next_try: None, scene: Scene::default() })
}

fn of_tier(elder: EntityId, tier: &str) -> Form {
    Form::Visit(VisitForm { changes: vec![FieldOp::put("risk_tier", Value::from(tier))], ..visit(elder) })
}

fn by(elder: EntityId, kind: VisitKind) -> Form {
    Form::Visit(VisitForm { kind, ..visit(elder) })
}

/// When the next visit is due, and by which line of the policy.
fn next(street: &Street, elder: EntityId) -> (Timestamp, String) {
    let policy = Policy::sample();
    let alerts = street.own().map(care::alerts).unwrap_or_default();
    let due = care::Going::of(&street.files(elder)).unwrap().due(&policy, &alerts);
    (due[0].at, due[0].cadence.id.clone())
}

fn flags(street: &Street, rule: &str) -> Vec<FlagStanding> {
    let flags = street.caseload.files.values().flat_map(|file| file.flags.values());
    flags.filter(|flag| flag.flagged.rule == rule).map(|flag| flag.flagged.standing).collect()
}

impl Street {
    fn own(&self) -> Option<&File> {
        self.caseload.files.get(&EntityId::of_caseload(self.caseload.id))
    }

    fn new_elder(&mut self, when: &str, name: &str, tier: &str, difficulty: Option<&str>) -> EntityId {
        let mut lin = self.phone(LIN, Role::Worker);
        let before: Vec<EntityId> = self.caseload.files.keys().copied().collect();
        let form = NewElder {
            name: name.to_owned(),
            risk_tier: tier.to_owned(),
            difficulties: difficulty.into_iter().map(str::to_owned).collect(),
            ..NewElder::default()
        };
        self.say(&mut lin, at(when), &Form::NewElder(form));
        *self.caseload.files.keys().find(|root| !before.contains(root)).unwrap()
    }

    /// Somebody says something of the weather in the caseload; the event that it is.
    fn weather(
        &mut self,
        (person, role): (u8, Role),
        when: &str,
        (from, until): (&str, &str),
        amends: Option<EventId>,
    ) -> (Verdict, EventId) {
        let subject = EntityId::of_caseload(self.caseload.id);
        self.weather_of(subject, (person, role), when, (at(from), at(until)), amends)
    }

    fn weather_of(
        &mut self,
        subject: EntityId,
        (person, role): (u8, Role),
        when: &str,
        (from, until): (Timestamp, Timestamp),
        amends: Option<EventId>,
    ) -> (Verdict, EventId) {
        let id = EventId::new(at(when), u128::from(self.written));
        let event = Event {
            id,
            subject,
            programme: String::new(),
            policy: 1,
            start: at(when),
            end: at(when),
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends,
            body: EventBody::WeatherAlert(WeatherAlert { kind: "typhoon".to_owned(), from, until }),
        };
        let phone = self.phone(person, role);
        (self.say_raw(&phone, at(when), vec![Part::event(&event)]), id)
    }
}

const SUPERVISOR: (u8, Role) = (MEI, Role::Supervisor);

#[test]
fn after_a_drastic_change_the_high_tier_is_visited_within_24_hours() {
    let mut street = Street::new();
    let elder = street.gu();
    let mut lin = street.phone(LIN, Role::Worker);
    street.say(&mut lin, at("11-20T09:00"), &of_tier(elder, "high"));
    let weekly = (at("11-27T09:00"), "elder-high".to_owned());
    assert_eq!(next(&street, elder), weekly, "the fall of 2 November was before the visit");
    street.say(&mut lin, at("11-21T10:00"), &fell(elder, RiskKind::Other, "11-21T08:00"));
    street.say(&mut lin, at("11-21T10:30"), &fell(elder, RiskKind::Fall, "10-20T08:00"));
    assert_eq!(next(&street, elder), weekly, "nothing drastic, and something of a month ago");

    street.say(&mut lin, at("11-21T11:00"), &fell(elder, RiskKind::Fall, "11-20T22:00"));
    let soon = (at("11-22T11:00"), "elder-change".to_owned());
    assert_eq!(next(&street, elder), soon, "24 hours after it was told");
    street.say(&mut lin, at("11-21T15:00"), &fell(elder, RiskKind::Lost, "11-21T14:00"));
    street.say(&mut lin, at("11-21T16:00"), &not_met(elder));
    assert_eq!(next(&street, elder), soon, "more of it gives no more time, and an attempt is no visit");
    // A visit of before that arrives late does not follow it either.
    let late = street.phone(CHEN, Role::Worker);
    let (before, _) = street.write(&late, at("11-21T10:45"), &Form::Visit(visit(elder)));
    assert_eq!(street.take_in(&late, at("11-21T17:00"), before), Verdict::Merged);
    assert_eq!(next(&street, elder), soon);

    // It is overdue when the hours are over, not when the day is.
    street.caseload.tick(at("11-22T10:59"));
    assert_eq!(flags(&street, "E08"), []);
    street.caseload.tick(at("11-22T11:00"));
    assert_eq!(flags(&street, "E08"), [FlagStanding::Raised]);
    let why = street.caseload.files[&elder].flags.values().find(|flag| flag.flagged.rule == "E08").unwrap();
    assert!(why.flagged.zh.contains("情况突变后24小时内"), "{}", why.flagged.zh);
    assert!(why.flagged.en.contains("within 24 hours of a drastic change"), "{}", why.flagged.en);
    street.say(&mut lin, at("11-22T14:00"), &by(elder, VisitKind::Phone));
    assert_eq!(flags(&street, "E08"), [FlagStanding::Ended]);
    assert_eq!(next(&street, elder), (at("11-29T14:00"), "elder-high".to_owned()));

    // What should not have been written calls nobody.
    let wrong = street.say(&mut lin, at("11-23T09:00"), &fell(elder, RiskKind::Choking, "11-23T08:00"));
    assert_eq!(next(&street, elder).1, "elder-change");
    let void = VoidForm { subject: elder, event: wrong.unwrap(), reason: "听错了".to_owned() };
    street.say(&mut lin, at("11-23T10:00"), &Form::Void(void));
    assert_eq!(next(&street, elder).1, "elder-high");
}

#[test]
fn other_tiers_keep_their_rhythm_and_what_is_noticed_on_a_visit_calls_for_the_next() {
    let mut street = Street::new();
    let elder = street.gu();
    let mut lin = street.phone(LIN, Role::Worker);
    street.say(&mut lin, at("11-20T09:00"), &of_tier(elder, "key"));
    street.say(&mut lin, at("11-21T11:00"), &fell(elder, RiskKind::Fall, "11-21T08:00"));
    assert_eq!(next(&street, elder), (at("12-20T09:00"), "elder-key".to_owned()));
    // Of the high tier, what was told since the last visit counts.
    let mut mei = street.phone(MEI, Role::Supervisor);
    let ops = vec![FieldOp::put("risk_tier", Value::from("high"))];
    let version = street.caseload.files[&elder].documents[&elder].version();
    let base = sync_core::edit::Base { version, seen: Vec::new() };
    let edit = Edit { entity: elder, kind: Kind::Elder.code().to_owned(), base, ops };
    assert_eq!(street.say_raw(&mei, at("11-21T12:00"), vec![Part::edit(&edit)]), Verdict::Merged);
    assert_eq!(next(&street, elder), (at("11-22T11:00"), "elder-change".to_owned()));

    let noticed = |signal| Form::Visit(VisitForm { signals: vec![signal], ..visit(elder) });
    street.say(&mut mei, at("11-22T09:00"), &noticed(Signal::Fraud));
    assert_eq!(next(&street, elder).1, "elder-high", "a matter, and no change of hers");
    street.say(&mut mei, at("11-22T10:00"), &noticed(Signal::CarerCollapse));
    assert_eq!(next(&street, elder), (at("11-23T10:00"), "elder-change".to_owned()));
    street.say(&mut mei, at("11-23T08:00"), &Form::Visit(visit(elder)));
    assert_eq!(next(&street, elder).1, "elder-high");
}

#[test]
fn in_bad_weather_those_whom_the_policy_names_are_called_once_more() {
    let mut street = Street::new();
    let (gu, mut lin) = (street.gu(), street.phone(LIN, Role::Worker));
    let high = street.new_elder("11-02T09:00", "何", "high", None);
    let alone = street.new_elder("11-02T09:10", "谭", "general", Some("alone"));
    let other = street.new_elder("11-02T09:20", "沈", "general", Some("empty_nest"));
    for elder in [gu, high, alone, other] {
        street.say(&mut lin, at("11-20T09:00"), &Form::Visit(visit(elder)));
    }
    let (verdict, typhoon) = street.weather(SUPERVISOR, "11-21T10:00", ("11-21T20:00", "11-22T20:00"), None);
    assert_eq!(verdict, Verdict::Merged);
    let round = |street: &Street, elder| {
        let (at, line) = next(street, elder);
        line.starts_with("weather").then_some((at, line))
    };
    // Twelve hours and a day after it begins.
    assert_eq!(round(&street, high), Some((at("11-22T08:00"), "weather-high".to_owned())));
    let in_a_day = Some((at("11-22T20:00"), "weather-key".to_owned()));
    assert_eq!((round(&street, gu), round(&street, alone)), (in_a_day.clone(), in_a_day.clone()));
    assert_eq!(round(&street, other), None);

    // A visit counts from the declaration on; one for a festival is another matter, and an attempt is none.
    street.say(&mut lin, at("11-21T11:00"), &by(alone, VisitKind::Festival));
    street.say(&mut lin, at("11-21T12:00"), &not_met(alone));
    assert_eq!(round(&street, alone), in_a_day);
    street.say(&mut lin, at("11-21T13:00"), &by(alone, VisitKind::Phone));
    assert_eq!(round(&street, alone), None);
    let late = street.phone(CHEN, Role::Worker);
    let (before, _) = street.write(&late, at("11-21T09:59"), &by(gu, VisitKind::Home));
    assert_eq!(street.take_in(&late, at("11-21T14:00"), before), Verdict::Merged);
    assert_eq!(round(&street, gu), in_a_day, "nobody knew of it then");

    // Whoever comes while it lasts is called too; whoever comes later is not.
    let new = street.new_elder("11-22T09:00", "陶", "key", None);
    assert_eq!(round(&street, new), Some((at("11-23T09:00"), "weather-key".to_owned())));
    let newer = street.new_elder("11-22T20:01", "钱", "high", None);
    assert_eq!(round(&street, newer), None);

    // Overdue at the hour, and it stays so after the typhoon until somebody was there.
    street.caseload.tick(at("11-22T07:59"));
    assert_eq!(flags(&street, "E08"), []);
    street.caseload.tick(at("11-22T08:00"));
    assert_eq!(flags(&street, "E08"), [FlagStanding::Raised]);
    let why = street.caseload.files[&high].flags.values().find(|flag| flag.flagged.rule == "E08").unwrap();
    assert!(why.flagged.zh.contains("恶劣天气加访") && why.flagged.en.contains("bad weather"), "{}", why.flagged.zh);
    street.caseload.tick(at("11-24T08:00"));
    let raised = flags(&street, "E08").into_iter().filter(|standing| *standing == FlagStanding::Raised);
    assert_eq!(raised.count(), 3, "he, gu and tao");
    street.say(&mut lin, at("11-24T09:00"), &by(high, VisitKind::Weather));
    let of_high = street.caseload.files[&high].flags.values().find(|flag| flag.flagged.rule == "E08").unwrap();
    assert_eq!(of_high.flagged.standing, FlagStanding::Ended);

    // The same alert said again is no new round; another alert is.
    let again = street.weather(SUPERVISOR, "11-24T10:00", ("11-21T20:00", "11-24T20:00"), Some(typhoon));
    assert_eq!((again.0, round(&street, high)), (Verdict::Merged, None));
    street.weather(SUPERVISOR, "11-24T11:00", ("11-24T11:00", "11-25T11:00"), None);
    assert_eq!(round(&street, high), Some((at("11-24T23:00"), "weather-high".to_owned())));
}

#[test]
fn an_alert_that_was_ended_calls_no_more_or_never_did() {
    let mut street = Street::new();
    let elder = street.gu();
    let is_called = |street: &Street| next(street, elder).1.starts_with("weather");
    // Ended early: it was there, and whoever was called stays called.
    let (_, typhoon) = street.weather(SUPERVISOR, "11-03T08:00", ("11-03T08:00", "11-05T08:00"), None);
    street.weather(SUPERVISOR, "11-03T12:00", ("11-03T08:00", "11-03T12:00"), Some(typhoon));
    assert!(is_called(&street));
    let own = care::alerts(street.own().unwrap());
    assert_eq!((own.len(), own[0].id, own[0].until), (1, typhoon, at("11-03T12:00")));
    assert_eq!(own[0].declared_at, at("11-03T08:00"), "ending it early gives no more time");
    street.caseload.tick(at("11-05T08:00"));
    assert_eq!(flags(&street, "E08"), [FlagStanding::Raised]);
    // Over before it began: it was a mistake.
    let (_, second) = street.weather(SUPERVISOR, "11-05T09:00", ("11-03T08:00", "11-03T08:00"), Some(typhoon));
    assert!(!is_called(&street));
    street.caseload.tick(at("11-05T09:01"));
    assert_eq!(flags(&street, "E08"), [FlagStanding::Ended]);
    // Who amends the amendment speaks of the same alert.
    street.weather(SUPERVISOR, "11-05T10:00", ("11-03T08:00", "11-05T10:00"), Some(second));
    assert!(is_called(&street) && care::alerts(street.own().unwrap()).len() == 1);
}

#[test]
fn only_a_supervisor_declares_an_alert_of_the_caseload_itself_and_for_as_long_as_weather_lasts() {
    let mut street = Street::new();
    let elder = street.gu();
    let span = ("11-03T08:00", "11-04T08:00");
    let times = (at(span.0), at(span.1));
    for role in [Role::Worker, Role::Steward] {
        let (verdict, _) = street.weather((LIN, role), "11-03T08:00", span, None);
        assert_eq!(verdict, Verdict::Held(HoldCode::NotPermitted), "{role}");
    }
    for subject in [elder, EntityId::from_bytes([9; 16])] {
        let (verdict, _) = street.weather_of(subject, SUPERVISOR, "11-03T08:00", times, None);
        assert_eq!(verdict, Verdict::Held(HoldCode::Malformed));
    }
    let own = EntityId::of_caseload(street.caseload.id);
    let too_long = times.0 + Span::days(limits::WEATHER_DAYS) + Span::millis(1);
    for until in [times.0 - Span::millis(1), too_long, Timestamp::MAX] {
        let (verdict, _) = street.weather_of(own, SUPERVISOR, "11-03T08:00", (times.0, until), None);
        assert_eq!(verdict, Verdict::Held(HoldCode::Malformed), "{until}");
    }
    // Nothing else is about the caseload, and it has no document.
    let name = vec![FieldOp::put("name", Value::from("x"))];
    let edit =
        |entity| Edit { entity, kind: Kind::Elder.code().to_owned(), base: Default::default(), ops: name.clone() };
    let mei = street.phone(MEI, Role::Supervisor);
    let verdict = street.say_raw(&mei, at("11-03T08:00"), vec![Part::edit(&edit(own))]);
    assert_eq!(verdict, Verdict::Held(HoldCode::Malformed));
    assert!(street.own().is_none());
    let (verdict, alert) = street.weather(SUPERVISOR, "11-03T08:00", span, None);
    assert_eq!(verdict, Verdict::Merged);
    let void = Event {
        id: EventId::from_bytes([7; 16]),
        amends: None,
        body: EventBody::Void(sync_core::event::Void { event: alert, reason: "x".to_owned() }),
        ..street.own().unwrap().events[0].event.clone()
    };
    let verdict = street.say_raw(&mei, at("11-03T09:00"), vec![Part::event(&void)]);
    assert_eq!(verdict, Verdict::Held(HoldCode::UnknownEntity), "an alert is amended");
    assert!(next(&street, elder).1.starts_with("weather"));
}
