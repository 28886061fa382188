//! `GET /v1/caseloads/{caseload}/alarms`: what nobody has looked at yet; also what somebody has.

use axum::Json;
use serde::Deserialize;
use sync_core::id::CaseloadId;
use sync_core::time::Timestamp;

use super::view::{Alarm, WATCHERS, reaches, shown};
use crate::auth::Caller;
use crate::db::alarm;
use crate::error::ApiError;
use crate::http::{InPath, InQuery, Moment};

/// Most alarms in one answer.
const PAGE: u32 = 200;

/// Which alarms.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Also those that somebody has acknowledged.
    #[serde(default)]
    all: bool,
    /// With `all`: only those that went off at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Moment>,
    /// With `all`: after this number, the last of the page before.
    #[serde(default)]
    after: u64,
}

/// What nobody has looked at yet, oldest first; with `all` also what somebody has. The purchaser sees, by ids only, those
/// that have come to the purchaser.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/alarms", tag = "alarms",
    params(("caseload" = String, Path), Filter),
    responses((status = 200, body = Vec<Alarm>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(filter): InQuery<Filter>,
) -> Result<Json<Vec<Alarm>>, ApiError> {
    let mut access = caller.look(caseload, WATCHERS).await?;
    let mut keys = caller.app().flow().keys();
    let found = if filter.all {
        let from = (filter.after, filter.since.map_or(Timestamp::EPOCH, |since| since.0));
        alarm::since(&mut access.tx, &mut keys, caseload, from, PAGE).await?
    } else {
        alarm::open(&mut access.tx, &mut keys, caseload, PAGE).await?
    };
    let role = access.scope.role();
    let mut alarms = Vec::new();
    for alarm in found.into_iter().filter(|alarm| reaches(role, alarm)) {
        alarms.push(shown(&mut access, &mut keys, caseload, alarm).await?);
    }
    Ok(Json(alarms))
}
