//! A roster of premises: from a table to rows with doubts, and from rows to a plan against what exists.
//!
//! A row is known by its key: the outside number when the file has one, else unit code and name. The same file
//! imported twice makes the same entities, so the second time changes nothing. An empty cell says nothing: an import
//! adds and corrects, it never clears.

pub mod cells;
pub mod columns;
pub mod kinds;
pub mod plan;
pub mod template;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use self::cells::read_cell;
use self::columns::{Column, Header};
use super::{Cell, ImportError, Issue, Level, Line, Progress, Table};

pub use self::plan::{Action, Change, ExistingRow, RowPlan, Summary, plan};

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// A text.
    Text(String),
    /// A whole number, in the unit that the column names.
    Int(i64),
    /// Members of a set.
    Set(BTreeSet<String>),
}

/// One row that can be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RosterRow {
    /// The line in the file.
    pub line: u32,
    /// What the row is known by, see [`key`].
    pub external_key: String,
    /// What its cells say; empty cells are absent.
    pub values: BTreeMap<Column, FieldValue>,
}

/// One row as it was read: importable or not, with everything to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// The line in the file.
    pub line: u32,
    /// The row, unless an issue is an error.
    pub row: Option<RosterRow>,
    /// What to tell the person who keeps the file.
    pub issues: Vec<Issue>,
}

/// A roster as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The rows from top to bottom, those that cannot be imported among them.
    pub rows: Vec<ReadRow>,
    /// Headings whose columns are ignored, so that nobody believes them imported.
    pub ignored: Vec<String>,
}

impl RosterRow {
    /// The text in this column, if it holds one.
    #[must_use]
    pub fn text(&self, column: Column) -> Option<&str> {
        match self.values.get(&column) {
            Some(FieldValue::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// Reads the rows of a table that has a header in one of its first lines.
///
/// # Errors
/// When no header is found or two columns mean the same. Faults of single rows are issues of those rows.
pub fn read(table: &Table, progress: &mut dyn FnMut(Progress)) -> Result<Roster, ImportError> {
    let (header, lines) = columns::find_header(&table.lines)?;
    let mut rows = Vec::with_capacity(lines.len());
    let mut first_lines = BTreeMap::new();
    for (done, line) in lines.iter().enumerate() {
        progress(Progress { done, total: lines.len() });
        let mut read = read_row(&header, line);
        refuse_repetition(&mut read, &mut first_lines);
        rows.push(read);
    }
    progress(Progress { done: lines.len(), total: lines.len() });
    Ok(Roster { rows, ignored: header.ignored })
}

/// What a row is known by. Names are compared without spaces and half-width, so that a retyped name is still the same
/// shop. `None` when the row has nothing that could tell it from others.
#[must_use]
pub fn key(external_id: Option<&str>, unit_code: Option<&str>, name: Option<&str>) -> Option<String> {
    if let Some(id) = external_id {
        return Some(format!("id:{id}"));
    }
    let name: String = name?.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    Some(format!("unit:{}/{name}", unit_code?))
}

fn read_row(header: &Header, line: &Line) -> ReadRow {
    let mut values = BTreeMap::new();
    let mut issues = Vec::new();
    let empty = Cell::default();
    for (place, column, heading) in &header.columns {
        let cell = line.cells.get(*place).unwrap_or(&empty);
        let mut told = |level, code, zh, en| {
            issues.push(Issue { line: line.number, column: Some(heading.clone()), level, code, zh, en });
        };
        if let Some(value) = read_cell(*column, cell, &mut told) {
            values.insert(*column, value);
        }
    }
    let mut row = RosterRow { line: line.number, external_key: String::new(), values };
    match key(row.text(Column::ExternalId), row.text(Column::UnitCode), row.text(Column::Name)) {
        Some(key) => row.external_key = key,
        None if issues.iter().any(|issue| issue.level == Level::Error) => {}
        None => issues.push(Issue {
            line: line.number,
            column: None,
            level: Level::Error,
            code: "row_no_key",
            zh: "该行既无外部编号也无单元编码，再次导入时无法识别".to_owned(),
            en: "The row has neither an outside number nor a unit code: a second import could not recognise it"
                .to_owned(),
        }),
    }
    let refused = issues.iter().any(|issue| issue.level == Level::Error);
    ReadRow { line: line.number, row: if refused { None } else { Some(row) }, issues }
}

/// The first of two rows with one key stands, the second is refused: which one is right, only a person knows.
fn refuse_repetition(read: &mut ReadRow, first_lines: &mut BTreeMap<String, u32>) {
    let Some(row) = &read.row else { return };
    match first_lines.get(&row.external_key) {
        None => {
            first_lines.insert(row.external_key.clone(), row.line);
        }
        Some(first) => {
            read.issues.push(Issue {
                line: row.line,
                column: None,
                level: Level::Error,
                code: "row_repeated",
                zh: format!("与第{first}行重复(外部编号相同，或单元编码和名称相同)"),
                en: format!("Repeats line {first} (same outside number, or same unit code and name)"),
            });
            read.row = None;
        }
    }
}

#[cfg(test)]
mod tests;
