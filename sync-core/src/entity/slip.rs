//! What one desk received for one round: written by the server into the desk's caseload from this list of fields. There
//! is no field for anything of an elder but whether somebody needs help to evacuate.

use super::{FLOW, FieldSpec, Kind, Schema, Shape};
use crate::author::Role;
use crate::id::EntityId;
use crate::merge::FieldPolicy::{AddWins, LastWriter, Lattice, Once};

const DESK: &[Role] = &[Role::Officer, Role::Dispatcher, Role::System];

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Slip,
    parent: None,
    title: Some("number"),
    fields: &[
        FieldSpec::new("referral", Shape::Id, Once).by(FLOW),
        FieldSpec::new("round", Shape::Int(1, 99), Once).by(FLOW),
        FieldSpec::new("number", Shape::Text, Once).by(FLOW),
        FieldSpec::new("heading_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("heading_en", Shape::Text, Once).by(FLOW),
        FieldSpec::new("premises_name", Shape::Text, Once).by(FLOW),
        FieldSpec::new("address", Shape::Text, Once).by(FLOW),
        FieldSpec::new("unit_code", Shape::Text, Once).by(FLOW),
        FieldSpec::new("operator_name", Shape::Text, Once).by(FLOW),
        FieldSpec::new("uscc", Shape::Text, Once).by(FLOW),
        FieldSpec::new("hazard_codes", Shape::Text, Once).by(FLOW),
        FieldSpec::new("severity", Shape::Int(0, 4), Once).by(FLOW),
        FieldSpec::new("facts_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("facts_en", Shape::Text, Once).by(FLOW),
        FieldSpec::new("reminders", Shape::Text, Once).by(FLOW),
        FieldSpec::new("evacuation_help", Shape::OneOf(&["yes", "no", "unknown"]), Once).by(FLOW),
        FieldSpec::new("requested_zh", Shape::Text, Once).by(FLOW),
        FieldSpec::new("requested_en", Shape::Text, Once).by(FLOW),
        FieldSpec::new("basis", Shape::Text, Once).by(FLOW),
        FieldSpec::new("received_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("due_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("contact", Shape::Text, LastWriter).by(FLOW),
        FieldSpec::new("state", Shape::State, Lattice).by(DESK),
        FieldSpec::set("photos", AddWins).by(FLOW),
        FieldSpec::new("internal_text", Shape::Text, LastWriter).by(DESK).keyed(),
        FieldSpec::new("document_number", Shape::Text, LastWriter).by(DESK).keyed(),
        FieldSpec::new("document_date", Shape::Day, LastWriter).by(DESK).keyed(),
        FieldSpec::new("transcribed_by", Shape::Text, LastWriter).by(DESK).keyed(),
        // Of acts by the department's own system: who acted, as it says, and with which credential it came.
        FieldSpec::new("acted_by", Shape::Text, LastWriter).by(DESK).keyed(),
        FieldSpec::new("acted_with", Shape::Text, LastWriter).by(DESK).keyed(),
        // The organisation took it back while the desk had it in hand.
        FieldSpec::new("called_off", Shape::Bool, LastWriter).by(FLOW),
        FieldSpec::new("question", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("answer", Shape::Text, LastWriter).by(FLOW).keyed(),
        // When the desk corrected an answer; what it kept beside it has `round/2` and so on as its element.
        FieldSpec::new("corrected_at", Shape::Time, LastWriter).by(DESK).keyed(),
        // For action, or because the matter is this department's by law; to whom; which departments were told of it.
        FieldSpec::new("kind", Shape::OneOf(&["act", "jurisdiction"]), Once).by(FLOW),
        FieldSpec::new("dept", Shape::Text, Once).by(FLOW),
        FieldSpec::set("cc", AddWins).by(FLOW),
        // How many people were counted there, where the checklist asks for it. Of a home never.
        FieldSpec::new("people", Shape::Int(0, 100_000), Once).by(FLOW),
        FieldSpec::new("reminders_en", Shape::Text, Once).by(FLOW),
        // As it stands in the file: of a home no finer than about 100 m.
        FieldSpec::new("map_point", Shape::Point { coarse: false }, Once).by(FLOW),
    ],
};

/// The slip of one round of a referral.
#[must_use]
pub fn id(referral: EntityId, round: u16) -> EntityId {
    EntityId::derived("slip", &[referral.bytes(), &round.to_be_bytes()])
}
