//! `POST /v1/caseloads/{caseload}/conflicts/settle`: a person says what holds.

use std::collections::BTreeMap;

use axum::Json;
use serde::Deserialize;
use sync_core::author::Role;
use sync_core::edit::{FieldOp, Value};
use sync_core::entity::{Schema, Shape};
use sync_core::id::{CaseloadId, EntityId};

use crate::auth::Caller;
use crate::db::document;
use crate::error::{self, ApiError, Problem};
use crate::flow::settle::Settled;
use crate::http::acting::{Done, actor};
use crate::http::{InPath, JsonBody};

pub(crate) const NOT_A_VALUE: Problem =
    Problem::new(422, "not_a_value", "此字段不能填这个值。", "The field does not take this value.");

/// What holds.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Settle {
    /// The entity.
    #[schema(value_type = String)]
    entity: EntityId,
    /// The field.
    #[schema(example = "contact_phone")]
    field: String,
    /// The element, of a field that has several.
    element: Option<String>,
    /// The value that holds: one of those that were said, or another.
    #[schema(value_type = Object)]
    value: serde_json::Value,
    /// The `seen` of the conflict as it was shown. What somebody said since, or settled since, then asks again instead of
    /// being overwritten unseen. Without it, what is on record now.
    #[serde(default)]
    #[schema(value_type = Object)]
    seen: BTreeMap<EntityId, u32>,
}

/// Settles a conflict, once for all replicas and for all linked files.
#[utoipa::path(
    post, path = "/v1/caseloads/{caseload}/conflicts/settle", tag = "conflicts",
    params(("caseload" = String, Path)), request_body = Settle,
    responses((status = 200, body = Done), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    caller: Caller,
    InPath(caseload): InPath<CaseloadId>,
    JsonBody(Settle { entity, field, element, value, seen }): JsonBody<Settle>,
) -> Result<Json<Done>, ApiError> {
    let mut access = caller.enter(caseload, &[Role::Steward, Role::Supervisor]).await?;
    let (app, tx) = (caller.app(), &mut access.tx);
    let mut keys = app.flow().keys();
    let found = document::projection(tx, &mut keys, caseload, entity).await?.ok_or(&error::NOT_FOUND)?;
    let shape = Schema::of_code(&found.kind).and_then(|schema| schema.field(&field)).map(|spec| spec.shape);
    let value = shape.and_then(|shape| read(shape, &value)).ok_or(&NOT_A_VALUE)?;
    let settled = Settled { entity, field: FieldOp { field, element, value }, seen };
    let done = app.flow().settle(tx, caseload, actor(&access.scope), app.clock().now(), settled).await?;
    access.tx.commit().await?;
    Ok(Done::by(done))
}

fn read(shape: Shape, json: &serde_json::Value) -> Option<Value> {
    let value = match shape {
        Shape::Id => Value::Id(json.as_str()?.parse().ok()?),
        Shape::State => return None,
        _ => match json {
            serde_json::Value::Bool(yes) => Value::Bool(*yes),
            serde_json::Value::Number(number) => Value::Int(number.as_i64()?),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            _ => return None,
        },
    };
    shape.fits(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_has_the_shape_of_its_field() {
        assert_eq!(read(Shape::Text, &json!("14200000001")), Some(Value::from("14200000001")));
        assert_eq!(read(Shape::Int(0, 4), &json!(3)), Some(Value::Int(3)));
        for (shape, wrong) in [
            (Shape::Text, json!(1)),
            (Shape::Int(0, 4), json!(5)),
            (Shape::Int(0, 4), json!(1.5)),
            (Shape::Bool, json!("yes")),
            (Shape::Id, json!("not an id")),
            (Shape::State, json!({"round": 1, "rank": 8})),
            (Shape::Text, json!(null)),
        ] {
            assert_eq!(read(shape, &wrong), None, "{wrong}");
        }
    }
}
