//! A department that was mistaken answers again: the worker who read the first answer learns it.

use doorstep_mobile::Stage;
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::event::BreakGlassAct;
use sync_core::form::{BreakGlassForm, ConfirmationForm, Form, Scene, SupplyForm};
use sync_core::id::EntityId;
use sync_core::time::Span;

use super::world::{World, problem};

struct Case {
    world: World,
    slip: String,
    referral: EntityId,
    shop: EntityId,
    seen: sync_core::id::SubmissionId,
}

impl Case {
    /// Cracked walls, at the desk of the building authority.
    fn new() -> Self {
        let world = World::new();
        let server = &world.server;
        let desk = server.wait(server.admin().add_desk("HCB", "住建局")).unwrap();
        let _ = (
            server.member("he", Role::Dispatcher, world.caseload, true),
            server.member("wu", Role::Officer, desk, true),
        );
        let (dispatcher, officer) = (server.login("he"), server.login("wu"));
        let shop = world.shop("书店", "shop");
        let seen = world.finds(shop, problem("STR-01"), false).submission;
        let referrals = world.sees("referrals");
        let mut all = referrals.as_array().unwrap().iter();
        let to_hcb = all.find(|referral| referral["values"]["proposed_dept"] == "HCB").unwrap();
        let referral: EntityId = to_hcb["id"].as_str().unwrap().parse().unwrap();
        let path = format!("/v1/caseloads/{}/referrals/{referral}/dispatch", world.caseload);
        let _ = server.post(&path, Some(&dispatcher), &json!({"dept": "HCB"})).ok();
        let slips = server.get(&format!("/v1/desks/{desk}/slips"), Some(&officer)).ok();
        let slip = format!("/v1/desks/{desk}/slips/{}", slips[0]["id"].as_str().unwrap());
        let case = Self { slip, referral, shop, seen, world };
        case.acts("accept", &json!({}));
        case
    }

    fn acts(&self, what: &str, body: &Value) {
        let server = &self.world.server;
        let _ = server.post(&format!("{}/{what}", self.slip), Some(&server.login("wu")), body).ok();
    }

    fn answers(&self, outcome: &str, text: &str, corrects: bool) {
        self.acts("reply", &json!({"outcome": outcome, "public_text": text, "corrects": corrects}));
        self.world.later(Span::minutes(20));
    }

    fn stage(&self) -> (String, String, bool) {
        match self.world.lin.phone.receipt(self.seen).unwrap().stage {
            Stage::Answered { outcome, public_text, corrected, .. } => (outcome, public_text, corrected),
            other => panic!("{other:?}"),
        }
    }

    fn confirms(&self) {
        let form =
            ConfirmationForm { referral: self.referral, satisfied: true, note: String::new(), scene: Scene::default() };
        self.world.sends(Form::Confirmation(form));
    }

    fn to_confirm(&self) -> Vec<EntityId> {
        self.world.lin.phone.today().unwrap().to_confirm.into_iter().map(|(referral, _)| referral).collect()
    }
}

fn text(words: [&str; 2], corrected: bool) -> (String, String, bool) {
    (words[0].to_owned(), words[1].to_owned(), corrected)
}

#[test]
fn a_corrected_answer_reaches_the_worker_and_what_was_confirmed_before_is_shown_as_that() {
    let case = Case::new();
    let (world, lin) = (&case.world, &case.world.lin);
    case.answers("untrue", "墙体没有裂缝", false);
    lin.sync();
    assert_eq!(case.stage(), text(["untrue", "墙体没有裂缝"], false));
    case.confirms();
    assert_eq!(case.to_confirm(), []);
    case.answers("ordered_by_date", "再次核查:确有裂缝,已要求加固", true);
    lin.sync();
    assert_eq!(case.stage(), text(["ordered_by_date", "再次核查:确有裂缝,已要求加固"], true));
    let file = lin.phone.premises(case.shop).unwrap();
    let referral = file.referrals.iter().find(|referral| referral.id == case.referral).unwrap();
    assert_eq!(referral.state_code, "confirmed", "the state stays");
    let round = &referral.rounds[0];
    assert_eq!(round.public_text.as_deref(), Some("再次核查:确有裂缝,已要求加固"));
    assert!(round.corrected_at.is_some());
    assert_eq!((round.earlier[0].outcome.as_str(), round.earlier[0].public_text.as_str()), ("untrue", "墙体没有裂缝"));
    assert!(round.confirmed.as_ref().unwrap().before_correction);
    // Somebody goes again; then there is nothing left to do.
    assert_eq!(case.to_confirm(), [case.referral]);
    world.later(Span::minutes(30));
    case.confirms();
    lin.sync();
    assert_eq!(case.to_confirm(), []);
    let file = lin.phone.premises(case.shop).unwrap();
    let referral = file.referrals.iter().find(|referral| referral.id == case.referral).unwrap();
    assert!(!referral.rounds[0].confirmed.as_ref().unwrap().before_correction);
    world.server.verifies();
}

#[test]
fn a_confirmation_that_was_on_its_way_is_of_the_answer_that_its_worker_had_read() {
    let case = Case::new();
    let lin = &case.world.lin;
    case.answers("untrue", "墙体没有裂缝", false);
    lin.sync();
    let form =
        ConfirmationForm { referral: case.referral, satisfied: true, note: String::new(), scene: Scene::default() };
    lin.finish(Form::Confirmation(form));
    // The correction is in before the confirmation that knows nothing of it.
    case.answers("sealed", "现场已围挡", true);
    lin.sync();
    lin.sync();
    let file = lin.phone.premises(case.shop).unwrap();
    let referral = file.referrals.iter().find(|referral| referral.id == case.referral).unwrap();
    assert!(referral.rounds[0].confirmed.as_ref().unwrap().before_correction);
    assert_eq!((referral.state_code.as_str(), case.to_confirm()), ("confirmed", vec![case.referral]));
}

#[test]
fn a_desks_question_and_an_elder_who_is_to_be_told_are_on_todays_list_until_somebody_has_seen_to_them() {
    let case = Case::new();
    let (world, lin) = (&case.world, &case.world.lin);
    case.acts("ask", &json!({"question": "裂缝在哪一面墙?"}));
    lin.sync();
    let [asked] = &lin.phone.today().unwrap().asked[..] else { panic!("one question") };
    assert_eq!((asked.referral, asked.visit.file), (case.referral, case.shop));
    let answer = SupplyForm {
        referral: case.referral,
        question: asked.question,
        text: "西墙".to_owned(),
        scene: Scene::default(),
    };
    lin.finish(Form::Supply(answer));
    assert_eq!(lin.phone.today().unwrap().asked, [], "answered, if only on this phone so far");
    lin.sync();
    assert_eq!(lin.phone.today().unwrap().asked, []);

    let gu = world.elder("顾", "alone");
    let told = BreakGlassForm {
        elder: gu,
        act: BreakGlassAct::Opened,
        of: None,
        reason: "昏倒在家".to_owned(),
        told: "120".to_owned(),
        fields: vec!["allergies".to_owned()],
        scene: Scene::default(),
    };
    let opened = world.sends(Form::BreakGlass(told.clone())).event;
    lin.sync();
    let waits: Vec<EntityId> = lin.phone.today().unwrap().to_tell.into_iter().map(|visit| visit.file).collect();
    assert_eq!(waits, [gu]);
    world.later(Span::hours(2));
    let told =
        BreakGlassForm { act: BreakGlassAct::ElderTold, of: opened, reason: "已当面说明".to_owned(), ..told };
    world.sends(Form::BreakGlass(told));
    lin.sync();
    assert_eq!(lin.phone.today().unwrap().to_tell, []);
}
