//! Credentials of desks, with which departments' own systems come; their secrets, as hashes; and what was done by request
//! of them, so that a request that comes again does nothing.

use sync_core::id::{CaseloadId, CredentialId};
use sync_core::time::Timestamp;

use super::{Result, Row, Tx, args, statements};

statements! {
    INSERT = "INSERT INTO desk_credential (caseload, id, name, added_at, until_at, revoked_at) \
        VALUES ($1, $2, $3, $4, $5, NULL)";
    ONE = "SELECT caseload, id, name, added_at, until_at, revoked_at FROM desk_credential \
        WHERE caseload = $1 AND id = $2";
    /// An installation has few.
    EVERY = "SELECT caseload, id, name, added_at, until_at, revoked_at FROM desk_credential ORDER BY caseload, added_at, id";
    REVOKE = "UPDATE desk_credential SET revoked_at = $3 WHERE caseload = $1 AND id = $2 AND revoked_at IS NULL";
    SECRET_PUT = "INSERT INTO desk_secret (caseload, credential, hash, issued_at, until_at, used_at) \
        VALUES ($1, $2, $3, $4, NULL, NULL)";
    SECRETS = "SELECT hash, issued_at, until_at, used_at FROM desk_secret \
        WHERE caseload = $1 AND credential = $2 ORDER BY issued_at, hash";
    SECRETS_END = "UPDATE desk_secret SET until_at = $3 \
        WHERE caseload = $1 AND credential = $2 AND issued_at < $4 AND (until_at IS NULL OR until_at > $3)";
    SECRET_USED = "UPDATE desk_secret SET used_at = $4 WHERE caseload = $1 AND credential = $2 AND hash = $3";
    REQUEST = "SELECT fingerprint FROM desk_request WHERE caseload = $1 AND credential = $2 AND request = $3";
    REQUEST_PUT = "INSERT INTO desk_request (caseload, credential, request, fingerprint, at) \
        VALUES ($1, $2, $3, $4, $5)";
}

/// A credential of a desk.
#[derive(Clone)]
pub struct Credential {
    /// The desk.
    pub desk: CaseloadId,
    /// Its id; in the desk's log it is the device that the system's acts come from.
    pub id: CredentialId,
    /// What the department's system is called.
    pub name: String,
    /// Since when.
    pub added_at: Timestamp,
    /// From when on it is none any more, if that is settled.
    pub until: Option<Timestamp>,
    /// Since when it was taken away.
    pub revoked_at: Option<Timestamp>,
}

/// A secret of a credential, of which only the hash is known.
#[derive(Clone)]
pub struct Secret {
    /// The hash.
    pub hash: [u8; 32],
    /// Since when.
    pub issued_at: Timestamp,
    /// From when on it is none any more, if that is settled.
    pub until: Option<Timestamp>,
    /// When it was last used, to some minutes.
    pub used_at: Option<Timestamp>,
}

impl Credential {
    /// Whether it is one at this moment.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.until.is_none_or(|until| now < until)
    }
}

impl Secret {
    /// Whether it is one at this moment.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

fn credential(row: &Row) -> Result<Credential> {
    Ok(Credential {
        desk: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        added_at: row.get(3)?,
        until: row.get(4)?,
        revoked_at: row.get(5)?,
    })
}

/// Adds one.
pub(crate) async fn insert(tx: &mut Tx, new: &Credential) -> Result<()> {
    tx.run(INSERT, args![new.desk, new.id, &new.name, new.added_at, new.until]).await.map(drop)
}

/// The credential of this desk with this id.
pub(crate) async fn one(tx: &mut Tx, desk: CaseloadId, id: CredentialId) -> Result<Option<Credential>> {
    tx.first(ONE, args![desk, id]).await?.as_ref().map(credential).transpose()
}

/// Every one that there ever was.
pub(crate) async fn every(tx: &mut Tx) -> Result<Vec<Credential>> {
    tx.all(EVERY, args![]).await?.iter().map(credential).collect()
}

/// Takes one away. Whether it was there and had not been taken away.
pub(crate) async fn revoke(tx: &mut Tx, desk: CaseloadId, id: CredentialId, now: Timestamp) -> Result<bool> {
    Ok(tx.run(REVOKE, args![desk, id, now]).await? > 0)
}

/// Keeps the hash of a new secret.
pub(crate) async fn put_secret(
    tx: &mut Tx,
    (desk, id): (CaseloadId, CredentialId),
    hash: [u8; 32],
    now: Timestamp,
) -> Result<()> {
    tx.run(SECRET_PUT, args![desk, id, hash, now]).await.map(drop)
}

/// The secrets of a credential, oldest first.
pub(crate) async fn secrets(tx: &mut Tx, desk: CaseloadId, id: CredentialId) -> Result<Vec<Secret>> {
    let rows = tx.all(SECRETS, args![desk, id]).await?;
    let secret =
        |row: &Row| Ok(Secret { hash: row.get(0)?, issued_at: row.get(1)?, until: row.get(2)?, used_at: row.get(3)? });
    rows.iter().map(secret).collect()
}

/// Secrets of a credential that were given out before `since` and would be good for longer end then.
pub(crate) async fn end_secrets(
    tx: &mut Tx,
    (desk, id): (CaseloadId, CredentialId),
    since: Timestamp,
    at: Timestamp,
) -> Result<()> {
    tx.run(SECRETS_END, args![desk, id, at, since]).await.map(drop)
}

/// A secret was used.
pub(crate) async fn used(
    tx: &mut Tx,
    (desk, id): (CaseloadId, CredentialId),
    hash: [u8; 32],
    now: Timestamp,
) -> Result<()> {
    tx.run(SECRET_USED, args![desk, id, hash, now]).await.map(drop)
}

/// What was asked with this key before, if anything was: its hash.
pub(crate) async fn requested(
    tx: &mut Tx,
    (desk, id): (CaseloadId, CredentialId),
    request: [u8; 32],
) -> Result<Option<[u8; 32]>> {
    tx.first(REQUEST, args![desk, id, request]).await?.map(|row| row.get(0)).transpose()
}

/// Keeps that this was done.
pub(crate) async fn put_request(
    tx: &mut Tx,
    (desk, id): (CaseloadId, CredentialId),
    (request, fingerprint): ([u8; 32], [u8; 32]),
    now: Timestamp,
) -> Result<()> {
    tx.run(REQUEST_PUT, args![desk, id, request, fingerprint, now]).await.map(drop)
}
