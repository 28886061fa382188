//! Statements about records: two files are one, an event should not have been written.

use minicbor::{Decode, Encode};

use crate::id::{EntityId, EventId};

/// The subject of the event and `other` are the same thing; or, undone, they are not.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Link {
    /// The other file.
    #[n(0)]
    pub other: EntityId,
    /// Takes an earlier link back.
    #[n(1)]
    pub undo: bool,
    /// Why.
    #[n(2)]
    pub reason: String,
}

/// An event that should not have been written. It stays in the log and counts for nothing.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Void {
    /// The event.
    #[n(0)]
    pub event: EventId,
    /// Why.
    #[n(1)]
    pub reason: String,
}
