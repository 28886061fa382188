//! `GET /v1/caseloads/{caseload}/evaluation/sample`: what an evaluator sees of single events.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::CaseloadId;
use sync_core::limits;

use crate::auth::Caller;
use crate::error::{ApiError, Problem};
use crate::http::report::Asked;
use crate::http::{InPath, InQuery};
use crate::report::{self, DrawnSample};

pub(crate) const NOT_A_DRAW: Problem = Problem::new(
    422,
    "not_a_draw",
    "抽样需要种子(最长 64 字节)和条数(1 到 500)。",
    "A draw needs a seed of at most 64 bytes and a number from 1 to 500.",
);

/// What is drawn.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Draw {
    /// What it is drawn by: say it before you know the events, and anybody can draw the same.
    seed: String,
    /// How many events.
    n: usize,
}

/// A random sample of a period's events, without words, names, addresses or numbers of anybody; and the list of doubtful
/// evidence. The same seed draws the same. Pseudonyms are of this draw alone. The look is recorded.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/evaluation/sample", tag = "reports",
    params(("caseload" = String, Path), Asked, Draw),
    responses((status = 200, body = DrawnSample), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn sample(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(asked): InQuery<Asked>,
    InQuery(draw): InQuery<Draw>,
) -> Result<Json<DrawnSample>, ApiError> {
    const READERS: &[Role] = &[Role::Evaluator];
    let mut access = caller.open(caseload, READERS, None, "evaluation_sample").await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    let period = asked.period(now)?;
    let Draw { seed, n } = draw;
    if seed.is_empty() || seed.len() > limits::SEED_BYTES || !(1..=limits::SAMPLE).contains(&n) {
        return Err(ApiError::from(&NOT_A_DRAW));
    }
    access.looked(now, None, "evaluation_sample", true).await?;
    access.tx.commit().await?;
    // A long log is read without keeping writers waiting.
    let mut access = caller.look(caseload, READERS).await?;
    Ok(Json(report::sample(&mut access.tx, flow, caseload, period, (&seed, n), now).await?))
}
