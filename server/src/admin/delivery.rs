//! Where deliveries go, and what became of them.

use sync_core::id::{CaseloadId, DeliveryId, WebhookId};
use sync_core::time::Span;

use super::{Admin, AdminError};
use crate::db::caseload::{self, CaseloadKind};
use crate::db::delivery::{self, Delivery, DeliveryState};
use crate::db::duty::Level;
use crate::db::webhook::{self, Webhook};
use crate::deliver::{self, Problem, address, message, sign};

/// Most deliveries that are listed.
const LISTED: u32 = 1_000;

/// A new address, with the secret that its receiver needs.
pub struct NewWebhook {
    /// Its id.
    pub id: WebhookId,
    /// What verifies deliveries: `whsec_…`.
    pub secret: String,
}

/// An address, and how deliveries to it stand.
pub struct Stands {
    /// The address.
    pub webhook: Webhook,
    /// How many are pending, delivered, dead.
    pub counts: [u64; 3],
}

impl Admin<'_> {
    /// Adds an address: of those on duty at a level of a caseload, or of a desk.
    ///
    /// # Errors
    /// [`AdminError::Address`]; [`AdminError::NoDuty`] when a caseload comes without a level, or a desk with one.
    pub async fn add_webhook(
        &self,
        id: CaseloadId,
        level: Option<Level>,
        url: &str,
        allow_http: bool,
    ) -> Result<NewWebhook, AdminError> {
        let serves = if level.is_some() { CaseloadKind::Field } else { CaseloadKind::Desk };
        self.add_address((id, serves, level), url, allow_http).await
    }

    /// Adds an address to which checkpoints of all logs go, under the key of this caseload.
    ///
    /// # Errors
    /// As [`Self::add_webhook`].
    pub async fn add_auditor(&self, id: CaseloadId, url: &str, allow_http: bool) -> Result<NewWebhook, AdminError> {
        self.add_address((id, CaseloadKind::Field, None), url, allow_http).await
    }

    async fn add_address(
        &self,
        (id, serves, level): (CaseloadId, CaseloadKind, Option<Level>),
        url: &str,
        allow_http: bool,
    ) -> Result<NewWebhook, AdminError> {
        address::check(url, allow_http)?;
        let mut tx = self.write().await?;
        tx.hold_caseload(id).await?;
        let place = caseload::load(&mut tx, id).await?.ok_or_else(|| AdminError::NoCaseload(id.to_string()))?;
        if place.kind != serves {
            return Err(AdminError::NoDuty);
        }
        let new = Webhook {
            caseload: id,
            id: WebhookId::new(self.now(), self.app.random().id_bits()),
            level,
            url: url.to_owned(),
            secret: sign::secret(&**self.app.random()),
            before: None,
            added_at: self.now(),
        };
        webhook::insert(&mut tx, &mut self.app.flow().keys(), &new).await?;
        tx.commit().await?;
        Ok(NewWebhook { id: new.id, secret: sign::shown(&new.secret) })
    }

    /// Every address, and how deliveries to it stand.
    ///
    /// # Errors
    /// The database.
    pub async fn webhooks(&self) -> Result<Vec<Stands>, AdminError> {
        let mut tx = self.app.db().read().await?;
        let mut keys = self.app.flow().keys();
        let mut found = Vec::new();
        for caseload in caseload::every(&mut tx).await? {
            for webhook in webhook::standing(&mut tx, &mut keys, caseload.id).await? {
                let mut counts = [0; 3];
                for (count, state) in counts.iter_mut().zip(DeliveryState::ALL) {
                    *count = delivery::count(&mut tx, (caseload.id, webhook.id), state).await?;
                }
                found.push(Stands { webhook, counts });
            }
        }
        Ok(found)
    }

    async fn webhook(&self, id: WebhookId) -> Result<Webhook, AdminError> {
        let found = self.webhooks().await?.into_iter().map(|stands| stands.webhook).find(|webhook| webhook.id == id);
        found.ok_or_else(|| AdminError::NoWebhook(id.to_string()))
    }

    /// Gives an address another secret. The one before signs beside it for `overlap` more, so that its receiver can be
    /// told in peace.
    ///
    /// # Errors
    /// [`AdminError::NoWebhook`]
    pub async fn rotate_webhook(&self, id: WebhookId, overlap: Span) -> Result<NewWebhook, AdminError> {
        let place = self.webhook(id).await?.caseload;
        let mut tx = self.write().await?;
        let (mut keys, now) = (self.app.flow().keys(), self.now());
        let known = webhook::one(&mut tx, &mut keys, place, id).await?;
        let known = known.ok_or_else(|| AdminError::NoWebhook(id.to_string()))?;
        let (secret, before) = (sign::secret(&**self.app.random()), Some((known.secret, now + overlap)));
        let rotated = Webhook { secret, before, ..known };
        webhook::reseal(&mut tx, &mut keys, &rotated).await?;
        tx.commit().await?;
        Ok(NewWebhook { id, secret: sign::shown(&rotated.secret) })
    }

    /// Removes an address. What was still to go there is dead.
    ///
    /// # Errors
    /// [`AdminError::NoWebhook`]
    pub async fn remove_webhook(&self, id: WebhookId) -> Result<u64, AdminError> {
        let webhook = self.webhook(id).await?;
        let mut tx = self.write().await?;
        webhook::remove(&mut tx, webhook.caseload, id, self.now()).await?;
        let gone = Problem::Removed.code();
        let stopped = delivery::stop(&mut tx, (webhook.caseload, id), self.now(), &gone).await?;
        tx.commit().await?;
        Ok(stopped)
    }

    /// Sends a trial to an address now. How it stands after one attempt; what is older goes first.
    ///
    /// # Errors
    /// [`AdminError::NoWebhook`]
    pub async fn try_webhook(&self, id: WebhookId) -> Result<Option<Delivery>, AdminError> {
        let webhook = self.webhook(id).await?;
        let mut tx = self.write().await?;
        tx.hold_caseload(webhook.caseload).await?;
        let (mut keys, now) = (self.app.flow().keys(), self.now());
        let trial = deliver::enqueue(&mut tx, &mut keys, &webhook, now, &message::trial(now)).await?;
        tx.commit().await?;
        Ok(deliver::deliver_one(self.app, (webhook.caseload, id), trial).await?)
    }

    /// Deliveries of a caseload or desk that stand so, oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn deliveries(&self, id: CaseloadId, state: DeliveryState) -> Result<Vec<Delivery>, AdminError> {
        let mut tx = self.app.db().read().await?;
        Ok(delivery::list(&mut tx, &mut self.app.flow().keys(), id, state, LISTED).await?)
    }

    /// Has a dead delivery tried again, under the id that it always had. Whether it was dead, and its address is there.
    ///
    /// # Errors
    /// The database.
    pub async fn replay(&self, id: CaseloadId, dead: DeliveryId) -> Result<bool, AdminError> {
        let mut tx = self.write().await?;
        let replayed = delivery::replay(&mut tx, id, dead, self.now()).await?;
        tx.commit().await?;
        Ok(replayed)
    }
}
