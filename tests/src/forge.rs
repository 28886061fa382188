//! Streams built by hand from the description in `sync_core::wire`, without its writers: an independent reading of
//! the format, and the pen of attackers and newer versions.

use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use sync_core::id::RequestId;

/// Closes frames as a sender would, whatever is in them.
pub struct Forge {
    bytes: Vec<u8>,
    chain: [u8; 32],
    key: Option<SigningKey>,
}

impl Forge {
    /// A request, signed with this key.
    pub fn up(key: &SigningKey) -> Self {
        Self::new(b"DOOR^\x01", &[], Some(key.clone()))
    }

    /// An answer to this request.
    pub fn down(request: RequestId) -> Self {
        Self::new(b"DOORv\x01", request.bytes(), None)
    }

    fn new(preamble: &[u8], answers: &[u8], key: Option<SigningKey>) -> Self {
        Self { bytes: preamble.to_vec(), chain: sha256(&[preamble, answers]), key }
    }

    /// Adds a frame with an uncompressed payload.
    pub fn plain(self, kind: u8, payload: &[u8]) -> Self {
        self.frame(kind, 0, 0, payload)
    }

    /// Adds a frame.
    pub fn frame(mut self, kind: u8, codec: u8, dictionary: u8, payload: &[u8]) -> Self {
        let mut sealed = vec![kind, codec, dictionary];
        sealed.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
        sealed.extend_from_slice(payload);
        self.chain = sha256(&[&self.chain, &sealed]);
        self.bytes.extend_from_slice(&sealed);
        let seal = match &self.key {
            Some(key) => key.sign(&[b"doorstep sync frame v1\0".as_slice(), &self.chain].concat()).to_bytes().to_vec(),
            None => self.chain[..16].to_vec(),
        };
        self.bytes.extend_from_slice(&seal);
        self
    }

    /// The stream.
    pub fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}
