//! What is to be done today.

use sync_core::entity::Kind;
use sync_core::id::EntityId;
use sync_core::policy::{Policy, Severity};
use sync_core::refer;
use sync_core::time::{Span, Timestamp};

use super::brief::PremisesBrief;
use super::receipt::{Pending, Stage};
use super::{Inner, Phone};
use crate::error::PhoneError;

/// A shop to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The shop.
    pub premises: EntityId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Since when it is due.
    pub due_at: Timestamp,
    /// The open findings to look at.
    pub codes: Vec<String>,
}

/// What is to be done today.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Today {
    /// Where to look whether a finding was put right, most overdue first.
    pub revisits: Vec<Visit>,
    /// Where a routine round is due, most overdue first.
    pub rounds: Vec<Visit>,
    /// Referrals that were answered and wait for somebody to go and see: the referral and its shop.
    pub to_confirm: Vec<(EntityId, Visit)>,
    /// Own work that waits for a supervisor.
    pub held: Vec<Pending>,
    /// Forms begun and not finished.
    pub drafts: u32,
}

impl Phone {
    /// What is to be done by the end of the day.
    ///
    /// # Errors
    /// [`PhoneError::Store`]
    pub fn today(&self) -> Result<Today, PhoneError> {
        self.lock().readable()?;
        let held = self.pending()?;
        let drafts = self.drafts()?.len().try_into().unwrap_or(u32::MAX);
        let inner = self.lock();
        let end_of_day = end_of_day(inner.now());
        let policy = inner.policy.evaluator().map(|evaluator| evaluator.policy().as_ref());
        let due = |visit: &Visit| visit.due_at <= end_of_day;
        let (mut revisits, mut rounds) = (Vec::new(), Vec::new());
        for brief in inner.index.shops() {
            match revisit(brief, policy) {
                Some(visit) => revisits.extend(Some(visit).filter(due)),
                None => rounds.extend(policy.and_then(|policy| round(brief, policy)).filter(due)),
            }
        }
        revisits.sort_by_key(|visit: &Visit| (visit.due_at, visit.premises));
        rounds.sort_by_key(|visit: &Visit| (visit.due_at, visit.premises));
        let to_confirm = inner.to_confirm()?;
        let held = held.into_iter().filter(|pending| matches!(pending.receipt.stage, Stage::Held { .. })).collect();
        Ok(Today { revisits, rounds, to_confirm, held, drafts })
    }
}

impl Inner {
    /// Answered referrals. Only files that have an open or recent case are loaded.
    fn to_confirm(&self) -> Result<Vec<(EntityId, Visit)>, PhoneError> {
        let mut found = Vec::new();
        for brief in self.index.shops().filter(|brief| brief.referrals > 0) {
            let linked = self.linked(brief.id)?;
            for (referral, document) in linked.values().flat_map(|shown| shown.file.of_kind(Kind::Referral)) {
                let state = document.value("state").and_then(|value| value.as_state()).unwrap_or_default();
                if state.rank == refer::REPLIED {
                    let since = document.stamps().last().map(|stamp| stamp.at.wall).unwrap_or_default();
                    found.push((referral, visit(brief, since)));
                }
            }
        }
        Ok(found)
    }
}

fn end_of_day(now: Timestamp) -> Timestamp {
    let civil = now.civil().date().at(0, 0, 0, 0);
    Timestamp::from_civil(civil) + Span::days(1) - Span::millis(1)
}

fn visit(brief: &PremisesBrief, due_at: Timestamp) -> Visit {
    let codes = brief.open.iter().map(|finding| finding.code.clone()).collect();
    Visit { premises: brief.id, name: brief.name.clone(), address: brief.address.clone(), due_at, codes }
}

/// When to go back to open findings: when somebody said so, when the shop's time is over, or as often as the policy
/// says for the worst of them; whatever is earliest.
fn revisit(brief: &PremisesBrief, policy: Option<&Policy>) -> Option<Visit> {
    let said = brief.next_visit;
    let asked = brief.open.iter().filter_map(|finding| finding.due_at).min();
    let cadence = brief.open.iter().map(|finding| finding.severity).max().and_then(|severity| {
        let every = policy?.revisit(Severity::from_number(severity.into()))?.every;
        Some(every.after(brief.last_visit?))
    });
    let due_at = [said, asked, cadence].into_iter().flatten().min()?;
    Some(visit(brief, due_at))
}

/// When the routine round is due: counted from the last visit, else from the day its file was begun, so that a roster
/// that was imported this morning is not due as a whole.
fn round(brief: &PremisesBrief, policy: &Policy) -> Option<Visit> {
    let open: Vec<String> = brief.open.iter().map(|finding| finding.code.clone()).collect();
    let every = policy.routine(&brief.kinds, brief.lpg, &open)?.every;
    Some(visit(brief, every.after(brief.last_visit.unwrap_or(brief.created_at))))
}
