//! The receiving ends: bytes in, whole verified frames out.

use ed25519_dalek::VerifyingKey;

use crate::id::RequestId;

use super::down::{self, Down};
use super::error::WireError;
use super::frame;
use super::inbound::{Inbound, Payload};
use super::seal::Chain;
use super::up::{self, Up, UpHello};

/// Reads a request on the server: first [`Self::hello`], then [`Self::authenticate`] with the key of the device that
/// it names, then [`Self::next_frame`]. What goes wrong stays wrong: no frame is released after an error.
pub struct UpReader {
    inbound: Inbound,
    hello: Option<UpHello>,
    key: Option<VerifyingKey>,
    failed: Option<WireError>,
}

/// Reads an answer on the phone. What goes wrong stays wrong: no frame is released after an error.
pub struct DownReader {
    inbound: Inbound,
    failed: Option<WireError>,
}

impl Default for UpReader {
    fn default() -> Self {
        Self::new()
    }
}

impl UpReader {
    /// At the start of a request.
    #[must_use]
    pub fn new() -> Self {
        Self { inbound: Inbound::new(frame::UP, &[], Chain::SIGNATURE), hello: None, key: None, failed: None }
    }

    /// Takes in bytes as they come, however they are cut.
    ///
    /// # Errors
    /// [`WireError::Oversized`] over [`crate::limits::MESSAGE_BYTES`], or what the stream already failed with.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        unfailed(self.failed)?;
        keep(&mut self.failed, self.inbound.push(bytes))
    }

    /// The hello, once it is whole: **not verified yet**, good only for finding the device's key.
    ///
    /// # Errors
    /// When the stream does not begin with a hello that decodes.
    pub fn hello(&mut self) -> Result<Option<&UpHello>, WireError> {
        unfailed(self.failed)?;
        if self.hello.is_none() {
            let hello = self.inbound.unverified(up::HELLO);
            let hello = hello.and_then(|payload| payload.map(|payload| payload.decode()).transpose());
            self.hello = keep(&mut self.failed, hello)?;
        }
        Ok(self.hello.as_ref())
    }

    /// Checks that this key closed the hello; from then on frames are released.
    ///
    /// # Errors
    /// [`WireError::WrongSeal`] when another key did, or the hello was changed; [`WireError::NoHello`] when it has not
    /// arrived yet.
    pub fn authenticate(&mut self, key: &VerifyingKey) -> Result<(), WireError> {
        if self.hello()?.is_none() {
            return Err(WireError::NoHello);
        }
        if self.key.is_none() {
            let hello = self.inbound.next(|chain, seal| chain.is_signed(key, seal));
            keep(&mut self.failed, hello)?;
            self.key = Some(*key);
        }
        Ok(())
    }

    /// The next frame, verified; `None` when more bytes are needed, or after the end frame.
    ///
    /// # Errors
    /// [`WireError::NotAuthenticated`] before [`Self::authenticate`]; else what is wrong with the stream.
    pub fn next_frame(&mut self) -> Result<Option<Up>, WireError> {
        unfailed(self.failed)?;
        let key = self.key.ok_or(WireError::NotAuthenticated)?;
        let frame = self.inbound.next(|chain, seal| chain.is_signed(&key, seal));
        let frame = frame.and_then(|payload| payload.map(|payload| self.read(&payload)).transpose());
        keep(&mut self.failed, frame)
    }

    /// To be asked when no more bytes come.
    ///
    /// # Errors
    /// [`WireError::Truncated`] unless the end frame was read; what was released before stands.
    pub fn finish(&self) -> Result<(), WireError> {
        unfailed(self.failed)?;
        self.inbound.finish()
    }

    fn read(&mut self, payload: &Payload) -> Result<Up, WireError> {
        Ok(match payload.kind {
            up::HELLO => return Err(WireError::Malformed(payload.frame)),
            up::BATCH => Up::Batch(payload.decode()?),
            up::RELAY => Up::Relay(payload.decode()?),
            up::END => {
                self.inbound.end();
                Up::End(payload.decode()?)
            }
            _ => return Err(WireError::TooNew("frame kind")),
        })
    }
}

impl DownReader {
    /// At the start of the answer to this request.
    #[must_use]
    pub fn new(request: RequestId) -> Self {
        Self { inbound: Inbound::new(frame::DOWN, request.bytes(), Chain::DIGEST), failed: None }
    }

    /// Takes in bytes as they come, however they are cut.
    ///
    /// # Errors
    /// [`WireError::Oversized`] over [`crate::limits::MESSAGE_BYTES`], or what the stream already failed with.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        unfailed(self.failed)?;
        keep(&mut self.failed, self.inbound.push(bytes))
    }

    /// The next frame, verified; `None` when more bytes are needed, or after the end frame. The first is the hello.
    ///
    /// # Errors
    /// What is wrong with the stream.
    pub fn next_frame(&mut self) -> Result<Option<Down>, WireError> {
        unfailed(self.failed)?;
        let frame = self.inbound.next(|chain, seal| seal == chain.digest());
        let frame = frame.and_then(|payload| payload.map(|payload| self.read(&payload)).transpose());
        keep(&mut self.failed, frame)
    }

    /// To be asked when no more bytes come.
    ///
    /// # Errors
    /// [`WireError::Truncated`] unless the end frame was read; what was released before stands.
    pub fn finish(&self) -> Result<(), WireError> {
        unfailed(self.failed)?;
        self.inbound.finish()
    }

    fn read(&mut self, payload: &Payload) -> Result<Down, WireError> {
        match (payload.frame, payload.kind) {
            (0, down::HELLO) => return Ok(Down::Hello(payload.decode()?)),
            (0, _) => return Err(WireError::NoHello),
            _ => {}
        }
        Ok(match payload.kind {
            down::HELLO => return Err(WireError::Malformed(payload.frame)),
            down::ACKS => Down::Acks(payload.decode()?),
            down::ENTRIES => Down::Entries(payload.decode()?),
            down::POLICY => Down::Policy(payload.decode()?),
            down::CASELOAD => Down::Caseload(payload.decode()?),
            down::PROBLEM => Down::Problem(payload.decode()?),
            down::DELIVERED => Down::Delivered(payload.decode()?),
            down::END => {
                self.inbound.end();
                Down::End(payload.decode()?)
            }
            _ => return Err(WireError::TooNew("frame kind")),
        })
    }
}

const fn unfailed(failed: Option<WireError>) -> Result<(), WireError> {
    match failed {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Remembers the error of a stream.
fn keep<T>(failed: &mut Option<WireError>, result: Result<T, WireError>) -> Result<T, WireError> {
    result.inspect_err(|error| *failed = Some(*error))
}
