//! The fixed bytes of the format: how a stream begins and what precedes a payload.

/// The first bytes of a stream: magic, direction, version.
pub(crate) type Preamble = [u8; 6];

pub(crate) const UP: Preamble = *b"DOOR^\x01";
pub(crate) const DOWN: Preamble = *b"DOORv\x01";

/// From this kind on, a reader that does not know a frame skips it.
pub(crate) const OPTIONAL_KIND: u8 = 128;

/// The bytes of a [`Header`].
pub(crate) const HEADER: usize = 7;

/// What precedes a payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub(crate) kind: u8,
    pub(crate) codec: u8,
    pub(crate) dictionary: u8,
    pub(crate) length: u32,
}

impl Header {
    pub(crate) const fn to_bytes(self) -> [u8; HEADER] {
        let [a, b, c, d] = self.length.to_be_bytes();
        [self.kind, self.codec, self.dictionary, a, b, c, d]
    }

    pub(crate) const fn from_bytes([kind, codec, dictionary, a, b, c, d]: [u8; HEADER]) -> Self {
        Self { kind, codec, dictionary, length: u32::from_be_bytes([a, b, c, d]) }
    }
}
