//! Relay: a phone without a network hands its unsent forms to one that will have it sooner. Neither the carrier nor
//! whoever finds the carrier's phone can read them.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use sync_core::limits;
use sync_core::relay::{Carried, bundle, pack};
use sync_core::submission::Digest;
use sync_core::time::{Span, Timestamp};
use sync_core::wire::Delivered;

use super::{Caseload, Inner, Phone};
use crate::error::{PhoneError, StoreError};
use crate::record;
use crate::store::{Changes, Key, Space, Store};

/// How long a delivered parcel is kept, for a server that is restored from before.
const KEPT: Span = Span::days(35);

/// A parcel on this phone.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Kept {
    #[n(0)]
    carried: Carried,
    #[n(1)]
    delivered_at: Option<Timestamp>,
    /// The server will not take it in.
    #[cbor(n(2), default)]
    refused: bool,
}

/// The parcels that this phone carries.
#[derive(Clone, Default)]
pub(super) struct Bag(BTreeMap<Digest, Kept>);

impl Bag {
    pub(super) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let mut bag = BTreeMap::new();
        for (_, bytes) in store.scan(Space::Relay)? {
            let kept: Kept = record::decoded(&bytes)?;
            bag.insert(kept.carried.digest(), kept);
        }
        Ok(Self(bag))
    }

    /// What the server has not said anything of.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Carried> {
        self.0.values().filter(|kept| kept.delivered_at.is_none() && !kept.refused).map(|kept| &kept.carried)
    }

    /// Whether the server has everything that is in it.
    pub(super) fn is_delivered(&self) -> bool {
        self.0.values().all(|kept| kept.delivered_at.is_some())
    }

    /// Takes a parcel; the first time that it was taken counts. True when it is new.
    pub(super) fn add(&mut self, carried: Carried) -> bool {
        let digest = carried.digest();
        let new = !self.0.contains_key(&digest);
        self.0.entry(digest).or_insert(Kept { carried, delivered_at: None, refused: false });
        new
    }

    /// The server was restored: it may lack what it had.
    pub(super) fn carry_again(&mut self) {
        self.0.values_mut().for_each(|kept| kept.delivered_at = None);
    }

    fn bytes(&self) -> usize {
        self.0.values().map(|kept| kept.carried.parcel.0.len()).sum()
    }

    fn take_delivered(&mut self, delivered: &Delivered, now: Timestamp) {
        for digest in &delivered.stored {
            if let Some(kept) = self.0.get_mut(digest) {
                kept.delivered_at.get_or_insert(now);
            }
        }
        for refused in &delivered.refused {
            if let Some(kept) = self.0.get_mut(&refused.parcel) {
                kept.refused = true;
            }
        }
        self.0.retain(|_, kept| kept.delivered_at.is_none_or(|at| now - at <= KEPT));
    }

    /// Writes what differs from the bag `before`.
    pub(super) fn put(&self, before: &Self, changes: &mut Changes) {
        let key = |Digest(digest): &Digest| Key::single(Space::Relay, digest);
        for digest in before.0.keys().filter(|digest| !self.0.contains_key(digest)) {
            changes.remove(key(digest));
        }
        for (digest, kept) in self.0.iter().filter(|(digest, kept)| before.0.get(digest) != Some(kept)) {
            record::put(changes, key(digest), kept);
        }
    }
}

impl Phone {
    /// What is not sent yet, for a colleague's phone to carry: sealed, so that only the server can read it. It stays in
    /// the outbox here; whichever way it comes first counts, once. Empty when nothing waits.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn export_relay(&self) -> Result<Vec<u8>, PhoneError> {
        let mut inner = self.lock();
        inner.mark_sent(Changes::default())?;
        let enrolled = inner.device.enrolled.as_ref().ok_or(PhoneError::NotEnrolled)?;
        let items = inner.caseloads.values().flat_map(|caseload| caseload.outbox.to_pack(caseload.id())).collect();
        let key = enrolled.sealing_key().ok_or(PhoneError::NoSeal)?;
        let fresh = || inner.environment.bytes();
        let packed = pack(enrolled.device, items, &key, inner.device.signer(), fresh);
        let mut parcels = packed.ok_or(PhoneError::NoSeal)?;
        parcels.extend(inner.own_parcels().map(<[u8]>::to_vec));
        if inner.session.wiped {
            // Nothing else is left of what it wrote: somebody else may bring it home.
            parcels.extend(inner.bag.waiting().map(|carried| carried.parcel.0.clone()));
        }
        Ok(if parcels.is_empty() { Vec::new() } else { bundle::bundle(parcels) })
    }

    /// Takes what a colleague's phone handed over, and will upload it with the next sync. Says how many parcels are new.
    ///
    /// # Errors
    /// [`PhoneError::BadRelay`] when it is nothing that can be carried, or too much; [`PhoneError`]
    pub fn carry(&self, handed: &[u8]) -> Result<u32, PhoneError> {
        let mut inner = self.lock();
        let carrier = inner.device.enrolled.as_ref().ok_or(PhoneError::NotEnrolled)?.device;
        let parcels = bundle::parcels(handed).ok_or(PhoneError::BadRelay)?;
        let (now, mut bag, mut new) = (inner.now(), inner.bag.clone(), 0);
        for parcel in parcels {
            let carried = Carried::new(parcel, carrier, now, inner.device.signer()).ok_or(PhoneError::BadRelay)?;
            new += u32::from(bag.add(carried));
        }
        if bag.bytes() > limits::BUNDLE_BYTES {
            return Err(PhoneError::BadRelay);
        }
        inner.keep_bag(bag)?;
        Ok(new)
    }
}

impl Inner {
    /// Parcels of what this phone wrote and may not read any more.
    pub(super) fn own_parcels(&self) -> impl Iterator<Item = &[u8]> {
        self.caseloads.values().flat_map(|caseload| caseload.outbox.parcels())
    }

    /// What goes up as parcels, of about `bytes` but at least one; and whether more is waiting.
    pub(super) fn parcels_to_send(&self, bytes: usize) -> (Vec<Carried>, bool) {
        let device = self.device.enrolled.as_ref().map(|enrolled| enrolled.device);
        let own = self.own_parcels().filter_map(|parcel| {
            let parcel = parcel.to_vec();
            Carried::new(parcel, device?, self.now(), self.device.signer())
        });
        let (mut parcels, mut size) = (Vec::new(), 0);
        for carried in own.chain(self.bag.waiting().cloned()) {
            let weight = carried.parcel.0.len();
            if size > 0 && size + weight > bytes {
                return (parcels, true);
            }
            size += weight;
            parcels.push(carried);
        }
        (parcels, false)
    }

    /// Takes in what became of parcels; true when something did.
    pub(super) fn take_delivered(&mut self, delivered: &Delivered) -> Result<bool, StoreError> {
        let now = self.now();
        let mut bag = self.bag.clone();
        bag.take_delivered(delivered, now);
        let mut changes = Changes::default();
        bag.put(&self.bag, &mut changes);
        let mut changed: Vec<Caseload> = Vec::new();
        for caseload in self.caseloads.values() {
            let mut caseload = caseload.clone();
            let before = caseload.outbox.clone();
            for parcel in &delivered.stored {
                caseload.outbox.delivered(*parcel, now);
            }
            if caseload.outbox != before {
                caseload.put_outbox(&before, &mut changes);
                changed.push(caseload);
            }
        }
        self.store.apply(&changes)?;
        self.bag = bag;
        self.caseloads.extend(changed.into_iter().map(|caseload| (caseload.id(), caseload)));
        Ok(!changes.is_empty())
    }

    fn keep_bag(&mut self, bag: Bag) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        bag.put(&self.bag, &mut changes);
        self.store.apply(&changes)?;
        self.bag = bag;
        Ok(())
    }
}
