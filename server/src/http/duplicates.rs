//! `GET /v1/caseloads/{caseload}/duplicates`: pairs of files that look like one shop, elder or dwelling.

use std::collections::BTreeSet;

use axum::Json;
use serde::Serialize;
use sync_core::entity::{Kind, flag_review};
use sync_core::event::FlagStanding;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::union::Clusters;

use crate::auth::Caller;
use crate::db::{document, flag, link};
use crate::error::ApiError;
use crate::http::flags::{Flag, PAGE};
use crate::http::premises::search::KEEPERS;
use crate::http::view::Entity;
use crate::http::{InPath, linked};

/// Two files that look like one.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Pair {
    /// The one.
    a: Option<Entity>,
    /// The other.
    b: Option<Entity>,
    /// The flag that says so, and why.
    flag: Flag,
}

/// Pairs of files that look like one and are not linked yet. A look at elders is recorded.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/duplicates", tag = "premises",
    params(("caseload" = String, Path)),
    responses((status = 200, body = Vec<Pair>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(caller: Caller, InPath(caseload): InPath<CaseloadId>) -> Result<Json<Vec<Pair>>, ApiError> {
    let mut access = caller.open(caseload, KEEPERS, None, "duplicates").await?;
    let (app, tx) = (caller.app(), &mut access.tx);
    let now = app.clock().now();
    let mut keys = app.flow().keys();
    let clusters = Clusters::of(link::standing(tx, caseload).await?);
    let (mut pairs, mut told) = (Vec::new(), BTreeSet::new());
    for kept in flag::every(tx, &mut keys, caseload, PAGE).await? {
        // A flag about a pair has the other file as its window.
        let Ok(other) = kept.flag.flagged.window.parse::<EntityId>() else { continue };
        if kept.flag.flagged.standing != FlagStanding::Raised {
            continue;
        }
        // Linked files are one: a third file is like all of them or like none.
        let (a, b) = (clusters.canonical(kept.flag.subject), clusters.canonical(other));
        if !told.insert((a.min(b), a.max(b))) {
            continue;
        }
        let a = linked::shown(tx, &mut keys, caseload, &clusters, a, now).await?;
        let b = linked::shown(tx, &mut keys, caseload, &clusters, b, now).await?;
        let review = document::projection(tx, &mut keys, caseload, flag_review::id(kept.flag.flagged.flag)).await?;
        pairs.push(Pair { a, b, flag: Flag::of(kept, &review) });
    }
    let shown = pairs.iter().flat_map(|pair| pair.a.iter().chain(&pair.b));
    let elders: BTreeSet<EntityId> = shown.filter(|file| file.kind == Kind::Elder.code()).map(|file| file.id).collect();
    for elder in elders {
        access.looked(now, Some(elder), "duplicates", true).await?;
    }
    access.tx.commit().await?;
    Ok(Json(pairs))
}
