//! What checkpoints are made of: the ends of the chains; and which checkpoint was the last.

use sync_core::id::CaseloadId;

use super::{DbError, Result, Tx, args, meta, statements};
use crate::audit::{Link, genesis};

statements! {
    READ_HEAD = "SELECT n, chain FROM read_log WHERE caseload = $1 ORDER BY n DESC LIMIT 1";
    ALARM_HEAD = "SELECT n, chain FROM alarm_log WHERE caseload = $1 ORDER BY n DESC LIMIT 1";
    LOG_LINK = "SELECT chain FROM log WHERE caseload = $1 AND seq = $2";
    READ_LINK = "SELECT chain FROM read_log WHERE caseload = $1 AND n = $2";
    ALARM_LINK = "SELECT chain FROM alarm_log WHERE caseload = $1 AND n = $2";
}

const LAST: &str = "checkpoint";

/// The number of the last checkpoint, and its digest.
pub(crate) async fn last(tx: &mut Tx) -> Result<(u64, Link)> {
    let Some(kept) = meta::get(tx, LAST).await? else { return Ok((0, [0; 32])) };
    let damaged = || DbError::Damaged("the last checkpoint");
    let (n, digest) = kept.split_first_chunk::<8>().ok_or_else(damaged)?;
    Ok((u64::from_be_bytes(*n), Link::try_from(digest).map_err(|_| damaged())?))
}

/// Keeps which one is the last now.
pub(crate) async fn put(tx: &mut Tx, n: u64, digest: Link) -> Result<()> {
    meta::set(tx, LAST, [&n.to_be_bytes()[..], &digest].concat()).await
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
