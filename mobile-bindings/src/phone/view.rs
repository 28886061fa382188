//! Values and fields as text that a host can show without knowing the schema.

use sync_core::edit::Value;
use sync_core::project::{Field, Projection, Said};

use super::file::{ConflictView, FieldView, SaidView};

/// The fields of a document that somebody filled in.
pub(super) fn fields(projection: &Projection) -> Vec<FieldView> {
    projection
        .fields
        .iter()
        .map(|field| FieldView {
            name: field.name.to_owned(),
            element: field.element.clone(),
            value: field.value.clone(),
            text: text(&field.value),
            conflict: field.conflict,
        })
        .collect()
}

/// The fields that a person should settle, each with everything that was said.
pub(super) fn conflicts(projection: &Projection) -> impl Iterator<Item = ConflictView> {
    projection.conflicts().map(|field| ConflictView {
        entity: projection.entity,
        kind: projection.kind.to_owned(),
        field: field.name.to_owned(),
        element: field.element.clone(),
        said: everything(field),
    })
}

fn everything(field: &Field) -> Vec<SaidView> {
    std::iter::once(&field.said).chain(&field.others).map(said).collect()
}

pub(super) fn said(said: &Said) -> SaidView {
    SaidView {
        value: said.value.clone(),
        text: text(&said.value),
        person: said.person,
        role: said.role,
        at: said.at,
        submission: said.submission,
    }
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Id(id) => id.to_string(),
        Value::State(state) => format!("{}/{}", state.round, state.rank),
    }
}
