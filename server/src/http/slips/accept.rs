//! `POST /v1/desks/{desk}/slips/{slip}/accept`: the desk has it.

use axum::Json;
use sync_core::id::{CaseloadId, EntityId};

use super::act;
use crate::auth::AtDesk;
use crate::error::ApiError;
use crate::flow::desk::DeskAct;
use crate::http::InPath;
use crate::http::acting::Done;

/// The officer accepts the slip for their department.
#[utoipa::path(
    post, path = "/v1/desks/{desk}/slips/{slip}/accept", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), ("slip" = String, Path)),
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    at: AtDesk,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<Done>, ApiError> {
    let wanted = DeskAct::Accept;
    act(&at, desk, slip, wanted).await?;
    Ok(Done::nothing_more())
}
