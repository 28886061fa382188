use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::author::{Author, Role};
use crate::edit::{Base, Edit, FieldOp, State, Value};
use crate::entity::{Kind, flag_review};
use crate::event::{
    Answer, Event, EventBody, FlagStanding, Flagged, Inspection, Link, NotMet, Observed, Reply, Step, Visit, VisitKind,
    Void,
};
use crate::id::{DeviceId, FlagId};
use crate::log::{Decision, Entry, EntryBody, HoldCode, Logged, Verdict};
use crate::refer;
use crate::submission::Part;
use crate::time::Hlc;

const GU: EntityId = EntityId::from_bytes([0xE1; 16]);
const TAN: EntityId = EntityId::from_bytes([0xE2; 16]);
const WANG: EntityId = EntityId::from_bytes([0xB1; 16]);
const WANG_AGAIN: EntityId = EntityId::from_bytes([0xB2; 16]);
const HOME: EntityId = EntityId::from_bytes([0xD1; 16]);
const R1: EntityId = EntityId::from_bytes([0xF1; 16]);
const FLAG: FlagId = FlagId::from_bytes([0xF2; 16]);

fn at(time: &str) -> Timestamp {
    Timestamp::from_civil(format!("2026-11-{time}").parse().unwrap())
}

fn period(frozen: &str) -> Period {
    Period { from: at("23T00:00"), to: at("24T00:00"), frozen: at(frozen) }
}

fn id(n: u8) -> EventId {
    EventId::from_bytes([n; 16])
}

/// Names that are the ids themselves: the counting is looked at, not the keys.
struct Plain;

impl Pseudonyms for Plain {
    fn file(&self, id: EntityId) -> String {
        id.to_string()
    }
    fn person(&self, id: PersonId) -> String {
        id.to_string()
    }
    fn event(&self, id: EventId) -> String {
        id.to_string()
    }
}

/// A log that is written as the test says.
#[derive(Default)]
struct Log(Vec<Entry>);

impl Log {
    fn put(&mut self, received: &str, body: EntryBody) {
        let seq = self.0.len() as u64 + 1;
        self.0.push(Entry { seq, received_at: at(received), policy: 1, body });
    }

    fn logged(&self, parts: Vec<Part>, verdict: Verdict) -> Logged {
        let number = self.0.len() as u64 + 1;
        let author = Author {
            device: DeviceId::from_bytes([1; 16]),
            person: PersonId::from_bytes([2; 16]),
            role: Role::System,
            number,
        };
        let id = SubmissionId::derived("test", &[&number.to_be_bytes()]);
        Logged { id, author, at: Hlc::default(), skew_ms: 0, digest: Digest([0; 32]), verdict, carrier: None, parts }
    }

    fn say(&mut self, received: &str, parts: Vec<Part>) {
        let logged = self.logged(parts, Verdict::Merged);
        self.put(received, EntryBody::Submission(logged));
    }

    fn tell(&mut self, n: u8, subject: EntityId, start: &str, received: &str, body: EventBody) {
        self.say(received, vec![Part::event(&event(n, subject, start, body))]);
    }

    fn tally(&self, period: Period) -> Tally {
        let mut tally = Tally::new(period);
        self.0.iter().for_each(|entry| tally.take(entry));
        tally
    }

    fn report(&self, frozen: &str) -> Report {
        let standing = Standing { eligible: BTreeSet::from([GU, TAN]), ..Standing::default() };
        self.tally(period(frozen)).report(&standing, &Plain)
    }
}

fn event(n: u8, subject: EntityId, start: &str, body: EventBody) -> Event {
    Event {
        id: id(n),
        subject,
        programme: String::new(),
        policy: 1,
        start: at(start),
        end: at(start) + crate::time::Span::minutes(10),
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body,
    }
}

fn edit(entity: EntityId, kind: Kind, version: u32, ops: Vec<FieldOp>) -> Part {
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base: Base { version, seen: Vec::new() }, ops })
}

fn named(entity: EntityId, kind: Kind) -> Part {
    let field = if kind == Kind::Dwelling { "address" } else { "name" };
    edit(entity, kind, 0, vec![FieldOp::put(field, "王".into())])
}

fn visit() -> EventBody {
    let mood = Observed { item: "mood".to_owned(), answer: Answer::Problem, note: Some("想老伴".to_owned()) };
    let observed = vec![mood];
    EventBody::Visit(Visit {
        kind: VisitKind::Home,
        observed,
        signals: Vec::new(),
        words: Some("睡不着".to_owned()),
        next_visit: None,
    })
}

fn inspection(revisit: bool) -> EventBody {
    EventBody::Inspection(Inspection { answers: Vec::new(), met: None, revisit })
}

fn step(rank: u8, round: u16) -> EventBody {
    EventBody::Step(Step { to: State::new(round, rank), desk: None, reason: None, suggested: None })
}

fn flagged(standing: FlagStanding) -> EventBody {
    EventBody::Flagged(Flagged {
        flag: FLAG,
        rule: "F01".to_owned(),
        window: "EXIT-02#1".to_owned(),
        standing,
        evidence: Vec::new(),
        zh: String::new(),
        en: String::new(),
        severity: 3,
        discreet: false,
        due_at: None,
    })
}

fn state(rank: u8, round: u16, version: u32, more: Vec<FieldOp>) -> Part {
    let mut ops = vec![FieldOp::put("state", Value::State(State::new(round, rank)))];
    ops.extend(more);
    edit(R1, Kind::Referral, version, ops)
}

/// Two shops that are one, two elders, a home; visited on the 23rd.
fn day() -> Log {
    let mut log = Log::default();
    let files = [(GU, Kind::Elder), (TAN, Kind::Elder), (WANG, Kind::Premises), (WANG_AGAIN, Kind::Premises)];
    log.say("22T09:00", files.into_iter().map(|(file, kind)| named(file, kind)).collect());
    log.say("22T09:00", vec![named(HOME, Kind::Dwelling)]);
    log.tell(1, GU, "23T09:10", "23T12:05", visit());
    log.tell(2, GU, "23T09:25", "23T12:05", visit());
    log.tell(3, WANG, "23T10:05", "23T12:05", inspection(false));
    log.tell(4, WANG_AGAIN, "23T10:20", "23T12:05", inspection(false));
    log.tell(5, HOME, "23T09:10", "23T12:05", inspection(false));
    let link = Link { other: WANG_AGAIN, undo: false, reason: String::new() };
    log.tell(6, WANG, "23T12:06", "23T12:06", EventBody::Link(link));
    log
}

#[test]
fn a_day_is_counted_by_events_and_linked_files_are_one() {
    let report = day().report("23T17:30");
    let values = |figures: &[Figure]| figures.iter().map(|figure| report.value(*figure)).collect::<Vec<_>>();
    assert_eq!(values(&[Figure::Visits, Figure::EldersCovered]), [2, 1]);
    assert_eq!(values(&[Figure::Inspections, Figure::Revisits, Figure::Premises, Figure::HomeChecks]), [2, 0, 1, 1]);
    assert_eq!((report.apart.duplicate_linked, report.eligible), (1, 2));
    let visits = report.figures.iter().find(|figure| figure.code == "visits").unwrap();
    assert_eq!(visits.events, [id(1), id(2)]);
    let shops: BTreeSet<&str> =
        report.events.iter().filter(|line| [id(3), id(4)].contains(&line.id)).map(|line| line.file.as_str()).collect();
    assert_eq!(shops.len(), 1, "two files of one shop have one pseudonym");
}

#[test]
fn the_same_event_in_two_submissions_counts_once() {
    let mut log = day();
    let before = log.report("23T17:30");
    log.tell(1, GU, "23T09:10", "23T13:00", visit());
    let after = log.report("23T17:30");
    assert_eq!((&after.figures, &after.digest), (&before.figures, &before.digest));
}

#[test]
fn who_was_not_met_or_is_not_eligible_is_not_covered() {
    let mut log = day();
    log.tell(
        7,
        TAN,
        "23T15:00",
        "23T15:10",
        EventBody::NotMet(NotMet { tried: Vec::new(), note: None, next_try: None }),
    );
    let somebody = EntityId::from_bytes([0xE9; 16]);
    log.tell(8, somebody, "23T15:00", "23T15:10", visit());
    let report = log.report("23T17:30");
    assert_eq!((report.value(Figure::NotMet), report.value(Figure::EldersCovered)), (1, 1));
    assert_eq!(report.value(Figure::Visits), 3, "the visit itself took place");
}

#[test]
fn what_is_voided_or_corrected_is_listed_apart() {
    let mut log = day();
    log.tell(9, GU, "23T13:00", "23T13:00", EventBody::Void(Void { event: id(1), reason: String::new() }));
    let again = Event { amends: Some(id(3)), ..event(10, WANG, "23T10:05", inspection(true)) };
    log.say("23T13:00", vec![Part::event(&again)]);
    let report = log.report("23T17:30");
    assert_eq!(
        (report.value(Figure::Visits), report.value(Figure::Inspections), report.value(Figure::Revisits)),
        (1, 1, 1)
    );
    assert_eq!((report.apart.voided.as_slice(), report.apart.amended.as_slice()), (&[id(1)][..], &[id(3)][..]));
}

#[test]
fn what_comes_after_the_freeze_is_late_and_changes_nothing() {
    let mut log = day();
    let before = log.report("23T17:30");
    log.tell(20, TAN, "23T16:00", "23T19:00", visit());
    log.tell(21, GU, "23T19:10", "23T19:10", EventBody::Void(Void { event: id(1), reason: String::new() }));
    let link = Link { other: WANG_AGAIN, undo: true, reason: String::new() };
    log.tell(22, WANG, "23T19:20", "23T19:20", EventBody::Link(link));
    let after = log.report("23T17:30");
    assert_eq!((&after.figures, &after.digest, after.seq), (&before.figures, &before.digest, before.seq));
    assert_eq!(after.apart.late, [id(20), id(21), id(22)]);
    let open = log.report("23T23:00");
    assert_eq!((open.value(Figure::Visits), open.value(Figure::EldersCovered)), (2, 2));
    assert_eq!(open.value(Figure::Premises), 2);
}

#[test]
fn days_end_at_midnight_and_no_clock_is_ahead_of_receipt() {
    let mut log = Log::default();
    log.say("22T09:00", vec![named(GU, Kind::Elder)]);
    log.tell(1, GU, "22T23:59", "23T08:00", visit());
    log.tell(2, GU, "23T00:00", "23T08:00", visit());
    // A phone that is days ahead: it cannot have been there later than it told.
    log.tell(3, GU, "26T10:00", "23T11:00", visit());
    let report = log.report("24T00:00");
    let visits = report.figures.iter().find(|figure| figure.code == "visits").unwrap();
    assert_eq!(visits.events, [id(2), id(3)]);
}

#[test]
fn a_referral_is_counted_by_where_it_is_and_answered_in_time_or_not() {
    for (replied, on_time) in [("23T14:30", 1), ("23T16:10", 0)] {
        let mut log = day();
        log.tell(30, WANG, "23T12:05", "23T12:05", flagged(FlagStanding::Raised));
        let due = FieldOp::put_element("due_at", "1", Value::Int(at("23T16:00").millis()));
        let flag = FieldOp::put("flag", Value::Text(FLAG.to_string()));
        log.say("23T12:05", vec![state(refer::SUBMITTED, 1, 0, vec![flag, due])]);
        let open = log.report("23T17:30");
        assert_eq!((open.value(Figure::Referrals), open.value(Figure::Open)), (1, 1));
        assert_eq!((open.value(Figure::Overdue), open.flags["F01"].events.as_slice()), (0, &[id(30)][..]));

        log.say(
            "23T12:25",
            vec![
                Part::event(&event(31, R1, "23T12:25", step(refer::DISPATCHED, 1))),
                state(refer::DISPATCHED, 1, 1, Vec::new()),
            ],
        );
        assert_eq!(log.report("23T17:30").value(Figure::Overdue), 1);
        assert_eq!(log.report("23T15:00").value(Figure::Overdue), 0);
        let reply = Reply {
            round: 1,
            outcome: crate::event::Outcome::Untrue,
            public_text: String::new(),
            checked_at: None,
            recheck_at: None,
            corrects: None,
        };
        log.say(
            replied,
            vec![
                Part::event(&event(32, R1, replied, EventBody::Reply(reply))),
                state(refer::REPLIED, 1, 2, Vec::new()),
            ],
        );
        log.say(
            "23T16:30",
            vec![
                Part::event(&event(33, R1, "23T16:30", step(refer::CLOSED, 1))),
                state(refer::CLOSED, 1, 3, Vec::new()),
            ],
        );
        log.tell(34, WANG, "23T16:30", "23T16:30", flagged(FlagStanding::Ended));
        let closed = log.report("23T17:30");
        let counts = [Figure::Referrals, Figure::Open, Figure::ClosedOnTime, Figure::ClosedLate, Figure::Overdue];
        assert_eq!(counts.map(|figure| closed.value(figure)), [1, 0, on_time, 1 - on_time, 0]);
        assert_eq!(closed.flags["F01"].value, 1, "a flag that ended was raised");
        log.tell(35, WANG, "23T16:40", "23T16:40", flagged(FlagStanding::Withdrawn));
        assert!(log.report("23T17:30").flags.is_empty(), "one that was withdrawn should not have been");
    }
}

#[test]
fn a_return_is_counted_and_a_draft_is_no_referral() {
    let mut log = day();
    log.say("23T12:05", vec![state(refer::DRAFT, 1, 0, Vec::new())]);
    let report = log.report("23T17:30");
    assert_eq!((report.value(Figure::Referrals), report.value(Figure::Drafts), report.value(Figure::Open)), (0, 1, 0));
    log.tell(40, R1, "23T13:00", "23T13:00", step(refer::RETURNED, 1));
    assert_eq!(log.report("23T17:30").value(Figure::Returns), 1);
}

#[test]
fn held_work_counts_when_a_person_has_accepted_it() {
    let mut log = day();
    let held = |log: &mut Log, n: u8| {
        let parts = vec![Part::event(&event(n, TAN, "23T10:55", visit()))];
        let logged = log.logged(parts, Verdict::Held(HoldCode::DeviceRevoked));
        log.put("23T15:40", EntryBody::Submission(logged.clone()));
        logged
    };
    let (one, other) = (held(&mut log, 50), held(&mut log, 51));
    let waiting = log.report("23T17:30");
    assert_eq!((waiting.apart.quarantined, waiting.value(Figure::Visits)), (2, 2));
    let decision = |logged: &Logged, accepted: bool| Decision {
        submission: logged.id,
        accepted,
        by: PersonId::from_bytes([3; 16]),
        reason: String::new(),
        logged: accepted.then(|| logged.clone()),
    };
    log.put("23T16:00", EntryBody::Decision(decision(&one, true)));
    log.put("23T16:00", EntryBody::Decision(decision(&other, false)));
    let report = log.report("23T17:30");
    let counts = [Figure::Visits, Figure::EldersCovered, Figure::QuarantineAccepted, Figure::QuarantineRejected];
    assert_eq!(counts.map(|figure| report.value(figure)), [3, 2, 1, 1]);
    assert_eq!(report.apart.quarantined, 0);
    let line = report.events.iter().find(|line| line.id == id(50)).unwrap();
    assert_eq!((line.observed_ms, line.received_ms), (at("23T10:55"), at("23T16:00")));
}

/// By the words of the document alone, as somebody would who has nothing but the report.
#[test]
fn anybody_can_work_the_digest_out() {
    use sha2::{Digest as _, Sha256};
    let report: serde_json::Value = serde_json::to_value(day().report("23T17:30")).unwrap();
    let mut lines: Vec<String> = report["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let field = |name: &str| line[name].to_string().trim_matches('"').to_owned();
            ["id", "kind", "file", "person", "observed_ms", "received_ms"].map(field).join(" ") + "\n"
        })
        .collect();
    lines.sort();
    assert_eq!(lines.len(), 5);
    let hash = Sha256::digest(lines.concat().as_bytes());
    let hex = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(report["digest"], hex);
    let moved = day().report("23T17:30").events.into_iter().map(|line| Line { file: "F".to_owned(), ..line });
    assert_ne!(digest(&moved.collect::<Vec<_>>()), hex);
}

#[test]
fn counts_alone_keep_the_numbers_and_nothing_behind_them() {
    let whole = day().report("23T17:30");
    let bare = whole.clone().counts_only();
    let text = serde_json::to_string(&bare).unwrap();
    assert!(!text.contains(&id(1).to_string()) && !text.contains(&GU.to_string()), "{text}");
    let values = |report: &Report| -> BTreeMap<&str, u64> {
        report.figures.iter().map(|figure| (figure.code, figure.value)).collect()
    };
    assert_eq!((values(&bare), &bare.digest), (values(&whole), &whole.digest));
}

#[test]
fn a_sample_is_drawn_by_its_seed_and_holds_no_words() {
    let log = day();
    let draw = |seed: &str, n: usize| log.tally(period("23T17:30")).sample(seed, n, &Plain);
    let all = draw("a", 100);
    assert_eq!((all.of, all.events.len()), (5, 5));
    assert_eq!(draw("a", 2).events, all.events[..2], "a longer draw goes on where a shorter one ends");
    let orders: BTreeSet<Vec<String>> = ["a", "b", "c", "d", "e"]
        .into_iter()
        .map(|seed| draw(seed, 5).events.into_iter().map(|sampled| sampled.event).collect())
        .collect();
    assert!(orders.len() > 1, "the seed decides");
    let visit = all.events.iter().find(|sampled| sampled.kind == "visit").unwrap();
    assert_eq!((visit.seconds, visit.outcomes[0].item.as_str(), visit.outcomes[0].answer), (600, "mood", "problem"));
    let text = serde_json::to_string(&all).unwrap();
    assert!(!text.contains("老伴") && !text.contains("睡不着"), "{text}");
}

#[test]
fn doubts_come_with_what_workers_explain_of_them() {
    let mut log = Log::default();
    let flagged = Flagged {
        flag: FLAG,
        rule: "D03".to_owned(),
        window: format!("short_visit#{}", id(1)),
        standing: FlagStanding::Raised,
        evidence: vec![id(1)],
        zh: String::new(),
        en: String::new(),
        severity: 0,
        discreet: false,
        due_at: None,
    };
    log.tell(1, GU, "23T10:00", "23T10:30", visit());
    log.tell(2, GU, "23T10:31", "23T10:31", EventBody::Flagged(flagged));
    let doubts = |log: &Log| log.tally(period("23T17:30")).sample("a", 9, &Plain).doubts;
    assert_eq!(doubts(&log)[0].explanations, []);
    let explains = |element: &str, text: &str| {
        let ops = vec![FieldOp::put_element("explanation", element, text.into())];
        vec![edit(flag_review::id(FLAG), Kind::FlagReview, 0, ops)]
    };
    let mut by = |role: Role, received: &str, parts: Vec<Part>| {
        let mut logged = log.logged(parts, Verdict::Merged);
        (logged.author.role, logged.at.wall) = (role, at("23T12:00"));
        log.put(received, EntryBody::Submission(logged));
    };
    by(Role::Worker, "23T13:00", explains("S1", "老人急着出门，改约下午。"));
    by(Role::Worker, "23T13:01", explains("S1", "再说一遍"));
    by(Role::Officer, "23T13:02", explains("S2", "不归我说"));
    by(Role::Worker, "23T17:31", explains("S3", "冻结之后"));
    let found = doubts(&log);
    assert_eq!((found.len(), found[0].evidence.as_str()), (1, id(1).to_string().as_str()));
    let person = PersonId::from_bytes([2; 16]).to_string();
    let wanted =
        Explanation { text: "老人急着出门，改约下午。".to_owned(), person, said_ms: at("23T12:00") };
    assert_eq!(found[0].explanations, [wanted]);
}

#[test]
fn every_figure_has_a_code_of_its_own_and_words_in_both_languages() {
    let codes: BTreeSet<&str> = Figure::ALL.iter().map(|figure| figure.code()).collect();
    assert_eq!(codes.len(), Figure::ALL.len());
    for figure in Figure::ALL {
        let ((zh, en), (formula_zh, formula_en)) = (figure.name(), figure.formula());
        assert!(!zh.is_ascii() && en.is_ascii() && !formula_zh.is_ascii() && formula_en.is_ascii(), "{figure:?}");
    }
}
