//! What an elder needs, and what came of it.

use minicbor::{Decode, Encode};

use super::Fill;
use super::editor::Editor;
use super::message::Message;
use super::premises::put_texts;
use crate::code::coded;
use crate::edit::{FieldOp, State, Value};
use crate::entity::{Kind, need};
use crate::id::EntityId;

coded! {
    /// How far a need has come.
    NeedState {
        /// 已提出
        Raised = 0 "raised",
        /// 已匹配
        Matched = 1 "matched",
        /// 已满足
        Met = 2 "met",
    }
}

/// A need, new or known. Empty texts change nothing.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NeedForm {
    /// The elder.
    #[n(0)]
    pub elder: EntityId,
    /// The need, when it has a file already.
    #[n(1)]
    pub need: Option<EntityId>,
    /// In the elder's words.
    #[n(2)]
    pub text: String,
    /// Its kind, as in the service list.
    #[n(3)]
    pub kind: String,
    /// How far it has come.
    #[n(4)]
    pub state: NeedState,
    /// Who will.
    #[n(5)]
    pub matched_with: String,
    /// Why it cannot be met.
    #[n(6)]
    pub unmet_reason: String,
}

impl Fill for NeedForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.elder]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.elder);
        editor.known("elder", self.elder, Kind::Elder);
        editor.text("text", &self.text, true);
        editor.text("unmet_reason", &self.unmet_reason, true);
        let id = match self.need {
            Some(known) => {
                editor.known("need", known, Kind::Need);
                known
            }
            None => {
                editor.required("text", &self.text);
                let id = editor.circumstances().entity("need");
                editor.put(id, Kind::Need, FieldOp::put("elder", Value::Id(self.elder)));
                id
            }
        };
        if self.state == NeedState::Matched && self.need.is_none() && self.matched_with.trim().is_empty() {
            editor.say(Message::required("matched_with"));
        }
        let texts = [
            ("text", self.text.as_str()),
            ("kind", &self.kind),
            ("matched_with", &self.matched_with),
            ("unmet_reason", &self.unmet_reason),
        ];
        put_texts(editor, id, Kind::Need, &texts);
        let rank = match self.state {
            NeedState::Raised => need::RAISED,
            NeedState::Matched => need::MATCHED,
            NeedState::Met => need::MET,
        };
        editor.put(id, Kind::Need, FieldOp::put("status", Value::State(State::new(1, rank))));
    }
}
