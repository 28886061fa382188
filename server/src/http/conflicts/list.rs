//! `GET /v1/caseloads/{caseload}/conflicts`: what waits for a person to settle.

use std::collections::BTreeMap;

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::union::Clusters;

use super::sides;
use crate::auth::Caller;
use crate::db::{document, link};
use crate::error::ApiError;
use crate::http::InPath;
use crate::http::linked;
use crate::http::premises::search::KEEPERS;
use crate::http::view::Entity;

/// Most entities in one answer.
const PAGE: u32 = 500;

/// A field of which several things are said.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Conflict {
    /// The entity.
    #[schema(value_type = String)]
    pub(super) entity: EntityId,
    /// The other documents of linked files that it is made of.
    #[schema(value_type = Vec<String>)]
    also: Vec<EntityId>,
    /// The code of its kind.
    pub(super) kind: String,
    /// The file that it belongs to.
    #[schema(value_type = String)]
    pub(super) file: EntityId,
    /// What people know it by.
    title: Option<String>,
    /// The field.
    #[schema(example = "contact_phone")]
    field: String,
    /// The element, of a field that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<String>,
    /// What shows meanwhile: value, person, role, time, submission.
    #[schema(value_type = Object)]
    pub(super) shown: Value,
    /// What else is said, by whom and when. None of these had seen another.
    #[schema(value_type = Vec<Object>)]
    pub(super) others: Value,
    /// The version of each document that this was made of: give it back when settling.
    #[schema(value_type = Object)]
    seen: BTreeMap<EntityId, u32>,
}

/// What waits for a person to settle. What linked files say differently is listed once, under the smallest of their ids. An
/// event that one person corrected and another voided is an `event_review`, whose `standing` is settled as `corrected` or
/// `void`; until then the correction counts. A look at an elder's field or event is recorded.
#[utoipa::path(
    get, path = "/v1/caseloads/{caseload}/conflicts", tag = "conflicts",
    params(("caseload" = String, Path)),
    responses((status = 200, body = Vec<Conflict>), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn list(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
) -> Result<Json<Vec<Conflict>>, ApiError> {
    let mut access = caller.open(caseload, KEEPERS, None, "conflicts").await?;
    let (app, tx) = (caller.app(), &mut access.tx);
    let (mut keys, now) = (app.flow().keys(), app.clock().now());
    let clusters = Clusters::of(link::standing(tx, caseload).await?);
    let mut found: Vec<(Entity, BTreeMap<EntityId, u32>)> = Vec::new();
    for projected in document::projections_in_conflict(tx, &mut keys, caseload, PAGE).await? {
        if clusters.members(projected.entity).len() == 1 {
            let seen = BTreeMap::from([(projected.entity, projected.version)]);
            found.push((Entity::of(projected, now), seen));
        }
    }
    // Files may say different things and each be at one with itself: only together they are in conflict.
    for (_, members) in clusters.every() {
        let united = linked::united(tx, &mut keys, caseload, &members).await?;
        if let Some(root) = united.map(|file| file.root).filter(|root| root.projection.conflicts().next().is_some()) {
            found.push((Entity::united(&root, now)?, root.seen));
        }
    }
    found.sort_by_key(|(entity, _)| entity.id);
    found.truncate(PAGE as usize);
    for (entity, _) in found.iter().filter(|(entity, _)| entity.kind == Kind::Elder.code()) {
        access.looked(now, Some(entity.id), "conflicts", true).await?;
    }
    let mut found: Vec<Conflict> = found.iter().flat_map(|(entity, seen)| conflicts(entity, seen)).collect();
    let policy = app.flow().policy().policy();
    let read = sides::told(&mut access.tx, &mut keys, caseload, policy, &mut found).await?;
    for elder in read {
        access.looked(now, Some(elder), "conflicts", true).await?;
    }
    access.tx.commit().await?;
    Ok(Json(found))
}

fn conflicts(entity: &Entity, seen: &BTreeMap<EntityId, u32>) -> Vec<Conflict> {
    let text = |field: &Value, key: &str| field.get(key).and_then(Value::as_str).map(str::to_owned);
    let waits = |field: &&Value| field.get("conflict").and_then(Value::as_bool) == Some(true);
    let conflict = |field: &Value| Conflict {
        entity: entity.id,
        also: entity.also.clone(),
        kind: entity.kind.clone(),
        file: entity.file,
        title: entity.title.clone(),
        field: text(field, "name").unwrap_or_default(),
        element: text(field, "element"),
        shown: field.get("said").cloned().unwrap_or(Value::Null),
        others: field.get("others").cloned().unwrap_or(Value::Array(Vec::new())),
        seen: seen.clone(),
    };
    entity.fields.iter().filter(waits).map(conflict).collect()
}
