//! What an import would do, row by row. A dry run prints this, the real run applies it: they cannot differ.

use serde::Serialize;

use super::columns::Columns;
use super::rows::{FieldValue, ReadRow, RosterRow, Values};
use super::{Issue, Level};

/// What is there already under a row's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingRow<C: Columns> {
    /// Its fields, by the column that would set them.
    pub values: Values<C>,
}

impl<C: Columns> Default for ExistingRow<C> {
    fn default() -> Self {
        Self { values: Values::new() }
    }
}

/// What becomes of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowPlan<C: Columns> {
    /// The line in the file.
    pub line: u32,
    /// What to do.
    pub action: Action<C>,
    /// What to tell the person who keeps the file.
    pub issues: Vec<Issue>,
}

/// What to do with one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action<C: Columns> {
    /// Nothing has this key: all that the row says is made.
    Create {
        /// The row.
        row: RosterRow<C>,
    },
    /// Some fields say something new.
    Update {
        /// The row.
        row: RosterRow<C>,
        /// What changes; never empty.
        changed: Vec<Change<C>>,
    },
    /// Everything the row says is there already.
    Same {
        /// The row.
        row: RosterRow<C>,
    },
    /// The row cannot be imported; its issues say why.
    Error,
}

/// One field that an import sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change<C: Columns> {
    /// The column; [`Columns::target`] names the field.
    pub column: C,
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
    pub fn of<C: Columns>(plan: &[RowPlan<C>]) -> Self {
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

/// Compares the rows with what `existing` finds under their keys.
#[must_use]
pub fn plan<C: Columns>(
    rows: Vec<ReadRow<C>>,
    existing: &dyn Fn(&RosterRow<C>) -> Option<ExistingRow<C>>,
) -> Vec<RowPlan<C>> {
    rows.into_iter()
        .map(|ReadRow { line, row, issues }| {
            let action = row.map_or(Action::Error, |row| match existing(&row) {
                None => Action::Create { row },
                Some(found) => match changes(&row.values, &found.values) {
                    changed if changed.is_empty() => Action::Same { row },
                    changed => Action::Update { row, changed },
                },
            });
            RowPlan { line, action, issues }
        })
        .collect()
}

/// What these values say that is not there. Columns that only say how others are meant change nothing.
#[must_use]
pub fn changes<C: Columns>(said: &Values<C>, there: &Values<C>) -> Vec<Change<C>> {
    let kept = said.iter().filter(|(column, _)| column.target().is_some());
    kept.filter_map(|(column, said)| change(*column, said, there.get(column))).collect()
}

fn change<C: Columns>(column: C, said: &FieldValue, before: Option<&FieldValue>) -> Option<Change<C>> {
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
