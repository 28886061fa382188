//! Alarms: what a named person has to look at: a flag that cannot wait, or a rule that could not be evaluated. How far
//! each has come is in its row, which moves under the lock of the transaction; what became of it is in
//! [`alarm_log`], for good.

use std::collections::BTreeSet;

use sync_core::id::{CaseloadId, EntityId, FlagId, PersonId};
use sync_core::time::Timestamp;

use super::alarm_log::{self, Happened, What};
use super::duty::Level;
use super::key::{Keyring, own};
use super::{Result, Row, Tx, args, counter, statements};
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO alarm (caseload, n, at, code, rule, acknowledged_by, acknowledged_at, same, detail, level, \
        next_at, held, flag, subject) VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6, $7, 0, $3, $8, $9, $10)";
    STILL_OPEN = "SELECT n FROM alarm WHERE caseload = $1 AND same = $2 AND acknowledged_at IS NULL LIMIT 1";
    OPEN = "SELECT n, at, code, rule, detail, level, next_at, held, flag, subject, acknowledged_by, acknowledged_at \
        FROM alarm WHERE caseload = $1 AND acknowledged_at IS NULL ORDER BY n LIMIT $2";
    SINCE = "SELECT n, at, code, rule, detail, level, next_at, held, flag, subject, acknowledged_by, acknowledged_at \
        FROM alarm WHERE caseload = $1 AND n > $2 AND at >= $3 ORDER BY n LIMIT $4";
    ONE = "SELECT n, at, code, rule, detail, level, next_at, held, flag, subject, acknowledged_by, acknowledged_at \
        FROM alarm WHERE caseload = $1 AND n = $2";
    DUE = "SELECT n, at, code, rule, detail, level, next_at, held, flag, subject, acknowledged_by, acknowledged_at \
        FROM alarm WHERE caseload = $1 AND next_at <= $2 ORDER BY n LIMIT $3";
    DUE_IN = "SELECT caseload FROM alarm WHERE next_at <= $1 ORDER BY next_at LIMIT $2";
    PASS_ON = "UPDATE alarm SET level = $4, next_at = $5 \
        WHERE caseload = $1 AND n = $2 AND level = $3 AND acknowledged_at IS NULL";
    BLANK = "UPDATE alarm SET same = $3, detail = $4 WHERE caseload = $1 AND n = $2";
    REST = "UPDATE alarm SET next_at = NULL WHERE caseload = $1 AND n = $2";
    ACKNOWLEDGE = "UPDATE alarm SET acknowledged_by = $3, acknowledged_at = $4, \
        next_at = CASE WHEN code = 'overdue' THEN next_at END \
        WHERE caseload = $1 AND n = $2 AND acknowledged_at IS NULL";
}

/// A referral that is past due. The dispatcher is told; that somebody has seen it answers nothing, so that it passes on
/// as long as its flag stands.
pub(crate) const OVERDUE: &str = "overdue";
/// A referral that is still past due when its rule passes it on: the purchaser's.
pub(crate) const STILL_OVERDUE: &str = "still_overdue";
/// A referral that was redone and still does not satisfy: the dispatcher's and the purchaser's at once.
pub(crate) const UNSETTLED: &str = "unsettled";

/// An alarm.
pub struct Alarm {
    /// Its number in the caseload.
    pub n: u64,
    /// When it went off.
    pub at: Timestamp,
    /// What it is.
    pub code: String,
    /// The rule, if one was behind it.
    pub rule: Option<String>,
    /// The flag, if it is one that cannot wait.
    pub flag: Option<FlagId>,
    /// What the flag is about.
    pub subject: Option<EntityId>,
    /// What set it off is held: it is in no file until a person has decided.
    pub held: bool,
    /// What a person needs to know.
    pub detail: String,
    /// How far it has come.
    pub level: Option<Level>,
    /// When it passes on, unless somebody acknowledges it.
    pub next_at: Option<Timestamp>,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<(PersonId, Timestamp)>,
}

/// A new alarm.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// What it is.
    pub code: &'a str,
    /// The rule, if one is behind it.
    pub rule: Option<&'a str>,
    /// The flag that cannot wait, and what it is about.
    pub about: Option<(FlagId, EntityId)>,
    /// What sets it off is held.
    pub held: bool,
    /// What a person needs to know.
    pub detail: &'a str,
}

/// Sets off an alarm that is about no file; one that says the same and that nobody has acknowledged yet is enough.
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
    set_off(tx, keys, caseload, at, &New { code, rule, about: None, held: false, detail }).await
}

/// Sets off an alarm; one that says the same and that nobody has acknowledged yet is enough. Nobody is told yet: it is
/// due at once, and [`crate::flow::Flow::pass_on`] tells it.
///
/// # Errors
/// Whatever the engine objects to.
pub(crate) async fn set_off(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    at: Timestamp,
    new: &New<'_>,
) -> Result<()> {
    let New { code, rule, about, held, detail } = *new;
    tx.hold_caseload(caseload).await?;
    let same = same(keys, caseload, new);
    if tx.first(STILL_OPEN, args![caseload, same]).await?.is_some() {
        return Ok(());
    }
    let n = counter::next(tx, caseload, "alarm").await?;
    let place = Place::Row { caseload, table: "alarm", key: &n.to_be_bytes() };
    let sealed = keys.seal(tx, (caseload, own(caseload)), place, detail.as_bytes()).await?;
    let (flag, subject) = about.unzip();
    tx.run(INSERT, args![caseload, n, at, code, rule, same, sealed, held, flag, subject]).await?;
    let raised = Happened { at, alarm: n, what: What::Raised, level: None, person: None, note: None, subject: None };
    alarm_log::record(tx, keys, caseload, &raised).await
}

/// The keyed hash of what an alarm says.
fn same(keys: &Keyring, caseload: CaseloadId, new: &New<'_>) -> [u8; 16] {
    let New { code, rule, about, detail, .. } = *new;
    let ids = about.map(|(flag, subject)| format!("{flag} {subject}")).unwrap_or_default();
    let said = format!("{code}\n{}\n{detail}\n{ids}", rule.unwrap_or_default());
    keys.sealer().lookup(caseload, "alarm", &said)
}

/// Takes the words of an alarm away, because whom it was about was erased.
pub(crate) async fn blank(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, n: u64) -> Result<()> {
    let Some(alarm) = one(tx, keys, caseload, n).await? else { return Ok(()) };
    let about = alarm.flag.zip(alarm.subject);
    let new = New { code: &alarm.code, rule: alarm.rule.as_deref(), about, held: alarm.held, detail: "" };
    let same = same(keys, caseload, &new);
    let place = Place::Row { caseload, table: "alarm", key: &n.to_be_bytes() };
    let sealed = keys.seal(tx, (caseload, own(caseload)), place, b"").await?;
    tx.run(BLANK, args![caseload, n, same, sealed]).await.map(drop)
}

/// Up to `limit` alarms that nobody has acknowledged, oldest first.
///
/// # Errors
/// When something stored does not open.
pub async fn open(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, limit: u32) -> Result<Vec<Alarm>> {
    let rows = tx.all(OPEN, args![caseload, limit]).await?;
    opened(tx, keys, caseload, rows).await
}

/// Up to `limit` alarms after `n`, acknowledged or not, that went off at `from` or later; oldest first.
pub(crate) async fn since(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    (n, from): (u64, Timestamp),
    limit: u32,
) -> Result<Vec<Alarm>> {
    let rows = tx.all(SINCE, args![caseload, n, from, limit]).await?;
    opened(tx, keys, caseload, rows).await
}

/// One alarm.
pub(crate) async fn one(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, n: u64) -> Result<Option<Alarm>> {
    let rows = tx.all(ONE, args![caseload, n]).await?;
    Ok(opened(tx, keys, caseload, rows).await?.pop())
}

/// Up to `limit` alarms that have to pass on by now.
pub(crate) async fn due(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Alarm>> {
    let rows = tx.all(DUE, args![caseload, now, limit]).await?;
    opened(tx, keys, caseload, rows).await
}

/// Where the `limit` alarms are that have waited longest to pass on.
pub(crate) async fn due_in(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<BTreeSet<CaseloadId>> {
    tx.all(DUE_IN, args![now, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// Moves an alarm on. False when somebody else did, or acknowledged it.
pub(crate) async fn pass_on(
    tx: &mut Tx,
    caseload: CaseloadId,
    n: u64,
    (from, to): (Option<Level>, Level),
    next_at: Option<Timestamp>,
) -> Result<bool> {
    let from = from.map_or(0, Level::number);
    Ok(tx.run(PASS_ON, args![caseload, n, from, to.number(), next_at]).await? == 1)
}

/// An alarm passes on no further.
pub(crate) async fn rest(tx: &mut Tx, caseload: CaseloadId, n: u64) -> Result<()> {
    tx.run(REST, args![caseload, n]).await.map(drop)
}

/// A person has seen it, and may say what was done. False when it is not there or somebody was first.
///
/// # Errors
/// Whatever the engine objects to.
pub(crate) async fn acknowledge(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    alarm: &Alarm,
    (by, at): (PersonId, Timestamp),
    note: Option<&str>,
) -> Result<bool> {
    if tx.run(ACKNOWLEDGE, args![caseload, alarm.n, by, at]).await? != 1 {
        return Ok(false);
    }
    let Alarm { n, level, subject, .. } = *alarm;
    let seen = Happened { at, alarm: n, what: What::Acknowledged, level, person: Some(by), note, subject };
    alarm_log::record(tx, keys, caseload, &seen).await?;
    Ok(true)
}

async fn opened(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, rows: Vec<Row>) -> Result<Vec<Alarm>> {
    let mut alarms = Vec::with_capacity(rows.len());
    for row in rows {
        let n: u64 = row.get(0)?;
        let place = Place::Row { caseload, table: "alarm", key: &n.to_be_bytes() };
        let detail = keys.open(tx, (caseload, own(caseload)), place, &row.get::<Vec<u8>>(4)?).await?;
        let acknowledged = row.get::<Option<PersonId>>(10)?.zip(row.get::<Option<Timestamp>>(11)?);
        alarms.push(Alarm {
            n,
            at: row.get(1)?,
            code: row.get(2)?,
            rule: row.get(3)?,
            detail: String::from_utf8_lossy(&detail).into_owned(),
            level: Level::of_number(row.get(5)?)?,
            next_at: row.get(6)?,
            held: row.get(7)?,
            flag: row.get(8)?,
            subject: row.get(9)?,
            acknowledged,
        });
    }
    Ok(alarms)
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
        let seen = (mei, at("10:03"));
        assert!(acknowledge(&mut tx, &mut keys, FIELD, &alarms[0], seen, None).await.unwrap());
        let late = (mei, at("10:04"));
        assert!(!acknowledge(&mut tx, &mut keys, FIELD, &alarms[0], late, None).await.unwrap(), "somebody was first");
        raise(&mut tx, &mut keys, FIELD, at("10:05"), "rule", Some("F01"), "F01 fails").await.unwrap();
        assert_eq!(open(&mut tx, &mut keys, FIELD, 9).await.unwrap().len(), 2, "again, after somebody had looked");
        let all = since(&mut tx, &mut keys, FIELD, (0, at("10:00")), 9).await.unwrap();
        assert_eq!(all.iter().map(|alarm| alarm.acknowledged).collect::<Vec<_>>(), [Some(seen), None, None]);
    }
}
