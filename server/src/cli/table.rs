//! Tables for people.

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};

use crate::lang::Lang;

/// One rule under the headings and nothing else: a row a line, as far as the terminal is wide.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with headings in both languages.
pub(crate) fn table(lang: Lang, headings: &[(&str, &str)], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().map(|(zh, en)| lang.pick(*zh, *en)));
    for row in rows {
        table.add_row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Chinese character is as wide as two Latin ones: columns begin at the same place all the same.
    #[test]
    fn columns_stand_below_each_other_and_only_the_headings_have_a_rule() {
        let rows = ["林", "Lin"].map(|name| vec![name.to_owned(), "HGS".to_owned()]);
        let shown = table(Lang::Zh, &[("姓名", "name"), ("工作于", "works in")], rows).to_string();
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        assert_eq!(lines, [" 姓名   工作于", "───────────────", " 林     HGS", " Lin    HGS"]);
    }
}
