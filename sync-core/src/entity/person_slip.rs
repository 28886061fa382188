//! What one desk received about a person for one round. A kind of its own, so that a hazard's slip can never hold it:
//! written only where a rule's route names the desk, the fields and what allows it, and read only by opening it with a
//! reason.
//!
//! [`TELLABLE`] is the closed list of what a desk may be told of an elder's file; there is no field here for anything else.

use super::{FLOW, FieldSpec, Kind, Schema, Shape};
use crate::author::Role;
use crate::id::EntityId;
use crate::merge::FieldPolicy::{AddWins, LastWriter, Lattice, Once};

const DESK: &[Role] = &[Role::Officer, Role::Dispatcher, Role::System];

/// What a route may name of an elder's file, and the field of the slip that holds it. Never a diagnosis, a score, an
/// income, a note, an id number, what a family quarrels about (domain reference, section 4).
pub const TELLABLE: &[(&str, &str)] = &[
    ("name", "elder_name"),
    ("preferred_name", "elder_preferred_name"),
    ("sex", "elder_sex"),
    ("birth", "elder_birth"),
    ("dialect", "elder_dialect"),
    ("dwelling", "elder_address"),
    ("capacity", "elder_capacity"),
    ("living_situation", "elder_living_situation"),
    ("difficulty_kinds", "elder_difficulties"),
    ("devices", "elder_devices"),
    ("evacuation_help", "elder_evacuation_help"),
    ("contacts", "contact_names"),
    ("contact_phone", "contact_phones"),
];

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::PersonSlip,
    parent: None,
    title: Some("number"),
    fields: &[
        FieldSpec::new("referral", Shape::Id, Once).by(FLOW),
        FieldSpec::new("round", Shape::Int(1, 99), Once).by(FLOW),
        FieldSpec::new("number", Shape::Text, Once).by(FLOW),
        FieldSpec::new("rule", Shape::Text, Once).by(FLOW),
        FieldSpec::new("rule_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("rule_en", Shape::Text, Once).by(FLOW),
        FieldSpec::new("matter_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("matter_en", Shape::Text, Once).by(FLOW),
        // What allows it: the words of the law, or the consent with the day on which it was given.
        FieldSpec::new("allowed_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("allowed_en", Shape::Text, Once).by(FLOW),
        FieldSpec::new("consent", Shape::Text, Once).by(FLOW),
        // Without it nobody opens the slip any more.
        FieldSpec::new("consent_stands", Shape::Bool, LastWriter).by(FLOW),
        FieldSpec::new("basis", Shape::Text, Once).by(FLOW),
        FieldSpec::new("received_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("due_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("contact", Shape::Text, Once).by(FLOW),
        FieldSpec::new("elder_name", Shape::Text, Once).by(FLOW),
        FieldSpec::new("elder_preferred_name", Shape::Text, Once).by(FLOW),
        FieldSpec::new("elder_sex", Shape::Text, Once).by(FLOW),
        FieldSpec::new("elder_birth", Shape::Text, Once).by(FLOW),
        FieldSpec::new("elder_dialect", Shape::Text, Once).by(FLOW),
        FieldSpec::new("elder_address", Shape::Text, Once).by(FLOW),
        FieldSpec::new("elder_capacity", Shape::Text, Once).by(FLOW),
        FieldSpec::new("elder_living_situation", Shape::Text, Once).by(FLOW),
        FieldSpec::set("elder_difficulties", AddWins).by(FLOW),
        FieldSpec::set("elder_devices", AddWins).by(FLOW),
        FieldSpec::new("elder_evacuation_help", Shape::Text, Once).by(FLOW),
        // By the order in which they are called: `1`, `2`…
        FieldSpec::new("contact_names", Shape::Text, Once).by(FLOW).keyed(),
        FieldSpec::new("contact_phones", Shape::Text, Once).by(FLOW).keyed(),
        FieldSpec::new("state", Shape::State, Lattice).by(DESK),
        FieldSpec::new("question", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("answer", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("internal_text", Shape::Text, LastWriter).by(DESK).keyed(),
        FieldSpec::new("document_number", Shape::Text, LastWriter).by(DESK).keyed(),
        FieldSpec::new("document_date", Shape::Day, LastWriter).by(DESK).keyed(),
        FieldSpec::new("transcribed_by", Shape::Text, LastWriter).by(DESK).keyed(),
        // When the desk corrected an answer; what it kept beside it has `round/2` and so on as its element.
        FieldSpec::new("corrected_at", Shape::Time, LastWriter).by(DESK).keyed(),
        // Of acts by the department's own system: who acted, as it says, and with which credential it came.
        FieldSpec::new("acted_by", Shape::Text, LastWriter).by(DESK).keyed(),
        FieldSpec::new("acted_with", Shape::Text, LastWriter).by(DESK).keyed(),
        // The organisation took it back while the desk had it in hand.
        FieldSpec::new("called_off", Shape::Bool, LastWriter).by(FLOW),
    ],
};

/// The slip of one round of a referral.
#[must_use]
pub fn id(referral: EntityId, round: u16) -> EntityId {
    EntityId::derived("person slip", &[referral.bytes(), &round.to_be_bytes()])
}

/// The field of the slip that holds this field of an elder's file; `None` for what no desk is told.
#[must_use]
pub fn tells(field: &str) -> Option<&'static str> {
    TELLABLE.iter().find(|(of_elder, _)| *of_elder == field).map(|(_, of_slip)| *of_slip)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_slip_has_a_field_for_what_may_be_told_and_for_nothing_else_of_an_elder() {
        let of_elder: Vec<&str> = TELLABLE.iter().map(|(of_elder, _)| *of_elder).collect();
        let own: BTreeSet<&str> = SCHEMA.fields.iter().map(|field| field.name).filter(|name| is_told(name)).collect();
        let listed: BTreeSet<&str> = TELLABLE.iter().map(|(_, of_slip)| *of_slip).collect();
        assert_eq!(listed, own);
        for field in &of_elder {
            assert!(Kind::Elder.schema().field(field).is_some(), "an elder has no {field}");
        }
        let never = ["diagnoses", "medicines", "allergies", "health", "assessment", "screening", "income", "tags"];
        let nor = ["note_short", "id_hmac", "id_last4", "needs", "refuted", "share_list", "consent", "medical_payment"];
        for field in never.into_iter().chain(nor) {
            assert_eq!(tells(field), None, "{field}");
            assert!(Kind::Elder.schema().field(field).is_some(), "{field} is no field: this says nothing");
        }
    }

    fn is_told(name: &str) -> bool {
        name.starts_with("elder_") || name.starts_with("contact_")
    }

    #[test]
    fn a_hazards_slip_has_a_place_for_one_answer_about_a_person() {
        let of_person = |name: &&str| is_told(name) || *name == "consent" || Kind::Elder.schema().field(name).is_some();
        let fields = Kind::Slip.schema().fields.iter().map(|field| field.name);
        assert_eq!(fields.filter(of_person).collect::<Vec<_>>(), ["evacuation_help"]);
    }
}
