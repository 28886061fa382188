//! One finding at one place, through its life: the same code seen by several people is one hazard. When it comes back
//! after having been verified as fixed, that is a new episode and a new hazard.

use super::{FIELD, FieldSpec, Kind, Schema, Shape};
use crate::author::Role;
use crate::id::EntityId;
use crate::merge::FieldPolicy::{Earliest, LastWriter, Lattice, Once, Strongest};
use crate::merge::{Lower, Order};

/// Still there.
pub const OPEN: u8 = 0;
/// The owner says, or the worker saw on the spot, that it is put right.
pub const SELF_FIXED: u8 = 1;
/// A worker came back and saw that it is put right.
pub const VERIFIED_FIXED: u8 = 2;

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Hazard,
    parent: Some("place"),
    title: Some("code"),
    fields: &[
        FieldSpec::new("place", Shape::Id, Once),
        FieldSpec::new("code", Shape::Text, Once),
        FieldSpec::new("severity", Shape::Int(0, 4), Strongest(Order::Number, Lower::Roles(&[Role::Supervisor]))),
        FieldSpec::new("status", Shape::State, Lattice).by(FIELD),
        FieldSpec::new("due_at", Shape::Time, Earliest),
        FieldSpec::new("note", Shape::Text, LastWriter),
    ],
};

/// The hazard `code` in its `episode` (from 1) at this place, a shop or a dwelling: two phones that find it make the same
/// file.
#[must_use]
pub fn id(place: EntityId, code: &str, episode: u16) -> EntityId {
    EntityId::derived("hazard", &[place.bytes(), code.as_bytes(), &episode.to_be_bytes()])
}
