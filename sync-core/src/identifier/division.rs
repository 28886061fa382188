//! Administrative divisions, GB/T 2260: province 2 digits, city 4, county 6; then street 9 and community 12.
//!
//! Which streets and communities exist is the official table's matter, loaded as data; only the form is checked here.

use super::{Checked, Warning, compact};

/// First two digits of every province-level division.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
];

const SHAPE: Warning = Warning {
    code: "division_shape",
    zh: "行政区划代码应为2、4、6、9或12位数字",
    en: "A division code has 2, 4, 6, 9 or 12 digits",
};
const PROVINCE: Warning = Warning {
    code: "division_province",
    zh: "行政区划代码前两位不是省级代码",
    en: "The first two digits of the division code are no province's",
};

/// The code without spaces, and what is doubtful about it.
#[must_use]
pub fn check(text: &str) -> Checked {
    let normalised = compact(text);
    let shaped = matches!(normalised.len(), 2 | 4 | 6 | 9 | 12) && normalised.bytes().all(|c| c.is_ascii_digit());
    let warnings = match shaped {
        false => vec![SHAPE],
        true if !is_province(&normalised[..2]) => vec![PROVINCE],
        true => Vec::new(),
    };
    Checked { normalised, warnings }
}

/// Whether `inner` is `outer` or lies within it: a longer code begins with the shorter one's digits.
#[must_use]
pub fn is_within(inner: &str, outer: &str) -> bool {
    let (inner, outer) = (check(inner), check(outer));
    inner.is_clean() && outer.is_clean() && inner.normalised.starts_with(&outer.normalised)
}

pub(super) fn is_province(two_digits: &str) -> bool {
    PROVINCES.contains(&two_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        check(text).warnings.iter().map(|w| w.code).collect()
    }

    #[test]
    fn every_level_from_province_to_community_passes() {
        for code in ["44", "4403", "440305", "440399", "440305006", "440305006001", "４４０３０５"] {
            assert_eq!(codes(code), Vec::<&str>::new(), "{code}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for code in ["", "4", "440", "44030", "44030500", "4403050060", "44O305", "深圳"] {
            assert_eq!(codes(code), ["division_shape"], "{code}");
        }
        assert_eq!(codes("990305"), ["division_province"]);
    }

    #[test]
    fn a_place_lies_within_its_own_line_only() {
        assert!(is_within("440305006", "4403"));
        assert!(is_within("440305", "440305"));
        assert!(!is_within("4403", "440305"));
        assert!(!is_within("440306006", "440305"));
        assert!(!is_within("440305", ""), "an empty scope holds nothing");
    }
}
