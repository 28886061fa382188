//! The digest of a caseload's merged state, as phones compute it too.

use sync_core::id::{CaseloadId, EntityId};
use sync_core::phone::state_digest;
use sync_core::submission::Digest;

use super::{Flow, Result};
use crate::db::{Db, document};

/// Documents that are read at a time.
const AT_ONCE: u32 = 256;

impl Flow {
    /// The digest of all documents of a caseload: equal on every replica that folded the same log.
    ///
    /// # Errors
    /// [`super::FlowError::Db`]
    pub async fn state_digest(&self, db: &Db, caseload: CaseloadId) -> Result<Digest> {
        let mut tx = db.read().await?;
        let mut keys = self.keys();
        let mut digests: Vec<(EntityId, Digest)> = Vec::new();
        let mut after = document::FIRST;
        loop {
            let page = document::entities(&mut tx, caseload, after, AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = *last;
            for entity in page {
                if let Some(bytes) = document::saved(&mut tx, &mut keys, caseload, entity).await? {
                    digests.push((entity, Digest::of(&bytes)));
                }
            }
        }
        Ok(state_digest(digests))
    }
}
