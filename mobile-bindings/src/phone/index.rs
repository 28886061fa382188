//! The index in memory: which entity is in which file, and the brief of every shop. Confirmed briefs are kept in the
//! store, those with pending work on top are made anew.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::submission::Digest;

use super::brief::PremisesBrief;
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
const PREMISES: u64 = 1;

#[derive(Default)]
pub(super) struct Index {
    places: BTreeMap<EntityId, Place>,
    members: BTreeMap<EntityId, BTreeSet<EntityId>>,
    premises: BTreeMap<EntityId, PremisesBrief>,
    /// Pending work: the file of each new entity, the submissions on each file, briefs with them on top.
    pub(super) pending: PendingIndex,
}

#[derive(Default)]
pub(super) struct PendingIndex {
    pub(super) entities: BTreeMap<EntityId, (CaseloadId, EntityId)>,
    pub(super) roots: BTreeMap<EntityId, BTreeSet<(CaseloadId, u64)>>,
    pub(super) premises: BTreeMap<EntityId, PremisesBrief>,
    /// The briefs of linked files taken together, by the smallest of their ids; with pending work, like the others.
    pub(super) united: BTreeMap<EntityId, (BTreeSet<EntityId>, PremisesBrief)>,
}

impl Index {
    pub(super) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let mut index = Self::default();
        for (key, bytes) in store.scan(Space::Brief)? {
            let entity = <[u8; 16]>::try_from(key.name.as_slice()).map_err(|_| StoreError::Damaged)?;
            let entity = EntityId::from_bytes(entity);
            match key.position {
                PLACE => index.place(entity, record::decoded(&bytes)?),
                _ => {
                    index.premises.insert(entity, record::decoded(&bytes)?);
                }
            }
        }
        Ok(index)
    }

    pub(super) fn place(&mut self, entity: EntityId, place: Place) {
        self.members.entry(place.root).or_default().insert(entity);
        self.places.insert(entity, place);
    }

    pub(super) fn describe(&mut self, brief: PremisesBrief) {
        self.premises.insert(brief.id, brief);
    }

    pub(super) fn put_place(entity: EntityId, place: &Place, changes: &mut Changes) {
        record::put(changes, Key::at(Space::Brief, entity.bytes(), PLACE), place);
    }

    pub(super) fn put_brief(brief: &PremisesBrief, changes: &mut Changes) {
        record::put(changes, Key::at(Space::Brief, brief.id.bytes(), PREMISES), brief);
    }

    pub(super) fn remove(entity: EntityId, changes: &mut Changes) {
        changes.remove(Key::at(Space::Brief, entity.bytes(), PLACE));
        changes.remove(Key::at(Space::Brief, entity.bytes(), PREMISES));
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
            self.premises.remove(entity);
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

    /// The confirmed brief of a shop.
    pub(super) fn confirmed_brief(&self, root: EntityId) -> Option<&PremisesBrief> {
        self.premises.get(&root)
    }

    /// All files that are the same shop as this one, itself included.
    pub(super) fn cluster(&self, root: EntityId) -> BTreeSet<EntityId> {
        let mut found = BTreeSet::from([root]);
        let mut next = vec![root];
        while let Some(root) = next.pop() {
            let brief = self.pending.premises.get(&root).or_else(|| self.premises.get(&root));
            next.extend(
                brief.into_iter().flat_map(|brief| brief.links.iter().copied()).filter(|other| found.insert(*other)),
            );
        }
        found
    }

    /// Every shop once, as shown: linked files are one.
    pub(super) fn shops(&self) -> impl Iterator<Item = &PremisesBrief> {
        let alone = self.shown().filter(|brief| brief.links.is_empty());
        alone.chain(self.pending.united.values().map(|(_, brief)| brief))
    }

    /// Every file of a shop as shown: with pending work on top.
    pub(super) fn shown(&self) -> impl Iterator<Item = &PremisesBrief> {
        let confirmed = self.premises.values().filter(|brief| !self.pending.premises.contains_key(&brief.id));
        confirmed.chain(self.pending.premises.values())
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
