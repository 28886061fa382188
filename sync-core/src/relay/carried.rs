//! A parcel with the carrier's word for when it took it.

use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::{Decode, Encode};

use crate::id::DeviceId;
use crate::submission::Digest;
use crate::time::Timestamp;
use crate::wire::{Raw, Signer};

/// Marks what the carrier signs, so that it is no signature of anything else.
const CARRIED: &[u8] = b"doorstep relay carried v1\0";

/// A parcel and who carries it since when.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Carried {
    /// The parcel.
    #[n(0)]
    pub parcel: Raw,
    /// The carrier.
    #[n(1)]
    pub carrier: DeviceId,
    /// When it took the parcel, by its clock.
    #[n(2)]
    pub at: Timestamp,
    /// Its signature over the three.
    #[n(3)]
    signature: Raw,
}

impl Carried {
    /// Takes a parcel: from now on the carrier answers for when that was. `None` when its key does not sign.
    #[must_use]
    pub fn new(parcel: Vec<u8>, carrier: DeviceId, at: Timestamp, mut signer: impl Signer) -> Option<Self> {
        let signature = signer.sign(&message(&parcel, carrier, at)).ok()?;
        Some(Self { parcel: Raw(parcel), carrier, at, signature: Raw(signature.to_vec()) })
    }

    /// Names the parcel, whoever carries it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.parcel.0)
    }

    /// Whether the carrier with this key said so.
    #[must_use]
    pub fn is_countersigned(&self, key: &VerifyingKey) -> bool {
        let message = message(&self.parcel.0, self.carrier, self.at);
        Signature::from_slice(&self.signature.0).is_ok_and(|signature| key.verify_strict(&message, &signature).is_ok())
    }

    /// About the bytes it takes in a frame.
    pub(crate) const fn weight(&self) -> usize {
        self.parcel.0.len() + 110
    }
}

fn message(parcel: &[u8], carrier: DeviceId, at: Timestamp) -> Vec<u8> {
    let Digest(parcel) = Digest::of(parcel);
    [CARRIED, &parcel, carrier.bytes(), &at.millis().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;
    use ed25519_dalek::{Signer as _, SigningKey};
    use std::convert::Infallible;

    #[test]
    fn a_carriers_word_is_for_one_parcel_and_one_time() {
        let key = SigningKey::from_bytes(&[9; 32]);
        let (signer, at) = (key.clone(), Timestamp::from_millis(1_795_400_000_000));
        let sign = move |message: &[u8]| Ok::<_, Infallible>(signer.sign(message).to_bytes());
        let carried = Carried::new(vec![1, 2, 3], DeviceId::from_bytes([1; 16]), at, sign).unwrap();
        let key = key.verifying_key();
        assert!(carried.is_countersigned(&key));
        assert!(!carried.is_countersigned(&SigningKey::from_bytes(&[8; 32]).verifying_key()));
        let earlier = Carried { at: at - Span::millis(1), ..carried.clone() };
        let other = Carried { carrier: DeviceId::from_bytes([2; 16]), ..carried.clone() };
        let changed = Carried { parcel: Raw(vec![1, 2, 4]), ..carried };
        assert!([earlier, other, changed].iter().all(|carried| !carried.is_countersigned(&key)));
    }
}
