//! A visit to an elder: what was seen of the person as one event, what is wrong with the home as another, of the
//! dwelling, and whatever else was said meanwhile.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::consent::{ConsentEntry, put_consents};
use super::editor::Editor;
use super::inspection::{AnswerRow, look};
use super::message::{Level, Message};
use super::record::put_known;
use super::risk::RiskEntry;
use super::seen::Scene;
use super::{Fill, filled};
use crate::edit::FieldOp;
use crate::entity::Kind;
use crate::event::{Answer, EventBody, Inspection, Observed, Signal, Visit, VisitKind};
use crate::id::EntityId;
use crate::limits;
use crate::time::Timestamp;

/// A visit to an elder.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VisitForm {
    /// The elder.
    #[n(0)]
    pub elder: EntityId,
    /// How.
    #[n(1)]
    pub kind: VisitKind,
    /// The answers so far; an item that is missing was not looked at.
    #[n(2)]
    pub observed: Vec<ObservedRow>,
    /// What must not wait.
    #[n(3)]
    pub signals: Vec<Signal>,
    /// The elder's own words.
    #[n(4)]
    pub words: String,
    /// When the worker comes back.
    #[n(5)]
    pub next_visit: Option<Timestamp>,
    /// What was looked at in the dwelling, by the checklist of places.
    #[n(6)]
    pub home: Vec<AnswerRow>,
    /// What happened lately.
    #[n(7)]
    pub risks: Vec<RiskEntry>,
    /// What the elder agreed to.
    #[n(8)]
    pub consents: Vec<ConsentEntry>,
    /// Changed fields of the elder's file.
    #[n(9)]
    pub changes: Vec<FieldOp>,
    /// Who, where, photos.
    #[n(10)]
    pub scene: Scene,
}

/// The answer to one item of the visit's checklist.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ObservedRow {
    /// The item, a code of the policy's checklist of visits.
    #[n(0)]
    pub item: String,
    /// What was found.
    #[n(1)]
    pub answer: Answer,
    /// The worker's words.
    #[n(2)]
    pub note: String,
}

impl VisitForm {
    /// A visit of which nothing is written yet.
    #[must_use]
    pub fn new(elder: EntityId, kind: VisitKind) -> Self {
        Self {
            elder,
            kind,
            observed: Vec::new(),
            signals: Vec::new(),
            words: String::new(),
            next_visit: None,
            home: Vec::new(),
            risks: Vec::new(),
            consents: Vec::new(),
            changes: Vec::new(),
            scene: Scene::default(),
        }
    }
}

impl ObservedRow {
    /// A bare answer.
    #[must_use]
    pub fn new(item: &str, answer: Answer) -> Self {
        Self { item: item.to_owned(), answer, note: String::new() }
    }
}

impl Fill for VisitForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.elder]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.elder);
        editor.known("elder", self.elder, Kind::Elder);
        let state = editor.seen().said(self.elder, "life_state", None);
        if state.is_some_and(|state| state.shown.value.as_text() == Some("died")) {
            let (zh, en) = ("档案记为已去世,请先核对", "The file says that the elder has died; please check first");
            editor.say(Message::new(Level::Warning, "elder_died", "elder", zh, en));
        }
        self.check(editor);
        for signal in &self.signals {
            alarm(editor, *signal);
        }
        let observed = self.observed.iter().map(ObservedRow::said).collect();
        let signals: BTreeSet<Signal> = self.signals.iter().copied().collect();
        let visit = Visit {
            kind: self.kind,
            observed,
            signals: signals.into_iter().collect(),
            words: filled(&self.words).map(str::to_owned),
            next_visit: self.next_visit,
        };
        editor.event(self.elder, &self.scene, EventBody::Visit(visit));
        self.look_round(editor);
        let scene = Scene { photos: Vec::new(), amends: None, ..self.scene.clone() };
        for (n, risk) in (1..).zip(&self.risks) {
            risk.put(editor, self.elder, &scene, &format!("risks/{n}/"));
        }
        put_consents(editor, self.elder, &self.consents, &scene);
        for op in &self.changes {
            put_known(editor, self.elder, op.clone());
        }
    }
}

impl VisitForm {
    fn check(&self, editor: &mut Editor<'_>) {
        editor.text("words", &self.words, false);
        if self.observed.is_empty() && filled(&self.words).is_none() && self.signals.is_empty() {
            editor.say(Message::required("observed"));
        }
        if self.observed.len() > limits::ANSWERS {
            editor.say(Message::too_many("observed"));
        }
        let mut items = BTreeSet::new();
        for row in &self.observed {
            let field = format!("observed/{}", row.item);
            editor.text(&format!("{field}/note"), &row.note, true);
            if !items.insert(&row.item) {
                let (zh, en) = ("同一项填了两次", "This item is answered twice");
                editor.say(Message::new(Level::Error, "answered_twice", &field, zh, en));
            }
            if row.item.is_empty() || row.item.len() > limits::FIELD_BYTES {
                editor.say(Message::not_allowed(&field));
            } else if !editor.seen().has_visit_item(&row.item) {
                // The form may have been begun under another version of the policy: what was seen is kept.
                let (zh, en) = (
                    "现在的探访表里没有这一项,仍会保留",
                    "The present checklist of visits has no such item; the answer is kept",
                );
                editor.say(Message::new(Level::Warning, "unknown_item", &field, zh, en));
            }
        }
        if self.next_visit.is_some_and(|at| at < editor.circumstances().start) {
            let (zh, en) = ("日期已经过去", "This date has passed");
            editor.say(Message::new(Level::Warning, "date_passed", "next_visit", zh, en));
        }
        let photos = self.scene.photos.len() + self.home.iter().map(|row| row.photos.len()).sum::<usize>();
        if photos > 0 && !self.may_photograph(editor) {
            let (zh, en) = ("没有拍照同意,照片将不显示", "There is no consent to photographs; they will not be shown");
            editor.say(Message::new(Level::Warning, "no_photo_consent", "scene/photos", zh, en));
        }
    }

    /// What this form says of consent to photographs, or else the file.
    fn may_photograph(&self, editor: &Editor<'_>) -> bool {
        use crate::event::{ConsentState, Purpose};
        let here = self.consents.iter().find(|consent| consent.purpose == Purpose::Photo).map(|consent| consent.state);
        let state = here.or_else(|| {
            let consent = editor.seen().said(self.elder, "consent", Some(Purpose::Photo.code()))?;
            ConsentState::from_code(consent.shown.value.as_text()?)
        });
        state.is_some_and(|state| state <= ConsentState::Limited)
    }

    /// What is wrong with the home goes to the dwelling's file, as an inspection of its own.
    fn look_round(&self, editor: &mut Editor<'_>) {
        if self.home.is_empty() {
            return;
        }
        let Some(dwelling) = editor.dwelling_of(self.elder) else {
            let (zh, en) = ("请先登记住所", "Please enter the dwelling first");
            editor.say(Message::new(Level::Error, "no_dwelling", "home", zh, en));
            return;
        };
        let answers = look(editor, dwelling, &self.home, false);
        let scene = Scene { photos: Vec::new(), amends: None, ..self.scene.clone() };
        editor.event(dwelling, &scene, EventBody::Inspection(Inspection { answers, met: None, revisit: false }));
    }
}

impl ObservedRow {
    fn said(&self) -> Observed {
        Observed { item: self.item.clone(), answer: self.answer, note: filled(&self.note).map(str::to_owned) }
    }
}

/// What cannot wait is said before the form is finished.
fn alarm(editor: &mut Editor<'_>, signal: Signal) {
    let (zh, en) = match signal {
        Signal::AcuteIllness => ("生命危险:先打120,再记录", "Life at risk: call 120 first, record second"),
        Signal::SuicidalAct => {
            ("生命危险:先打120和110,陪在身边,再记录", "Life at risk: call 120 and 110 first, stay there, record second")
        }
        Signal::GasSmell => {
            ("闻到燃气味:先带人离开,到外面再打电话", "Gas smell: leave with everybody, call from outside")
        }
        Signal::SuspectedAbuse => (
            "疑似受虐:不要当面质问,立即告知督导;老人不能自主的,依法必须报警",
            "Suspected abuse: do not confront anybody, tell your supervisor now; when the elder cannot decide alone, the law requires a police report",
        ),
        Signal::Missing => ("走失:立即打110,并告知督导", "Missing: call 110 now and tell your supervisor"),
        Signal::SuicidalWords => (
            "轻生言语:不要留老人独自一人,告知督导;可拨12356",
            "Suicidal words: do not leave the elder alone, tell your supervisor; 12356 helps",
        ),
        Signal::Neglect | Signal::NoAnswer | Signal::Fraud | Signal::CarerCollapse => return,
    };
    editor.say(Message::new(Level::Alarm, "signal", &format!("signals/{signal}"), zh, en));
}
