//! What an officer does with a slip. The slip in the desk's caseload and the referral in its subject's caseload change
//! together; what only the desk may read stays in the slip.

use sync_core::document::Document;
use sync_core::edit::{FieldOp, State, Value};
use sync_core::entity::Kind;
use sync_core::event::{EventBody, Outcome, Reply};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::refer;
use sync_core::time::Timestamp;

use super::act::{Says, state, step};
use super::{Actor, Flow, FlowError, Result};
use crate::db::{Tx, link};

/// An act on a slip.
#[derive(Clone)]
pub enum DeskAct {
    /// The desk has it.
    Accept,
    /// Somebody is looking into it.
    Checking,
    /// What was found or done.
    Reply {
        /// In one word.
        outcome: Outcome,
        /// What the worker and the resident may read.
        public_text: String,
        /// What stays on the desk.
        internal_text: Option<String>,
        /// The number of the department's document.
        document_number: Option<String>,
        /// When somebody was on site.
        checked_at: Option<Timestamp>,
        /// When the department looks again.
        recheck_at: Option<Timestamp>,
    },
    /// It belongs to another department.
    Return {
        /// Why.
        reason: String,
        /// Which one, if the desk knows.
        suggested: Option<String>,
    },
    /// It is not taken on.
    NotAccepted {
        /// Why.
        reason: String,
    },
}

impl DeskAct {
    const fn rank(&self) -> u8 {
        match self {
            Self::Accept => refer::ACCEPTED,
            Self::Checking => refer::CHECKING,
            Self::Reply { .. } => refer::REPLIED,
            Self::Return { .. } => refer::RETURNED,
            Self::NotAccepted { .. } => refer::NOT_ACCEPTED,
        }
    }
}

impl Flow {
    /// Does what an officer wants with a slip of their desk.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when the desk has no such slip; [`FlowError::Step`] when the referral is elsewhere in its
    /// workflow by now: withdrawn, answered, or on another desk.
    pub async fn act_at_desk(
        &self,
        tx: &mut Tx,
        desk: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (slip, act): (EntityId, DeskAct),
    ) -> Result<()> {
        let known = link::slip(tx, desk, slip).await?.ok_or(FlowError::NotFound)?;
        let to = State::new(known.round, act.rank());
        let on_referral = |document: &Document| {
            refer::step(state(document)?, to, actor.role)?;
            Ok(on_referral(known.referral, desk, to, &act))
        };
        self.say(tx, known.caseload, actor, now, known.referral, on_referral).await?;
        let on_slip = |_: &Document| Ok(on_slip(slip, to, &act));
        self.say(tx, desk, actor, now, slip, on_slip).await?;
        Ok(())
    }
}

/// What the organisation may see of the act.
fn on_referral(referral: EntityId, desk: CaseloadId, to: State, act: &DeskAct) -> Says {
    match act {
        DeskAct::Reply { outcome, public_text, checked_at, recheck_at, .. } => {
            let reply = Reply {
                round: to.round,
                outcome: *outcome,
                public_text: public_text.clone(),
                checked_at: *checked_at,
                recheck_at: *recheck_at,
            };
            Says { happened: Some(EventBody::Reply(reply)), ..step(referral, to, None, None, None) }
        }
        DeskAct::Return { reason, suggested } => {
            step(referral, to, Some(desk), Some(reason.clone()), suggested.clone())
        }
        DeskAct::NotAccepted { reason } => step(referral, to, Some(desk), Some(reason.clone()), None),
        DeskAct::Accept | DeskAct::Checking => step(referral, to, Some(desk), None, None),
    }
}

/// What the desk keeps.
fn on_slip(slip: EntityId, to: State, act: &DeskAct) -> Says {
    let round = to.round.to_string();
    let mut ops = vec![FieldOp::put("state", Value::State(to))];
    if let DeskAct::Reply { internal_text, document_number, .. } = act {
        let kept = [("internal_text", internal_text), ("document_number", document_number)];
        let put = |(field, text): (&str, &Option<String>)| {
            Some(FieldOp::put_element(field, &round, Value::Text(text.clone()?)))
        };
        ops.extend(kept.into_iter().filter_map(put));
    }
    Says { entity: slip, kind: Kind::Slip, ops, happened: None }
}
