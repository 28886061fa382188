//! Logins at consoles, and the refresh secrets of logins and devices.

use sync_core::id::{DeviceId, PersonId};
use sync_core::time::Timestamp;

use super::{Result, Tx, args, statements};

statements! {
    INSERT = "INSERT INTO session (id, person, started_at, expires_at) VALUES ($1, $2, $3, $4)";
    BY_ID = "SELECT person, expires_at, ended_at FROM session WHERE id = $1";
    END = "UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
    SECRETS = "SELECT hash, generation, used_at FROM refresh_secret WHERE holder = $1 ORDER BY generation, issued_at";
    SECRET_PUT = "INSERT INTO refresh_secret (holder, hash, generation, issued_at) VALUES ($1, $2, $3, $4)";
    SECRET_USED = "UPDATE refresh_secret SET used_at = $3 WHERE holder = $1 AND hash = $2";
    SECRET_FORGET = "DELETE FROM refresh_secret WHERE holder = $1 AND hash = $2";
}

/// A login at a console.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    /// Whose.
    pub(crate) person: PersonId,
    /// Until when at most.
    pub(crate) expires_at: Timestamp,
    /// Since when no more.
    pub(crate) ended_at: Option<Timestamp>,
}

/// A refresh secret that was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secret {
    /// SHA-256 of it.
    pub(crate) hash: [u8; 32],
    /// Its generation, from 1.
    pub(crate) generation: u32,
    /// Whether it was used.
    pub(crate) used: bool,
}

/// Starts a session.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: DeviceId,
    person: PersonId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run(INSERT, args![id, person, now, expires_at]).await.map(drop)
}

/// The session with this id.
pub(crate) async fn by_id(tx: &mut Tx, id: DeviceId) -> Result<Option<Session>> {
    let Some(row) = tx.first(BY_ID, args![id]).await? else { return Ok(None) };
    Ok(Some(Session { person: row.get(0)?, expires_at: row.get(1)?, ended_at: row.get(2)? }))
}

/// Ends a session.
pub(crate) async fn end(tx: &mut Tx, id: DeviceId, now: Timestamp) -> Result<()> {
    tx.moves_access();
    tx.run(END, args![id, now]).await.map(drop)
}

/// The refresh secrets of a device or session, oldest first.
pub(crate) async fn secrets(tx: &mut Tx, holder: DeviceId) -> Result<Vec<Secret>> {
    let rows = tx.all(SECRETS, args![holder]).await?;
    rows.iter()
        .map(|row| {
            let used = row.get::<Option<Timestamp>>(2)?.is_some();
            Ok(Secret { hash: row.get(0)?, generation: row.get(1)?, used })
        })
        .collect()
}

/// Keeps a new refresh secret.
pub(crate) async fn put_secret(
    tx: &mut Tx,
    holder: DeviceId,
    hash: [u8; 32],
    generation: u32,
    now: Timestamp,
) -> Result<()> {
    tx.run(SECRET_PUT, args![holder, hash, generation, now]).await.map(drop)
}

/// Marks a refresh secret as used.
pub(crate) async fn use_secret(tx: &mut Tx, holder: DeviceId, hash: [u8; 32], now: Timestamp) -> Result<()> {
    tx.run(SECRET_USED, args![holder, hash, now]).await.map(drop)
}

/// Forgets a refresh secret.
pub(crate) async fn forget_secret(tx: &mut Tx, holder: DeviceId, hash: [u8; 32]) -> Result<()> {
    tx.run(SECRET_FORGET, args![holder, hash]).await.map(drop)
}
