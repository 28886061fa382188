//! What happened, one line each.

use doorstep_mobile::EventView;
use sync_core::event::{Answered, EventBody};
use sync_core::id::{EventId, PersonId};
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use crate::form::AnswerRow;
use crate::vocabulary::Role;

/// Something that somebody saw or did.
#[derive(uniffi::Record)]
pub struct HistoryEntry {
    /// The event.
    pub id: EventId,
    /// The code of its kind, e.g. `inspection`.
    pub kind: String,
    /// Who.
    pub person: PersonId,
    /// In which role.
    pub role: Role,
    /// When, by the author's clock.
    pub at: Timestamp,
    /// The author's clock was off.
    pub doubtful: bool,
    /// On this phone only, or not confirmed yet.
    pub pending: bool,
    /// The event that this one corrects.
    pub amends: Option<EventId>,
    /// What happened, as a sentence.
    pub sentence: Text,
    /// What was looked at, of an inspection.
    pub answers: Vec<AnswerRow>,
    /// What was said: whom an inspection met, an elder's words, a department's public answer, a reason.
    pub words: String,
}

impl From<EventView> for HistoryEntry {
    fn from(view: EventView) -> Self {
        let EventView { id, kind, person, role, at, doubtful, pending, sentence, event } = view;
        let (mut answers, mut words) = (Vec::new(), None);
        match event.body {
            EventBody::Inspection(inspection) => {
                answers = inspection.answers.into_iter().map(row).collect();
                words = inspection.met;
            }
            EventBody::Visit(visit) => words = visit.words,
            EventBody::Reply(reply) => words = Some(reply.public_text),
            EventBody::Withdrawal(withdrawal) => words = Some(withdrawal.reason),
            EventBody::Confirmation(confirmation) => words = confirmation.note,
            EventBody::Step(step) => words = step.reason,
            EventBody::RiskEvent(risk) => words = risk.note,
            EventBody::NotMet(attempt) => words = attempt.note,
            _ => {}
        }
        let words = words.unwrap_or_default();
        Self { id, kind, person, role, at, doubtful, pending, amends: event.amends, sentence, answers, words }
    }
}

fn row(answered: Answered) -> AnswerRow {
    let Answered { code, answer, severity, refused, quantity, note, photos } = answered;
    AnswerRow { code, answer, severity, refused, quantity, note: note.unwrap_or_default(), photos }
}
