//! The phone's half of sync as pure state machines: what is in the outbox and where it stands, what has arrived, when
//! to try again. Shells keep the state and move the bytes.

use sha2::{Digest as _, Sha256};

use crate::id::EntityId;
use crate::submission::Digest;

pub mod backoff;
pub mod inbox;
pub mod lease;
pub mod outbox;

/// The digest of a caseload's merged state: SHA-256 over (entity id, digest of its saved document) in the order of ids.
/// Equal on every replica that folded the same entries, the server's too.
#[must_use]
pub fn state_digest(documents: impl IntoIterator<Item = (EntityId, Digest)>) -> Digest {
    let mut documents: Vec<_> = documents.into_iter().collect();
    documents.sort_unstable();
    let mut hash = Sha256::new();
    for (entity, Digest(digest)) in documents {
        hash.update(entity.bytes());
        hash.update(digest);
    }
    Digest(hash.finalize().into())
}
