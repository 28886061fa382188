//! What an evaluator sees: a random sample that anybody can draw again from its seed, and the list of doubtful evidence.
//! Kinds, times, durations and what the checklist says; no words, names, addresses or numbers of anybody, but for what a
//! worker wrote to explain a doubt, which is meant for this list.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Pseudonyms;
use super::tally::{Seen, Tally};
use crate::entity::flag_review;
use crate::event::{EventBody, FlagStanding};
use crate::id::{EventId, FlagId};
use crate::submission::Digest;
use crate::time::Timestamp;

/// What an evaluator sees of a period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Sample {
    /// How many events there are to draw from.
    pub of: u64,
    /// Those that were drawn, in the order in which they were drawn.
    pub events: Vec<Sampled>,
    /// Doubtful evidence (D03), oldest first.
    pub doubts: Vec<Doubt>,
}

/// One event of the sample.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Sampled {
    /// Pseudonym of the event.
    pub event: String,
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
    /// How long it took.
    pub seconds: i64,
    /// The author's clock was off.
    pub doubtful: bool,
    /// The policy version whose checklist was on the screen.
    pub checklist: u32,
    /// Back to look whether earlier findings were put right.
    pub revisit: bool,
    /// How many photos were taken.
    pub photos: u64,
    /// What the checklist says.
    pub outcomes: Vec<Outcome>,
}

/// One answered item of a checklist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Outcome {
    /// The item.
    pub item: String,
    /// What was found, as a stable code.
    pub answer: &'static str,
    /// 0 to 4, when the worker said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<u8>,
}

/// Evidence that makes somebody ask.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Doubt {
    /// What about: `short_visit`, `overlap`, `photo_reused`, `after_revocation`.
    pub about: String,
    /// Pseudonym of what it is about: an event, or a submission that never became part of the record.
    pub evidence: String,
    /// When it was raised; milliseconds since 1970.
    pub raised_ms: Timestamp,
    /// `raised` or `ended`.
    pub standing: FlagStanding,
    /// How workers explain it, oldest first: what they wrote for whoever asks.
    pub explanations: Vec<Explanation>,
}

/// How a worker explains a doubt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explanation {
    /// The words.
    pub text: String,
    /// Pseudonym of whoever wrote them.
    pub person: String,
    /// When, by the author's clock, but never later than receipt; milliseconds since 1970.
    pub said_ms: Timestamp,
}

/// Kinds of what workers gather: what a sample is drawn from.
const DRAWN: [&str; 5] = ["visit", "not_met", "inspection", "notice", "assessment"];

/// The rule on doubtful evidence.
const DOUBTFUL: &str = "D03";

/// Draws `n` of these ids: those with the smallest SHA-256 of seed, line feed and id. Anybody who knows the seed and the
/// ids draws the same; nobody can choose what is drawn but by choosing the seed.
#[must_use]
pub fn draw(seed: &str, ids: impl IntoIterator<Item = EventId>, n: usize) -> Vec<EventId> {
    let ticket = |id: EventId| (Digest::of(format!("{seed}\n{id}").as_bytes()), id);
    let mut tickets: Vec<(Digest, EventId)> = ids.into_iter().map(ticket).collect();
    tickets.sort_unstable();
    tickets.into_iter().take(n).map(|(_, id)| id).collect()
}

impl Tally {
    /// A sample of at most `n` events of the period, and the doubtful evidence that was found by the freeze.
    #[must_use]
    pub fn sample(&self, seed: &str, n: usize, names: &dyn Pseudonyms) -> Sample {
        let drawn = |(_, seen): &(EventId, &Seen)| DRAWN.contains(&seen.kind.as_str());
        let ids: Vec<EventId> = self.standing().filter(drawn).map(|(id, _)| id).collect();
        let of = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let events = draw(seed, ids, n).into_iter().filter_map(|id| {
            let seen = self.seen.get(&id)?;
            Some(Sampled {
                event: names.event(id),
                kind: seen.kind.clone(),
                file: names.file(self.canonical(seen.subject)),
                person: names.person(seen.person),
                observed_ms: seen.observed,
                received_ms: seen.received,
                seconds: seen.seconds,
                doubtful: seen.doubtful,
                checklist: seen.checklist,
                revisit: seen.revisit,
                photos: u64::try_from(seen.photos).unwrap_or(u64::MAX),
                outcomes: seen.outcomes.clone(),
            })
        });
        let events = events.collect();
        let told = self.flags.iter().filter(|(_, flag)| {
            flag.rule == DOUBTFUL && flag.standing != FlagStanding::Withdrawn && self.period.holds(flag.raised)
        });
        let mut doubts: Vec<Doubt> = told
            .map(|(id, flag)| {
                let (about, evidence) = flag.window.split_once('#').unwrap_or((&flag.window, ""));
                let evidence = evidence.parse().map(|id| names.event(id)).unwrap_or_default();
                let (raised_ms, standing) = (flag.raised, flag.standing);
                let explanations = self.explained(*id, names);
                Doubt { about: about.to_owned(), evidence, raised_ms, standing, explanations }
            })
            .collect();
        doubts.sort_by(|a, b| (a.raised_ms, &a.evidence).cmp(&(b.raised_ms, &b.evidence)));
        Sample { of, events, doubts }
    }

    fn explained(&self, flag: FlagId, names: &dyn Pseudonyms) -> Vec<Explanation> {
        let said = self.explanations.get(&flag_review::id(flag)).into_iter().flat_map(BTreeMap::values);
        let mut said: Vec<Explanation> = said
            .map(|said| Explanation { text: said.text.clone(), person: names.person(said.person), said_ms: said.at })
            .collect();
        said.sort_by(|a, b| (a.said_ms, &a.text).cmp(&(b.said_ms, &b.text)));
        said
    }
}

/// What a checklist says, without the words.
pub(super) fn outcomes(body: &EventBody) -> Vec<Outcome> {
    match body {
        EventBody::Inspection(inspection) => {
            let answered = inspection.answers.iter();
            let outcome = |answered: &crate::event::Answered| Outcome {
                item: answered.code.clone(),
                answer: answered.answer.code(),
                severity: answered.severity,
            };
            answered.map(outcome).collect()
        }
        EventBody::Visit(visit) => {
            let outcome = |observed: &crate::event::Observed| Outcome {
                item: observed.item.clone(),
                answer: observed.answer.code(),
                severity: None,
            };
            visit.observed.iter().map(outcome).collect()
        }
        _ => Vec::new(),
    }
}
