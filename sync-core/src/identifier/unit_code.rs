//! Unit codes: what a door plate or the street's own list calls one shop unit or flat.
//!
//! There is no national form, so only what makes two spellings of one code equal is done, and what is clearly prose
//! draws a warning. Two premises with the same unit code are proposed as one (rule D01).

use super::{Checked, Warning, hyphenated};

/// The longest of the national building and house codes has 25 digits; street lists stay below this.
const LONGEST: usize = 40;

const SHAPE: Warning = Warning {
    code: "unit_code_shape",
    zh: "单元编码通常只含数字、字母和连字符，且不超过40位；门牌描述请写在地址里",
    en: "A unit code usually holds digits, letters and hyphens only, 40 at most; put a description into the address",
};

/// The code half-width, in upper case, without spaces and with single hyphens; and what is doubtful about it.
#[must_use]
pub fn check(text: &str) -> Checked {
    let written = hyphenated(text);
    let normalised = written.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let shaped = (1..=LONGEST).contains(&normalised.len())
        && normalised.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
        && normalised.bytes().any(|c| c.is_ascii_digit());
    let warnings = if shaped { Vec::new() } else { vec![SHAPE] };
    Checked { normalised, warnings }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_code_are_equal() {
        for written in ["TY12-1F-03", " ty12–1f－03", "ty12 - 1f -- 03-", "ＴＹ１２-1F-03"] {
            assert_eq!(check(written).normalised, "TY12-1F-03", "{written}");
            assert!(check(written).is_clean());
        }
        assert_ne!(check("TY12-1F-03").normalised, check("TY121F03").normalised, "hyphens separate");
    }

    #[test]
    fn prose_is_kept_with_a_warning() {
        for text in ["水果店隔壁", "", "-", "ABC", &"1".repeat(41)] {
            assert_eq!(check(text).warnings, [SHAPE], "{text}");
        }
        assert_eq!(check("3栋101").normalised, "3栋101");
    }
}
