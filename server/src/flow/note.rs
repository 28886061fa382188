//! Inputs that are not submissions: a policy comes into force, somebody enters or leaves.

use sync_core::id::{CaseloadId, PersonId};
use sync_core::log::EntryBody;
use sync_core::time::Timestamp;

use super::{Flow, FlowError, Head, Result, save};
use crate::db::{Tx, caseload, counter, policy};

/// The counter that holds the policy version last noted in a caseload.
const POLICY: &str = "policy";

impl Flow {
    /// Notes in the log that a person entered or left.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for an unknown caseload; the database.
    pub async fn note_membership(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        now: Timestamp,
        (person, enter, version): (PersonId, bool, u32),
    ) -> Result<()> {
        self.note(tx, caseload, now, EntryBody::Membership { person, enter, version }).await
    }

    /// Keeps the policy for good and notes in every log that it came into force. To be called at each start; does
    /// nothing when it was in force before.
    ///
    /// # Errors
    /// [`FlowError::PolicyChanged`] and [`FlowError::PolicyOlder`]: what was taken in under a version can only be derived
    /// again when versions never change and never go back.
    pub async fn activate_policy(&self, tx: &mut Tx, now: Timestamp) -> Result<()> {
        let (version, digest) = (self.policy.version(), self.policy.policy().digest);
        match policy::load(tx, version).await? {
            Some(known) if known.digest != digest => return Err(FlowError::PolicyChanged(version)),
            Some(_) => {}
            None => {
                let stored = policy::Stored { version, digest, files: self.policy.files.clone() };
                policy::insert(tx, &stored, now).await?;
            }
        }
        let in_force = policy::newest(tx).await?.map_or(version, |newest| newest.version);
        if in_force > version {
            return Err(FlowError::PolicyOlder { offered: version, in_force });
        }
        for known in caseload::every(tx).await? {
            if counter::get(tx, known.id, POLICY).await? != u64::from(version) {
                self.note(tx, known.id, now, EntryBody::PolicyActivated { version }).await?;
                counter::set(tx, known.id, POLICY, u64::from(version)).await?;
            }
        }
        Ok(())
    }

    async fn note(&self, tx: &mut Tx, caseload: CaseloadId, now: Timestamp, body: EntryBody) -> Result<()> {
        let mut head = Head::open(tx, caseload).await?;
        let mut case = head.case(&self.policy.evaluator, now);
        case.note(body);
        let outcome = case.finish();
        save::outcome(self, tx, &mut self.keys(), &mut head, now, outcome).await
    }
}
