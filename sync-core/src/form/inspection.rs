//! A friendly reminder visit: the answers as one event, and what they say of each hazard.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};

use super::editor::Editor;
use super::message::{Level, Message};
use super::seen::{Scene, Seen};
use super::{Fill, filled, text};
use crate::edit::{FieldOp, State, Value};
use crate::entity::Kind;
use crate::entity::hazard::{self, OPEN, SELF_FIXED, VERIFIED_FIXED};
use crate::event::{Answer, Answered, EventBody, Inspection, PhotoHash};
use crate::id::EntityId;
use crate::limits;

/// A visit to a shop.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InspectionForm {
    /// The shop, or the dwelling.
    #[n(0)]
    pub premises: EntityId,
    /// The answers so far; an item that is missing was not looked at.
    #[n(1)]
    pub answers: Vec<AnswerRow>,
    /// Whom the worker spoke to.
    #[n(2)]
    pub met: String,
    /// Back to look whether earlier findings were put right.
    #[n(3)]
    pub revisit: bool,
    /// Who, where, photos.
    #[n(4)]
    pub scene: Scene,
}

/// The answer to one item of the checklist.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnswerRow {
    /// The item, e.g. `EXIT-02`.
    #[n(0)]
    pub code: String,
    /// What was found.
    #[n(1)]
    pub answer: Answer,
    /// How severe, 0 to 4; the checklist's default when not said.
    #[n(2)]
    pub severity: Option<u8>,
    /// The owner was asked to put it right and refused.
    #[n(3)]
    pub refused: bool,
    /// How much: kilograms of gas, number of people, as the item says.
    #[n(4)]
    pub quantity: Option<i64>,
    /// The worker's words.
    #[n(5)]
    pub note: String,
    /// Photos of this item.
    #[n(6)]
    pub photos: Vec<PhotoHash>,
}

impl AnswerRow {
    /// A bare answer.
    #[must_use]
    pub fn new(code: &str, answer: Answer) -> Self {
        Self {
            code: code.to_owned(),
            answer,
            severity: None,
            refused: false,
            quantity: None,
            note: String::new(),
            photos: Vec::new(),
        }
    }
}

impl InspectionForm {
    /// A visit without answers yet.
    #[must_use]
    pub fn new(premises: EntityId) -> Self {
        Self { premises, answers: Vec::new(), met: String::new(), revisit: false, scene: Scene::default() }
    }
}

impl Fill for InspectionForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.premises]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.premises);
        editor.known_as("premises", self.premises, &[Kind::Premises, Kind::Dwelling]);
        editor.text("met", &self.met, false);
        if self.answers.is_empty() {
            editor.say(Message::required("answers"));
        }
        let answers = look(editor, self.premises, &self.answers, self.revisit);
        let inspection = Inspection { answers, met: filled(&self.met).map(str::to_owned), revisit: self.revisit };
        editor.event(self.premises, &self.scene, EventBody::Inspection(inspection));
    }
}

/// Checks the answers about a place, and says of its hazards what they say.
pub(super) fn look(editor: &mut Editor<'_>, place: EntityId, rows: &[AnswerRow], revisit: bool) -> Vec<Answered> {
    if rows.len() > limits::ANSWERS {
        editor.say(Message::too_many("answers"));
    }
    let mut codes = BTreeSet::new();
    for row in rows {
        if !codes.insert(&row.code) {
            let (zh, en) = ("同一项填了两次", "This item is answered twice");
            editor.say(Message::new(Level::Error, "answered_twice", &row.field(""), zh, en));
        }
        row.check(editor);
        row.hazard(editor, place, revisit);
    }
    rows.iter().map(AnswerRow::answered).collect()
}

impl AnswerRow {
    fn field(&self, name: &str) -> String {
        format!("answers/{}{}{name}", self.code, if name.is_empty() { "" } else { "/" })
    }

    fn answered(&self) -> Answered {
        Answered {
            code: self.code.clone(),
            answer: self.answer,
            severity: self.severity,
            refused: self.refused,
            quantity: self.quantity,
            note: filled(&self.note).map(str::to_owned),
            photos: self.photos.clone(),
        }
    }

    fn is_finding(&self) -> bool {
        matches!(self.answer, Answer::Problem | Answer::FixedOnSpot)
    }

    /// The severity that the worker or else the checklist says; the lowest that is recorded when neither does.
    fn severity(&self, seen: &Seen) -> u8 {
        self.severity.or_else(|| seen.severity(&self.code)).unwrap_or(1)
    }

    fn check(&self, editor: &mut Editor<'_>) {
        let seen = editor.seen();
        editor.text(&self.field("note"), &self.note, true);
        if self.photos.len() > limits::PHOTOS {
            editor.say(Message::too_many(&self.field("photos")));
        }
        if self.code.is_empty() || self.code.len() > limits::FIELD_BYTES || !seen.has_item(&self.code) {
            let (zh, en) = ("检查表里没有这一项", "The checklist has no such item");
            editor.say(Message::new(Level::Error, "unknown_item", &self.field(""), zh, en));
        }
        if self.severity.is_some_and(|severity| severity > 4) {
            let (zh, en) = ("程度只有0到4", "Severity goes from 0 to 4");
            editor.say(Message::new(Level::Error, "severity_range", &self.field("severity"), zh, en));
        }
        if self.quantity.is_some_and(|quantity| quantity < 0) {
            editor.say(Message::not_allowed(&self.field("quantity")));
        }
        if self.refused && self.answer != Answer::Problem {
            let (zh, en) = ("只有“有问题”才会被拒绝改正", "Only a problem can be refused to be put right");
            editor.say(Message::new(Level::Warning, "refused_without_problem", &self.field("refused"), zh, en));
        }
        if self.answer == Answer::Problem && self.severity(seen) == 4 {
            let (zh, en) =
                ("紧迫危险:先离开、先打电话,再记录", "Imminent danger: leave and phone first, record second");
            editor.say(Message::new(Level::Alarm, "imminent_danger", &self.field(""), zh, en));
        }
    }

    /// What this answer says of the hazard. A finding that comes back after it was put right is a new episode, because
    /// within one episode a status only rises. What a linked file tells of the place counts too, but is written at this
    /// one, where the visit is.
    fn hazard(&self, editor: &mut Editor<'_>, place: EntityId, revisit: bool) {
        let latest = latest(editor.seen(), place, &self.code);
        match (self.answer, latest) {
            (Answer::Problem | Answer::FixedOnSpot, Some(latest)) if latest.state.rank == OPEN => {
                let rank = if self.answer == Answer::Problem { OPEN } else { SELF_FIXED };
                let status = State::new(latest.state.round, rank);
                if latest.here {
                    self.see_again(editor, latest.hazard, status)
                } else {
                    self.create(editor, place, status)
                }
            }
            (Answer::Problem | Answer::FixedOnSpot, earlier) => {
                let episode = earlier.map_or(1, |earlier| earlier.state.round.saturating_add(1));
                let rank = if self.answer == Answer::FixedOnSpot { SELF_FIXED } else { OPEN };
                self.create(editor, place, State::new(episode, rank));
            }
            (Answer::Ok, Some(latest)) if latest.state.rank < VERIFIED_FIXED => {
                // Only somebody who came back to look verifies; a routine visit that finds it ok says as much as the
                // owner's word.
                let rank = if revisit { VERIFIED_FIXED } else { SELF_FIXED };
                let status = State::new(latest.state.round, rank);
                let hazard = if latest.here { latest.hazard } else { self.begin(editor, place, status.round) };
                put_status(editor, hazard, status);
            }
            (Answer::Ok | Answer::NotApplicable | Answer::NotSeen, _) => {}
        }
    }

    fn create(&self, editor: &mut Editor<'_>, place: EntityId, status: State) {
        let id = self.begin(editor, place, status.round);
        let severity = i64::from(self.severity(editor.seen()));
        editor.put(id, Kind::Hazard, FieldOp::put("severity", Value::Int(severity)));
        put_status(editor, id, status);
        self.put_note(editor, id);
    }

    fn begin(&self, editor: &mut Editor<'_>, place: EntityId, episode: u16) -> EntityId {
        let id = hazard::id(place, &self.code, episode);
        editor.put(id, Kind::Hazard, FieldOp::put("place", Value::Id(place)));
        editor.put(id, Kind::Hazard, FieldOp::put("code", text(&self.code)));
        id
    }

    /// Status and severity are asserted again, so that this visit counts as one that saw it, and beside what others say
    /// meanwhile.
    fn see_again(&self, editor: &mut Editor<'_>, hazard: EntityId, status: State) {
        put_status(editor, hazard, status);
        if let Some(severity) = self.severity {
            editor.put(hazard, Kind::Hazard, FieldOp::put("severity", Value::Int(i64::from(severity))));
        }
        self.put_note(editor, hazard);
    }

    fn put_note(&self, editor: &mut Editor<'_>, hazard: EntityId) {
        if self.is_finding()
            && let Some(note) = filled(&self.note)
        {
            editor.put(hazard, Kind::Hazard, FieldOp::put("note", text(note)));
        }
    }
}

fn put_status(editor: &mut Editor<'_>, hazard: EntityId, status: State) {
    editor.put(hazard, Kind::Hazard, FieldOp::put("status", Value::State(status)));
}

/// The latest episode of a finding.
pub(super) struct Latest {
    /// Which, and how it stands: over linked files, the furthest that anybody says.
    pub(super) state: State,
    /// Its document: that of this place, when there is one.
    pub(super) hazard: EntityId,
    /// It is of this place, and not only of one that is linked with it.
    here: bool,
}

/// The latest episode of a finding at a place and at those that are linked with it.
pub(super) fn latest(seen: &Seen, place: EntityId, code: &str) -> Option<Latest> {
    let episodes = seen.episodes(place, code);
    let state = episodes.iter().map(|(_, state)| *state).max()?;
    let at = || episodes.iter().filter(|(_, other)| other.round == state.round).map(|(at, _)| *at);
    let here = at().any(|at| at == place);
    let hazard = hazard::id(if here { place } else { at().min()? }, code, state.round);
    Some(Latest { state, hazard, here })
}
