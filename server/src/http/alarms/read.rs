//! `GET /v1/caseloads/{caseload}/alarms/{n}`: one alarm, where a delivery points to.

use axum::Json;
use sync_core::id::CaseloadId;

use super::view::{Alarm, WATCHERS, reaches, shown};
use crate::auth::Caller;
use crate::db::alarm;
use crate::error::{self, ApiError};
use crate::http::InPath;

/// One alarm: how far it has come, whom it reached, who has acknowledged it.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/alarms/{n}", tag = "alarms",
    params(("caseload" = String, Path), ("n" = u64, Path)),
    responses((status = 200, body = Alarm), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(
    caller: Caller,
    InPath((caseload, n)): InPath<(CaseloadId, u64)>,
) -> Result<Json<Alarm>, ApiError> {
    let mut access = caller.look(caseload, WATCHERS).await?;
    let mut keys = caller.app().flow().keys();
    let found = alarm::one(&mut access.tx, &mut keys, caseload, n).await?;
    let role = access.scope.role();
    let alarm = found.filter(|alarm| reaches(role, alarm)).ok_or(&error::NOT_FOUND)?;
    Ok(Json(shown(&mut access, &mut keys, caseload, alarm).await?))
}
