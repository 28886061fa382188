//! One-time codes by which a phone enrols. Only their hashes are kept.

use sync_core::id::{DeviceId, PersonId};
use sync_core::time::Timestamp;

use super::{Result, Tx, args, statements};

statements! {
    INSERT = "INSERT INTO enrolment (code, person, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    BY_CODE = "SELECT person, expires_at, used_at, device FROM enrolment WHERE code = $1";
    USE = "UPDATE enrolment SET used_at = $2, device = $3 WHERE code = $1 AND used_at IS NULL";
}

/// A code that was given out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Enrolment {
    /// For whom.
    pub(crate) person: PersonId,
    /// Until when it can be used.
    pub(crate) expires_at: Timestamp,
    /// The device that used it.
    pub(crate) used_by: Option<DeviceId>,
}

/// Gives out a code.
pub(crate) async fn insert(
    tx: &mut Tx,
    code: [u8; 32],
    person: PersonId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run(INSERT, args![code, person, now, expires_at]).await.map(drop)
}

/// The code with this hash.
pub(crate) async fn by_code(tx: &mut Tx, code: [u8; 32]) -> Result<Option<Enrolment>> {
    let Some(row) = tx.first(BY_CODE, args![code]).await? else { return Ok(None) };
    Ok(Some(Enrolment { person: row.get(0)?, expires_at: row.get(1)?, used_by: row.get(3)? }))
}

/// Uses a code up. Whether it could still be used.
pub(crate) async fn use_up(tx: &mut Tx, code: [u8; 32], device: DeviceId, now: Timestamp) -> Result<bool> {
    Ok(tx.run(USE, args![code, now, device]).await? > 0)
}
