//! What is said of a field: the value that shows, everybody's word, and what people disagree about.

use sync_core::author::Role;
use sync_core::case::{Dispute, Recorded};
use sync_core::edit::Value;
use sync_core::entity::{Kind, event_review};
use sync_core::flag::Linked;
use sync_core::id::{EntityId, PersonId, SubmissionId};
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use crate::phone::view::Telling;

/// One field with the value that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// Its element, for sets and values kept per round.
    pub element: Option<String>,
    /// What people call it, its element included.
    pub label: Text,
    /// The value.
    pub value: Value,
    /// The value as text.
    pub text: String,
    /// The value in words.
    pub says: Text,
    /// People disagree about it.
    pub conflict: bool,
}

/// One person's word about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidView {
    /// The value.
    pub value: Value,
    /// The value as text.
    pub text: String,
    /// The value in words.
    pub says: Text,
    /// Who.
    pub person: PersonId,
    /// In which role.
    pub role: Role,
    /// When.
    pub at: Timestamp,
    /// In which submission.
    pub submission: SubmissionId,
}

/// A field about which people disagree: none of them had seen what the others said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictView {
    /// The entity.
    pub entity: EntityId,
    /// Its kind.
    pub kind: String,
    /// The field.
    pub field: String,
    /// Its element, for keyed fields.
    pub element: Option<String>,
    /// What people call the field, its element included.
    pub label: Text,
    /// What was said; what shows meanwhile comes first.
    pub said: Vec<SaidView>,
}

/// Of a correction beside a void: what each of the two said, before what people decided and contradict each other in.
pub(super) fn both_sides(files: &Linked<'_>, conflict: ConflictView, telling: Telling<'_>) -> ConflictView {
    if conflict.kind != Kind::EventReview.code() {
        return conflict;
    }
    let disputes = files.values().flat_map(|file| file.disputes());
    let mut of_this = disputes.filter(|dispute| event_review::id(dispute.correction.event.id) == conflict.entity);
    let Some(Dispute { correction, voids, .. }) = of_this.next() else { return conflict };
    let side = |value: &str, recorded: &Recorded| {
        let Text { zh, en } = telling.value(&conflict.kind, "standing", &Value::from(value));
        let told = telling.happened(&recorded.event.body);
        SaidView {
            value: Value::from(value),
            text: value.to_owned(),
            says: Text::new(format!("{zh}:{}", told.zh), format!("{en}: {}", told.en)),
            person: recorded.author.person,
            role: recorded.author.role,
            at: recorded.event.end,
            submission: recorded.submission,
        }
    };
    let mut said = vec![side(event_review::CORRECTED, correction)];
    said.extend(voids.into_iter().map(|void| side(event_review::VOID, void)));
    said.extend(conflict.said.into_iter().filter(|decision| decision.text != event_review::UNDECIDED));
    ConflictView { said, ..conflict }
}
