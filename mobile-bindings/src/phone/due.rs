//! Why somebody should go to an elder, and by when. A list shows one line for an elder, whatever the reasons: these are
//! for whoever opens the file.

use sync_core::care::{Alert, Going, Why};
use sync_core::entity::elder::TIERS;
use sync_core::event::FlagStanding;
use sync_core::id::EntityId;
use sync_core::policy::{Policy, Text};
use sync_core::time::Timestamp;
use sync_core::words;

use super::Inner;
use super::brief::{Brief, Elder, Of, Raised};
use super::weather::Alerts;
use crate::error::PhoneError;

/// Why somebody should go to an elder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueFor {
    /// A visit, as often as the policy says for the risk tier.
    Visit,
    /// The last visit, or the last attempt, said when to come back.
    FollowUp,
    /// The last assessment is a year old.
    YearlyAssessment,
    /// Something happened, and a rule asks for a new assessment.
    Reassessment,
    /// The elder needs something, and it is not there yet.
    Need,
    /// Something drastic happened, and no visit has followed.
    Change,
    /// The weather is bad, and nobody has looked in or called for that.
    Weather,
}

impl From<Why> for DueFor {
    fn from(why: Why) -> Self {
        match why {
            Why::Rhythm => Self::Visit,
            Why::Change => Self::Change,
            Why::Weather => Self::Weather,
        }
    }
}

/// One reason to go to an elder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// By when; for a need, since when.
    pub at: Timestamp,
    /// Why.
    pub why: DueFor,
    /// Why, in words: the policy's own where it is a rhythm of the policy.
    pub says: Text,
}

impl Due {
    /// Whether it is for today's list: it is due by then, or it is a task that is open until somebody has done it.
    fn is_listed(&self, end_of_day: Timestamp) -> bool {
        let open = [DueFor::Reassessment, DueFor::Need, DueFor::Change, DueFor::Weather];
        self.at <= end_of_day || open.contains(&self.why)
    }
}

/// An elder of today's list: whoever is of a higher tier stands first, then whoever is due the longest.
pub(super) struct Called {
    pub(super) elder: EntityId,
    pub(super) tier: usize,
    pub(super) due_at: Timestamp,
}

impl Inner {
    /// Why somebody should go to this elder, earliest first; linked files of one elder are taken together.
    pub(super) fn due_at(&self, root: EntityId) -> Result<Vec<Due>, PhoneError> {
        self.due_under(root, &self.alerts()?)
    }

    /// The same under these alerts, which are read once for a list.
    pub(super) fn due_under(&self, root: EntityId, alerts: &Alerts) -> Result<Vec<Due>, PhoneError> {
        let Some(policy) = self.policy.evaluator().map(|evaluator| evaluator.policy().as_ref()) else {
            return Ok(Vec::new());
        };
        let Some((brief, elder)) = self.index.one(root).and_then(elder) else { return Ok(Vec::new()) };
        let Some(going) = &elder.going else { return Ok(Vec::new()) };
        let alerts = alerts.get(&brief.caseload).map(Vec::as_slice).unwrap_or_default();
        let raised = if brief.pending { self.raised_here(root)? } else { elder.raised.clone() };
        Ok(dues(policy, going, alerts, elder, &raised))
    }

    /// The flags of a file as they stand with own work on top. One that the server has not raised is of now.
    fn raised_here(&self, root: EntityId) -> Result<Vec<Raised>, PhoneError> {
        let now = self.now();
        let mut known = Vec::new();
        for root in self.index.cluster(root) {
            known.extend(self.confirmed_file(root)?.flags.into_values());
        }
        let raised_at = |flag| {
            let standing = known.iter().find(|known| known.flagged.flag == flag);
            standing.filter(|known| known.flagged.standing == FlagStanding::Raised).map_or(now, |known| known.raised_at)
        };
        let flags = self.flags_at_door(root)?.flags;
        Ok(flags.into_iter().map(|flag| Raised { at: raised_at(flag.flag), rule: flag.rule }).collect())
    }

    /// The elders of today's list, each once.
    pub(super) fn called(&self, end_of_day: Timestamp) -> Result<Vec<Called>, PhoneError> {
        let mut called = Vec::new();
        let alerts = self.alerts()?;
        for (brief, elder) in self.index.files().filter_map(elder) {
            let due = self.due_under(brief.id, &alerts)?;
            let first = due.iter().filter(|due| due.is_listed(end_of_day)).map(|due| due.at).min();
            called.extend(first.map(|due_at| Called { elder: brief.id, tier: tier(elder), due_at }));
        }
        called.sort_by_key(|called| (std::cmp::Reverse(called.tier), called.due_at, called.elder));
        Ok(called)
    }
}

fn tier(elder: &Elder) -> usize {
    let tier = elder.going.as_ref().map_or("", |going| &going.tier);
    TIERS.iter().position(|known| *known == tier).unwrap_or(0)
}

fn elder(brief: &Brief) -> Option<(&Brief, &Elder)> {
    match &brief.of {
        Of::Elder(elder) => Some((brief, elder)),
        Of::Premises(_) | Of::Dwelling(_) => None,
    }
}

fn dues(policy: &Policy, going: &Going, alerts: &[Alert], elder: &Elder, raised: &[Raised]) -> Vec<Due> {
    let assessed = elder.assessed;
    let mut due: Vec<Due> = Vec::new();
    for next in going.due(policy, alerts) {
        // Of several alerts the first says enough.
        let why = next.why.into();
        if !due.iter().any(|known| known.why == why) {
            due.push(Due { at: next.at, why, says: next.cadence.name.clone() });
        }
    }
    let follow_up = elder.word.and_then(|(_, next)| next);
    let yearly = policy.reassessment().zip(assessed);
    let open = raised.iter().filter(|flag| assessed.is_none_or(|assessed| assessed <= flag.at));
    let told = |at, why, code| Due { at, why, says: words::call(code) };
    let found = [
        follow_up.map(|at| told(at, DueFor::FollowUp, "follow_up")),
        yearly.map(|(cadence, last)| Due {
            at: cadence.every.after(last),
            why: DueFor::YearlyAssessment,
            says: cadence.name.clone(),
        }),
        open.filter_map(|flag| policy.reassess_by(&flag.rule, flag.at))
            .min()
            .map(|at| told(at, DueFor::Reassessment, "reassessment")),
        elder.need_since.map(|at| told(at, DueFor::Need, "need")),
    ];
    due.extend(found.into_iter().flatten());
    due.sort_by_key(|due| (due.at, due.why));
    due
}
