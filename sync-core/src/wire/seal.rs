//! The chains that close frames.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::error::WireError;

/// An Ed25519 signature.
pub type SignatureBytes = [u8; 64];

/// The device's key, wherever it is: in the phone's key store, or in memory. Every
/// `FnMut(&[u8]) -> Result<SignatureBytes, E>` is one.
pub trait Signer {
    /// Signs these bytes with Ed25519.
    ///
    /// # Errors
    /// [`WireError::NotSigned`] when the key store does not answer or is locked.
    fn sign(&mut self, message: &[u8]) -> Result<SignatureBytes, WireError>;
}

impl<F, E> Signer for F
where
    F: FnMut(&[u8]) -> Result<SignatureBytes, E>,
{
    fn sign(&mut self, message: &[u8]) -> Result<SignatureBytes, WireError> {
        self(message).map_err(|_| WireError::NotSigned)
    }
}

/// The running hash over everything that went before, per frame.
#[derive(Clone)]
pub(crate) struct Chain([u8; 32]);

impl Chain {
    pub(crate) const SIGNATURE: usize = 64;
    pub(crate) const DIGEST: usize = 16;

    /// The start of a stream: its preamble, and downward the request that it answers.
    pub(crate) fn new(preamble: &[u8], answers: &[u8]) -> Self {
        Self(Sha256::new().chain_update(preamble).chain_update(answers).finalize().into())
    }

    /// Takes in one frame: header and payload as they travel.
    pub(crate) fn add(&mut self, sealed: &[u8]) {
        self.0 = Sha256::new().chain_update(self.0).chain_update(sealed).finalize().into();
    }

    /// What a signature is over: the chain, marked so that it is no signature of anything else.
    pub(crate) fn signed(&self) -> Vec<u8> {
        [b"doorstep sync frame v1\0".as_slice(), &self.0].concat()
    }

    pub(crate) fn is_signed(&self, key: &VerifyingKey, seal: &[u8]) -> bool {
        Signature::from_slice(seal).is_ok_and(|signature| key.verify_strict(&self.signed(), &signature).is_ok())
    }

    pub(crate) fn digest(&self) -> &[u8] {
        &self.0[..Self::DIGEST]
    }
}
