//! A roster of premises: from a table to rows with doubts, and from rows to a plan against what exists.
//!
//! A row is known by its key: the outside number when the file has one, else unit code and name. The same file
//! imported twice makes the same entities, so the second time changes nothing. An empty cell says nothing: an import
//! adds and corrects, it never clears.

pub mod cells;
pub mod columns;
pub mod ids;
pub mod kinds;
pub mod template;

use unicode_normalization::UnicodeNormalization;

use self::cells::read_cell;
use super::cells::Told;
use super::rows::{RosterRow, Sheet, Values};

pub use self::columns::Column;

/// The roster of premises.
pub struct Premises;

impl Sheet for Premises {
    type Column = Column;
    const NO_KEY: (&'static str, &'static str) = (
        "该行既无外部编号也无单元编码，再次导入时无法识别",
        "The row has neither an outside number nor a unit code: a second import could not recognise it",
    );
    const SAME: (&'static str, &'static str) =
        ("外部编号相同，或单元编码和名称相同", "same outside number, or same unit code and name");

    fn cell(&self, column: Column, text: &str, row: &mut Values<Column>, told: Told<'_>) {
        row.extend(read_cell(column, text, told).map(|value| (column, value)));
    }

    fn key(&self, row: &RosterRow<Column>) -> Option<String> {
        key(row.text(Column::ExternalId), row.text(Column::UnitCode), row.text(Column::Name))
    }
}

/// What a row is known by. Names are compared without spaces and half-width, so that a retyped name is still the same
/// shop. `None` when the row has nothing that could tell it from others.
fn key(external_id: Option<&str>, unit_code: Option<&str>, name: Option<&str>) -> Option<String> {
    if let Some(id) = external_id {
        return Some(format!("id:{id}"));
    }
    let name: String = name?.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    Some(format!("unit:{}/{name}", unit_code?))
}

#[cfg(test)]
mod tests;
