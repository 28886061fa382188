//! `POST /v1/caseloads/{caseload}/link`: two files are the same shop, elder or dwelling, or are not after all.

use std::collections::BTreeSet;

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::db::document;
use crate::error::{self, ApiError, Problem};
use crate::flow::act::Act;
use crate::http::acting::{Done, actor, said};
use crate::http::{InPath, JsonBody};

pub(crate) const SAME_FILE: Problem = Problem::new(422, "same_file", "这是同一份档案。", "Both are the same file.");

/// What can be two files of one thing.
const LINKED: [&str; 3] = [Kind::Premises.code(), Kind::Elder.code(), Kind::Dwelling.code()];

/// Which files, and why.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Link {
    /// The one file.
    #[schema(value_type = String)]
    a: EntityId,
    /// The other.
    #[schema(value_type = String)]
    b: EntityId,
    /// Why.
    reason: String,
    /// Takes an earlier link back.
    #[serde(default)]
    undo: bool,
}

/// Links two files of one kind, or takes a link back. Linked, they are one file wherever it is shown, and for every rule;
/// nothing is moved, so that each is as it was when they are un-linked.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/link", tag = "premises",
    params(("caseload" = String, Path)), request_body = Link,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    JsonBody(Link { a, b, reason, undo }): JsonBody<Link>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Steward, Role::Supervisor]).await?;
    if a == b {
        return Err(ApiError::from(&SAME_FILE));
    }
    let (app, tx, reason) = (caller.app(), &mut access.tx, said(&reason)?);
    let mut keys = app.flow().keys();
    let mut kinds = BTreeSet::new();
    for file in [a, b] {
        let found = document::projection(tx, &mut keys, caseload, file).await?;
        kinds.insert(found.map(|found| found.kind).filter(|kind| LINKED.contains(&&**kind)).ok_or(&error::NOT_FOUND)?);
    }
    if kinds.len() > 1 {
        return Err(ApiError::from(&error::NOT_FOUND));
    }
    let act = Act::Link { a, b, undo, reason };
    let done = app.flow().act(tx, caseload, actor(&access.scope), app.clock().now(), act).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}
