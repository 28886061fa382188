//! A sealed box: bytes that only the holder of an X25519 key can read, from nobody in particular.
//!
//! ```text
//! version (1 byte) | ephemeral public key (32) | ciphertext and tag
//! key | nonce = HKDF-SHA256(salt = ephemeral public | server public, X25519(ephemeral, server), purpose)
//! ```
//!
//! The ephemeral key is drawn anew for each box, so the nonce that follows from it is never used twice.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const PUBLIC: usize = 32;
const PURPOSE: &[u8] = b"doorstep sealed box v1";

/// Seals `plain` to the key `to`. `ephemeral` is fresh randomness, used for nothing else. `None` for a key to which
/// nothing can be sealed in secret.
#[must_use]
pub fn seal(to: &[u8; 32], ephemeral: [u8; 32], plain: &[u8]) -> Option<Vec<u8>> {
    let (secret, to) = (StaticSecret::from(ephemeral), PublicKey::from(*to));
    let public = PublicKey::from(&secret);
    let (cipher, nonce) = cipher(&public, &to, &secret.diffie_hellman(&to))?;
    let sealed = cipher.encrypt(&nonce, Payload { msg: plain, aad: &[VERSION] }).ok()?;
    Some([&[VERSION], public.as_bytes().as_slice(), &sealed].concat())
}

/// The secret half of the key to which phones seal.
pub struct Opener(StaticSecret);

impl Opener {
    /// Of these 32 secret bytes.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        Self(StaticSecret::from(secret))
    }

    /// What [`seal`] seals to.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        PublicKey::from(&self.0).to_bytes()
    }

    /// Opens a box; `None` when it was sealed to another key, or is damaged.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (version, rest) = sealed.split_first()?;
        let (public, body) = rest.split_first_chunk::<PUBLIC>()?;
        if *version != VERSION {
            return None;
        }
        let public = PublicKey::from(*public);
        let (cipher, nonce) = cipher(&public, &PublicKey::from(&self.0), &self.0.diffie_hellman(&public))?;
        cipher.decrypt(&nonce, Payload { msg: body, aad: &[VERSION] }).ok().map(Zeroizing::new)
    }
}

/// `None` when the shared secret does not depend on both sides: then anybody could know it.
fn cipher(ephemeral: &PublicKey, to: &PublicKey, shared: &SharedSecret) -> Option<(XChaCha20Poly1305, XNonce)> {
    if !shared.was_contributory() {
        return None;
    }
    let salt = [ephemeral.as_bytes().as_slice(), to.as_bytes()].concat();
    let mut derived = Zeroizing::new([0; 32 + 24]);
    Hkdf::<Sha256>::new(Some(&salt), shared.as_bytes()).expand(PURPOSE, derived.as_mut_slice()).ok()?;
    let (key, rest) = derived.split_first_chunk::<32>()?;
    let nonce: &[u8; 24] = rest.first_chunk()?;
    Some((XChaCha20Poly1305::new(&Key::from(*key)), XNonce::from(*nonce)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_opens_a_box() {
        let (server, other) = (Opener::new([1; 32]), Opener::new([2; 32]));
        let sealed = seal(&server.public(), [3; 32], "卧床老人".as_bytes()).unwrap();
        assert_eq!(server.open(&sealed).unwrap().as_slice(), "卧床老人".as_bytes());
        assert!(other.open(&sealed).is_none());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(server.open(&damaged).is_none(), "byte {at}");
            assert!(server.open(&sealed[..at]).is_none(), "cut at {at}");
        }
        assert_ne!(seal(&server.public(), [4; 32], "卧床老人".as_bytes()).unwrap()[33..], sealed[33..]);
    }

    #[test]
    fn nothing_is_sealed_to_a_key_that_keeps_no_secret() {
        assert!(seal(&[0; 32], [3; 32], b"x").is_none());
    }
}
