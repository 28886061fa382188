//! What both writers share: a frame's header, its compression, the chain, and the caps over a stream.

use crate::limits;

use super::codec::{Codec, Compression, Deflate, shared_dictionary};
use super::error::WireError;
use super::frame::{HEADER, Header, Preamble};
use super::seal::Chain;
use super::size::FrameSize;

/// Kept free so that an end frame always fits.
const END_RESERVE: usize = 256;

/// Shorter payloads only grow by compression.
const WORTH_COMPRESSING: usize = 64;

pub(crate) struct Outbound {
    bytes: Vec<u8>,
    taken: usize,
    plain: usize,
    frames: u32,
    chain: Chain,
    seal_length: usize,
    size: FrameSize,
    compression: Box<dyn Compression + Send>,
    dictionary: (u8, &'static [u8]),
}

impl Outbound {
    pub(crate) fn new(preamble: &Preamble, answers: &[u8], seal_length: usize) -> Self {
        Self {
            bytes: preamble.to_vec(),
            taken: 0,
            plain: 0,
            frames: 0,
            chain: Chain::new(preamble, answers),
            seal_length,
            size: FrameSize::DEFAULT,
            compression: Box::new(Deflate),
            dictionary: shared_dictionary(0),
        }
    }

    pub(crate) const fn set_size(&mut self, size: FrameSize) {
        self.size = size;
    }

    pub(crate) fn set_compression(&mut self, compression: Box<dyn Compression + Send>) {
        self.compression = compression;
    }

    pub(crate) fn set_dictionary(&mut self, theirs: u8) {
        self.dictionary = shared_dictionary(theirs);
    }

    pub(crate) const fn target(&self) -> usize {
        self.size.target()
    }

    pub(crate) const fn frames(&self) -> u32 {
        self.frames
    }

    pub(crate) const fn written(&self) -> usize {
        self.taken + self.bytes.len()
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.taken += self.bytes.len();
        std::mem::take(&mut self.bytes)
    }

    /// Appends a frame; false, and nothing changed, when the stream is full.
    pub(crate) fn frame(
        &mut self,
        kind: u8,
        plain: &[u8],
        compress: bool,
        last: bool,
        seal: impl FnOnce(&Chain) -> Result<Vec<u8>, WireError>,
    ) -> Result<bool, WireError> {
        if plain.len() > limits::SEGMENT_BYTES {
            return Err(WireError::Oversized("the payload of a frame"));
        }
        let packed = if compress { self.packed(plain) } else { None };
        let (codec, dictionary, payload) = match &packed {
            Some(packed) => (self.compression.codec(), self.dictionary.0, packed.as_slice()),
            None => (Codec::Raw, 0, plain),
        };
        let after = self.written() + HEADER + payload.len() + self.seal_length;
        if !last && self.full(after, plain.len()) {
            return Ok(false);
        }
        let length = u32::try_from(payload.len()).map_err(|_| WireError::Oversized("the payload of a frame"))?;
        let header = Header { kind, codec: codec as u8, dictionary, length }.to_bytes();
        // On a copy until it is sealed: a key store that refuses leaves the stream as it was.
        let mut chain = self.chain.clone();
        let sealed = [&header, payload].concat();
        chain.add(&sealed);
        let seal = seal(&chain)?;
        self.chain = chain;
        self.bytes.extend_from_slice(&sealed);
        self.bytes.extend_from_slice(&seal);
        self.frames += 1;
        self.plain += plain.len();
        Ok(true)
    }

    /// The payload compressed, when that makes it smaller.
    fn packed(&self, plain: &[u8]) -> Option<Vec<u8>> {
        if plain.len() < WORTH_COMPRESSING || self.compression.codec() == Codec::Raw {
            return None;
        }
        self.compression.compress(plain, self.dictionary.1).filter(|packed| packed.len() < plain.len())
    }

    const fn full(&self, bytes: usize, plain: usize) -> bool {
        bytes + END_RESERVE > limits::MESSAGE_BYTES
            || self.frames as usize + 1 >= limits::MESSAGE_SEGMENTS
            || self.plain + plain + END_RESERVE > limits::MESSAGE_INFLATED_BYTES
    }
}
