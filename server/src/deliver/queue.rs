//! The worker that empties the outbox. One delivery at a time for each address, so that a slow receiver delays nobody
//! else and gets things in order as long as it takes them.

use std::collections::HashMap;
use std::time::Duration;

use sync_core::id::{CaseloadId, DeliveryId, WebhookId};
use sync_core::time::{Span, Timestamp};
use tokio::task::{Id, JoinSet};

use super::backoff;
use super::problem::Problem;
use crate::app::App;
use crate::db::delivery::{self, Delivery};
use crate::db::webhook::{self, Webhook};
use crate::db::{DbError, Result};

/// Addresses that are sent to at the same time.
const AT_ONCE: usize = 8;
/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long after its time limit an attempt counts as cut off.
const SPARE: Span = Span::seconds(30);

/// Where deliveries of one address come from.
type Address = (CaseloadId, WebhookId);

/// Sends what is due until the server stops; attempts that were begun are ended first. A failure of the database is logged; the next look tries again.
pub async fn keep_delivering(app: App) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut running: JoinSet<Result<bool>> = JoinSet::new();
    let mut busy: HashMap<Id, Address> = HashMap::new();
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = app.stopping() => {
                while running.join_next().await.is_some() {}
                return;
            }
            Some(done) = running.join_next_with_id() => {
                let (id, done) = match done {
                    Ok((id, done)) => (id, done.map(|_| ()).map_err(|error| error.to_string())),
                    Err(error) => (error.id(), Err(error.to_string())),
                };
                busy.remove(&id);
                if let Err(error) = done {
                    tracing::error!(%error, "an attempt at a delivery could not be made");
                    continue;
                }
            }
        }
        let due = due(&app, AT_ONCE + busy.len()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the outbox could not be looked at");
            Vec::new()
        });
        for address in due {
            if busy.len() < AT_ONCE && !busy.values().any(|other| *other == address) {
                let app = app.clone();
                let task = running.spawn(async move { attempt(&app, address).await });
                busy.insert(task.id(), address);
            }
        }
    }
}

/// Sends what is due now, each once, and waits until that is over. How many attempts there were.
///
/// # Errors
/// The database.
pub async fn deliver_due(app: &App) -> Result<usize> {
    let mut attempts = 0;
    loop {
        let due = due(app, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(attempts);
        }
        let mut running = JoinSet::new();
        for address in due {
            let app = app.clone();
            running.spawn(async move { attempt(&app, address).await });
        }
        while let Some(done) = running.join_next().await {
            attempts += usize::from(done.map_err(|_| DbError::Damaged("an attempt"))??);
        }
    }
}

/// Sends what waits longest for one address. Then how this delivery stands.
pub(crate) async fn deliver_one(app: &App, address: Address, id: DeliveryId) -> Result<Option<Delivery>> {
    attempt(app, address).await?;
    let mut tx = app.db().read().await?;
    delivery::one(&mut tx, &mut app.flow().keys(), address.0, id).await
}

/// Up to `limit` addresses for which something is due, the one that waits longest first. Asked address by address, so
/// that what piles up for one hides nothing of another.
async fn due(app: &App, limit: usize) -> Result<Vec<Address>> {
    let (mut tx, now) = (app.db().read().await?, app.clock().now());
    let mut due = Vec::new();
    for address in webhook::every(&mut tx).await? {
        due.extend(delivery::waits(&mut tx, address, now).await?.map(|since| (since, address)));
    }
    due.sort_unstable();
    due.truncate(limit);
    Ok(due.into_iter().map(|(_, address)| address).collect())
}

/// One attempt for an address. False when there was nothing to do after all.
async fn attempt(app: &App, address: Address) -> Result<bool> {
    let now = app.clock().now();
    let Some((delivery, webhook)) = claim(app, address, now).await? else { return Ok(false) };
    let (sender, attempt) = (app.sender().clone(), delivery.attempts + 1);
    let send = move || (sender.send(&webhook, &delivery, now), delivery);
    let (sent, delivery) = tokio::task::spawn_blocking(send).await.map_err(|_| DbError::Damaged("an attempt"))?;
    let now = app.clock().now();
    let mut tx = app.db().write().await?;
    match sent {
        Ok(()) => delivery::delivered(&mut tx, &delivery, now).await?,
        Err(problem) => {
            // 410: the receiver asks not to be sent anything any more.
            let wait = (problem != Problem::Status(410)).then(|| backoff::after(attempt, &**app.random())).flatten();
            let next_at = wait.map(|wait| now + wait);
            let (id, code) = (delivery.id, problem.code());
            match next_at {
                Some(_) => tracing::warn!(%id, attempt, problem = code, "a delivery failed; it is tried again"),
                None => tracing::error!(%id, attempt, problem = code, "a delivery is dead until a person replays it"),
            }
            delivery::failed(&mut tx, &delivery, attempt, (now, next_at), &code).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// What waits longest for an address, with the attempt counted before it is made.
async fn claim(app: &App, address: Address, now: Timestamp) -> Result<Option<(Delivery, Webhook)>> {
    let mut keys = app.flow().keys();
    let mut tx = app.db().write().await?;
    let Some(webhook) = webhook::one(&mut tx, &mut keys, address.0, address.1).await? else {
        delivery::stop(&mut tx, address, now, &Problem::Removed.code()).await?;
        tx.commit().await?;
        return Ok(None);
    };
    let Some(next) = delivery::next(&mut tx, &mut keys, address, now).await? else { return Ok(None) };
    let limit = i64::try_from(app.config().delivery.timeout().as_millis()).unwrap_or(i64::MAX);
    if !delivery::claim(&mut tx, &next, now + Span::millis(limit) + SPARE).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some((next, webhook)))
}
