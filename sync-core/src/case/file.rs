//! A file: a root entity with all that belongs to it.

use std::collections::{BTreeMap, BTreeSet};

use super::dispute::Replaced;
use crate::author::Author;
use crate::document::Document;
use crate::entity::Kind;
use crate::event::{Event, EventBody, Flagged};
use crate::id::{EntityId, FlagId, SubmissionId};
use crate::time::Timestamp;

/// A root entity (a shop, an elder…) with the entities that belong to it, its events and its flags.
#[derive(Clone, Default)]
pub struct File {
    /// The root, and what belongs to it: hazards, tenancies and their operators, referrals.
    pub documents: BTreeMap<EntityId, Document>,
    /// Its events in server order.
    pub events: Vec<Recorded>,
    /// Every flag it ever had, as it stands.
    pub flags: BTreeMap<FlagId, StandingFlag>,
    /// The roots that are the same thing.
    pub links: Links,
}

/// An event with its circumstances.
#[derive(Clone)]
pub struct Recorded {
    /// Its entry.
    pub seq: u64,
    /// Its submission.
    pub submission: SubmissionId,
    /// Who wrote it.
    pub author: Author,
    /// When the server took it in.
    pub received_at: Timestamp,
    /// The phone's clock was off: the times in the event are doubtful.
    pub doubtful: bool,
    /// The event.
    pub event: Event,
}

/// A flag as it stands.
#[derive(Clone)]
pub struct StandingFlag {
    /// The subject it was raised for.
    pub subject: EntityId,
    /// What was said last.
    pub flagged: Flagged,
    /// When it was first raised.
    pub raised_at: Timestamp,
}

/// Direct `same_as` links of one root.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Links(BTreeSet<EntityId>);

impl Links {
    /// Links of these roots.
    #[must_use]
    pub fn new(others: impl IntoIterator<Item = EntityId>) -> Self {
        Self(others.into_iter().collect())
    }

    /// Links or un-links another root.
    pub fn set(&mut self, other: EntityId, linked: bool) {
        if linked {
            self.0.insert(other);
        } else {
            self.0.remove(&other);
        }
    }

    /// The linked roots.
    pub fn iter(&self) -> impl Iterator<Item = EntityId> {
        self.0.iter().copied()
    }
}

impl File {
    /// The documents of one kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (EntityId, &Document)> {
        self.documents.iter().filter(move |(_, document)| document.schema().kind == kind).map(|(id, doc)| (*id, doc))
    }

    /// The events that still stand: neither voided nor amended by a later one, nor a correction that a person decided
    /// against.
    pub fn standing_events(&self) -> impl Iterator<Item = &Recorded> {
        let gone = Replaced::among(&self.events).gone(self);
        self.events.iter().filter(move |recorded| !gone.contains(&recorded.event.id))
    }

    /// Takes an event in, and what it says of a flag.
    pub fn record(&mut self, recorded: Recorded) {
        if let EventBody::Flagged(flagged) = &recorded.event.body {
            let (subject, raised_at) = (recorded.event.subject, recorded.received_at);
            self.flags
                .entry(flagged.flag)
                .and_modify(|flag| flag.flagged = flagged.clone())
                .or_insert_with(|| StandingFlag { subject, flagged: flagged.clone(), raised_at });
        }
        self.events.push(recorded);
    }
}
