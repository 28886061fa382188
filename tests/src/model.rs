//! What merging means, said a second time and as simply as possible: every put of every key is kept, with the set of
//! edits that its author had seen. No Automerge, nothing of `merge.rs` and `document.rs` but the names of the policies;
//! it is slow and does not need to be anything else.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::document::Stamp;
use sync_core::edit::{Edit, Value};
use sync_core::entity::Schema;
use sync_core::id::SubmissionId;
use sync_core::merge::{FieldPolicy, Resolved};

pub mod linked;
mod policy;
pub mod standing;

/// A field, or an element of it.
pub type Key = (String, Option<String>);

/// An entity as the model knows it.
#[derive(Clone)]
pub struct Model {
    schema: &'static Schema,
    edits: Vec<Known>,
}

/// One merged edit; its place in the list is its place in server order.
#[derive(Clone)]
struct Known {
    stamp: Stamp,
    /// The places of all edits that its author had seen, directly or through one that had seen them.
    seen: BTreeSet<usize>,
    puts: BTreeMap<Key, Put>,
}

#[derive(Clone)]
struct Put {
    value: Value,
    /// It did not take part: a weaker value without the right to it, a second "once", a lesser state.
    opinion: bool,
}

/// Why the model takes an edit not in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It names a version that nobody was given.
    FutureBase,
    /// It is in already.
    Duplicate,
}

/// One assertion, reduced to what tells it from others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Said {
    /// In which submission.
    pub submission: SubmissionId,
    /// What.
    pub value: Value,
    /// Its place in server order, from 1.
    pub version: u32,
}

/// What all the assertions to one key amount to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meaning {
    /// What shows.
    pub shown: Said,
    /// What stands beside it, most preferred first.
    pub others: Vec<Said>,
    /// What its own author replaced, by submission.
    pub superseded: Vec<Said>,
    /// What did not take part, by submission.
    pub opinions: Vec<Said>,
    /// A person should decide.
    pub conflict: bool,
}

/// A standing claim, as the policies look at it.
#[derive(Clone)]
pub(crate) struct Standing {
    pub(crate) said: Said,
    pub(crate) stamp: Stamp,
}

impl Model {
    /// An entity of which nothing is known yet.
    #[must_use]
    pub fn new(schema: &'static Schema) -> Self {
        Self { schema, edits: Vec::new() }
    }

    /// Takes an edit in.
    ///
    /// # Errors
    /// When it is not one that can be taken in; then nothing changes.
    pub fn apply(&mut self, edit: &Edit, stamp: &Stamp) -> Result<(), Refusal> {
        let version = edit.base.version as usize;
        if version > self.edits.len() {
            return Err(Refusal::FutureBase);
        }
        if self.edits.iter().any(|known| known.stamp.submission == stamp.submission) {
            return Err(Refusal::Duplicate);
        }
        let seen = self.closure(version, &edit.base.seen);
        let puts = edit
            .ops
            .iter()
            .map(|op| {
                let key = (op.field.clone(), op.element.clone());
                let policy = self.policy(&op.field);
                let (standing, _) = policy::without_replaced_by_own(policy, self.standing(&key, Some(&seen)));
                let opinion = !policy::takes_part(policy, &standing, &op.value, stamp);
                (key, Put { value: op.value.clone(), opinion })
            })
            .collect();
        self.edits.push(Known { stamp: *stamp, seen, puts });
        Ok(())
    }

    /// What the assertions to this key amount to; `None` when nothing was ever asserted.
    #[must_use]
    pub fn meaning(&self, key: &Key) -> Option<Meaning> {
        let policy = self.policy(&key.0);
        let (standing, replaced) = policy::without_replaced_by_own(policy, self.standing(key, None));
        let mut order = policy::in_order_of_preference(policy, standing).into_iter();
        let shown = order.next()?;
        let others: Vec<Said> = order.collect();
        let conflict = policy == FieldPolicy::Ask && others.iter().any(|other| other.value != shown.value);
        let mut superseded: Vec<Said> = replaced.into_iter().map(|claim| claim.said).collect();
        superseded.sort();
        let mut opinions: Vec<Said> = self.puts(key, true).map(|(place, put)| self.said(place, put)).collect();
        opinions.sort();
        Some(Meaning { shown, others, superseded, opinions, conflict })
    }

    /// Every key that was ever put.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<Key> {
        self.edits.iter().flat_map(|known| known.puts.keys().cloned()).collect()
    }

    /// The elements of a set that are in it.
    #[must_use]
    pub fn members(&self, field: &str) -> Vec<String> {
        let present = |key: &Key| self.meaning(key).is_some_and(|meaning| meaning.shown.value == Value::Bool(true));
        self.keys().into_iter().filter(|key| key.0 == field && present(key)).filter_map(|key| key.1).collect()
    }

    /// All that was seen with the first `version` edits and these submissions, as far as they are in.
    fn closure(&self, version: usize, submissions: &[SubmissionId]) -> BTreeSet<usize> {
        let named = |place: &usize| *place < version || submissions.contains(&self.edits[*place].stamp.submission);
        let direct: Vec<usize> = (0..self.edits.len()).filter(named).collect();
        direct.iter().flat_map(|place| self.edits[*place].seen.iter().copied().chain([*place])).collect()
    }

    /// The puts of a key that no later put of it had seen; with `within`, as somebody saw it who had seen only these.
    fn standing(&self, key: &Key, within: Option<&BTreeSet<usize>>) -> Vec<Standing> {
        let visible = |place: usize| within.is_none_or(|seen| seen.contains(&place));
        let puts: Vec<(usize, &Put)> = self.puts(key, false).filter(|(place, _)| visible(*place)).collect();
        let overwritten = |place: usize| puts.iter().any(|(other, _)| self.edits[*other].seen.contains(&place));
        puts.iter()
            .filter(|(place, _)| !overwritten(*place))
            .map(|(place, put)| Standing { said: self.said(*place, put), stamp: self.edits[*place].stamp })
            .collect()
    }

    fn puts<'a>(&'a self, key: &'a Key, opinion: bool) -> impl Iterator<Item = (usize, &'a Put)> {
        let put = move |(place, known): (usize, &'a Known)| Some((place, known.puts.get(key)?));
        self.edits.iter().enumerate().filter_map(put).filter(move |(_, put)| put.opinion == opinion)
    }

    fn said(&self, place: usize, put: &Put) -> Said {
        let submission = self.edits[place].stamp.submission;
        Said { submission, value: put.value.clone(), version: u32::try_from(place + 1).unwrap_or(u32::MAX) }
    }

    /// A field that nobody knows is decided by nobody.
    fn policy(&self, field: &str) -> FieldPolicy {
        self.schema.fields.iter().find(|spec| spec.name == field).map_or(FieldPolicy::Ask, |spec| spec.policy)
    }
}

impl From<&Resolved> for Meaning {
    fn from(resolved: &Resolved) -> Self {
        let said = |claim: &sync_core::merge::Claim| Said {
            submission: claim.submission,
            value: claim.value.clone(),
            version: claim.version,
        };
        let sorted = |claims: &[sync_core::merge::Claim]| {
            let mut all: Vec<Said> = claims.iter().map(said).collect();
            all.sort();
            all
        };
        Self {
            shown: said(&resolved.shown),
            others: resolved.others.iter().map(said).collect(),
            superseded: sorted(&resolved.superseded),
            opinions: sorted(&resolved.opinions),
            conflict: resolved.conflict,
        }
    }
}
