//! `POST /v1/desks/{desk}/slips/{slip}/not-accepted`: the department does not take it on.

use axum::Json;
use serde::Deserialize;
use sync_core::id::{CaseloadId, EntityId};

use super::act;
use crate::auth::AtDesk;
use crate::error::ApiError;
use crate::flow::desk::DeskAct;
use crate::http::acting::{Done, said};
use crate::http::{InPath, JsonBody};

/// Why it is not taken on.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct NotAccept {
    /// Why.
    reason: String,
}

/// The officer does not take the matter on, and says why. It ends here; the worker is told.
#[utoipa::path(
    post, path = "/v1/desks/{desk}/slips/{slip}/not-accepted", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), ("slip" = String, Path)), request_body = NotAccept,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    at: AtDesk,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
    JsonBody(body): JsonBody<NotAccept>,
) -> Result<Json<Done>, ApiError> {
    let wanted = DeskAct::NotAccepted { reason: said(&body.reason)? };
    act(&at, desk, slip, wanted).await?;
    Ok(Done::nothing_more())
}
