//! What happened, as a file tells it.

use std::collections::BTreeSet;

use sync_core::author::Role;
use sync_core::case::Recorded;
use sync_core::event::Event;
use sync_core::id::{EventId, PersonId, SubmissionId};
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use crate::phone::view::Telling;

/// Something that somebody saw or did.
#[derive(Clone, PartialEq, Eq)]
pub struct EventView {
    /// The event.
    pub id: EventId,
    /// The code of its kind.
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
    /// What happened, as a sentence.
    pub sentence: Text,
    /// What happened.
    pub event: Event,
}

pub(super) fn happened(recorded: &Recorded, pending: &BTreeSet<SubmissionId>, telling: Telling<'_>) -> EventView {
    EventView {
        id: recorded.event.id,
        kind: recorded.event.body.kind().to_owned(),
        person: recorded.author.person,
        role: recorded.author.role,
        at: recorded.event.start,
        doubtful: recorded.doubtful,
        pending: pending.contains(&recorded.submission),
        sentence: telling.happened(&recorded.event.body),
        event: recorded.event.clone(),
    }
}
