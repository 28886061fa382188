//! Columns of a roster, found under every heading that offices give them.

use std::fmt;

use serde::Serialize;
use sync_core::entity::Kind;
use unicode_normalization::UnicodeNormalization;

use super::{ImportError, Line};

/// A header stands within the first lines, below a title perhaps.
const HEADER_WITHIN: usize = 5;

/// What the columns of one kind of roster mean: an enum with one variant a column.
pub trait Columns: Copy + Ord + fmt::Debug + Serialize + Send + Sync + 'static {
    /// The columns that a file may have, in the order of the template.
    const ALL: &'static [Self];
    /// The only column that must be there.
    const NAME: Self;

    /// The headings that mean this column, simplified; the first two are those of the template, in zh and en.
    fn headings(self) -> &'static [&'static str];

    /// The kind of entity that holds what this column says, and the name of its field there; none for a column that
    /// only says how others are meant.
    fn target(self) -> Option<(Kind, &'static str)>;

    /// The heading in the template, in Chinese and in English.
    fn template(self) -> (&'static str, &'static str) {
        let headings = self.headings();
        (headings[0], headings[1])
    }
}

/// Which column stands where.
#[derive(Debug)]
pub(super) struct Header<C> {
    /// The place from the left, the meaning, and the heading as it stands in the file.
    pub(super) columns: Vec<(usize, C, String)>,
    /// Headings without a meaning.
    pub(super) ignored: Vec<String>,
}

/// The column with this heading.
pub(super) fn of_heading<C: Columns>(text: &str) -> Option<C> {
    let simple = simplified(text);
    if simple.is_empty() {
        return None;
    }
    C::ALL.iter().copied().find(|column| column.headings().iter().any(|known| simplified(known) == simple))
}

/// The header, and the lines below it.
pub(super) fn find_header<C: Columns>(lines: &[Line]) -> Result<(Header<C>, &[Line]), ImportError> {
    for (ix, line) in lines.iter().enumerate().take(HEADER_WITHIN) {
        let header = read_header::<C>(line)?;
        // A title such as "name list" alone is no header: another column must be known beside the name.
        if header.columns.len() >= 2 && header.columns.iter().any(|(_, column, _)| *column == C::NAME) {
            return Ok((header, &lines[ix + 1..]));
        }
    }
    let (zh, en) = C::NAME.template();
    Err(ImportError::NoHeader { lines: HEADER_WITHIN, zh, en })
}

fn read_header<C: Columns>(line: &Line) -> Result<Header<C>, ImportError> {
    let mut header = Header { columns: Vec::new(), ignored: Vec::new() };
    for (place, cell) in line.cells.iter().enumerate() {
        let heading = cell.text.clone();
        let Some(column) = of_heading::<C>(&heading) else {
            if !heading.is_empty() {
                header.ignored.push(heading);
            }
            continue;
        };
        if let Some((_, _, first)) = header.columns.iter().find(|(_, known, _)| *known == column) {
            return Err(ImportError::RepeatedColumn(first.clone(), heading));
        }
        header.columns.push((place, column, heading));
    }
    Ok(header)
}

/// A heading without units in brackets, marks of required columns, spaces and case: `*面积(㎡)` is `面积`.
pub(super) fn simplified(heading: &str) -> String {
    let wide: String = heading.nfkc().collect();
    let before_unit = wide.split(['(', '[', '【']).next().unwrap_or_default();
    before_unit.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Cell, elders, premises};

    fn line(headings: &[&str]) -> Line {
        Line { number: 1, cells: headings.iter().map(|h| Cell::text(h)).collect() }
    }

    fn no_heading_means_two<C: Columns>() {
        let mut seen = std::collections::BTreeMap::new();
        for column in C::ALL.iter().copied() {
            for heading in column.headings() {
                assert!(seen.insert(simplified(heading), column).is_none(), "{heading}");
                assert_eq!(of_heading::<C>(heading), Some(column));
            }
        }
    }

    fn every_target_is_a_field<C: Columns>() {
        for column in C::ALL {
            let Some((kind, field)) = column.target() else { continue };
            assert!(kind.schema().field(field).is_some(), "{column:?} -> {field}");
        }
    }

    #[test]
    fn headings_and_targets_are_sound() {
        no_heading_means_two::<premises::Column>();
        no_heading_means_two::<elders::Column>();
        every_target_is_a_field::<premises::Column>();
        every_target_is_a_field::<elders::Column>();
    }

    #[test]
    fn decorated_headings_are_understood() {
        use premises::Column;
        for (heading, column) in [
            ("*店铺名称", Column::Name),
            ("面积(㎡)", Column::AreaM2),
            ("Area_m2", Column::AreaM2),
            ("AREA M2", Column::AreaM2),
            (" 联系 电话 ", Column::ContactPhone),
            ("Unit Code", Column::UnitCode),
        ] {
            assert_eq!(of_heading(heading), Some(column), "{heading}");
        }
        assert_eq!(of_heading::<Column>("(必填)"), None);
    }

    #[test]
    fn the_header_may_stand_below_a_title() {
        use premises::Column;
        let lines = [line(&["名称"]), line(&["序号", "店铺名称", "", "地址"]), line(&["1", "甲", "", "乙"])];
        let (header, rest) = find_header::<Column>(&lines).unwrap();
        assert_eq!(header.ignored, ["序号"]);
        assert_eq!(
            header.columns.iter().map(|c| (c.0, c.1)).collect::<Vec<_>>(),
            [(1, Column::Name), (3, Column::Address)]
        );
        assert_eq!(rest.len(), 1);
    }

    #[test]
    fn a_table_without_names_is_refused() {
        let none = find_header::<premises::Column>(&[line(&["地址", "电话"])]).unwrap_err();
        assert_eq!(none, ImportError::NoHeader { lines: 5, zh: "店铺名称", en: "name" });
        let twice = [line(&["名称", "地址", "店名"])];
        let repeated = find_header::<premises::Column>(&twice).unwrap_err();
        assert_eq!(repeated, ImportError::RepeatedColumn("名称".into(), "店名".into()));
    }
}
