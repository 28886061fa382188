//! The columns of a roster of premises, under every heading that offices give them.

use serde::Serialize;
use sync_core::entity::Kind;
use unicode_normalization::UnicodeNormalization;

use crate::import::{ImportError, Line};

/// A header stands within the first lines, below a title perhaps.
const HEADER_WITHIN: usize = 5;

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// The number of the row in the office's own system.
    ExternalId,
    /// The shop's name. The only column that must be there.
    Name,
    /// The address in words.
    Address,
    /// The code of the unit.
    UnitCode,
    /// What kinds of premises it is.
    Kinds,
    /// The area in m².
    AreaM2,
    /// The floor or floors.
    Floor,
    /// What neighbours call it.
    Nickname,
    /// Opening hours.
    Hours,
    /// How to find the door.
    DoorNote,
    /// Whom to ask for.
    ContactName,
    /// Their phone.
    ContactPhone,
    /// The name on the licence.
    Operator,
    /// The person who answers for the business.
    LegalName,
    /// The unified social credit code.
    Uscc,
}

impl Column {
    /// Every column.
    pub const ALL: [Self; 15] = [
        Self::ExternalId,
        Self::Name,
        Self::Address,
        Self::UnitCode,
        Self::Kinds,
        Self::AreaM2,
        Self::Floor,
        Self::Nickname,
        Self::Hours,
        Self::DoorNote,
        Self::ContactName,
        Self::ContactPhone,
        Self::Operator,
        Self::LegalName,
        Self::Uscc,
    ];

    /// The headings that mean this column, simplified; the first two are those of the template, in zh and en.
    fn headings(self) -> &'static [&'static str] {
        match self {
            Self::ExternalId => &["外部编号", "external_id", "编号", "台账编号", "原系统编号"],
            Self::Name => &["店铺名称", "name", "商铺名称", "场所名称", "名称", "店名", "shop_name"],
            Self::Address => &["地址", "address", "详细地址", "经营地址", "场所地址"],
            Self::UnitCode => &["单元编码", "unit_code", "房屋编码", "单元编号", "unit"],
            Self::Kinds => &["类别", "kinds", "场所类别", "类型", "场所类型", "kind"],
            Self::AreaM2 => &["面积", "area_m2", "建筑面积", "经营面积", "面积平方米", "area"],
            Self::Floor => &["楼层", "floor", "所在楼层"],
            Self::Nickname => &["俗称", "nickname"],
            Self::Hours => &["营业时间", "hours"],
            Self::DoorNote => &["门口备注", "door_note", "备注", "note"],
            Self::ContactName => &["联系人", "contact_name", "联系人姓名", "contact"],
            Self::ContactPhone => &["电话", "contact_phone", "联系电话", "手机", "手机号", "phone"],
            Self::Operator => &["经营者", "operator", "经营者名称", "经营主体", "执照名称", "operator_name"],
            Self::LegalName => &["法定代表人", "legal_name", "负责人", "法人"],
            Self::Uscc => &["统一社会信用代码", "uscc", "信用代码", "社会信用代码", "credit_code"],
        }
    }

    /// The heading in the template, in Chinese and in English.
    #[must_use]
    pub fn template(self) -> (&'static str, &'static str) {
        let headings = self.headings();
        (headings[0], headings[1])
    }

    /// The entity that holds what this column says, and the name of its field there.
    #[must_use]
    pub fn target(self) -> (Kind, &'static str) {
        match self {
            Self::Operator => (Kind::Operator, "name"),
            Self::LegalName => (Kind::Operator, "legal_name"),
            Self::Uscc => (Kind::Operator, "uscc"),
            other => (Kind::Premises, other.template().1),
        }
    }

    fn of_heading(text: &str) -> Option<Self> {
        let simple = simplified(text);
        if simple.is_empty() {
            return None;
        }
        Self::ALL.into_iter().find(|column| column.headings().iter().any(|known| simplified(known) == simple))
    }
}

/// Which column stands where.
#[derive(Debug)]
pub(super) struct Header {
    /// The place from the left, the meaning, and the heading as it stands in the file.
    pub(super) columns: Vec<(usize, Column, String)>,
    /// Headings without a meaning.
    pub(super) ignored: Vec<String>,
}

/// The header, and the lines below it.
pub(super) fn find_header(lines: &[Line]) -> Result<(Header, &[Line]), ImportError> {
    for (ix, line) in lines.iter().enumerate().take(HEADER_WITHIN) {
        let header = read_header(line)?;
        // A title such as "name list" alone is no header: another column must be known beside the name.
        if header.columns.len() >= 2 && header.columns.iter().any(|(_, column, _)| *column == Column::Name) {
            return Ok((header, &lines[ix + 1..]));
        }
    }
    Err(ImportError::NoHeader(HEADER_WITHIN))
}

fn read_header(line: &Line) -> Result<Header, ImportError> {
    let mut header = Header { columns: Vec::new(), ignored: Vec::new() };
    for (place, cell) in line.cells.iter().enumerate() {
        let heading = cell.text.clone();
        let Some(column) = Column::of_heading(&heading) else {
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
fn simplified(heading: &str) -> String {
    let wide: String = heading.nfkc().collect();
    let before_unit = wide.split(['(', '[', '【']).next().unwrap_or_default();
    before_unit.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Cell;

    fn line(headings: &[&str]) -> Line {
        Line { number: 1, cells: headings.iter().map(|h| Cell::text(h)).collect() }
    }

    #[test]
    fn no_heading_means_two_columns() {
        let mut seen = std::collections::BTreeMap::new();
        for column in Column::ALL {
            for heading in column.headings() {
                assert_eq!(seen.insert(simplified(heading), column), None, "{heading}");
                assert_eq!(Column::of_heading(heading), Some(column));
            }
        }
    }

    #[test]
    fn every_target_is_a_field_of_its_entity() {
        for column in Column::ALL {
            let (kind, field) = column.target();
            assert!(kind.schema().field(field).is_some(), "{column:?} -> {field}");
        }
    }

    #[test]
    fn decorated_headings_are_understood() {
        for (heading, column) in [
            ("*店铺名称", Column::Name),
            ("面积(㎡)", Column::AreaM2),
            ("Area_m2", Column::AreaM2),
            ("AREA M2", Column::AreaM2),
            (" 联系 电话 ", Column::ContactPhone),
            ("Unit Code", Column::UnitCode),
        ] {
            assert_eq!(Column::of_heading(heading), Some(column), "{heading}");
        }
        assert_eq!(Column::of_heading("(必填)"), None);
    }

    #[test]
    fn the_header_may_stand_below_a_title() {
        let lines = [line(&["名称"]), line(&["序号", "店铺名称", "", "地址"]), line(&["1", "甲", "", "乙"])];
        let (header, rest) = find_header(&lines).unwrap();
        assert_eq!(header.ignored, ["序号"]);
        assert_eq!(
            header.columns.iter().map(|c| (c.0, c.1)).collect::<Vec<_>>(),
            [(1, Column::Name), (3, Column::Address)]
        );
        assert_eq!(rest.len(), 1);
    }

    #[test]
    fn a_table_without_names_is_refused() {
        assert_eq!(find_header(&[line(&["地址", "电话"])]).unwrap_err(), ImportError::NoHeader(5));
        let twice = [line(&["名称", "地址", "店名"])];
        assert_eq!(find_header(&twice).unwrap_err(), ImportError::RepeatedColumn("名称".into(), "店名".into()));
    }
}
