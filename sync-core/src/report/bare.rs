//! What is still counted of files that were erased: that somebody was there, when, and who knocked. Nothing of whom they
//! met, or of what they saw.

use std::fmt::Write as _;

use super::Tally;
use super::tally::Seen;
use crate::id::{EntityId, EventId, PersonId};
use crate::submission::Digest;
use crate::time::Timestamp;

/// The kinds of events that stay countable: those that a contract is measured by.
pub const KINDS: &[&str] = &["visit", "not_met"];

/// An event whose content is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bare {
    /// Which.
    pub id: EventId,
    /// The code of its kind.
    pub kind: String,
    /// What it was about: an id that leads nowhere any more.
    pub subject: EntityId,
    /// The entry that held it.
    pub seq: u64,
    /// When it was, by its author's clock.
    pub observed: Timestamp,
}

/// The digest by which an entry of the log vouches for the bare events of what it erased.
#[must_use]
pub fn bare(events: &[Bare]) -> Digest {
    let mut sorted: Vec<&Bare> = events.iter().collect();
    sorted.sort_by_key(|event| event.id);
    let mut lines = String::new();
    for Bare { id, kind, subject, seq, observed } in sorted {
        // Writing into a string cannot fail.
        let _ = writeln!(lines, "{id} {kind} {subject} {seq} {}", observed.millis());
    }
    Digest::of(lines.as_bytes())
}

impl Tally {
    /// Takes an event whose content was erased: who wrote it, when it was taken in, under which policy.
    pub fn take_bare(&mut self, event: &Bare, (person, received, policy): (PersonId, Timestamp, u32)) {
        let observed = event.observed.min(received);
        if !self.period.holds(observed) {
            return;
        }
        if received > self.period.frozen {
            self.late.insert(event.id);
            return;
        }
        self.seen.entry(event.id).or_insert_with(|| Seen {
            kind: event.kind.clone(),
            subject: event.subject,
            person,
            observed,
            received,
            seconds: 0,
            doubtful: false,
            checklist: policy,
            in_force: policy,
            revisit: false,
            returned: false,
            photos: 0,
            outcomes: Vec::new(),
        });
    }
}
