//! `POST /v1/desks/{desk}/slips/{slip}/open`: a slip about a person is opened, with a reason.

use axum::Json;
use serde::Deserialize;
use sync_core::id::{CaseloadId, EntityId};

use super::list::READERS;
use crate::auth::AtDesk;
use crate::error::ApiError;
use crate::flow::person_slip::LOOK;
use crate::http::acting::{actor, said};
use crate::http::view::Entity;
use crate::http::{InPath, JsonBody};

/// Why.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Open {
    /// What it is needed for. The steward of the elder's caseload reads it.
    reason: String,
}

/// Opens a slip about a person: what the desk may know of them, and what allows it. Recorded here and at the elder's
/// caseload, whose steward looks at it.
#[utoipa::path(
    post, path = "/v1/desks/{desk}/slips/{slip}/open", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), ("slip" = String, Path)), request_body = Open,
    responses((status = 200, body = Entity), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    at: AtDesk,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
    JsonBody(body): JsonBody<Open>,
) -> Result<Json<Entity>, ApiError> {
    let mut access = at.open(desk, READERS, slip, LOOK).await?;
    let (flow, now) = (at.app().flow(), at.app().clock().now());
    let (reason, by) = (said(&body.reason)?, (actor(&access.scope), access.phone(), at.way()?));
    let opened = flow.open_person_slip(&mut access.tx, desk, by, now, (slip, reason)).await?;
    access.tx.commit().await?;
    Ok(Json(Entity::of(opened, now)))
}
