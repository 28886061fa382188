//! `POST /v1/caseloads/{caseload}/referrals/{referral}/redo`: once more to the desk that had it.

use axum::Json;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::db::link;
use crate::error::{self, ApiError};
use crate::flow::act::Act;
use crate::http::InPath;
use crate::http::acting::{Done, actor};

/// Opens the next round at the desk of the last one, after an answer that did not satisfy.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/referrals/{referral}/redo", tag = "referrals",
    params(("caseload" = String, Path), ("referral" = String, Path)),
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, referral)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Dispatcher]).await?;
    let (app, tx) = (caller.app(), &mut access.tx);
    let last = link::slips_of(tx, caseload, referral).await?.pop().ok_or(&error::NOT_FOUND)?;
    let act = Act::Dispatch { referral, desk: last.desk };
    let done = app.flow().act(tx, caseload, actor(&access.scope), app.clock().now(), act).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
