//! `GET /v1/desks/{desk}/slips`: the slips of a desk.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::AtDesk;
use crate::error::ApiError;
use crate::http::paging::{PAGE, page};
use crate::http::view::Entity;
use crate::http::{InPath, InQuery};

/// Who may see slips: officers, and the dispatcher who transcribes for a desk without a computer.
pub(super) const READERS: &[Role] = &[Role::Officer, Role::Dispatcher];

/// Which slips.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only those in this state: `dispatched`, `accepted`, `checking`, `replied`…
    state: Option<String>,
    /// After this slip: the last of the page before.
    #[param(value_type = Option<String>)]
    after: Option<EntityId>,
}

/// The slips of a desk, by id, and what it is told for information (`slip_copy`), which has no state and nothing to answer.
/// Of one about a person only its number, the rule's name and when it is due. A page is full when more may follow.
#[utoipa::path(
    get, path = "/v1/desks/{desk}/slips", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), Filter),
    responses((status = 200, body = Vec<Entity>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(
    at: AtDesk,
    InPath(desk): InPath<CaseloadId>,
    InQuery(filter): InQuery<Filter>,
) -> Result<Json<Vec<Entity>>, ApiError> {
    let mut access = at.look(desk, READERS).await?;
    let wanted = filter.state.as_deref();
    let fits = |slip: &Entity| wanted.is_none() || slip.state.as_ref().map(|state| state.code) == wanted;
    let (app, tx) = (at.app(), &mut access.tx);
    let (mut keys, now) = (app.flow().keys(), app.clock().now());
    let mut slips = page(tx, &mut keys, (desk, Kind::Slip), filter.after, now, fits).await?;
    let persons = page(tx, &mut keys, (desk, Kind::PersonSlip), filter.after, now, fits).await?;
    slips.extend(persons.into_iter().map(Entity::unopened));
    slips.extend(page(tx, &mut keys, (desk, Kind::SlipCopy), filter.after, now, fits).await?);
    slips.sort_by_key(|slip| slip.id);
    slips.truncate(PAGE);
    Ok(Json(slips))
}
