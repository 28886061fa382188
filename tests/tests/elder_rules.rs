//! The flow over elders' files: what merges, what is flagged and held for consent, what must reach a person at once.

#[path = "elder_rules/disputes.rs"]
mod disputes;
#[path = "elder_rules/doubts.rs"]
mod doubts;

use doorstep_tests::memory::Caseload;
use sync_core::admit::Standing;
use sync_core::author::Role;
use sync_core::document::Document;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{Kind, hazard};
use sync_core::event::{
    Answer, Answered, Attempt, Consent, ConsentMethod, ConsentState, Event, EventBody, FlagStanding, Inspection, Means,
    NotMet, PhotoHash, Purpose, RiskEvent, RiskKind, Signal, Step, Visit, VisitKind,
};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::log::{HoldCode, Verdict};
use sync_core::refer;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};

const LIN: u8 = 0xA1;
const CHEN: u8 = 0xB1;
const MEI: u8 = 0x31;
const HE: u8 = 0x71;
const GU: EntityId = EntityId::from_bytes([0xE1; 16]);
const TAN: EntityId = EntityId::from_bytes([0xE2; 16]);
const HOME: EntityId = EntityId::from_bytes([0xD1; 16]);
const FIRE: CaseloadId = CaseloadId::from_bytes([0xF1; 16]);
const PSB: CaseloadId = CaseloadId::from_bytes([0xF2; 16]);

fn at(text: &str) -> Timestamp {
    Timestamp::from_civil(text.parse().unwrap())
}

fn put(entity: EntityId, kind: Kind, base: Base, ops: Vec<FieldOp>) -> Part {
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base, ops })
}

fn seen(version: u32) -> Base {
    Base { version, seen: Vec::new() }
}

fn event(n: u8, subject: EntityId, start: Timestamp, body: EventBody) -> Event {
    Event {
        id: EventId::from_bytes([n; 16]),
        subject,
        programme: "elders".to_owned(),
        policy: 1,
        start,
        end: start + Span::minutes(20),
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body,
    }
}

fn visit(n: u8, elder: EntityId, start: Timestamp, signals: &[Signal]) -> Event {
    let signals = signals.to_vec();
    let visit = Visit { kind: VisitKind::Home, observed: Vec::new(), signals, words: None, next_visit: None };
    event(n, elder, start, EventBody::Visit(visit))
}

fn fall(n: u8, told: Timestamp, on: &str) -> Event {
    let risk = RiskEvent { kind: RiskKind::Fall, occurred_on: on.parse().unwrap(), note: None };
    event(n, GU, told, EventBody::RiskEvent(risk))
}

fn consent(n: u8, when: Timestamp, purpose: Purpose, state: ConsentState) -> Event {
    let consent = Consent {
        purpose,
        state,
        method: ConsentMethod::VerbalWithWitness,
        paper: None,
        witness: Some("neighbour".to_owned()),
        valid_to: None,
        receivers: Vec::new(),
        limits: None,
    };
    event(n, GU, when, EventBody::Consent(consent))
}

/// A caseload with its authors' outbox numbers.
struct World {
    caseload: Caseload,
    sent: u8,
}

impl World {
    fn new() -> Self {
        let mut caseload = Caseload::new(1);
        caseload.desks.insert("FIRE".to_owned(), FIRE);
        caseload.desks.insert("PSB".to_owned(), PSB);
        Self { caseload, sent: 0 }
    }

    /// Gu's file as it stands in the morning: alone, tier key, one fall on 11-02, nobody asked about photos or health.
    fn morning() -> Self {
        let mut world = Self::new();
        let ops = vec![
            FieldOp::put("name", "顾阿婆".into()),
            FieldOp::put("dwelling", Value::Id(HOME)),
            FieldOp::put("living_situation", "alone".into()),
            FieldOp::put("capacity", "full".into()),
            FieldOp::put("risk_tier", "key".into()),
            FieldOp::put_element("contacts", "son", Value::Bool(true)),
        ];
        let home = vec![FieldOp::put("address", "花果山3栋502".into()), FieldOp::put("evacuation_help", "yes".into())];
        let parts = vec![
            put(GU, Kind::Elder, Base::default(), ops),
            put(HOME, Kind::Dwelling, Base::default(), home),
            Part::event(&visit(1, GU, at("2026-11-02T16:00"), &[])),
            Part::event(&fall(2, at("2026-11-02T16:00"), "2026-11-02")),
        ];
        assert_eq!(world.send(LIN, Role::Worker, "2026-11-02T17:00", parts), Verdict::Merged);
        world
    }

    fn send(&mut self, person: u8, role: Role, when: &str, parts: Vec<Part>) -> Verdict {
        self.send_at(person, role, when, when, parts)
    }

    fn send_at(&mut self, person: u8, role: Role, written: &str, received: &str, parts: Vec<Part>) -> Verdict {
        let author = self.caseload.author(person, role, u64::from(self.sent) + 1);
        let submission = self.submission(written, parts);
        self.caseload.take_in(at(received), submission, author)
    }

    fn submission(&mut self, written: &str, parts: Vec<Part>) -> Submission {
        self.sent += 1;
        let id = SubmissionId::from_bytes([self.sent; 16]);
        let at = Hlc { wall: at(written), counter: 0 };
        Submission { id, caseload: self.caseload.id, number: u64::from(self.sent), at, parts }
    }

    fn document(&self, entity: EntityId) -> &Document {
        let found = self.caseload.files.values().find_map(|file| file.documents.get(&entity));
        found.expect("there is such a document")
    }

    fn flags(&self, rule: &str) -> Vec<FlagStanding> {
        let flags = self.caseload.files.values().flat_map(|file| file.flags.values());
        flags.filter(|flag| flag.flagged.rule == rule).map(|flag| flag.flagged.standing).collect()
    }

    fn raised(&self) -> Vec<&str> {
        self.caseload.raised.iter().map(|alarm| alarm.rule.as_str()).collect()
    }

    fn referral(&self, dept: &str) -> (EntityId, &Document) {
        let referrals = self.caseload.files.values().flat_map(|file| file.of_kind(Kind::Referral));
        let to = Some(Value::from(dept));
        let found: Vec<_> = referrals.filter(|(_, document)| document.value("proposed_dept") == to).collect();
        let [one] = found[..] else { panic!("one referral to {dept}, not {}", found.len()) };
        one
    }

    fn state(&self, dept: &str) -> State {
        self.referral(dept).1.value("state").unwrap().as_state().unwrap()
    }

    fn held_for(&self, dept: &str) -> String {
        self.referral(dept).1.value("held_for_consent").unwrap().as_text().unwrap().to_owned()
    }

    /// The supervisor sends a draft on its way.
    fn submit(&mut self, dept: &str, when: &str) -> Verdict {
        let (id, document) = self.referral(dept);
        let base = seen(document.version());
        let ops = vec![FieldOp::put("state", Value::State(State::new(1, refer::SUBMITTED)))];
        self.send(MEI, Role::Supervisor, when, vec![put(id, Kind::Referral, base, ops)])
    }

    /// The dispatcher sends a referral to a desk.
    fn dispatch(&mut self, n: u8, dept: &str, desk: CaseloadId, when: &str) -> Verdict {
        let (id, document) = self.referral(dept);
        let base = seen(document.version());
        let to = State::new(1, refer::DISPATCHED);
        let step = Step { to, desk: Some(desk), reason: None, suggested: None };
        let parts = vec![
            Part::event(&event(n, id, at(when), EventBody::Step(step))),
            put(id, Kind::Referral, base, vec![FieldOp::put("state", Value::State(to))]),
        ];
        self.send(HE, Role::Dispatcher, when, parts)
    }
}

/// What Lin and Chen gather of Gu without seeing each other's, and it arrives in either order.
fn the_morning_at_gus(reverse: bool) -> World {
    let mut world = World::morning();
    let refused = vec![
        Part::event(&visit(10, GU, at("2026-11-23T09:10"), &[])),
        Part::event(&consent(11, at("2026-11-23T09:20"), Purpose::Photo, ConsentState::Refused)),
        put(
            GU,
            Kind::Elder,
            seen(1),
            vec![
                FieldOp::put_element("allergies", "penicillin", Value::Bool(true)),
                FieldOp::put_element("contact_phone", "son", "14200000001".into()),
                FieldOp::put("risk_tier", "key".into()),
                FieldOp::put_element("consent", "photo", "refused".into()),
            ],
        ),
    ];
    let mut meal = visit(20, GU, at("2026-11-23T09:25"), &[]);
    meal.photos = vec![PhotoHash([7; 32])];
    let granted = vec![
        Part::event(&meal),
        Part::event(&fall(21, at("2026-11-23T09:25"), "2026-11-22")),
        Part::event(&consent(22, at("2026-11-23T09:30"), Purpose::Photo, ConsentState::Granted)),
        put(
            GU,
            Kind::Elder,
            seen(1),
            vec![
                FieldOp::put_element("allergies", "aspirin", Value::Bool(true)),
                FieldOp::put_element("contact_phone", "son", "14200000002".into()),
                FieldOp::put("risk_tier", "high".into()),
                FieldOp::put_element("consent", "photo", "granted".into()),
            ],
        ),
    ];
    let mut both = vec![(LIN, "2026-11-23T09:25", refused), (CHEN, "2026-11-23T09:40", granted)];
    if reverse {
        both.reverse();
    }
    for (person, written, parts) in both {
        assert_eq!(world.send_at(person, Role::Worker, written, "2026-11-23T12:05", parts), Verdict::Merged);
    }
    world
}

#[test]
fn the_morning_at_gus_merges_as_the_scenario_says_in_either_order() {
    let mut flags = Vec::new();
    for reverse in [false, true] {
        let world = the_morning_at_gus(reverse);
        let gu = world.document(GU);
        assert_eq!(gu.members("allergies"), ["aspirin", "penicillin"]);
        assert_eq!(gu.value("risk_tier"), Some("high".into()));
        let photo = gu.element("consent", "photo").unwrap();
        assert_eq!(photo.shown.value, "refused".into(), "a refusal stays a refusal");
        let phone = gu.element("contact_phone", "son").unwrap();
        assert!(phone.conflict && phone.others.len() == 1);

        assert_eq!(world.flags("E05"), [FlagStanding::Raised], "two falls in 30 days");
        assert_eq!(world.state("HEALTH"), State::new(1, refer::DRAFT));
        assert_eq!(world.held_for("HEALTH"), "health_center_share");
        assert_eq!(world.flags("D02"), [], "not before 48 hours");
        assert_eq!(world.flags("E08"), []);
        assert_eq!(world.raised(), Vec::<&str>::new());
        assert_eq!(world.caseload.alarms, []);
        flags.push(world.caseload.files[&GU].flags.keys().copied().collect::<Vec<_>>());
        let discreet = world.caseload.files[&GU].flags.values().all(|flag| flag.flagged.discreet);
        assert!(discreet, "at the door nobody reads it over a shoulder");
    }
    assert_eq!(flags[0], flags[1]);
}

#[test]
fn a_fall_that_two_people_tell_counts_once() {
    let mut world = World::morning();
    let again = vec![Part::event(&fall(30, at("2026-11-03T10:00"), "2026-11-02"))];
    assert_eq!(world.send(CHEN, Role::Worker, "2026-11-03T10:00", again), Verdict::Merged);
    assert_eq!(world.flags("E05"), []);
    // The 31st day of the first fall: two falls, but not within 30 days.
    let late = vec![Part::event(&fall(31, at("2026-12-02T10:00"), "2026-12-02"))];
    assert_eq!(world.send(CHEN, Role::Worker, "2026-12-02T10:00", late), Verdict::Merged);
    assert_eq!(world.flags("E05"), []);
}

#[test]
fn a_referral_waits_for_consent_and_goes_when_it_is_given() {
    let mut world = the_morning_at_gus(false);
    assert_eq!(world.submit("HEALTH", "2026-11-23T12:30"), Verdict::Held(HoldCode::NotPermitted));
    assert_eq!(world.state("HEALTH"), State::new(1, refer::DRAFT));

    // A grant without its event is not one.
    let version = world.document(GU).version();
    let ops = vec![FieldOp::put_element("consent", "health_center_share", "granted".into())];
    let bare = vec![put(GU, Kind::Elder, seen(version), ops.clone())];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T13:00", bare), Verdict::Merged);
    assert_eq!(world.held_for("HEALTH"), "health_center_share");

    let said = consent(40, at("2026-11-23T14:00"), Purpose::HealthCenterShare, ConsentState::Granted);
    let version = world.document(GU).version();
    let parts = vec![Part::event(&said), put(GU, Kind::Elder, seen(version), ops)];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T14:00", parts), Verdict::Merged);
    assert_eq!(world.held_for("HEALTH"), "");
    assert_eq!(world.submit("HEALTH", "2026-11-23T14:30"), Verdict::Merged);
    assert_eq!(world.state("HEALTH"), State::new(1, refer::SUBMITTED));

    // Taken back before a desk has it: held again.
    let said = consent(41, at("2026-11-23T15:00"), Purpose::HealthCenterShare, ConsentState::Withdrawn);
    let version = world.document(GU).version();
    let ops = vec![FieldOp::put_element("consent", "health_center_share", "withdrawn".into())];
    let parts = vec![Part::event(&said), put(GU, Kind::Elder, seen(version), ops)];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T15:00", parts), Verdict::Merged);
    assert_eq!(world.held_for("HEALTH"), "health_center_share");
}

#[test]
fn two_phone_numbers_are_the_stewards_after_48_hours() {
    let mut world = the_morning_at_gus(false);
    world.caseload.tick(at("2026-11-25T09:40"));
    assert_eq!(world.flags("D02"), []);
    world.caseload.tick(at("2026-11-25T09:41"));
    assert_eq!(world.flags("D02"), [FlagStanding::Raised]);
    let version = world.document(GU).version();
    let settled = vec![FieldOp::put_element("contact_phone", "son", "14200000002".into())];
    let parts = vec![put(GU, Kind::Elder, seen(version), settled)];
    assert_eq!(world.send(MEI, Role::Supervisor, "2026-11-25T10:00", parts), Verdict::Merged);
    assert_eq!(world.flags("D02"), [FlagStanding::Ended]);
}

#[test]
fn a_visit_is_overdue_when_its_period_has_ended_and_an_attempt_is_no_visit() {
    let mut world = World::morning();
    // Tier key, visited on 11-02: due by the end of 12-02.
    world.caseload.tick(at("2026-12-02T23:59"));
    assert_eq!(world.flags("E08"), []);
    let knocked = NotMet {
        tried: vec![Attempt { means: Means::Door, contact: None, reached: false }],
        note: None,
        next_try: None,
    };
    let parts = vec![Part::event(&event(50, GU, at("2026-12-02T18:00"), EventBody::NotMet(knocked)))];
    assert_eq!(world.send(LIN, Role::Worker, "2026-12-03T09:00", parts), Verdict::Merged);
    assert_eq!(world.flags("E08"), [FlagStanding::Raised]);
    assert_eq!(world.flags("E07"), [], "the phone and the contact were not tried");
    let parts = vec![Part::event(&visit(51, GU, at("2026-12-03T10:00"), &[]))];
    assert_eq!(world.send(LIN, Role::Worker, "2026-12-03T11:00", parts), Verdict::Merged);
    assert_eq!(world.flags("E08"), [FlagStanding::Ended]);
}

#[test]
fn an_elder_whom_nobody_reaches_calls_a_person_once_and_is_at_the_police_without_consent() {
    let mut world = World::morning();
    let attempt = |means, reached| Attempt { means, contact: None, reached };
    let not_met = |n, when: &str, tried| {
        let not_met = NotMet { tried, note: None, next_try: None };
        vec![Part::event(&event(n, GU, at(when), EventBody::NotMet(not_met)))]
    };
    // The son knows that she is well: nobody is called.
    let heard = vec![attempt(Means::Door, false), attempt(Means::Phone, false), attempt(Means::Contact, true)];
    let parts = not_met(60, "2026-11-20T09:00", heard);
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-20T09:30", parts), Verdict::Merged);
    assert_eq!(world.raised(), Vec::<&str>::new());

    let vain = [Means::Door, Means::Phone, Means::Contact].map(|means| attempt(means, false)).to_vec();
    let parts = not_met(61, "2026-11-23T09:00", vain.clone());
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T09:30", parts), Verdict::Merged);
    assert_eq!(world.flags("E07"), [FlagStanding::Raised]);
    assert_eq!(world.raised(), ["E07"]);
    assert_eq!(world.state("PSB"), State::new(1, refer::SUBMITTED), "an alarm waits for nobody");
    let parts = not_met(62, "2026-11-23T10:00", vain);
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T10:30", parts), Verdict::Merged);
    assert_eq!(world.raised(), ["E07"], "once");
    let parts = vec![Part::event(&visit(63, GU, at("2026-11-23T11:00"), &[]))];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T11:30", parts), Verdict::Merged);
    assert_eq!(world.flags("E07"), [FlagStanding::Ended]);
}

#[test]
fn suspected_abuse_goes_by_capacity_and_the_more_protective_view_counts() {
    let mut world = World::morning();
    let abuse = |n, when: &str| vec![Part::event(&visit(n, GU, at(when), &[Signal::SuspectedAbuse]))];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-20T10:00", abuse(70, "2026-11-20T09:00")), Verdict::Merged);
    assert_eq!((world.flags("E03").len(), world.flags("E02").len()), (1, 0), "full capacity: her wish counts");
    assert_eq!(world.raised(), Vec::<&str>::new());

    // Two views of her capacity that did not know of each other.
    let version = world.document(GU).version();
    for (person, capacity) in [(LIN, "full"), (CHEN, "limited")] {
        let parts = vec![put(GU, Kind::Elder, seen(version), vec![FieldOp::put("capacity", capacity.into())])];
        assert_eq!(world.send(person, Role::Worker, "2026-11-20T11:00", parts), Verdict::Merged);
    }
    assert_eq!(world.flags("E02"), [FlagStanding::Raised]);
    assert_eq!(world.flags("E03"), [FlagStanding::Ended]);
    assert_eq!(world.raised(), ["E02"]);
    let (_, referral) = world.referral("PSB");
    assert_eq!(referral.value("held_for_consent"), None, "the law asks for no consent");
    assert_eq!(world.state("PSB"), State::new(1, refer::SUBMITTED));

    // The fire desk never gets it, whatever a dispatcher does.
    assert_eq!(world.dispatch(71, "PSB", FIRE, "2026-11-20T12:00"), Verdict::Held(HoldCode::NotPermitted));
    assert_eq!(world.state("PSB"), State::new(1, refer::SUBMITTED), "it waits for the right desk");
    assert_eq!(world.caseload.slips.len(), 0);
    assert_eq!(world.dispatch(72, "PSB", PSB, "2026-11-20T12:01"), Verdict::Merged);
    let [slip] = &world.caseload.slips[..] else { panic!("one slip") };
    assert_eq!((slip.kind, slip.desk), (Kind::PersonSlip, PSB));
}

#[test]
fn an_alarm_fires_though_the_submission_is_held_and_nothing_of_it_merges() {
    let mut world = World::morning();
    let parts = vec![Part::event(&visit(80, GU, at("2026-11-23T10:55"), &[Signal::AcuteIllness]))];
    let submission = world.submission("2026-11-23T11:00", parts);
    let chen = world.caseload.author(CHEN, Role::Worker, 1);
    let gone = Standing { role: Role::Worker, member: false, revoked: false, clock_offset_ms: 0 };
    let verdict = world.caseload.take_in_as(at("2026-11-23T11:00"), submission.clone(), chen, gone);
    assert_eq!(verdict, Verdict::Held(HoldCode::NoAccess));
    assert_eq!(world.raised(), ["E01"]);
    assert_eq!(world.caseload.raised[0].subject, GU);
    assert_eq!(world.flags("E01"), [], "it is no flag yet");
    assert!(!world.caseload.files[&GU].events.iter().any(|known| known.event.id == EventId::from_bytes([80; 16])));

    // Accepted later, it is the flag that was announced.
    let held = (*world.caseload.logged()[&submission.id]).clone();
    world.caseload.decide(at("2026-11-23T16:00"), held, true).unwrap();
    assert_eq!(world.flags("E01"), [FlagStanding::Raised]);
    let flag = world.caseload.raised[0].flag;
    assert!(world.caseload.files[&GU].flags.contains_key(&flag));
    assert!(world.caseload.raised.iter().all(|alarm| alarm.flag == flag));
}

#[test]
fn what_a_revoked_device_wrote_is_held_and_asked_about() {
    let mut world = World::morning();
    let parts = vec![Part::event(&visit(85, GU, at("2026-11-23T13:02"), &[]))];
    let submission = world.submission("2026-11-23T13:02", parts);
    let chen = world.caseload.author(CHEN, Role::Worker, 1);
    let revoked = Standing { role: Role::Worker, member: true, revoked: true, clock_offset_ms: 0 };
    let verdict = world.caseload.take_in_as(at("2026-11-23T15:40"), submission, chen, revoked);
    assert_eq!(verdict, Verdict::Held(HoldCode::DeviceRevoked));
    assert_eq!(world.flags("D03"), [FlagStanding::Raised]);
    // It is in no file, and yet it does not go away by itself.
    world.caseload.tick(at("2026-11-24T15:40"));
    assert_eq!(world.flags("D03"), [FlagStanding::Raised]);
}

/// Tan's file, in another home.
fn with_tan(world: &mut World) {
    let home = EntityId::from_bytes([0xD2; 16]);
    let ops = vec![FieldOp::put("name", "谭伯".into()), FieldOp::put("dwelling", Value::Id(home))];
    let parts = vec![
        put(TAN, Kind::Elder, Base::default(), ops),
        put(home, Kind::Dwelling, Base::default(), vec![FieldOp::put("address", "花果山4栋101".into())]),
    ];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-02T17:30", parts), Verdict::Merged);
}

#[test]
fn doubtful_evidence_is_asked_about_once_in_whatever_order_it_arrives() {
    let mut found = Vec::new();
    for reverse in [false, true] {
        let mut world = World::morning();
        with_tan(&mut world);
        // Lin in two homes at a time, and Chen who brings the same photo twice; Chen and Lin together are no anomaly.
        let mut both = vec![(LIN, 90, GU, "2026-11-23T09:10", None), (LIN, 91, TAN, "2026-11-23T09:20", None)];
        both.extend([(CHEN, 92, GU, "2026-11-23T09:20", Some(7)), (CHEN, 93, TAN, "2026-11-23T10:20", Some(7))]);
        if reverse {
            both.reverse();
        }
        for (person, n, elder, when, photo) in both {
            let mut visit = visit(n, elder, at(when), &[]);
            visit.photos = photo.map(|photo| PhotoHash([photo; 32])).into_iter().collect();
            let verdict = world.send_at(person, Role::Worker, when, "2026-11-23T12:05", vec![Part::event(&visit)]);
            assert_eq!(verdict, Verdict::Merged);
        }
        assert_eq!(world.flags("D03"), [FlagStanding::Raised; 2], "reverse {reverse}");
        world.caseload.tick(at("2026-11-23T13:00"));
        assert_eq!(world.flags("D03"), [FlagStanding::Raised; 2], "reverse {reverse}");
        let of_tan = world.caseload.files[&TAN].flags.values().filter(|flag| flag.flagged.rule == "D03");
        let mut windows: Vec<String> = of_tan.map(|flag| flag.flagged.window.clone()).collect();
        windows.sort();
        found.push(windows);
    }
    assert_eq!(found[0].len(), 2, "both belong to the later visit: {found:?}");
    assert_eq!(found[0], found[1]);
}

#[test]
fn a_home_visit_under_three_minutes_is_asked_about() {
    for (seconds, flags) in [(179, 1), (180, 0)] {
        let mut world = World::morning();
        let mut short = visit(95, GU, at("2026-11-23T09:10"), &[]);
        short.end = short.start + Span::seconds(seconds);
        assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T10:00", vec![Part::event(&short)]), Verdict::Merged);
        assert_eq!(world.flags("D03").len(), flags, "{seconds} seconds");
    }
}

#[test]
fn the_slip_of_a_home_says_where_and_whether_somebody_needs_help_and_nothing_else_of_who_lives_there() {
    let mut world = World::morning();
    let answer = Answered {
        code: "GAS-01".to_owned(),
        answer: Answer::Problem,
        severity: Some(4),
        refused: false,
        quantity: None,
        note: Some("顾阿婆忘记关火".to_owned()),
        photos: vec![PhotoHash([9; 32])],
    };
    let inspection = Inspection { answers: vec![answer], met: Some("顾阿婆".to_owned()), revisit: false };
    let ops = vec![
        FieldOp::put("place", Value::Id(HOME)),
        FieldOp::put("code", "GAS-01".into()),
        FieldOp::put("severity", Value::Int(4)),
        FieldOp::put("status", Value::State(State::new(1, hazard::OPEN))),
    ];
    let parts = vec![
        Part::event(&visit(100, GU, at("2026-11-23T09:10"), &[Signal::GasSmell])),
        Part::event(&event(101, HOME, at("2026-11-23T09:10"), EventBody::Inspection(inspection))),
        put(hazard::id(HOME, "GAS-01", 1), Kind::Hazard, Base::default(), ops),
    ];
    assert_eq!(world.send(LIN, Role::Worker, "2026-11-23T09:30", parts), Verdict::Merged);
    assert_eq!(world.flags("F06"), [FlagStanding::Raised]);
    assert_eq!(world.flags("F06E"), [FlagStanding::Raised]);
    let mut raised = world.raised();
    raised.sort_unstable();
    assert_eq!(raised, ["F06", "F06E"]);

    assert_eq!(world.dispatch(102, "FIRE", FIRE, "2026-11-23T09:40"), Verdict::Merged);
    let [slip] = &world.caseload.slips[..] else { panic!("one slip") };
    let text = format!("{:?}", slip.ops);
    assert!(text.contains("花果山3栋502"));
    assert!(slip.ops.contains(&FieldOp::put("evacuation_help", "yes".into())));
    assert!(!text.contains('顾') && !text.contains(&GU.to_string()), "{text}");
    let fields: Vec<&str> = slip.ops.iter().map(|op| op.field.as_str()).collect();
    for never in ["premises_name", "operator_name", "photos", "reminders"] {
        assert!(!fields.contains(&never), "{never}");
    }
}
