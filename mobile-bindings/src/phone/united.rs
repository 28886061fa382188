//! Linked files: what lists and `today()` need of them together, without loading them each time.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::flag::Linked;
use sync_core::id::EntityId;

use super::Inner;
use super::brief::PremisesBrief;
use super::index::PendingIndex;
use super::shown::Shown;
use crate::error::StoreError;

impl Inner {
    /// The files that are the same thing as the one with this root, itself included, as shown.
    pub(super) fn linked(&self, root: EntityId) -> Result<BTreeMap<EntityId, Shown>, StoreError> {
        self.index.cluster(root).into_iter().map(|root| Ok((root, self.shown(root)?))).collect()
    }

    /// Makes the briefs of linked files anew, but for those of which nothing has changed since `before`.
    pub(super) fn refresh_united(
        &mut self,
        changed: &BTreeSet<EntityId>,
        before: &PendingIndex,
    ) -> Result<(), StoreError> {
        let linked: Vec<EntityId> =
            self.index.shown().filter(|brief| !brief.links.is_empty()).map(|brief| brief.id).collect();
        let mut done = BTreeSet::new();
        let mut united = BTreeMap::new();
        for root in linked {
            if done.contains(&root) {
                continue;
            }
            let cluster = self.index.cluster(root);
            done.extend(cluster.iter().copied());
            let Some(canonical) = cluster.first().copied() else { continue };
            let pending = |index: &PendingIndex| -> Vec<_> {
                cluster.iter().map(|root| index.roots.get(root).cloned()).collect()
            };
            let same = changed.is_disjoint(&cluster) && pending(before) == pending(&self.index.pending);
            let known = before.united.get(&canonical).filter(|(roots, _)| same && *roots == cluster).cloned();
            let brief = match known {
                Some((_, brief)) => Some(brief),
                None => self.united_brief(root)?,
            };
            united.extend(brief.map(|brief| (canonical, (cluster, brief))));
        }
        self.index.pending.united = united;
        Ok(())
    }

    fn united_brief(&self, root: EntityId) -> Result<Option<PremisesBrief>, StoreError> {
        let Some((caseload, _)) = self.index.root(root) else { return Ok(None) };
        let shown = self.linked(root)?;
        let pending = shown.values().any(|shown| !shown.submissions.is_empty());
        let brief = PremisesBrief::united(caseload, &together(&shown));
        Ok(brief.map(|brief| PremisesBrief { pending, ..brief }))
    }
}

/// Files as shown, as the core takes them together.
pub(super) fn together(shown: &BTreeMap<EntityId, Shown>) -> Linked<'_> {
    shown.iter().map(|(root, shown)| (*root, &shown.file)).collect()
}
