//! A shop as a place. Structural hazards stay with it, whoever runs a business there.

use super::{FieldSpec, Kind, Schema, Shape};
use crate::merge::FieldPolicy::{AddWins, Ask, LastWriter};

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Premises,
    parent: None,
    title: Some("name"),
    fields: &[
        FieldSpec::new("name", Shape::Text, Ask),
        FieldSpec::new("address", Shape::Text, Ask).critical(),
        FieldSpec::new("unit_code", Shape::Text, Ask),
        FieldSpec::new("area_m2", Shape::Int(0, 1_000_000), Ask),
        FieldSpec::new("floor", Shape::Text, Ask),
        FieldSpec::set("kinds", AddWins),
        FieldSpec::new("nickname", Shape::Text, LastWriter),
        FieldSpec::new("hours", Shape::Text, LastWriter),
        FieldSpec::new("door_note", Shape::Text, LastWriter),
        FieldSpec::new("contact_name", Shape::Text, Ask),
        FieldSpec::new("contact_phone", Shape::Text, Ask).critical(),
        FieldSpec::new("external_id", Shape::Text, LastWriter),
        FieldSpec::new("map_point", Shape::Point { coarse: false }, LastWriter),
    ],
};
