//! Somebody was erased on their request: this phone forgets their files. What it wrote about them, drafts too, is sealed
//! to the server's key: nobody reads it here any more, and the server says in words what became of it.
//!
//! What the key of the store opens in its files is searched byte by byte in `tests/tests/phone/erased.rs`.

use std::collections::BTreeSet;

use sync_core::id::{CaseloadId, EntityId};
use sync_core::log::{Entry, EntryBody};
use sync_core::phone::outbox::Item;
use sync_core::words::ERASED;

use super::draft::Draft;
use super::{Inner, index::Index};
use crate::error::StoreError;
use crate::store::{Changes, Key, Space};

impl Inner {
    /// Forgets what these entries of a log erase, before they are taken in: done again, it finds nothing. In the answer
    /// that brings such an entry, those before it come without what it erases.
    pub(super) fn forget_erased(&mut self, caseload: CaseloadId, entries: &[Entry]) -> Result<(), StoreError> {
        let erased = entries.iter().filter_map(|entry| match &entry.body {
            EntryBody::Erased { entities, .. } => Some(entities),
            _ => None,
        });
        let erased: BTreeSet<EntityId> = erased.flatten().copied().collect();
        if erased.is_empty() {
            return Ok(());
        }
        let Some(mut caseload) = self.caseloads.get(&caseload).cloned() else { return Ok(()) };
        let before = caseload.outbox.clone();
        let mut changes = Changes::default();
        self.seal_drafts(&mut caseload, |draft| is_about_any(draft, &erased), &mut changes)?;
        let about = |item: &Item| erased.contains(&item.subject) || names(&item.bytes, &erased);
        caseload.outbox.forget_reasons(about, ERASED);
        self.seal_items(&mut caseload, about);
        caseload.put_outbox(&before, &mut changes);
        for entity in &erased {
            self.remove_entity(*entity, &mut changes)?;
        }
        let mut news = self.session.news.clone();
        news.changes.retain(|noted| !erased.contains(&noted.root) && !erased.contains(&noted.subject));
        let files = erased.iter().filter(|entity| self.index.confirmed_root(**entity) == Some(**entity));
        news.erased += u32::try_from(files.count()).unwrap_or(u32::MAX);
        news.put(&mut changes);
        Self::put_scrub(&mut changes);
        self.store.apply(&changes)?;
        self.session.news = news;
        self.index.forget_entities(&erased);
        self.caseloads.insert(caseload.id(), caseload);
        self.refresh_all_pending()
    }

    /// Removes what is confirmed of one entity from the store.
    pub(super) fn remove_entity(&self, entity: EntityId, changes: &mut Changes) -> Result<(), StoreError> {
        Index::remove(entity, changes);
        changes.remove(Key::single(Space::Document, entity.bytes()));
        for (position, _) in self.store.list(Space::Event, entity.bytes())? {
            changes.remove(Key::at(Space::Event, entity.bytes(), position));
        }
        Ok(())
    }
}

fn is_about_any(draft: &Draft, erased: &BTreeSet<EntityId>) -> bool {
    let mut bytes = Vec::new();
    let encoded = minicbor::encode(&draft.form, &mut bytes).is_ok();
    draft.form.about().iter().any(|entity| erased.contains(entity)) || (encoded && names(&bytes, erased))
}

/// Whether something encoded names one of these entities: ids travel as their bytes.
fn names(bytes: &[u8], erased: &BTreeSet<EntityId>) -> bool {
    let is = |window: &[u8]| <[u8; 16]>::try_from(window).is_ok_and(|id| erased.contains(&EntityId::from_bytes(id)));
    bytes.windows(16).any(is)
}
