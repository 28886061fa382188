//! `GET /v1/caseloads/{caseload}/referrals/{referral}`: one referral with what happened to it.

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use super::history::{self, Happened};
use super::list::READERS;
use crate::auth::Caller;
use crate::db::{document, event};
use crate::error::{self, ApiError};
use crate::flow::chain;
use crate::http::InPath;
use crate::http::chain::{Log, People, StepShown, shown};
use crate::http::view::Entity;

/// A referral.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Referral {
    /// As it stands.
    referral: Entity,
    /// What happened to it, in order.
    history: Vec<Happened>,
    /// Who stood behind it at each step, from what was seen on, in the order of the log. Officers are not named here: in the
    /// organisation's log the desk speaks.
    chain: Vec<StepShown>,
}

/// One referral with what happened to it. A look at one about an elder is recorded, and so is being refused.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/referrals/{referral}", tag = "referrals",
    params(("caseload" = String, Path), ("referral" = String, Path)),
    responses((status = 200, body = Referral), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(
    caller: Caller,
    InPath((caseload, referral)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<Referral>, ApiError> {
    let mut access = caller.open(caseload, READERS, Some(referral), "referral").await?;
    let (app, tx, now) = (caller.app(), &mut access.tx, caller.app().clock().now());
    let mut keys = app.flow().keys();
    let found = document::projection(tx, &mut keys, caseload, referral).await?;
    let found = found.filter(|entity| entity.kind == Kind::Referral.code()).ok_or(&error::NOT_FOUND)?;
    let events = event::of_file(tx, &mut keys, caseload, found.root).await?;
    let about = document::projection(tx, &mut keys, caseload, found.root).await?;
    let of_elder = about.is_some_and(|about| about.kind == Kind::Elder.code());
    let seen = Entity::of(found, now);
    let history = history::of(&seen, events);
    if of_elder {
        access.looked(now, Some(referral), "referral", true).await?;
    }
    let role = access.scope.role();
    let steps = chain::of_referral(&mut access.tx, &mut keys, caseload, referral).await?;
    let chain = shown(&mut access.tx, Log::Organisation, steps, People::known_to(role)).await?;
    access.tx.commit().await?;
    if role == Role::Purchaser {
        let history = history.into_iter().map(Happened::for_purchaser).collect();
        return Ok(Json(Referral { referral: seen.for_purchaser(), history, chain }));
    }
    Ok(Json(Referral { referral: seen, history, chain }))
}
