//! `POST /v1/caseloads/{caseload}/referrals/{referral}/confirm-flag`: the supervisor says whether the flag is right.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::entity::{Kind, flag_review};
use sync_core::id::{CaseloadId, EntityId, FlagId};

use crate::auth::Caller;
use crate::db::document;
use crate::error::{self, ApiError};
use crate::flow::flag::OfFlag;
use crate::http::acting::{Done, TEXT_MISSING, actor, maybe_said};
use crate::http::view::Entity;
use crate::http::{InPath, JsonBody};

/// What the supervisor says.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Confirm {
    /// Whether the flag is right.
    right: bool,
    /// Why; needed when it is not.
    reason: Option<String>,
}

/// What is on record when a supervisor confirms without further words.
const CONFIRMED: &str = "属实";

/// Decides on the flag behind a referral, as `flags/{flag}/decide` does for whoever has seen everything that was said. For
/// shops it gates nothing.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/referrals/{referral}/confirm-flag", tag = "referrals",
    params(("caseload" = String, Path), ("referral" = String, Path)), request_body = Confirm,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath((caseload, referral)): InPath<(CaseloadId, EntityId)>,
    JsonBody(Confirm { right, reason }): JsonBody<Confirm>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Supervisor]).await?;
    let (app, tx) = (caller.app(), &mut access.tx);
    let mut keys = app.flow().keys();
    let found = document::projection(tx, &mut keys, caseload, referral).await?;
    let found = found.filter(|found| found.kind == Kind::Referral.code()).ok_or(&error::NOT_FOUND)?;
    let now = app.clock().now();
    let flag: FlagId = Entity::of(found, now).text("flag").and_then(|id| id.parse().ok()).ok_or(&error::NOT_FOUND)?;
    let review = document::projection(tx, &mut keys, caseload, flag_review::id(flag)).await?;
    let reason = match (maybe_said(reason)?, right) {
        (Some(reason), _) => reason,
        (None, true) => CONFIRMED.to_owned(),
        (None, false) => return Err(ApiError::from(&TEXT_MISSING)),
    };
    let said = OfFlag::Decision { confirm: right, reason, seen: review.map_or(0, |review| review.version) };
    let done = app.flow().of_flag(tx, caseload, actor(&access.scope), now, (flag, said)).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
