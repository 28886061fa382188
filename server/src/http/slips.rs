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

use crate::auth::Caller;
use crate::error::ApiError;
use crate::flow::desk::DeskAct;
use crate::http::acting::actor;

/// Who answers at a desk.
const OFFICERS: &[Role] = &[Role::Officer];

/// Does what an officer wants with a slip of their desk.
async fn act(caller: &Caller, desk: CaseloadId, slip: EntityId, act: DeskAct) -> Result<(), ApiError> {
    let mut access = caller.enter(desk, OFFICERS).await?;
    let (flow, now) = (caller.app().flow(), caller.app().clock().now());
    flow.act_at_desk(&mut access.tx, desk, actor(&access.scope), now, (slip, act)).await?;
    Ok(access.tx.commit().await?)
}
