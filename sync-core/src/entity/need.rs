//! What an elder needs and what came of it.

use super::{FieldSpec, Kind, Schema, Shape};
use crate::merge::FieldPolicy::{LastWriter, Lattice, Once};

/// Somebody said it.
pub const RAISED: u8 = 0;
/// There is somebody who will.
pub const MATCHED: u8 = 1;
/// Done.
pub const MET: u8 = 2;

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Need,
    parent: Some("elder"),
    title: Some("text"),
    fields: &[
        FieldSpec::new("elder", Shape::Id, Once),
        FieldSpec::new("text", Shape::Text, LastWriter),
        FieldSpec::new("kind", Shape::Text, LastWriter),
        FieldSpec::new("status", Shape::State, Lattice),
        FieldSpec::new("matched_with", Shape::Text, LastWriter),
        FieldSpec::new("unmet_reason", Shape::Text, LastWriter),
    ],
};
