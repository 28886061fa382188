//! `POST /v1/caseloads/{caseload}/weather/{alert}/end`: the weather is over sooner, or there was none.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EventId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::acting::{Done, actor};
use crate::http::{InPath, JsonBody};

/// How it ends.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct EndWeather {
    /// It should not have been declared: whoever it called is called no more.
    #[serde(default)]
    by_mistake: bool,
}

/// Ends an alert. Who was called and has not been visited yet stays due, unless it was declared by mistake or had not begun.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/weather/{alert}/end", tag = "weather",
    params(("caseload" = String, Path), ("alert" = String, Path)), request_body = EndWeather,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, alert)): InPath<(CaseloadId, EventId)>,
    JsonBody(EndWeather { by_mistake }): JsonBody<EndWeather>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Supervisor]).await?;
    let (actor, now) = (actor(&access.scope), caller.app().clock().now());
    caller.app().flow().end_weather(&mut access.tx, caseload, actor, now, (alert, by_mistake)).await?;
    access.tx.commit().await?;
    Ok(Done::nothing_more())
}
