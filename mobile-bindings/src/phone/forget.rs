//! Forgetting: a caseload that was left, or everything, when the phone was revoked. What the server does not have yet is
//! sealed to its key first, drafts too, and goes up as parcels: the work is not lost, and whoever holds the phone cannot
//! read it.

use sync_core::event::{Event, EventBody};
use sync_core::form::Made;
use sync_core::id::{CaseloadId, EntityId, EventId};
use sync_core::phone::outbox::{Item, Standing};
use sync_core::relay::{Carried, ParcelItem, pack};
use sync_core::submission::{Part, Submission};
use sync_core::time::Hlc;

use super::device::Device;
use super::draft::Draft;
use super::relay::Bag;
use super::{Caseload, DEVICE, Inner, Phone, index::Index, policy};
use crate::error::StoreError;
use crate::record;
use crate::store::{Changes, Key, Space};

impl Phone {
    /// The phone was revoked and has forgotten its files. What it wrote is sent, or goes with the next sync; it can be
    /// enrolled again after that.
    #[must_use]
    pub fn is_wiped(&self) -> bool {
        self.lock().session.wiped
    }
}

impl Inner {
    /// Seals the outbox and the drafts of a caseload that was left. They stay, as what only the server can open, until
    /// it has them.
    pub(super) fn seal_outbox(&self, caseload: &mut Caseload, changes: &mut Changes) -> Result<(), StoreError> {
        self.seal_drafts(caseload, |_| true, changes)?;
        self.seal_items(caseload, |_| true);
        Ok(())
    }

    /// Puts the drafts that are meant into the outbox, sealed.
    pub(super) fn seal_drafts(
        &self,
        caseload: &mut Caseload,
        meant: impl Fn(&Draft) -> bool,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let Some(enrolled) = &self.device.enrolled else { return Ok(()) };
        let Some(server) = enrolled.sealing_key() else { return Ok(()) };
        let id = caseload.id();
        for draft in self.drafts_of(id)?.into_iter().filter(meant) {
            let item = self.unfinished(&draft, caseload.outbox.next_number());
            let packed = vec![item.packable(id, true)];
            let fresh = || self.environment.bytes();
            let parcels = pack(enrolled.device, packed, &server, self.device.signer(), fresh);
            let Some(bytes) = parcels.and_then(|mut parcels| parcels.pop()) else { continue };
            caseload.outbox.add(Item { bytes, sealed: true, ..item });
            changes.remove(Key::single(Space::Draft, draft.id.bytes()));
        }
        Ok(())
    }

    /// Seals the items of the outbox that are meant.
    pub(super) fn seal_items(&self, caseload: &mut Caseload, meant: impl Fn(&Item) -> bool) {
        let Some(enrolled) = &self.device.enrolled else { return };
        let Some(server) = enrolled.sealing_key() else { return };
        let (id, device) = (caseload.id(), enrolled.device);
        caseload
            .outbox
            .seal(meant, |item| item.parcel(id, device, &server, self.device.signer(), self.environment.bytes()));
    }

    /// The server says that this phone was revoked. First everything becomes parcels and the files are forgotten, in one
    /// step; when the parcels are delivered, the rest goes too.
    pub(super) fn wipe(&mut self) -> Result<(), StoreError> {
        if !self.session.wiped {
            return match self.everything_sealed()? {
                Some(bag) => self.start_over(self.device.clone(), bag),
                // Nothing can be sealed to the server's key. The lease locks the files, and the outbox stays.
                None => Ok(()),
            };
        }
        if self.bag.is_delivered() && self.device.enrolled.is_some() {
            // A new key: the old one is good for nothing any more.
            return self.start_over(Device::new(&self.environment), Bag::default());
        }
        Ok(())
    }

    /// What the server does not have, as parcels; with what is carried for others. `None` when it cannot be sealed.
    fn everything_sealed(&self) -> Result<Option<Bag>, StoreError> {
        let Some(enrolled) = &self.device.enrolled else { return Ok(None) };
        let Some(server) = enrolled.sealing_key() else { return Ok(None) };
        let mut items: Vec<ParcelItem> = Vec::new();
        for caseload in self.caseloads.values() {
            items.extend(caseload.outbox.to_pack(caseload.id()));
            for (draft, number) in self.drafts_of(caseload.id())?.iter().zip(caseload.outbox.next_number()..) {
                items.push(self.unfinished(draft, number).packable(caseload.id(), true));
            }
        }
        let fresh = || self.environment.bytes();
        let Some(packed) = pack(enrolled.device, items, &server, self.device.signer(), fresh) else {
            return Ok(None);
        };
        let mut bag = self.bag.clone();
        for parcel in packed.into_iter().chain(self.own_parcels().map(<[u8]>::to_vec)) {
            let carried = Carried::new(parcel, enrolled.device, self.now(), self.device.signer());
            let Some(carried) = carried else { return Ok(None) };
            bag.add(carried);
        }
        Ok(Some(bag))
    }

    fn start_over(&mut self, device: Device, bag: Bag) -> Result<(), StoreError> {
        let session = self.session.revoked();
        let mut keep = Changes::default();
        record::put(&mut keep, Key::single(Space::Setting, DEVICE), &device);
        session.put(&mut keep);
        bag.put(&Bag::default(), &mut keep);
        Self::put_scrub(&mut keep);
        self.store.wipe(&keep)?;
        self.device = device;
        self.session = session;
        self.bag = bag;
        self.clock = Hlc::default();
        self.notices = 0;
        self.caseloads.clear();
        self.index = Index::default();
        self.policy = policy::Held::default();
        self.scrub()
    }

    fn drafts_of(&self, caseload: CaseloadId) -> Result<Vec<Draft>, StoreError> {
        let mut drafts = Vec::new();
        for (_, bytes) in self.store.scan(Space::Draft)? {
            drafts.push(record::decoded::<Draft>(&bytes)?);
        }
        drafts.retain(|draft| draft.caseload == caseload);
        drafts.sort_by_key(|draft| draft.id);
        Ok(drafts)
    }

    /// A draft as a submission that is held: complete, as what it would have become; else as the form that it is, for a
    /// person to read.
    fn unfinished(&self, draft: &Draft, number: u64) -> Item {
        let circumstances = self.circumstances(draft);
        let seen = self.seen(&draft.form);
        let made = seen.ok().and_then(|seen| draft.form.finish(&seen, &circumstances).ok());
        let (parts, subject, event) = match made {
            Some(Made { parts, subject, event, .. }) => (parts, subject, event),
            None => {
                let event = form_event(draft, circumstances.now, circumstances.policy);
                (vec![Part::event(&event)], event.subject, Some(event.id))
            }
        };
        let at = Hlc { wall: draft.changed_at, counter: 0 };
        let submission = Submission { id: draft.id, caseload: draft.caseload, number, at, parts };
        Item {
            number,
            submission: draft.id,
            bytes: submission.encode(),
            standing: Standing::Waiting,
            confirmed: false,
            stored_at: None,
            finished_at: draft.changed_at,
            subject,
            event,
            sealed: false,
            sent: false,
        }
    }
}

/// The kind of an event that holds a form which nobody finished. No version knows it as an event, so it never merges.
const DRAFT: &str = "draft";

fn form_event(draft: &Draft, now: sync_core::time::Timestamp, policy: u32) -> Event {
    let new = || EntityId::derived(DRAFT, &[draft.id.bytes()]);
    let bytes = minicbor::to_vec(&draft.form).unwrap_or_default();
    Event {
        id: EventId::derived(DRAFT, &[draft.id.bytes()]),
        subject: draft.form.about().first().copied().unwrap_or_else(new),
        programme: draft.programme.clone(),
        policy,
        start: draft.started_at,
        end: draft.changed_at.min(now),
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body: EventBody::Unknown { kind: DRAFT.to_owned(), bytes },
    }
}
