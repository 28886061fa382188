//! What is on record of an elder or a dwelling, as a row would say it.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use sync_core::entity::Kind;
use sync_core::form::ContactEntry;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;

use crate::db::document;
use crate::db::key::Keyring;
use crate::db::{DbError, Tx};
use crate::http::view::Entity;
use crate::import::columns::Columns as _;
use crate::import::elders::Column;
use crate::import::elders::columns::Of;
use crate::import::plan::ExistingRow;
use crate::import::rows::{FieldValue, RosterRow, Values};

/// The merged state of one entity.
pub(super) struct There {
    pub(super) id: EntityId,
    /// 0 when it is not there yet.
    pub(super) version: u32,
    values: Map<String, Json>,
    /// Fields, with their elements, that wait for a person.
    conflicts: BTreeSet<(String, Option<String>)>,
    /// What earlier rows of the same roster will have written.
    overlay: Values<Column>,
}

impl There {
    /// An entity that is not there yet.
    pub(super) fn nothing(id: EntityId) -> Self {
        Self { id, version: 0, values: Map::new(), conflicts: BTreeSet::new(), overlay: Values::new() }
    }

    pub(super) async fn load(
        tx: &mut Tx,
        keys: &mut Keyring,
        caseload: CaseloadId,
        id: EntityId,
        kind: Kind,
    ) -> Result<Option<Self>, DbError> {
        let found = document::projection(tx, keys, caseload, id).await?;
        let Some(found) = found.filter(|found| found.kind == kind.code()) else { return Ok(None) };
        let Entity { version, values, fields, .. } = Entity::of(found, Timestamp::EPOCH);
        let text = |field: &Json, name: &str| field.get(name).and_then(Json::as_str).map(str::to_owned);
        let waits = fields.iter().filter(|field| field.get("conflict").and_then(Json::as_bool) == Some(true));
        let conflicts = waits.filter_map(|field| Some((text(field, "name")?, text(field, "element")))).collect();
        Ok(Some(Self { id, version, values, conflicts, overlay: Values::new() }))
    }

    /// What earlier rows will have written by the time this one is.
    pub(super) fn overlay(&mut self, said: Values<Column>) {
        self.overlay = said;
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.values.get(field).and_then(Json::as_str)
    }

    pub(super) fn id_in(&self, field: &str) -> Option<EntityId> {
        self.text(field)?.parse().ok()
    }

    /// The members of a set.
    pub(super) fn members(&self, field: &str) -> BTreeSet<String> {
        let Some(Json::Object(members)) = self.values.get(field) else { return BTreeSet::new() };
        members.iter().filter(|(_, held)| held.as_bool() == Some(true)).map(|(member, _)| member.clone()).collect()
    }

    /// Whether this is somebody else than the row's elder: another outside number, resident id or day of birth.
    pub(super) fn contradicts(&self, row: &RosterRow<Column>) -> bool {
        let differs = |field: &str, column: Column| match (self.text(field), row.text(column)) {
            (Some(there), Some(said)) => there != said,
            _ => false,
        };
        let same_number =
            self.text("external_id").is_some() && self.text("external_id") == row.text(Column::ExternalId);
        let others = [("external_id", Column::ExternalId), ("id_hmac", Column::IdHash), ("birth", Column::Birth)];
        !same_number && others.into_iter().any(|(field, column)| differs(field, column))
    }

    /// What is there in each column that the row fills.
    pub(super) fn row(&self, row: &RosterRow<Column>, home: Option<&Self>) -> ExistingRow<Column> {
        let value = |column: Column| match column.target()?.0 {
            Kind::Dwelling => home?.value(column, row),
            _ => self.value(column, row),
        };
        let columns = row.values.keys().copied();
        ExistingRow { values: columns.filter_map(|column| Some((column, value(column)?))).collect() }
    }

    pub(super) fn value(&self, column: Column, row: &RosterRow<Column>) -> Option<FieldValue> {
        if let Some(said) = self.overlay.get(&column) {
            return Some(said.clone());
        }
        let (_, field) = column.target()?;
        let found = self.values.get(field)?;
        let found = match self.element(column, row) {
            Some(element) => found.get(element?)?,
            None => found,
        };
        match found {
            Json::String(text) if column == Column::Home => text.parse().ok().map(FieldValue::Id),
            Json::String(text) => Some(FieldValue::Text(text.clone())),
            Json::Number(number) => number.as_i64().map(FieldValue::Int),
            Json::Bool(yes) => Some(FieldValue::Bool(*yes)),
            Json::Object(_) => Some(FieldValue::Set(self.members(field))),
            Json::Null | Json::Array(_) => None,
        }
    }

    /// Whether the field that the column sets waits for a person.
    pub(super) fn in_conflict(&self, column: Column, row: &RosterRow<Column>) -> bool {
        let Some((_, field)) = column.target() else { return false };
        let element = self.element(column, row).flatten();
        self.conflicts.contains(&(field.to_owned(), element))
    }

    /// The element of a column's field, where it has one: a contact of the row, a purpose.
    fn element(&self, column: Column, row: &RosterRow<Column>) -> Option<Option<String>> {
        match column {
            Column::Contact(n, _) => Some(contact(self.id, row, n)),
            Column::Consent(purpose) => Some(Some(purpose.code().to_owned())),
            _ => None,
        }
    }
}

/// The element under which the row's contact is known.
pub(super) fn contact(elder: EntityId, row: &RosterRow<Column>, n: u8) -> Option<String> {
    row.text(Column::Contact(n, Of::Name)).map(|name| ContactEntry::id(elder, name))
}
