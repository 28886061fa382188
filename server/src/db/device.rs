//! Devices: enrolled phones, each with the public key that proves it.

use sync_core::id::{DeviceId, PersonId};
use sync_core::time::Timestamp;

use super::{Result, Row, Tx, args, statements};

statements! {
    INSERT = "INSERT INTO device (id, person, name, public_key, install, enrolled_at) VALUES ($1, $2, $3, $4, $5, $6)";
    BY_ID = "SELECT id, person, name, public_key, install, enrolled_at, seen_at, superseded_at, suspended_at,
                    revoked_at, lost_since FROM device WHERE id = $1";
    BY_KEY = "SELECT id, person, name, public_key, install, enrolled_at, seen_at, superseded_at, suspended_at,
                     revoked_at, lost_since FROM device WHERE public_key = $1";
    LIST = "SELECT id, person, name, public_key, install, enrolled_at, seen_at, superseded_at, suspended_at,
                   revoked_at, lost_since FROM device ORDER BY enrolled_at, id LIMIT $1";
    OF_PERSON = "SELECT id, person, name, public_key, install, enrolled_at, seen_at, superseded_at, suspended_at,
                        revoked_at, lost_since FROM device WHERE person = $1 ORDER BY enrolled_at, id";
    SEEN = "UPDATE device SET seen_at = $2 WHERE id = $1";
    SUPERSEDED = "UPDATE device SET superseded_at = $2 WHERE id = $1";
    SUSPEND = "UPDATE device SET suspended_at = $2, second_install = $3 WHERE id = $1 AND suspended_at IS NULL";
    REVOKE = "UPDATE device SET revoked_at = $2, revoked_by = $3, lost_since = $4
              WHERE id = $1 AND revoked_at IS NULL";
}

/// An enrolled phone.
#[derive(Clone)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// What its owner calls it.
    pub name: String,
    /// The Ed25519 key that proves it.
    pub public_key: [u8; 32],
    /// The installation of the app that enrolled it; a copied phone has another.
    pub install: [u8; 16],
    /// Since when.
    pub enrolled_at: Timestamp,
    /// When it last synced.
    pub seen_at: Option<Timestamp>,
    /// When an old refresh secret was last tried.
    pub superseded_at: Option<Timestamp>,
    /// Since when its key is used from a second installation too.
    pub suspended_at: Option<Timestamp>,
    /// Since when it may not read.
    pub revoked_at: Option<Timestamp>,
    /// Since when nobody knows who holds it.
    pub lost_since: Option<Timestamp>,
}

fn device(row: &Row) -> Result<Device> {
    Ok(Device {
        id: row.get(0)?,
        person: row.get(1)?,
        name: row.get(2)?,
        public_key: row.get(3)?,
        install: row.get(4)?,
        enrolled_at: row.get(5)?,
        seen_at: row.get(6)?,
        superseded_at: row.get(7)?,
        suspended_at: row.get(8)?,
        revoked_at: row.get(9)?,
        lost_since: row.get(10)?,
    })
}

/// Adds a device.
pub(crate) async fn insert(tx: &mut Tx, d: &Device) -> Result<()> {
    tx.run(INSERT, args![d.id, d.person, &d.name, d.public_key, d.install.to_vec(), d.enrolled_at]).await.map(drop)
}

/// The device with this id.
pub(crate) async fn by_id(tx: &mut Tx, id: DeviceId) -> Result<Option<Device>> {
    tx.first(BY_ID, args![id]).await?.as_ref().map(device).transpose()
}

/// The device with this key.
pub(crate) async fn by_key(tx: &mut Tx, key: &[u8; 32]) -> Result<Option<Device>> {
    tx.first(BY_KEY, args![*key]).await?.as_ref().map(device).transpose()
}

/// Every device, oldest first.
pub(crate) async fn list(tx: &mut Tx) -> Result<Vec<Device>> {
    tx.all(LIST, args![10_000_u32]).await?.iter().map(device).collect()
}

/// The devices of a person, oldest first.
pub(crate) async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Device>> {
    tx.all(OF_PERSON, args![person]).await?.iter().map(device).collect()
}

/// It synced.
pub(crate) async fn seen(tx: &mut Tx, id: DeviceId, now: Timestamp) -> Result<()> {
    tx.run(SEEN, args![id, now]).await.map(drop)
}

/// An old refresh secret of it was tried.
pub(crate) async fn superseded(tx: &mut Tx, id: DeviceId, now: Timestamp) -> Result<()> {
    tx.run(SUPERSEDED, args![id, now]).await.map(drop)
}

/// Its key was used from a second installation. The first time counts.
pub(crate) async fn suspend(tx: &mut Tx, id: DeviceId, install: [u8; 16], now: Timestamp) -> Result<()> {
    tx.moves_access();
    tx.run(SUSPEND, args![id, now, install.to_vec()]).await.map(drop)
}

/// It may not read any more. Whether it could until now.
pub(crate) async fn revoke(tx: &mut Tx, id: DeviceId, by: &str, lost_since: Timestamp, now: Timestamp) -> Result<bool> {
    tx.moves_access();
    Ok(tx.run(REVOKE, args![id, now, by, lost_since]).await? > 0)
}
