//! How records are sealed: XChaCha20-Poly1305 under a data key, which is itself sealed under the host's key. Turning the
//! host's key then means sealing one record anew.
//!
//! A sealed record is `version (1 byte) | nonce (24) | ciphertext and tag`. What it is bound to (its place) is
//! authenticated but not stored, so that records cannot be swapped.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::StoreError;
use crate::environment::Environment;

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// The keys of an open store.
pub(super) struct Envelope {
    host: XChaCha20Poly1305,
    seal: XChaCha20Poly1305,
    lookup: Zeroizing<[u8; 32]>,
    environment: Environment,
}

impl Envelope {
    /// A new data key, and that key sealed under the host's.
    pub(super) fn create(host: &[u8; 32], environment: &Environment) -> (Self, Vec<u8>) {
        Self::fresh(host_cipher(host), environment)
    }

    /// A new data key under the same host's key. Once the old one, sealed, is gone, nothing that it sealed opens again.
    pub(super) fn renewed(&self) -> (Self, Vec<u8>) {
        Self::fresh(self.host.clone(), &self.environment)
    }

    /// The same data key under another key of the host, and that data key sealed under it.
    pub(super) fn rekeyed(&self, host: &[u8; 32], wrapped: &[u8]) -> Result<(XChaCha20Poly1305, Vec<u8>), StoreError> {
        let data = Zeroizing::new(unseal(&self.host, b"data key", wrapped)?);
        let host = host_cipher(host);
        let wrapped = seal(&host, &self.environment.bytes::<NONCE>(), b"data key", &data);
        Ok((host, wrapped))
    }

    /// From now on data keys are sealed under this one.
    pub(super) fn set_host(&mut self, host: XChaCha20Poly1305) {
        self.host = host;
    }

    fn fresh(host: XChaCha20Poly1305, environment: &Environment) -> (Self, Vec<u8>) {
        let data = Zeroizing::new(environment.bytes::<32>());
        let nonce = environment.bytes::<NONCE>();
        let wrapped = seal(&host, &nonce, b"data key", data.as_slice());
        (Self::of(host, &data, environment), wrapped)
    }

    /// The keys behind a sealed data key.
    pub(super) fn open(host: &[u8; 32], wrapped: &[u8], environment: &Environment) -> Result<Self, StoreError> {
        let host = host_cipher(host);
        let data = unseal(&host, b"data key", wrapped).map_err(|error| match error {
            StoreError::Damaged => StoreError::WrongKey,
            other => other,
        })?;
        let data = <[u8; 32]>::try_from(data.as_slice()).map_err(|_| StoreError::Damaged)?;
        Ok(Self::of(host, &Zeroizing::new(data), environment))
    }

    fn of(host: XChaCha20Poly1305, data: &[u8; 32], environment: &Environment) -> Self {
        Self {
            host,
            seal: XChaCha20Poly1305::new(&Key::from(*derived(data, b"doorstep store: seal"))),
            lookup: derived(data, b"doorstep store: lookup"),
            environment: environment.clone(),
        }
    }

    pub(super) fn seal(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        seal(&self.seal, &self.environment.bytes::<NONCE>(), place, plain)
    }

    pub(super) fn unseal(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        unseal(&self.seal, place, sealed)
    }

    /// A name as it is stored: who has the file learns neither names nor whether two stores hold the same one.
    pub(super) fn hidden(&self, name: &[u8]) -> [u8; 32] {
        match Hmac::<Sha256>::new_from_slice(self.lookup.as_slice()) {
            Ok(mac) => mac.chain_update(name).finalize().into_bytes().into(),
            Err(_) => unreachable!("HMAC takes a key of any length"),
        }
    }
}

fn host_cipher(host: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*derived(host, b"doorstep store: host")))
}

fn derived(key: &[u8; 32], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    match Hkdf::<Sha256>::new(None, key).expand(purpose, out.as_mut_slice()) {
        Ok(()) => out,
        Err(_) => unreachable!("32 bytes are within what HKDF gives"),
    }
}

fn seal(cipher: &XChaCha20Poly1305, nonce: &[u8; NONCE], aad: &[u8], plain: &[u8]) -> Vec<u8> {
    match cipher.encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad }) {
        Ok(sealed) => [&[VERSION], nonce.as_slice(), &sealed].concat(),
        Err(_) => unreachable!("records are far smaller than the cipher's limit of 256 GiB"),
    }
}

fn unseal(cipher: &XChaCha20Poly1305, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (version, rest) = sealed.split_first().ok_or(StoreError::Damaged)?;
    if *version != VERSION {
        return Err(if *version > VERSION { StoreError::TooNew } else { StoreError::Damaged });
    }
    let (nonce, body) = rest.split_first_chunk::<NONCE>().ok_or(StoreError::Damaged)?;
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: body, aad }).map_err(|_| StoreError::Damaged)
}
