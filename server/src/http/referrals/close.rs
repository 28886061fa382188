//! `POST /v1/caseloads/{caseload}/referrals/{referral}/close`: the dispatcher closes what was answered and confirmed.

use axum::Json;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::flow::act::Act;
use crate::http::InPath;
use crate::http::acting::{Done, actor};

/// Closes a referral.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/referrals/{referral}/close", tag = "referrals",
    params(("caseload" = String, Path), ("referral" = String, Path)),
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, referral)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Dispatcher]).await?;
    let (app, act) = (caller.app(), Act::Close { referral });
    let done = app.flow().act(&mut access.tx, caseload, actor(&access.scope), app.clock().now(), act).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
