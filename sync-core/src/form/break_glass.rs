//! Confidence was broken to save a life; and what followed.

use minicbor::{Decode, Encode};

use super::Fill;
use super::editor::Editor;
use super::message::{Level, Message};
use super::seen::Scene;
use crate::author::Role;
use crate::entity::Kind;
use crate::event::{BreakGlass, BreakGlassAct, EventBody};
use crate::id::{EntityId, EventId};
use crate::limits;

/// One act: told without consent, reviewed, or the elder was told of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BreakGlassForm {
    /// The elder.
    #[n(0)]
    pub elder: EntityId,
    /// Which act.
    #[n(1)]
    pub act: BreakGlassAct,
    /// The opening that it is about.
    #[n(2)]
    pub of: Option<EventId>,
    /// Why; what the review found.
    #[n(3)]
    pub reason: String,
    /// Who was told.
    #[n(4)]
    pub told: String,
    /// Which fields of the file were told.
    #[n(5)]
    pub fields: Vec<String>,
    /// Who, where.
    #[n(6)]
    pub scene: Scene,
}

impl Fill for BreakGlassForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.elder]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.elder);
        editor.known("elder", self.elder, Kind::Elder);
        editor.text("reason", &self.reason, true);
        editor.required("reason", &self.reason);
        editor.text("told", &self.told, false);
        let opened = self.act == BreakGlassAct::Opened;
        let mut told = None;
        if opened {
            told = editor.required("told", &self.told);
            if self.fields.is_empty() {
                editor.say(Message::required("fields"));
            }
        }
        if self.fields.len() > limits::ANSWERS {
            editor.say(Message::too_many("fields"));
        }
        if !opened && self.of.is_none() {
            editor.say(Message::required("of"));
        }
        if self.act == BreakGlassAct::Reviewed && editor.circumstances().role != Role::Steward {
            let (zh, en) = ("紧急披露由档案管理员复核", "A steward reviews what was told in an emergency");
            editor.say(Message::new(Level::Error, "not_your_role", "act", zh, en));
        }
        let body = BreakGlass {
            act: self.act,
            of: self.of.filter(|_| !opened),
            reason: self.reason.trim().to_owned(),
            told: told.map(str::to_owned),
            fields: self.fields.clone(),
        };
        editor.event(self.elder, &self.scene, EventBody::BreakGlass(body));
    }
}
