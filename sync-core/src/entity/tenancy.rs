//! Which business was in which place, when.

use super::{FieldSpec, Kind, Schema, Shape};
use crate::merge::FieldPolicy::{Ask, Once};

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Tenancy,
    parent: Some("premises"),
    title: None,
    fields: &[
        FieldSpec::new("premises", Shape::Id, Once),
        FieldSpec::new("operator", Shape::Id, Once),
        FieldSpec::new("from", Shape::Time, Once),
        FieldSpec::new("until", Shape::Time, Ask),
    ],
};
