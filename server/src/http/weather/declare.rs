//! `POST /v1/caseloads/{caseload}/weather`: a supervisor declares an alert.

use axum::Json;
use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::event::WeatherAlert;
use sync_core::id::{CaseloadId, EventId};

use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::http::acting::actor;
use crate::http::{InPath, JsonBody, Moment};

pub(crate) const NO_SUCH_WEATHER: Problem =
    Problem::new(422, "no_such_weather", "政策没有这一种恶劣天气。", "The policy does not list this kind of weather.");
pub(crate) const NOT_A_SPELL: Problem = Problem::new(
    422,
    "not_a_spell",
    "预警要先开始后结束,结束时间在今后,最长31天。",
    "An alert ends after it begins, in the future, and lasts 31 days at most.",
);
pub(crate) const ALERT_RUNNING: Problem = Problem::new(
    409,
    "alert_running",
    "这段时间已有同类预警。",
    "There is an alert of this kind for part of that time already.",
);

/// What weather, and when.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct DeclareWeather {
    /// One of the policy's kinds.
    #[schema(example = "typhoon")]
    kind: String,
    /// When it begins; without it, now.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// When it is over.
    #[schema(value_type = String, format = DateTime)]
    until: Moment,
}

/// An alert that was declared.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct DeclaredWeather {
    /// What it is ended by.
    #[schema(value_type = String)]
    alert: EventId,
}

/// Declares bad weather: the elders whom the policy names are visited or called once more. Phones learn of it with their next
/// sync.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/weather", tag = "weather",
    params(("caseload" = String, Path)), request_body = DeclareWeather,
    responses((status = 200, body = DeclaredWeather), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    JsonBody(DeclareWeather { kind, from, until }): JsonBody<DeclareWeather>,
) -> Result<Json<DeclaredWeather>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Supervisor]).await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    if flow.policy().policy().weather_kind(&kind).is_none() {
        return Err(ApiError::from(&NO_SUCH_WEATHER));
    }
    let alert = WeatherAlert { kind, from: from.map_or(now, |from| from.0), until: until.0 };
    if !alert.is_sound() || alert.until <= alert.from.max(now) {
        return Err(ApiError::from(&NOT_A_SPELL));
    }
    let alert = flow.declare_weather(&mut access.tx, caseload, actor(&access.scope), now, alert).await?;
    access.tx.commit().await?;
    Ok(Json(DeclaredWeather { alert }))
}
