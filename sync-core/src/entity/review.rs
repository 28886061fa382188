//! Something of an elder's file was opened or told without asking the elder each time: a desk opened a slip about a
//! person, or confidence was broken to save a life. A steward looks at it within the policy's time. The entity follows
//! from the event that it is about and belongs to the elder's file.

use super::{FLOW, FieldSpec, Kind, Schema, Shape};
use crate::id::{EntityId, EventId};
use crate::merge::FieldPolicy::{LastWriter, Once};

/// A desk opened a slip about a person.
pub const PERSON_SLIP: &str = "person_slip";
/// Something was told without consent, to save a life.
pub const BREAK_GLASS: &str = "break_glass";

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Review,
    parent: Some("subject"),
    title: Some("number"),
    fields: &[
        FieldSpec::new("subject", Shape::Id, Once).by(FLOW),
        FieldSpec::new("what", Shape::OneOf(&[PERSON_SLIP, BREAK_GLASS]), Once).by(FLOW),
        FieldSpec::new("opening", Shape::Text, Once).by(FLOW),
        FieldSpec::new("referral", Shape::Id, Once).by(FLOW),
        // Of the referral: `HGS-2026-000123/1`.
        FieldSpec::new("number", Shape::Text, Once).by(FLOW),
        FieldSpec::new("rule", Shape::Text, Once).by(FLOW),
        // Whose desk opened it, or who was told. Officers are not named to the organisation.
        FieldSpec::new("to", Shape::Text, Once).by(FLOW),
        FieldSpec::new("reason", Shape::Text, Once).by(FLOW),
        FieldSpec::new("told_fields", Shape::Text, Once).by(FLOW),
        FieldSpec::new("opened_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("due_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("overdue", Shape::Bool, LastWriter).by(FLOW),
        FieldSpec::new("reviewed_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("proper", Shape::Bool, Once).by(FLOW),
        FieldSpec::new("note", Shape::Text, Once).by(FLOW),
        // The elder has to be told, and when somebody did.
        FieldSpec::new("tell_elder", Shape::Bool, Once).by(FLOW),
        FieldSpec::new("elder_told_at", Shape::Time, Once).by(FLOW),
    ],
};

/// The review of what this event opened.
#[must_use]
pub fn id(opening: EventId) -> EntityId {
    EntityId::derived("review", &[opening.bytes()])
}
