//! What somebody says of a flag: the worker explains, the supervisor or steward decides.

use minicbor::{Decode, Encode};

use super::Fill;
use super::editor::Editor;
use super::message::{Level, Message};
use crate::edit::{FieldOp, Value};
use crate::entity::{Kind, flag_review};
use crate::id::{EntityId, EventId, FlagId};

/// An explanation, shown beside the flag before anybody judges it, and in reports that evaluators read.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ExplanationForm {
    /// The flag.
    #[n(0)]
    pub flag: FlagId,
    /// What the flag is about.
    #[n(1)]
    pub subject: EntityId,
    /// How it came to be.
    #[n(2)]
    pub text: String,
}

/// A decision on a flag.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FlagDecisionForm {
    /// The flag.
    #[n(0)]
    pub flag: FlagId,
    /// What the flag is about.
    #[n(1)]
    pub subject: EntityId,
    /// The evidence that was looked at.
    #[n(2)]
    pub evidence: Vec<EventId>,
    /// It is right; else it is dismissed as long as the evidence stays the same.
    #[n(3)]
    pub confirm: bool,
    /// Why.
    #[n(4)]
    pub reason: String,
}

/// The files that what is said of a flag can lie in.
const ROOTS: &[Kind] = &[Kind::Premises, Kind::Dwelling, Kind::Elder];

impl Fill for ExplanationForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.subject, flag_review::id(self.flag)]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        let review = begin(editor, self.flag, self.subject);
        editor.text("text", &self.text, true);
        editor.required("text", &self.text);
        let (zh, en) = (
            "证据异常的说明会进入日报和评估材料,督导和评估方都会读到:请写这份记录是怎么来的,不写长者的私事",
            "Explanations of doubtful evidence go into reports that supervisors and evaluators read: \
             say how the record came about, and nothing private of the elder",
        );
        editor.say(Message::new(Level::Warning, "evaluators_read", "text", zh, en));
        let said = editor.circumstances().submission.to_string();
        let text = Value::from(self.text.trim());
        editor.put(review, Kind::FlagReview, FieldOp::put_element("explanation", &said, text));
    }
}

impl Fill for FlagDecisionForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.subject, flag_review::id(self.flag)]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        if !flag_review::DECIDERS.contains(&editor.circumstances().role) {
            let (zh, en) = ("提示由督导或档案管理员判定", "Flags are judged by a supervisor or a steward");
            editor.say(Message::new(Level::Error, "not_your_role", "", zh, en));
        }
        let review = begin(editor, self.flag, self.subject);
        editor.text("reason", &self.reason, true);
        editor.required("reason", &self.reason);
        for op in decision(&self.evidence, self.confirm, &self.reason) {
            editor.put(review, Kind::FlagReview, op);
        }
    }
}

/// What creates a review, if it is new.
#[must_use]
pub fn creation(flag: FlagId, subject: EntityId) -> [FieldOp; 2] {
    [FieldOp::put("subject", Value::Id(subject)), FieldOp::put("flag", Value::Text(flag.to_string()))]
}

/// What a decision on this evidence says.
#[must_use]
pub fn decision(evidence: &[EventId], confirm: bool, reason: &str) -> [FieldOp; 2] {
    let on = flag_review::on(evidence);
    let decided = if confirm { flag_review::CONFIRM } else { flag_review::DISMISS };
    [
        FieldOp::put_element("decision", &on, Value::from(decided)),
        FieldOp::put_element("reason", &on, Value::from(reason.trim())),
    ]
}

fn begin(editor: &mut Editor<'_>, flag: FlagId, subject: EntityId) -> EntityId {
    editor.about(subject);
    editor.known_as("subject", subject, ROOTS);
    let review = flag_review::id(flag);
    if editor.seen().document(review).is_none() {
        for op in creation(flag, subject) {
            editor.put(review, Kind::FlagReview, op);
        }
    }
    review
}
