//! Unified social credit codes (统一社会信用代码), GB 32100, with the organisation code inside, GB 11714.
//!
//! Eighteen characters: department, kind, six digits of division, nine of organisation code (the last its own check)
//! and a check character over all. Some pages claim that the last is a digit or `X`; it is any of the 31.

use super::{Checked, Warning, compact};

/// The 31 characters in the order of their values: no I, O, S, V or Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Powers of three modulo 31, by position.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// GB 11714, by position in the organisation code.
const BODY_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Characters of a whole code.
pub(crate) const LENGTH: usize = 18;

const SHAPE: Warning = Warning {
    code: "uscc_shape",
    zh: "统一社会信用代码应为18位，由数字和大写字母组成(不含I、O、S、V、Z)，其中第3至8位为数字",
    en: "A credit code has 18 characters, digits and capitals without I, O, S, V and Z; characters 3 to 8 are digits",
};
const BODY_CHECK: Warning = Warning {
    code: "uscc_body_checksum",
    zh: "统一社会信用代码第9至17位(组织机构代码)的校验不符，请核对执照",
    en: "Characters 9 to 17 of the credit code (the organisation code) fail their check; compare with the licence",
};
const CHECKSUM: Warning = Warning {
    code: "uscc_checksum",
    zh: "统一社会信用代码的校验位不符，请核对执照",
    en: "The check character of the credit code does not match; compare with the licence",
};

/// The code without spaces and hyphens in upper case, and what is doubtful about it.
#[must_use]
pub fn check(text: &str) -> Checked {
    let normalised = compact(text);
    let warnings = doubts(&normalised);
    Checked { normalised, warnings }
}

/// Whether a code passes both checks: the `uscc_valid` that policy rules see.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    check(text).is_clean()
}

/// Whether two whole codes differ in exactly one place: most likely one code, once mistyped.
#[must_use]
pub fn one_digit_apart(a: &str, b: &str) -> bool {
    let (a, b) = (compact(a), compact(b));
    a.chars().count() == LENGTH
        && b.chars().count() == LENGTH
        && a.chars().zip(b.chars()).filter(|(a, b)| a != b).count() == 1
}

/// The whole code for a department and kind (`92`), a division and the eight characters of an organisation code, with
/// both check characters added. `None` when a character has no value or a part the wrong length.
#[must_use]
pub fn complete(dept_kind: &str, division: &str, body: &str) -> Option<String> {
    if dept_kind.len() != 2 || division.len() != 6 || body.len() != 8 {
        return None;
    }
    let mut code = format!("{dept_kind}{division}{body}");
    code.push(body_check(body.as_bytes())?);
    code.push(check_character(code.as_bytes())?);
    Some(code)
}

fn doubts(code: &str) -> Vec<Warning> {
    let bytes = code.as_bytes();
    let in_shape = bytes.len() == LENGTH
        && bytes.iter().all(|&c| value(c).is_some())
        && bytes[2..8].iter().all(u8::is_ascii_digit);
    if !in_shape {
        return vec![SHAPE];
    }
    let mut warnings = Vec::new();
    if body_check(&bytes[8..16]) != Some(char::from(bytes[16])) {
        warnings.push(BODY_CHECK);
    }
    if check_character(&bytes[..17]) != Some(char::from(bytes[17])) {
        warnings.push(CHECKSUM);
    }
    warnings
}

fn value(character: u8) -> Option<u32> {
    (0..).zip(ALPHABET).find(|(_, c)| **c == character).map(|(value, _)| value)
}

/// (31 − Σ mod 31) mod 31, as a character.
fn check_character(first_17: &[u8]) -> Option<char> {
    let mut sum = 0;
    for (&character, weight) in first_17.iter().zip(WEIGHTS) {
        sum += value(character)? * weight;
    }
    let check = (31 - sum % 31) % 31;
    ALPHABET.get(check as usize).map(|&c| char::from(c))
}

/// 11 − Σ mod 11, where 10 is written X and 11 is written 0. Letters count from A = 10, gaps included.
fn body_check(first_8: &[u8]) -> Option<char> {
    let mut sum = 0;
    for (&character, weight) in first_8.iter().zip(BODY_WEIGHTS) {
        sum += char::from(character).to_digit(36)? * weight;
    }
    match 11 - sum % 11 {
        11 => Some('0'),
        10 => Some('X'),
        check => char::from_digit(check, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Invented codes: county part 99 is assigned to nobody.
    const VALID: [&str; 3] = ["92440399MA9T00018G", "92440399MA9T00026B", "52440399MJL9T00049"];

    fn codes(text: &str) -> Vec<&'static str> {
        check(text).warnings.iter().map(|w| w.code).collect()
    }

    #[test]
    fn the_reference_vectors_pass() {
        for code in VALID {
            assert_eq!(codes(code), Vec::<&str>::new(), "{code}");
        }
        assert_eq!(check(" ９２440399-ma9t0001 8g").normalised, VALID[0]);
        assert_eq!(complete("92", "440399", "MA9T0001").as_deref(), Some(VALID[0]));
        assert_eq!(complete("92", "440399", "MA9T0002").as_deref(), Some(VALID[1]));
        assert_eq!(complete("52", "440399", "MJL9T000").as_deref(), Some(VALID[2]));
        assert_eq!(complete("92", "440399", "MA9TO001"), None, "the letter O has no value");
    }

    #[test]
    fn a_failed_check_keeps_the_code() {
        let mistyped = check("92440399MA9T00018H");
        assert_eq!(mistyped.normalised, "92440399MA9T00018H");
        assert_eq!(mistyped.warnings, [CHECKSUM]);
        assert_eq!(codes("92440399MA9T00017G"), ["uscc_body_checksum", "uscc_checksum"]);
        for shapeless in ["", "92440399MA9T00018", "92440399MA9T0001OG", "9244O399MA9T00018G", "店铺"] {
            assert_eq!(codes(shapeless), ["uscc_shape"], "{shapeless}");
        }
    }

    #[test]
    fn every_single_substitution_is_noticed() {
        for code in VALID {
            for place in 0..LENGTH {
                for &other in ALPHABET {
                    let mut changed = code.as_bytes().to_vec();
                    if changed[place] == other {
                        continue;
                    }
                    changed[place] = other;
                    let changed = String::from_utf8(changed).unwrap();
                    assert!(!is_valid(&changed), "{code} against {changed}");
                    assert!(one_digit_apart(code, &changed));
                }
            }
        }
    }

    #[test]
    fn every_swap_of_neighbours_is_noticed() {
        for code in VALID {
            for place in 0..LENGTH - 1 {
                let mut swapped = code.as_bytes().to_vec();
                swapped.swap(place, place + 1);
                let swapped = String::from_utf8(swapped).unwrap();
                assert_eq!(is_valid(&swapped), swapped == code, "{swapped}");
            }
        }
    }

    #[test]
    fn near_codes_differ_in_one_place_only() {
        assert!(one_digit_apart(VALID[0], "92440399MA9T00019G"));
        assert!(one_digit_apart(VALID[0], "92440399-ma9t00019g"));
        assert!(!one_digit_apart(VALID[0], VALID[0]));
        assert!(!one_digit_apart(VALID[0], VALID[1]), "three places differ");
        assert!(!one_digit_apart(VALID[0], "92440399MA9T00018"), "a cut code is not a mistyped one");
        assert!(!one_digit_apart("1", "2"));
    }
}
