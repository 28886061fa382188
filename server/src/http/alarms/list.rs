//! `GET /v1/caseloads/{caseload}/alarms`: what nobody has looked at yet.

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::id::CaseloadId;

use crate::auth::Caller;
use crate::db::alarm;
use crate::error::ApiError;
use crate::http::{InPath, Moment};

/// Who looks at alarms.
pub(super) const WATCHERS: &[Role] = &[Role::Supervisor, Role::Steward, Role::Dispatcher];

/// Most alarms in one answer.
const PAGE: u32 = 200;

/// An alarm that nobody has acknowledged.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Alarm {
    /// Its number in the caseload.
    n: u64,
    /// When it went off.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// What it is.
    code: String,
    /// The rule, if one was behind it.
    rule: Option<String>,
    /// What a person needs to know.
    detail: String,
}

/// What nobody has looked at yet, oldest first.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/alarms", tag = "alarms",
    params(("caseload" = String, Path)),
    responses((status = 200, body = Vec<Alarm>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(caller: Caller, InPath(caseload): InPath<CaseloadId>) -> Result<Json<Vec<Alarm>>, ApiError> {
    let mut access = caller.look(caseload, WATCHERS).await?;
    let mut keys = caller.app().flow().keys();
    let open = alarm::open(&mut access.tx, &mut keys, caseload, PAGE).await?;
    let shown = open.into_iter().map(|alarm| {
        let alarm::Alarm { n, at, code, rule, detail } = alarm;
        Alarm { n, at: at.into(), code, rule, detail }
    });
    Ok(Json(shown.collect()))
}
