//! A referral in a report: where it was at the freeze, and whether it was answered in time.

use std::collections::BTreeMap;

use super::Period;
use super::figure::Figure;
use crate::document::Document;
use crate::edit::State;
use crate::entity::Schema;
use crate::id::{EventId, FlagId};
use crate::refer;
use crate::time::Timestamp;

/// A referral as it stood at the freeze.
pub(super) struct ReferralSeen {
    pub(super) document: Document,
    opened: Timestamp,
    /// Answers by round, and the closing step: event and receipt.
    pub(super) replies: BTreeMap<u16, (EventId, Timestamp)>,
    pub(super) closed: Option<(EventId, Timestamp)>,
}

impl ReferralSeen {
    pub(super) fn new(schema: &'static Schema, opened: Timestamp) -> Self {
        Self { document: Document::new(schema), opened, replies: BTreeMap::new(), closed: None }
    }

    /// The flag that opened it.
    pub(super) fn flag(&self) -> Option<FlagId> {
        self.document.value("flag")?.as_text()?.parse().ok()
    }

    /// The answer of its round, and the step that closed it.
    pub(super) fn ended_by(&self) -> Vec<EventId> {
        let reply = self.replies.get(&self.state().round);
        reply.into_iter().chain(&self.closed).map(|(id, _)| *id).collect()
    }

    fn state(&self) -> State {
        self.document.value("state").and_then(|value| value.as_state()).unwrap_or_default()
    }

    fn due(&self) -> Option<Timestamp> {
        let due = self.document.element("due_at", &self.state().round.to_string())?;
        due.shown.value.as_int().map(Timestamp::from_millis)
    }

    /// Whether it counts for this figure.
    pub(super) fn is(&self, figure: Figure, period: &Period) -> bool {
        let rank = self.state().rank;
        let closed = || rank == refer::CLOSED && self.closed.is_some_and(|(_, at)| period.holds(at));
        // A department that set no deadline cannot have missed it.
        let in_time = || {
            let answered = self.replies.get(&self.state().round);
            answered.is_some_and(|(_, at)| self.due().is_none_or(|due| *at <= due))
        };
        match figure {
            Figure::Referrals => rank != refer::DRAFT && period.holds(self.opened),
            Figure::Drafts => rank == refer::DRAFT && period.holds(self.opened),
            Figure::ClosedOnTime => closed() && in_time(),
            Figure::ClosedLate => closed() && !in_time(),
            Figure::Open => !matches!(rank, refer::DRAFT | refer::WITHDRAWN | refer::CLOSED | refer::NOT_ACCEPTED),
            Figure::Overdue => {
                (refer::DISPATCHED..refer::REPLIED).contains(&rank) && self.due().is_some_and(|due| due < period.frozen)
            }
            _ => false,
        }
    }
}
