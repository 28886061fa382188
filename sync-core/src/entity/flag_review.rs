//! What people say of a flag: whether it is right, and what the worker has to explain. It lies in the file of the flag's
//! subject; its id follows from the flag.
//!
//! A decision is about the evidence that it was made on, and has that as its element (see [`on`]): when the evidence
//! changes, nobody has decided yet. Two people who contradict each other, neither having seen the other's word, are a
//! conflict, and until one is settled on the flag stands.

use super::{FIELD, FieldSpec, Kind, Schema, Shape};
use crate::author::Role;
use crate::id::{EntityId, EventId, FlagId};
use crate::merge::FieldPolicy::{Ask, LastWriter, Once};
use crate::submission::Digest;

/// The flag is right.
pub const CONFIRM: &str = "confirm";
/// It is not, or it matters no more.
pub const DISMISS: &str = "dismiss";
/// Who decides.
pub const DECIDERS: &[Role] = &[Role::Supervisor, Role::Steward];

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::FlagReview,
    parent: Some("subject"),
    title: None,
    fields: &[
        FieldSpec::new("subject", Shape::Id, Once),
        FieldSpec::new("flag", Shape::Text, Once),
        FieldSpec::new("decision", Shape::OneOf(&[CONFIRM, DISMISS]), Ask).by(DECIDERS).keyed(),
        FieldSpec::new("reason", Shape::Text, LastWriter).by(DECIDERS).keyed(),
        // Each has the submission that said it as its element: nobody's words replace another's.
        FieldSpec::new("explanation", Shape::Text, Once).by(FIELD).keyed(),
    ],
};

/// The id of what people say of this flag.
#[must_use]
pub fn id(flag: FlagId) -> EntityId {
    EntityId::derived("flag_review", &[flag.bytes()])
}

/// The element of a decision on this evidence, in whichever order it is listed.
#[must_use]
pub fn on(evidence: &[EventId]) -> String {
    let mut ids: Vec<EventId> = evidence.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let bytes: Vec<u8> = ids.iter().flat_map(|id| *id.bytes()).collect();
    Digest::of(&bytes).hex()
}
