//! What people say of an event that one corrected and another voided, neither knowing of the other: which of the two holds.
//! It lies in the file of the event; its id follows from the correction. The flow asks by writing it; whoever keeps the file
//! answers, like any other conflict. Until then the correction counts (`sync-core/decisions/0020-a-void-beside-a-correction-asks.md`).

use super::{FLOW, FieldSpec, Kind, Schema, Shape};
use crate::author::Role;
use crate::document::Document;
use crate::id::{EntityId, EventId};
use crate::merge::FieldPolicy::{Ask, Once};

/// Nobody has decided yet.
pub const UNDECIDED: &str = "undecided";
/// The event should not have been written, corrected or not.
pub const VOID: &str = "void";
/// The correction holds.
pub const CORRECTED: &str = "corrected";
/// There is nothing to decide any more: the correction was corrected or voided in its turn.
pub const PAST: &str = "past";

/// Those who keep files, and the flow, which asks.
const WRITERS: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward, Role::System];

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::EventReview,
    parent: Some("subject"),
    title: None,
    fields: &[
        FieldSpec::new("subject", Shape::Id, Once).by(FLOW),
        // The correction.
        FieldSpec::new("event", Shape::Text, Once).by(FLOW),
        FieldSpec::new("standing", Shape::OneOf(&[UNDECIDED, VOID, CORRECTED, PAST]), Ask)
            .by(WRITERS)
            .undecided(UNDECIDED)
            .critical(),
    ],
};

/// The id of what people say of this correction.
#[must_use]
pub fn id(correction: EventId) -> EntityId {
    EntityId::derived("event_review", &[correction.bytes()])
}

/// What was decided: [`VOID`] or [`CORRECTED`], if somebody has and nobody contradicts.
#[must_use]
pub fn decision(review: &Document) -> Option<&'static str> {
    let said = review.field("standing").filter(|said| !said.conflict)?;
    [VOID, CORRECTED].into_iter().find(|decision| said.shown.value.as_text() == Some(decision))
}
