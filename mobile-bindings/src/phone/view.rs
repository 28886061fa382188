//! Values, fields and events as text that a host can show without knowing the schema.

use sync_core::edit::Value;
use sync_core::event::EventBody;
use sync_core::id::EntityId;
use sync_core::policy::{Policy, Text};
use sync_core::project::{Field, Projection, Said};
use sync_core::words::{self, Names};

use super::Inner;
use super::file::{ConflictView, FieldView, SaidView};
use super::index::Index;

/// What this phone knows that words need: the names of files, and the items of checklists.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    index: &'a Index,
    policy: Option<&'a Policy>,
}

impl Inner {
    pub(super) fn telling(&self) -> Telling<'_> {
        let policy = self.policy.evaluator().map(|evaluator| evaluator.policy().as_ref());
        Telling { index: &self.index, policy }
    }
}

impl Names for Telling<'_> {
    fn name(&self, entity: EntityId) -> Option<String> {
        let (_, root) = self.index.root(entity).filter(|(_, root)| *root == entity)?;
        self.index.one(root).map(|brief| brief.name().to_owned())
    }
}

impl Telling<'_> {
    /// What happened, as a sentence.
    pub(super) fn happened(&self, body: &EventBody) -> Text {
        words::happened(body, self.policy, self)
    }

    /// A value in words.
    pub(super) fn value(&self, kind: &str, field: &str, value: &Value) -> Text {
        words::value(kind, field, value, self)
    }

    /// The fields of a document that somebody filled in.
    pub(super) fn fields(&self, projection: &Projection) -> Vec<FieldView> {
        let view = |field: &Field| FieldView {
            name: field.name.to_owned(),
            element: field.element.clone(),
            label: words::label(projection.kind, field.name, field.element.as_deref()),
            value: field.value.clone(),
            text: text(&field.value),
            says: self.value(projection.kind, field.name, &field.value),
            conflict: field.conflict,
        };
        projection.fields.iter().map(view).collect()
    }

    /// The fields that a person should settle, each with everything that was said.
    pub(super) fn conflicts(&self, projection: &Projection) -> Vec<ConflictView> {
        let view = |field: &Field| {
            let all = std::iter::once(&field.said).chain(&field.others);
            ConflictView {
                entity: projection.entity,
                kind: projection.kind.to_owned(),
                field: field.name.to_owned(),
                element: field.element.clone(),
                label: words::label(projection.kind, field.name, field.element.as_deref()),
                said: all.map(|said| self.said(projection.kind, field.name, said)).collect(),
            }
        };
        projection.conflicts().map(view).collect()
    }

    /// What one person said of a field.
    pub(super) fn said(&self, kind: &str, field: &str, said: &Said) -> SaidView {
        SaidView {
            value: said.value.clone(),
            text: text(&said.value),
            says: self.value(kind, field, &said.value),
            person: said.person,
            role: said.role,
            at: said.at,
            submission: said.submission,
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Id(id) => id.to_string(),
        Value::State(state) => format!("{}/{}", state.round, state.rank),
    }
}
