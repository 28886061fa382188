//! `GET /v1/caseloads/{caseload}/deliveries`, `GET /v1/desks/{desk}/deliveries`: what was posted, and how it stands.

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeliveryId};
use sync_core::time::Timestamp;

use super::{Address, DESK, Deliveries, NO_SUCH_STATE, OFFICE, Sent};
use crate::auth::Caller;
use crate::db::delivery::{self, DeliveryState};
use crate::db::webhook;
use crate::error::{self, ApiError};
use crate::http::{InPath, InQuery};

/// Most deliveries in one answer.
const PAGE: u32 = 100;

/// Which deliveries.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Those that are `pending`, `delivered` or `dead`; without it, the dead ones.
    state: Option<String>,
    /// After this delivery: the last of the page before.
    #[param(value_type = Option<String>)]
    after: Option<DeliveryId>,
}

/// What was posted to those on duty for the alarms of a caseload, and what did not arrive.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/deliveries", tag = "deliveries",
    params(("caseload" = String, Path), Wanted),
    responses((status = 200, body = Deliveries), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn of_caseload(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    InQuery(wanted): InQuery<Wanted>,
) -> Result<Json<Deliveries>, ApiError> {
    list(&caller, caseload, OFFICE, wanted).await
}

/// What was posted to a desk's own system, and what did not arrive.
#[utoipa::path(
    get, path = "/v1/desks/{desk}/deliveries", tag = "deliveries",
    params(("desk" = String, Path), Wanted),
    responses((status = 200, body = Deliveries), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn of_desk(
    caller: Caller,
    InPath(desk): InPath<CaseloadId>,
    InQuery(wanted): InQuery<Wanted>,
) -> Result<Json<Deliveries>, ApiError> {
    list(&caller, desk, DESK, wanted).await
}

async fn list(
    caller: &Caller,
    place: CaseloadId,
    roles: &[Role],
    Wanted { state, after }: Wanted,
) -> Result<Json<Deliveries>, ApiError> {
    let mut access = caller.look(place, roles).await?;
    let state = state.map_or(Some(DeliveryState::Dead), |code| DeliveryState::from_code(&code));
    let state = state.ok_or(&NO_SUCH_STATE)?;
    let (tx, mut keys) = (&mut access.tx, caller.app().flow().keys());
    let mut addresses = Vec::new();
    for webhook in webhook::standing(tx, &mut keys, place).await? {
        let mut counts = [0; DeliveryState::ALL.len()];
        for (count, state) in counts.iter_mut().zip(DeliveryState::ALL) {
            *count = delivery::count(tx, (place, webhook.id), state).await?;
        }
        addresses.push(Address::of(&webhook, counts));
    }
    let behind = match after {
        None => (Timestamp::EPOCH, DeliveryId::from_bytes([0; 16])),
        Some(id) => {
            let last = delivery::one(tx, &mut keys, place, id).await?.ok_or(&error::NOT_FOUND)?;
            (last.created_at, id)
        }
    };
    let found = delivery::after(tx, &mut keys, (place, state), behind, PAGE).await?;
    Ok(Json(Deliveries { addresses, deliveries: found.into_iter().map(Sent::of).collect() }))
}
