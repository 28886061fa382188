//! `GET /v1/caseloads/{caseload}/report`: the figures of a period.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::CaseloadId;
use sync_core::report::Period;
use sync_core::time::{Day, Timestamp};

use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::http::{InPath, InQuery, Moment};
use crate::report::{self, Drawn};

/// Who may see figures.
const READERS: &[Role] = &[Role::Supervisor, Role::Steward, Role::Purchaser, Role::Evaluator];

pub(crate) const NOT_A_PERIOD: Problem = Problem::new(
    422,
    "not_a_period",
    "时间段不对:请写起止日期,最长一年。",
    "This is no period: give its first and last moment, at most a year apart.",
);

/// Which period.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Observed from this day or moment on: `2026-11-23` or RFC 3339.
    from: String,
    /// Observed before this day or moment.
    to: String,
    /// Taken in by this moment; the end of the period without it, and never later than now.
    #[param(value_type = Option<String>)]
    frozen: Option<Moment>,
}

impl Asked {
    /// The period that is asked for.
    pub(super) fn period(&self, now: Timestamp) -> Result<Period, ApiError> {
        let span = moment(&self.from).zip(moment(&self.to));
        let frozen = self.frozen.map(|Moment(at)| at);
        let period = span.and_then(|span| report::period(span, frozen, now));
        period.ok_or_else(|| ApiError::from(&NOT_A_PERIOD))
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    let day = text.parse::<Day>().ok().map(Day::start);
    day.or_else(|| text.parse::<Moment>().ok().map(|Moment(at)| at))
}

/// What was done in a period, each figure with the events that it is counted from. Pseudonyms stand for people and files;
/// a purchaser gets counts alone.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/report", tag = "reports",
    params(("caseload" = String, Path), Asked),
    responses((status = 200, body = Drawn), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(asked): InQuery<Asked>,
) -> Result<Json<Drawn>, ApiError> {
    let mut access = caller.look(caseload, READERS).await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    let mut drawn = report::report(&mut access.tx, flow, caseload, asked.period(now)?, now).await?;
    if access.scope.role() == Role::Purchaser {
        drawn.report = drawn.report.counts_only();
    }
    Ok(Json(drawn))
}
