//! A shop as a business: licences and the duty to put things right stay with it, wherever it trades.

use super::{FieldSpec, Kind, Schema, Shape};
use crate::merge::FieldPolicy::Ask;

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Operator,
    parent: None,
    title: Some("name"),
    fields: &[
        FieldSpec::new("name", Shape::Text, Ask),
        FieldSpec::new("legal_name", Shape::Text, Ask),
        FieldSpec::new("uscc", Shape::Text, Ask),
    ],
};
