//! A parcel: submissions of one device, signed by it and sealed to the server.

use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::sealed::{Opener, seal};
use crate::id::{CaseloadId, DeviceId};
use crate::limits;
use crate::submission::encoded;
use crate::wire::{Raw, Signer, list};

/// Marks what the author signs, so that it is no signature of anything else.
const SIGNED: &[u8] = b"doorstep relay parcel v1\0";
/// About the bytes of submissions in one parcel: parcels travel whole, so a cut link loses one.
const TARGET: usize = 8 * 1024;

/// One submission in a parcel.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ParcelItem {
    /// The caseload.
    #[n(0)]
    pub caseload: CaseloadId,
    /// Its number in the author's outbox.
    #[n(1)]
    pub number: u64,
    /// [`crate::submission::Submission::encode`].
    #[n(2)]
    pub bytes: Raw,
    /// Its author had not finished it: it is held whatever else holds.
    #[cbor(n(3), default)]
    pub draft: bool,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Contents {
    #[n(0)]
    device: DeviceId,
    #[cbor(n(1), default, with = "list")]
    items: Vec<ParcelItem>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Signed {
    #[n(0)]
    contents: Raw,
    #[n(1)]
    signature: Raw,
}

/// Why a parcel is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParcelError {
    /// Sealed to another key, or damaged.
    #[error("the parcel does not open")]
    DoesNotOpen,
    /// What is in it is not what this version packs.
    #[error("what is in the parcel does not decode")]
    Malformed,
    /// The device that it names did not sign it.
    #[error("the parcel is not signed by its author")]
    NotSigned,
}

/// Packs what a device wrote into parcels that only the server can open. `fresh` gives the randomness for one parcel.
/// `None` when the key does not sign, or nothing can be sealed to the server's.
#[must_use]
pub fn pack(
    device: DeviceId,
    items: Vec<ParcelItem>,
    server: &[u8; 32],
    mut signer: impl Signer,
    mut fresh: impl FnMut() -> [u8; 32],
) -> Option<Vec<Vec<u8>>> {
    let mut parcels = Vec::new();
    let mut left = items.into_iter().peekable();
    while left.peek().is_some() {
        let (mut items, mut size) = (Vec::new(), 0);
        while let Some(item) = left.next_if(|item| size == 0 || size + item.bytes.0.len() <= TARGET) {
            size += item.bytes.0.len();
            items.push(item);
        }
        let contents = encoded(&Contents { device, items });
        let signature = signer.sign(&message(&contents)).ok()?;
        let signed = Signed { contents: Raw(contents), signature: Raw(signature.to_vec()) };
        parcels.push(seal(server, fresh(), &encoded(&signed))?);
    }
    Some(parcels)
}

fn message(contents: &[u8]) -> Vec<u8> {
    [SIGNED, Sha256::digest(contents).as_slice()].concat()
}

/// A parcel that was opened: whose it says it is, and once that is checked, what is in it.
pub struct Opened {
    contents: Vec<u8>,
    signature: Vec<u8>,
    decoded: Contents,
}

impl Opened {
    /// Opens a parcel. **Not verified yet**.
    ///
    /// # Errors
    /// [`ParcelError::DoesNotOpen`], [`ParcelError::Malformed`]
    pub fn open(parcel: &[u8], opener: &Opener) -> Result<Self, ParcelError> {
        if parcel.len() > limits::PARCEL_BYTES {
            return Err(ParcelError::Malformed);
        }
        let plain = opener.open(parcel).ok_or(ParcelError::DoesNotOpen)?;
        let signed: Signed = minicbor::decode(&plain).map_err(|_| ParcelError::Malformed)?;
        let decoded = minicbor::decode(&signed.contents.0).map_err(|_| ParcelError::Malformed)?;
        Ok(Self { contents: signed.contents.0, signature: signed.signature.0, decoded })
    }

    /// The device that it says it is of: good only for finding the key that proves it.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        self.decoded.device
    }

    /// What is in it, once its author's signature is checked.
    ///
    /// # Errors
    /// [`ParcelError::NotSigned`]
    pub fn verified(self, key: &VerifyingKey) -> Result<Vec<ParcelItem>, ParcelError> {
        let signature = Signature::from_slice(&self.signature).map_err(|_| ParcelError::NotSigned)?;
        key.verify_strict(&message(&self.contents), &signature).map_err(|_| ParcelError::NotSigned)?;
        Ok(self.decoded.items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};
    use std::convert::Infallible;

    const DEVICE: DeviceId = DeviceId::from_bytes([5; 16]);

    fn items(sizes: &[usize]) -> Vec<ParcelItem> {
        let item = |(number, size): (u64, &usize)| ParcelItem {
            caseload: CaseloadId::from_bytes([1; 16]),
            number,
            bytes: Raw(vec![7; *size]),
            draft: false,
        };
        (1..).zip(sizes).map(item).collect()
    }

    fn packed(items: Vec<ParcelItem>, server: &Opener) -> Vec<Vec<u8>> {
        let key = SigningKey::from_bytes(&[9; 32]);
        let sign = move |message: &[u8]| Ok::<_, Infallible>(key.sign(message).to_bytes());
        let mut drawn = 0;
        let fresh = || {
            drawn += 1;
            [drawn; 32]
        };
        pack(DEVICE, items, &server.public(), sign, fresh).unwrap()
    }

    #[test]
    fn everything_packed_is_found_again_and_is_the_authors() {
        let server = Opener::new([1; 32]);
        let all = items(&[10, limits::SUBMISSION_BYTES, 5_000, 3_000, 300]);
        let parcels = packed(all.clone(), &server);
        assert_eq!(parcels.len(), 4);
        let key = SigningKey::from_bytes(&[9; 32]).verifying_key();
        let open = |parcel: &Vec<u8>| {
            assert!(parcel.len() <= limits::PARCEL_BYTES);
            let opened = Opened::open(parcel, &server).unwrap();
            assert_eq!(opened.device(), DEVICE);
            opened.verified(&key).unwrap()
        };
        assert!(parcels.iter().flat_map(open).collect::<Vec<_>>() == all);
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        let forged = Opened::open(&parcels[0], &server).unwrap().verified(&other);
        assert_eq!(forged.err(), Some(ParcelError::NotSigned));
        assert_eq!(Opened::open(&parcels[0], &Opener::new([2; 32])).err(), Some(ParcelError::DoesNotOpen));
        assert!(packed(Vec::new(), &server).is_empty());
    }
}
