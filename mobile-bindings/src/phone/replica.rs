//! The replica: confirmed documents and events, folded from log entries in server order.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::case::roots_of;
use sync_core::document::Document;
use sync_core::entity::Schema;
use sync_core::event::EventBody;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::log::{Entry, Logged};
use sync_core::phone::inbox::{InboxError, Position};
use sync_core::submission::{Digest, Part, PartKind, content};
use sync_core::wire::{Entries, Raw};

use super::Inner;
use super::brief::Brief;
use super::index::{Index, Place};
use super::news::Notes;
use super::shown::{EventRecord, document};
use crate::error::StoreError;
use crate::record;
use crate::store::{Changes, Key, Space};

/// Files whose briefs are made in one step.
const AT_ONCE: usize = 256;

/// Why a stretch of the log was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// It does not fit, or the replica has to be made anew.
    Inbox(InboxError),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What one stretch changes.
#[derive(Default)]
struct Folding {
    documents: BTreeMap<EntityId, Document>,
    roots: BTreeMap<EntityId, EntityId>,
    events: Vec<(EntityId, u64, EventRecord)>,
    links: Vec<(EntityId, EntityId, bool)>,
    touched: BTreeSet<EntityId>,
}

impl Inner {
    /// Takes a stretch of the log in: one transaction.
    pub(super) fn take_entries(&mut self, stretch: &Entries) -> Result<(), NotTaken> {
        let Some(caseload) = self.caseloads.get(&stretch.caseload) else { return Ok(()) };
        let (entries, position) = caseload.position().take(stretch).map_err(NotTaken::Inbox)?;
        self.forget_erased(stretch.caseload, &entries)?;
        let Some(caseload) = self.caseloads.get(&stretch.caseload) else { return Ok(()) };
        let mut folding = Folding::default();
        let mut news = Notes::default();
        let mut caseload = caseload.clone();
        let before = caseload.outbox.clone();
        for entry in &entries {
            // Of what was erased there may be nothing left to fold.
            if let Some(logged) = entry.folds().filter(|logged| !logged.parts.is_empty()) {
                self.fold(&mut folding, entry, logged, &mut news)?;
            }
            if caseload.outbox.logged(entry) {
                news.own(entry);
            }
        }
        caseload.set_position(position);

        let mut changes = Changes::default();
        caseload.put_outbox(&before, &mut changes);
        self.session.news.put_page(&news, &mut changes);
        let mut places = Vec::new();
        for (entity, document) in &folding.documents {
            let Some(root) = folding.roots.get(entity) else { continue };
            let saved = document.save();
            let place = Place { caseload: caseload.id(), root: *root, digest: Digest::of(&saved) };
            Index::put_place(*entity, &place, &mut changes);
            changes.put(Key::single(Space::Document, entity.bytes()), saved);
            places.push((*entity, place));
        }
        for (root, seq, record) in &folding.events {
            record::put(&mut changes, Key::at(Space::Event, root.bytes(), *seq), record);
        }
        let links = self.index.relinked(&folding.links);
        links.iter().for_each(|(root, links)| Index::put_links(*root, links, &mut changes));
        self.index.put_stale(&folding.touched, &mut changes);
        self.store.apply(&changes)?;

        places.into_iter().for_each(|(entity, place)| self.index.place(entity, place));
        links.into_iter().for_each(|(root, links)| self.index.set_links(root, links));
        self.index.mark_stale(&folding.touched);
        self.session.news.append(news);
        self.caseloads.insert(caseload.id(), caseload);
        self.refresh_pending(&folding.touched)?;
        Ok(())
    }

    /// Folds one submission, as the server did.
    fn fold(&self, folding: &mut Folding, entry: &Entry, logged: &Logged, news: &mut Notes) -> Result<(), NotTaken> {
        let content = content(&logged.parts).map_err(|_| NotTaken::Inbox(InboxError::TooNew))?;
        let known = |entity| folding.roots.get(&entity).copied().or_else(|| self.index.confirmed_root(entity));
        let roots = roots_of(&content, known);
        for edit in &content.edits {
            let schema = Schema::of_code(&edit.kind).ok_or(NotTaken::Inbox(InboxError::TooNew))?;
            let document = match folding.documents.remove(&edit.entity) {
                Some(document) => Some(document),
                None => document(&*self.store, edit.entity)?,
            };
            let mut document = document.unwrap_or_else(|| Document::new(schema));
            document.apply(edit, &logged.stamp(edit)).map_err(|_| NotTaken::Inbox(InboxError::Diverged))?;
            folding.documents.insert(edit.entity, document);
        }
        folding.touched.extend(roots.values());
        let mut by_root: BTreeMap<EntityId, Vec<Raw>> = BTreeMap::new();
        for part in logged.parts.iter().filter(|part| part.kind == PartKind::Event) {
            let Part { subject, bytes, .. } = part;
            if let Some(root) = roots.get(subject) {
                by_root.entry(*root).or_default().push(Raw(bytes.clone()));
            }
        }
        for event in &content.events {
            if let (EventBody::Link(link), Some(root)) = (&event.body, roots.get(&event.subject)) {
                folding.links.extend([(*root, link.other, !link.undo), (link.other, *root, !link.undo)]);
                folding.touched.insert(link.other);
            }
        }
        news.heard(entry, logged, &content, &roots);
        folding.roots.extend(roots);
        for (root, events) in by_root {
            let record = EventRecord {
                submission: logged.id,
                author: logged.author,
                received_at: entry.received_at,
                doubtful: logged.skew_ms != 0,
                events,
            };
            folding.events.push((root, entry.seq, record));
        }
        Ok(())
    }

    /// Makes the briefs of files that were touched anew, some at a time: memory stays bounded, and a kill loses little.
    pub(super) fn freshen(&mut self) -> Result<(), StoreError> {
        loop {
            let stale = self.index.stale(AT_ONCE);
            if stale.is_empty() {
                return self.freshen_united();
            }
            let mut changes = Changes::default();
            let mut briefs = Vec::new();
            for (root, caseload) in stale {
                let brief = match caseload {
                    Some(caseload) => Brief::of(root, caseload, &self.confirmed_file(root)?),
                    None => None,
                };
                Index::put_brief(root, brief.as_ref(), &mut changes);
                briefs.push((root, brief));
            }
            self.store.apply(&changes)?;
            briefs.into_iter().for_each(|(root, brief)| self.index.describe(root, brief));
        }
    }

    /// Makes everything that the index keeps beside places anew, for a store that another version of the app wrote.
    pub(super) fn rebuild_index(&mut self) -> Result<(), StoreError> {
        let roots: BTreeSet<EntityId> = self.index.confirmed_roots().collect();
        let mut linked: Vec<(u64, (EntityId, EntityId, bool))> = Vec::new();
        for root in &roots {
            for (seq, bytes) in self.store.list(Space::Event, root.bytes())? {
                for recorded in record::decoded::<EventRecord>(&bytes)?.recorded(seq) {
                    if let EventBody::Link(link) = &recorded.event.body {
                        linked.push((seq, (*root, link.other, !link.undo)));
                        linked.push((seq, (link.other, *root, !link.undo)));
                    }
                }
            }
        }
        linked.sort_by_key(|(seq, _)| *seq);
        let linked: Vec<_> = linked.into_iter().map(|(_, link)| link).collect();
        let links = self.index.relinked(&linked);
        let mut changes = Changes::default();
        links.iter().for_each(|(root, links)| Index::put_links(*root, links, &mut changes));
        self.index.put_stale(&roots, &mut changes);
        Index::put_format(&mut changes);
        self.store.apply(&changes)?;
        links.into_iter().for_each(|(root, links)| self.index.set_links(root, links));
        self.index.mark_stale(&roots);
        Ok(())
    }

    /// Forgets what was confirmed of a caseload and reads its log anew; drafts and outbox stay.
    pub(super) fn read_anew(&mut self, caseload: CaseloadId, epoch: u32, send_again: bool) -> Result<(), StoreError> {
        let Some(mut caseload) = self.caseloads.get(&caseload).cloned() else { return Ok(()) };
        let before = caseload.outbox.clone();
        caseload.set_position(Position::start(epoch));
        if send_again {
            caseload.outbox.send_again();
        } else {
            caseload.outbox.confirm_again();
        }
        let mut changes = Changes::default();
        caseload.put_outbox(&before, &mut changes);
        self.remove_files(&caseload.id(), &mut changes)?;
        self.store.apply(&changes)?;
        self.index.forget(caseload.id());
        self.caseloads.insert(caseload.id(), caseload);
        self.refresh_all_pending()
    }

    /// Removes the confirmed files of a caseload from the store.
    pub(super) fn remove_files(&self, caseload: &CaseloadId, changes: &mut Changes) -> Result<(), StoreError> {
        for entity in self.index.entities(*caseload) {
            self.remove_entity(entity, changes)?;
        }
        self.remove_own(*caseload, changes)
    }
}
