//! Events that one person corrected and another voided, neither having seen the other's word: whoever corrects or voids is
//! shown what stands, so that both on record means that they did not know of each other. A person decides; until then the
//! correction counts, and with it what it gives rise to.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{File, Recorded};
use super::{Effect, text_of};
use crate::edit::{FieldOp, Value};
use crate::entity::{Kind, event_review};
use crate::event::EventBody;
use crate::flag::Linked;
use crate::id::{EntityId, EventId};
use crate::time::Timestamp;

/// A correction, and what speaks against it.
pub struct Dispute<'f> {
    /// The event that corrects.
    pub correction: &'f Recorded,
    /// The voids of what it corrects.
    pub voids: Vec<&'f Recorded>,
    /// The event that they void.
    pub voided: EventId,
    /// Since when both are on record. Correcting once more does not begin anew; deciding does.
    pub since: Timestamp,
}

/// Who corrected and voided what, among the events of a file.
#[derive(Default)]
pub(super) struct Replaced {
    voided: BTreeSet<EventId>,
    amends: BTreeMap<EventId, EventId>,
}

impl Replaced {
    pub(super) fn among(events: &[Recorded]) -> Self {
        let mut found = Self::default();
        for Recorded { event, .. } in events {
            match (&event.body, event.amends) {
                (EventBody::Void(void), _) => drop(found.voided.insert(void.event)),
                (_, Some(before)) => drop(found.amends.insert(event.id, before)),
                _ => {}
            }
        }
        found
    }

    /// The voided event that a correction goes back to, directly or over other corrections, and the eldest of these since
    /// which nobody has decided.
    fn against(&self, file: &File, correction: EventId) -> Option<(EventId, EventId)> {
        let (mut at, mut passed) = (correction, BTreeSet::new());
        let (mut eldest, mut open) = (correction, true);
        while let Some(before) = self.amends.get(&at).copied().filter(|before| passed.insert(*before)) {
            if self.voided.contains(&before) {
                return Some((before, eldest));
            }
            match decided(file, before) {
                Some(event_review::CORRECTED) => return None,
                decision => open &= decision.is_none(),
            }
            if open {
                eldest = before;
            }
            at = before;
        }
        None
    }

    /// The events that do not stand.
    pub(super) fn gone(&self, file: &File) -> BTreeSet<EventId> {
        let rejected = self.amends.keys().filter(|correction| decided(file, **correction) == Some(event_review::VOID));
        self.voided.iter().chain(self.amends.values()).chain(rejected).copied().collect()
    }
}

/// What was decided on a correction, if somebody has and nobody contradicts.
fn decided(file: &File, correction: EventId) -> Option<&'static str> {
    event_review::decision(file.documents.get(&event_review::id(correction))?)
}

impl File {
    /// What a person has to decide on: corrections that stand although what they correct was voided.
    #[must_use]
    pub fn disputes(&self) -> Vec<Dispute<'_>> {
        let replaced = Replaced::among(&self.events);
        if replaced.voided.is_empty() || replaced.amends.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for correction in self.standing_events().filter(|known| decided(self, known.event.id).is_none()) {
            let Some((voided, eldest)) = replaced.against(self, correction.event.id) else { continue };
            let voids = |known: &&Recorded| matches!(&known.event.body, EventBody::Void(void) if void.event == voided);
            let voids: Vec<&Recorded> = self.events.iter().filter(voids).collect();
            let corrected = self.events.iter().find(|known| known.event.id == eldest).unwrap_or(correction).received_at;
            let first = voids.iter().map(|void| void.received_at).min();
            let since = first.map_or(corrected, |first| first.max(corrected));
            found.push(Dispute { correction, voids, voided, since });
        }
        found
    }
}

/// Asks about what is in dispute, and stops asking about what is so no more.
pub(super) fn ask(files: &Linked<'_>, effect: &mut Effect) {
    for (root, file) in files {
        let open: BTreeSet<EntityId> = file
            .disputes()
            .iter()
            .map(|dispute| dispute.correction.event.id)
            .inspect(|correction| begin(*root, file, *correction, effect))
            .map(event_review::id)
            .collect();
        for (review, document) in file.of_kind(Kind::EventReview) {
            let asks = document.field("standing").is_some_and(|said| said.conflict)
                || text_of(document, "standing") == event_review::UNDECIDED;
            if asks && !open.contains(&review) {
                put(effect, review, "standing", Value::from(event_review::PAST));
            }
        }
    }
}

fn begin(root: EntityId, file: &File, correction: EventId, effect: &mut Effect) {
    let review = event_review::id(correction);
    if !file.documents.contains_key(&review) {
        put(effect, review, "subject", Value::Id(root));
        put(effect, review, "event", Value::Text(correction.to_string()));
        put(effect, review, "standing", Value::from(event_review::UNDECIDED));
    }
}

fn put(effect: &mut Effect, review: EntityId, field: &str, value: Value) {
    effect.put(review, Kind::EventReview.code(), FieldOp::put(field, value));
}
