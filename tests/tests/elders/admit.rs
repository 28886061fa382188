//! What may be written about elders, and by whom.

use sync_core::edit::{Base, State};
use sync_core::event::{
    Assessment, AssessmentStanding, BreakGlass, BreakGlassAct, Consent, ConsentMethod, Event, EventBody, Inspection,
    Link, NotMet, Notice, NoticeReceipt, RiskEvent, Visit,
};

use super::*;

fn event(n: u8, subject: EntityId, body: EventBody) -> Part {
    let when = at("11-23T09:00");
    Part::event(&Event {
        id: EventId::from_bytes([n; 16]),
        subject,
        programme: "elders".to_owned(),
        policy: 1,
        start: when,
        end: when,
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body,
    })
}

fn creation(n: u8, kind: Kind, ops: Vec<FieldOp>) -> Part {
    let entity = EntityId::from_bytes([n; 16]);
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base: Base::default(), ops })
}

fn put(street: &Street, entity: EntityId, kind: Kind, op: FieldOp) -> Part {
    let files = &street.caseload.files;
    let document = files.values().find_map(|file| file.documents.get(&entity)).unwrap();
    let base = Base { version: document.version(), seen: Vec::new() };
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base, ops: vec![op] })
}

fn assessment(scores: Vec<u8>, standing: AssessmentStanding, certificates: [Option<&str>; 2]) -> EventBody {
    let assessors = (1..).zip(certificates).map(|(n, certificate)| Assessor {
        person: PersonId::from_bytes([n; 16]),
        certificate: certificate.map(str::to_owned),
    });
    EventBody::Assessment(Assessment {
        scores,
        standing,
        risks: Vec::new(),
        coma: false,
        diagnoses: Vec::new(),
        assessors: assessors.collect(),
        informant: None,
        note: None,
    })
}

fn breaking(act: BreakGlassAct, of: Option<EventId>) -> EventBody {
    let (reason, told) = ("x".to_owned(), Some("120".to_owned()));
    EventBody::BreakGlass(BreakGlass { act, of, reason, told, fields: Vec::new() })
}

fn unexplained(act: BreakGlassAct, of: Option<EventId>) -> EventBody {
    let (reason, told) = (" \n".to_owned(), Some("120".to_owned()));
    EventBody::BreakGlass(BreakGlass { act, of, reason, told, fields: Vec::new() })
}

/// One event of each kind about elders.
fn about_elders() -> Vec<EventBody> {
    let consent = Consent {
        purpose: Purpose::Photo,
        state: ConsentState::Refused,
        method: ConsentMethod::VerbalWithWitness,
        paper: None,
        witness: None,
        valid_to: None,
        receivers: Vec::new(),
        limits: None,
    };
    let kind = VisitKind::Phone;
    vec![
        EventBody::Visit(Visit { kind, observed: Vec::new(), signals: Vec::new(), words: None, next_visit: None }),
        EventBody::NotMet(NotMet { tried: Vec::new(), note: None, next_try: None }),
        assessment(vec![0; 26], AssessmentStanding::Screening, [None, None]),
        EventBody::RiskEvent(RiskEvent { kind: RiskKind::Fall, occurred_on: at("11-22T09:00").day(), note: None }),
        EventBody::Consent(consent),
        breaking(BreakGlassAct::Opened, None),
    ]
}

#[test]
fn those_who_keep_the_files_write_of_elders_and_nobody_else() {
    let mut street = Street::new();
    let elder = street.gu();
    let dwelling = street.dwelling(elder);
    let mut n = 0;
    for body in about_elders() {
        for role in [Role::Dispatcher, Role::Officer, Role::Purchaser, Role::Evaluator, Role::Admin, Role::System] {
            n += 1;
            let phone = street.phone(7, role);
            let verdict = street.say_raw(&phone, at("11-23T09:00"), vec![event(n, elder, body.clone())]);
            assert_eq!(verdict, Verdict::Held(HoldCode::NotPermitted), "{} by {role}", body.kind());
        }
        for role in [Role::Worker, Role::Supervisor, Role::Steward] {
            n += 1;
            let phone = street.phone(8, role);
            // Who looks at what was told in an emergency does not tell it.
            if role == Role::Steward && matches!(body, EventBody::BreakGlass(_)) {
                let verdict = street.say_raw(&phone, at("11-23T09:00"), vec![event(n, elder, body.clone())]);
                assert_eq!(verdict, Verdict::Held(HoldCode::NotPermitted));
                continue;
            }
            let elsewhere = street.say_raw(&phone, at("11-23T09:00"), vec![event(n, dwelling, body.clone())]);
            assert_eq!(elsewhere, Verdict::Held(HoldCode::Malformed), "{} of a dwelling", body.kind());
            let verdict = street.say_raw(&phone, at("11-23T09:00"), vec![event(n, elder, body.clone())]);
            assert_eq!(verdict, Verdict::Merged, "{} by {role}", body.kind());
        }
    }
}

#[test]
fn what_no_honest_phone_writes_of_elders_is_held() {
    use HoldCode::{Malformed, NotPermitted, TooNew, UnknownEntity};
    let mut street = Street::new();
    let elder = street.gu();
    let dwelling = street.dwelling(elder);
    let nobody = EntityId::from_bytes([0x99; 16]);
    let need = |n: u8, parent: EntityId, round: u16, rank: u8| {
        let state = Value::State(State::new(round, rank));
        creation(n, Kind::Need, vec![FieldOp::put("elder", Value::Id(parent)), FieldOp::put("status", state)])
    };
    let hazard = |place: EntityId| {
        let ops = vec![
            FieldOp::put("place", Value::Id(place)),
            FieldOp::put("code", Value::from("GAS-02")),
            FieldOp::put("status", Value::State(State::new(1, hazard::OPEN))),
        ];
        let entity = hazard::id(place, "GAS-02", 1);
        Part::edit(&Edit { entity, kind: "hazard".to_owned(), base: Base::default(), ops })
    };
    let consent = |purpose: &str, state: &str| FieldOp::put_element("consent", purpose, Value::from(state));
    let inspection = || EventBody::Inspection(Inspection { answers: Vec::new(), met: None, revisit: false });
    let notice = EventBody::Notice(Notice {
        inspection: EventId::from_bytes([1; 16]),
        number: String::new(),
        items: Vec::new(),
        receipt: NoticeReceipt::Signed,
        fix_by: None,
        next_visit: None,
        badges: Vec::new(),
        copy_left: None,
    });
    let link = |other| EventBody::Link(Link { other, undo: false, reason: String::new() });
    let full = AssessmentStanding::Assessment;
    let screening = AssessmentStanding::Screening;
    let opened = Some(EventId::from_bytes([2; 16]));
    let of_elder = |street: &Street, op| put(street, elder, Kind::Elder, op);
    let worker = vec![
        ("an inspection of an elder", event(1, elder, inspection()), Malformed),
        ("a notice to a dwelling", event(2, dwelling, notice), Malformed),
        ("a hazard of an elder", hazard(elder), Malformed),
        ("a hazard of nothing", hazard(nobody), UnknownEntity),
        ("a need of a dwelling", need(0x31, dwelling, 1, 0), Malformed),
        ("a need of nobody", need(0x32, nobody, 1, 0), UnknownEntity),
        ("a need beyond met", need(0x33, elder, 1, 3), Malformed),
        ("a need in another round", need(0x34, elder, 2, 0), Malformed),
        ("a consent for nothing known", of_elder(&street, consent("advertising", "granted")), TooNew),
        ("a consent that is none", of_elder(&street, consent("photo", "perhaps")), Malformed),
        ("a tier that is none", of_elder(&street, FieldOp::put("risk_tier", Value::from("urgent"))), Malformed),
        ("a day that is none", of_elder(&street, FieldOp::put("birth", Value::from("1938-02-29"))), Malformed),
        (
            "the worker of a caseload",
            of_elder(&street, FieldOp::put("caseload_worker", Value::from("x"))),
            NotPermitted,
        ),
        ("religion, which is not held", of_elder(&street, FieldOp::put("religion", Value::from("x"))), TooNew),
        ("25 answers", event(3, elder, assessment(vec![0; 25], screening, [None, None])), Malformed),
        ("a score too high", event(4, elder, assessment(vec![5; 26], screening, [None, None])), Malformed),
        ("a visitor's assessment", event(5, elder, assessment(vec![0; 26], full, [None, None])), Malformed),
        ("one assessor", event(6, elder, assessment(vec![0; 26], full, [Some("SZ-1"), None])), Malformed),
        ("a review by a worker", event(7, elder, breaking(BreakGlassAct::Reviewed, opened)), NotPermitted),
        ("an opening of an opening", event(8, elder, breaking(BreakGlassAct::Opened, opened)), Malformed),
        ("telling of nothing", event(9, elder, breaking(BreakGlassAct::ElderTold, None)), Malformed),
        ("an opening for no reason", event(15, elder, unexplained(BreakGlassAct::Opened, None)), Malformed),
        ("telling the elder nothing", event(16, elder, unexplained(BreakGlassAct::ElderTold, opened)), Malformed),
        ("a link by a worker", event(10, elder, link(dwelling)), NotPermitted),
    ];
    let lin = street.phone(LIN, Role::Worker);
    for (what, part, code) in worker {
        assert_eq!(street.say_raw(&lin, at("11-23T09:00"), vec![part]), Verdict::Held(code), "{what}");
    }
    let mei = street.phone(MEI, Role::Supervisor);
    let linked = vec![event(11, elder, link(dwelling))];
    assert_eq!(street.say_raw(&mei, at("11-23T09:00"), linked), Verdict::Held(Malformed), "an elder is no dwelling");
    let steward = street.phone(9, Role::Steward);
    let reviewed = vec![event(12, elder, breaking(BreakGlassAct::Reviewed, opened))];
    assert_eq!(street.say_raw(&steward, at("11-23T09:00"), reviewed), Verdict::Merged);
    let two = assessment(vec![0; 26], full, [Some("SZ-1"), Some("SZ-2")]);
    assert_eq!(street.say_raw(&lin, at("11-23T09:00"), vec![event(13, elder, two)]), Verdict::Merged);
    assert_eq!(street.say_raw(&lin, at("11-23T09:00"), vec![event(14, dwelling, inspection())]), Verdict::Merged);
}

#[test]
fn only_a_supervisor_lowers_a_tier() {
    let mut street = Street::new();
    let elder = street.gu();
    let tier = |street: &Street| care::tier(&street.files(elder));
    let lower =
        |street: &Street| vec![put(street, elder, Kind::Elder, FieldOp::put("risk_tier", Value::from("general")))];
    let (lin, mei) = (street.phone(LIN, Role::Worker), street.phone(MEI, Role::Supervisor));
    let parts = lower(&street);
    assert_eq!(street.say_raw(&lin, at("11-23T09:00"), parts), Verdict::Merged);
    assert_eq!(tier(&street), "key", "what a worker thinks is kept as an opinion");
    let parts = lower(&street);
    assert_eq!(street.say_raw(&mei, at("11-23T10:00"), parts), Verdict::Merged);
    assert_eq!(tier(&street), "general");
}

#[test]
fn a_file_is_changed_once_at_a_time_and_not_ahead_of_itself() {
    let mut street = Street::new();
    let elder = street.gu();
    let mei = street.phone(MEI, Role::Supervisor);
    let document = &street.caseload.files[&elder].documents[&elder];
    let version = document.version();
    let change = |version, tier: &str| {
        let base = Base { version, seen: Vec::new() };
        let ops = vec![FieldOp::put("risk_tier", Value::from(tier))];
        Part::edit(&Edit { entity: elder, kind: Kind::Elder.code().to_owned(), base, ops })
    };
    let malformed = Verdict::Held(HoldCode::Malformed);
    let twice = vec![change(version, "high"), change(version, "key")];
    assert_eq!(street.say_raw(&mei, at("11-23T09:00"), twice), malformed, "which of them was meant?");
    let ahead = vec![change(version + 1, "high")];
    assert_eq!(street.say_raw(&mei, at("11-23T09:01"), ahead), malformed, "nobody saw that version yet");
    let first = vec![change(version, "high")];
    assert_eq!(street.say_raw(&mei, at("11-23T09:02"), first), Verdict::Merged);
}
