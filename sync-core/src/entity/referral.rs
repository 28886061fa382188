//! A case that went, or should go, to a department. It stays in its subject's caseload and holds only what the
//! organisation may see; what a desk received is its [`super::slip`].
//!
//! Fields that change from round to round have the round as their element: `desk/2`.

use super::{FLOW, FieldSpec, Kind, Schema, Shape};
use crate::author::Role;
use crate::id::{EntityId, FlagId};
use crate::merge::FieldPolicy::{AddWins, LastWriter, Lattice, Once};

/// The workflow acts of people arrive as edits of `state`; which role may enter which rank is in [`crate::refer`].
const STATE: &[Role] = &[Role::Worker, Role::Supervisor, Role::Dispatcher, Role::Officer, Role::System];

pub(super) const SCHEMA: Schema = Schema {
    kind: Kind::Referral,
    parent: Some("subject"),
    title: Some("number"),
    fields: &[
        FieldSpec::new("subject", Shape::Id, Once).by(FLOW),
        FieldSpec::new("flag", Shape::Text, Once).by(FLOW),
        FieldSpec::new("rule", Shape::Text, Once).by(FLOW),
        FieldSpec::new("window", Shape::Text, Once).by(FLOW),
        FieldSpec::new("number", Shape::Text, Once).by(FLOW),
        FieldSpec::new("severity", Shape::Int(0, 4), LastWriter).by(FLOW),
        FieldSpec::new("reason_zh", Shape::Text, LastWriter).by(FLOW),
        FieldSpec::new("reason_en", Shape::Text, LastWriter).by(FLOW),
        FieldSpec::new("observed_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("observed_doubtful", Shape::Bool, Once).by(FLOW),
        FieldSpec::new("target_at", Shape::Time, Once).by(FLOW),
        FieldSpec::new("proposed_dept", Shape::Text, Once).by(FLOW),
        // The consent without which it goes nowhere, and the same as long as that consent is missing, else empty.
        FieldSpec::new("consent", Shape::Text, Once).by(FLOW),
        FieldSpec::new("held_for_consent", Shape::Text, LastWriter).by(FLOW),
        FieldSpec::new("flag_standing", Shape::Bool, LastWriter).by(FLOW),
        FieldSpec::new("confirmed_by_supervisor", Shape::Bool, LastWriter).by(&[Role::Supervisor]),
        FieldSpec::new("state", Shape::State, Lattice).by(STATE),
        FieldSpec::new("dept", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("desk", Shape::Id, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("dispatched_at", Shape::Time, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("due_at", Shape::Time, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("basis", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("outcome", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("public_text", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("suggested_dept", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::set("supplements", AddWins),
        // By when the next step is expected inside the project; the desk's own clock is `due_at`.
        FieldSpec::new("step_due", Shape::Time, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("statutory", Shape::Bool, LastWriter).by(FLOW).keyed(),
        // About a person: the consent that this round's slip rests on, empty for the law; and that it stands no more.
        FieldSpec::new("rests_on", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("consent_ended", Shape::Bool, LastWriter).by(FLOW).keyed(),
        // By round: taken back while its desk had it in hand, and the desk was told.
        FieldSpec::new("called_off", Shape::Bool, LastWriter).by(FLOW).keyed(),
        // A desk's questions and their answers, by the event that asked. The clock inside the project stands meanwhile.
        FieldSpec::new("question", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("question_due", Shape::Time, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("answer", Shape::Text, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("paused_until", Shape::Time, LastWriter).by(FLOW).keyed(),
        // The document from which a dispatcher wrote down what the desk said on paper.
        FieldSpec::new("paper", Shape::Text, LastWriter).by(FLOW).keyed(),
        // The second return is ruled on; a second answer that does not satisfy is the purchaser's.
        FieldSpec::new("arbitrate_by", Shape::Time, LastWriter).by(FLOW).keyed(),
        FieldSpec::new("with_purchaser", Shape::Bool, LastWriter).by(FLOW),
        // When the desk last corrected its answer.
        FieldSpec::new("corrected_at", Shape::Time, LastWriter).by(FLOW).keyed(),
        // The departments that were told of it for information, in that round.
        FieldSpec::new("copied_to", Shape::Text, LastWriter).by(FLOW).keyed(),
    ],
};

/// The referral that a flag opens to one department.
#[must_use]
pub fn id(flag: FlagId, dept: &str) -> EntityId {
    EntityId::derived("referral", &[flag.bytes(), dept.as_bytes()])
}
