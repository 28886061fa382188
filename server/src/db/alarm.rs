//! Alarms: what a named person has to look at, such as a rule that could not be evaluated.

use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::key::{Keyring, own};
use super::{Result, Tx, args, counter, statements};
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO alarm (caseload, n, at, code, rule, acknowledged_by, acknowledged_at, same, \
        detail) VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6, $7)";
    STILL_OPEN = "SELECT n FROM alarm WHERE caseload = $1 AND same = $2 AND acknowledged_at IS NULL LIMIT 1";
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

/// Sets off an alarm; one that says the same and that nobody has acknowledged yet is enough.
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
    let said = format!("{code}\n{}\n{detail}", rule.unwrap_or_default());
    let same = keys.sealer().lookup(caseload, "alarm", &said);
    if tx.first(STILL_OPEN, args![caseload, same]).await?.is_some() {
        return Ok(());
    }
    let n = counter::next(tx, caseload, "alarm").await?;
    let place = Place::Row { caseload, table: "alarm", key: &n.to_be_bytes() };
    let sealed = keys.seal(tx, (caseload, own(caseload)), place, detail.as_bytes()).await?;
    tx.run(INSERT, args![caseload, n, at, code, rule, same, sealed]).await.map(|_| ())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::bench::{Bench, FIELD, at};

    #[tokio::test]
    async fn an_open_alarm_is_not_set_off_again() {
        let bench = Bench::new().await;
        let mut keys = bench.flow.keys();
        let mut tx = bench.db.write().await.unwrap();
        for (minute, detail) in [("10:00", "F01 fails"), ("10:01", "F01 fails"), ("10:02", "F02 fails")] {
            raise(&mut tx, &mut keys, FIELD, at(minute), "rule", Some("F01"), detail).await.unwrap();
        }
        let alarms = open(&mut tx, &mut keys, FIELD, 9).await.unwrap();
        assert_eq!(alarms.iter().map(|alarm| alarm.detail.as_str()).collect::<Vec<_>>(), ["F01 fails", "F02 fails"]);
        let mei = PersonId::from_bytes([6; 16]);
        assert!(acknowledge(&mut tx, FIELD, 1, mei, at("10:03")).await.unwrap());
        assert!(!acknowledge(&mut tx, FIELD, 1, mei, at("10:04")).await.unwrap(), "somebody was first");
        raise(&mut tx, &mut keys, FIELD, at("10:05"), "rule", Some("F01"), "F01 fails").await.unwrap();
        assert_eq!(open(&mut tx, &mut keys, FIELD, 9).await.unwrap().len(), 2, "again, after somebody had looked");
    }
}
