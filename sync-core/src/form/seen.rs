//! What the author of a form sees and where they stand.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::author::Role;
use crate::case::File;
use crate::document::Document;
use crate::edit::{Base, State};
use crate::entity::Kind;
use crate::event::{Assessment, CoarsePlace, PhotoHash};
use crate::id::{EntityId, EventId, PersonId, SubmissionId};
use crate::limits;
use crate::merge::Resolved;
use crate::policy::{Certificate, Item, Policy, is_qualified};
use crate::refer;
use crate::time::Timestamp;
use crate::union;

/// The files on the screen: confirmed state with the author's own pending work on top; and the checklists and the
/// register of the policy. [`Seen::default`] is a phone that no policy has reached yet.
#[derive(Default)]
pub struct Seen {
    documents: BTreeMap<EntityId, (Document, Base)>,
    severities: BTreeMap<String, u8>,
    /// Roots of linked files.
    linked: Vec<BTreeSet<EntityId>>,
    visit_items: BTreeSet<String>,
    register: Option<Vec<Certificate>>,
    /// The answer that counts, of each referral in its present round.
    answers: BTreeMap<EntityId, EventId>,
}

impl Seen {
    /// Nothing seen yet, under this policy.
    #[must_use]
    pub fn under(policy: &Policy) -> Self {
        let severity = |item: &Item| (item.code.clone(), u8::try_from(item.severity.number()).unwrap_or(0));
        Self {
            severities: policy.checklist.items.iter().map(severity).collect(),
            visit_items: policy.visit_items.iter().map(|item| item.code.clone()).collect(),
            register: Some(policy.assessors.clone()),
            ..Self::default()
        }
    }

    /// The checklist's severity of an item.
    #[must_use]
    pub fn severity(&self, code: &str) -> Option<u8> {
        self.severities.get(code).copied()
    }

    /// Whether the checklist has this item; any may be one while no policy has arrived.
    pub(super) fn has_item(&self, code: &str) -> bool {
        self.severities.is_empty() || self.severities.contains_key(code)
    }

    /// Whether the visit's checklist has this item; any may be one while no policy with a checklist has arrived.
    pub(super) fn has_visit_item(&self, code: &str) -> bool {
        self.visit_items.is_empty() || self.visit_items.contains(code)
    }

    /// Whether an assessment made at this time counts as one. While no policy has arrived, nobody knows the register:
    /// then it is worth what its assessors say, and whoever has the register decides.
    pub(super) fn is_full(&self, assessment: &Assessment, at: Timestamp) -> bool {
        self.register.as_ref().is_none_or(|register| is_qualified(register, assessment, at))
    }

    /// Adds a document. `confirmed` is its version without pending work, `pending` the author's own submissions on top.
    pub fn add(&mut self, entity: EntityId, document: Document, confirmed: u32, pending: &[SubmissionId]) {
        // Of very many only the last are named: an edit then counts as concurrent to the author's own oldest ones, and
        // the server sees from their numbers that they are replaced.
        let named = &pending[pending.len().saturating_sub(limits::BASE_SEEN)..];
        let base = Base { version: confirmed, seen: named.to_vec() };
        self.documents.insert(entity, (document, base));
    }

    /// Adds the answers that are shown of a file's referrals.
    pub fn add_answers(&mut self, file: &File) {
        for (referral, document) in file.of_kind(Kind::Referral) {
            let state = document.value("state").and_then(|value| value.as_state()).unwrap_or_default();
            let answers = refer::answers(file, referral, state.round);
            self.answers.extend(answers.map(|answers| (referral, answers.counts.event.id)));
        }
    }

    /// The answer to a referral that is on the screen.
    pub(super) fn answer(&self, referral: EntityId) -> Option<EventId> {
        self.answers.get(&referral).copied()
    }

    /// The document of an entity, as shown.
    #[must_use]
    pub fn document(&self, entity: EntityId) -> Option<&Document> {
        self.documents.get(&entity).map(|(document, _)| document)
    }

    /// Says that files with these roots are linked: they are shown, and written, as one.
    pub fn link(&mut self, roots: BTreeSet<EntityId>) {
        self.linked.push(roots);
    }

    /// What is said of a field on the screen: over linked files, in all of them together.
    pub(super) fn said(&self, entity: EntityId, field: &str, element: Option<&str>) -> Option<Resolved> {
        let documents: Vec<&Document> = self.same(entity).into_iter().map(|(_, document)| document).collect();
        union::field(&documents, field, element)
    }

    /// The members of a set on the screen.
    pub(super) fn members(&self, entity: EntityId, field: &str) -> Vec<String> {
        let documents: Vec<&Document> = self.same(entity).into_iter().map(|(_, document)| document).collect();
        union::members(&documents, field)
    }

    /// The documents that an edit of a field on the screen has to name.
    pub(super) fn to_name(&self, entity: EntityId, field: &str, element: Option<&str>) -> Vec<EntityId> {
        union::to_name(self.same(entity), entity, field, element)
    }

    /// The episodes of a finding at a place, and at those that are the same place: the place, and the status there.
    pub(super) fn episodes(&self, place: EntityId, code: &str) -> Vec<(EntityId, State)> {
        let places = self.roots(place);
        let of_it = |document: &&Document| {
            document.schema().kind == Kind::Hazard
                && document.value("code").is_some_and(|said| said.as_text() == Some(code))
        };
        let episode = |document: &Document| {
            let place = document.value("place")?.as_id().filter(|place| places.contains(place))?;
            Some((place, document.value("status").and_then(|value| value.as_state()).unwrap_or_default()))
        };
        self.documents.values().map(|(document, _)| document).filter(of_it).filter_map(episode).collect()
    }

    fn roots(&self, root: EntityId) -> BTreeSet<EntityId> {
        self.linked.iter().find(|linked| linked.contains(&root)).cloned().unwrap_or_else(|| BTreeSet::from([root]))
    }

    /// The documents that are the same thing as this one, itself among them, smallest id first.
    fn same(&self, entity: EntityId) -> Vec<(EntityId, &Document)> {
        let Some(document) = self.document(entity) else { return Vec::new() };
        if document.schema().kind != Kind::Hazard {
            let found = |root: EntityId| Some((root, self.document(root)?));
            return self.roots(entity).into_iter().filter_map(found).collect();
        }
        let known = |document: &Document| {
            let status = document.value("status").and_then(|value| value.as_state()).unwrap_or_default();
            Some((document.value("code"), status.round, self.roots(document.value("place")?.as_id()?)))
        };
        let wanted = known(document);
        let same = |(id, (document, _)): (&EntityId, &'_ (Document, Base))| {
            *id == entity || (document.schema().kind == Kind::Hazard && known(document) == wanted)
        };
        let all = self.documents.iter().filter(|entry| same(*entry));
        all.map(|(id, (document, _))| (*id, document)).collect()
    }

    /// The dwellings that the elders seen so far live in: their files belong on the screen too.
    #[must_use]
    pub fn dwellings(&self) -> Vec<EntityId> {
        let named = |(document, _): &(Document, Base)| document.value("dwelling")?.as_id();
        let elders = self.documents.values().filter(|(document, _)| document.schema().kind == Kind::Elder);
        elders.filter_map(named).filter(|dwelling| !self.documents.contains_key(dwelling)).collect()
    }

    /// The base of an edit made now; that of a creation for an entity that is not known.
    #[must_use]
    pub fn base(&self, entity: EntityId) -> Base {
        self.documents.get(&entity).map(|(_, base)| base.clone()).unwrap_or_default()
    }
}

/// Under what circumstances a form is made.
#[derive(Clone)]
pub struct Circumstances {
    /// The submission it becomes; ids of what it creates follow from it.
    pub submission: SubmissionId,
    /// When the form was begun.
    pub start: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// The version of the policy on the phone; 0 for none yet.
    pub policy: u32,
    /// The service project under which the work is done.
    pub programme: String,
    /// The author's role in the caseload.
    pub role: Role,
    /// The provisional number that a notice gets unless the form says another.
    pub notice_number: String,
    /// The key under which resident ids are hashed; without it only their last four characters are kept.
    pub id_key: Option<[u8; 32]>,
}

impl Circumstances {
    /// The bytes of a new id for `name`; of this time, like every other id, and the same when asked again.
    pub(super) fn entity(&self, name: &str) -> EntityId {
        EntityId::new(self.start, self.random(name))
    }

    pub(super) fn event(&self, name: &str) -> EventId {
        EventId::new(self.start, self.random(name))
    }

    fn random(&self, name: &str) -> u128 {
        u128::from_be_bytes(*EntityId::derived("form", &[self.submission.bytes(), name.as_bytes()]).bytes())
    }
}

/// What every event of a form may say beside its body.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Scene {
    /// Who else was there.
    #[n(0)]
    pub coworkers: Vec<PersonId>,
    /// Where, coarsely.
    #[n(1)]
    pub place: Option<CoarsePlace>,
    /// Photos taken.
    #[n(2)]
    pub photos: Vec<PhotoHash>,
    /// The event that this one corrects.
    #[n(3)]
    pub amends: Option<EventId>,
}

/// An event that a correction takes the place of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Earlier {
    /// The event.
    pub event: EventId,
    /// What it is about.
    pub subject: EntityId,
    /// The code of its kind.
    pub kind: String,
}
