//! Alarms: what a named person has to look at, such as a rule that could not be evaluated.

use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::key::{Keyring, own};
use super::{Result, Tx, args, counter, statements};
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO alarm (caseload, n, at, code, rule, acknowledged_by, acknowledged_at, detail) \
        VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6)";
    OPEN = "SELECT n, at, code, rule, detail FROM alarm WHERE caseload = $1 AND acknowledged_at IS NULL \
        ORDER BY n LIMIT $2";
    ACKNOWLEDGE = "UPDATE alarm SET acknowledged_by = $3, acknowledged_at = $4 \
        WHERE caseload = $1 AND n = $2 AND acknowledged_at IS NULL";
}

/// An alarm that nobody has acknowledged yet.
pub struct Alarm {
    /// Its number in the caseload.
    pub n: u64,
    /// When it went off.
    pub at: Timestamp,
    /// What it is.
    pub code: String,
    /// The rule, if one was behind it.
    pub rule: Option<String>,
    /// What a person needs to know.
    pub detail: String,
}

/// Sets off an alarm.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn raise(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    at: Timestamp,
    code: &str,
    rule: Option<&str>,
    detail: &str,
) -> Result<()> {
    let n = counter::next(tx, caseload, "alarm").await?;
    let place = Place::Row { caseload, table: "alarm", key: &n.to_be_bytes() };
    let sealed = keys.seal(tx, (caseload, own(caseload)), place, detail.as_bytes()).await?;
    tx.run(INSERT, args![caseload, n, at, code, rule, sealed]).await.map(|_| ())
}

/// Up to `limit` alarms that nobody has acknowledged, oldest first.
///
/// # Errors
/// When something stored does not open.
pub async fn open(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, limit: u32) -> Result<Vec<Alarm>> {
    let mut alarms = Vec::new();
    for row in tx.all(OPEN, args![caseload, limit]).await? {
        let n: u64 = row.get(0)?;
        let place = Place::Row { caseload, table: "alarm", key: &n.to_be_bytes() };
        let detail = keys.open(tx, (caseload, own(caseload)), place, &row.get::<Vec<u8>>(4)?).await?;
        let detail = String::from_utf8_lossy(&detail).into_owned();
        alarms.push(Alarm { n, at: row.get(1)?, code: row.get(2)?, rule: row.get(3)?, detail });
    }
    Ok(alarms)
}

/// A person has seen it. False when it is not there or somebody was first.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn acknowledge(tx: &mut Tx, caseload: CaseloadId, n: u64, by: PersonId, at: Timestamp) -> Result<bool> {
    Ok(tx.run(ACKNOWLEDGE, args![caseload, n, by, at]).await? == 1)
}
