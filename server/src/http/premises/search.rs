//! `GET /v1/caseloads/{caseload}/premises`: finding a shop.

use std::collections::BTreeSet;

use axum::Json;
use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;
use sync_core::union::Clusters;

use crate::auth::Caller;
use crate::db::{Tx, document, link, search};
use crate::error::ApiError;
use crate::http::linked;
use crate::http::view::Entity;
use crate::http::{InPath, InQuery};

/// Those who keep the files.
pub(crate) const KEEPERS: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward];

/// Most shops in one answer.
const PAGE: u32 = 100;

/// What is looked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Part of a name, an address or a unit code; at least two characters. Without it, all by id.
    search: Option<String>,
    /// After this one: the last of the page before. Only without `search`.
    #[param(value_type = Option<String>)]
    after: Option<EntityId>,
}

/// A shop in a list.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Hit {
    /// Its id.
    #[schema(value_type = String)]
    id: EntityId,
    /// The ids of other files that are the same shop.
    #[schema(value_type = Vec<String>)]
    also: Vec<EntityId>,
    /// Its name.
    name: Option<String>,
    /// Its address.
    address: Option<String>,
    /// Its unit code.
    unit_code: Option<String>,
    /// How many fields wait for a person to settle them.
    conflicts: u32,
}

/// Finds shops; linked files are one. The look is recorded.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/premises", tag = "premises",
    params(("caseload" = String, Path), Wanted),
    responses((status = 200, body = Vec<Hit>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(wanted): InQuery<Wanted>,
) -> Result<Json<Vec<Hit>>, ApiError> {
    let mut access = caller.open(caseload, KEEPERS, None, "premises_list").await?;
    let now = caller.app().clock().now();
    let found = find(&caller, &mut access.tx, caseload, &wanted, now).await?;
    access.listed(now, None, "premises_list", found.len()).await?;
    access.tx.commit().await?;
    let hit = |shop: Entity| {
        let text = |field| shop.text(field).map(str::to_owned);
        let (name, address, unit_code) = (text("name"), text("address"), text("unit_code"));
        Hit { name, address, unit_code, conflicts: shop.conflicts, id: shop.id, also: shop.also }
    };
    Ok(Json(found.into_iter().map(hit).collect()))
}

async fn find(
    caller: &Caller,
    tx: &mut Tx,
    caseload: CaseloadId,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Vec<Entity>, ApiError> {
    let flow = caller.app().flow();
    let mut keys = flow.keys();
    let clusters = Clusters::of(link::standing(tx, caseload).await?);
    let text = wanted.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let mut found = Vec::new();
    if let Some(text) = text {
        let roots = search::find(tx, flow.sealer(), caseload, text).await?;
        let roots: BTreeSet<EntityId> = roots.into_iter().map(|root| clusters.canonical(root)).collect();
        for root in roots.into_iter().take(PAGE as usize) {
            found.extend(linked::shown(tx, &mut keys, caseload, &clusters, root, now).await?);
        }
        found.retain(|shop| shop.kind == Kind::Premises.code());
        return Ok(found);
    }
    let mut after = wanted.after;
    loop {
        let page = document::projections_of_kind(tx, &mut keys, caseload, Kind::Premises, after, PAGE).await?;
        after = page.last().map(|last| last.entity);
        let whole = page.len() < PAGE as usize;
        for shop in page {
            // Linked files are one, in the place of the smallest of their ids.
            if clusters.canonical(shop.entity) != shop.entity {
                continue;
            }
            if clusters.members(shop.entity).len() == 1 {
                found.push(Entity::of(shop, now));
            } else {
                found.extend(linked::shown(tx, &mut keys, caseload, &clusters, shop.entity, now).await?);
            }
        }
        if whole || found.len() >= PAGE as usize {
            found.truncate(PAGE as usize);
            return Ok(found);
        }
    }
}
