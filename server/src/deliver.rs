//! Deliveries: what has to reach somebody outside goes into the outbox in the transaction of what it tells of, and from
//! there to its address until the receiver has it. Each keeps one id for good: a receiver that acted on it and could
//! not say so gets it again under that id, and acts once.

use sync_core::id::{CaseloadId, DeliveryId};
use sync_core::time::Timestamp;

use crate::db::key::Keyring;
use crate::db::webhook::{self, Webhook};
use crate::db::{DbError, Result, Tx, delivery};

pub(crate) mod address;
mod backoff;
pub(crate) mod message;
mod problem;
mod queue;
mod send;
pub(crate) mod sign;

pub use problem::Problem;
pub(crate) use queue::deliver_one;
pub use queue::{deliver_due, keep_delivering};
pub(crate) use send::Sender;

use message::Message;

/// Writes a delivery of this message to every address of a desk.
pub(crate) async fn announce(
    tx: &mut Tx,
    keys: &mut Keyring,
    desk: CaseloadId,
    now: Timestamp,
    message: &Message,
) -> Result<()> {
    for webhook in webhook::standing(tx, keys, desk).await? {
        enqueue(tx, keys, &webhook, now, message).await?;
    }
    Ok(())
}

/// Writes a delivery of this message to this address. The same message again is the same delivery.
pub(crate) async fn enqueue(
    tx: &mut Tx,
    keys: &mut Keyring,
    webhook: &Webhook,
    now: Timestamp,
    message: &Message,
) -> Result<DeliveryId> {
    let Webhook { caseload, id, .. } = *webhook;
    let delivery =
        DeliveryId::derived("delivery", &[caseload.bytes(), id.bytes(), message.kind.as_bytes(), &message.about]);
    let body = serde_json::to_vec(&message.body).map_err(|_| DbError::Damaged("a message"))?;
    delivery::insert(tx, keys, (caseload, id), (delivery, message.kind), now, &body).await?;
    Ok(delivery)
}
