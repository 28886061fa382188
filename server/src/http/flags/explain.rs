//! `POST /v1/caseloads/{caseload}/flags/{flag}/explain`: how what a flag asks about came to be.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, FlagId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::flow::flag::OfFlag;
use crate::http::acting::{Done, actor, said};
use crate::http::{InPath, JsonBody};

/// Those who keep the files.
const KEEPERS: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward];

/// The explanation.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Explain {
    /// In words.
    text: String,
}

/// Attaches an explanation to a flag, beside those that are there. Nobody's words replace another's. Reports that
/// evaluators read hold those of doubtful evidence (D03): tell whoever writes one.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/flags/{flag}/explain", tag = "flags",
    params(("caseload" = String, Path), ("flag" = String, Path)), request_body = Explain,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, flag)): InPath<(CaseloadId, FlagId)>,
    JsonBody(Explain { text }): JsonBody<Explain>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, KEEPERS).await?;
    let (app, explanation) = (caller.app(), OfFlag::Explanation(said(&text)?));
    let (actor, now) = (actor(&access.scope), app.clock().now());
    let done = app.flow().of_flag(&mut access.tx, caseload, actor, now, (flag, explanation)).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
