//! Parcels that a phone carried: opened, proven to be their author's, and taken in as what the author's own phone would
//! have sent. Whatever the author may by now is asked of the database again; a lost phone's work merges only if somebody
//! in good standing carried it before it was lost.

use ed25519_dalek::VerifyingKey;
use sync_core::admit::Standing as ToCaseload;
use sync_core::id::{CaseloadId, DeviceId};
use sync_core::log::Carrier;
use sync_core::relay::{Carried, Opened, ParcelError, ParcelItem};
use sync_core::submission::{Digest, Submission};
use sync_core::time::Timestamp;
use sync_core::wire::{Item, Refused, RefusedCode, Relay};

use super::{Sync, Visit};
use crate::app::App;
use crate::auth::device_door::Guest;
use crate::db::ATTEMPTS;
use crate::db::device::{self, Device};
use crate::db::{Tx, person, submission};
use crate::flow::FlowError;
use crate::flow::intake::{From, Intake};

/// What became of a parcel.
enum Delivery {
    /// In the log, by caseload; the author may be the carrier itself.
    Taken { author: DeviceId, intakes: Vec<(CaseloadId, Intake)> },
    /// Not taken in, for good.
    Refused(RefusedCode),
}

impl Sync {
    /// Commits parcels, one by one.
    pub(super) async fn relay(&mut self, relay: Relay) {
        let Some(visit) = &mut self.visit else { return };
        for carried in relay.parcels {
            let parcel = carried.digest();
            match deliver(&self.app, visit, &carried).await {
                Ok(Delivery::Taken { author, intakes }) => {
                    visit.delivered.stored.push(parcel);
                    // Only the author learns what became of it.
                    let own = author == visit.guest.device;
                    intakes.into_iter().filter(|_| own).for_each(|(caseload, intake)| visit.took_in(caseload, intake));
                }
                Ok(Delivery::Refused(code)) => {
                    tracing::warn!(carrier = %visit.guest.device, %code, "a parcel was refused");
                    visit.delivered.refused.push(Refused { parcel, code });
                }
                Err(error) => {
                    self.fails(&error, "a parcel was not taken in");
                    return;
                }
            }
        }
    }
}

/// One transaction, done again when the database gave it up for the sake of another one.
async fn deliver(app: &App, visit: &Visit, carried: &Carried) -> Result<Delivery, FlowError> {
    for _ in 1..ATTEMPTS {
        let delivered = deliver_once(app, visit, carried).await;
        if !delivered.as_ref().is_err_and(FlowError::is_surprise) {
            return delivered;
        }
    }
    deliver_once(app, visit, carried).await
}

async fn deliver_once(app: &App, visit: &Visit, carried: &Carried) -> Result<Delivery, FlowError> {
    let opened = match Opened::open(&carried.parcel.0, &app.auth().keys.opener()) {
        Ok(opened) => opened,
        Err(error) => return Ok(Delivery::Refused(code(error))),
    };
    let now = app.clock().now();
    let mut tx = app.db().write().await?;
    let Some(author) = device::by_id(&mut tx, opened.device()).await? else {
        return Ok(Delivery::Refused(RefusedCode::NotSigned));
    };
    let items = VerifyingKey::from_bytes(&author.public_key).map_err(|_| ParcelError::NotSigned);
    let items = match items.and_then(|key| opened.verified(&key)) {
        Ok(items) => items,
        Err(error) => return Ok(Delivery::Refused(code(error))),
    };
    let vouched = vouched_for(&mut tx, visit, carried).await?;
    let Guest { device, person, .. } = visit.guest;
    let carrier = (device != author.id).then_some(Carrier { device, person, taken_at: vouched });
    let disabled = person::by_id(&mut tx, author.person).await?.is_none_or(|person| person.disabled_at.is_some());
    let revoked = disabled || author.suspended_at.is_some() || is_lost(&author, vouched);

    let mut intakes = Vec::new();
    for run in items.chunk_by(|a, b| (a.caseload, a.draft) == (b.caseload, b.draft)) {
        let Some(ParcelItem { caseload, draft, .. }) = run.first() else { continue };
        // A caseload that the author never had anything to do with is not there for them.
        let Some(membership) = person::member(&mut tx, *caseload, author.person).await? else { continue };
        let standing = ToCaseload {
            role: membership.role,
            // What nobody finished does not merge by itself.
            member: membership.left_at.is_none() && !draft,
            revoked,
            clock_offset_ms: 0,
        };
        let mut fitting = Vec::new();
        for item in run {
            fitting.extend(fit(&mut tx, author.id, item).await?);
        }
        let from = From { device: author.id, person: author.person, standing, carrier };
        for item in fitting {
            // Each on its own: the number of the next one may depend on this one.
            intakes.push((*caseload, app.flow().take_in(&mut tx, *caseload, from, now, &[item]).await?));
        }
    }
    tx.commit().await?;
    Ok(Delivery::Taken { author: author.id, intakes })
}

/// When somebody in good standing took the parcel, by the server's clock as far as the carrier's is known from this sync. A
/// phone that was revoked is in no good standing, so it cannot vouch for itself.
async fn vouched_for(tx: &mut Tx, visit: &Visit, carried: &Carried) -> Result<Option<Timestamp>, FlowError> {
    if carried.carrier != visit.guest.device {
        return Ok(None);
    }
    let Some(carrier) = device::by_id(tx, carried.carrier).await? else { return Ok(None) };
    let disabled = person::by_id(tx, carrier.person).await?.is_none_or(|person| person.disabled_at.is_some());
    let key = VerifyingKey::from_bytes(&carrier.public_key);
    let countersigned = key.is_ok_and(|key| carried.is_countersigned(&key));
    let good = carrier.revoked_at.is_none() && carrier.suspended_at.is_none() && !disabled && countersigned;
    let at = carried.at - (visit.hello.now - visit.arrived);
    Ok(Some(at).filter(|at| good && *at <= visit.arrived))
}

/// Whether the author's phone may have been in other hands when this left it.
fn is_lost(author: &Device, vouched: Option<Timestamp>) -> bool {
    let Some(revoked_at) = author.revoked_at else { return false };
    let lost_since = author.lost_since.unwrap_or(revoked_at);
    vouched.is_none_or(|at| at >= lost_since)
}

/// The item as the author's outbox holds it. A number that came with other content before belongs to a phone that was
/// restored from a copy; it may never come to renumber what is in this parcel, so it gets the next number here.
async fn fit(tx: &mut Tx, author: DeviceId, item: &ParcelItem) -> Result<Option<Item>, FlowError> {
    let ParcelItem { caseload, number, bytes, .. } = item;
    let as_sent = Item::Submission { number: *number, bytes: bytes.clone() };
    let known = submission::by_number(tx, *caseload, author, *number).await?;
    if known.is_none_or(|known| known.digest == Digest::of(&bytes.0)) {
        return Ok(Some(as_sent));
    }
    let Ok(content) = minicbor::decode::<Submission>(&bytes.0) else { return Ok(Some(as_sent)) };
    if let Some(known) = submission::by_id(tx, *caseload, content.id).await? {
        // Here already, under another number.
        let before = Submission { number: known.number, ..content };
        let same = known.device == author && before.digest() == known.digest;
        return Ok((!same).then_some(as_sent));
    }
    let number = submission::next_number(tx, *caseload, author).await?;
    let bytes = sync_core::wire::Raw(Submission { number, ..content }.encode());
    Ok(Some(Item::Submission { number, bytes }))
}

fn code(error: ParcelError) -> RefusedCode {
    match error {
        ParcelError::DoesNotOpen => RefusedCode::DoesNotOpen,
        ParcelError::Malformed => RefusedCode::Malformed,
        ParcelError::NotSigned => RefusedCode::NotSigned,
    }
}
