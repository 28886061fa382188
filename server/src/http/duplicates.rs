//! `GET /v1/caseloads/{caseload}/duplicates`: pairs of files that look like one shop.

use axum::Json;
use serde::Serialize;
use sync_core::entity::flag_review;
use sync_core::event::FlagStanding;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::db::{document, flag};
use crate::error::ApiError;
use crate::http::InPath;
use crate::http::flags::{Flag, PAGE};
use crate::http::premises::search::KEEPERS;
use crate::http::view::Entity;

/// Two files that look like one shop.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Pair {
    /// The one.
    a: Option<Entity>,
    /// The other.
    b: Option<Entity>,
    /// The flag that says so, and why.
    flag: Flag,
}

/// Pairs of files that look like one shop and are not linked yet.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/duplicates", tag = "premises",
    params(("caseload" = String, Path)),
    responses((status = 200, body = Vec<Pair>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(caller: Caller, InPath(caseload): InPath<CaseloadId>) -> Result<Json<Vec<Pair>>, ApiError> {
    let mut access = caller.look(caseload, KEEPERS).await?;
    let (app, tx) = (caller.app(), &mut access.tx);
    let now = app.clock().now();
    let mut keys = app.flow().keys();
    let mut pairs = Vec::new();
    for kept in flag::every(tx, &mut keys, caseload, PAGE).await? {
        // A flag about a pair has the other file as its window.
        let Ok(other) = kept.flag.flagged.window.parse::<EntityId>() else { continue };
        if kept.flag.flagged.standing != FlagStanding::Raised {
            continue;
        }
        let a = document::projection(tx, &mut keys, caseload, kept.flag.subject).await?;
        let b = document::projection(tx, &mut keys, caseload, other).await?;
        let show = |found: Option<document::Projected>| found.map(|entity| Entity::of(entity, now));
        let review = flag_review::id(kept.flag.flagged.flag);
        let review = document::projection(tx, &mut keys, caseload, review).await?;
        pairs.push(Pair { a: show(a), b: show(b), flag: Flag::of(kept, &review) });
    }
    Ok(Json(pairs))
}
