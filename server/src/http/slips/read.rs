//! `GET /v1/desks/{desk}/slips/{slip}`: one slip. The look is recorded.

use axum::Json;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use super::list::READERS;
use crate::auth::AtDesk;
use crate::db::document;
use crate::error::{self, ApiError};
use crate::http::InPath;
use crate::http::view::Entity;

/// One slip. The look is recorded. One about a person is opened at `open`: here are its number, the rule's name and when it
/// is due.
#[utoipa::path(
    get, path = "/v1/desks/{desk}/slips/{slip}", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), ("slip" = String, Path)),
    responses((status = 200, body = Entity), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(
    at: AtDesk,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<Entity>, ApiError> {
    let mut access = at.open(desk, READERS, slip, "slip").await?;
    let now = at.app().clock().now();
    let found = document::projection(&mut access.tx, &mut at.app().flow().keys(), desk, slip).await?;
    let slips = [Kind::Slip, Kind::PersonSlip, Kind::SlipCopy];
    let found = found.filter(|found| slips.iter().any(|kind| kind.code() == found.kind));
    access.looked(now, Some(slip), "slip", found.is_some()).await?;
    access.tx.commit().await?;
    Ok(Json(Entity::of(found.ok_or(&error::NOT_FOUND)?, now).unopened()))
}
