//! What a desk is told of a slip that went to another desk (抄告): for information, about a place, with nothing to answer.
//! It is a kind of its own so that no desk can act on it, and its list of fields is a part of the slip's: whoever gets a
//! copy sees less than the desk that acts. There is none of a home, nor of a person.

use super::{FLOW, FieldSpec, Kind, Schema, Shape};
use crate::id::{CaseloadId, EntityId};
use crate::merge::FieldPolicy::Once;

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::SlipCopy,
    parent: None,
    title: Some("number"),
    fields: &[
        FieldSpec::new("referral", Shape::Id, Once).by(FLOW),
        FieldSpec::new("round", Shape::Int(1, 99), Once).by(FLOW),
        FieldSpec::new("number", Shape::Text, Once).by(FLOW),
        FieldSpec::new("kind", Shape::OneOf(&["inform"]), Once).by(FLOW),
        FieldSpec::new("dept", Shape::Text, Once).by(FLOW),
        FieldSpec::new("heading_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("heading_en", Shape::Text, Once).by(FLOW),
        FieldSpec::new("premises_name", Shape::Text, Once).by(FLOW),
        FieldSpec::new("address", Shape::Text, Once).by(FLOW),
        FieldSpec::new("unit_code", Shape::Text, Once).by(FLOW),
        FieldSpec::new("operator_name", Shape::Text, Once).by(FLOW),
        FieldSpec::new("hazard_codes", Shape::Text, Once).by(FLOW),
        FieldSpec::new("severity", Shape::Int(0, 4), Once).by(FLOW),
        FieldSpec::new("facts_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("facts_en", Shape::Text, Once).by(FLOW),
        FieldSpec::new("requested_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("requested_en", Shape::Text, Once).by(FLOW),
        FieldSpec::new("received_at", Shape::Time, Once).by(FLOW),
    ],
};

/// The copy for this desk of the slip of one round of a referral.
#[must_use]
pub fn id(referral: EntityId, round: u16, desk: CaseloadId) -> EntityId {
    EntityId::derived("slip copy", &[referral.bytes(), &round.to_be_bytes(), desk.bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_holds_a_part_of_what_the_desk_that_acts_sees() {
        let slip = Kind::Slip.schema();
        for field in SCHEMA.fields {
            let own = slip.field(field.name).unwrap_or_else(|| panic!("a slip has no {}", field.name));
            assert_eq!((own.keyed, own.writers), (field.keyed, field.writers), "{}", field.name);
        }
        for never in
            ["state", "photos", "evacuation_help", "contact", "internal_text", "reminders", "due_at", "map_point"]
        {
            assert!(SCHEMA.field(never).is_none(), "{never}");
            assert!(slip.field(never).is_some(), "{never} is no field: this says nothing");
        }
    }
}
