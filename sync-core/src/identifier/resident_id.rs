//! Resident ids (公民身份号码), GB 11643: six digits of division, eight of birth date, three of sequence, a check.
//!
//! The number identifies a person wholly. It is stored only as a keyed hash with its last four characters, or sealed.

use jiff::civil::Date;

use super::division::is_province;
use super::{Checked, Warning, compact};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [u8; 11] = *b"10X98765432";
const LENGTH: usize = 18;
/// Beyond this age a typing error is likelier than the person.
const OLDEST: i16 = 120;

const SHAPE: Warning = Warning {
    code: "resident_id_shape",
    zh: "身份证号应为18位，前17位为数字，末位为数字或X",
    en: "A resident id has 18 characters: 17 digits, then a digit or X",
};
const DIVISION: Warning = Warning {
    code: "resident_id_division",
    zh: "身份证号前两位不是省级行政区划代码",
    en: "The first two digits of the resident id are no province's code",
};
const CALENDAR: Warning = Warning {
    code: "resident_id_date",
    zh: "身份证号中的出生日期不存在",
    en: "The birth date in the resident id does not exist",
};
const FUTURE: Warning = Warning {
    code: "resident_id_future",
    zh: "身份证号中的出生日期晚于今天",
    en: "The birth date in the resident id lies in the future",
};
const AGE: Warning = Warning {
    code: "resident_id_age",
    zh: "按身份证号计算年龄超过120岁，请核对",
    en: "By the resident id the person is over 120 years old; please compare",
};
const CHECKSUM: Warning = Warning {
    code: "resident_id_checksum",
    zh: "身份证号的校验位不符，请核对证件",
    en: "The check character of the resident id does not match; compare with the card",
};

/// The number without spaces in upper case, and what is doubtful about it on the day `today`.
#[must_use]
pub fn check(text: &str, today: Date) -> Checked {
    let normalised = compact(text);
    let warnings = doubts(&normalised, today);
    Checked { normalised, warnings }
}

/// What a number says of its holder.
pub struct Read {
    /// `male` or `female`.
    pub sex: &'static str,
    /// Day of birth, `1945-12-03`.
    pub birth: String,
    /// The division, six digits.
    pub division: String,
}

/// What a normalised number says; `None` unless its shape, date and check character are right.
#[must_use]
pub fn read(normalised: &str) -> Option<Read> {
    let bytes = normalised.as_bytes();
    let shaped = bytes.len() == LENGTH && bytes[..17].iter().all(u8::is_ascii_digit);
    if !shaped || check_character(&bytes[..17]) != bytes[17] {
        return None;
    }
    let birth = birth_date(&normalised[6..14])?;
    let sex = if (bytes[16] - b'0') % 2 == 1 { "male" } else { "female" };
    Some(Read { sex, birth: birth.to_string(), division: normalised[..6].to_owned() })
}

/// The number that begins with these 17 digits, with its check character. For invented people.
pub(crate) fn complete(digits: &str) -> Option<String> {
    let bytes = digits.as_bytes();
    let shaped = bytes.len() == LENGTH - 1 && bytes.iter().all(u8::is_ascii_digit);
    shaped.then(|| format!("{digits}{}", char::from(check_character(bytes))))
}

/// The keyed hash under which a number is compared: HMAC-SHA-256, lower-case hexadecimal. There are few enough numbers
/// to try them all, so a hash without a key would hide nothing.
#[must_use]
pub fn keyed_hash(key: &[u8; 32], normalised: &str) -> String {
    use hmac::{KeyInit as _, Mac as _};
    let Ok(mut mac) = hmac::Hmac::<sha2::Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length");
    };
    mac.update(normalised.as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(&mac.finalize().into_bytes());
    crate::submission::Digest(hash).hex()
}

fn doubts(id: &str, today: Date) -> Vec<Warning> {
    let bytes = id.as_bytes();
    let in_shape = bytes.len() == LENGTH
        && bytes[..17].iter().all(u8::is_ascii_digit)
        && (bytes[17].is_ascii_digit() || bytes[17] == b'X');
    if !in_shape {
        return vec![SHAPE];
    }
    let mut warnings = Vec::new();
    if !is_province(&id[..2]) {
        warnings.push(DIVISION);
    }
    match birth_date(&id[6..14]) {
        None => warnings.push(CALENDAR),
        Some(birth) if birth > today => warnings.push(FUTURE),
        Some(birth) if age(birth, today) > OLDEST => warnings.push(AGE),
        Some(_) => {}
    }
    if check_character(&bytes[..17]) != bytes[17] {
        warnings.push(CHECKSUM);
    }
    warnings
}

fn birth_date(digits: &str) -> Option<Date> {
    let year = digits[..4].parse().ok()?;
    let month = digits[4..6].parse().ok()?;
    let day = digits[6..8].parse().ok()?;
    Date::new(year, month, day).ok()
}

/// Whole years lived on the day `today`.
fn age(birth: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (birth.month(), birth.day());
    today.year() - birth.year() - i16::from(!had_birthday)
}

fn check_character(digits: &[u8]) -> u8 {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// County part 99 is assigned to nobody, so nobody holds these.
    const VALID: [&str; 3] = ["440399194512030018", "440399195206170033", "44039919360815028X"];
    const TODAY: Date = jiff::civil::date(2026, 11, 23);

    fn codes(text: &str) -> Vec<&'static str> {
        check(text, TODAY).warnings.iter().map(|w| w.code).collect()
    }

    #[test]
    fn the_reference_vectors_pass() {
        for id in VALID {
            assert_eq!(codes(id), Vec::<&str>::new(), "{id}");
        }
        assert_eq!(check("440399 19360815 028x", TODAY).normalised, VALID[2]);
    }

    #[test]
    fn a_number_is_completed_by_its_check_character() {
        for id in VALID {
            assert_eq!(complete(&id[..17]).as_deref(), Some(id));
        }
        assert_eq!(complete("4403991945"), None);
    }

    #[test]
    fn a_right_checksum_does_not_make_a_day_exist() {
        assert_eq!(codes("440399193802290024"), ["resident_id_date"]);
    }

    #[test]
    fn impossible_holders_are_too_old_and_nothing_else() {
        for id in ["440305185203010019", "440305185508170021", "44030518590606120X"] {
            assert_eq!(codes(id), ["resident_id_age"], "{id}");
        }
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        let born = jiff::civil::date(1906, 11, 24);
        assert_eq!(age(born, TODAY), 119);
        assert_eq!(age(jiff::civil::date(1906, 11, 23), TODAY), 120);
        let leap = jiff::civil::date(2000, 2, 29);
        assert_eq!(age(leap, jiff::civil::date(2026, 2, 28)), 25);
        assert_eq!(age(leap, jiff::civil::date(2026, 3, 1)), 26);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(codes("440399202612010016").contains(&"resident_id_future"));
        assert!(codes("990399194512030018").contains(&"resident_id_division"));
        assert_eq!(codes("440399194512030019"), ["resident_id_checksum"]);
        for shapeless in ["", "440399451203001", "4403991945120300X8", "四四〇三九九"] {
            assert_eq!(codes(shapeless), ["resident_id_shape"], "{shapeless}");
        }
    }

    #[test]
    fn every_single_substitution_is_noticed() {
        for id in VALID {
            for place in 0..LENGTH {
                for other in *b"0123456789X" {
                    let mut changed = id.as_bytes().to_vec();
                    if changed[place] == other {
                        continue;
                    }
                    changed[place] = other;
                    assert!(!codes(&String::from_utf8(changed).unwrap()).is_empty(), "{id} at {place}");
                }
            }
        }
    }
}
