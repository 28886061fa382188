//! Identifiers that people write down: credit codes, resident ids, phone numbers, division and unit codes, and the
//! human numbers that the server gives.
//!
//! At a shop's door nothing is ever rejected: a code that fails its check is kept as it was read, with a warning that
//! the form shows. What is read wrongly there is still the best evidence of what the plate on the wall says.

pub mod division;
pub mod number;
pub mod phone;
pub mod resident_id;
pub mod unit_code;
pub mod uscc;

use std::fmt;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

/// What a text is meant to be, with whatever its check needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 统一社会信用代码, GB 32100.
    Uscc,
    /// 公民身份号码, GB 11643.
    ResidentId {
        /// The day of the check: a birth date must not lie after it.
        today: Date,
    },
    /// A mobile, landline or service number.
    Phone,
    /// An administrative division, GB/T 2260 with the levels below the county.
    Division,
    /// The code of a shop unit or flat on its door plate.
    UnitCode,
    /// A number given by the server, such as `HGS-2026-000123`.
    HumanNumber,
    /// A number given by a phone until the server's arrives, such as `A-0007`.
    ProvisionalNumber,
}

/// A text as it is kept, and what is doubtful about it.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked {
    /// The text in the one form in which it is stored and compared. Never emptied by a failed check.
    pub normalised: String,
    /// What to show beside the field; empty when nothing is wrong.
    pub warnings: Vec<Warning>,
}

impl Checked {
    /// Whether nothing is doubtful.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.warnings.is_empty()
    }
}

impl fmt::Debug for Checked {
    /// The text may identify a person, and what is debugged ends up in logs: only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("length", &self.normalised.chars().count())
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// Something doubtful about an identifier. The texts name the rule, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// A stable code, such as `uscc_checksum`.
    pub code: &'static str,
    /// What to tell the worker, in Chinese.
    pub zh: &'static str,
    /// What to tell the worker, in English.
    pub en: &'static str,
}

/// The form in which `text` is kept, and what is doubtful about it.
#[must_use]
pub fn check(kind: Kind, text: &str) -> Checked {
    match kind {
        Kind::Uscc => uscc::check(text),
        Kind::ResidentId { today } => resident_id::check(text, today),
        Kind::Phone => phone::check(text),
        Kind::Division => division::check(text),
        Kind::UnitCode => unit_code::check(text),
        Kind::HumanNumber => number::check_human(text),
        Kind::ProvisionalNumber => number::check_provisional(text),
    }
}

/// The last four characters: what may be shown of a code to tell two files apart.
#[must_use]
pub fn last4(normalised: &str) -> String {
    let length = normalised.chars().count();
    normalised.chars().skip(length.saturating_sub(4)).collect()
}

/// All but the last four characters replaced by `*`; a text of four characters or fewer is hidden wholly.
#[must_use]
pub fn mask(normalised: &str) -> String {
    let length = normalised.chars().count();
    let shown = if length > 4 { 4 } else { 0 };
    normalised.chars().enumerate().map(|(ix, c)| if ix + shown < length { '*' } else { c }).collect()
}

/// Half-width, upper case, without spaces, hyphens or characters that do not show: the form of a code in which
/// separators carry no meaning.
fn compact(text: &str) -> String {
    hyphenated(text).chars().filter(|c| *c != '-').collect()
}

/// Half-width, upper case, without spaces, every kind of dash as `-`: the form of a code in which hyphens separate.
fn hyphenated(text: &str) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(*c))
        .map(|c| if is_dash(c) { '-' } else { c })
        .flat_map(char::to_uppercase)
        .collect()
}

/// Zero-width spaces and joiners, direction marks, the byte order mark: what copying from a chat leaves behind.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}')
}

/// Hyphens and dashes of any length. The Chinese dash and the minus sign are what phone keyboards offer first.
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{30FC}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_spaces_and_dashes_are_normalised_alike() {
        assert_eq!(compact("９２44\u{3000}0399-ma9t\u{200B}0001—8g "), "92440399MA9T00018G");
        assert_eq!(hyphenated(" hgs－2026–000123"), "HGS-2026-000123");
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        let today = jiff::civil::date(2026, 11, 23);
        let kinds = [
            Kind::Uscc,
            Kind::ResidentId { today },
            Kind::Phone,
            Kind::Division,
            Kind::UnitCode,
            Kind::HumanNumber,
            Kind::ProvisionalNumber,
        ];
        let texts =
            ["", " ", "ﷺ", "＋86 142-0000-0001", "0755 2666 0000", "3栋-101铺", "hgs-2026-7", "a-7", "é\u{301}ß", "-"];
        for kind in kinds {
            for text in texts {
                let once = check(kind, text);
                assert_eq!(check(kind, &once.normalised), once, "{kind:?} {text:?}");
            }
        }
    }

    #[test]
    fn masks_show_at_most_the_last_four() {
        assert_eq!(last4("440399194512030018"), "0018");
        assert_eq!(last4("18"), "18");
        assert_eq!(mask("14200000001"), "*******0001");
        assert_eq!(mask("0001"), "****");
        assert_eq!(mask("一二三四五"), "*二三四五");
    }

    #[test]
    fn a_checked_text_never_reaches_a_log() {
        let checked = check(Kind::Phone, "14200000001");
        assert!(!format!("{checked:?}").contains("142"));
    }
}
