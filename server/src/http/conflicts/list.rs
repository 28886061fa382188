//! `GET /v1/caseloads/{caseload}/conflicts`: what waits for a person to settle.

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::db::document;
use crate::error::ApiError;
use crate::http::InPath;
use crate::http::premises::search::KEEPERS;
use crate::http::view::Entity;

/// Most entities in one answer.
const PAGE: u32 = 500;

/// A field of which several things are said.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Conflict {
    /// The entity.
    #[schema(value_type = String)]
    entity: EntityId,
    /// The code of its kind.
    kind: String,
    /// The file that it belongs to.
    #[schema(value_type = String)]
    file: EntityId,
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
    shown: Value,
    /// What else is said, by whom and when. None of these had seen another.
    #[schema(value_type = Vec<Object>)]
    others: Value,
}

/// What waits for a person to settle. A look at an elder's field is recorded.
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
    let mut keys = app.flow().keys();
    let entities = document::projections_in_conflict(tx, &mut keys, caseload, PAGE).await?;
    let now = app.clock().now();
    let elders: Vec<_> = entities.iter().filter(|found| found.kind == Kind::Elder.code()).map(|f| f.entity).collect();
    for elder in elders {
        access.looked(now, Some(elder), "conflicts", true).await?;
    }
    access.tx.commit().await?;
    Ok(Json(entities.into_iter().map(|found| Entity::of(found, now)).flat_map(conflicts).collect()))
}

fn conflicts(entity: Entity) -> Vec<Conflict> {
    let text = |field: &Value, key: &str| field.get(key).and_then(Value::as_str).map(str::to_owned);
    let waits = |field: &&Value| field.get("conflict").and_then(Value::as_bool) == Some(true);
    let conflict = |field: &Value| Conflict {
        entity: entity.id,
        kind: entity.kind.clone(),
        file: entity.file,
        title: entity.title.clone(),
        field: text(field, "name").unwrap_or_default(),
        element: text(field, "element"),
        shown: field.get("said").cloned().unwrap_or(Value::Null),
        others: field.get("others").cloned().unwrap_or(Value::Array(Vec::new())),
    };
    entity.fields.iter().filter(waits).map(conflict).collect()
}
