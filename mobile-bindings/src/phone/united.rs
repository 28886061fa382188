//! Linked files: what lists and `today()` need of them together, without loading them each time.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::flag::Linked;
use sync_core::id::EntityId;

use super::Inner;
use super::brief::Brief;
use super::shown::Shown;
use crate::error::StoreError;

impl Inner {
    /// The files that are the same thing as the one with this root, itself included, as shown.
    pub(super) fn linked(&self, root: EntityId) -> Result<BTreeMap<EntityId, Shown>, StoreError> {
        self.index.cluster(root).into_iter().map(|root| Ok((root, self.shown(root)?))).collect()
    }

    /// Makes the briefs of linked files anew, of those of which something changed.
    pub(super) fn freshen_united(&mut self) -> Result<(), StoreError> {
        for roots in self.index.moved() {
            let brief = self.united_brief(&roots)?;
            self.index.unite(roots, brief);
        }
        Ok(())
    }

    fn united_brief(&self, roots: &BTreeSet<EntityId>) -> Result<Option<Brief>, StoreError> {
        let Some((caseload, root)) = roots.iter().find_map(|root| self.index.root(*root)) else { return Ok(None) };
        let shown = self.linked(root)?;
        let pending = shown.values().any(|shown| !shown.submissions.is_empty());
        Ok(Brief::united(caseload, &together(&shown)).map(|brief| Brief { pending, ..brief }))
    }
}

/// Files as shown, as the core takes them together.
pub(super) fn together(shown: &BTreeMap<EntityId, Shown>) -> Linked<'_> {
    shown.iter().map(|(root, shown)| (*root, &shown.file)).collect()
}
