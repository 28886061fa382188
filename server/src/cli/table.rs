//! Tables for people.

use comfy_table::{ContentArrangement, Table, presets};

use crate::lang::Lang;

/// A table with headings in both languages.
pub(crate) fn table(lang: Lang, headings: &[(&str, &str)], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().map(|(zh, en)| lang.pick(*zh, *en)));
    for row in rows {
        table.add_row(row);
    }
    table
}
