//! Something happened to an elder that puts care at risk.

use minicbor::{Decode, Encode};

use super::editor::Editor;
use super::message::{Level, Message};
use super::seen::Scene;
use super::{Fill, filled};
use crate::entity::Kind;
use crate::event::{EventBody, RiskEvent, RiskKind};
use crate::id::EntityId;
use crate::time::Day;

/// Something that happened outside a visit, or was heard of later.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RiskForm {
    /// The elder.
    #[n(0)]
    pub elder: EntityId,
    /// What happened.
    #[n(1)]
    pub risk: RiskEntry,
    /// Who, where, photos.
    #[n(2)]
    pub scene: Scene,
}

/// What happened on a day.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RiskEntry {
    /// What.
    #[n(0)]
    pub kind: RiskKind,
    /// On which day.
    #[n(1)]
    pub occurred_on: Day,
    /// The worker's words.
    #[n(2)]
    pub note: String,
}

impl Fill for RiskForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.elder]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.elder);
        editor.known("elder", self.elder, Kind::Elder);
        self.risk.put(editor, self.elder, &self.scene, "");
    }
}

impl RiskEntry {
    /// Writes the event; `path` is where the entry stands in the form.
    pub(super) fn put(&self, editor: &mut Editor<'_>, elder: EntityId, scene: &Scene, path: &str) {
        let Self { kind, occurred_on, note } = self;
        editor.text(&format!("{path}note"), note, true);
        if *occurred_on > editor.today() {
            let (zh, en) = ("日期晚于今天", "This day lies in the future");
            editor.say(Message::new(Level::Error, "day_in_future", &format!("{path}occurred_on"), zh, en));
        }
        let note = filled(note).map(str::to_owned);
        let risk = RiskEvent { kind: *kind, occurred_on: *occurred_on, note };
        editor.event(elder, scene, EventBody::RiskEvent(risk));
    }
}
