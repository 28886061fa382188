//! What a request says: who calls, how far it is, and the outbox.

use sync_core::id::RequestId;
use sync_core::phone::outbox::Item;
use sync_core::wire::{Batch, Cursor, Deflate, NEWEST_DICTIONARY, Relay, Secret, UpEnd, UpHello, UpWriter, WireError};

use super::super::{Inner, Phone};
use super::Request;
use crate::error::{PhoneError, StoreError};
use crate::store::Changes;

/// Where sync goes.
const PATH: &str = "/v1/sync";
/// What it is.
const CONTENT_TYPE: &str = "application/vnd.doorstep.sync";
/// Bytes of the outbox in one request, when the host does not say.
const UPLOAD_BYTES: usize = 256 * 1024;
/// For the list of devices.
const SOFTWARE: &str = concat!("doorstep-mobile ", env!("CARGO_PKG_VERSION"));

impl Phone {
    /// The next request, whenever a sync is due and while [`Phone::on_response`] says `More`. `None` before the phone is
    /// enrolled, and while it backs off. An answer counts for the last request only; when it is lost, nothing is.
    ///
    /// # Errors
    /// [`PhoneError::Store`]
    pub fn next_request(&self) -> Result<Option<Request>, PhoneError> {
        if self.backs_off_until().is_some() {
            return Ok(None);
        }
        self.next_request_within(UPLOAD_BYTES)
    }

    /// As [`Self::next_request`], with about this many bytes of the outbox, and whether or not it backs off: the caller
    /// asks [`Phone::backs_off_until`] first.
    ///
    /// # Errors
    /// As [`Self::next_request`].
    pub fn next_request_within(&self, upload_bytes: usize) -> Result<Option<Request>, PhoneError> {
        let mut inner = self.lock();
        let request = RequestId::new(inner.now(), inner.environment.id_random());
        let Some(hello) = inner.hello(request) else { return Ok(None) };
        let body = inner.body(&hello, upload_bytes).map_err(|_| PhoneError::TooLarge)?;
        let mut session = inner.session.clone();
        session.request = Some(request);
        let mut changes = Changes::default();
        session.put(&mut changes);
        inner.mark_sent(changes)?;
        inner.session = session;
        Ok(Some(Request { path: PATH.to_owned(), content_type: CONTENT_TYPE.to_owned(), body }))
    }
}

impl Inner {
    /// Whatever waits may have been seen by somebody else from now on; in one step with `changes`.
    pub(in crate::phone) fn mark_sent(&mut self, mut changes: Changes) -> Result<(), StoreError> {
        let mut marked = Vec::new();
        for caseload in self.caseloads.values().filter(|caseload| caseload.outbox.items().any(Item::is_unsent)) {
            let mut caseload = caseload.clone();
            let before = caseload.outbox.clone();
            caseload.outbox.mark_sent();
            caseload.put_outbox(&before, &mut changes);
            marked.push(caseload);
        }
        self.store.apply(&changes)?;
        self.caseloads.extend(marked.into_iter().map(|caseload| (caseload.id(), caseload)));
        Ok(())
    }

    fn hello(&self, request: RequestId) -> Option<UpHello> {
        let enrolled = self.device.enrolled.as_ref()?;
        let now = self.now();
        let cursor = |caseload: &super::super::Caseload| {
            let position = caseload.position();
            Cursor { caseload: caseload.id(), epoch: position.epoch, seq: position.seq, sanity: position.sanity }
        };
        Some(UpHello {
            device: enrolled.device,
            install: self.device.install,
            request,
            now,
            software: SOFTWARE.to_owned(),
            // The server looks at the secret only when the token is not good: its clock decides, not this one.
            access: self.session.good_access(now).cloned().map(Secret),
            refresh: self.session.refresh.clone().map(Secret),
            cursors: self.caseloads.values().filter(|caseload| !caseload.left()).map(cursor).collect(),
            policy: self.policy.version(),
            want_download: true,
            frame_bytes: Some(self.session.frame().bytes()),
            dictionary: NEWEST_DICTIONARY,
        })
    }

    fn body(&self, hello: &UpHello, upload_bytes: usize) -> Result<Vec<u8>, WireError> {
        let mut writer = UpWriter::new(hello, self.device.signer())?
            .frames_of(self.session.frame())
            .dictionary(self.session.dictionary)
            .compressed_by(Box::new(Deflate));
        let (mut left, mut more) = (upload_bytes, false);
        for caseload in self.caseloads.values() {
            if left == 0 {
                more |= !caseload.outbox.to_send(0).0.is_empty();
                continue;
            }
            let (items, rest) = caseload.outbox.to_send(left);
            more |= rest;
            if items.is_empty() {
                continue;
            }
            let batch = Batch { caseload: caseload.id(), items };
            let size = caseload.outbox.items().map(|item| item.bytes.len()).sum::<usize>();
            left = if rest { 0 } else { left.saturating_sub(size) };
            more |= !writer.batch(&batch)?;
        }
        // After what this phone may read, and at least one: whoever carries much still brings some of it home.
        let (parcels, rest) = self.parcels_to_send(left);
        more |= rest;
        if !parcels.is_empty() {
            more |= !writer.relay(&Relay { parcels })?;
        }
        writer.finish(&UpEnd { more })
    }
}
