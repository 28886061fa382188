//! The merge policies: what several claims to one field amount to. Pure; used for one document and for the union over
//! linked documents alike.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::author::{Author, Role};
use crate::edit::{State, Value};
use crate::id::SubmissionId;
use crate::time::Hlc;

/// How strong a value is, for policies where the strongest of concurrent values stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Numbers by size.
    Number,
    /// Texts, weakest first.
    Listed(&'static [&'static str]),
}

/// Who may put a weaker value after having seen a stronger one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lower {
    /// These roles.
    Roles(&'static [Role]),
    /// Only an edit that comes with its own consent event.
    ConsentEvent,
}

/// How concurrent claims to a field merge (domain reference, section 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldPolicy {
    /// The last writer by capped clock, then submission id.
    LastWriter,
    /// Keep all and ask a person; meanwhile the last writer shows.
    Ask,
    /// The strongest among concurrent values; a later weaker one needs a right, else it is kept as an opinion.
    Strongest(Order, Lower),
    /// A set where a concurrent add survives a remove.
    AddWins,
    /// A set where a concurrent remove survives an add.
    RemoveWins,
    /// The greatest state; a lesser one is kept as a note, however late.
    Lattice,
    /// The earliest of concurrent points in time.
    Earliest,
    /// The first in server order; any other is kept as an opinion.
    Once,
}

/// One person's assertion about a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// What is asserted.
    pub value: Value,
    /// In which submission.
    pub submission: SubmissionId,
    /// By whom.
    pub author: Author,
    /// When, capped at receipt.
    pub at: Hlc,
    /// Its place in server order within its document.
    pub version: u32,
    /// The author had the right to put a weaker value.
    pub may_lower: bool,
}

/// What the claims to one field amount to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The claim that shows.
    pub shown: Claim,
    /// The other standing claims, in order of preference.
    pub others: Vec<Claim>,
    /// Standing claims that their own author has meanwhile replaced.
    pub superseded: Vec<Claim>,
    /// Weaker values that were put without the right to: kept as what somebody thought.
    pub opinions: Vec<Claim>,
    /// A person should decide.
    pub conflict: bool,
}

impl Resolved {
    /// The claims that stand: the one that shows, then the others.
    pub fn standing(&self) -> impl Iterator<Item = &Claim> {
        std::iter::once(&self.shown).chain(&self.others)
    }
}

impl FieldPolicy {
    /// Whether `value`, put by somebody who had seen `seen`, may replace it; otherwise it is kept as an opinion.
    #[must_use]
    pub fn replaces(self, seen: &[Claim], value: &Value, may_lower: bool) -> bool {
        let weaker_than_any = |order: &dyn Fn(&Value, &Value) -> Ordering| {
            seen.iter().any(|claim| order(value, &claim.value) == Ordering::Less)
        };
        match self {
            Self::Strongest(order, _) => {
                may_lower || !weaker_than_any(&|a, b| strength(order, a).cmp(&strength(order, b)))
            }
            Self::Lattice => !weaker_than_any(&|a, b| state(a).cmp(&state(b))),
            Self::Once => seen.is_empty(),
            Self::LastWriter | Self::Ask | Self::AddWins | Self::RemoveWins | Self::Earliest => true,
        }
    }

    /// Whether an author with this role, and with or without a consent event in the submission, may lower the field.
    #[must_use]
    pub fn may_lower(self, role: Role, consent: bool) -> bool {
        match self {
            Self::Strongest(_, Lower::Roles(roles)) => roles.contains(&role),
            Self::Strongest(_, Lower::ConsentEvent) => consent,
            _ => false,
        }
    }

    /// What these concurrent `claims` amount to; `None` when there are none.
    #[must_use]
    pub fn resolve(self, claims: Vec<Claim>, opinions: Vec<Claim>) -> Option<Resolved> {
        let (standing, superseded) = self.without_superseded(claims);
        self.ranked(standing, superseded, opinions)
    }

    fn ranked(self, mut standing: Vec<Claim>, superseded: Vec<Claim>, opinions: Vec<Claim>) -> Option<Resolved> {
        standing.sort_by(|a, b| self.prefer(a, b));
        let conflict = self == Self::Ask && standing.iter().any(|claim| claim.value != standing[0].value);
        let mut standing = standing.into_iter();
        let shown = standing.next()?;
        Some(Resolved { shown, others: standing.collect(), superseded, opinions, conflict })
    }

    /// What the claims of linked documents amount to together. One claim that stands in several documents counts once.
    pub(crate) fn unite(
        self,
        mut standing: Vec<Claim>,
        mut superseded: Vec<Claim>,
        mut opinions: Vec<Claim>,
    ) -> Option<Resolved> {
        let mut counted: BTreeSet<(SubmissionId, Value)> = BTreeSet::new();
        for claims in [&mut standing, &mut superseded, &mut opinions] {
            claims.sort_by_key(|claim| (claim.submission, claim.version));
            claims.retain(|claim| counted.insert((claim.submission, claim.value.clone())));
        }
        self.ranked(standing, superseded, opinions)
    }

    /// Sets aside what its own author has replaced since: it happens when a held edit is accepted after edits that
    /// the same device made on top of it. A weaker later value replaces a stronger one only with the right to.
    pub(crate) fn without_superseded(self, claims: Vec<Claim>) -> (Vec<Claim>, Vec<Claim>) {
        let replaced = |claim: &Claim| {
            claims.iter().any(|other| {
                other.author.device == claim.author.device
                    && other.author.number > claim.author.number
                    && self.replaces(std::slice::from_ref(claim), &other.value, other.may_lower)
            })
        };
        let replaced: Vec<bool> = claims.iter().map(replaced).collect();
        let (old, standing): (Vec<_>, Vec<_>) = claims.into_iter().zip(replaced).partition(|(_, replaced)| *replaced);
        (standing.into_iter().map(|(claim, _)| claim).collect(), old.into_iter().map(|(claim, _)| claim).collect())
    }

    /// Less means preferred.
    fn prefer(self, a: &Claim, b: &Claim) -> Ordering {
        let later = (b.at, b.submission).cmp(&(a.at, a.submission));
        match self {
            Self::LastWriter | Self::Ask => later,
            Self::Strongest(order, _) => strength(order, &b.value).cmp(&strength(order, &a.value)).then(later),
            Self::AddWins => b.value.cmp(&a.value).then(later),
            Self::RemoveWins | Self::Earliest => a.value.cmp(&b.value).then(later),
            Self::Lattice => state(&b.value).cmp(&state(&a.value)).then(later),
            Self::Once => (a.version, a.submission).cmp(&(b.version, b.submission)),
        }
    }
}

fn state(value: &Value) -> State {
    value.as_state().unwrap_or_default()
}

/// The place of a value in its order. A value outside the order counts as the weakest, so that it cannot win.
fn strength(order: Order, value: &Value) -> i64 {
    match order {
        Order::Number => value.as_int().unwrap_or(i64::MIN),
        Order::Listed(values) => value
            .as_text()
            .and_then(|text| values.iter().position(|listed| *listed == text))
            .and_then(|place| i64::try_from(place).ok())
            .unwrap_or(-1),
    }
}
