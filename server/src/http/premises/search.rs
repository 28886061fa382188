//! `GET /v1/caseloads/{caseload}/premises`: finding a shop.

use axum::Json;
use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::db::document::{self, Projected};
use crate::db::{Tx, search};
use crate::error::ApiError;
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
    /// Its name.
    name: Option<String>,
    /// Its address.
    address: Option<String>,
    /// Its unit code.
    unit_code: Option<String>,
    /// How many fields wait for a person to settle them.
    conflicts: u32,
}

/// Finds shops. The look is recorded.
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
    let found = find(&caller, &mut access.tx, caseload, &wanted).await?;
    access.listed(now, None, "premises_list", found.len()).await?;
    access.tx.commit().await?;
    let hit = |projected: Projected| {
        let shop = Entity::of(projected, now);
        let text = |field| shop.text(field).map(str::to_owned);
        let (name, address, unit_code) = (text("name"), text("address"), text("unit_code"));
        Hit { id: shop.id, name, address, unit_code, conflicts: shop.conflicts }
    };
    Ok(Json(found.into_iter().map(hit).collect()))
}

async fn find(caller: &Caller, tx: &mut Tx, caseload: CaseloadId, wanted: &Wanted) -> Result<Vec<Projected>, ApiError> {
    let flow = caller.app().flow();
    let mut keys = flow.keys();
    let Some(text) = wanted.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
        let (kind, after) = (Kind::Premises, wanted.after);
        return Ok(document::projections_of_kind(tx, &mut keys, caseload, kind, after, PAGE).await?);
    };
    let mut found = Vec::new();
    for root in search::find(tx, flow.sealer(), caseload, text).await? {
        if found.len() == PAGE as usize {
            break;
        }
        let shop = document::projection(tx, &mut keys, caseload, root).await?;
        found.extend(shop.filter(|shop| shop.kind == Kind::Premises.code()));
    }
    Ok(found)
}
