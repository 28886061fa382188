//! `POST /v1/desks/{desk}/slips/{slip}/ask`: the desk lacks something.

use axum::Json;
use serde::Deserialize;
use sync_core::id::{CaseloadId, EntityId};

use super::OFFICERS;
use crate::auth::AtDesk;
use crate::error::ApiError;
use crate::http::acting::{Done, actor, said};
use crate::http::{InPath, JsonBody};

/// The question.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Ask {
    /// What the desk needs to know.
    question: String,
}

/// The officer asks the organisation something, while the desk has the referral in hand. A clock agreed inside the project
/// stands until the answer, for the policy's time at most; one set by law runs on.
#[utoipa::path(
    post, path = "/v1/desks/{desk}/slips/{slip}/ask", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), ("slip" = String, Path)), request_body = Ask,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    at: AtDesk,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
    JsonBody(body): JsonBody<Ask>,
) -> Result<Json<Done>, ApiError> {
    let mut access = at.enter(desk, OFFICERS).await?;
    if !at.once(&mut access).await? {
        return Ok(Done::nothing_more());
    }
    let (flow, now) = (at.app().flow(), at.app().clock().now());
    let asked = (slip, said(&body.question)?, at.way()?);
    flow.ask_from_desk(&mut access.tx, desk, actor(&access.scope), now, asked).await?;
    access.tx.commit().await?;
    Ok(Done::nothing_more())
}
