//! From a table to rows with doubts. What a row means is its sheet's matter; how rows are read, told and told apart is
//! the same for every roster.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use sync_core::id::EntityId;

use super::cells::{Told, usable};
use super::columns::{self, Columns, Header};
use super::{Cell, ImportError, Issue, Level, Line, Progress, Table};

/// One kind of roster.
pub trait Sheet {
    /// Its columns.
    type Column: Columns;
    /// What to tell about a row that has nothing by which a second import could recognise it, in zh and en.
    const NO_KEY: (&'static str, &'static str);
    /// What makes two rows the same, in zh and en.
    const SAME: (&'static str, &'static str);

    /// Reads one filled cell into the row.
    fn cell(&self, column: Self::Column, text: &str, row: &mut Values<Self::Column>, told: Told<'_>);

    /// Reads a cell whose spreadsheet made a date of it; false when this column holds no dates.
    fn date(&self, _: Self::Column, _: &Cell, _: &mut Values<Self::Column>, _: Told<'_>) -> bool {
        false
    }

    /// What the cells of a row say together.
    fn whole(&self, _: &mut Values<Self::Column>, _: Told<'_>) {}

    /// What a row is known by; none when it has nothing that could tell it from others.
    fn key(&self, row: &RosterRow<Self::Column>) -> Option<String>;
}

/// What the cells of a row say; empty cells are absent.
pub type Values<C> = BTreeMap<C, FieldValue>;

/// What a cell says.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// A text.
    Text(String),
    /// A whole number, in the unit that the column names.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// Members of a set.
    Set(BTreeSet<String>),
    /// Another entity.
    Id(EntityId),
}

impl fmt::Debug for FieldValue {
    /// What a cell says may be about a person: only its shape is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} characters)", text.chars().count()),
            Self::Int(_) => f.write_str("Int"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Set(members) => write!(f, "Set({} members)", members.len()),
            Self::Id(id) => write!(f, "Id({id})"),
        }
    }
}

/// One row that can be imported.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct RosterRow<C: Columns> {
    /// The line in the file.
    pub line: u32,
    /// What the row is known by, see [`Sheet::key`].
    pub external_key: String,
    /// What its cells say.
    pub values: Values<C>,
}

impl<C: Columns> fmt::Debug for RosterRow<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RosterRow").field("line", &self.line).field("values", &self.values).finish_non_exhaustive()
    }
}

/// One row as it was read: importable or not, with everything to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow<C: Columns> {
    /// The line in the file.
    pub line: u32,
    /// The row, unless an issue is an error.
    pub row: Option<RosterRow<C>>,
    /// What to tell the person who keeps the file.
    pub issues: Vec<Issue>,
}

/// A roster as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster<C: Columns> {
    /// The rows from top to bottom, those that cannot be imported among them.
    pub rows: Vec<ReadRow<C>>,
    /// Headings whose columns are ignored, so that nobody believes them imported.
    pub ignored: Vec<String>,
}

impl<C: Columns> RosterRow<C> {
    /// The text in this column, if it holds one.
    #[must_use]
    pub fn text(&self, column: C) -> Option<&str> {
        text_of(&self.values, column)
    }
}

/// The text in this column, if it holds one.
pub(super) fn text_of<C: Columns>(values: &Values<C>, column: C) -> Option<&str> {
    match values.get(&column) {
        Some(FieldValue::Text(text)) => Some(text),
        _ => None,
    }
}

impl<C: Columns> ReadRow<C> {
    /// Tells something about the whole row; after an error it is not imported.
    pub(crate) fn tell(&mut self, level: Level, code: &'static str, zh: String, en: String) {
        self.issues.push(Issue { line: self.line, column: None, level, code, zh, en });
        if level == Level::Error {
            self.row = None;
        }
    }
}

/// Reads the rows of a table that has a header in one of its first lines.
///
/// # Errors
/// When no header is found or two columns mean the same. Faults of single rows are issues of those rows.
pub fn read<S: Sheet>(
    sheet: &S,
    table: &Table,
    progress: &mut dyn FnMut(Progress),
) -> Result<Roster<S::Column>, ImportError> {
    let (header, lines) = columns::find_header::<S::Column>(&table.lines)?;
    let mut rows = Vec::with_capacity(lines.len());
    let mut first_lines = BTreeMap::new();
    for (done, line) in lines.iter().enumerate() {
        progress(Progress { done, total: lines.len() });
        let mut read = read_row(sheet, &header, line);
        refuse_repetition::<S>(&mut read, &mut first_lines);
        rows.push(read);
    }
    progress(Progress { done: lines.len(), total: lines.len() });
    Ok(Roster { rows, ignored: header.ignored })
}

fn read_row<S: Sheet>(sheet: &S, header: &Header<S::Column>, line: &Line) -> ReadRow<S::Column> {
    let mut values = BTreeMap::new();
    let mut issues = Vec::new();
    let empty = Cell::default();
    for (place, column, heading) in &header.columns {
        let cell = line.cells.get(*place).unwrap_or(&empty);
        let mut told = |level, code, zh, en| {
            issues.push(Issue { line: line.number, column: Some(heading.clone()), level, code, zh, en });
        };
        if sheet.date(*column, cell, &mut values, &mut told) {
            continue;
        }
        if let Some(text) = usable(*column == S::Column::NAME, cell, &mut told) {
            sheet.cell(*column, text, &mut values, &mut told);
        }
    }
    sheet.whole(&mut values, &mut |level, code, zh, en| {
        issues.push(Issue { line: line.number, column: None, level, code, zh, en });
    });
    let row = RosterRow { line: line.number, external_key: String::new(), values };
    let refused = issues.iter().any(|issue| issue.level == Level::Error);
    let key = sheet.key(&row);
    let mut read = ReadRow { line: line.number, row: None, issues };
    match key {
        _ if refused => {}
        Some(external_key) => read.row = Some(RosterRow { external_key, ..row }),
        None => read.tell(Level::Error, "row_no_key", S::NO_KEY.0.to_owned(), S::NO_KEY.1.to_owned()),
    }
    read
}

/// The first of two rows with one key stands, the second is refused: which one is right, only a person knows.
fn refuse_repetition<S: Sheet>(read: &mut ReadRow<S::Column>, first_lines: &mut BTreeMap<String, u32>) {
    let Some(row) = &read.row else { return };
    match first_lines.get(&row.external_key) {
        None => drop(first_lines.insert(row.external_key.clone(), row.line)),
        Some(first) => {
            let (zh, en) = S::SAME;
            let (zh, en) = (format!("与第{first}行重复({zh})"), format!("Repeats line {first} ({en})"));
            read.tell(Level::Error, "row_repeated", zh, en);
        }
    }
}
