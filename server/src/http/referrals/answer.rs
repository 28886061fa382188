//! `POST /v1/caseloads/{caseload}/referrals/{referral}/answer`: the answer to a desk's question.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::event::{EventBody, Supplied};
use sync_core::id::{CaseloadId, EntityId, EventId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::acting::{Done, actor, said};
use crate::http::{InPath, JsonBody};

/// The answer.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Answer {
    /// The question: an element of the referral's `question`.
    #[schema(value_type = String)]
    question: EventId,
    /// What the desk wanted to know.
    text: String,
}

/// Answers a desk's question. The desk reads it on its slip; a clock that stood runs again.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/referrals/{referral}/answer", tag = "referrals",
    params(("caseload" = String, Path), ("referral" = String, Path)), request_body = Answer,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, referral)): InPath<(CaseloadId, EntityId)>,
    JsonBody(answer): JsonBody<Answer>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Worker, Role::Supervisor]).await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    let body = EventBody::Supplied(Supplied { question: answer.question, text: said(&answer.text)? });
    let by = actor(&access.scope);
    let done = flow.happened(&mut access.tx, (caseload, referral), by, now, body).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
