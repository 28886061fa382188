//! What people at a console do with a referral. An act becomes the parts of two submissions: one for the referral in
//! its subject's caseload, with what the organisation may see, and one for the slip at the desk, with all of it.

use super::{ACCEPTED, CHECKING, CLOSED, DISPATCHED, NOT_ACCEPTED, REPLIED, RETURNED, StepError, step};
use crate::author::Role;
use crate::document::Document;
use crate::edit::{Base, Edit, FieldOp, State, Value};
use crate::event::{Event, EventBody, Outcome, Reply, Step};
use crate::id::{CaseloadId, EntityId, EventId};
use crate::submission::Part;
use crate::time::Timestamp;

/// One act on a referral.
#[derive(Clone, PartialEq, Eq)]
pub enum Act {
    /// The dispatcher sends it to a desk: the first round, or the next one after a return or a redo.
    Dispatch {
        /// The desk.
        desk: CaseloadId,
    },
    /// The desk has taken it.
    Accept,
    /// Somebody is on the way.
    Check,
    /// The desk answers.
    Answer {
        /// What was found or done.
        outcome: Outcome,
        /// What the worker and the resident may read.
        public_text: String,
        /// What stays at the desk.
        internal_text: Option<String>,
        /// The number of the desk's own document; it stays at the desk.
        document_number: Option<String>,
        /// When somebody was on site.
        checked_at: Option<Timestamp>,
        /// When the desk looks again.
        recheck_at: Option<Timestamp>,
    },
    /// Not this desk's matter.
    Return {
        /// Why.
        reason: String,
        /// Whose it may be.
        suggested: Option<String>,
    },
    /// The desk will not act.
    Decline {
        /// Why; the worker is told.
        reason: String,
    },
    /// The dispatcher files it away.
    Close,
}

/// Why an act is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The workflow does not have this step.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The referral's document is not one.
    #[error("this is not a referral with a state")]
    NoState,
}

impl Act {
    /// The state that the act enters from `from`.
    #[must_use]
    pub const fn enters(&self, from: State) -> State {
        let rank = match self {
            Self::Dispatch { .. } if from.rank > DISPATCHED => return State::new(from.round + 1, DISPATCHED),
            Self::Dispatch { .. } => DISPATCHED,
            Self::Accept => ACCEPTED,
            Self::Check => CHECKING,
            Self::Answer { .. } => REPLIED,
            Self::Return { .. } => RETURNED,
            Self::Decline { .. } => NOT_ACCEPTED,
            Self::Close => CLOSED,
        };
        State::new(from.round, rank)
    }

    /// The parts for the subject's caseload: the event, and the referral's new state.
    ///
    /// # Errors
    /// [`ActError`] when the referral is not where this act begins, or the role does not do this.
    pub fn on_referral(
        &self,
        (referral, document): (EntityId, &Document),
        role: Role,
        event: EventId,
        now: Timestamp,
        policy: u32,
    ) -> Result<Vec<Part>, ActError> {
        let from = document.value("state").and_then(|state| state.as_state()).ok_or(ActError::NoState)?;
        let to = self.enters(from);
        step(from, to, role)?;
        let body = match self.clone() {
            Self::Answer { outcome, public_text, checked_at, recheck_at, .. } => {
                EventBody::Reply(Reply { round: to.round, outcome, public_text, checked_at, recheck_at })
            }
            Self::Dispatch { desk } => EventBody::Step(Step { to, desk: Some(desk), reason: None, suggested: None }),
            Self::Return { reason, suggested } => {
                EventBody::Step(Step { to, desk: None, reason: Some(reason), suggested })
            }
            Self::Decline { reason } => EventBody::Step(Step { to, desk: None, reason: Some(reason), suggested: None }),
            Self::Accept | Self::Check | Self::Close => {
                EventBody::Step(Step { to, desk: None, reason: None, suggested: None })
            }
        };
        let event = Event {
            id: event,
            subject: referral,
            programme: String::new(),
            policy,
            start: now,
            end: now,
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends: None,
            body,
        };
        let state = vec![FieldOp::put("state", Value::State(to))];
        Ok(vec![Part::event(&event), Part::edit(&edit(referral, document, state))])
    }

    /// The parts for the desk's caseload: the slip's new state, and what only the desk may read.
    #[must_use]
    pub fn on_slip(&self, (slip, document): (EntityId, &Document), to: State) -> Vec<Part> {
        let round = to.round.to_string();
        let mut ops = vec![FieldOp::put("state", Value::State(to))];
        if let Self::Answer { internal_text, document_number, .. } = self {
            let text = |field: &str, text: &Option<String>| {
                text.as_ref().map(|text| FieldOp::put_element(field, &round, Value::Text(text.clone())))
            };
            ops.extend(text("internal_text", internal_text));
            ops.extend(text("document_number", document_number));
        }
        vec![Part::edit(&edit(slip, document, ops))]
    }
}

/// An edit by somebody who has seen everything.
fn edit(entity: EntityId, document: &Document, ops: Vec<FieldOp>) -> Edit {
    let base = Base { version: document.version(), seen: Vec::new() };
    Edit { entity, kind: document.schema().kind.code().to_owned(), base, ops }
}
