//! A person's decision on a held submission.

use sync_core::id::{CaseloadId, SubmissionId};
use sync_core::log::HoldCode;
use sync_core::time::Timestamp;

use super::{Actor, Flow, FlowError, Head, Result, intake, load, save};
use crate::db::submission::{self, Stands};
use crate::db::{DbError, Tx, log};

impl Flow {
    /// Accepts a held submission, which merges now, or rejects it, which keeps it as what it is.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::AlreadyDecided`]; [`FlowError::Refused`] with the code for which it cannot be
    /// merged even though a person wants to.
    pub async fn decide(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (submission, accepted, reason): (SubmissionId, bool, String),
    ) -> Result<()> {
        let mut keys = self.keys();
        let mut head = Head::open(tx, caseload).await?;
        let known = submission::by_id(tx, caseload, submission).await?.ok_or(FlowError::NotFound)?;
        if !matches!(known.stands, Stands::Held(_)) {
            return Err(FlowError::AlreadyDecided);
        }
        let entry = log::one(tx, &mut keys, caseload, known.seq).await?;
        let entry = entry.ok_or(DbError::Damaged("a submission without an entry"))?;
        let held = log::logged(&entry).ok_or(DbError::Damaged("a submission without an entry"))?.clone();
        let mut case = head.case(&self.policy.evaluator, now);
        if accepted {
            if intake::says_again(tx, caseload, &held.parts).await? {
                return Err(FlowError::Refused(HoldCode::Malformed));
            }
            case.expect(&held.parts);
            load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        }
        case.decide(held, accepted, actor.person, reason).map_err(FlowError::Refused)?;
        load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        case.conclude();
        let outcome = case.finish();
        save::outcome(self, tx, &mut keys, &mut head, now, outcome).await
    }
}
