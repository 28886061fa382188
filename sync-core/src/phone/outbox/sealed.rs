//! Items that this phone may not read any more: sealed to the server, and sent as parcels.

use super::{Item, Outbox, Standing};
use crate::id::{CaseloadId, DeviceId};
use crate::relay::{ParcelItem, pack};
use crate::submission::Digest;
use crate::time::Timestamp;
use crate::wire::{Raw, Signer};

impl Outbox {
    /// Seals every item that is `meant` by `seal`, which makes a parcel of it. False, and nothing is changed, when it
    /// cannot.
    pub fn seal(&mut self, meant: impl Fn(&Item) -> bool, mut seal: impl FnMut(&Item) -> Option<Vec<u8>>) -> bool {
        let mut sealed = self.items.clone();
        for item in sealed.values_mut().filter(|item| !item.sealed && meant(item)) {
            let Some(parcel) = seal(item) else { return false };
            (item.bytes, item.sealed) = (parcel, true);
        }
        self.items = sealed;
        true
    }

    /// Why somebody decided against items that are `meant` is forgotten, and told in other words: it may speak of whom they
    /// were about.
    pub fn forget_reasons(&mut self, meant: impl Fn(&Item) -> bool, words: &str) {
        for item in self.items.values_mut().filter(|item| meant(item)) {
            if let Standing::Rejected { reason } = &mut item.standing {
                words.clone_into(reason);
            }
        }
    }

    /// The parcels of sealed items that the server has not stored yet.
    pub fn parcels(&self) -> impl Iterator<Item = &[u8]> {
        let waiting = self.items.values().filter(|item| item.sealed && item.standing == Standing::Waiting);
        waiting.map(|item| item.bytes.as_slice())
    }

    /// The server has stored the content of this parcel; true when it is of one of the items.
    pub fn delivered(&mut self, parcel: Digest, now: Timestamp) -> bool {
        let waiting = self.items.values_mut().filter(|item| item.sealed && item.standing == Standing::Waiting);
        let mut found = false;
        for item in waiting.filter(|item| Digest::of(&item.bytes) == parcel) {
            item.stored_at.get_or_insert(now);
            item.standing = Standing::Stored;
            found = true;
        }
        found
    }

    /// What is not stored yet and can still be packed, in order.
    pub fn to_pack(&self, caseload: CaseloadId) -> impl Iterator<Item = ParcelItem> {
        self.items.values().filter(|item| item.is_to_be_sent()).map(move |item| item.packable(caseload, false))
    }
}

impl Item {
    /// This item as it goes into a parcel.
    #[must_use]
    pub fn packable(&self, caseload: CaseloadId, draft: bool) -> ParcelItem {
        ParcelItem { caseload, number: self.number, bytes: Raw(self.bytes.clone()), draft }
    }

    /// A parcel of its own for this item; `None` when it cannot be made.
    #[must_use]
    pub fn parcel(
        &self,
        caseload: CaseloadId,
        device: DeviceId,
        server: &[u8; 32],
        signer: impl Signer,
        fresh: [u8; 32],
    ) -> Option<Vec<u8>> {
        pack(device, vec![self.packable(caseload, false)], server, signer, || fresh)?.pop()
    }
}
