//! Entity keys: made with an entity's first sealed row, wrapped by the master key, opened once a transaction.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sync_core::id::{CaseloadId, EntityId};

use super::{DbError, LIST, Result, Tx, args, erased, listed, statements};
use crate::seal::{EntityKey, Place, Sealer};

statements! {
    FIND = "SELECT wrapped FROM entity_key WHERE caseload = $1 AND entity = $2";
    FIND_SOME = "SELECT entity, wrapped FROM entity_key WHERE caseload = $1 AND entity IN ($2, $3, $4, $5, $6, $7, $8, \
        $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    INSERT = "INSERT INTO entity_key (caseload, entity, wrapped) VALUES ($1, $2, $3)";
}

/// The keys of one transaction.
pub struct Keyring {
    sealer: Arc<Sealer>,
    opened: HashMap<(CaseloadId, EntityId), EntityKey>,
}

impl Keyring {
    /// A ring with no key on it yet.
    #[must_use]
    pub fn new(sealer: Arc<Sealer>) -> Self {
        Self { sealer, opened: HashMap::new() }
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    async fn find(&mut self, tx: &mut Tx, caseload: CaseloadId, entity: EntityId) -> Result<Option<EntityKey>> {
        if let Some(key) = self.opened.get(&(caseload, entity)) {
            return Ok(Some(key.clone()));
        }
        let Some(row) = tx.first(FIND, args![caseload, entity]).await? else { return Ok(None) };
        let key = self.sealer.unwrap_key(caseload, entity, &row.get::<Vec<u8>>(0)?)?;
        self.opened.insert((caseload, entity), key.clone());
        Ok(Some(key))
    }

    /// Puts the keys of these entities on the ring, many at a time. One that is not there or does not open is left to
    /// whoever needs it.
    pub(crate) async fn fetch(
        &mut self,
        tx: &mut Tx,
        caseload: CaseloadId,
        entities: impl IntoIterator<Item = EntityId>,
    ) -> Result<()> {
        let is_missing = |entity: &EntityId| !self.opened.contains_key(&(caseload, *entity));
        let missing: BTreeSet<EntityId> = entities.into_iter().filter(is_missing).collect();
        let missing: Vec<EntityId> = missing.into_iter().collect();
        for some in missing.chunks(LIST) {
            for row in tx.all(FIND_SOME, listed(caseload, some)).await? {
                let (entity, Ok(wrapped)) = (row.get(0)?, row.get::<Vec<u8>>(1)) else { continue };
                let Ok(key) = self.sealer.unwrap_key(caseload, entity, &wrapped) else { continue };
                self.opened.insert((caseload, entity), key);
            }
        }
        Ok(())
    }

    /// Takes keys off the ring that were destroyed.
    pub(crate) fn forget(&mut self, caseload: CaseloadId, entities: impl IntoIterator<Item = EntityId>) {
        for entity in entities {
            self.opened.remove(&(caseload, entity));
        }
    }

    /// Seals under the entity's key; makes the key when this is the first time. For what was erased it is a key that
    /// nobody keeps: what is sealed lies in its place, and nobody opens it.
    pub(crate) async fn seal(
        &mut self,
        tx: &mut Tx,
        (caseload, entity): (CaseloadId, EntityId),
        place: Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>> {
        let key = match self.find(tx, caseload, entity).await? {
            Some(key) => key,
            None => {
                let (key, wrapped) = self.sealer.new_key(caseload, entity);
                if erased::is(tx, caseload, entity).await? {
                    return Ok(self.sealer.seal(&key, place, plain));
                }
                tx.run(INSERT, args![caseload, entity, wrapped]).await?;
                self.opened.insert((caseload, entity), key.clone());
                key
            }
        };
        Ok(self.sealer.seal(&key, place, plain))
    }

    /// Opens what was sealed under the entity's key.
    pub(crate) async fn open(
        &mut self,
        tx: &mut Tx,
        (caseload, entity): (CaseloadId, EntityId),
        place: Place<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>> {
        match self.find(tx, caseload, entity).await? {
            Some(key) => Ok(key.open(place, sealed)?),
            None if erased::is(tx, caseload, entity).await? => Err(DbError::Erased),
            None => Err(DbError::NoKey),
        }
    }
}

/// The entity under whose key a caseload's own content is sealed, what belongs to no file: the caseload itself, as in
/// [`sync_core::case::Case::take_in_unreadable`].
#[must_use]
pub fn own(caseload: CaseloadId) -> EntityId {
    EntityId::from_bytes(*caseload.bytes())
}
