//! `POST /v1/caseloads/{caseload}/held/{submission}/decide`: a supervisor accepts or rejects.

use axum::Json;
use serde::Deserialize;
use sync_core::id::{CaseloadId, SubmissionId};

use super::list::DECIDERS;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::acting::{Done, actor, said};
use crate::http::{InPath, JsonBody};

/// The decision.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Decide {
    /// Accepted: it becomes part of the record now. Else it is kept as what it is.
    accept: bool,
    /// Why.
    reason: String,
}

/// Decides on a held submission, for good.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/held/{submission}/decide", tag = "held",
    params(("caseload" = String, Path), ("submission" = String, Path)), request_body = Decide,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, submission)): InPath<(CaseloadId, SubmissionId)>,
    JsonBody(Decide { accept, reason }): JsonBody<Decide>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, DECIDERS).await?;
    let (app, decision) = (caller.app(), (submission, accept, said(&reason)?));
    let (flow, now) = (app.flow(), app.clock().now());
    flow.decide(&mut access.tx, caseload, actor(&access.scope), now, decision).await?;
    access.tx.commit().await?;
    Ok(Done::nothing_more())
}
