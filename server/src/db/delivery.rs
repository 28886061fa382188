//! The outbox of deliveries: written in the transaction of what they tell of, sent afterwards until the receiver has
//! them or they are dead.

use sync_core::id::{CaseloadId, DeliveryId, WebhookId};
use sync_core::time::Timestamp;

use super::key::{Keyring, own};
use super::{DbError, Result, Row, Tx, args, statements};
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO delivery (caseload, id, webhook, kind, created_at, state, attempts, next_at, changed_at, \
        problem, sealed) VALUES ($1, $2, $3, $4, $5, 'pending', 0, $5, $5, NULL, $6) \
        ON CONFLICT (caseload, id) DO NOTHING";
    WAITS = "SELECT next_at FROM delivery WHERE caseload = $1 AND webhook = $2 AND next_at <= $3 \
        ORDER BY next_at LIMIT 1";
    NEXT = "SELECT caseload, id, webhook, kind, created_at, state, attempts, next_at, changed_at, problem, sealed \
        FROM delivery WHERE caseload = $1 AND webhook = $2 AND next_at <= $3 ORDER BY next_at, created_at, id LIMIT 1";
    CLAIM = "UPDATE delivery SET attempts = attempts + 1, next_at = $4 \
        WHERE caseload = $1 AND id = $2 AND attempts = $3 AND state = 'pending'";
    DELIVERED = "UPDATE delivery SET state = 'delivered', next_at = NULL, changed_at = $3, problem = NULL \
        WHERE caseload = $1 AND id = $2 AND state <> 'delivered'";
    FAILED = "UPDATE delivery SET state = $4, next_at = $5, changed_at = $6, problem = $7 \
        WHERE caseload = $1 AND id = $2 AND attempts = $3 AND state = 'pending'";
    STOP = "UPDATE delivery SET state = 'dead', next_at = NULL, changed_at = $3, problem = $4 \
        WHERE caseload = $1 AND webhook = $2 AND state = 'pending'";
    REPLAY = "UPDATE delivery SET state = 'pending', attempts = 0, next_at = $3, changed_at = $3 \
        WHERE caseload = $1 AND id = $2 AND state = 'dead'";
    LIST = "SELECT caseload, id, webhook, kind, created_at, state, attempts, next_at, changed_at, problem, sealed \
        FROM delivery WHERE caseload = $1 AND state = $2 ORDER BY created_at, id LIMIT $3";
    PAGE = "SELECT caseload, id, webhook, kind, created_at, state, attempts, next_at, changed_at, problem, sealed \
        FROM delivery WHERE caseload = $1 AND state = $2 AND (created_at, id) > ($3, $4) \
        ORDER BY created_at, id LIMIT $5";
    ONE = "SELECT caseload, id, webhook, kind, created_at, state, attempts, next_at, changed_at, problem, sealed \
        FROM delivery WHERE caseload = $1 AND id = $2";
    FORGET = "DELETE FROM delivery WHERE caseload = $1 AND id = $2";
    COUNT = "SELECT COUNT(*) FROM delivery WHERE caseload = $1 AND webhook = $2 AND state = $3";
}

/// Where a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeliveryState {
    /// It is tried again.
    Pending,
    /// The receiver has it.
    Delivered,
    /// It is not tried any more, until a person replays it.
    Dead,
}

impl DeliveryState {
    /// All.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Dead];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The state with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    fn of_code(code: &str) -> Result<Self> {
        Self::from_code(code).ok_or(DbError::Damaged("the state of a delivery"))
    }
}

/// A delivery.
pub struct Delivery {
    /// Of the alarms of this caseload, or of the slips of this desk.
    pub caseload: CaseloadId,
    /// What receivers know it by, for good.
    pub id: DeliveryId,
    /// Where it goes.
    pub webhook: WebhookId,
    /// What it tells: `alarm.raised`, `slip.dispatched`, `checkpoint.made`…
    pub kind: String,
    /// When that was.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried since it was written, or replayed.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// When it came to stand there.
    pub changed_at: Timestamp,
    /// The code of why the last attempt failed.
    pub problem: Option<String>,
    /// What is sent.
    pub body: Vec<u8>,
}

/// Writes a delivery, to be sent at once. One with this id is enough, whatever became of it.
pub(crate) async fn insert(
    tx: &mut Tx,
    keys: &mut Keyring,
    (caseload, webhook): (CaseloadId, WebhookId),
    (id, kind): (DeliveryId, &str),
    now: Timestamp,
    body: &[u8],
) -> Result<()> {
    let place = Place::Row { caseload, table: "delivery", key: id.bytes() };
    let sealed = keys.seal(tx, (caseload, own(caseload)), place, body).await?;
    tx.run(INSERT, args![caseload, id, webhook, kind, now, sealed]).await.map(drop)
}

/// Since when something has been due for an address, if anything is.
pub(crate) async fn waits(
    tx: &mut Tx,
    (caseload, webhook): (CaseloadId, WebhookId),
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    tx.first(WAITS, args![caseload, webhook, now]).await?.map(|row| row.get(0)).transpose()
}

/// What is due for an address and waits longest.
pub(crate) async fn next(
    tx: &mut Tx,
    keys: &mut Keyring,
    (caseload, webhook): (CaseloadId, WebhookId),
    now: Timestamp,
) -> Result<Option<Delivery>> {
    match tx.first(NEXT, args![caseload, webhook, now]).await? {
        Some(row) => read(tx, keys, &row).await.map(Some),
        None => Ok(None),
    }
}

/// Counts an attempt before it is made, and puts the next one off until this one must be over: whoever is killed in
/// between is followed by somebody else. False when somebody else makes it.
pub(crate) async fn claim(tx: &mut Tx, delivery: &Delivery, until: Timestamp) -> Result<bool> {
    let Delivery { caseload, id, attempts, .. } = *delivery;
    Ok(tx.run(CLAIM, args![caseload, id, attempts, until]).await? == 1)
}

/// The receiver has it.
pub(crate) async fn delivered(tx: &mut Tx, delivery: &Delivery, now: Timestamp) -> Result<()> {
    tx.run(DELIVERED, args![delivery.caseload, delivery.id, now]).await.map(drop)
}

/// The attempt of this number failed: again at `next_at`, or never. Ignored when a later attempt was begun.
pub(crate) async fn failed(
    tx: &mut Tx,
    delivery: &Delivery,
    attempt: u32,
    (now, next_at): (Timestamp, Option<Timestamp>),
    problem: &str,
) -> Result<()> {
    let state = if next_at.is_some() { DeliveryState::Pending } else { DeliveryState::Dead };
    let args = args![delivery.caseload, delivery.id, attempt, state.code(), next_at, now, problem];
    tx.run(FAILED, args).await.map(drop)
}

/// Tries nothing any more for an address that is gone.
pub(crate) async fn stop(
    tx: &mut Tx,
    (caseload, webhook): (CaseloadId, WebhookId),
    now: Timestamp,
    problem: &str,
) -> Result<u64> {
    tx.run(STOP, args![caseload, webhook, now, problem]).await
}

/// Has a dead delivery tried again, under the id that it always had. False when it is not dead.
pub(crate) async fn replay(tx: &mut Tx, caseload: CaseloadId, id: DeliveryId, now: Timestamp) -> Result<bool> {
    Ok(tx.run(REPLAY, args![caseload, id, now]).await? == 1)
}

/// Removes one, sent or not.
pub(crate) async fn forget(tx: &mut Tx, caseload: CaseloadId, id: DeliveryId) -> Result<()> {
    tx.run(FORGET, args![caseload, id]).await.map(drop)
}

/// Up to `limit` deliveries of a caseload or desk that stand so, oldest first.
pub(crate) async fn list(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    state: DeliveryState,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let mut found = Vec::new();
    for row in tx.all(LIST, args![caseload, state.code(), limit]).await? {
        found.push(read(tx, keys, &row).await?);
    }
    Ok(found)
}

/// Up to `limit` deliveries that stand so behind this one, oldest first.
pub(crate) async fn after(
    tx: &mut Tx,
    keys: &mut Keyring,
    (caseload, state): (CaseloadId, DeliveryState),
    (created_at, id): (Timestamp, DeliveryId),
    limit: u32,
) -> Result<Vec<Delivery>> {
    let mut found = Vec::new();
    for row in tx.all(PAGE, args![caseload, state.code(), created_at, id, limit]).await? {
        found.push(read(tx, keys, &row).await?);
    }
    Ok(found)
}

/// One delivery.
pub(crate) async fn one(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    id: DeliveryId,
) -> Result<Option<Delivery>> {
    match tx.first(ONE, args![caseload, id]).await? {
        Some(row) => read(tx, keys, &row).await.map(Some),
        None => Ok(None),
    }
}

/// How many deliveries of an address stand so.
pub(crate) async fn count(
    tx: &mut Tx,
    (caseload, webhook): (CaseloadId, WebhookId),
    state: DeliveryState,
) -> Result<u64> {
    let row = tx.first(COUNT, args![caseload, webhook, state.code()]).await?;
    row.map(|row| row.get(0)).transpose().map(Option::unwrap_or_default)
}

async fn read(tx: &mut Tx, keys: &mut Keyring, row: &Row) -> Result<Delivery> {
    let (caseload, id): (CaseloadId, DeliveryId) = (row.get(0)?, row.get(1)?);
    let place = Place::Row { caseload, table: "delivery", key: id.bytes() };
    let body = keys.open(tx, (caseload, own(caseload)), place, &row.get::<Vec<u8>>(10)?).await?;
    Ok(Delivery {
        caseload,
        id,
        webhook: row.get(2)?,
        kind: row.get(3)?,
        created_at: row.get(4)?,
        state: DeliveryState::of_code(&row.get::<String>(5)?)?,
        attempts: row.get(6)?,
        next_at: row.get(7)?,
        changed_at: row.get(8)?,
        problem: row.get(9)?,
        body,
    })
}
