//! `GET /v1/desks/{desk}/slips/{slip}`: one slip. The look is recorded.

use axum::Json;
use serde::Serialize;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use super::list::READERS;
use crate::auth::AtDesk;
use crate::db::{document, link};
use crate::error::{self, ApiError};
use crate::flow::chain;
use crate::http::InPath;
use crate::http::chain::{Log, People, StepShown, shown};
use crate::http::view::Entity;

/// A slip.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct SlipRead {
    #[serde(flatten)]
    slip: Entity,
    /// Who stood behind it at each step: first what led to it, by the organisation's log,
    /// where nobody is named and nothing is counted, then the desk's own log. A copy for
    /// information has none.
    chain: Vec<StepShown>,
}

/// One slip. The look is recorded. One about a person is opened at `open`: here are its number, the rule's name and when it
/// is due.
#[utoipa::path(
    get, path = "/v1/desks/{desk}/slips/{slip}", tag = "desk",
    security(("access_token" = []), ("desk_credential" = [])),
    params(("desk" = String, Path), ("slip" = String, Path)),
    responses((status = 200, body = SlipRead), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(
    at: AtDesk,
    InPath((desk, slip)): InPath<(CaseloadId, EntityId)>,
) -> Result<Json<SlipRead>, ApiError> {
    let mut access = at.open(desk, READERS, slip, "slip").await?;
    let now = at.app().clock().now();
    let mut keys = at.app().flow().keys();
    let found = document::projection(&mut access.tx, &mut keys, desk, slip).await?;
    let slips = [Kind::Slip, Kind::PersonSlip, Kind::SlipCopy];
    let found = found.filter(|found| slips.iter().any(|kind| kind.code() == found.kind));
    access.looked(now, Some(slip), "slip", found.is_some()).await?;
    let mut chain = Vec::new();
    if let Some(known) = link::slip(&mut access.tx, desk, slip).await? {
        let of_a_person = found.as_ref().is_some_and(|found| found.kind == Kind::PersonSlip.code());
        let (outside, own) = chain::of_slip(&mut access.tx, &mut keys, &known, of_a_person).await?;
        chain.extend(shown(&mut access.tx, Log::Outside, outside, People::None).await?);
        chain.extend(shown(&mut access.tx, Log::Desk, own, People::Names).await?);
    }
    access.tx.commit().await?;
    let slip = Entity::of(found.ok_or(&error::NOT_FOUND)?, now).unopened();
    Ok(Json(SlipRead { slip, chain }))
}
