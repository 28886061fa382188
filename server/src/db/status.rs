//! What whoever runs the installation wants to know at a glance: counts, by caseload. Nothing that is sealed is opened.

use sync_core::id::CaseloadId;
use sync_core::refer;
use sync_core::time::Timestamp;

use super::{Result, Tx, args, statements};

statements! {
    PHONES = "SELECT device.seen_at, device.suspended_at, device.revoked_at FROM membership \
        JOIN device ON device.person = membership.person \
        WHERE membership.caseload = $1 AND membership.left_at IS NULL";
    OVERDUE = "SELECT COUNT(*) FROM document WHERE caseload = $1 AND due_at < $2 AND kind = 'referral' \
        AND state_rank >= $3 AND state_rank < $4";
    HELD = "SELECT code, COUNT(*) FROM submission WHERE caseload = $1 AND verdict = 'held' GROUP BY code";
    ALARMS = "SELECT level, COUNT(*) FROM alarm WHERE caseload = $1 AND acknowledged_at IS NULL GROUP BY level";
    DELIVERIES = "SELECT state, COUNT(*) FROM delivery WHERE caseload = $1 GROUP BY state";
}

/// An enrolled phone of somebody who works in a caseload.
pub(crate) struct Phone {
    /// When it last synced.
    pub(crate) seen_at: Option<Timestamp>,
    /// Its key is used from a second installation.
    pub(crate) suspended: bool,
    /// It may not read any more.
    pub(crate) revoked: bool,
}

/// The phones of those who work in a caseload.
pub(crate) async fn phones(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<Phone>> {
    let rows = tx.all(PHONES, args![caseload]).await?;
    let phone = |row: &super::Row| {
        let (suspended, revoked): (Option<Timestamp>, Option<Timestamp>) = (row.get(1)?, row.get(2)?);
        Ok(Phone { seen_at: row.get(0)?, suspended: suspended.is_some(), revoked: revoked.is_some() })
    };
    rows.iter().map(phone).collect()
}

/// Referrals that lie at a desk past their deadline.
pub(crate) async fn overdue(tx: &mut Tx, caseload: CaseloadId, now: Timestamp) -> Result<u64> {
    let args = args![caseload, now, refer::DISPATCHED, refer::REPLIED];
    tx.first(OVERDUE, args).await?.map_or(Ok(0), |row| row.get(0))
}

/// Submissions that wait for a person, by why.
pub(crate) async fn held(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(String, u64)>> {
    let rows = tx.all(HELD, args![caseload]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Alarms that nobody has acknowledged, by how far they have come.
pub(crate) async fn alarms(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(u8, u64)>> {
    let rows = tx.all(ALARMS, args![caseload]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Deliveries, by state.
pub(crate) async fn deliveries(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(String, u64)>> {
    let rows = tx.all(DELIVERIES, args![caseload]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
