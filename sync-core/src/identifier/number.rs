//! The numbers people read out on the phone: `HGS-2026-000123` from the server, and `A-0007` on a slip of paper that
//! a phone without network had to number by itself.

use std::fmt;
use std::str::FromStr;

use super::{Checked, Warning, hyphenated};

const HUMAN_SHAPE: Warning = Warning {
    code: "number_shape",
    zh: "编号应形如 HGS-2026-000123",
    en: "The number should look like HGS-2026-000123",
};
const PROVISIONAL_SHAPE: Warning = Warning {
    code: "provisional_number_shape",
    zh: "临时编号应形如 A-0007",
    en: "The provisional number should look like A-0007",
};

/// A text that is not a number of the expected form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number of the form HGS-2026-000123 or A-0007")]
pub struct NotANumber;

/// A number that only the server gives, counted per caseload and year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HumanNumber {
    /// The caseload's letters, such as `HGS`: two to six of A–Z.
    pub prefix: String,
    /// The civil year.
    pub year: u16,
    /// Counts from 1 and may skip.
    pub serial: u32,
}

/// A number that a phone gives until the server's arrives: unique only together with the phone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProvisionalNumber {
    /// The phone's letters within its caseload, such as `A`: one to three of A–Z.
    pub phone: String,
    /// Counts from 1.
    pub serial: u32,
}

impl fmt::Display for HumanNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}-{:06}", self.prefix, self.year, self.serial)
    }
}

impl fmt::Display for ProvisionalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}", self.phone, self.serial)
    }
}

impl FromStr for HumanNumber {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let text = hyphenated(text);
        let mut parts = text.split('-');
        let (Some(prefix), Some(year), Some(serial), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotANumber);
        };
        if !is_letters(prefix, 2, 6) || year.len() != 4 {
            return Err(NotANumber);
        }
        let year = u16::try_from(digits(year)?).map_err(|_| NotANumber)?;
        Ok(Self { prefix: prefix.to_owned(), year, serial: counted(serial)? })
    }
}

impl FromStr for ProvisionalNumber {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let text = hyphenated(text);
        let (phone, serial) = text.split_once('-').ok_or(NotANumber)?;
        if !is_letters(phone, 1, 3) {
            return Err(NotANumber);
        }
        Ok(Self { phone: phone.to_owned(), serial: counted(serial)? })
    }
}

/// The number padded as the server writes it, and what is doubtful about it.
#[must_use]
pub fn check_human(text: &str) -> Checked {
    shown_or_doubted(text.parse::<HumanNumber>().map(|n| n.to_string()), text, HUMAN_SHAPE)
}

/// The number padded as a phone writes it, and what is doubtful about it.
#[must_use]
pub fn check_provisional(text: &str) -> Checked {
    shown_or_doubted(text.parse::<ProvisionalNumber>().map(|n| n.to_string()), text, PROVISIONAL_SHAPE)
}

fn shown_or_doubted(shown: Result<String, NotANumber>, text: &str, doubt: Warning) -> Checked {
    match shown {
        Ok(normalised) => Checked { normalised, warnings: Vec::new() },
        Err(NotANumber) => Checked { normalised: hyphenated(text), warnings: vec![doubt] },
    }
}

fn is_letters(text: &str, shortest: usize, longest: usize) -> bool {
    (shortest..=longest).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_uppercase())
}

fn counted(text: &str) -> Result<u32, NotANumber> {
    digits(text).and_then(|n| if n == 0 { Err(NotANumber) } else { Ok(n) })
}

fn digits(text: &str) -> Result<u32, NotANumber> {
    // `parse` alone would take a sign.
    let plain = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if plain { text.parse().map_err(|_| NotANumber) } else { Err(NotANumber) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        let number: HumanNumber = "HGS-2026-000123".parse().unwrap();
        assert_eq!(number, HumanNumber { prefix: "HGS".into(), year: 2026, serial: 123 });
        assert_eq!(number.to_string(), "HGS-2026-000123");
        let provisional: ProvisionalNumber = "A-0007".parse().unwrap();
        assert_eq!(provisional, ProvisionalNumber { phone: "A".into(), serial: 7 });
        assert_eq!(provisional.to_string(), "A-0007");
    }

    #[test]
    fn what_was_read_out_carelessly_is_written_in_full() {
        assert_eq!(check_human("hgs – 2026 – 123").normalised, "HGS-2026-000123");
        assert_eq!(check_provisional("ａ-７").normalised, "A-0007");
        assert_eq!(check_human("HGS-2026-1234567").normalised, "HGS-2026-1234567", "more than a million still reads");
    }

    #[test]
    fn anything_else_is_kept_with_a_warning() {
        for text in ["", "HGS", "HGS-26-1", "HGS-2026-0", "HGS-2026-+1", "H-2026-1", "HGS-2026-1-2", "花果山-2026-1"]
        {
            assert_eq!(check_human(text).warnings, [HUMAN_SHAPE], "{text}");
        }
        for text in ["A", "A-", "A-0", "A-99999999999", "7-A", "ABCD-1", "A-1-2"] {
            assert_eq!(check_provisional(text).warnings, [PROVISIONAL_SHAPE], "{text}");
        }
        assert_eq!(check_human("2026第5号").normalised, "2026第5号");
    }
}
