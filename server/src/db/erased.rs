//! What was erased: no key is ever made for it again, and nothing of it is left in the tables.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::id::{CaseloadId, EntityId, EventId};
use sync_core::report::Bare;

use super::{LIST, Result, Tx, args, listed, search, statements};

statements! {
    INSERT = "INSERT INTO erased (caseload, entity, seq) VALUES ($1, $2, $3) \
        ON CONFLICT (caseload, entity) DO NOTHING";
    FIND = "SELECT seq FROM erased WHERE caseload = $1 AND entity = $2";
    AMONG = "SELECT entity FROM erased WHERE caseload = $1 AND entity IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
        $12, $13, $14, $15, $16, $17)";
    EVERY = "SELECT entity, seq FROM erased WHERE caseload = $1 ORDER BY entity";
    BARE = "SELECT event, kind, subject, seq, observed_at FROM event WHERE caseload = $1 \
        AND root IN (SELECT entity FROM erased WHERE caseload = $1 AND seq = $2)";
    FORGET_KEY = "DELETE FROM entity_key WHERE caseload = $1 AND entity = $2";
    HAS_KEY = "SELECT entity FROM entity_key WHERE caseload = $1 AND entity = $2";
    FORGET_PROJECTION = "DELETE FROM projection WHERE caseload = $1 AND entity = $2";
    FORGET_DOCUMENT = "DELETE FROM document WHERE caseload = $1 AND entity = $2";
    FORGET_FLAGS = "DELETE FROM flag WHERE caseload = $1 AND root = $2";
    FORGET_EVENT = "DELETE FROM event WHERE caseload = $1 AND event = $2";
    FORGET_LINKS = "DELETE FROM link WHERE caseload = $1 AND a = $2";
    FORGET_LINKS_BACK = "DELETE FROM link WHERE caseload = $1 AND b = $2";
    FORGET_SLIPS = "DELETE FROM slip WHERE caseload = $1 AND referral = $2";
}

/// Puts on record that it was erased, by this entry.
pub(crate) async fn insert(tx: &mut Tx, caseload: CaseloadId, entity: EntityId, seq: u64) -> Result<()> {
    tx.run(INSERT, args![caseload, entity, seq]).await.map(drop)
}

/// Whether it was erased.
pub(crate) async fn is(tx: &mut Tx, caseload: CaseloadId, entity: EntityId) -> Result<bool> {
    Ok(tx.first(FIND, args![caseload, entity]).await?.is_some())
}

/// Those of these that were erased.
pub(crate) async fn among(tx: &mut Tx, caseload: CaseloadId, entities: &[EntityId]) -> Result<BTreeSet<EntityId>> {
    let mut erased = BTreeSet::new();
    for some in entities.chunks(LIST) {
        for row in tx.all(AMONG, listed(caseload, some)).await? {
            erased.insert(row.get(0)?);
        }
    }
    Ok(erased)
}

/// Everything that was erased in a caseload, with the entry that says so.
pub(crate) async fn every(tx: &mut Tx, caseload: CaseloadId) -> Result<BTreeMap<EntityId, u64>> {
    tx.all(EVERY, args![caseload]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The events of what an entry erased that are still counted.
pub(crate) async fn bare(tx: &mut Tx, caseload: CaseloadId, seq: u64) -> Result<Vec<Bare>> {
    let rows = tx.all(BARE, args![caseload, seq]).await?;
    rows.iter()
        .map(|row| {
            let (id, kind, subject) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Bare { id, kind, subject, seq: row.get(3)?, observed: row.get(4)? })
        })
        .collect()
}

/// Whether it has a key.
pub(crate) async fn has_key(tx: &mut Tx, caseload: CaseloadId, entity: EntityId) -> Result<bool> {
    Ok(tx.first(HAS_KEY, args![caseload, entity]).await?.is_some())
}

/// Destroys the keys of these entities and removes what is derived of them, but for the places of the events to keep.
pub(crate) async fn destroy(
    tx: &mut Tx,
    caseload: CaseloadId,
    entities: &BTreeSet<EntityId>,
    events: &BTreeSet<EventId>,
) -> Result<()> {
    for event in events {
        tx.run(FORGET_EVENT, args![caseload, *event]).await?;
    }
    for entity in entities {
        search::forget(tx, caseload, *entity).await?;
        // The key last: a transaction that fails on the way destroys nothing.
        let each = [FORGET_PROJECTION, FORGET_DOCUMENT, FORGET_FLAGS, FORGET_LINKS, FORGET_LINKS_BACK, FORGET_SLIPS];
        for statement in each.into_iter().chain([FORGET_KEY]) {
            tx.run(statement, args![caseload, *entity]).await?;
        }
    }
    Ok(())
}
