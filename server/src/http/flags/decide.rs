//! `POST /v1/caseloads/{caseload}/flags/{flag}/decide`: a supervisor or steward says whether a flag is right.

use axum::Json;
use serde::Deserialize;
use sync_core::entity::flag_review;
use sync_core::id::{CaseloadId, FlagId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::flow::flag::OfFlag;
use crate::http::acting::{Done, actor, said};
use crate::http::{InPath, JsonBody};

/// Right or not.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Decision {
    /// It is right.
    Confirm,
    /// It is not, or it matters no more; it stays dismissed as long as its evidence stays the same.
    Dismiss,
}

/// The decision.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Decide {
    /// Right or not.
    decision: Decision,
    /// Why.
    reason: String,
    /// The `version` of the flag's review that was looked at. Without it, nothing that others said counts as seen: a
    /// contradiction is then shown as one and settled by a person.
    #[serde(default)]
    seen: u32,
}

/// Decides on a flag. Logged like everything else; what the flag set in motion at a department goes on.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/flags/{flag}/decide", tag = "flags",
    params(("caseload" = String, Path), ("flag" = String, Path)), request_body = Decide,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, flag)): InPath<(CaseloadId, FlagId)>,
    JsonBody(Decide { decision, reason, seen }): JsonBody<Decide>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, flag_review::DECIDERS).await?;
    let (app, confirm) = (caller.app(), decision == Decision::Confirm);
    let decision = OfFlag::Decision { confirm, reason: said(&reason)?, seen };
    let (actor, now) = (actor(&access.scope), app.clock().now());
    let done = app.flow().of_flag(&mut access.tx, caseload, actor, now, (flag, decision)).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
