//! `POST /v1/caseloads/{caseload}/referrals/{referral}/confirm-flag`: the supervisor says whether the flag is right.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::flow::act::Act;
use crate::http::acting::{Done, actor};
use crate::http::{InPath, JsonBody};

/// What the supervisor says.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Confirm {
    /// Whether the flag is right.
    right: bool,
}

/// Records whether the flag behind a referral is right. For shops it gates nothing.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/referrals/{referral}/confirm-flag", tag = "referrals",
    params(("caseload" = String, Path), ("referral" = String, Path)), request_body = Confirm,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, referral)): InPath<(CaseloadId, EntityId)>,
    JsonBody(Confirm { right }): JsonBody<Confirm>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Supervisor]).await?;
    let (app, act) = (caller.app(), Act::ConfirmFlag { referral, right });
    let done = app.flow().act(&mut access.tx, caseload, actor(&access.scope), app.clock().now(), act).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
