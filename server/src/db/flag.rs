//! Flags: what the rules say of each file, sealed under the key of the flag's subject.

use sync_core::case::StandingFlag;
use sync_core::event::Flagged;
use sync_core::id::{CaseloadId, EntityId, FlagId};
use sync_core::time::Timestamp;

use super::key::Keyring;
use super::{DbError, Result, Row, Tx, args, statements};
use crate::seal::Place;

statements! {
    SAVE = "INSERT INTO flag (caseload, flag, rule, subject, root, window_hash, standing, raised_at, raised_seq, \
        changed_seq, sealed, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11) \
        ON CONFLICT (caseload, flag) DO UPDATE SET standing = excluded.standing, \
        changed_seq = excluded.changed_seq, sealed = excluded.sealed, due_at = excluded.due_at";
    OF_FILE = "SELECT flag, subject, root, raised_at, raised_seq, changed_seq, sealed FROM flag \
        WHERE caseload = $1 AND root = $2 ORDER BY flag";
    EVERY = "SELECT flag, subject, root, raised_at, raised_seq, changed_seq, sealed FROM flag \
        WHERE caseload = $1 ORDER BY raised_seq, flag LIMIT $2";
    ONE = "SELECT flag, subject, root, raised_at, raised_seq, changed_seq, sealed FROM flag \
        WHERE caseload = $1 AND flag = $2";
    ROWS = "SELECT flag, subject, root, raised_at, raised_seq, changed_seq, sealed, rule, standing, window_hash, \
        due_at FROM flag WHERE caseload = $1 ORDER BY flag";
    DUE = "SELECT flag, subject, root, raised_at, raised_seq, changed_seq, sealed FROM flag \
        WHERE caseload = $1 AND standing = 'raised' AND due_at < $2 ORDER BY due_at, flag LIMIT $3";
    STANDING = "SELECT COUNT(*) FROM flag WHERE caseload = $1 AND standing = 'raised'";
    ABOUT = "SELECT DISTINCT root FROM flag WHERE caseload = $1 AND window_hash = $2";
}

/// A flag as it is kept.
pub struct Kept {
    /// The file that it belongs to.
    pub root: EntityId,
    /// The entry that first raised it.
    pub raised_seq: u64,
    /// The entry that last changed it.
    pub changed_seq: u64,
    /// The flag as it stands.
    pub flag: StandingFlag,
}

/// Keeps what an entry says of a flag.
pub(crate) async fn save(
    tx: &mut Tx,
    keys: &mut Keyring,
    (caseload, root): (CaseloadId, EntityId),
    seq: u64,
    flag: &StandingFlag,
) -> Result<()> {
    let Flagged { flag: id, rule, window, standing, due_at, .. } = &flag.flagged;
    let content = minicbor::to_vec(&flag.flagged).map_err(|_| DbError::Damaged("a flag"))?;
    let place = Place::Row { caseload, table: "flag", key: id.bytes() };
    let sealed = keys.seal(tx, (caseload, flag.subject), place, &content).await?;
    let window = keys.sealer().lookup(caseload, "window", window);
    let standing = standing.code();
    let due_at = due_at.map(Timestamp::millis);
    let args = args![caseload, *id, rule, flag.subject, root, window, standing, flag.raised_at, seq, sealed, due_at];
    tx.run(SAVE, args).await.map(|_| ())
}

/// The flags of a file.
///
/// # Errors
/// When something stored does not open.
pub async fn of_file(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, root: EntityId) -> Result<Vec<Kept>> {
    let rows = tx.all(OF_FILE, args![caseload, root]).await?;
    open(tx, keys, caseload, rows).await
}

/// Up to `limit` flags of a caseload, in the order in which they were raised.
///
/// # Errors
/// When something stored does not open.
pub async fn every(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, limit: u32) -> Result<Vec<Kept>> {
    let rows = tx.all(EVERY, args![caseload, limit]).await?;
    open(tx, keys, caseload, rows).await
}

/// Every flag of a caseload as far as its row reads, and whether its other columns say what its content says.
pub(crate) async fn rows(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
) -> Result<Vec<(FlagId, Result<(Kept, bool)>)>> {
    let mut found = Vec::new();
    for row in tx.all(ROWS, args![caseload]).await? {
        let (id, columns) = (row.get(0)?, columns(&row));
        let kept = open(tx, keys, caseload, vec![row]).await.map(|mut kept| kept.pop());
        let checked = match (kept, columns) {
            (Ok(Some(kept)), Ok((rule, standing, window, due_at))) => {
                let flagged = &kept.flag.flagged;
                let hash = keys.sealer().lookup(caseload, "window", &flagged.window);
                let same = flagged.rule == rule && flagged.standing.code() == standing && hash == window;
                let same = same && flagged.due_at == due_at;
                Ok((kept, same))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(None), _) => Err(DbError::Damaged("a flag")),
        };
        found.push((id, checked));
    }
    Ok(found)
}

fn columns(row: &Row) -> Result<(String, String, [u8; 16], Option<Timestamp>)> {
    Ok((row.get(7)?, row.get(8)?, row.get(9)?, row.get(10)?))
}

/// Up to `limit` flags that stand and whose recipient was to act before this time, the longest due first.
///
/// # Errors
/// When something stored does not open.
pub(crate) async fn due(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Kept>> {
    let rows = tx.all(DUE, args![caseload, before, limit]).await?;
    open(tx, keys, caseload, rows).await
}

/// One flag.
///
/// # Errors
/// When something stored does not open.
pub async fn one(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, flag: FlagId) -> Result<Option<Kept>> {
    let rows = tx.all(ONE, args![caseload, flag]).await?;
    Ok(open(tx, keys, caseload, rows).await?.pop())
}

/// How many flags stand.
pub(crate) async fn standing(tx: &mut Tx, caseload: CaseloadId) -> Result<u64> {
    tx.first(STANDING, args![caseload]).await?.map_or(Ok(0), |row| row.get(0))
}

/// The files with a flag whose window is this one: flags about a pair have the other's id there.
pub(crate) async fn about(tx: &mut Tx, keys: &Keyring, caseload: CaseloadId, window: &str) -> Result<Vec<EntityId>> {
    let window = keys.sealer().lookup(caseload, "window", window);
    tx.all(ABOUT, args![caseload, window]).await?.iter().map(|row| row.get(0)).collect()
}

async fn open(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, rows: Vec<Row>) -> Result<Vec<Kept>> {
    let mut flags = Vec::with_capacity(rows.len());
    keys.fetch(tx, caseload, rows.iter().filter_map(|row| row.get(1).ok())).await?;
    for row in rows {
        let (flag, subject) = (row.get::<FlagId>(0)?, row.get::<EntityId>(1)?);
        let place = Place::Row { caseload, table: "flag", key: flag.bytes() };
        let content = keys.open(tx, (caseload, subject), place, &row.get::<Vec<u8>>(6)?).await?;
        let flagged: Flagged = minicbor::decode(&content).map_err(|_| DbError::Damaged("a flag"))?;
        let raised_at: Timestamp = row.get(3)?;
        let flag = StandingFlag { subject, flagged, raised_at };
        flags.push(Kept { root: row.get(2)?, raised_seq: row.get(4)?, changed_seq: row.get(5)?, flag });
    }
    Ok(flags)
}
