//! Compression as a port: the core brings a pure one, a shell may bring a faster one that writes the same format.

use super::dictionary;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use miniz_oxide::{DataFormat, deflate::CompressionLevel};

/// The number of a compression format in a frame's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    /// As it is.
    Raw = 0,
    /// RFC 1951, without a wrapper.
    Deflate = 1,
}

impl Codec {
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Raw),
            1 => Some(Self::Deflate),
            _ => None,
        }
    }
}

/// A way to make payloads smaller. Readers inflate every [`Codec`]; this is what a writer uses.
pub trait Compression {
    /// The format it writes.
    fn codec(&self) -> Codec;

    /// `plain`, compressed, with `dictionary` as the text before it. `None` when it gives up.
    fn compress(&self, plain: &[u8], dictionary: &[u8]) -> Option<Vec<u8>>;
}

/// No compression.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Compression for Plain {
    fn codec(&self) -> Codec {
        Codec::Raw
    }

    fn compress(&self, _plain: &[u8], _dictionary: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// Deflate in Rust.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deflate;

impl Compression for Deflate {
    fn codec(&self) -> Codec {
        Codec::Deflate
    }

    fn compress(&self, plain: &[u8], dictionary: &[u8]) -> Option<Vec<u8>> {
        let mut state = Box::new(CompressorOxide::default());
        state.set_format_and_level(DataFormat::Raw, CompressionLevel::DefaultLevel as u8);
        if !dictionary.is_empty() {
            // A flush ends on a whole byte: what the dictionary became is thrown away, the window stays.
            drive(&mut state, dictionary, TDEFLFlush::Sync)?;
        }
        drive(&mut state, plain, TDEFLFlush::Finish)
    }
}

/// Runs the compressor over all of `input`. The output buffer is always large enough, as a full one would make a
/// flush write its marker twice.
fn drive(state: &mut CompressorOxide, input: &[u8], flush: TDEFLFlush) -> Option<Vec<u8>> {
    let mut out = vec![0; input.len() + input.len() / 8 + 128];
    let (status, read, written) = compress(state, input, &mut out, flush);
    out.truncate(written);
    let done = match flush {
        TDEFLFlush::Finish => status == TDEFLStatus::Done,
        _ => status == TDEFLStatus::Okay,
    };
    (done && read == input.len()).then_some(out)
}

/// Why a payload does not expand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpandError {
    /// Longer than the limit.
    TooLarge,
    /// Not of this format, or bytes are left over.
    Damaged,
}

/// The plain payload of a frame, of at most `limit` bytes. The buffer grows with what is really there.
pub(crate) fn expand(codec: Codec, slot: &[u8], packed: &[u8], limit: usize) -> Result<Vec<u8>, ExpandError> {
    match codec {
        Codec::Raw if packed.len() > limit => Err(ExpandError::TooLarge),
        Codec::Raw => Ok(packed.to_vec()),
        Codec::Deflate => inflate(slot, packed, limit),
    }
}

fn inflate(slot: &[u8], packed: &[u8], limit: usize) -> Result<Vec<u8>, ExpandError> {
    let most = slot.len() + limit;
    let mut out = slot.to_vec();
    out.resize(most.min(slot.len() + packed.len().saturating_mul(4).max(256)), 0);
    let mut state = Box::<DecompressorOxide>::default();
    let (mut read, mut filled) = (0, slot.len());
    loop {
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, took, wrote) = decompress(&mut state, &packed[read..], &mut out, filled, flags);
        read += took;
        filled += wrote;
        match status {
            TINFLStatus::Done if read == packed.len() => {
                out.truncate(filled);
                out.drain(..slot.len());
                return Ok(out);
            }
            TINFLStatus::HasMoreOutput if out.len() >= most => return Err(ExpandError::TooLarge),
            TINFLStatus::HasMoreOutput => out.resize(most.min(out.len().saturating_mul(2)), 0),
            _ => return Err(ExpandError::Damaged),
        }
    }
}

/// The dictionary for a writer: the newest that both sides know.
pub(crate) fn shared_dictionary(theirs: u8) -> (u8, &'static [u8]) {
    let slot = theirs.min(dictionary::NEWEST);
    (slot, dictionary::slot(slot).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_makes_small_payloads_smaller_and_is_needed_again() {
        let slot = "premises inspection EXIT-01 安全出口锁闭".as_bytes();
        let plain = "EXIT-01 安全出口锁闭 premises".as_bytes();
        let with = Deflate.compress(plain, slot).unwrap();
        let without = Deflate.compress(plain, b"").unwrap();
        assert!(with.len() < without.len(), "{} {}", with.len(), without.len());
        assert_eq!(inflate(slot, &with, 1000).as_deref(), Ok(plain));
        assert_eq!(inflate(b"", &without, 1000).as_deref(), Ok(plain));
        assert_ne!(inflate(b"", &with, 1000).as_deref(), Ok(plain));
    }

    #[test]
    fn inflating_stops_at_the_limit_exactly() {
        let plain = vec![7; 10_000];
        let packed = Deflate.compress(&plain, b"").unwrap();
        assert!(packed.len() < 100);
        assert_eq!(inflate(b"", &packed, 10_000).as_deref(), Ok(&plain[..]));
        assert_eq!(inflate(b"", &packed, 9_999), Err(ExpandError::TooLarge));
    }

    #[test]
    fn bytes_behind_a_compressed_payload_are_refused() {
        let mut packed = Deflate.compress(b"abc", b"").unwrap();
        packed.push(0);
        assert_eq!(inflate(b"", &packed, 100), Err(ExpandError::Damaged));
        assert_eq!(inflate(b"", &packed[..2], 100), Err(ExpandError::Damaged));
    }
}
