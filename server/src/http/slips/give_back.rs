//! `POST /v1/desks/{desk}/slips/{slip}/return`: it belongs to another department.

use axum::Json;
use serde::Deserialize;
use sync_core::id::{CaseloadId, EntityId};

use super::act;
use crate::auth::AtDesk;
use crate::error::ApiError;
use crate::flow::desk::DeskAct;
use crate::http::acting::{Done, maybe_said, said};
use crate::http::{InPath, JsonBody};

/// Why it is not this desk's.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Return {
    /// Why.
    reason: String,
    /// The code of the department that it belongs to, if the desk knows.
    #[schema(example = "GASREG")]
    suggested: Option<String>,
}

/// The officer returns the slip to the dispatcher.
#[utoipa::path(
    post, path = "/v1/desks/{desk}/slips/{slip}/return", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), ("slip" = String, Path)), request_body = Return,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    at: AtDesk,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
    JsonBody(body): JsonBody<Return>,
) -> Result<Json<Done>, ApiError> {
    let wanted = DeskAct::Return { reason: said(&body.reason)?, suggested: maybe_said(body.suggested)? };
    act(&at, desk, slip, wanted).await?;
    Ok(Done::nothing_more())
}
