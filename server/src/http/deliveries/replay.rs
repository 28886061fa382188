//! `POST …/deliveries/{delivery}/replay`: a dead delivery is sent again, under the id that it always had.

use axum::Json;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeliveryId};

use super::{ADDRESS_GONE, DESK, NOT_DEAD, OFFICE, Replayed, Sent};
use crate::auth::Caller;
use crate::db::{delivery, webhook};
use crate::error::{self, ApiError};
use crate::http::InPath;

/// Sends a dead delivery of a caseload again. Its receiver knows it by its id, and acts once.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/deliveries/{delivery}/replay", tag = "deliveries",
    params(("caseload" = String, Path), ("delivery" = String, Path)),
    responses((status = 200, body = Sent), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn of_caseload(
    caller: Caller,
    InPath((caseload, delivery)): InPath<(CaseloadId, DeliveryId)>,
) -> Result<Replayed, ApiError> {
    replay(&caller, caseload, OFFICE, delivery).await
}

/// Sends a dead delivery of a desk again. Its receiver knows it by its id, and acts once.
#[utoipa::path(
    post, path = "/v1/desks/{desk}/deliveries/{delivery}/replay", tag = "deliveries",
    params(("desk" = String, Path), ("delivery" = String, Path)),
    responses((status = 200, body = Sent), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn of_desk(
    caller: Caller,
    InPath((desk, delivery)): InPath<(CaseloadId, DeliveryId)>,
) -> Result<Replayed, ApiError> {
    replay(&caller, desk, DESK, delivery).await
}

async fn replay(caller: &Caller, place: CaseloadId, roles: &[Role], id: DeliveryId) -> Result<Replayed, ApiError> {
    let mut access = caller.enter(place, roles).await?;
    let (tx, mut keys, now) = (&mut access.tx, caller.app().flow().keys(), caller.app().clock().now());
    let known = delivery::one(tx, &mut keys, place, id).await?.ok_or(&error::NOT_FOUND)?;
    if webhook::one(tx, &mut keys, place, known.webhook).await?.is_none() {
        return Err(ApiError::from(&ADDRESS_GONE));
    }
    if !delivery::replay(tx, place, id, now).await? {
        return Err(ApiError::from(&NOT_DEAD));
    }
    let replayed = delivery::one(tx, &mut keys, place, id).await?.ok_or(&error::NOT_FOUND)?;
    access.tx.commit().await?;
    Ok(Json(Sent::of(replayed)))
}
