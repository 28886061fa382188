//! What every cell is asked first, whatever its column: is it filled, and is it what somebody typed?

use sync_core::identifier::{self, Kind};
use sync_core::map_point::MapPoint;

use super::rows::FieldValue;
use super::{Cell, Damage, LIMITS, Level};

/// Takes an issue: level, code, zh, en.
pub type Told<'a> = &'a mut dyn FnMut(Level, &'static str, String, String);

/// The text of a cell; `None` when it is empty or unusable, which has then been told.
pub(super) fn usable<'c>(required: bool, cell: &'c Cell, told: Told<'_>) -> Option<&'c str> {
    if cell.text.is_empty() {
        if required {
            told(Level::Error, "name_missing", "名称不能为空".into(), "The name must not be empty".into());
        }
        return None;
    }
    if let Some(damage) = cell.damage {
        let (code, zh, en) = explain(damage);
        told(Level::Error, code, zh.into(), en.into());
        return None;
    }
    if cell.text.chars().count() > LIMITS.cell_chars {
        let most = LIMITS.cell_chars;
        told(
            Level::Error,
            "cell_too_long",
            format!("超过{most}个字；若内容像是多行，请检查引号是否成对"),
            format!("More than {most} characters; if several lines ran together, look for an unpaired quotation mark"),
        );
        return None;
    }
    Some(&cell.text)
}

/// An identifier as it is kept. A failed check warns: the row is imported with the code as it stands.
pub(super) fn checked(kind: Kind, text: &str, told: Told<'_>) -> FieldValue {
    let checked = identifier::check(kind, text);
    for warning in checked.warnings {
        told(Level::Warning, warning.code, warning.zh.into(), warning.en.into());
    }
    FieldValue::Text(checked.normalised)
}

/// A point on a map with its datum; of a home to about 100 m.
pub(super) fn map_point(of_home: bool, text: &str, told: Told<'_>) -> Option<FieldValue> {
    match MapPoint::read(text) {
        Ok(point) if of_home && !point.is_coarse() => {
            told(
                Level::Warning,
                "map_point_coarse",
                "住处的坐标只保留到约100米".into(),
                "Of a home the map point is kept to about 100 m".into(),
            );
            Some(FieldValue::Text(point.coarse().to_string()))
        }
        Ok(point) => Some(FieldValue::Text(point.to_string())),
        Err(why) => {
            let says = why.says();
            told(Level::Error, why.code(), says.zh, says.en);
            None
        }
    }
}

fn explain(damage: Damage) -> (&'static str, &'static str, &'static str) {
    match damage {
        Damage::DigitsLost => (
            "cell_digits_lost",
            "长编码被表格软件当成数字，末尾几位已丢失；请把该列设为文本后重新填写",
            "The spreadsheet took a long code for a number and lost its last digits; format the column as text and enter it again",
        ),
        Damage::BecameDate => (
            "cell_became_date",
            "内容被表格软件改成了日期；请把该列设为文本后重新填写",
            "The spreadsheet turned this into a date; format the column as text and enter it again",
        ),
        Damage::FailedFormula => ("cell_failed_formula", "单元格中的公式出错", "The formula in this cell failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(required: bool, cell: &Cell) -> (Option<&str>, Vec<(Level, &'static str)>) {
        let mut issues = Vec::new();
        let text = usable(required, cell, &mut |level, code, zh, en| {
            assert!(!zh.is_empty() && !en.is_empty());
            issues.push((level, code));
        });
        (text, issues)
    }

    #[test]
    fn a_map_point_names_its_datum_and_a_homes_is_coarse() {
        let read = |of_home: bool, text: &str| {
            let mut issues = Vec::new();
            let value = map_point(of_home, text, &mut |level, code, _, _| issues.push((level, code)));
            (value, issues)
        };
        let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
        assert_eq!(read(false, "WGS-84 113.91542,22.48731"), (text("wgs84:22.48731,113.91542"), vec![]));
        let coarse = (text("wgs84:22.487,113.915"), vec![(Level::Warning, "map_point_coarse")]);
        assert_eq!(read(true, "WGS-84 113.91542,22.48731"), coarse);
        assert_eq!(read(true, "GCJ-02 113.915,22.487"), (text("gcj02:22.487,113.915"), vec![]));
        assert_eq!(read(false, "113.91542,22.48731"), (None, vec![(Level::Error, "map_point_datum")]));
    }

    #[test]
    fn damaged_and_endless_cells_are_errors() {
        for (damage, code) in [
            (Damage::DigitsLost, "cell_digits_lost"),
            (Damage::BecameDate, "cell_became_date"),
            (Damage::FailedFormula, "cell_failed_formula"),
        ] {
            assert_eq!(read(false, &Cell::damaged("x", damage)), (None, vec![(Level::Error, code)]));
        }
        let long = Cell::text(&"甲".repeat(LIMITS.cell_chars + 1));
        assert_eq!(read(false, &long), (None, vec![(Level::Error, "cell_too_long")]));
        assert_eq!(read(true, &Cell::default()), (None, vec![(Level::Error, "name_missing")]));
        assert_eq!(read(false, &Cell::default()), (None, vec![]));
        assert_eq!(read(true, &Cell::text("甲")), (Some("甲"), vec![]));
    }
}
