//! `GET /v1/caseloads/{caseload}/referrals`: the referrals of a caseload.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::error::ApiError;
use crate::http::paging::page;
use crate::http::view::Entity;
use crate::http::{InPath, InQuery};

/// Who may see referrals.
pub(super) const READERS: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward, Role::Dispatcher, Role::Purchaser];

/// Which referrals.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only those in this state: `submitted`, `dispatched`, `accepted`, `checking`, `replied`, `returned`…
    state: Option<String>,
    /// Only those whose deadline has passed.
    #[serde(default)]
    overdue: bool,
    /// Only those of this file.
    #[param(value_type = Option<String>)]
    file: Option<EntityId>,
    /// After this referral: the last of the page before.
    #[param(value_type = Option<String>)]
    after: Option<EntityId>,
}

/// The referrals of a caseload, by id. The purchaser sees states, clocks, rules, departments and numbers. A page is full
/// when more may follow.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/referrals", tag = "referrals",
    params(("caseload" = String, Path), Filter),
    responses((status = 200, body = Vec<Entity>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(filter): InQuery<Filter>,
) -> Result<Json<Vec<Entity>>, ApiError> {
    let mut access = caller.look(caseload, READERS).await?;
    let now = caller.app().clock().now();
    let fits = |entity: &Entity| {
        let state = entity.state.as_ref().map(|state| state.code);
        filter.state.as_deref().is_none_or(|wanted| state == Some(wanted))
            && (!filter.overdue || entity.overdue)
            && filter.file.is_none_or(|file| entity.file == file)
    };
    let purchaser = access.scope.role() == Role::Purchaser;
    // Which file it is about is not the purchaser's: nothing is of the file that they ask for.
    if purchaser && filter.file.is_some() {
        return Ok(Json(Vec::new()));
    }
    let (tx, mut keys) = (&mut access.tx, caller.app().flow().keys());
    let found = page(tx, &mut keys, (caseload, Kind::Referral), filter.after, now, fits).await?;
    Ok(Json(if purchaser { found.into_iter().map(Entity::for_purchaser).collect() } else { found }))
}
