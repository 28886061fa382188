//! What a worker may do with a referral: say whether the answer is true, take it back, or answer the desk's question.

use minicbor::{Decode, Encode};

use super::editor::Editor;
use super::message::{Level, Message};
use super::seen::Scene;
use super::{Fill, filled};
use crate::edit::{FieldOp, State, Value};
use crate::entity::Kind;
use crate::event::{Confirmation, EventBody, Supplied, Withdrawal};
use crate::id::{EntityId, EventId};
use crate::refer::{CLOSED, CONFIRMED, DRAFT, REPLIED, WITHDRAWN};

/// Is the answer true, is the hazard gone?
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ConfirmationForm {
    /// The referral.
    #[n(0)]
    pub referral: EntityId,
    /// Is the hazard gone?
    #[n(1)]
    pub satisfied: bool,
    /// What the worker saw.
    #[n(2)]
    pub note: String,
    /// Who, where, photos.
    #[n(3)]
    pub scene: Scene,
}

/// The worker takes a referral back.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WithdrawalForm {
    /// The referral.
    #[n(0)]
    pub referral: EntityId,
    /// Why.
    #[n(1)]
    pub reason: String,
    /// Who, where, photos.
    #[n(2)]
    pub scene: Scene,
}

/// The answer to a question of the desk that has the referral.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SupplyForm {
    /// The referral.
    #[n(0)]
    pub referral: EntityId,
    /// The question: an element of the referral's `question`.
    #[n(1)]
    pub question: EventId,
    /// The answer.
    #[n(2)]
    pub text: String,
    /// Who, where, photos.
    #[n(3)]
    pub scene: Scene,
}

impl Fill for SupplyForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.referral]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.referral);
        let Some(document) = editor.known("referral", self.referral, Kind::Referral) else { return };
        let id = self.question.to_string();
        let (asked, answered) =
            (document.element("question", &id).is_some(), document.element("answer", &id).is_some());
        editor.text("text", &self.text, true);
        editor.required("text", &self.text);
        if !asked || answered {
            let (zh, en) = ("没有这个待答的问题", "No such question waits for an answer");
            editor.say(Message::new(Level::Error, "no_such_question", "question", zh, en));
        }
        let body = Supplied { question: self.question, text: self.text.trim().to_owned() };
        editor.event(self.referral, &self.scene, EventBody::Supplied(body));
    }
}

impl Fill for ConfirmationForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.referral]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        let Some(state) = state(editor, self.referral) else { return };
        editor.text("note", &self.note, true);
        if !(REPLIED..=CLOSED).contains(&state.rank) {
            let (zh, en) =
                ("部门尚未答复,不能回访确认", "The department has not answered yet; there is nothing to confirm");
            editor.say(Message::new(Level::Error, "not_answered", "referral", zh, en));
        }
        if !self.satisfied && filled(&self.note).is_none() {
            editor.say(Message::required("note"));
        }
        // After closing the event alone speaks: it opens the redo round, and no state swallows it.
        if state.rank == REPLIED {
            put_state(editor, self.referral, State::new(state.round, CONFIRMED));
        }
        let note = filled(&self.note).map(str::to_owned);
        let answer = editor.seen().answer(self.referral);
        let body = Confirmation { round: state.round, satisfied: self.satisfied, note, answer };
        editor.event(self.referral, &self.scene, EventBody::Confirmation(body));
    }
}

impl Fill for WithdrawalForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.referral]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        let Some(state) = state(editor, self.referral) else { return };
        editor.text("reason", &self.reason, true);
        editor.required("reason", &self.reason);
        if state.rank > WITHDRAWN {
            let (zh, en) =
                ("部门已在处理,撤回将只作为备注", "A department has it already; this will be kept as a note");
            editor.say(Message::new(Level::Warning, "withdraw_too_late", "referral", zh, en));
        }
        put_state(editor, self.referral, State::new(state.round, WITHDRAWN));
        let body = Withdrawal { round: state.round, reason: self.reason.trim().to_owned() };
        editor.event(self.referral, &self.scene, EventBody::Withdrawal(body));
    }
}

/// The state of the referral that the form is about.
fn state(editor: &mut Editor<'_>, referral: EntityId) -> Option<State> {
    editor.about(referral);
    let document = editor.known("referral", referral, Kind::Referral)?;
    Some(document.value("state").and_then(|value| value.as_state()).unwrap_or(State::new(1, DRAFT)))
}

fn put_state(editor: &mut Editor<'_>, referral: EntityId, state: State) {
    editor.put(referral, Kind::Referral, FieldOp::put("state", Value::State(state)));
}
