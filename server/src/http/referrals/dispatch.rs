//! `POST /v1/caseloads/{caseload}/referrals/{referral}/dispatch`: the dispatcher sends a referral to a desk.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::db::caseload::{self, CaseloadKind};
use crate::db::{self, Tx};
use crate::error::{ApiError, Problem};
use crate::flow::act::Act;
use crate::http::acting::{Done, actor};
use crate::http::{InPath, JsonBody};

pub(crate) const NO_SUCH_DESK: Problem =
    Problem::new(422, "no_such_desk", "没有这个部门窗口。", "There is no such desk.");

/// Where to: a desk, or the desk of a department.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Dispatch {
    /// The desk's caseload.
    #[schema(value_type = Option<String>)]
    desk: Option<CaseloadId>,
    /// The department's code, instead.
    #[schema(example = "FIRE")]
    dept: Option<String>,
}

/// Sends a referral to a desk: for the first time, or after a return. Its statutory clock starts now.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/referrals/{referral}/dispatch", tag = "referrals",
    params(("caseload" = String, Path), ("referral" = String, Path)), request_body = Dispatch,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, referral)): InPath<(CaseloadId, EntityId)>,
    JsonBody(to): JsonBody<Dispatch>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Dispatcher]).await?;
    let (app, tx) = (caller.app(), &mut access.tx);
    let desk = find(tx, &to).await?.ok_or(&NO_SUCH_DESK)?;
    let act = Act::Dispatch { referral, desk };
    let done = app.flow().act(tx, caseload, actor(&access.scope), app.clock().now(), act).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}

async fn find(tx: &mut Tx, to: &Dispatch) -> db::Result<Option<CaseloadId>> {
    let all = caseload::every(tx).await?;
    let mut desks = all.into_iter().filter(|c| c.kind == CaseloadKind::Desk);
    let wanted = |c: &caseload::Caseload| match (to.desk, &to.dept) {
        (Some(id), _) => c.id == id,
        (None, dept) => dept.is_some() && c.dept == *dept,
    };
    Ok(desks.find(wanted).map(|desk| desk.id))
}
