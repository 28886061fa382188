//! Enrolment: a code that an administrator gives out once makes one phone the device of one person.
//!
//! A phone whose answer was lost sends the same request again: the same code with the same key finds the same device.

use sha2::{Digest as _, Sha256};
use sync_core::id::{DeviceId, PersonId};
use sync_core::time::{Span, Timestamp};

use super::refresh;
use crate::db::device::{self, Device};
use crate::db::{self, Tx, enrolment, person};
use crate::hex::Hex;
use crate::random::Random;

/// Characters that are not mistaken for one another, when read aloud or written down (Crockford).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 80 bits: nobody guesses it within its day, not even with the database's hashes in hand.
const CHARS: usize = 16;

/// A one-time code. Secret: it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A new code.
    #[must_use]
    pub(crate) fn new(random: &(dyn Random + 'static)) -> Self {
        Self(random.bytes::<CHARS>().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
    }

    /// The code in this text, however it was typed: in any case, with spaces or dashes, with O for 0 or I for 1.
    #[must_use]
    pub(crate) fn typed(text: &str) -> Option<Self> {
        let mut code = String::with_capacity(CHARS);
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(CHARS + 1) {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            if !ALPHABET.iter().any(|known| char::from(*known) == c) {
                return None;
            }
            code.push(c);
        }
        (code.len() == CHARS).then_some(Self(code))
    }

    /// The code in groups of four, for people.
    #[must_use]
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> = (0..CHARS / 4).map(|ix| &self.0[ix * 4..ix * 4 + 4]).collect();
        groups.join("-")
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"doorstep enrolment 1").chain_update(&self.0).finalize().into()
    }
}

/// Gives out a code for a person.
pub(crate) async fn give_out(
    tx: &mut Tx,
    person: PersonId,
    random: &(dyn Random + 'static),
    now: Timestamp,
    lifetime: Span,
) -> db::Result<(Code, Timestamp)> {
    let (code, expires_at) = (Code::new(random), now + lifetime);
    enrolment::insert(tx, code.hash(), person, now, expires_at).await?;
    Ok((code, expires_at))
}

/// A phone that asks to be enrolled.
pub(crate) struct Asked {
    pub(crate) code: Code,
    pub(crate) public_key: [u8; 32],
    pub(crate) install: [u8; 16],
    pub(crate) name: String,
}

/// Why a phone is not enrolled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    /// Never given out, expired, or used by another phone: whoever guesses learns nothing.
    #[error("the code is not valid")]
    Code,
    /// Not a point that a signature can be checked with, or one with which anything checks.
    #[error("the device key is not a usable Ed25519 public key")]
    Key,
    /// The key is the one of another device.
    #[error("the device key is already enrolled")]
    KeyTaken,
    #[error(transparent)]
    Db(#[from] db::DbError),
}

/// Makes the phone a device, and gives it its first refresh secret.
pub(crate) async fn enrol(
    tx: &mut Tx,
    asked: Asked,
    random: &(dyn Random + 'static),
    now: Timestamp,
) -> Result<(Device, Hex<32>), EnrolError> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(&asked.public_key).map_err(|_| EnrolError::Key)?;
    if key.is_weak() {
        return Err(EnrolError::Key);
    }
    let hash = asked.code.hash();
    tx.hold_secrets(&hash).await?;
    let given = enrolment::by_code(tx, hash).await?.filter(|e| now < e.expires_at).ok_or(EnrolError::Code)?;
    let owner = person::by_id(tx, given.person).await?.filter(|p| p.disabled_at.is_none()).ok_or(EnrolError::Code)?;
    let secret = Hex(random.bytes::<32>());
    let before = device::by_key(tx, &asked.public_key).await?;
    if let Some(used_by) = given.used_by {
        let again = before.filter(|d| d.id == used_by && d.install == asked.install && d.revoked_at.is_none());
        let device = again.ok_or(EnrolError::Code)?;
        refresh::issue(tx, device.id, secret, now).await?;
        return Ok((device, secret));
    }
    if before.is_some() {
        return Err(EnrolError::KeyTaken);
    }
    let device = Device {
        id: DeviceId::new(now, random.id_bits()),
        person: owner.id,
        name: asked.name,
        public_key: asked.public_key,
        install: asked.install,
        enrolled_at: now,
        seen_at: None,
        superseded_at: None,
        suspended_at: None,
        revoked_at: None,
        lost_since: None,
    };
    if !enrolment::use_up(tx, hash, device.id, now).await? {
        return Err(EnrolError::Code);
    }
    device::insert(tx, &device).await?;
    refresh::issue(tx, device.id, secret, now).await?;
    Ok((device, secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_code_is_found_however_it_was_typed() {
        let code = Code::new(&SeededRandom::new(3));
        let grouped = code.grouped();
        assert_eq!(grouped.len(), 19);
        assert!(Code::typed(&grouped) == Some(code.clone()));
        assert!(Code::typed(&grouped.to_lowercase().replace('-', " ")) == Some(code));
        assert!(Code::typed("OIL0-1111-2222-3333") == Code::typed("0110-1111-2222-3333"));
        for wrong in ["", "ABCD", "ABCD-EFGH-JKMN-PQRU", "ABCD-EFGH-JKMN-PQRS-T", "ABCD-EFGH-JKMN-PQR字"] {
            assert!(Code::typed(wrong).is_none(), "{wrong}");
        }
    }
}
