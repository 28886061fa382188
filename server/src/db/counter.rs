//! Counters of a caseload: human numbers, alarms, reads.

use sync_core::id::CaseloadId;

use super::{Result, Tx, args, statements};

statements! {
    GET = "SELECT value FROM counter WHERE caseload = $1 AND name = $2";
    SET = "INSERT INTO counter (caseload, name, value) VALUES ($1, $2, $3) \
        ON CONFLICT (caseload, name) DO UPDATE SET value = excluded.value";
}

/// The last value given out; 0 before the first.
pub(crate) async fn get(tx: &mut Tx, caseload: CaseloadId, name: &str) -> Result<u64> {
    Ok(tx.first(GET, args![caseload, name]).await?.map(|row| row.get(0)).transpose()?.unwrap_or(0))
}

/// Remembers the last value given out.
pub(crate) async fn set(tx: &mut Tx, caseload: CaseloadId, name: &str, value: u64) -> Result<()> {
    tx.run(SET, args![caseload, name, value]).await.map(|_| ())
}

/// The next value.
pub(crate) async fn next(tx: &mut Tx, caseload: CaseloadId, name: &str) -> Result<u64> {
    tx.hold_caseload(caseload).await?;
    let value = get(tx, caseload, name).await? + 1;
    set(tx, caseload, name, value).await?;
    Ok(value)
}
