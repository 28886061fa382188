//! Documents and their projections. Both sealed; ids, kinds, states and times beside them in the clear.

use std::collections::BTreeMap;

use sync_core::edit::State;
use sync_core::entity::{Kind, hazard, need};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::refer;
use sync_core::time::Timestamp;

use super::key::Keyring;
use super::{DbError, LIST, Result, Row, Tx, args, listed, statements};
use crate::seal::Place;

statements! {
    SAVE = "INSERT INTO document (caseload, entity, kind, root, version, changed_seq, state_round, state_rank, \
        due_at, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
        ON CONFLICT (caseload, entity) DO UPDATE SET root = excluded.root, version = excluded.version, \
        changed_seq = excluded.changed_seq, state_round = excluded.state_round, state_rank = excluded.state_rank, \
        due_at = excluded.due_at, sealed = excluded.sealed";
    SAVE_PROJECTION = "INSERT INTO projection (caseload, entity, conflicts, sealed) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (caseload, entity) DO UPDATE SET conflicts = excluded.conflicts, sealed = excluded.sealed";
    ROOT = "SELECT root FROM document WHERE caseload = $1 AND entity = $2";
    /// With `IN`, SQLite goes through all documents of a caseload instead: it believes that there are ten.
    ROOTS_OF = "SELECT entity, root FROM document WHERE (caseload = $1 AND entity = $2) \
        OR (caseload = $1 AND entity = $3) OR (caseload = $1 AND entity = $4) OR (caseload = $1 AND entity = $5) \
        OR (caseload = $1 AND entity = $6) OR (caseload = $1 AND entity = $7) OR (caseload = $1 AND entity = $8) \
        OR (caseload = $1 AND entity = $9) OR (caseload = $1 AND entity = $10) OR (caseload = $1 AND entity = $11) \
        OR (caseload = $1 AND entity = $12) OR (caseload = $1 AND entity = $13) OR (caseload = $1 AND entity = $14) \
        OR (caseload = $1 AND entity = $15) OR (caseload = $1 AND entity = $16) OR (caseload = $1 AND entity = $17)";
    OF_FILE = "SELECT entity, version, sealed FROM document WHERE caseload = $1 AND root = $2 ORDER BY entity";
    ENTITIES = "SELECT entity FROM document WHERE caseload = $1 AND entity > $2 ORDER BY entity LIMIT $3";
    ONE = "SELECT entity, version, sealed FROM document WHERE caseload = $1 AND entity = $2";
    ROOTS = "SELECT DISTINCT root FROM document WHERE caseload = $1 ORDER BY root";
    LAST_CHANGE = "SELECT MAX(changed_seq) FROM document WHERE caseload = $1 AND root = $2";
    PROJECTION = "SELECT d.entity, d.kind, d.root, d.version, d.changed_seq, d.state_round, d.state_rank, d.due_at, \
        p.conflicts, p.sealed FROM document d JOIN projection p ON p.caseload = d.caseload AND p.entity = d.entity \
        WHERE d.caseload = $1 AND d.entity = $2";
    PROJECTIONS_OF_FILE = "SELECT d.entity, d.kind, d.root, d.version, d.changed_seq, d.state_round, d.state_rank, \
        d.due_at, p.conflicts, p.sealed FROM document d \
        JOIN projection p ON p.caseload = d.caseload AND p.entity = d.entity \
        WHERE d.caseload = $1 AND d.root = $2 ORDER BY d.entity";
    PROJECTIONS_OF_KIND = "SELECT d.entity, d.kind, d.root, d.version, d.changed_seq, d.state_round, d.state_rank, \
        d.due_at, p.conflicts, p.sealed FROM document d \
        JOIN projection p ON p.caseload = d.caseload AND p.entity = d.entity \
        WHERE d.caseload = $1 AND d.kind = $2 AND d.entity > $3 ORDER BY d.entity LIMIT $4";
    OF_KIND = "SELECT entity FROM document WHERE caseload = $1 AND kind = $2 AND entity > $3 ORDER BY entity LIMIT $4";
    PROJECTIONS_IN_CONFLICT = "SELECT d.entity, d.kind, d.root, d.version, d.changed_seq, d.state_round, \
        d.state_rank, d.due_at, p.conflicts, p.sealed FROM document d \
        JOIN projection p ON p.caseload = d.caseload AND p.entity = d.entity \
        WHERE p.caseload = $1 AND p.conflicts > 0 ORDER BY p.entity LIMIT $2";
    DUE = "SELECT DISTINCT root FROM document WHERE caseload = $1 AND due_at >= $2 AND due_at < $3 \
        AND root > $4 ORDER BY root LIMIT $5";
    FILES = "SELECT DISTINCT root FROM document WHERE caseload = $1 AND root > $2 ORDER BY root LIMIT $3";
    UNFINISHED = "SELECT kind, COUNT(*) FROM document WHERE caseload = $1 AND kind IN ('hazard', 'need', 'referral') \
        AND ((kind = 'hazard' AND state_rank = $2) OR (kind = 'need' AND state_rank < $3) \
        OR (kind = 'referral' AND state_rank NOT IN ($4, $5, $6))) GROUP BY kind";
    COUNT = "SELECT kind, COUNT(*) FROM document WHERE caseload = $1 GROUP BY kind";
}

/// A document to keep.
pub(crate) struct Save<'a> {
    pub(crate) entity: EntityId,
    pub(crate) kind: Kind,
    pub(crate) root: EntityId,
    pub(crate) version: u32,
    pub(crate) changed_seq: u64,
    pub(crate) state: Option<State>,
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) bytes: &'a [u8],
    /// The projection as JSON.
    pub(crate) projection: &'a [u8],
    pub(crate) conflicts: u32,
}

/// The merged state of one entity, as it is queried.
pub struct Projected {
    /// The entity.
    pub entity: EntityId,
    /// The code of its kind.
    pub kind: String,
    /// The file that it belongs to.
    pub root: EntityId,
    /// How many edits are merged.
    pub version: u32,
    /// The entry that last changed it.
    pub changed_seq: u64,
    /// Its state, when it has one.
    pub state: Option<State>,
    /// The deadline of its current round, when it has one.
    pub due_at: Option<Timestamp>,
    /// How many fields wait for a person.
    pub conflicts: u32,
    /// [`sync_core::project::Projection`] as JSON.
    pub json: serde_json::Value,
}

/// Keeps a document with its projection.
pub(crate) async fn save(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, doc: &Save<'_>) -> Result<()> {
    let entity = doc.entity;
    let place = Place::Document { caseload, entity, version: doc.version };
    let sealed = keys.seal(tx, (caseload, entity), place, doc.bytes).await?;
    let (round, rank) = (doc.state.map(|state| state.round), doc.state.map(|state| state.rank));
    let kind = doc.kind.code();
    let args = args![caseload, entity, kind, doc.root, doc.version, doc.changed_seq, round, rank, doc.due_at, sealed];
    tx.run(SAVE, args).await?;
    let place = Place::Projection { caseload, entity };
    let sealed = keys.seal(tx, (caseload, entity), place, doc.projection).await?;
    tx.run(SAVE_PROJECTION, args![caseload, entity, doc.conflicts, sealed]).await?;
    Ok(())
}

/// The file that an entity belongs to.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn root(tx: &mut Tx, caseload: CaseloadId, entity: EntityId) -> Result<Option<EntityId>> {
    tx.first(ROOT, args![caseload, entity]).await?.map(|row| row.get(0)).transpose()
}

/// The files that these entities belong to, those that are there.
pub(crate) async fn roots_of(
    tx: &mut Tx,
    caseload: CaseloadId,
    entities: &[EntityId],
) -> Result<BTreeMap<EntityId, EntityId>> {
    let mut roots = BTreeMap::new();
    for some in entities.chunks(LIST) {
        for row in tx.all(ROOTS_OF, listed(caseload, some)).await? {
            roots.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(roots)
}

/// The saved documents of a file.
pub(crate) async fn of_file(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    root: EntityId,
) -> Result<Vec<(EntityId, Vec<u8>)>> {
    let rows = tx.all(OF_FILE, args![caseload, root]).await?;
    opened(tx, keys, caseload, rows).await
}

/// One saved document.
pub(crate) async fn saved(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    entity: EntityId,
) -> Result<Option<Vec<u8>>> {
    let rows = tx.all(ONE, args![caseload, entity]).await?;
    Ok(opened(tx, keys, caseload, rows).await?.pop().map(|(_, bytes)| bytes))
}

/// Up to `limit` entities with a larger id than `after`, in order.
pub(crate) async fn entities(tx: &mut Tx, caseload: CaseloadId, after: EntityId, limit: u32) -> Result<Vec<EntityId>> {
    tx.all(ENTITIES, args![caseload, after, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// Every file of a caseload.
pub(crate) async fn roots(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<EntityId>> {
    tx.all(ROOTS, args![caseload]).await?.iter().map(|row| row.get(0)).collect()
}

/// The last entry that changed a document of this file.
pub(crate) async fn last_change(tx: &mut Tx, caseload: CaseloadId, root: EntityId) -> Result<u64> {
    let last = tx.first(LAST_CHANGE, args![caseload, root]).await?;
    Ok(last.map(|row| row.get::<Option<u64>>(0)).transpose()?.flatten().unwrap_or(0))
}

async fn opened(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    rows: Vec<Row>,
) -> Result<Vec<(EntityId, Vec<u8>)>> {
    let mut documents = Vec::with_capacity(rows.len());
    keys.fetch(tx, caseload, rows.iter().filter_map(|row| row.get(0).ok())).await?;
    for row in rows {
        let (entity, version) = (row.get::<EntityId>(0)?, row.get::<u32>(1)?);
        let place = Place::Document { caseload, entity, version };
        let bytes = keys.open(tx, (caseload, entity), place, &row.get::<Vec<u8>>(2)?).await?;
        documents.push((entity, bytes));
    }
    Ok(documents)
}

/// The merged state of one entity.
///
/// # Errors
/// When something stored does not open.
pub async fn projection(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    entity: EntityId,
) -> Result<Option<Projected>> {
    match tx.first(PROJECTION, args![caseload, entity]).await? {
        Some(row) => project(tx, keys, caseload, &row).await.map(Some),
        None => Ok(None),
    }
}

/// The merged state of a whole file.
///
/// # Errors
/// When something stored does not open.
pub async fn projections_of_file(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    root: EntityId,
) -> Result<Vec<Projected>> {
    let rows = tx.all(PROJECTIONS_OF_FILE, args![caseload, root]).await?;
    projected(tx, keys, caseload, rows).await
}

/// Up to `limit` entities of a kind with a larger id than `after`.
///
/// # Errors
/// When something stored does not open.
pub async fn projections_of_kind(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    kind: Kind,
    after: Option<EntityId>,
    limit: u32,
) -> Result<Vec<Projected>> {
    let after = after.unwrap_or(FIRST);
    let rows = tx.all(PROJECTIONS_OF_KIND, args![caseload, kind.code(), after, limit]).await?;
    projected(tx, keys, caseload, rows).await
}

/// Up to `limit` entities of a kind with a larger id than `after`, unopened.
pub(crate) async fn of_kind(
    tx: &mut Tx,
    caseload: CaseloadId,
    kind: Kind,
    after: EntityId,
    limit: u32,
) -> Result<Vec<EntityId>> {
    tx.all(OF_KIND, args![caseload, kind.code(), after, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// Up to `limit` entities with fields that wait for a person.
///
/// # Errors
/// When something stored does not open.
pub async fn projections_in_conflict(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    limit: u32,
) -> Result<Vec<Projected>> {
    let rows = tx.all(PROJECTIONS_IN_CONFLICT, args![caseload, limit]).await?;
    projected(tx, keys, caseload, rows).await
}

/// Before every entity.
pub(crate) const FIRST: EntityId = EntityId::from_bytes([0; 16]);

async fn projected(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, rows: Vec<Row>) -> Result<Vec<Projected>> {
    let mut found = Vec::with_capacity(rows.len());
    keys.fetch(tx, caseload, rows.iter().filter_map(|row| row.get(0).ok())).await?;
    for row in rows {
        found.push(project(tx, keys, caseload, &row).await?);
    }
    Ok(found)
}

async fn project(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, row: &Row) -> Result<Projected> {
    let entity = row.get::<EntityId>(0)?;
    let place = Place::Projection { caseload, entity };
    let json = keys.open(tx, (caseload, entity), place, &row.get::<Vec<u8>>(9)?).await?;
    let state = match (row.get::<Option<u16>>(5)?, row.get::<Option<u8>>(6)?) {
        (Some(round), Some(rank)) => Some(State::new(round, rank)),
        (None, None) => None,
        _ => return Err(DbError::Damaged("half a state")),
    };
    Ok(Projected {
        entity,
        kind: row.get(1)?,
        root: row.get(2)?,
        version: row.get(3)?,
        changed_seq: row.get(4)?,
        state,
        due_at: row.get(7)?,
        conflicts: row.get(8)?,
        json: serde_json::from_slice(&json).map_err(|_| DbError::Damaged("a projection"))?,
    })
}

/// Up to `limit` files after `after` with a deadline from `since` on and before `now`.
pub(crate) async fn due(
    tx: &mut Tx,
    caseload: CaseloadId,
    (since, now): (Timestamp, Timestamp),
    after: EntityId,
    limit: u32,
) -> Result<Vec<EntityId>> {
    tx.all(DUE, args![caseload, since, now, after, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// Up to `limit` files after `after`.
pub(crate) async fn files(tx: &mut Tx, caseload: CaseloadId, after: EntityId, limit: u32) -> Result<Vec<EntityId>> {
    tx.all(FILES, args![caseload, after, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// How many entities there are of each kind.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn counts(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(String, u64)>> {
    tx.all(COUNT, args![caseload]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// How many hazards are open, needs unmet and referrals under way.
pub(crate) async fn unfinished(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(String, u64)>> {
    let ended = [refer::WITHDRAWN, refer::CLOSED, refer::NOT_ACCEPTED];
    let args = args![caseload, hazard::OPEN, need::MET, ended[0], ended[1], ended[2]];
    tx.all(UNFINISHED, args).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
