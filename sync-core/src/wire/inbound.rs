//! What both readers share: the buffer that whole frames are cut from, the chain, and the caps over a stream.

use std::ops::Range;

use crate::limits;

use super::codec::{Codec, ExpandError, expand};
use super::dictionary;
use super::error::WireError;
use super::frame::{HEADER, Header, OPTIONAL_KIND, Preamble};
use super::seal::Chain;

pub(crate) struct Inbound {
    preamble: Preamble,
    seal_length: usize,
    buffer: Vec<u8>,
    /// Before it, the buffer is consumed.
    start: usize,
    received: usize,
    inflated: usize,
    frames: u32,
    chain: Chain,
    opened: bool,
    ended: bool,
}

/// The payload of one frame, inflated.
pub(crate) struct Payload {
    pub(crate) kind: u8,
    /// The frame's place in the stream, from 0.
    pub(crate) frame: u32,
    bytes: Vec<u8>,
}

/// Where a whole frame lies in the buffer.
struct Frame {
    header: Header,
    /// Header and payload: what the seal is over.
    sealed: Range<usize>,
    seal: Range<usize>,
}

impl Frame {
    const fn payload(&self) -> Range<usize> {
        self.sealed.start + HEADER..self.sealed.end
    }
}

impl Inbound {
    pub(crate) fn new(preamble: Preamble, answers: &[u8], seal_length: usize) -> Self {
        Self {
            preamble,
            seal_length,
            buffer: Vec::new(),
            start: 0,
            received: 0,
            inflated: 0,
            frames: 0,
            chain: Chain::new(&preamble, answers),
            opened: false,
            ended: false,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.received = self.received.saturating_add(bytes.len());
        if self.received > limits::MESSAGE_BYTES {
            return Err(WireError::Oversized("the bytes of a message"));
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next frame that is not skipped, once it is whole and if `verifies` says that its seal fits.
    pub(crate) fn next(&mut self, verifies: impl Fn(&Chain, &[u8]) -> bool) -> Result<Option<Payload>, WireError> {
        while let Some(frame) = self.peek()? {
            self.chain.add(&self.buffer[frame.sealed.clone()]);
            if !verifies(&self.chain, &self.buffer[frame.seal.clone()]) {
                return Err(WireError::WrongSeal(self.frames));
            }
            // An optional frame may use a codec that is unknown here too: it is not inflated. It is never the first.
            let skipped = frame.header.kind >= OPTIONAL_KIND && self.frames > 0;
            let bytes = if skipped { Vec::new() } else { self.expand(&frame)? };
            let payload = Payload { kind: frame.header.kind, frame: self.frames, bytes };
            self.start = frame.seal.end;
            self.frames += 1;
            if !skipped {
                return Ok(Some(payload));
            }
        }
        Ok(None)
    }

    /// The frame at hand, which has to be of this kind and uncompressed, before its seal is checked. It stays, to be
    /// taken with [`Self::next`].
    pub(crate) fn unverified(&mut self, kind: u8) -> Result<Option<Payload>, WireError> {
        let Some(frame) = self.peek()? else { return Ok(None) };
        if frame.header.kind != kind || frame.header.codec != Codec::Raw as u8 {
            return Err(WireError::NoHello);
        }
        Ok(Some(Payload { kind, frame: self.frames, bytes: self.buffer[frame.payload()].to_vec() }))
    }

    /// The end frame was read: nothing may follow.
    pub(crate) const fn end(&mut self) {
        self.ended = true;
    }

    pub(crate) fn finish(&self) -> Result<(), WireError> {
        match (self.ended, self.start == self.buffer.len()) {
            (true, true) => Ok(()),
            (true, false) => Err(WireError::TrailingBytes),
            (false, _) => Err(WireError::Truncated),
        }
    }

    /// The next whole frame, left in the buffer.
    fn peek(&mut self) -> Result<Option<Frame>, WireError> {
        if self.ended {
            return if self.start == self.buffer.len() { Ok(None) } else { Err(WireError::TrailingBytes) };
        }
        if !self.opened && !self.open()? {
            return Ok(None);
        }
        let Some(header) = self.buffer[self.start..].first_chunk().copied().map(Header::from_bytes) else {
            return Ok(None);
        };
        // Before the bytes are waited for: a false length must not make anybody buffer.
        let length = usize::try_from(header.length).unwrap_or(usize::MAX);
        if length > limits::SEGMENT_BYTES {
            return Err(WireError::Oversized("the payload of a frame"));
        }
        if self.frames as usize >= limits::MESSAGE_SEGMENTS {
            return Err(WireError::Oversized("the frames of a message"));
        }
        let sealed = self.start..self.start + HEADER + length;
        let seal = sealed.end..sealed.end + self.seal_length;
        Ok((seal.end <= self.buffer.len()).then_some(Frame { header, sealed, seal }))
    }

    fn open(&mut self) -> Result<bool, WireError> {
        let version = self.preamble.len() - 1;
        let magic = version.min(self.buffer.len());
        if self.buffer[..magic] != self.preamble[..magic] {
            return Err(WireError::NotDoorstep);
        }
        match self.buffer.get(version) {
            None => return Ok(false),
            Some(found) if *found != self.preamble[version] => return Err(WireError::TooNew("version")),
            Some(_) => {}
        }
        self.start = self.preamble.len();
        self.opened = true;
        Ok(true)
    }

    fn expand(&mut self, frame: &Frame) -> Result<Vec<u8>, WireError> {
        let codec = Codec::from_number(frame.header.codec).ok_or(WireError::TooNew("codec"))?;
        let slot = dictionary::slot(frame.header.dictionary).ok_or(WireError::TooNew("dictionary"))?;
        let left = limits::MESSAGE_INFLATED_BYTES.saturating_sub(self.inflated).min(limits::SEGMENT_BYTES);
        let plain = expand(codec, slot, &self.buffer[frame.payload()], left).map_err(|error| match error {
            ExpandError::TooLarge => WireError::Oversized("the inflated payload of a frame"),
            ExpandError::Damaged => WireError::BadCompression(self.frames),
        })?;
        self.inflated += plain.len();
        Ok(plain)
    }
}

impl Payload {
    /// The message: exactly one value.
    pub(crate) fn decode<T: for<'b> minicbor::Decode<'b, ()>>(&self) -> Result<T, WireError> {
        let mut decoder = minicbor::Decoder::new(&self.bytes);
        match decoder.decode() {
            Ok(value) if decoder.position() == self.bytes.len() => Ok(value),
            Err(error) if error.is_unknown_variant() => Err(WireError::TooNew("a value")),
            _ => Err(WireError::Malformed(self.frame)),
        }
    }
}
