//! The index in memory: which entity is in which file, which files are the same thing, and the brief of every file.
//! Confirmed briefs are kept in the store, those with pending work on top are made anew.
//!
//! A brief is made from a whole file, which costs many times what folding one entry costs. So what a download touches is
//! only marked as stale, and made anew when the download is over or somebody looks. So are the briefs of linked files
//! taken together, which are not kept in the store.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::submission::Digest;

use super::brief::Brief;
use crate::error::StoreError;
use crate::record;
use crate::store::{Changes, Key, Space, Store};

/// Where an entity belongs, and the digest of its document.
#[derive(Clone, Copy, Encode, Decode)]
#[cbor(map)]
pub(super) struct Place {
    #[n(0)]
    pub(super) caseload: CaseloadId,
    #[n(1)]
    pub(super) root: EntityId,
    #[n(2)]
    pub(super) digest: Digest,
}

/// Positions of records under an entity's name.
const PLACE: u64 = 0;
/// A brief of an earlier format, which nobody reads any more.
const OLD_BRIEF: u64 = 1;
const BRIEF: u64 = 2;
const STALE: u64 = 3;
const LINKS: u64 = 4;

/// The format of what is kept here beside places. Another one is not read: it is made anew from the files.
const FORMAT: u32 = 4;
const FORMAT_KEY: &[u8] = b"index format";

#[derive(Default)]
pub(super) struct Index {
    places: BTreeMap<EntityId, Place>,
    members: BTreeMap<EntityId, BTreeSet<EntityId>>,
    briefs: BTreeMap<EntityId, Brief>,
    links: BTreeMap<EntityId, BTreeSet<EntityId>>,
    /// Files whose brief is older than they are.
    stale: BTreeSet<EntityId>,
    /// The briefs of linked files taken together, with pending work, by the smallest of their ids.
    united: BTreeMap<EntityId, United>,
    /// Files of which something changed since those were made.
    moved: BTreeSet<EntityId>,
    /// Pending work: the file of each new entity, the submissions on each file, briefs with them on top.
    pub(super) pending: PendingIndex,
}

/// Linked files taken together.
pub(super) struct United {
    pub(super) roots: BTreeSet<EntityId>,
    pub(super) brief: Option<Brief>,
}

#[derive(Default)]
pub(super) struct PendingIndex {
    pub(super) entities: BTreeMap<EntityId, (CaseloadId, EntityId)>,
    pub(super) roots: BTreeMap<EntityId, BTreeSet<(CaseloadId, u64)>>,
    pub(super) briefs: BTreeMap<EntityId, Brief>,
    /// The links of files of which own work that is not confirmed says something.
    pub(super) links: BTreeMap<EntityId, BTreeSet<EntityId>>,
}

impl Index {
    pub(super) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let mut index = Self::default();
        let known = record::get::<u32>(store, &Key::single(Space::Setting, FORMAT_KEY))? == Some(FORMAT);
        for (key, bytes) in store.scan(Space::Brief)? {
            let entity = <[u8; 16]>::try_from(key.name.as_slice()).map_err(|_| StoreError::Damaged)?;
            let entity = EntityId::from_bytes(entity);
            match key.position {
                PLACE => index.place(entity, record::decoded(&bytes)?),
                BRIEF if known => {
                    index.briefs.insert(entity, record::decoded(&bytes)?);
                }
                STALE if known => {
                    index.stale.insert(entity);
                }
                LINKS if known => {
                    index.set_links(entity, record::decoded::<Vec<EntityId>>(&bytes)?.into_iter().collect());
                }
                _ => {}
            }
        }
        Ok(index)
    }

    /// Whether the store holds what this version of the app wrote.
    pub(super) fn is_known(store: &dyn Store) -> Result<bool, StoreError> {
        Ok(record::get::<u32>(store, &Key::single(Space::Setting, FORMAT_KEY))? == Some(FORMAT))
    }

    pub(super) fn put_format(changes: &mut Changes) {
        record::put(changes, Key::single(Space::Setting, FORMAT_KEY), &FORMAT);
    }

    pub(super) fn place(&mut self, entity: EntityId, place: Place) {
        self.members.entry(place.root).or_default().insert(entity);
        self.places.insert(entity, place);
    }

    pub(super) fn put_place(entity: EntityId, place: &Place, changes: &mut Changes) {
        record::put(changes, Key::at(Space::Brief, entity.bytes(), PLACE), place);
    }

    /// Marks files whose brief has to be made anew.
    pub(super) fn put_stale(&self, roots: &BTreeSet<EntityId>, changes: &mut Changes) {
        for root in roots.difference(&self.stale) {
            changes.put(Key::at(Space::Brief, root.bytes(), STALE), Vec::new());
        }
    }

    pub(super) fn mark_stale(&mut self, roots: &BTreeSet<EntityId>) {
        self.stale.extend(roots);
        self.moved.extend(roots);
    }

    /// Says that what is shown of a file changed.
    pub(super) fn mark_moved(&mut self, root: EntityId) {
        self.moved.insert(root);
    }

    /// Linked files whose brief together has to be made anew; those that are not linked any more are forgotten.
    pub(super) fn moved(&mut self) -> Vec<BTreeSet<EntityId>> {
        if self.moved.is_empty() {
            return Vec::new();
        }
        let clusters: BTreeMap<EntityId, BTreeSet<EntityId>> = self
            .links
            .keys()
            .chain(self.pending.links.keys())
            .map(|root| self.cluster(*root))
            .filter_map(|cluster| Some((*cluster.first()?, cluster)))
            .filter(|(_, cluster)| cluster.len() > 1)
            .collect();
        let moved = std::mem::take(&mut self.moved);
        self.united.retain(|first, known| clusters.get(first) == Some(&known.roots) && known.roots.is_disjoint(&moved));
        clusters.into_iter().filter(|(first, _)| !self.united.contains_key(first)).map(|(_, cluster)| cluster).collect()
    }

    /// Keeps the brief of linked files together.
    pub(super) fn unite(&mut self, roots: BTreeSet<EntityId>, brief: Option<Brief>) {
        if let Some(first) = roots.first() {
            self.united.insert(*first, United { roots, brief });
        }
    }

    /// Some files whose brief has to be made anew, with their caseload if they have one here.
    pub(super) fn stale(&self, most: usize) -> Vec<(EntityId, Option<CaseloadId>)> {
        let caseload = |root: &EntityId| self.places.get(root).map(|place| place.caseload);
        self.stale.iter().take(most).map(|root| (*root, caseload(root))).collect()
    }

    pub(super) fn put_brief(root: EntityId, brief: Option<&Brief>, changes: &mut Changes) {
        let key = Key::at(Space::Brief, root.bytes(), BRIEF);
        match brief {
            Some(brief) => record::put(changes, key, brief),
            None => changes.remove(key),
        }
        changes.remove(Key::at(Space::Brief, root.bytes(), STALE));
    }

    pub(super) fn describe(&mut self, root: EntityId, brief: Option<Brief>) {
        self.stale.remove(&root);
        match brief {
            Some(brief) => self.briefs.insert(root, brief),
            None => self.briefs.remove(&root),
        };
    }

    /// The files that are said to be the same as this one, after some were linked or unlinked.
    pub(super) fn relinked(&self, links: &[(EntityId, EntityId, bool)]) -> BTreeMap<EntityId, BTreeSet<EntityId>> {
        let mut changed: BTreeMap<EntityId, BTreeSet<EntityId>> = BTreeMap::new();
        for (root, other, linked) in links {
            let own = changed.entry(*root).or_insert_with(|| self.links(*root));
            if *linked {
                own.insert(*other);
            } else {
                own.remove(other);
            }
        }
        changed
    }

    pub(super) fn put_links(root: EntityId, links: &BTreeSet<EntityId>, changes: &mut Changes) {
        let links: Vec<EntityId> = links.iter().copied().collect();
        record::put(changes, Key::at(Space::Brief, root.bytes(), LINKS), &links);
    }

    pub(super) fn set_links(&mut self, root: EntityId, links: BTreeSet<EntityId>) {
        self.links.insert(root, links);
        self.moved.insert(root);
    }

    /// The confirmed links of a file.
    pub(super) fn links(&self, root: EntityId) -> BTreeSet<EntityId> {
        self.links.get(&root).cloned().unwrap_or_default()
    }

    pub(super) fn remove(entity: EntityId, changes: &mut Changes) {
        for position in [PLACE, OLD_BRIEF, BRIEF, STALE, LINKS] {
            changes.remove(Key::at(Space::Brief, entity.bytes(), position));
        }
    }

    /// The confirmed entities of a caseload.
    pub(super) fn entities(&self, caseload: CaseloadId) -> Vec<EntityId> {
        self.places.iter().filter(|(_, place)| place.caseload == caseload).map(|(id, _)| *id).collect()
    }

    /// Forgets everything confirmed of a caseload, and what was shown on top of it.
    pub(super) fn forget(&mut self, caseload: CaseloadId) {
        let entities = self.entities(caseload).into_iter().collect();
        self.forget_entities(&entities);
    }

    /// Forgets everything confirmed of these entities, and what was shown on top of anything.
    pub(super) fn forget_entities(&mut self, entities: &BTreeSet<EntityId>) {
        self.pending = PendingIndex::default();
        for entity in entities {
            self.places.remove(entity);
            self.members.remove(entity);
            self.briefs.remove(entity);
            self.links.remove(entity);
            self.stale.remove(entity);
            self.moved.insert(*entity);
        }
    }

    /// The root of a confirmed entity.
    pub(super) fn confirmed_root(&self, entity: EntityId) -> Option<EntityId> {
        self.places.get(&entity).map(|place| place.root)
    }

    /// The caseload and root of an entity, confirmed or pending.
    pub(super) fn root(&self, entity: EntityId) -> Option<(CaseloadId, EntityId)> {
        let confirmed = self.places.get(&entity).map(|place| (place.caseload, place.root));
        confirmed.or_else(|| self.pending.entities.get(&entity).copied())
    }

    /// The confirmed entities of a file.
    pub(super) fn members(&self, root: EntityId) -> impl Iterator<Item = EntityId> {
        self.members.get(&root).into_iter().flatten().copied()
    }

    /// The confirmed roots.
    pub(super) fn confirmed_roots(&self) -> impl Iterator<Item = EntityId> {
        self.members.keys().copied()
    }

    /// All files that are the same thing as this one, itself included; with links that are still pending.
    pub(super) fn cluster(&self, root: EntityId) -> BTreeSet<EntityId> {
        let mut found = BTreeSet::from([root]);
        let mut next = vec![root];
        while let Some(root) = next.pop() {
            next.extend(self.shown_links(root).filter(|other| found.insert(*other)));
        }
        found
    }

    /// The links of a file as shown.
    fn shown_links(&self, root: EntityId) -> impl Iterator<Item = EntityId> {
        let links = self.pending.links.get(&root).or_else(|| self.links.get(&root));
        links.into_iter().flatten().copied()
    }

    /// The brief of what a file is about, as shown: of linked files the one of all of them.
    pub(super) fn one(&self, root: EntityId) -> Option<&Brief> {
        match self.cluster(root).first().and_then(|first| self.united.get(first)) {
            Some(united) => united.brief.as_ref(),
            None => self.pending.briefs.get(&root).or_else(|| self.briefs.get(&root)),
        }
    }

    /// Whatever has files here, once and as shown: linked files are one.
    pub(super) fn files(&self) -> impl Iterator<Item = &Brief> {
        let alone = self.shown().filter(|brief| self.shown_links(brief.id).next().is_none());
        alone.chain(self.united.values().filter_map(|united| united.brief.as_ref()))
    }

    /// Every file by itself as shown: with pending work on top.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Brief> {
        let confirmed = self.briefs.values().filter(|brief| !self.pending.briefs.contains_key(&brief.id));
        confirmed.chain(self.pending.briefs.values())
    }

    pub(super) fn digests(&self, caseload: CaseloadId) -> impl Iterator<Item = (EntityId, Digest)> {
        let own = self.places.iter().filter(move |(_, place)| place.caseload == caseload);
        own.map(|(entity, place)| (*entity, place.digest))
    }

    /// How many files of a caseload there are.
    pub(super) fn roots(&self, caseload: CaseloadId) -> u32 {
        let roots = self.places.iter().filter(|(id, place)| place.caseload == caseload && place.root == **id);
        roots.count().try_into().unwrap_or(u32::MAX)
    }
}
