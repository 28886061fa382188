//! Identifiers: 16 bytes, shown as 26 characters of a ULID.
//!
//! People never type these; human numbers (`HGS-2026-000123`) are given by the server alone, see
//! [`crate::identifier`].

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::time::Timestamp;

/// A text that is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: expected the 26 characters of a ULID")]
pub struct NotAnId;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The identifier with these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// A new identifier: the time in the first 48 bits, then the low 80 bits of `random`.
            #[must_use]
            pub fn new(now: Timestamp, random: u128) -> Self {
                let ms = u64::try_from(now.millis()).unwrap_or(0);
                Self(Ulid::from_parts(ms, random).to_bytes())
            }

            /// The identifier that belongs to `parts` under the name `domain`: the same everywhere, for ever.
            #[must_use]
            pub fn derived(domain: &str, parts: &[&[u8]]) -> Self {
                Self(derived(domain, parts))
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&Ulid::from_bytes(self.0), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Ulid::from_string(text).map(|ulid| Self(ulid.to_bytes())).map_err(|_| NotAnId)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                <[u8; 16]>::try_from(d.bytes()?)
                    .map(Self)
                    .map_err(|_| minicbor::decode::Error::message("an identifier has 16 bytes"))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

impl EntityId {
    /// What stands for a caseload itself where something is said of it as a whole, like bad weather. It has a file with
    /// events, and no document.
    #[must_use]
    pub fn of_caseload(caseload: CaseloadId) -> Self {
        Self::derived("caseload", &[caseload.bytes()])
    }
}

id! {
    /// An entity: a living file that several people change over time.
    EntityId
    /// An event: what one person saw or did at one time.
    EventId
    /// A submission: what one finished form left in an outbox.
    SubmissionId
    /// A caseload: the unit of permission, order and sharding.
    CaseloadId
    /// One installation of the app on one phone, or a desk's console.
    DeviceId
    /// A worker, supervisor, dispatcher, officer…
    PersonId
    /// One setting up of the app on a device: a phone that was wiped or restored is another one.
    InstallId
    /// One sync request; the same when it is sent again.
    RequestId
    /// A flag: a hash of rule, subject and window that never changes.
    FlagId
    /// Where deliveries go: an address of somebody on duty, or of a desk.
    WebhookId
    /// A delivery; receivers know by it what they have had already.
    DeliveryId
    /// A credential with which a department's own system comes to its desk.
    CredentialId
}

/// SHA-256 over the length-prefixed domain and parts, cut to 16 bytes. Length prefixes keep ("ab","c") and ("a","bc")
/// apart.
fn derived(domain: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in std::iter::once(domain.as_bytes()).chain(parts.iter().copied()) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let full: [u8; 32] = hash.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_round_trip() {
        let id = EntityId::new(Timestamp::from_millis(1_764_000_000_000), 7);
        assert_eq!(id.to_string().len(), 26);
        assert_eq!(id.to_string().parse(), Ok(id));
        let bytes = minicbor::to_vec(id).unwrap();
        assert_eq!(minicbor::decode::<EntityId>(&bytes).unwrap(), id);
        assert_eq!("not an id".parse::<EntityId>(), Err(NotAnId));
    }

    #[test]
    fn derived_ids_keep_their_parts_apart() {
        assert_ne!(EntityId::derived("x", &[b"ab", b"c"]), EntityId::derived("x", &[b"a", b"bc"]));
        assert_ne!(EntityId::derived("x", &[b"a"]), EntityId::derived("y", &[b"a"]));
    }
}
