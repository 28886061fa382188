//! What an import would do, row by row. A dry run prints this, the real run applies it: they cannot differ.

use std::collections::BTreeMap;

use serde::Serialize;
use sync_core::id::{CaseloadId, EntityId};

use super::columns::Column;
use super::{FieldValue, ReadRow, RosterRow};
use crate::import::{Issue, Level};

/// What is there already under a row's key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ExistingRow {
    /// Its fields, by the column that would set them.
    pub values: BTreeMap<Column, FieldValue>,
}

/// What becomes of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowPlan {
    /// The line in the file.
    pub line: u32,
    /// What to do.
    pub action: Action,
    /// What to tell the person who keeps the file.
    pub issues: Vec<Issue>,
}

/// What to do with one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Nothing has this key: premises, operator and tenancy are made.
    Create {
        /// The row.
        row: RosterRow,
    },
    /// Some fields say something new.
    Update {
        /// The row.
        row: RosterRow,
        /// What changes; never empty.
        changed: Vec<Change>,
    },
    /// Everything the row says is there already.
    Same {
        /// The row.
        row: RosterRow,
    },
    /// The row cannot be imported; its issues say why.
    Error,
}

/// One field that an import sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The column; [`Column::target`] names the field.
    pub column: Column,
    /// What is there now.
    pub before: Option<FieldValue>,
    /// What will be set. Of a set, only the members to add.
    pub after: FieldValue,
}

/// How many rows come to what.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows to create.
    pub create: usize,
    /// Rows to update.
    pub update: usize,
    /// Rows that change nothing.
    pub same: usize,
    /// Rows left out.
    pub error: usize,
    /// Warnings on rows that are imported.
    pub warnings: usize,
}

impl Summary {
    /// Counts a plan.
    #[must_use]
    pub fn of(plan: &[RowPlan]) -> Self {
        let mut summary = Self::default();
        for row in plan {
            let count = match row.action {
                Action::Create { .. } => &mut summary.create,
                Action::Update { .. } => &mut summary.update,
                Action::Same { .. } => &mut summary.same,
                Action::Error => &mut summary.error,
            };
            *count += 1;
            if row.action != Action::Error {
                summary.warnings += row.issues.iter().filter(|issue| issue.level == Level::Warning).count();
            }
        }
        summary
    }
}

/// The entities that a row's key stands for, the same at every import into the caseload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowIds {
    /// The place.
    pub premises: EntityId,
    /// The business.
    pub operator: EntityId,
    /// The business at the place.
    pub tenancy: EntityId,
}

impl RowIds {
    /// The entities of the row with this key.
    #[must_use]
    pub fn of(caseload: CaseloadId, external_key: &str) -> Self {
        let id = |domain| EntityId::derived(domain, &[caseload.bytes(), external_key.as_bytes()]);
        Self {
            premises: id("premises-import"),
            operator: id("premises-import-operator"),
            tenancy: id("premises-import-tenancy"),
        }
    }
}

/// Compares the rows with what `existing` finds under their keys.
#[must_use]
pub fn plan(rows: Vec<ReadRow>, existing: &dyn Fn(&str) -> Option<ExistingRow>) -> Vec<RowPlan> {
    rows.into_iter()
        .map(|ReadRow { line, row, issues }| {
            let action = row.map_or(Action::Error, |row| match existing(&row.external_key) {
                None => Action::Create { row },
                Some(found) => match changes(&row, &found) {
                    changed if changed.is_empty() => Action::Same { row },
                    changed => Action::Update { row, changed },
                },
            });
            RowPlan { line, action, issues }
        })
        .collect()
}

fn changes(row: &RosterRow, existing: &ExistingRow) -> Vec<Change> {
    row.values.iter().filter_map(|(column, said)| change(*column, said, existing.values.get(column))).collect()
}

fn change(column: Column, said: &FieldValue, before: Option<&FieldValue>) -> Option<Change> {
    let after = match (said, before) {
        (FieldValue::Set(said), Some(FieldValue::Set(there))) => {
            FieldValue::Set(said.difference(there).cloned().collect())
        }
        (said, Some(there)) if said == there => return None,
        (said, _) => said.clone(),
    };
    let nothing_to_add = matches!(&after, FieldValue::Set(members) if members.is_empty());
    if nothing_to_add { None } else { Some(Change { column, before: before.cloned(), after }) }
}
