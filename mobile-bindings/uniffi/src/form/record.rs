//! Forms about what is in a file already: changed fields, settled conflicts, links, what should not have been written.

pub use sync_core::edit::{FieldOp, State, Value};
pub use sync_core::form::{EntityEdit, ExplanationForm, FlagDecisionForm, LinkForm, SettleForm, VoidForm};
use sync_core::id::{EntityId, EventId, FlagId};

/// Changed fields of one file. Name only what changed: a field that is written again counts as said again.
#[uniffi::remote(Record)]
pub struct EntityEdit {
    /// The file.
    pub entity: EntityId,
    /// The changed fields.
    pub ops: Vec<FieldOp>,
}

/// One operation: this field (or this element of it) now has this value. Adding an element to a set puts `true` on
/// it, removing it puts `false`: nothing is ever deleted, so every assertion can be shown with its author.
#[uniffi::remote(Record)]
pub struct FieldOp {
    /// The field's name.
    pub field: String,
    /// The element, for sets, maps and values kept per round.
    #[uniffi(default)]
    pub element: Option<String>,
    /// The value.
    pub value: Value,
}

/// A scalar value of one field.
#[uniffi::remote(Enum)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number, also a `Timestamp` in milliseconds.
    Int(i64),
    /// Text.
    Text(String),
    /// Another entity.
    Id(EntityId),
    /// A state of a workflow: compared by round, then rank.
    State(State),
}

/// A state of a workflow under the lexicographic order of round, then rank.
#[uniffi::remote(Record)]
pub struct State {
    /// The round: a referral's trips to a desk, a hazard's episodes. Starts at 1.
    pub round: u16,
    /// The rank within the round.
    pub rank: u8,
}

/// A decision between several values of one field: a put by somebody who had seen them all.
#[uniffi::remote(Record)]
pub struct SettleForm {
    /// The file.
    pub entity: EntityId,
    /// The field.
    pub field: String,
    /// Its element, for keyed fields.
    #[uniffi(default)]
    pub element: Option<String>,
    /// What it is.
    pub value: Value,
}

/// Two files are the same thing; or, undone, are not.
#[uniffi::remote(Record)]
pub struct LinkForm {
    /// One file.
    pub one: EntityId,
    /// The other.
    pub other: EntityId,
    /// Takes an earlier link back.
    #[uniffi(default)]
    pub undo: bool,
    /// Why.
    pub reason: String,
}

/// An event should not have been written.
#[uniffi::remote(Record)]
pub struct VoidForm {
    /// The file that the event is in.
    pub subject: EntityId,
    /// The event.
    pub event: EventId,
    /// Why.
    pub reason: String,
}

/// An explanation, shown beside the flag before anybody judges it.
#[uniffi::remote(Record)]
pub struct ExplanationForm {
    /// The flag.
    pub flag: FlagId,
    /// What the flag is about.
    pub subject: EntityId,
    /// How it came to be.
    pub text: String,
}

/// A decision on a flag.
#[uniffi::remote(Record)]
pub struct FlagDecisionForm {
    /// The flag.
    pub flag: FlagId,
    /// What the flag is about.
    pub subject: EntityId,
    /// The evidence that was looked at.
    pub evidence: Vec<EventId>,
    /// It is right; else it is dismissed as long as the evidence stays the same.
    pub confirm: bool,
    /// Why.
    pub reason: String,
}
