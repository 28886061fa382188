//! Where deliveries go: addresses of those on duty for a caseload's alarms, and of desks.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sync_core::id::{CaseloadId, WebhookId};
use sync_core::time::Timestamp;

use super::duty::Level;
use super::key::{Keyring, own};
use super::{DbError, Result, Row, Tx, args, statements};
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO webhook (caseload, id, level, sealed, added_at, removed_at) \
        VALUES ($1, $2, $3, $4, $5, NULL)";
    STANDING = "SELECT caseload, id, level, sealed, added_at FROM webhook \
        WHERE caseload = $1 AND removed_at IS NULL ORDER BY added_at, id";
    ONE = "SELECT caseload, id, level, sealed, added_at FROM webhook \
        WHERE caseload = $1 AND id = $2 AND removed_at IS NULL";
    /// Also those that were removed: what is replayed for them has to be found and stopped.
    EVERY = "SELECT caseload, id FROM webhook ORDER BY caseload, id";
    RESEAL = "UPDATE webhook SET sealed = $3 WHERE caseload = $1 AND id = $2";
    REMOVE = "UPDATE webhook SET removed_at = $3 WHERE caseload = $1 AND id = $2 AND removed_at IS NULL";
}

/// An address with the secret that signs what goes there. No `Debug`: the address may hold a token.
#[derive(Clone)]
pub struct Webhook {
    /// Of the alarms of this caseload, or of the slips of this desk.
    pub caseload: CaseloadId,
    /// Its id.
    pub id: WebhookId,
    /// Whose duty it serves; none at a desk, and for checkpoints.
    pub level: Option<Level>,
    /// The address.
    pub url: String,
    /// What signs deliveries.
    pub secret: Vec<u8>,
    /// The secret before, which signs beside it until then.
    pub before: Option<(Vec<u8>, Timestamp)>,
    /// Since when.
    pub added_at: Timestamp,
}

/// What is sealed of one.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Sealed {
    #[n(0)]
    url: String,
    #[n(1)]
    secret: ByteVec,
    #[n(2)]
    before: Option<ByteVec>,
    #[n(3)]
    before_until: Option<i64>,
}

async fn seal(tx: &mut Tx, keys: &mut Keyring, webhook: &Webhook) -> Result<Vec<u8>> {
    let Webhook { caseload, id, url, secret, before, .. } = webhook.clone();
    let (before, before_until) = before.map(|(secret, until)| (ByteVec::from(secret), until.millis())).unzip();
    let content = Sealed { url, secret: secret.into(), before, before_until };
    let content = minicbor::to_vec(content).map_err(|_| DbError::Damaged("a webhook"))?;
    let place = Place::Row { caseload, table: "webhook", key: id.bytes() };
    keys.seal(tx, (caseload, own(caseload)), place, &content).await
}

/// Adds one.
pub(crate) async fn insert(tx: &mut Tx, keys: &mut Keyring, webhook: &Webhook) -> Result<()> {
    let sealed = seal(tx, keys, webhook).await?;
    let (level, added_at) = (webhook.level.map(Level::number), webhook.added_at);
    tx.run(INSERT, args![webhook.caseload, webhook.id, level, sealed, added_at]).await.map(drop)
}

/// Keeps other secrets of one.
pub(crate) async fn reseal(tx: &mut Tx, keys: &mut Keyring, webhook: &Webhook) -> Result<()> {
    let sealed = seal(tx, keys, webhook).await?;
    tx.run(RESEAL, args![webhook.caseload, webhook.id, sealed]).await.map(drop)
}

/// Those of a caseload or desk that were not removed.
pub(crate) async fn standing(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId) -> Result<Vec<Webhook>> {
    let mut found = Vec::new();
    for row in tx.all(STANDING, args![caseload]).await? {
        found.push(read(tx, keys, &row).await?);
    }
    Ok(found)
}

/// Every one that there ever was: an installation has few.
pub(crate) async fn every(tx: &mut Tx) -> Result<Vec<(CaseloadId, WebhookId)>> {
    tx.all(EVERY, args![]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// One, if it was not removed.
pub(crate) async fn one(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    id: WebhookId,
) -> Result<Option<Webhook>> {
    match tx.first(ONE, args![caseload, id]).await? {
        Some(row) => read(tx, keys, &row).await.map(Some),
        None => Ok(None),
    }
}

/// Removes one. Whether it was there.
pub(crate) async fn remove(tx: &mut Tx, caseload: CaseloadId, id: WebhookId, now: Timestamp) -> Result<bool> {
    Ok(tx.run(REMOVE, args![caseload, id, now]).await? > 0)
}

async fn read(tx: &mut Tx, keys: &mut Keyring, row: &Row) -> Result<Webhook> {
    let (caseload, id): (CaseloadId, WebhookId) = (row.get(0)?, row.get(1)?);
    let place = Place::Row { caseload, table: "webhook", key: id.bytes() };
    let content = keys.open(tx, (caseload, own(caseload)), place, &row.get::<Vec<u8>>(3)?).await?;
    let content: Sealed = minicbor::decode(&content).map_err(|_| DbError::Damaged("a webhook"))?;
    let Sealed { url, secret, before, before_until } = content;
    let before = before.map(Vec::from).zip(before_until.map(Timestamp::from_millis));
    let level = row.get::<Option<u8>>(2)?.map(Level::of_number).transpose()?.flatten();
    Ok(Webhook { caseload, id, level, url, secret: secret.into(), before, added_at: row.get(4)? })
}
