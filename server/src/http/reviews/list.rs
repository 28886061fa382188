//! `GET /v1/caseloads/{caseload}/reviews`: what waits for a steward's look, or for the elder to be told.

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

/// Who sees them.
const READERS: &[Role] = &[Role::Supervisor, Role::Steward];

/// Which reviews.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Also those that are done.
    #[serde(default)]
    done: bool,
    /// After this review: the last of the page before.
    #[param(value_type = Option<String>)]
    after: Option<EntityId>,
}

/// What was opened or told and waits: for a steward's look, or for the elder to be told. A page is full when more may
/// follow.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/reviews", tag = "reviews",
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
    let waits = |review: &Entity| {
        let has = |field: &str| review.values.contains_key(field);
        !has("reviewed_at") || (has("tell_elder") && !has("elder_told_at"))
    };
    let fits = |review: &Entity| filter.done || waits(review);
    let (tx, mut keys) = (&mut access.tx, caller.app().flow().keys());
    Ok(Json(page(tx, &mut keys, (caseload, Kind::Review), filter.after, now, fits).await?))
}
