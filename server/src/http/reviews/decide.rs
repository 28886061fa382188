//! `POST /v1/caseloads/{caseload}/reviews/{review}/decide`: a steward looked at it.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::acting::{Done, actor, said};
use crate::http::{InPath, JsonBody};

/// What the steward found.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Look {
    /// Whether it was proper.
    proper: bool,
    /// In words.
    note: String,
}

/// Records a steward's look at what was opened or told. The first one stands.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/reviews/{review}/decide", tag = "reviews",
    params(("caseload" = String, Path), ("review" = String, Path)), request_body = Look,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, review)): InPath<(CaseloadId, EntityId)>,
    JsonBody(look): JsonBody<Look>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Steward]).await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    let found = (review, look.proper, said(&look.note)?);
    let done = flow.review(&mut access.tx, caseload, actor(&access.scope), now, found).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
