//! Slips on a desk: what a department received, and its answers. Officers see nothing else.

pub(crate) mod accept;
pub(crate) mod ask;
pub(crate) mod checking;
pub(crate) mod give_back;
pub(crate) mod list;
pub(crate) mod not_accept;
pub(crate) mod open;
pub(crate) mod read;
pub(crate) mod reply;
pub(crate) mod transcribe;

use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::AtDesk;
use crate::error::ApiError;
use crate::flow::desk::DeskAct;
use crate::http::acting::actor;

/// Who answers at a desk.
const OFFICERS: &[Role] = &[Role::Officer];

/// Does what a desk wants with a slip, once.
async fn act(at: &AtDesk, desk: CaseloadId, slip: EntityId, act: DeskAct) -> Result<(), ApiError> {
    let mut access = at.enter(desk, OFFICERS).await?;
    if !at.once(&mut access).await? {
        return Ok(());
    }
    let (flow, now) = (at.app().flow(), at.app().clock().now());
    flow.say_at_desk(&mut access.tx, desk, actor(&access.scope), now, (slip, act, at.way()?)).await?;
    Ok(access.tx.commit().await?)
}
