//! One cell of a roster of elders. What is told names what the column takes, never what the cell holds.

use std::collections::BTreeSet;

use jiff::civil::Date;
use sync_core::event::Purpose;
use sync_core::identifier::{self, Kind};
use sync_core::limits;
use unicode_normalization::UnicodeNormalization;

use super::columns::Column;
use super::words;
use crate::import::Level;
use crate::import::cells::{Told, map_point};
use crate::import::rows::{FieldValue, Values};

/// Between the words of one cell.
const SEPARATORS: [char; 6] = ['、', ',', ';', '/', '|', ' '];

/// The value of a cell that needs no other.
pub(super) fn plain(column: Column, text: &str, told: Told<'_>) -> Option<FieldValue> {
    match column {
        Column::Difficulties => difficulties(text, told),
        Column::MapPoint => map_point(true, text, told),
        Column::Lift => one_of(column, text, told).map(|code| FieldValue::Bool(code == "yes")),
        _ if words::has_list(column) => one_of(column, text, told).map(|code| FieldValue::Text(code.to_owned())),
        _ => Some(FieldValue::Text(text.to_owned())),
    }
}

fn one_of(column: Column, text: &str, told: Told<'_>) -> Option<&'static str> {
    let text: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let code = words::code_of(column, &text);
    if code.is_none() {
        let choices = words::choices(column);
        let (zh, en) =
            (format!("没有这一选项，可选：{choices}"), format!("There is no such choice; choose from {choices}"));
        told(Level::Error, "choice_unknown", zh, en);
    }
    code
}

fn difficulties(text: &str, told: Told<'_>) -> Option<FieldValue> {
    let text: String = text.nfkc().collect();
    let mut codes = BTreeSet::new();
    for word in text.split(SEPARATORS).filter(|word| !word.is_empty()) {
        codes.insert(one_of(Column::Difficulties, word, told)?.to_owned());
    }
    if codes.is_empty() { None } else { Some(FieldValue::Set(codes)) }
}

/// `同意`, or `同意:女儿、社康中心` where somebody receives something.
pub(super) fn consent(purpose: Purpose, text: &str, row: &mut Values<Column>, told: Told<'_>) {
    let wide: String = text.nfkc().collect();
    let (state, receivers) = wide.split_once(':').unwrap_or((&wide, ""));
    let column = Column::Consent(purpose);
    let Some(state) = one_of(column, state, told) else { return };
    // Nobody was asked: the same as an empty cell.
    if state == "not_asked" {
        return;
    }
    let names = receivers.split(['、', ',', ';']).map(str::trim).filter(|name| !name.is_empty());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    let prefix = purpose.code().len() + 1;
    if names.len() > limits::PEOPLE || names.iter().any(|name| name.len() + prefix > limits::ELEMENT_BYTES) {
        let (zh, en) = ("接收方过多或名称过长", "Too many receivers, or too long a name");
        told(Level::Error, "consent_receivers", zh.into(), en.into());
        return;
    }
    row.insert(column, FieldValue::Text(state.to_owned()));
    if !names.is_empty() {
        row.insert(Column::Receivers(purpose), FieldValue::Set(names));
    }
}

/// A day as people write it: `1945-12-03`, `1945/12/3`, `1945年12月3日`, `19451203`.
pub(super) fn day(text: &str) -> Option<Date> {
    let wide: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let numbers: Vec<&str> = wide.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (year, month, day) = match numbers.as_slice() {
        [whole] if whole.len() == 8 => (&whole[..4], &whole[4..6], &whole[6..]),
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Whether a text holds what may be somebody's resident id: 17 digits with a real day among them and a last character,
/// with a right check or a mistyped one.
pub(super) fn holds_resident_id(text: &str, today: Date) -> bool {
    let plain: Vec<char> = text.nfkc().filter(|c| !matches!(c, ' ' | '-')).collect();
    plain.windows(18).any(|window| {
        let window: String = window.iter().collect();
        let warnings = identifier::check(Kind::ResidentId { today }, &window).warnings;
        !warnings.iter().any(|warning| {
            matches!(
                warning.code,
                "resident_id_shape" | "resident_id_division" | "resident_id_date" | "resident_id_future"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 23);

    #[test]
    fn days_are_read_as_people_write_them() {
        let third = jiff::civil::date(1945, 12, 3);
        for text in ["1945-12-03", "1945/12/3", "1945.12.3", "1945年12月3日", "19451203", "１９４５-12-03"] {
            assert_eq!(day(text), Some(third), "{text}");
        }
        for text in ["1945", "45-12-3", "3/12/1945", "1938-02-29", "1945-13-01", "很久以前", ""] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_among_other_words_is_found() {
        for text in
            ["身份证440399194512030018", "440399 19451203 0018", "卡号440399194512030019请核对", "44039919360815028x"]
        {
            assert!(holds_resident_id(text, TODAY), "{text}");
        }
        for text in ["电话14200000001", "花果山3栋502", "440399193802290024", "92440399MA9T00018G"] {
            assert!(!holds_resident_id(text, TODAY), "{text}");
        }
    }

    #[test]
    fn an_unknown_word_is_told_without_the_word() {
        let mut told = Vec::new();
        let read = plain(Column::Sex, "440399194512030018", &mut |_, code, zh, en| told.push((code, zh + &en)));
        assert_eq!(read, None);
        assert_eq!(told[0].0, "choice_unknown");
        assert!(!told[0].1.contains("4403"));
    }

    #[test]
    fn consents_name_their_receivers() {
        let mut row = Values::new();
        let mut told = |_, code: &'static str, _, _| panic!("{code}");
        consent(Purpose::HealthCenterShare, "同意：桃影社康、灵台社康", &mut row, &mut told);
        consent(Purpose::Photo, "未询问", &mut row, &mut told);
        let names = ["桃影社康".to_owned(), "灵台社康".to_owned()].into();
        assert_eq!(row.get(&Column::Receivers(Purpose::HealthCenterShare)), Some(&FieldValue::Set(names)));
        assert_eq!(row.len(), 2);
    }
}
