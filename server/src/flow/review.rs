//! A steward looks at what was opened or told of an elder's file; somebody tells the elder of what was told.

use serde_json::Value;
use sync_core::entity::Kind;
use sync_core::event::{BreakGlass, BreakGlassAct, EventBody, Reviewed};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::time::Timestamp;

use super::{Actor, Flow, FlowError, Result};
use crate::db::document::Projected;
use crate::db::{Tx, document};

impl Flow {
    /// Records a steward's look.
    ///
    /// # Errors
    /// [`FlowError::NotFound`]; [`FlowError::Objection`] when somebody was first.
    pub async fn review(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (review, proper, note): (EntityId, bool, String),
    ) -> Result<SubmissionId> {
        self.review_of(tx, caseload, review).await?;
        let body = EventBody::Reviewed(Reviewed { proper, note });
        self.happened(tx, (caseload, review), actor, now, body).await
    }

    /// Records that the elder was told of what was told of them.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], also for what the elder need not be told; [`FlowError::AlreadyDecided`].
    pub async fn elder_told(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (review, how): (EntityId, String),
    ) -> Result<SubmissionId> {
        let found = self.review_of(tx, caseload, review).await?;
        if value(&found, "tell_elder") != Some(&Value::Bool(true)) {
            return Err(FlowError::NotFound);
        }
        if value(&found, "elder_told_at").is_some() {
            return Err(FlowError::AlreadyDecided);
        }
        let opening = value(&found, "opening").and_then(Value::as_str).and_then(|id| id.parse::<EventId>().ok());
        let told = BreakGlass {
            act: BreakGlassAct::ElderTold,
            of: Some(opening.ok_or(FlowError::NotFound)?),
            reason: how,
            told: None,
            fields: Vec::new(),
        };
        self.happened(tx, (caseload, found.root), actor, now, EventBody::BreakGlass(told)).await
    }

    async fn review_of(&self, tx: &mut Tx, caseload: CaseloadId, review: EntityId) -> Result<Projected> {
        let found = document::projection(tx, &mut self.keys(), caseload, review).await?;
        found.filter(|found| found.kind == Kind::Review.code()).ok_or(FlowError::NotFound)
    }
}

fn value<'v>(found: &'v Projected, name: &str) -> Option<&'v Value> {
    let fields = found.json.get("fields")?.as_array()?;
    fields.iter().find(|field| field["name"] == name).map(|field| &field["value"])
}
