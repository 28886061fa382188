//! Project: the merged state of one document as plain data, for queries, pages and explanations. One projection for
//! every kind of entity, driven by its schema.

use serde::Serialize;

use crate::author::Author;
use crate::document::Document;
use crate::edit::{State, Value};
use crate::entity::FieldSpec;
use crate::id::{EntityId, SubmissionId};
use crate::merge::{Claim, Resolved};
use crate::time::Timestamp;
use crate::union;

mod united;

pub use united::{United, UnitedFile, same_thing, united_file};

/// The merged state of one entity.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Projection {
    /// The entity.
    pub entity: EntityId,
    /// The code of its kind.
    pub kind: &'static str,
    /// Its version in server order.
    pub version: u32,
    /// The field that people know it by.
    pub title: Option<String>,
    /// Its state, when it has one.
    pub state: Option<State>,
    /// The deadline of its current round, when it has one.
    pub due_at: Option<Timestamp>,
    /// The fields that somebody filled in, in the order of the schema.
    pub fields: Vec<Field>,
}

/// One field (or element of a field) with everything that was said about it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its element, for sets and values kept per round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// The value that shows.
    pub value: Value,
    /// Who said it, and when.
    pub said: Said,
    /// A person should decide between this and the others.
    pub conflict: bool,
    /// Concurrent claims that do not show: nobody of these had seen another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Said>,
    /// Weaker values put by somebody who had seen the stronger one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<Said>,
    /// Claims that their own author has replaced since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Said>,
}

/// Who said what, when.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Said {
    /// The value.
    pub value: Value,
    /// Who.
    pub person: crate::id::PersonId,
    /// In which role.
    pub role: crate::author::Role,
    /// When, by a clock that was capped at receipt.
    pub at: Timestamp,
    /// In which submission.
    pub submission: SubmissionId,
}

impl From<&Claim> for Said {
    fn from(claim: &Claim) -> Self {
        let Author { person, role, .. } = claim.author;
        Self { value: claim.value.clone(), person, role, at: claim.at.wall, submission: claim.submission }
    }
}

impl Projection {
    /// The merged state of this document.
    #[must_use]
    pub fn of(entity: EntityId, document: &Document) -> Self {
        Self::united(entity, &[document])
    }

    /// The merged state of documents that are the same thing; the first gives kind and version. `entity` is the one
    /// they are known by.
    #[must_use]
    pub fn united(entity: EntityId, documents: &[&Document]) -> Self {
        let Some(first) = documents.first() else {
            return Self { entity, kind: "", version: 0, title: None, state: None, due_at: None, fields: Vec::new() };
        };
        let schema = first.schema();
        let fields: Vec<Field> = schema.fields.iter().flat_map(|spec| fields(documents, spec)).collect();
        let mut projection = Self {
            entity,
            kind: schema.kind.code(),
            version: first.version(),
            title: None,
            state: None,
            due_at: None,
            fields,
        };
        let title = schema.title.and_then(|title| projection.value(title)).and_then(Value::as_text);
        let state_field = if schema.field("state").is_some() { "state" } else { "status" };
        let state = projection.value(state_field).and_then(Value::as_state);
        let due_at = match schema.field("due_at") {
            Some(FieldSpec { keyed: true, .. }) => {
                state.and_then(|state| projection.element("due_at", &state.round.to_string()))
            }
            _ => projection.value("due_at"),
        };
        let due_at = due_at.and_then(Value::as_int).map(Timestamp::from_millis);
        (projection.title, projection.state, projection.due_at) = (title.map(str::to_owned), state, due_at);
        projection
    }

    /// The fields that a person should settle.
    pub fn conflicts(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.conflict)
    }

    /// The value of a field that shows.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.name == name && field.element.is_none()).map(|field| &field.value)
    }

    /// The value of an element that shows.
    #[must_use]
    pub fn element(&self, name: &str, element: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|field| field.name == name && field.element.as_deref() == Some(element))
            .map(|field| &field.value)
    }
}

fn fields(documents: &[&Document], spec: &'static FieldSpec) -> Vec<Field> {
    if !spec.keyed {
        let resolved = union::field(documents, spec.name, None);
        return resolved.map(|resolved| field(spec, None, &resolved)).into_iter().collect();
    }
    let element = |element: String| {
        let resolved = union::field(documents, spec.name, Some(&element))?;
        Some(field(spec, Some(element), &resolved))
    };
    union::elements(documents, spec.name).into_iter().filter_map(element).collect()
}

fn field(spec: &'static FieldSpec, element: Option<String>, resolved: &Resolved) -> Field {
    let said = |claims: &[Claim]| claims.iter().map(Said::from).collect();
    Field {
        name: spec.name,
        element,
        value: resolved.shown.value.clone(),
        said: Said::from(&resolved.shown),
        conflict: spec.asks(resolved),
        others: said(&resolved.others),
        opinions: said(&resolved.opinions),
        superseded: said(&resolved.superseded),
    }
}
