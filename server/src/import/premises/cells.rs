//! One cell of a roster: its value, and what is doubtful about it.

use std::collections::BTreeSet;

use sync_core::identifier::Kind;
use unicode_normalization::UnicodeNormalization;

use super::columns::Column;
use super::kinds;
use crate::import::Level;
use crate::import::cells::{Told, checked, map_point};
use crate::import::rows::FieldValue;

/// A premises larger than this is a typing error.
const LARGEST_AREA_M2: f64 = 1_000_000.0;

/// The value of a filled cell; `None` when it is unusable, which has then been told.
pub(super) fn read_cell(column: Column, text: &str, told: Told<'_>) -> Option<FieldValue> {
    match column {
        Column::UnitCode => Some(checked(Kind::UnitCode, text, told)),
        Column::Uscc => Some(checked(Kind::Uscc, text, told)),
        Column::ContactPhone => Some(checked(Kind::Phone, text, told)),
        Column::Kinds => kind_set(text, told),
        Column::AreaM2 => area(text, told),
        Column::MapPoint => map_point(false, text, told),
        _ => Some(FieldValue::Text(text.to_owned())),
    }
}

fn kind_set(text: &str, told: Told<'_>) -> Option<FieldValue> {
    let mut codes = BTreeSet::new();
    let text: String = text.nfkc().collect();
    for word in text.split(['、', ',', ';', '/', '|', ' ']).filter(|word| !word.is_empty()) {
        let Some(code) = kinds::code_of(word) else {
            let choices = kinds::choices();
            told(
                Level::Error,
                "kind_unknown",
                format!("没有“{word}”这一类别，可选：{choices}"),
                format!("There is no kind \"{word}\"; choose from {choices}"),
            );
            return None;
        };
        codes.insert(code.to_owned());
    }
    if codes.is_empty() { None } else { Some(FieldValue::Set(codes)) }
}

/// `35`, `35.5㎡`, `约1,200平方米`: whole square metres, rounded.
fn area(text: &str, told: Told<'_>) -> Option<FieldValue> {
    let wide: String = text.nfkc().filter(|c| !c.is_whitespace() && *c != ',').collect();
    let bare = wide.trim_start_matches('约').trim_end_matches("平方米").trim_end_matches('平').trim_end_matches("m2");
    let plain = bare.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    match bare.parse::<f64>() {
        Ok(area) if plain && area > 0.0 && area <= LARGEST_AREA_M2 => {
            // At least 1: a booth of 0.4 m² has an area.
            #[expect(clippy::cast_possible_truncation, reason = "bounded above by the guard")]
            let whole = area.round().max(1.0) as i64;
            Some(FieldValue::Int(whole))
        }
        _ => {
            told(
                Level::Error,
                "area_not_a_number",
                "面积应为平方米数，例如 35 或 35.5".into(),
                "The area should be a number of square metres, such as 35 or 35.5".into(),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(column: Column, text: &str) -> (Option<FieldValue>, Vec<(Level, &'static str)>) {
        let mut issues = Vec::new();
        let value = read_cell(column, text, &mut |level, code, zh, en| {
            assert!(!zh.is_empty() && !en.is_empty());
            issues.push((level, code));
        });
        (value, issues)
    }

    #[test]
    fn areas_are_read_as_people_write_them() {
        for (text, area) in
            [("35", 35), ("35.5㎡", 36), ("约1,200平方米", 1200), ("28平", 28), ("0.3", 1), ("60 m²", 60)]
        {
            assert_eq!(read_text(Column::AreaM2, text), (Some(FieldValue::Int(area)), vec![]), "{text}");
        }
        for text in ["一百", "0", "-3", "1e3", "1000001", "3x4", ".", "inf"] {
            let (value, issues) = read_text(Column::AreaM2, text);
            assert_eq!((value, issues), (None, vec![(Level::Error, "area_not_a_number")]), "{text}");
        }
    }

    #[test]
    fn kinds_are_a_set_of_codes() {
        let set = |codes: &[&str]| Some(FieldValue::Set(codes.iter().map(|c| (*c).to_owned()).collect()));
        assert_eq!(read_text(Column::Kinds, "餐饮、小商店/餐馆").0, set(&["restaurant", "shop"]));
        assert_eq!(read_text(Column::Kinds, "餐饮、飞船"), (None, vec![(Level::Error, "kind_unknown")]));
        assert_eq!(read_text(Column::Kinds, "、"), (None, vec![]));
    }

    #[test]
    fn a_bad_checksum_warns_and_stays() {
        let (value, issues) = read_text(Column::Uscc, "92440399ma9t00018h");
        assert_eq!(value, Some(FieldValue::Text("92440399MA9T00018H".into())));
        assert_eq!(issues, [(Level::Warning, "uscc_checksum")]);
    }
}
