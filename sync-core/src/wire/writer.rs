//! The sending ends: messages in, bytes out.

use minicbor::Encode;

use crate::id::RequestId;
use crate::submission::encoded;

use super::codec::Compression;
use super::down::{self, Down, DownEnd, DownHello, Entries, PolicyFiles};
use super::error::WireError;
use super::frame;
use super::outbound::Outbound;
use super::seal::{Chain, SignatureBytes, Signer};
use super::size::{FrameSize, runs};
use super::up::{self, Batch, Relay, UpEnd, UpHello};
use crate::relay::Carried;

/// Writes a request on the phone.
pub struct UpWriter<S> {
    out: Outbound,
    signer: S,
}

/// Writes an answer on the server.
pub struct DownWriter {
    out: Outbound,
}

impl<S: Signer> UpWriter<S> {
    /// Begins a request.
    ///
    /// # Errors
    /// [`WireError::NotSigned`] when the key store does not sign; [`WireError::Oversized`] for a hello over a limit.
    pub fn new(hello: &UpHello, signer: S) -> Result<Self, WireError> {
        let mut writer = Self { out: Outbound::new(&frame::UP, &[], Chain::SIGNATURE), signer };
        writer.write(up::HELLO, hello)?;
        Ok(writer)
    }

    /// Frames of this size from now on.
    #[must_use]
    pub fn frames_of(mut self, size: FrameSize) -> Self {
        self.out.set_size(size);
        self
    }

    /// Compresses with the newest dictionary that both sides know: what [`DownHello::dictionary`] last said.
    #[must_use]
    pub fn dictionary(mut self, theirs: u8) -> Self {
        self.out.set_dictionary(theirs);
        self
    }

    /// Compresses with this from now on.
    #[must_use]
    pub fn compressed_by(mut self, compression: Box<dyn Compression + Send>) -> Self {
        self.out.set_compression(compression);
        self
    }

    /// Writes a stretch of the outbox in as many frames as it takes. False when the request is full: then
    /// [`Self::finish`] it and send the rest with the next.
    ///
    /// # Errors
    /// [`WireError::Oversized`] for an item that fits no frame; [`WireError::NotSigned`].
    pub fn batch(&mut self, batch: &Batch) -> Result<bool, WireError> {
        for items in runs(&batch.items, self.out.target(), up::Item::weight) {
            let part = Batch { caseload: batch.caseload, items: items.to_vec() };
            if !self.write(up::BATCH, &part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Writes parcels in as many frames as it takes. False when the request is full.
    ///
    /// # Errors
    /// [`WireError::Oversized`] for a parcel that fits no frame; [`WireError::NotSigned`].
    pub fn relay(&mut self, relay: &Relay) -> Result<bool, WireError> {
        for parcels in runs(&relay.parcels, self.out.target(), Carried::weight) {
            if !self.write(up::RELAY, &Relay { parcels: parcels.to_vec() })? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The bytes so far, to send them while more are written.
    pub fn take(&mut self) -> Vec<u8> {
        self.out.take()
    }

    /// Ends the request and gives the bytes that were not taken.
    ///
    /// # Errors
    /// [`WireError::NotSigned`].
    pub fn finish(mut self, end: &UpEnd) -> Result<Vec<u8>, WireError> {
        self.write(up::END, end)?;
        Ok(self.out.take())
    }

    fn write<T: Encode<()>>(&mut self, kind: u8, message: &T) -> Result<bool, WireError> {
        // The hello is read before it is verified, so it must need no inflating.
        let (compress, last) = (kind != up::HELLO, kind == up::END);
        let signer = &mut self.signer;
        self.out.frame(kind, &encoded(message), compress, last, |chain| {
            let signature: SignatureBytes = signer.sign(&chain.signed())?;
            Ok(signature.to_vec())
        })
    }
}

impl DownWriter {
    /// Begins the answer to this request.
    ///
    /// # Errors
    /// [`WireError::Oversized`] for a hello over a limit.
    pub fn new(request: RequestId, hello: &DownHello) -> Result<Self, WireError> {
        let mut writer = Self { out: Outbound::new(&frame::DOWN, request.bytes(), Chain::DIGEST) };
        writer.write(down::HELLO, hello)?;
        Ok(writer)
    }

    /// Frames and dictionary as the phone's hello asks for.
    #[must_use]
    pub fn suiting(mut self, hello: &UpHello) -> Self {
        self.out.set_size(hello.frame_bytes.map_or(FrameSize::DEFAULT, FrameSize::new));
        self.out.set_dictionary(hello.dictionary);
        self
    }

    /// Compresses with this from now on.
    #[must_use]
    pub fn compressed_by(mut self, compression: Box<dyn Compression + Send>) -> Self {
        self.out.set_compression(compression);
        self
    }

    /// Writes a message; entries and policy files in as many frames as they take. False when the answer is full: then
    /// [`Self::finish`] it with `more`, and the phone asks again from the cursor that it reached.
    ///
    /// # Errors
    /// [`WireError::Oversized`] for a record that fits no frame; [`WireError::Malformed`] for a second hello or an end,
    /// which [`Self::new`] and [`Self::finish`] write.
    pub fn send(&mut self, message: &Down) -> Result<bool, WireError> {
        match message {
            Down::Acks(acks) => self.write(down::ACKS, acks),
            Down::Entries(entries) => self.entries(entries),
            Down::Policy(policy) => self.policy(policy),
            Down::Caseload(caseload) => self.write(down::CASELOAD, caseload),
            Down::Problem(problem) => self.write(down::PROBLEM, problem),
            Down::Delivered(delivered) => self.write(down::DELIVERED, delivered),
            Down::Hello(_) | Down::End(_) => Err(WireError::Malformed(self.out.frames())),
        }
    }

    /// The bytes written so far, taken or not: for a server that stops at a budget of its own.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.out.written()
    }

    /// The bytes so far, to send them while more are written.
    pub fn take(&mut self) -> Vec<u8> {
        self.out.take()
    }

    /// Ends the answer and gives the bytes that were not taken.
    ///
    /// # Errors
    /// None that a caller could cause: room for the end is always kept.
    pub fn finish(mut self, end: &DownEnd) -> Result<Vec<u8>, WireError> {
        self.write(down::END, end)?;
        Ok(self.out.take())
    }

    /// Cut into stretches that each stand on their own: a phone that got some of them asks for the rest.
    fn entries(&mut self, entries: &Entries) -> Result<bool, WireError> {
        let runs = runs(&entries.entries, self.out.target(), down::LogLine::weight);
        if runs.is_empty() {
            return self.write(down::ENTRIES, entries);
        }
        let (mut after, last) = (entries.after, runs.len() - 1);
        for (ix, run) in runs.into_iter().enumerate() {
            let whole = ix == last;
            let upto = if whole { entries.upto } else { run.last().map_or(after, |line| line.seq) };
            let sanity = entries.sanity.filter(|_| whole);
            let stretch = Entries { after, upto, sanity, entries: run.to_vec(), ..*entries };
            if !self.write(down::ENTRIES, &stretch)? {
                return Ok(false);
            }
            after = upto;
        }
        Ok(true)
    }

    fn policy(&mut self, policy: &PolicyFiles) -> Result<bool, WireError> {
        let runs = runs(&policy.files, self.out.target(), down::PolicyFile::weight);
        if runs.is_empty() {
            return self.write(down::POLICY, policy);
        }
        let last = runs.len() - 1;
        for (ix, run) in runs.into_iter().enumerate() {
            let part = PolicyFiles { files: run.to_vec(), last: policy.last && ix == last, ..*policy };
            if !self.write(down::POLICY, &part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write<T: Encode<()>>(&mut self, kind: u8, message: &T) -> Result<bool, WireError> {
        self.out.frame(kind, &encoded(message), true, kind == down::END, |chain| Ok(chain.digest().to_vec()))
    }
}
