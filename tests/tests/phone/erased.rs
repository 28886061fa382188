//! What a phone keeps of an elder who was erased, for somebody who has its files and its key: before the phone was told,
//! all of it; after, nothing.

use std::collections::BTreeSet;
use std::path::Path;

use doorstep_mobile::store::{Changes, Key, SealedStore, Space, Store};
use doorstep_mobile::{Phone, Stage};
use doorstep_tests::burglar;
use doorstep_tests::handset::{Handset, KEY};
use doorstep_tests::in_step::in_step_with;
use doorstep_tests::inprocess::Server;
use doorstep_tests::pickpocket::{Loot, Opened};
use rusqlite::Connection;
use serde_json::json;
use sync_core::assess::ITEMS;
use sync_core::author::Role;
use sync_core::edit::FieldOp;
use sync_core::event::{Answer, Attempt, BreakGlassAct, ConsentState, Means, Purpose, RiskKind, VisitKind};
use sync_core::form::FlagDecisionForm;
use sync_core::form::{
    AnswerRow, AssessmentForm, BreakGlassForm, ConsentEntry, ConsentForm, ContactEntry, EntityEdit, ExplanationForm,
    Form, NeedForm, NeedState, NewDwelling, NewElder, NotMetForm, ObservedRow, RiskEntry, RiskForm, Scene, VisitForm,
    VoidForm,
};
use sync_core::id::{CaseloadId, EntityId, PersonId};
use sync_core::phone::outbox::Item;
use sync_core::words::ERASED;

/// What marks a text that may be nowhere afterwards.
const CANARY: &str = "canary-";

/// A text that has not been written before.
#[derive(Default)]
struct Planted(BTreeSet<String>);

impl Planted {
    fn says(&mut self, what: &str) -> String {
        let canary = format!("{CANARY}{what}");
        assert!(self.0.insert(canary.clone()), "{what} twice");
        format!("话{canary}话")
    }
}

/// The canaries in a text.
fn canaries(text: &str) -> BTreeSet<String> {
    let word = |at: usize| text[at..].chars().take_while(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')).collect();
    text.match_indices(CANARY).map(|(at, _)| word(at)).collect()
}

struct World {
    server: Server,
    hgs: CaseloadId,
    mei: PersonId,
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let server = Server::start();
        let hgs = server.caseload("HGS");
        let mei = server.member("mei", Role::Supervisor, hgs, true);
        Self { server, hgs, mei, dir: tempfile::tempdir().unwrap() }
    }

    fn phone(&self, login: &str) -> Handset {
        let person = self.server.member(login, Role::Worker, self.hgs, false);
        let code = self.server.wait(self.server.admin().enrolment(person)).unwrap().code.grouped();
        let base = format!("http://{}", self.server.address());
        let phone = Handset::enrol_in(in_step_with(&self.server), self.dir.path(), login, &base, &code);
        phone.sync();
        phone
    }

    fn makes(&self, login: &str, role: Role) {
        let person = self.server.wait(self.server.admin().person(login)).unwrap().id;
        self.server.wait(self.server.admin().assign(self.hgs, person, Some(role))).unwrap();
    }

    fn erase(&self, elder: EntityId) {
        self.server.wait(self.server.admin().erase(self.hgs, elder, (self.mei, "书面要求"))).unwrap();
    }

    /// The supervisor decides against what waits.
    fn rejects(&self, reason: &str) {
        let mei = self.server.login("mei");
        let held = format!("/v1/caseloads/{}/held", self.hgs);
        let waiting = self.server.get(&held, Some(&mei)).ok();
        let id = waiting[0]["submission"].as_str().unwrap_or_else(|| panic!("nothing is held: {waiting}"));
        let no = json!({"accept": false, "reason": reason});
        let _ = self.server.post(&format!("{held}/{id}/decide"), Some(&mei), &no).ok();
    }
}

/// All that opens of a phone, in rows and in what is left of earlier ones.
struct Left {
    rows: Vec<Opened>,
    remains: Vec<Opened>,
    loot: Loot,
}

impl Left {
    fn on(phone: &Handset) -> Self {
        Self::in_store(phone.store())
    }

    fn in_store(store: &Path) -> Self {
        let loot = Loot::of(store, &KEY);
        Self { rows: loot.rows(), remains: loot.remains(), loot }
    }

    fn canaries_in_rows(&self) -> BTreeSet<String> {
        self.rows.iter().flat_map(|row| canaries(&row.text())).collect()
    }

    /// What is in no row any more and is about one of these entities, or holds a canary; but for earlier rows of work that
    /// only the server can open.
    fn remains_of(&self, entities: &[EntityId]) -> Vec<&Opened> {
        let names = |bytes: &[u8]| entities.iter().any(|id| bytes.windows(16).any(|window| window == id.bytes()));
        let is_sealed = |bytes: &[u8]| minicbor::decode::<Item>(bytes).is_ok_and(|item| item.sealed);
        let of_her = |opened: &&Opened| {
            let says = names(&opened.name) || names(&opened.value) && !is_sealed(&opened.value);
            says || !canaries(&opened.text()).is_empty()
        };
        self.remains.iter().filter(of_her).collect()
    }

    /// Spaces in which a record is named after one of these entities.
    fn spaces_of(&self, entities: &[EntityId]) -> BTreeSet<Option<u8>> {
        let hers = |row: &&Opened| entities.iter().any(|id| row.name == id.bytes());
        self.rows.iter().filter(hers).map(|row| row.space).collect()
    }

    /// In the files as they lie, for who has no key.
    fn shows(&self, planted: &Planted) -> bool {
        let forms: Vec<Vec<u8>> = planted.0.iter().flat_map(|canary| burglar::forms(canary)).collect();
        self.loot.files().iter().any(|file| burglar::holds(&std::fs::read(file).unwrap(), &forms))
    }
}

fn home(t: &mut Planted) -> NewDwelling {
    NewDwelling {
        address: t.says("address"),
        unit_code: t.says("unit"),
        floor: t.says("floor"),
        door_note: t.says("door"),
        ..NewDwelling::default()
    }
}

fn elder(t: &mut Planted) -> NewElder {
    NewElder {
        name: t.says("name"),
        preferred_name: t.says("preferred"),
        dialect: t.says("dialect"),
        note: t.says("note"),
        new_dwelling: Some(home(t)),
        allergies: vec![t.says("allergy")],
        medicines: vec![t.says("medicine")],
        devices: vec![t.says("device")],
        contacts: vec![ContactEntry {
            name: t.says("contact"),
            relation: t.says("relation"),
            phone: "14200000002".to_owned(),
            has_key: true,
        }],
        consents: vec![ConsentEntry::spoken(Purpose::Health, ConsentState::Granted, &t.says("witness"))],
        risk_tier: "key".to_owned(),
        ..NewElder::default()
    }
}

fn visit(t: &mut Planted, gu: EntityId, what: &str) -> VisitForm {
    let row = ObservedRow { note: t.says(&format!("{what}-seen")), ..ObservedRow::new("mood", Answer::Problem) };
    VisitForm { observed: vec![row], words: t.says(&format!("{what}-words")), ..VisitForm::new(gu, VisitKind::Home) }
}

/// Every kind of form about her that a worker fills in, each text a canary.
fn forms(t: &mut Planted, gu: EntityId) -> Vec<Form> {
    let fall = |note: String, days| RiskEntry {
        kind: RiskKind::Fall,
        occurred_on: (doorstep_tests::inprocess::MORNING - sync_core::time::Span::days(days)).day(),
        note,
    };
    let full = VisitForm {
        home: vec![AnswerRow { note: t.says("hose"), ..AnswerRow::new("GAS-02", Answer::Problem) }],
        risks: vec![fall(t.says("fall"), 1)],
        consents: vec![ConsentEntry {
            receivers: vec![t.says("receiver")],
            limits: t.says("limits"),
            ..ConsentEntry::spoken(Purpose::FamilyShare, ConsentState::Limited, &t.says("witness-too"))
        }],
        changes: vec![FieldOp::put("doctor", t.says("doctor").as_str().into())],
        ..visit(t, gu, "full")
    };
    let tried = vec![Attempt { means: Means::Door, contact: None, reached: false }];
    let scores = ITEMS.iter().map(|item| Some(item.most)).collect();
    let need = |text, state, matched_with| NeedForm {
        elder: gu,
        need: None,
        text,
        kind: "bath".to_owned(),
        state,
        matched_with,
        unmet_reason: String::new(),
    };
    vec![
        Form::Visit(full),
        Form::NotMet(NotMetForm { elder: gu, tried, note: t.says("nobody"), next_try: None, scene: Scene::default() }),
        Form::Assessment(AssessmentForm {
            scores,
            informant: t.says("informant"),
            note: t.says("assessed"),
            ..AssessmentForm::new(gu)
        }),
        Form::Risk(RiskForm { elder: gu, risk: fall(t.says("fall-too"), 2), scene: Scene::default() }),
        Form::Consent(ConsentForm {
            elder: gu,
            consents: vec![ConsentEntry::spoken(Purpose::Archive, ConsentState::Granted, &t.says("witness-three"))],
            scene: Scene::default(),
        }),
        Form::Need(need(t.says("need"), NeedState::Matched, t.says("matched"))),
        Form::Need(NeedForm {
            unmet_reason: t.says("unmet"),
            ..need(t.says("need-too"), NeedState::Raised, String::new())
        }),
        Form::BreakGlass(BreakGlassForm {
            elder: gu,
            act: BreakGlassAct::Opened,
            of: None,
            reason: t.says("broken"),
            told: t.says("told"),
            fields: vec!["allergies".to_owned()],
            scene: Scene::default(),
        }),
        Form::Edit(EntityEdit { entity: gu, ops: vec![FieldOp::put("education", t.says("edited").as_str().into())] }),
        // Over what was there before: its history has both.
        Form::Edit(EntityEdit {
            entity: gu,
            ops: vec![FieldOp::put("education", t.says("edited-again").as_str().into())],
        }),
    ]
}

#[test]
fn nothing_of_her_opens_on_a_phone_that_was_told() {
    let world = World::new();
    let (lin, chen) = (world.phone("lin"), world.phone("chen"));
    let mut t = Planted::default();

    // Lin takes her on and writes all there is to write.
    let gu = lin.finish(Form::NewElder(elder(&mut t))).subject;
    lin.sync();
    let dwelling = lin.phone.elder(gu).unwrap().home.unwrap().id;
    let tan = lin.finish(Form::NewElder(NewElder { name: "谭伯-stays".to_owned(), ..NewElder::default() })).subject;
    for form in forms(&mut t, gu) {
        lin.finish(form);
        lin.sync();
    }
    let flagged = lin.phone.elder(gu).unwrap().flags.remove(0);
    let explained = ExplanationForm { flag: flagged.flag, subject: gu, text: t.says("explained") };
    lin.finish(Form::Explanation(explained));
    let mistaken = lin.finish(Form::Visit(visit(&mut t, gu, "voided"))).event.unwrap();
    lin.sync();
    lin.finish(Form::Void(VoidForm { subject: gu, event: mistaken, reason: t.says("void") }));
    lin.sync();
    // A supervisor until this moment, as far as her phone knows: held. Somebody decides against one with words of their own,
    // the other one waits.
    world.makes("lin", Role::Supervisor);
    lin.sync();
    world.makes("lin", Role::Worker);
    for what in ["rejected", "held"] {
        let decided = FlagDecisionForm {
            flag: flagged.flag,
            subject: gu,
            evidence: flagged.evidence.clone(),
            confirm: true,
            reason: t.says(what),
        };
        lin.finish(Form::FlagDecision(decided));
    }
    lin.sync();
    world.rejects(&t.says("reason"));
    lin.sync();
    // Chen is in step, then without a network: one form has left the phone and no answer came, one waits, one is begun.
    chen.sync();
    let sent = chen.finish(Form::Visit(visit(&mut t, gu, "sent")));
    assert!(chen.phone.next_request().unwrap().is_some());
    chen.phone.on_failure(&[]).unwrap();
    let waits = chen.finish(Form::Visit(visit(&mut t, gu, "waits")));
    let draft = chen.phone.start(chen.caseload, Form::Visit(visit(&mut t, gu, "draft"))).unwrap();
    chen.phone.save(draft, Form::Visit(visit(&mut t, gu, "saved"))).unwrap();
    let of_tan = chen.phone.start(chen.caseload, Form::Visit(VisitForm::new(tan, VisitKind::Home))).unwrap();
    // A record that an earlier release wrote under her name, in a place that this one does not read.
    let old = t.says("old-brief");

    // Until they are told, a pickpocket with the key reads all of it, in rows and in what is left of earlier rows.
    let both = [&lin, &chen];
    plants(chen.store(), &world, Key::at(Space::Brief, gu.bytes(), 1), old.as_bytes());
    let before = both.map(Left::on);
    let in_rows: BTreeSet<String> = before.iter().flat_map(Left::canaries_in_rows).collect();
    // The draft as it was before it was saved again is in no row.
    let overwritten = BTreeSet::from([format!("{CANARY}draft-seen"), format!("{CANARY}draft-words")]);
    assert_eq!(in_rows, t.0.difference(&overwritten).cloned().collect());
    let hers = [gu, dwelling];
    for (left, spaces) in before.iter().zip([3, 3]) {
        assert_eq!(left.spaces_of(&hers).len(), spaces, "documents, events, briefs");
        assert!(!left.remains_of(&hers).is_empty(), "what a row said before lies in the files");
        assert!(!left.shows(&t), "and nobody reads it without the key");
    }
    let remains = before[1].remains_of(&hers).into_iter().flat_map(|opened| canaries(&opened.text()));
    assert!(remains.collect::<BTreeSet<_>>().is_superset(&overwritten), "what was written over, too");

    // Told, they have nothing that opens.
    world.erase(gu);
    for phone in both {
        phone.sync();
        let left = Left::on(phone);
        assert_eq!(left.canaries_in_rows(), BTreeSet::new());
        assert_eq!(left.spaces_of(&hers), BTreeSet::new());
        assert_eq!(left.remains_of(&hers).len(), 0);
        assert!(!left.shows(&t));
        assert!(left.rows.iter().any(|row| row.name == tan.bytes()), "he stays");
        assert_eq!(phone.phone.search("canary", 9), []);
    }
    // Who wrote is told what became of it.
    for finished in [sent, waits] {
        assert_eq!(
            chen.phone.receipt(finished.submission).unwrap().stage,
            Stage::Rejected { reason: ERASED.to_owned() }
        );
    }
    let rejected = lin.phone.receipts(lin.caseload).unwrap().into_iter().filter_map(|receipt| match receipt.stage {
        Stage::Rejected { reason } => Some(reason),
        _ => None,
    });
    assert_eq!(rejected.collect::<Vec<_>>(), [ERASED, ERASED], "also where a person had said why");
    assert_eq!(chen.phone.drafts().unwrap().iter().map(|draft| draft.id).collect::<Vec<_>>(), [of_tan]);
    // They go on, and stay clean.
    for phone in [lin.reopened(), chen.reopened()] {
        phone.finish(Form::Visit(visit(&mut Planted::default(), tan, "later")));
        phone.sync();
        let later = BTreeSet::from([format!("{CANARY}later-seen"), format!("{CANARY}later-words")]);
        let left = Left::on(&phone);
        assert_eq!(left.canaries_in_rows(), later);
        assert_eq!(
            left.remains_of(&hers).iter().flat_map(|opened| canaries(&opened.text())).collect::<BTreeSet<_>>(),
            later
        );
    }
    world.server.verifies();
}

/// Writes a record into a phone's store beside the phone.
fn plants(store: &Path, world: &World, key: Key, value: &[u8]) {
    let mut beside = SealedStore::open(store, &KEY, &in_step_with(&world.server)).unwrap();
    let mut changes = Changes::default();
    changes.put(key, value.to_vec());
    beside.apply(&changes).unwrap();
}

#[test]
fn what_is_left_behind_by_a_caseload_that_was_left_goes_too() {
    let world = World::new();
    let lin = world.phone("lin");
    let mut t = Planted::default();
    let gu = lin.finish(Form::NewElder(elder(&mut t))).subject;
    lin.sync();
    assert!(!Left::on(&lin).canaries_in_rows().is_empty());
    let person = world.server.wait(world.server.admin().person("lin")).unwrap().id;
    world.server.wait(world.server.admin().unassign(world.hgs, person)).unwrap();
    lin.sync();
    let left = Left::on(&lin);
    assert_eq!(left.canaries_in_rows(), BTreeSet::new());
    assert_eq!(left.remains_of(&[gu]).len(), 0);
}

#[test]
fn a_scrub_that_a_kill_or_a_reader_prevented_is_made_up_for() {
    let world = World::new();
    let lin = world.phone("lin");
    let mut t = Planted::default();
    let gu = lin.finish(Form::NewElder(elder(&mut t))).subject;
    lin.sync();
    // Somebody else reads in the store while it is told.
    let reader = Connection::open(lin.store()).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let _rows: i64 = reader.query_row("SELECT COUNT(*) FROM record", [], |row| row.get(0)).unwrap();
    world.erase(gu);
    lin.sync();
    let left = Left::on(&lin);
    assert_eq!(left.canaries_in_rows(), BTreeSet::new(), "no row says anything");
    assert!(!left.remains_of(&[gu]).is_empty(), "while somebody reads, the files cannot be written anew");
    // The app is killed, and opened again when nobody reads.
    let store = lin.store().to_owned();
    std::mem::forget(lin.phone);
    drop(reader);
    let again = Phone::open(&store, &KEY, in_step_with(&world.server)).unwrap();
    assert_eq!(Left::in_store(&store).remains_of(&[gu]).len(), 0);
    assert!(again.elders(world.hgs).is_empty());
}
