//! Forms about elders.

use super::*;
use crate::assess::ITEMS;
use crate::entity::need;
use crate::event::{
    AssessmentStanding, Assessor, Attempt, BreakGlassAct, ConsentMethod, ConsentState, Means, PhotoHash, Purpose,
    RiskKind, Signal, VisitKind,
};

const MALE: &str = "440399194512030018";

impl Bench {
    pub(super) fn elder(&mut self) -> EntityId {
        let form = NewElder {
            name: "顾某".to_owned(),
            resident_id: MALE.to_owned(),
            new_dwelling: Some(NewDwelling { address: "花果山2号".to_owned(), ..NewDwelling::default() }),
            contacts: vec![contact("顾小", "14200000001"), contact("邻居谭", "14200000002")],
            consents: vec![spoken(Purpose::Archive, ConsentState::Granted)],
            ..NewElder::default()
        };
        let (made, _) = self.make(&Form::NewElder(form));
        assert!(made.warnings.is_empty(), "{:?}", made.warnings);
        made.subject
    }

    fn dwelling(&self, elder: EntityId) -> EntityId {
        self.documents[&elder].value("dwelling").unwrap().as_id().unwrap()
    }

    fn consent(&self, elder: EntityId, purpose: Purpose) -> Option<Value> {
        self.documents[&elder].element("consent", purpose.code()).map(|resolved| resolved.shown.value)
    }
}

fn contact(name: &str, phone: &str) -> ContactEntry {
    ContactEntry { name: name.to_owned(), phone: phone.to_owned(), ..ContactEntry::default() }
}

fn spoken(purpose: Purpose, state: ConsentState) -> ConsentEntry {
    ConsentEntry::spoken(purpose, state, "社工陈")
}

fn consenting(elder: EntityId, consents: Vec<ConsentEntry>) -> Form {
    Form::Consent(ConsentForm { elder, consents, scene: Scene::default() })
}

fn visit(elder: EntityId) -> VisitForm {
    VisitForm { observed: vec![ObservedRow::new("mood", Answer::Problem)], ..VisitForm::new(elder, VisitKind::Home) }
}

#[test]
fn a_new_elder_lives_in_a_dwelling_and_the_resident_id_is_forgotten() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let file = &bench.documents[&elder];
    assert_eq!(file.value("sex"), Some(Value::from("male")));
    assert_eq!(file.value("birth"), Some(Value::from("1945-12-03")));
    assert_eq!(file.value("division"), Some(Value::from("440399")));
    assert_eq!(file.value("id_last4"), Some(Value::from("0018")));
    let hash = file.value("id_hmac").unwrap();
    assert_eq!(hash.as_text().unwrap().len(), 64);
    assert_eq!(file.members("contacts").len(), 2);
    let son = ContactEntry::id(elder, " 顾小 ");
    assert_eq!(file.element("contact_phone", &son).unwrap().shown.value, Value::from("14200000001"));
    assert_eq!(file.element("contact_order", &son).unwrap().shown.value, Value::Int(1));
    assert_eq!(bench.documents[&bench.dwelling(elder)].value("address"), Some(Value::from("花果山2号")));
    assert_eq!(bench.consent(elder, Purpose::Archive), Some(Value::from("granted")));

    // Nothing that leaves the phone holds the number, and another key makes another hash.
    let form = Form::NewElder(NewElder { name: "顾某".into(), resident_id: MALE.into(), ..NewElder::default() });
    let (made, content) = bench.make(&form);
    let number = &MALE.as_bytes()[..17];
    assert!(made.parts.iter().all(|part| !part.bytes.windows(17).any(|window| window == number)));
    let of = |field: &str| content.edits[0].ops.iter().find(|op| op.field == field).map(|op| op.value.clone());
    assert_eq!(of("id_hmac"), Some(hash));
    let without = Circumstances { id_key: None, ..bench.circumstances() };
    let made = form.finish(&bench.seen(), &without).unwrap_or_else(|messages| panic!("{messages:?}"));
    let ops = &content_of(&made).edits[0].ops;
    assert!(ops.iter().all(|op| op.field != "id_hmac") && ops.iter().any(|op| op.field == "id_last4"));
}

fn content_of(made: &Made) -> Content {
    content(&made.parts).unwrap()
}

#[test]
fn a_doubtful_archive_is_kept_with_warnings_and_an_impossible_one_is_not() {
    let bench = Bench::default();
    let check = |form: NewElder| bench.check(&Form::NewElder(NewElder { name: "谭某".into(), ..form }));
    assert_eq!(check(NewElder::default()), ["few_contacts", "no_archive_consent"]);
    let differs =
        NewElder { resident_id: MALE.into(), sex: "female".into(), birth: "1945-12-04".into(), ..NewElder::default() };
    assert!(["sex_differs", "birth_differs"].iter().all(|code| check(differs.clone()).contains(code)));
    let checksum = NewElder { resident_id: "440399194512030019".into(), ..NewElder::default() };
    assert!(check(checksum).contains(&"resident_id_checksum"));
    for birth in ["1938-02-29", "1945-12", "19451203", "3. 12. 1945"] {
        let form = NewElder { birth: birth.into(), ..NewElder::default() };
        assert_eq!(check(form)[0], "not_allowed", "{birth}");
    }
    assert_eq!(check(NewElder { birth: "2026-11-24".into(), ..NewElder::default() })[0], "birth_in_future");
    assert_eq!(check(NewElder { risk_tier: "urgent".into(), ..NewElder::default() })[0], "not_allowed");
    assert_eq!(check(NewElder { difficulties: vec!["lonely".into()], ..NewElder::default() })[0], "not_allowed");
    let nobody = NewElder { contacts: vec![contact(" ", "14200000001")], ..NewElder::default() };
    assert_eq!(check(nobody)[0], "required");
    let two = vec![contact("小红", "14200000001"), contact("小红 ", "14200000002")];
    assert_eq!(check(NewElder { contacts: two, ..NewElder::default() }), ["contact_repeated", "no_archive_consent"]);
    assert_eq!(bench.check(&Form::NewElder(NewElder::default()))[0], "required");
}

#[test]
fn a_visit_says_what_was_seen_of_the_person_and_of_the_home_apart() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let dwelling = bench.dwelling(elder);
    let today = bench.circumstances().now.day();
    let form = VisitForm {
        home: vec![AnswerRow { note: "软管老化".into(), ..row(Answer::Problem) }],
        risks: vec![RiskEntry { kind: RiskKind::Fall, occurred_on: today, note: String::new() }],
        consents: vec![spoken(Purpose::Photo, ConsentState::Refused)],
        changes: vec![
            FieldOp::put_element("allergies", "青霉素", Value::Bool(true)),
            FieldOp::put("evacuation_help", Value::from("yes")),
        ],
        ..visit(elder)
    };
    let help = FieldOp::put("evacuation_help", Value::from("no"));
    let twice = VisitForm { changes: vec![help.clone(), help], ..form.clone() };
    assert_eq!(bench.check(&Form::Visit(twice))[0], "repeated");
    let (made, content) = bench.make(&Form::Visit(form));
    let kinds: Vec<_> = content.events.iter().map(|event| (event.body.kind(), event.subject)).collect();
    assert_eq!(kinds, [("visit", elder), ("inspection", dwelling), ("risk", elder), ("consent", elder)]);
    assert_eq!((made.subject, made.event), (elder, Some(content.events[0].id)));
    let hazard = hazard::id(dwelling, "EXIT-02", 1);
    assert_eq!(bench.documents[&hazard].value("place"), Some(Value::Id(dwelling)));
    assert_eq!(bench.documents[&elder].members("allergies"), ["青霉素"]);
    assert_eq!(bench.consent(elder, Purpose::Photo), Some(Value::from("refused")));
    // Somebody in this dwelling needs help to get out: all that its hazards will say of the elder.
    assert_eq!(bench.documents[&dwelling].value("evacuation_help"), Some(Value::from("yes")));
    let no = VisitForm { changes: vec![FieldOp::put("evacuation_help", Value::from("no"))], ..visit(elder) };
    bench.make(&Form::Visit(no));
    assert_eq!(bench.documents[&elder].value("evacuation_help"), Some(Value::from("no")));
    assert_eq!(bench.documents[&dwelling].value("evacuation_help"), Some(Value::from("yes")), "others live there too");
}

#[test]
fn what_is_wrong_with_a_visit_is_said_and_what_cannot_wait_first() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let check = |form: VisitForm| bench.check(&Form::Visit(form));
    assert_eq!(check(visit(elder)), Vec::<&str>::new());
    assert_eq!(check(VisitForm::new(elder, VisitKind::Phone)), ["required"]);
    assert_eq!(
        check(VisitForm { words: "挺好".into(), ..VisitForm::new(elder, VisitKind::Phone) }),
        Vec::<&str>::new()
    );
    for signal in [Signal::AcuteIllness, Signal::GasSmell, Signal::SuspectedAbuse, Signal::SuicidalAct, Signal::Missing]
    {
        let form = VisitForm { signals: vec![signal], ..visit(elder) };
        let messages = Form::Visit(form).check(&bench.seen(), &bench.circumstances());
        assert_eq!((messages[0].level, messages[0].code), (Level::Alarm, "signal"), "{signal}");
    }
    let odd = VisitForm { observed: vec![ObservedRow::new("horoscope", Answer::Ok)], ..visit(elder) };
    let said = Form::Visit(odd).check(&bench.seen(), &bench.circumstances());
    let said: Vec<_> = said.iter().map(|message| (message.level, message.code)).collect();
    assert_eq!(said, [(Level::Warning, "unknown_item")], "another version's item: kept, with a remark");
    let nameless = VisitForm { observed: vec![ObservedRow::new("", Answer::Ok)], ..visit(elder) };
    assert_eq!(check(nameless), ["not_allowed"]);
    let twice = VisitForm { observed: vec![ObservedRow::new("mood", Answer::Ok); 2], ..visit(elder) };
    assert_eq!(check(twice), ["answered_twice"]);
    let tomorrow = (bench.circumstances().now + crate::time::Span::days(1)).day();
    let risk = RiskEntry { kind: RiskKind::Fall, occurred_on: tomorrow, note: String::new() };
    assert_eq!(check(VisitForm { risks: vec![risk], ..visit(elder) }), ["day_in_future"]);
    let photo = || Scene { photos: vec![PhotoHash([1; 32])], ..Scene::default() };
    assert_eq!(check(VisitForm { scene: photo(), ..visit(elder) }), ["no_photo_consent"]);
    let asked = vec![spoken(Purpose::Photo, ConsentState::Granted)];
    assert_eq!(check(VisitForm { scene: photo(), consents: asked, ..visit(elder) }), Vec::<&str>::new());
    // A consent or an assessment without its event would mean nothing.
    let bare = vec![FieldOp::put_element("consent", "photo", Value::from("granted"))];
    assert_eq!(check(VisitForm { changes: bare.clone(), ..visit(elder) }), ["own_form"]);
    assert_eq!(bench.check(&Form::Edit(EntityEdit { entity: elder, ops: bare })), ["own_form"]);
    let homeless = bench.make(&Form::NewElder(NewElder { name: "无住所".into(), ..NewElder::default() })).0.subject;
    let home = VisitForm { home: vec![row(Answer::Problem)], ..visit(homeless) };
    assert_eq!(bench.check(&Form::Visit(home)), ["no_dwelling"]);
    let shop = bench.shop();
    assert_eq!(bench.check(&Form::Visit(visit(shop))), ["no_such_file"]);
}

#[test]
fn a_grant_after_a_refusal_takes_a_statement_of_its_own() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    bench.make(&consenting(elder, vec![spoken(Purpose::Photo, ConsentState::Refused)]));
    let grant = ConsentEntry {
        receivers: vec!["女儿".into(), "女儿 ".into()],
        ..spoken(Purpose::FamilyShare, ConsentState::Granted)
    };
    let (_, content) = bench.make(&consenting(elder, vec![spoken(Purpose::Photo, ConsentState::Granted), grant]));
    assert_eq!(content.events.len(), 2);
    assert_eq!(bench.consent(elder, Purpose::Photo), Some(Value::from("granted")));
    assert_eq!(bench.documents[&elder].members("share_list"), ["family_share:女儿"]);
    // A refusal takes all receivers of its purpose back.
    bench.make(&consenting(elder, vec![spoken(Purpose::FamilyShare, ConsentState::Withdrawn)]));
    assert_eq!(bench.documents[&elder].members("share_list"), Vec::<String>::new());
}

#[test]
fn a_consent_says_how_to_whom_and_until_when() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let check = |entry: ConsentEntry| bench.check(&consenting(elder, vec![entry]));
    let photo = |state| spoken(Purpose::Photo, state);
    assert_eq!(check(photo(ConsentState::Granted)), Vec::<&str>::new());
    assert_eq!(check(photo(ConsentState::NotAsked)), ["not_asked"]);
    assert_eq!(check(photo(ConsentState::Limited)), ["required"]);
    assert_eq!(check(ConsentEntry { witness: " ".into(), ..photo(ConsentState::Granted) }), ["required"]);
    assert_eq!(check(ConsentEntry { witness: " ".into(), ..photo(ConsentState::Refused) }), Vec::<&str>::new());
    let paper = ConsentEntry { method: ConsentMethod::Paper, ..photo(ConsentState::Granted) };
    assert_eq!(check(paper), ["no_paper"]);
    assert_eq!(check(spoken(Purpose::CivilAffairsShare, ConsentState::Granted)), ["no_receiver"]);
    let over = ConsentEntry { valid_to: Some(bench.circumstances().now), ..photo(ConsentState::Granted) };
    assert_eq!(check(over), ["date_passed"]);
    let twice = vec![photo(ConsentState::Granted), photo(ConsentState::Refused)];
    assert_eq!(bench.check(&consenting(elder, twice)), ["answered_twice"]);
    assert_eq!(bench.check(&consenting(elder, Vec::new())), ["required"]);
}

#[test]
fn who_cannot_be_reached_by_any_means_is_an_alarm() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let son = ContactEntry::id(elder, "顾小");
    let form = |tried: &[(Means, Option<&str>, bool)]| {
        let attempt = |(means, contact, reached): &(Means, Option<&str>, bool)| Attempt {
            means: *means,
            contact: contact.map(str::to_owned),
            reached: *reached,
        };
        let tried = tried.iter().map(attempt).collect();
        Form::NotMet(NotMetForm { elder, tried, note: String::new(), next_try: None, scene: Scene::default() })
    };
    let (door, phone, contact) =
        ((Means::Door, None, false), (Means::Phone, None, false), (Means::Contact, Some(son.as_str()), false));
    assert_eq!(bench.check(&form(&[])), ["required"]);
    assert_eq!(bench.check(&form(&[door])), ["try_more"]);
    assert_eq!(bench.check(&form(&[door, phone, contact])), ["not_reached"]);
    assert_eq!(bench.check(&form(&[door, phone, (Means::Contact, Some(&son), true)])), Vec::<&str>::new());
    assert_eq!(bench.check(&form(&[(Means::Contact, Some("nobody"), true)])), ["no_such_contact"]);
    let (_, content) = bench.make(&form(&[door, phone, contact]));
    assert_eq!(content.events[0].body.kind(), "not_met");
    assert!(content.edits.is_empty());
}

#[test]
fn an_assessment_is_complete_and_worth_what_its_assessors_are() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let full =
        || AssessmentForm { scores: ITEMS.iter().map(|item| Some(item.most)).collect(), ..AssessmentForm::new(elder) };
    let check = |form: AssessmentForm| bench.check(&Form::Assessment(form));
    let missing = Form::Assessment(AssessmentForm::new(elder)).check(&bench.seen(), &bench.circumstances());
    assert_eq!(missing.iter().filter(|message| message.code == "required").count(), 26);
    assert_eq!(check(full()), ["screening_only"]);
    let mut over = full();
    over.scores[11] = Some(4);
    assert_eq!(check(over), ["score_range", "screening_only"]);
    assert_eq!(check(AssessmentForm { coma: true, ..full() }), ["coma_contradicts", "screening_only"]);

    let (made, _) = bench.make(&Form::Assessment(full()));
    let screening = Value::Text(made.event.unwrap().to_string());
    assert_eq!(bench.documents[&elder].value("screening"), Some(screening));
    let assessor =
        |n: u8| Assessor { person: PersonId::from_bytes([n; 16]), certificate: Some(format!("SZ-PG-000{n}")) };
    let by_two = AssessmentForm { assessors: vec![assessor(1), assessor(2)], ..full() };
    let (made, content) = bench.make(&Form::Assessment(by_two));
    let EventBody::Assessment(said) = &content.events[0].body else { panic!("an assessment") };
    assert_eq!(said.standing, AssessmentStanding::Assessment);
    let assessment = Value::Text(made.event.unwrap().to_string());
    assert_eq!(bench.documents[&elder].value("assessment"), Some(assessment));
}

#[test]
fn a_need_is_raised_matched_and_met() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let form = |need, text: &str, state| NeedForm {
        elder,
        need,
        text: text.to_owned(),
        kind: String::new(),
        state,
        matched_with: String::new(),
        unmet_reason: String::new(),
    };
    assert_eq!(bench.check(&Form::Need(form(None, " ", NeedState::Raised))), ["required"]);
    let (_, content) = bench.make(&Form::Need(form(None, "送餐", NeedState::Raised)));
    let id = content.edits[0].entity;
    assert_eq!(bench.documents[&id].value("elder"), Some(Value::Id(elder)));
    bench.make(&Form::Need(form(Some(id), "", NeedState::Met)));
    assert_eq!(bench.documents[&id].value("status"), Some(Value::State(State::new(1, need::MET))));
    assert_eq!(bench.documents[&id].value("text"), Some(Value::from("送餐")));
    // Late news of an earlier state is kept as a note.
    bench.make(&Form::Need(form(Some(id), "", NeedState::Matched)));
    assert_eq!(bench.documents[&id].value("status"), Some(Value::State(State::new(1, need::MET))));
}

#[test]
fn breaking_confidence_takes_a_reason_and_a_review() {
    let mut bench = Bench::default();
    let elder = bench.elder();
    let form = |act, of| BreakGlassForm {
        elder,
        act,
        of,
        reason: "昏迷送医".to_owned(),
        told: "120".to_owned(),
        fields: vec!["allergies".to_owned()],
        scene: Scene::default(),
    };
    let bare = BreakGlassForm {
        reason: String::new(),
        told: String::new(),
        fields: Vec::new(),
        ..form(BreakGlassAct::Opened, None)
    };
    let messages = Form::BreakGlass(bare).check(&bench.seen(), &bench.circumstances());
    let fields: Vec<&str> = messages.iter().map(|message| message.field.as_str()).collect();
    assert_eq!(fields, ["reason", "told", "fields"]);
    let (made, _) = bench.make(&Form::BreakGlass(form(BreakGlassAct::Opened, None)));
    assert_eq!(bench.check(&Form::BreakGlass(form(BreakGlassAct::Reviewed, made.event))), ["not_your_role"]);
    assert_eq!(bench.check(&Form::BreakGlass(form(BreakGlassAct::ElderTold, None))), ["required"]);
    assert_eq!(bench.check(&Form::BreakGlass(form(BreakGlassAct::ElderTold, made.event))), Vec::<&str>::new());
}

#[test]
fn forms_about_elders_survive_as_drafts() {
    let elder = EntityId::from_bytes([1; 16]);
    let form = Form::Visit(VisitForm {
        consents: vec![spoken(Purpose::Photo, ConsentState::Refused)],
        changes: vec![FieldOp::put("capacity", Value::from("limited"))],
        ..visit(elder)
    });
    assert!(minicbor::decode::<Form>(&minicbor::to_vec(&form).unwrap()).unwrap() == form);
}
