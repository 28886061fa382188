//! `POST /v1/caseloads/{caseload}/reviews/{review}/told`: the elder was told.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::acting::{Done, actor, said};
use crate::http::{InPath, JsonBody};

/// How the elder was told.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Told {
    /// By whom, how, and what the elder said.
    how: String,
}

/// Records that the elder was told of what was told of them in an emergency. Until then it stays open.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/reviews/{review}/told", tag = "reviews",
    params(("caseload" = String, Path), ("review" = String, Path)), request_body = Told,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, review)): InPath<(CaseloadId, EntityId)>,
    JsonBody(told): JsonBody<Told>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Worker, Role::Supervisor, Role::Steward]).await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    let how = (review, said(&told.how)?);
    let done = flow.elder_told(&mut access.tx, caseload, actor(&access.scope), now, how).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
