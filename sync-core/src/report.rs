//! Reports of a period, counted from the log alone: how many visits, how many shops, what became of the referrals; and
//! the random sample that an evaluator draws.
//!
//! A [`Tally`] takes a caseload's entries in order; [`Tally::report`] says what they come to. Nothing is counted but by the
//! ids of events, so whatever was sent twice counts once and every figure can be traced (domain reference, section 5).
//! A report is *frozen* at a moment: what arrives later is listed apart and changes no figure. People and files appear
//! under pseudonyms that whoever calls makes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::id::{EntityId, EventId, PersonId, SubmissionId};
use crate::submission::Digest;
use crate::time::Timestamp;

mod bare;
mod figure;
mod referral;
mod sample;
mod tally;

#[cfg(test)]
mod tests;

pub use bare::{Bare, KINDS as COUNTED_BARE, bare};
pub use figure::Figure;
pub use sample::{Doubt, Explanation, Outcome, Sample, Sampled, draw};
pub use tally::Tally;

/// What a report is about: events observed from `from` on and before `to`, as far as they were taken in by `frozen`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// The first moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
    /// What is taken in later does not count.
    pub frozen: Timestamp,
}

impl Period {
    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// What the log does not say by itself: the merged state when the report is made.
#[derive(Clone, Default)]
pub struct Standing {
    /// Elders who are to be visited: their files, and nobody says that they died or moved away.
    pub eligible: BTreeSet<EntityId>,
    /// Fields of which several things are said.
    pub conflicts: u64,
    /// Of these, the ones that can hurt somebody: D02 is raised when they are not settled in time.
    pub critical: u64,
    /// When this was looked at.
    pub at: Timestamp,
}

/// Makes pseudonyms: the same id has the same one throughout a report, and another in another report.
pub trait Pseudonyms {
    /// For a file.
    fn file(&self, id: EntityId) -> String;
    /// For a person.
    fn person(&self, id: PersonId) -> String;
    /// For an event, where its own id would tell too much.
    fn event(&self, id: EventId) -> String;
}

/// A report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// What was counted.
    pub figures: Vec<Counted>,
    /// Flags that were raised in the period and not withdrawn, by rule.
    pub flags: BTreeMap<String, Flags>,
    /// Elders who were to be visited: what coverage is measured against.
    pub eligible: u64,
    /// What does not count, or not without a word.
    pub apart: Apart,
    /// Conflicts as they stood when the report was made.
    pub standing: Conflicts,
    /// Policy versions: of the checklists on the screens, and in force at receipt.
    pub versions: Versions,
    /// Every event that a figure is counted from, by id. Empty in a report that shows counts alone.
    pub events: Vec<Line>,
    /// SHA-256 over the lines of `events`: see [`digest`].
    pub digest: String,
    /// The last entry of the log that was taken into account.
    pub seq: u64,
}

/// One figure with what it is counted from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Counted {
    /// Its code.
    pub code: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// How it is counted, in Chinese.
    pub formula_zh: &'static str,
    /// How it is counted, in English.
    pub formula_en: &'static str,
    /// The count.
    pub value: u64,
    /// The events that it is counted from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventId>,
    /// The submissions that it is counted from, where a person decided on whole submissions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub submissions: Vec<SubmissionId>,
}

/// The flags of one rule.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Flags {
    /// How many.
    pub value: u64,
    /// The events by which they were raised.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventId>,
}

/// What does not count, or not without a word.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Apart {
    /// Observed in the period, taken in after the freeze: for the next report.
    pub late: Vec<EventId>,
    /// Voided: they should not have been written.
    pub voided: Vec<EventId>,
    /// Corrected by a later event, which counts in their place.
    pub amended: Vec<EventId>,
    /// Visited files that are another visited file's duplicate and count with it.
    pub duplicate_linked: u64,
    /// Submissions that came in the period and wait for a person.
    pub quarantined: u64,
    /// Events of which the author's clock was off.
    pub doubtful: u64,
}

/// Fields that wait for a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Conflicts {
    /// All of them.
    pub conflicts: u64,
    /// Those that can hurt somebody.
    pub critical_conflicts: u64,
    /// When this was so, in milliseconds since 1970.
    pub at_ms: Timestamp,
}

/// Policy versions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Versions {
    /// Whose checklists were on the screens.
    pub checklists: BTreeSet<u32>,
    /// Which were in force when the events were taken in.
    pub in_force: BTreeSet<u32>,
}

/// An event that counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    /// Its id.
    pub id: EventId,
    /// The code of its kind.
    pub kind: String,
    /// Pseudonym of the file that it is about.
    pub file: String,
    /// Pseudonym of whoever wrote it.
    pub person: String,
    /// When it began, by the author's clock, but never later than receipt; milliseconds since 1970.
    pub observed_ms: Timestamp,
    /// When it became part of the record; milliseconds since 1970.
    pub received_ms: Timestamp,
}

/// The digest of a report: SHA-256, in lower-case hexadecimal, over one line of UTF-8 for each event in the order of
/// their ids: id, kind, file, person, observed and received in milliseconds, separated by single spaces and each line
/// ended by a line feed. Anybody who has the report can work it out.
#[must_use]
pub fn digest(events: &[Line]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for Line { id, kind, file, person, observed_ms, received_ms } in events {
        let times = (observed_ms.millis(), received_ms.millis());
        let _written = writeln!(text, "{id} {kind} {file} {person} {} {}", times.0, times.1);
    }
    Digest::of(text.as_bytes()).hex()
}

impl Report {
    /// The same with counts alone: for somebody who has no business with single events.
    #[must_use]
    pub fn counts_only(mut self) -> Self {
        for figure in &mut self.figures {
            figure.events.clear();
            figure.submissions.clear();
        }
        self.flags.values_mut().for_each(|flags| flags.events.clear());
        self.events.clear();
        self
    }

    /// The value of a figure.
    #[must_use]
    pub fn value(&self, figure: Figure) -> u64 {
        self.figures.iter().find(|counted| counted.code == figure.code()).map_or(0, |counted| counted.value)
    }
}
