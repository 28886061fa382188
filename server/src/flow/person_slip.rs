//! A slip about a person is opened with a reason: the opening is recorded where the officer sits and where the elder's
//! file is, and a steward's look at it becomes due. Until then a desk sees a number, a rule's name and a deadline.

use sync_core::entity::Kind;
use sync_core::event::{EventBody, SlipOpened};
use sync_core::id::{CaseloadId, DeviceId, EntityId};
use sync_core::refer::Objection;
use sync_core::time::Timestamp;

use super::desk::{Way, speaker};
use super::{Actor, Flow, FlowError, Result};
use crate::audit::Read;
use crate::db::document::Projected;
use crate::db::{Tx, document, event, link, read_log};

/// What the read logs call it.
pub(crate) const LOOK: &str = "person_slip";

impl Flow {
    /// Opens a slip about a person: what it holds. The same person within the policy's hour opens nothing new; every look
    /// is recorded.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when the desk has no such slip about a person; [`FlowError::Objection`] when what it rests
    /// on stands no more, or the desk has it no more.
    pub async fn open_person_slip(
        &self,
        tx: &mut Tx,
        desk: CaseloadId,
        (actor, phone, way): (Actor, Option<DeviceId>, Way),
        now: Timestamp,
        (slip, reason): (EntityId, String),
    ) -> Result<Projected> {
        let known = link::slip(tx, desk, slip).await?.ok_or(FlowError::NotFound)?;
        let mut keys = self.keys();
        let found = document::projection(tx, &mut keys, desk, slip).await?;
        let found = found.filter(|found| found.kind == Kind::PersonSlip.code()).ok_or(FlowError::NotFound)?;
        let fields = found.json.get("fields").and_then(|fields| fields.as_array());
        let stands = |field: &&serde_json::Value| field["name"] == "consent_stands";
        if fields.and_then(|fields| fields.iter().find(stands)).is_some_and(|field| field["value"] == false) {
            return Err(Objection::NoConsent.into());
        }
        if !self.opened_just_now(tx, desk, actor, now, slip).await? {
            let opened = SlipOpened { slip, round: known.round, reason };
            let body = EventBody::SlipOpened(opened);
            self.happened(tx, (known.caseload, known.referral), speaker(desk), now, body.clone()).await?;
            let acted = way.acted(&format!("{}/opened/{}", known.round, actor.person));
            self.happened_with(tx, (desk, slip), actor, now, (body, acted)).await?;
        }
        let root = document::root(tx, known.caseload, known.referral).await?;
        for (caseload, subject) in [(desk, Some(slip)), (known.caseload, root)] {
            let read =
                Read { at: now, person: actor.person, device: phone, subject, what: LOOK, found: true, shown: None };
            read_log::record(tx, caseload, &[read]).await?;
        }
        Ok(found)
    }

    /// Whether this person opened it so recently that it is the same opening.
    async fn opened_just_now(
        &self,
        tx: &mut Tx,
        desk: CaseloadId,
        actor: Actor,
        now: Timestamp,
        slip: EntityId,
    ) -> Result<bool> {
        let policy = self.policy().policy();
        let events = event::of_file(tx, &mut self.keys(), desk, slip).await?;
        let theirs = events.iter().rev().find(|recorded| {
            matches!(recorded.event.body, EventBody::SlipOpened(_)) && recorded.author.person == actor.person
        });
        let again = theirs.map(|last| policy.due(&policy.workflow.person_open_again, last.received_at));
        Ok(again.is_some_and(|again| again.is_ok_and(|again| now < again.at)))
    }
}
