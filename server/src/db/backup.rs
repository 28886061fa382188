//! How far the last backup holds each log.

use sync_core::id::{CaseloadId, DeviceId};
use sync_core::time::Timestamp;

use super::{Result, Tx, args, statements};

statements! {
    RECORD = "INSERT INTO backup (caseload, seq, at) VALUES ($1, $2, $3) \
        ON CONFLICT (caseload) DO UPDATE SET seq = excluded.seq, at = excluded.at";
    EVERY = "SELECT caseload, seq, at FROM backup ORDER BY caseload";
    OF = "SELECT seq FROM backup WHERE caseload = $1";
    BEHIND = "SELECT MIN(number) FROM submission WHERE caseload = $1 AND device = $2 AND seq > $3";
}

/// The last backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// Of which moment it is.
    pub at: Timestamp,
    /// The last entry that it holds of each caseload. One that is not named was made later.
    pub covers: Vec<(CaseloadId, u64)>,
}

/// The last backup that was written whole; none when there never was one.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn last(tx: &mut Tx) -> Result<Option<Last>> {
    let rows = tx.all(EVERY, args![]).await?;
    let every = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let every: Vec<(CaseloadId, u64, Timestamp)> = every.collect::<Result<_>>()?;
    let at = every.iter().map(|(_, _, at)| *at).max();
    Ok(at.map(|at| Last { at, covers: every.into_iter().map(|(caseload, seq, _)| (caseload, seq)).collect() }))
}

/// A backup of this moment holds a log up to this entry.
pub(crate) async fn record(tx: &mut Tx, caseload: CaseloadId, seq: u64, at: Timestamp) -> Result<()> {
    tx.run(RECORD, args![caseload, seq, at]).await.map(drop)
}

/// The last number of a device up to which a backup holds everything that it sent; `next` is the first that is free.
pub(crate) async fn backed_up(tx: &mut Tx, caseload: CaseloadId, device: DeviceId, next: u64) -> Result<u64> {
    let Some(row) = tx.first(OF, args![caseload]).await? else { return Ok(0) };
    let behind = tx.first(BEHIND, args![caseload, device, row.get::<u64>(0)?]).await?;
    let first = behind.map(|row| row.get::<Option<u64>>(0)).transpose()?.flatten().unwrap_or(next);
    Ok(first.saturating_sub(1))
}
