//! What checkpoints are made of: the ends of the chains; and those that were made.

use sync_core::id::CaseloadId;
use sync_core::time::Timestamp;

use super::{Result, Tx, args, meta, statements};
use crate::audit::{Link, genesis};

statements! {
    READ_HEAD = "SELECT n, chain FROM read_log WHERE caseload = $1 ORDER BY n DESC LIMIT 1";
    ALARM_HEAD = "SELECT n, chain FROM alarm_log WHERE caseload = $1 ORDER BY n DESC LIMIT 1";
    LOG_LINK = "SELECT chain FROM log WHERE caseload = $1 AND seq = $2";
    READ_LINK = "SELECT chain FROM read_log WHERE caseload = $1 AND n = $2";
    ALARM_LINK = "SELECT chain FROM alarm_log WHERE caseload = $1 AND n = $2";
    INSERT = "INSERT INTO checkpoint (n, at, digest, line) VALUES ($1, $2, $3, $4)";
    LAST = "SELECT n, at, digest, line FROM checkpoint ORDER BY n DESC LIMIT 1";
    LINES = "SELECT line FROM checkpoint ORDER BY n";
    FORGET = "DELETE FROM checkpoint WHERE n <= $1";
}

/// Checkpoints that are kept here for files that lack them: more than two years of days.
const KEPT: u64 = 1_000;

/// A checkpoint as it is kept.
pub(crate) struct Kept {
    /// Its number.
    pub(crate) n: u64,
    /// When it was made.
    pub(crate) at: Timestamp,
    /// The digest of what was signed.
    pub(crate) digest: Link,
    /// As it stands in a file.
    pub(crate) line: String,
}

/// The last checkpoint.
pub(crate) async fn last(tx: &mut Tx) -> Result<Option<Kept>> {
    let Some(row) = tx.first(LAST, args![]).await? else { return Ok(None) };
    Ok(Some(Kept { n: row.get(0)?, at: row.get(1)?, digest: row.get(2)?, line: row.get(3)? }))
}

/// Keeps one; the oldest go.
pub(crate) async fn put(tx: &mut Tx, kept: &Kept) -> Result<()> {
    tx.run(INSERT, args![kept.n, kept.at, kept.digest, &kept.line]).await?;
    tx.run(FORGET, args![kept.n.saturating_sub(KEPT)]).await.map(drop)
}

/// Those that are kept as they stand in a file, oldest first.
pub(crate) async fn lines(tx: &mut Tx) -> Result<Vec<String>> {
    tx.all(LINES, args![]).await?.iter().map(|row| row.get(0)).collect()
}

/// The name under which the checkpoints of restores are kept, for good.
const RESTORES: &str = "restores";

/// Keeps the checkpoint that a restore made, beside the others: it is needed when they are long gone.
pub(crate) async fn remember_restore(tx: &mut Tx, line: &str) -> Result<()> {
    let lines = format!("{}{line}\n", restores(tx).await?);
    meta::replace(tx, RESTORES, lines.into_bytes()).await
}

/// The checkpoints that restores made, as they stand in a file.
pub(crate) async fn restores(tx: &mut Tx) -> Result<String> {
    let kept = meta::get(tx, RESTORES).await?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

/// The ends of the read log and of the alarms' log of a caseload.
pub(crate) async fn heads(tx: &mut Tx, caseload: CaseloadId) -> Result<((u64, Link), (u64, Link))> {
    let read = tx.first(READ_HEAD, args![caseload]).await?;
    let alarm = tx.first(ALARM_HEAD, args![caseload]).await?;
    let head = |row: Option<super::Row>, what| -> Result<(u64, Link)> {
        match row {
            Some(row) => Ok((row.get(0)?, row.get(1)?)),
            None => Ok((0, genesis(what, caseload))),
        }
    };
    Ok((head(read, "read")?, head(alarm, "alarm")?))
}

/// The link at a number of a chain.
pub(crate) async fn link(tx: &mut Tx, table: &'static str, caseload: CaseloadId, n: u64) -> Result<Option<Link>> {
    let statement = match table {
        "log" => LOG_LINK,
        "read_log" => READ_LINK,
        _ => ALARM_LINK,
    };
    tx.first(statement, args![caseload, n]).await?.map(|row| row.get(0)).transpose()
}
