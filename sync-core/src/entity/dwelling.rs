//! Where elders live, apart from them: a couple shares one gas hose. Its hazards go their way without anything of the
//! elders' files, but for one answer: does somebody here need help to get out?

use super::elder::EVACUATION;
use super::{FieldSpec, Kind, Schema, Shape};
use crate::author::Role;
use crate::merge::FieldPolicy::{AddWins, Ask, LastWriter, Strongest};
use crate::merge::{Lower, Order};

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Dwelling,
    parent: None,
    title: Some("address"),
    fields: &[
        FieldSpec::new("address", Shape::Text, Ask).critical(),
        FieldSpec::new("unit_code", Shape::Text, Ask),
        FieldSpec::new("floor", Shape::Text, Ask),
        FieldSpec::new("lift", Shape::Bool, Ask),
        FieldSpec::set("kinds", AddWins),
        FieldSpec::new("door_note", Shape::Text, LastWriter),
        // One person's "no" says nothing of the others who live there: only who keeps all their files may lower it.
        FieldSpec::new(
            "evacuation_help",
            Shape::OneOf(EVACUATION),
            Strongest(Order::Listed(EVACUATION), Lower::Roles(&[Role::Supervisor, Role::Steward])),
        ),
        FieldSpec::new("external_id", Shape::Text, LastWriter),
        // The building; which door it is, the address says.
        FieldSpec::new("map_point", Shape::Point { coarse: true }, LastWriter),
    ],
};
