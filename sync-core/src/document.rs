//! Documents: the fold of an entity's edits in server order. **The only file that knows Automerge.**
//!
//! Three rules make the fold sound. Each edit is one change by an actor of its own, a hash of (submission, entity), so
//! that an edit accepted late or sent by a restored phone never collides. The document is flat: a key is `field` or
//! `field/element`, a value is a scalar. And no edit is a no-op: every value carries its actor, because Automerge drops
//! a put of an equal value, and a refusal that is asserted again must not lose to a concurrent grant.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, Automerge, ChangeHash, ObjId, PatchLog, ROOT, ReadDoc as _, ScalarValue};
use minicbor::{Decode, Encode};

use crate::author::Author;
use crate::edit::{Base, Edit, FieldOp, Value};
use crate::entity::{FieldSpec, Schema};
use crate::id::{EntityId, SubmissionId};
use crate::merge::{Claim, FieldPolicy, Resolved};
use crate::submission::{Digest, encoded};
use crate::time::Hlc;

/// The origin of one merged edit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Stamp {
    /// The submission it came with.
    #[n(0)]
    pub submission: SubmissionId,
    /// The entity it edits.
    #[n(1)]
    pub entity: EntityId,
    /// Who wrote it.
    #[n(2)]
    pub author: Author,
    /// When, capped at receipt.
    #[n(3)]
    pub at: Hlc,
    /// A consent event came with it.
    #[n(4)]
    pub consent: bool,
}

/// Why an edit does not fold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The base names a version that the server never gave out.
    #[error("the edit was made on version {base}, but there are only {version}")]
    FutureBase {
        /// What the edit says.
        base: u32,
        /// What there is.
        version: u32,
    },
    /// This submission's edit is already in.
    #[error("this edit is already in the document")]
    Duplicate,
    /// A stored document does not load.
    #[error("the stored document is damaged: {0}")]
    Damaged(String),
}

/// A merged edit: where it came from and the change it became.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct Merged {
    #[n(0)]
    stamp: Stamp,
    #[cbor(n(1), with = "minicbor::bytes")]
    change: [u8; 32],
}

/// An entity's merged state with its history.
#[derive(Clone)]
pub struct Document {
    schema: &'static Schema,
    merge: Automerge,
    merged: Vec<Merged>,
    /// The place in `merged` of each edit's actor.
    actors: BTreeMap<[u8; 16], usize>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Saved {
    #[n(0)]
    kind: String,
    #[n(1)]
    merged: Vec<Merged>,
    #[cbor(n(2), with = "minicbor::bytes")]
    bytes: Vec<u8>,
}

impl Document {
    /// An entity of which nothing is known yet.
    #[must_use]
    pub fn new(schema: &'static Schema) -> Self {
        Self { schema, merge: Automerge::new(), merged: Vec::new(), actors: BTreeMap::new() }
    }

    /// The kind of entity.
    #[must_use]
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// How many edits are merged.
    #[must_use]
    pub fn version(&self) -> u32 {
        u32::try_from(self.merged.len()).unwrap_or(u32::MAX)
    }

    /// The origins of the merged edits, in server order.
    pub fn stamps(&self) -> impl DoubleEndedIterator<Item = &Stamp> {
        self.merged.iter().map(|merged| &merged.stamp)
    }

    /// Merges one edit. What the base names but the document lacks (held work) is left out, and nothing waits for it.
    ///
    /// # Errors
    /// [`FoldError::FutureBase`] and [`FoldError::Duplicate`]; the document is then as before.
    pub fn apply(&mut self, edit: &Edit, stamp: &Stamp) -> Result<(), FoldError> {
        if edit.base.version > self.version() {
            return Err(FoldError::FutureBase { base: edit.base.version, version: self.version() });
        }
        let actor = actor(stamp.submission, stamp.entity);
        if self.actors.contains_key(&actor) {
            return Err(FoldError::Duplicate);
        }
        let heads = self.heads_of(&edit.base);
        let puts: Vec<(String, ScalarValue)> =
            edit.ops.iter().map(|op| (self.key_for(op, &heads, stamp), unique(&op.value, &actor))).collect();
        let damaged = |error: &dyn std::fmt::Display| FoldError::Damaged(error.to_string());
        self.merge.set_actor(ActorId::from(actor));
        let mut transaction = self.merge.transaction_at(PatchLog::inactive(), &heads).map_err(|e| damaged(&e))?;
        for (key, value) in puts {
            transaction.put(ROOT, key, value).map_err(|e| damaged(&e))?;
        }
        let (change, _) = transaction.commit_with(CommitOptions::default().with_time(0));
        let change = change.ok_or_else(|| damaged(&"an edit left no change"))?.0;
        self.actors.insert(actor, self.merged.len());
        self.merged.push(Merged { stamp: *stamp, change });
        Ok(())
    }

    /// What the claims to a field amount to; `None` when nobody said anything.
    #[must_use]
    pub fn field(&self, field: &str) -> Option<Resolved> {
        self.resolve(field, None)
    }

    /// What the claims to one element of a field amount to.
    #[must_use]
    pub fn element(&self, field: &str, element: &str) -> Option<Resolved> {
        self.resolve(field, Some(element))
    }

    /// The value of a field that shows.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<Value> {
        self.field(field).map(|resolved| resolved.shown.value)
    }

    /// The value that this submission put on a field, when it put one on top of what it had seen: neither as it created
    /// the entity nor as a mere opinion.
    pub(crate) fn changed_to(&self, submission: SubmissionId, field: &str, element: Option<&str>) -> Option<Value> {
        let merged = self.merged.iter().find(|merged| merged.stamp.submission == submission)?;
        let change = ChangeHash(merged.change);
        if self.merge.get_change_meta_by_hash(&change)?.deps.is_empty() {
            return None;
        }
        let put = self.claims(&key(field, element), self.policy(field), Some(&[change]));
        put.into_iter().find(|claim| claim.submission == submission).map(|claim| claim.value)
    }

    /// Every element that anybody ever named in this field, in order.
    #[must_use]
    pub fn elements(&self, field: &str) -> Vec<String> {
        let keys: BTreeSet<String> = self
            .merge
            .keys(ROOT)
            .filter_map(|key| {
                let (head, element) = key.split('~').next()?.split_once('/')?;
                (head == field).then(|| unescape(element))
            })
            .collect();
        keys.into_iter().collect()
    }

    /// The members of a set.
    #[must_use]
    pub fn members(&self, field: &str) -> Vec<String> {
        let present = |element: &String| {
            self.element(field, element).is_some_and(|resolved| resolved.shown.value == Value::Bool(true))
        };
        self.elements(field).into_iter().filter(present).collect()
    }

    /// The document with all that is needed to go on folding.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        encoded(&Saved {
            kind: self.schema.kind.code().to_owned(),
            merged: self.merged.clone(),
            bytes: self.merge.save(),
        })
    }

    /// Reads what [`Self::save`] wrote. Only for bytes of our own store or server: Automerge is not safe to feed with a
    /// stranger's.
    ///
    /// # Errors
    /// [`FoldError::Damaged`]
    pub fn load(bytes: &[u8]) -> Result<Self, FoldError> {
        let damaged = |error: &dyn std::fmt::Display| FoldError::Damaged(error.to_string());
        let saved: Saved = minicbor::decode(bytes).map_err(|e| damaged(&e))?;
        let schema = Schema::of_code(&saved.kind).ok_or_else(|| damaged(&"unknown kind of entity"))?;
        let merge = Automerge::load(&saved.bytes).map_err(|e| damaged(&e))?;
        let known = |merged: &Merged| merge.get_change_meta_by_hash(&ChangeHash(merged.change)).is_some();
        if !saved.merged.iter().all(known) {
            return Err(damaged(&"the history names a change that is not there"));
        }
        let actors = saved.merged.iter().enumerate();
        let actors = actors.map(|(at, Merged { stamp, .. })| (actor(stamp.submission, stamp.entity), at)).collect();
        Ok(Self { schema, merge, merged: saved.merged, actors })
    }

    /// A digest of the whole state and history: equal on all replicas that folded the same entries.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.save())
    }

    fn resolve(&self, field: &str, element: Option<&str>) -> Option<Resolved> {
        let policy = self.policy(field);
        let key = key(field, element);
        let prefix = format!("{key}~");
        let opinions = self
            .merge
            .keys(ROOT)
            .filter(|key| key.starts_with(&prefix))
            .flat_map(|key| self.claims(&key, policy, None))
            .collect();
        policy.resolve(self.claims(&key, policy, None), opinions)
    }

    /// An unknown field is of a newer version: nothing is lost and nothing decided.
    fn policy(&self, field: &str) -> FieldPolicy {
        self.schema.field(field).map_or(FieldPolicy::Ask, |FieldSpec { policy, .. }| *policy)
    }

    /// The key that an operation writes: the field's, or one of its own when it is but an opinion.
    fn key_for(&self, op: &FieldOp, heads: &[ChangeHash], stamp: &Stamp) -> String {
        let key = key(&op.field, op.element.as_deref());
        let policy = self.policy(&op.field);
        // Compared with what showed: a claim that its own author had replaced does not make this one weak.
        let (seen, _) = policy.without_superseded(self.claims(&key, policy, Some(heads)));
        if policy.replaces(&seen, &op.value, policy.may_lower(stamp.author.role, stamp.consent)) {
            key
        } else {
            format!("{key}~{}", stamp.submission)
        }
    }

    /// The standing claims of a key, now or as an author saw them.
    fn claims(&self, key: &str, policy: FieldPolicy, heads: Option<&[ChangeHash]>) -> Vec<Claim> {
        let found = match heads {
            Some(heads) => self.merge.get_all_at(ROOT, key, heads),
            None => self.merge.get_all(ROOT, key),
        };
        let claim = |(value, id): (automerge::Value<'_>, ObjId)| {
            let ObjId::Id(_, id, _) = id else { return None };
            let at = *self.actors.get(id.to_bytes())?;
            let merged = self.merged.get(at)?;
            let version = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let automerge::Value::Scalar(scalar) = value else {
                return None;
            };
            let Stamp { submission, author, at, consent, .. } = merged.stamp;
            let may_lower = policy.may_lower(author.role, consent);
            Some(Claim { value: plain(&scalar)?, submission, author, at, version, may_lower })
        };
        found.unwrap_or_default().into_iter().filter_map(claim).collect()
    }

    /// The heads of the history that an author had seen.
    fn heads_of(&self, base: &Base) -> Vec<ChangeHash> {
        let version = usize::try_from(base.version).unwrap_or(usize::MAX);
        if version == self.merged.len() {
            return self.merge.get_heads();
        }
        let own = self.merged[version..].iter().filter(|merged| base.seen.contains(&merged.stamp.submission));
        let seen: Vec<ChangeHash> =
            self.merged[..version].iter().chain(own).map(|merged| ChangeHash(merged.change)).collect();
        let covered: BTreeSet<ChangeHash> = seen
            .iter()
            .filter_map(|change| self.merge.get_change_meta_by_hash(change))
            .flat_map(|change| change.deps)
            .collect();
        seen.into_iter().filter(|change| !covered.contains(change)).collect()
    }
}

/// Each edit has an actor of its own.
fn actor(submission: SubmissionId, entity: EntityId) -> [u8; 16] {
    *EntityId::derived("edit", &[submission.bytes(), entity.bytes()]).bytes()
}

/// A scalar that no other edit writes.
fn unique(value: &Value, actor: &[u8; 16]) -> ScalarValue {
    let mut bytes = encoded(value);
    bytes.extend_from_slice(&actor[..8]);
    ScalarValue::Bytes(bytes)
}

fn plain(scalar: &ScalarValue) -> Option<Value> {
    let ScalarValue::Bytes(bytes) = scalar else {
        return None;
    };
    minicbor::decode(&bytes[..bytes.len().checked_sub(8)?]).ok()
}

fn key(field: &str, element: Option<&str>) -> String {
    element.map_or_else(|| field.to_owned(), |element| format!("{field}/{}", escape(element)))
}

/// `/` and `~` have a meaning in keys.
fn escape(element: &str) -> String {
    element.replace('%', "%25").replace('/', "%2F").replace('~', "%7E")
}

fn unescape(element: &str) -> String {
    element.replace("%7E", "~").replace("%2F", "/").replace("%25", "%")
}
