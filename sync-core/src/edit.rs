//! Edits: typed changes of one entity, and the base they were made on.

use minicbor::{Decode, Encode};

use crate::id::{EntityId, SubmissionId};
use crate::limits;

/// A scalar value of one field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, serde::Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    #[n(0)]
    Bool(#[n(0)] bool),
    /// A whole number, also a [`crate::time::Timestamp`] in milliseconds.
    #[n(1)]
    Int(#[n(0)] i64),
    /// Text.
    #[n(2)]
    Text(#[n(0)] String),
    /// Another entity.
    #[n(3)]
    Id(#[n(0)] EntityId),
    /// A state of a workflow: compared by round, then rank.
    #[n(4)]
    State(#[n(0)] State),
}

/// A state of a workflow under the lexicographic order of round, then rank.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cbor(array)]
pub struct State {
    /// The round: a referral's trips to a desk, a hazard's episodes. Starts at 1.
    #[n(0)]
    pub round: u16,
    /// The rank within the round.
    #[n(1)]
    pub rank: u8,
}

impl State {
    /// The state `rank` of `round`.
    #[must_use]
    pub const fn new(round: u16, rank: u8) -> Self {
        Self { round, rank }
    }
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(n) = self { Some(*n) } else { None }
    }

    /// Yes or no, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(b) = self { Some(*b) } else { None }
    }

    /// The entity, if it is one.
    #[must_use]
    pub fn as_id(&self) -> Option<EntityId> {
        if let Self::Id(id) = self { Some(*id) } else { None }
    }

    /// The state, if it is one.
    #[must_use]
    pub fn as_state(&self) -> Option<State> {
        if let Self::State(state) = self { Some(*state) } else { None }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// One operation: this field (or this element of it) now has this value. Adding an element to a set puts `true` on
/// it, removing it puts `false`: nothing is ever deleted, so every assertion can be shown with its author.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct FieldOp {
    /// The field's name.
    #[n(0)]
    pub field: String,
    /// The element, for sets, maps and values kept per round.
    #[n(1)]
    pub element: Option<String>,
    /// The value.
    #[n(2)]
    pub value: Value,
}

impl FieldOp {
    /// `field := value`.
    #[must_use]
    pub fn put(field: &str, value: Value) -> Self {
        Self { field: field.to_owned(), element: None, value }
    }

    /// `field/element := value`.
    #[must_use]
    pub fn put_element(field: &str, element: &str, value: Value) -> Self {
        Self { field: field.to_owned(), element: Some(element.to_owned()), value }
    }
}

/// What the author had seen: a version of the entity in server order, and own submissions not yet confirmed then.
/// Never hashes: they would break on held edits and on a new version of the merge library.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(array)]
pub struct Base {
    /// How many merged edits of the entity the author had seen from the server; 0 with nothing in `seen` creates it.
    #[n(0)]
    pub version: u32,
    /// Own pending submissions that touched the entity before.
    #[n(1)]
    pub seen: Vec<SubmissionId>,
}

/// A typed change of one entity.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Edit {
    /// The entity.
    #[n(0)]
    pub entity: EntityId,
    /// The code of its kind.
    #[n(1)]
    pub kind: String,
    /// What the author had seen.
    #[n(2)]
    pub base: Base,
    /// The operations; each key at most once.
    #[n(3)]
    pub ops: Vec<FieldOp>,
}

/// Why an edit is not one that an honest editor can write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Nothing in it.
    #[error("the edit has no operation")]
    Empty,
    /// A limit of [`crate::limits`] is passed.
    #[error("{what} is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The same key twice.
    #[error("the field {0} is written twice in one edit")]
    Twice(String),
    /// A field name that is not lower-case ASCII.
    #[error("{0:?} is not a field name")]
    FieldName(String),
}

impl Edit {
    /// Whether this edit creates the entity.
    #[must_use]
    pub fn creates(&self) -> bool {
        self.base.version == 0 && self.base.seen.is_empty()
    }

    /// Checks the form and the limits, whatever the entity kind.
    ///
    /// # Errors
    /// The first thing that an honest editor would not have written.
    pub fn check(&self) -> Result<(), EditError> {
        let at_most = |what, n: usize, limit| {
            if n > limit { Err(EditError::TooLarge { what, limit }) } else { Ok(()) }
        };
        if self.ops.is_empty() {
            return Err(EditError::Empty);
        }
        at_most("the number of operations", self.ops.len(), limits::EDIT_OPS)?;
        at_most("the number of pending submissions in a base", self.base.seen.len(), limits::BASE_SEEN)?;
        let mut keys = std::collections::BTreeSet::new();
        for op in &self.ops {
            let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if op.field.is_empty() || op.field.len() > limits::FIELD_BYTES || !op.field.chars().all(named) {
                return Err(EditError::FieldName(op.field.chars().take(limits::FIELD_BYTES).collect()));
            }
            at_most("an element's name", op.element.as_ref().map_or(0, String::len), limits::ELEMENT_BYTES)?;
            at_most("a text", op.value.as_text().map_or(0, str::len), limits::TEXT_BYTES)?;
            if !keys.insert((&op.field, &op.element)) {
                return Err(EditError::Twice(op.field.clone()));
            }
        }
        Ok(())
    }
}
