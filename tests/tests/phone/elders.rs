//! A worker with elders, mostly offline: lists that tell a bystander nothing, files that tell the visitor everything.

use doorstep_mobile::{DueFor, FileKind, Phone};
use sync_core::assess::ITEMS;
use sync_core::event::{Answer, Assessor, Attempt, ConsentState, Means, Purpose, RiskKind, Signal, VisitKind};
use sync_core::form::{
    AnswerRow, AssessmentForm, ConsentEntry, ConsentForm, ContactEntry, Form, NeedForm, NeedState, NewDwelling,
    NewElder, NotMetForm, ObservedRow, RiskEntry, RiskForm, Scene, VisitForm,
};
use sync_core::id::{EntityId, PersonId};
use sync_core::time::{Span, Timestamp};

use super::world::{World, at};

pub(crate) fn new_elder(name: &str, tier: &str, address: &str) -> NewElder {
    NewElder {
        name: name.to_owned(),
        risk_tier: tier.to_owned(),
        note: "听力不好".to_owned(),
        new_dwelling: Some(NewDwelling {
            address: address.to_owned(),
            unit_code: "B-502".to_owned(),
            ..NewDwelling::default()
        }),
        contacts: vec![ContactEntry {
            name: "顾小明".to_owned(),
            relation: "子".to_owned(),
            phone: "14200000001".to_owned(),
            has_key: true,
        }],
        ..NewElder::default()
    }
}

pub(crate) fn visit(elder: EntityId) -> VisitForm {
    VisitForm { observed: vec![ObservedRow::new("mood", Answer::Ok)], ..VisitForm::new(elder, VisitKind::Home) }
}

pub(crate) fn fall(elder: EntityId, on: Timestamp) -> Form {
    let risk = RiskEntry { kind: RiskKind::Fall, occurred_on: on.day(), note: String::new() };
    Form::Risk(RiskForm { elder, risk, scene: Scene::default() })
}

pub(crate) fn assessment(elder: EntityId, certificates: [&str; 2]) -> Form {
    let assessor = |(n, number): (u8, &str)| Assessor {
        person: PersonId::from_bytes([n; 16]),
        certificate: Some(number.to_owned()),
    };
    let scores = ITEMS.iter().map(|item| Some(item.most)).collect();
    let assessors = (1..).zip(certificates).map(assessor).collect();
    Form::Assessment(AssessmentForm { scores, assessors, ..AssessmentForm::new(elder) })
}

pub(crate) fn granted(elder: EntityId, purpose: Purpose) -> Form {
    let entry = ConsentEntry::spoken(purpose, ConsentState::Granted, "邻居");
    Form::Consent(ConsentForm { elder, consents: vec![entry], scene: Scene::default() })
}

fn why(phone: &Phone, elder: EntityId) -> Vec<DueFor> {
    phone.elder(elder).unwrap().due.into_iter().map(|due| due.why).collect()
}

fn called(phone: &Phone) -> Vec<String> {
    phone.today().unwrap().elders.into_iter().map(|visit| visit.name).collect()
}

#[test]
fn lists_tell_a_name_an_address_and_that_a_visit_is_due_and_no_more() {
    let world = World::new();
    let (a, c) = (world.phone(1), world.phone(3));
    let caseload = world.caseload();
    world.sync(&a.phone);
    let gu = a.phone.submit(caseload, Form::NewElder(new_elder("顾阿婆", "key", "花果山3栋502"))).unwrap().subject;
    let gas = AnswerRow { severity: Some(2), ..AnswerRow::new("GAS-02", Answer::Problem) };
    let signals = vec![Signal::SuicidalWords];
    a.phone.submit(caseload, Form::Visit(VisitForm { home: vec![gas], signals, ..visit(gu) })).unwrap();

    for (phone, is_colleague) in [(&a.phone, false), (&c.phone, true)] {
        world.sync(phone);
        world.assert_equal(phone);
        let rows = phone.elders(caseload);
        let row = &rows[0];
        assert_eq!((rows.len(), row.name.as_str(), row.address.as_str()), (1, "顾阿婆", "花果山3栋502"));
        assert_eq!(row.due_at, Some(at("08:30") + Span::days(30)), "a month, for the tier key");
        let homes = phone.dwellings(caseload);
        assert_eq!((homes.len(), homes[0].address.as_str(), homes[0].unit_code.as_str()), (1, "花果山3栋502", "B-502"));
        assert_eq!(phone.list(caseload).len(), 0, "shops are another list");

        // Found by name, by where they live, by the door plate; not by what was noted, and the home tells no findings.
        let kinds = |text: &str| phone.search(text, 9).iter().map(|found| (found.kind, found.open)).collect::<Vec<_>>();
        assert_eq!(kinds("阿婆"), [(FileKind::Elder, 0)]);
        assert_eq!(kinds("顾 502"), [(FileKind::Elder, 0)]);
        assert_eq!(kinds("b-502").len(), 2);
        assert_eq!(kinds("听力"), []);
        assert_eq!(kinds("顾小明"), []);

        // The file, once it is opened.
        let file = phone.elder(gu).unwrap();
        let home = file.home.as_ref().unwrap();
        assert_eq!(home.open.iter().map(|hazard| hazard.code.as_str()).collect::<Vec<_>>(), ["GAS-02"]);
        assert_eq!((file.contacts[0].name.as_str(), file.contacts[0].has_key), ("顾小明", true));
        assert_eq!((file.visits, file.capacity.as_str(), file.tier.as_str()), (1, "unknown", "key"));
        let flag = file.flags.iter().find(|flag| flag.rule == "E04").unwrap();
        assert!(file.flags.iter().all(|flag| flag.discreet));
        assert!(!flag.sign.zh.contains("轻生") && flag.sign != flag.why && flag.why.zh.contains("12356"));
        let door = phone.flags_at_door(gu).unwrap();
        assert!(door.flags.iter().any(|at_door| (at_door.flag, &at_door.sign) == (flag.flag, &flag.sign)));

        let dwelling = phone.dwelling(home.id).unwrap();
        assert!(dwelling.elders == rows, "whoever lives there");
        assert_eq!((dwelling.hazards.len(), dwelling.history.len()), (1, 1));
        assert!(phone.premises(gu).is_err() && phone.elder(home.id).is_err(), "each kind is asked for by its own");
        let changes = phone.changes_since_last_sync().changes;
        let told = changes.iter().any(|change| change.what == "visit" && change.root == gu);
        assert_eq!(told, is_colleague, "news of an elder, to whoever did not write it");
    }
    // Three days later the hose is to be looked at again: where, and not what for.
    world.clock.set_to(at("09:00") + Span::days(3) - Span::hours(1));
    let today = a.phone.today().unwrap();
    let row = &today.revisits[0];
    assert_eq!((row.kind, row.address.as_str(), row.codes.len()), (FileKind::Dwelling, "花果山3栋502", 0));
}

#[test]
fn whoever_is_due_is_on_the_list_once_and_the_highest_tier_first() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    world.sync(&a.phone);
    let add = |name: &str, tier: &str| {
        a.phone.submit(caseload, Form::NewElder(new_elder(name, tier, &format!("{name}家")))).unwrap().subject
    };
    let (low, gu, high) = (add("谭", "general"), add("顾", "key"), add("何", "high"));
    assert_eq!(called(&a.phone), Vec::<String>::new(), "a file that was begun this morning is not due");
    world.sync(&a.phone);

    // A word about coming back counts until somebody was there.
    world.clock.set("09:00");
    let back = VisitForm { next_visit: Some(at("16:00")), ..visit(low) };
    a.phone.submit(caseload, Form::Visit(back)).unwrap();
    assert_eq!((called(&a.phone), why(&a.phone, low)), (vec!["谭".to_owned()], vec![DueFor::FollowUp, DueFor::Visit]));
    world.clock.set("16:00");
    a.phone.submit(caseload, Form::Visit(visit(low))).unwrap();
    assert_eq!(called(&a.phone), Vec::<String>::new());
    let tried = vec![Attempt { means: Means::Door, contact: None, reached: false }];
    let again =
        NotMetForm { elder: gu, tried, note: String::new(), next_try: Some(at("18:00")), scene: Scene::default() };
    a.phone.submit(caseload, Form::NotMet(again)).unwrap();
    assert_eq!(called(&a.phone), ["顾"]);

    // A need waits until it is met.
    let need = |need, state, unmet: &str| {
        Form::Need(NeedForm {
            elder: low,
            need,
            text: "助浴".to_owned(),
            kind: "bath".to_owned(),
            state,
            matched_with: String::new(),
            unmet_reason: unmet.to_owned(),
        })
    };
    a.phone.submit(caseload, need(None, NeedState::Raised, "")).unwrap();
    let waiting = a.phone.elder(low).unwrap().needs.remove(0);
    assert_eq!((waiting.text.as_str(), waiting.status.as_str()), ("助浴", "raised"));
    assert_eq!(
        (called(&a.phone), why(&a.phone, low)),
        (vec!["顾".into(), "谭".into()], vec![DueFor::Need, DueFor::Visit])
    );
    a.phone.submit(caseload, need(Some(waiting.id), NeedState::Met, "")).unwrap();
    assert_eq!(called(&a.phone), ["顾"]);

    // A week later the high tier is overdue too, and stands first, however long the other has waited.
    world.sync(&a.phone);
    world.clock.set_to(at("08:30") + Span::days(7));
    world.sync(&a.phone);
    assert_eq!(called(&a.phone), ["何", "顾"]);
    let today = a.phone.today().unwrap();
    assert!(today.elders.iter().all(|visit| visit.kind == FileKind::Elder && visit.codes.is_empty()));
    let died = vec![sync_core::edit::FieldOp::put("life_state", "died".into())];
    a.phone.submit(caseload, Form::Visit(VisitForm { changes: died, ..visit(high) })).unwrap();
    assert_eq!((called(&a.phone), why(&a.phone, high)), (vec!["顾".to_owned()], Vec::new()));
}

#[test]
fn two_falls_ask_for_a_new_assessment_within_a_week_and_a_year_for_the_next() {
    let world = World::new();
    let a = world.phone(1);
    let caseload = world.caseload();
    world.sync(&a.phone);
    let gu = a.phone.submit(caseload, Form::NewElder(new_elder("顾", "general", "花果山3栋502"))).unwrap().subject;
    a.phone.submit(caseload, fall(gu, at("09:00") - Span::days(3))).unwrap();
    assert!(!why(&a.phone, gu).contains(&DueFor::Reassessment), "one fall");
    a.phone.submit(caseload, fall(gu, at("09:00") - Span::days(1))).unwrap();
    let due = |phone: &Phone| {
        let due = phone.elder(gu).unwrap().due;
        due.into_iter().find(|due| due.why == DueFor::Reassessment).map(|due| due.at)
    };
    let week = Some(at("08:30") + Span::days(7));
    assert_eq!((due(&a.phone), called(&a.phone)), (week, vec!["顾".to_owned()]), "offline, by this phone's own rules");
    world.sync(&a.phone);
    assert_eq!((due(&a.phone), called(&a.phone)), (week, vec!["顾".to_owned()]), "and by the server's flag");
    assert_eq!(a.phone.elder(gu).unwrap().risks.len(), 2);

    // A visitor's impression is none of the standard, and yet somebody has looked.
    world.clock.set("10:00");
    let finished = a.phone.submit(caseload, assessment(gu, ["SZ-PG-0001", "ZZ"])).unwrap();
    assert_eq!(finished.warnings.iter().map(|message| message.code).collect::<Vec<_>>(), ["screening_only"]);
    let level = a.phone.elder(gu).unwrap().level.unwrap();
    assert_eq!((level.level, level.screening, level.made.len()), (0, true, 1));
    assert_eq!(due(&a.phone), None);
    let finished = a.phone.submit(caseload, assessment(gu, ["SZ-PG-0001", "SZ-PG-0002"])).unwrap();
    assert_eq!(finished.warnings, []);
    assert!(!a.phone.elder(gu).unwrap().level.unwrap().screening);
    world.sync(&a.phone);
    assert_eq!((due(&a.phone), called(&a.phone)), (None, Vec::new()));

    world.clock.set_to(at("08:00") + Span::days(365));
    world.sync(&a.phone);
    assert!(why(&a.phone, gu).contains(&DueFor::YearlyAssessment));
    assert_eq!(called(&a.phone), ["顾"]);
}

#[test]
fn consents_stand_as_their_events_do() {
    let world = World::new();
    let a = world.phone(1);
    world.sync(&a.phone);
    let form = Form::NewElder(new_elder("顾", "general", "花果山3栋502"));
    let gu = a.phone.submit(world.caseload(), form).unwrap().subject;
    let photo = |phone: &Phone| {
        let consents = phone.elder(gu).unwrap().consents;
        assert_eq!(consents.len(), Purpose::ALL.len());
        consents.into_iter().find(|consent| consent.purpose == Purpose::Photo).unwrap().state
    };
    assert_eq!(photo(&a.phone), ConsentState::NotAsked);
    let event = a.phone.submit(world.caseload(), granted(gu, Purpose::Photo)).unwrap().event.unwrap();
    assert_eq!(photo(&a.phone), ConsentState::Granted);
    world.sync(&a.phone);
    assert_eq!(photo(&a.phone), ConsentState::Granted);
    a.phone.void(gu, event, "不是本人说的").unwrap();
    assert_eq!(photo(&a.phone), ConsentState::NotAsked);
    world.sync(&a.phone);
    assert_eq!(photo(&a.phone), ConsentState::NotAsked);
    world.assert_equal(&a.phone);
}
