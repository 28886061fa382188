//! The table that an import reads, written: a template for offices, and the file of a generated roster.

use super::ImportError;
use super::columns::Columns;

/// In which language headings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headings {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// Rows as CSV in UTF-8 with a byte order mark, without which Excel shows Chinese as rubbish. No rows make the template.
///
/// # Errors
/// When the text cannot be put together, which only a lack of memory can cause.
pub(super) fn write<C: Columns, T>(
    rows: &[T],
    headings: Headings,
    cell: impl Fn(&T, C) -> String,
) -> Result<Vec<u8>, ImportError> {
    let damaged = |error: &dyn std::fmt::Display| ImportError::Damaged(error.to_string());
    let mut writer = ::csv::Writer::from_writer("\u{FEFF}".as_bytes().to_vec());
    let heading = |column: &C| match headings {
        Headings::Zh => column.template().0,
        Headings::En => column.template().1,
    };
    writer.write_record(C::ALL.iter().map(heading)).map_err(|e| damaged(&e))?;
    for row in rows {
        writer.write_record(C::ALL.iter().map(|column| cell(row, *column))).map_err(|e| damaged(&e))?;
    }
    writer.into_inner().map_err(|e| damaged(&e))
}
