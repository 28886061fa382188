//! What is shown: the confirmed file, and this phone's own pending work folded on top of a copy. When a verdict differs
//! from what the phone thought, the copy is made anew; it is never patched.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use sync_core::author::{Author, Role};
use sync_core::case::{File, Links, Recorded, roots_of};
use sync_core::document::{Document, Stamp};
use sync_core::edit::{Base, Edit};
use sync_core::entity::Schema;
use sync_core::event::{Event, EventBody};
use sync_core::id::{CaseloadId, EntityId, SubmissionId};
use sync_core::phone::outbox::Item;
use sync_core::submission::{Content, Submission, consent_backed, content};
use sync_core::time::Timestamp;
use sync_core::wire::Raw;

use super::brief::Brief;
use super::{Caseload, Inner};
use crate::error::StoreError;
use crate::record;
use crate::store::{Key, Space, Store};

/// Confirmed events of one file that came with one log entry.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub(super) struct EventRecord {
    #[n(0)]
    pub(super) submission: SubmissionId,
    #[n(1)]
    pub(super) author: Author,
    #[n(2)]
    pub(super) received_at: Timestamp,
    #[n(3)]
    pub(super) doubtful: bool,
    /// As their author encoded them.
    #[n(4)]
    pub(super) events: Vec<Raw>,
}

impl EventRecord {
    pub(super) fn recorded(&self, seq: u64) -> impl Iterator<Item = Recorded> {
        let Self { submission, author, received_at, doubtful, .. } = *self;
        let events = self.events.iter().filter_map(|raw| minicbor::decode::<Event>(&raw.0).ok());
        events.map(move |event| Recorded { seq, submission, author, received_at, doubtful, event })
    }
}

/// A file as shown.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) file: File,
    /// Confirmed versions.
    pub(super) confirmed: BTreeMap<EntityId, u32>,
    /// Own pending submissions on each entity, in order.
    pub(super) pending: BTreeMap<EntityId, Vec<SubmissionId>>,
    /// All own pending submissions on the file.
    pub(super) submissions: BTreeSet<SubmissionId>,
}

/// Reads the confirmed document of an entity.
pub(super) fn document(store: &dyn Store, entity: EntityId) -> Result<Option<Document>, StoreError> {
    let saved = store.get(&Key::single(Space::Document, entity.bytes()))?;
    saved.map(|saved| Document::load(&saved).map_err(|_| StoreError::Damaged)).transpose()
}

impl Inner {
    /// The confirmed file with this root.
    pub(super) fn confirmed_file(&self, root: EntityId) -> Result<File, StoreError> {
        let mut file = File::default();
        for entity in self.index.members(root) {
            if let Some(document) = document(&*self.store, entity)? {
                file.documents.insert(entity, document);
            }
        }
        for (seq, bytes) in self.store.list(Space::Event, root.bytes())? {
            record::decoded::<EventRecord>(&bytes)?.recorded(seq).for_each(|recorded| file.record(recorded));
        }
        file.links = Links::new(self.index.links(root));
        Ok(file)
    }

    /// The file with this root as shown.
    pub(super) fn shown(&self, root: EntityId) -> Result<Shown, StoreError> {
        self.shown_before(root, None)
    }

    /// The file as it was shown before its author wrote the form with this number in a caseload: without that one, and
    /// without what was written there since.
    pub(super) fn shown_before(&self, root: EntityId, form: Option<(CaseloadId, u64)>) -> Result<Shown, StoreError> {
        let file = self.confirmed_file(root)?;
        let confirmed = file.documents.iter().map(|(id, document)| (*id, document.version())).collect();
        let mut shown = Shown { file, confirmed, ..Shown::default() };
        for (caseload, number) in self.index.pending.roots.get(&root).into_iter().flatten() {
            if form.is_some_and(|(of, first)| *caseload == of && *number >= first) {
                continue;
            }
            let Some(caseload) = self.caseloads.get(caseload) else { continue };
            let item = caseload.outbox.items().find(|item| item.number == *number);
            if let Some((submission, content, author)) = item.and_then(|item| self.pending_content(caseload, item)) {
                let seq = caseload.position().seq + item.map_or(0, |item| item.number);
                self.put_on_top(&mut shown, root, content, &submission, author, seq);
            }
        }
        Ok(shown)
    }

    /// Puts what a submission says of a file on top of it.
    pub(super) fn put_on_top(
        &self,
        shown: &mut Shown,
        root: EntityId,
        content: Content,
        submission: &Submission,
        author: Author,
        seq: u64,
    ) {
        let roots = roots_of(&content, |entity| self.index.root(entity).map(|(_, root)| root));
        let ours = |entity: EntityId| roots.get(&entity) == Some(&root);
        shown.submissions.insert(submission.id);
        content.edits.iter().filter(|edit| ours(edit.entity)).for_each(|edit| {
            shown.overlay(edit, submission, author);
        });
        for event in content.events {
            if let EventBody::Link(link) = &event.body
                && link.other == root
                && let Some(other) = roots.get(&event.subject)
            {
                shown.file.links.set(*other, !link.undo);
            }
            if ours(event.subject) {
                shown.record(event, submission, author, seq);
            }
        }
    }

    pub(super) fn pending_content(&self, caseload: &Caseload, item: &Item) -> Option<(Submission, Content, Author)> {
        // Of a caseload that was left nothing is shown any more; receipts still tell what became of the work.
        let shown = item.is_pending() && !caseload.left();
        let submission = shown.then(|| item.decoded()).flatten()?;
        let content = content(&submission.parts).ok()?;
        let author = self.device.author(caseload.role(), item.number)?;
        Some((submission, content, author))
    }

    /// Finds out anew which files have pending work on them, and makes the briefs of `changed` and of new ones.
    pub(super) fn refresh_pending(&mut self, changed: &BTreeSet<EntityId>) -> Result<(), StoreError> {
        let before = std::mem::take(&mut self.index.pending);
        let mut touched = Vec::new();
        for caseload in self.caseloads.values() {
            for item in caseload.outbox.items() {
                if let Some((_, content, _)) = self.pending_content(caseload, item) {
                    touched.push((caseload.id(), item.number, content));
                }
            }
        }
        for (caseload, number, content) in touched {
            self.index_pending(caseload, number, &content);
        }
        let gone = before.roots.keys().filter(|root| !self.index.pending.roots.contains_key(root));
        gone.copied().collect::<Vec<_>>().into_iter().for_each(|root| self.index.mark_moved(root));
        let roots: Vec<EntityId> = self.index.pending.roots.keys().copied().collect();
        for root in roots {
            let same = !changed.contains(&root) && before.roots.get(&root) == self.index.pending.roots.get(&root);
            if !same {
                self.index.mark_moved(root);
            }
            let known = before.briefs.get(&root).zip(before.links.get(&root)).filter(|_| same);
            let (brief, links) = match known {
                Some((brief, links)) => (Some(brief.clone()), links.clone()),
                None => self.shown_brief(root)?,
            };
            self.index.pending.links.insert(root, links);
            self.index.pending.briefs.extend(brief.map(|brief| (root, brief)));
        }
        Ok(())
    }

    /// Shows one more own form, written after all others: the files it is about get their briefs anew, and no other does.
    /// What a form costs does not grow with what waits to be sent.
    pub(super) fn show_one_more(&mut self, caseload: CaseloadId, number: u64) -> Result<(), StoreError> {
        let Some(known) = self.caseloads.get(&caseload) else { return Ok(()) };
        let item = known.outbox.items().next_back().filter(|item| item.number == number);
        let Some((_, content, _)) = item.and_then(|item| self.pending_content(known, item)) else { return Ok(()) };
        for root in self.index_pending(caseload, number, &content) {
            self.index.mark_moved(root);
            let (brief, links) = self.shown_brief(root)?;
            self.index.pending.links.insert(root, links);
            self.index.pending.briefs.extend(brief.map(|brief| (root, brief)));
        }
        Ok(())
    }

    /// Notes which files own work that is not confirmed is about, and where its new entities belong; those files.
    fn index_pending(&mut self, caseload: CaseloadId, number: u64, content: &Content) -> BTreeSet<EntityId> {
        let roots = roots_of(content, |entity| self.index.root(entity).map(|(_, root)| root));
        // What own work says of one of two linked files it says of the other.
        let linked = content.events.iter().filter_map(|event| match &event.body {
            EventBody::Link(link) => Some(link.other),
            _ => None,
        });
        let touched: BTreeSet<EntityId> = linked.chain(roots.values().copied()).collect();
        for root in &touched {
            self.index.pending.roots.entry(*root).or_default().insert((caseload, number));
        }
        for (entity, root) in roots {
            if self.index.confirmed_root(entity).is_none() {
                self.index.pending.entities.insert(entity, (caseload, root));
            }
        }
        touched
    }

    pub(super) fn refresh_all_pending(&mut self) -> Result<(), StoreError> {
        self.refresh_pending(&BTreeSet::new())
    }

    fn shown_brief(&self, root: EntityId) -> Result<(Option<Brief>, BTreeSet<EntityId>), StoreError> {
        let Some((caseload, _)) = self.index.root(root) else { return Ok(Default::default()) };
        let shown = self.shown(root)?;
        let brief = Brief::of(root, caseload, &shown.file).map(|brief| Brief { pending: true, ..brief });
        Ok((brief, shown.file.links.iter().collect()))
    }

    /// The worker's role where an entity is, and its caseload.
    pub(super) fn role_at(&self, caseload: CaseloadId) -> Role {
        self.caseloads.get(&caseload).map_or(Role::Worker, Caseload::role)
    }
}

impl Shown {
    /// Folds a pending edit. Its base may name versions that are gone after a repair; it is then shown on what there is.
    fn overlay(&mut self, edit: &Edit, submission: &Submission, author: Author) {
        let Some(schema) = Schema::of_code(&edit.kind) else { return };
        let document = self.file.documents.entry(edit.entity).or_insert_with(|| Document::new(schema));
        let base = Base { version: edit.base.version.min(document.version()), ..edit.base.clone() };
        let consent = consent_backed(&submission.parts, edit);
        let stamp = Stamp { submission: submission.id, entity: edit.entity, author, at: submission.at, consent };
        if document.apply(&Edit { base, ..edit.clone() }, &stamp).is_ok() {
            self.pending.entry(edit.entity).or_default().push(submission.id);
        }
    }

    fn record(&mut self, event: Event, submission: &Submission, author: Author, seq: u64) {
        if let EventBody::Link(link) = &event.body {
            self.file.links.set(link.other, !link.undo);
        }
        let received_at = submission.at.wall;
        self.file.record(Recorded { seq, submission: submission.id, author, received_at, doubtful: false, event });
    }
}
