//! Phone numbers of mainland China: mobiles, landlines and the short numbers of public services.

use super::{Checked, Warning, hyphenated};

/// Police, fire, ambulance, city hotline, market supervision, psychological help, fire-hazard reports (some provinces).
const SERVICES: [&str; 7] = ["110", "119", "120", "12345", "12315", "12356", "96119"];

const SHAPE: Warning = Warning {
    code: "phone_shape",
    zh: "电话号码既不是11位手机号，也不是带区号的固定电话或公共服务号码",
    en: "The phone number is neither a mobile of 11 digits nor a landline with area code nor a public service number",
};

/// What kind of number a phone number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// `14200000001`
    Mobile,
    /// `0755-26660000`
    Landline,
    /// `119`
    Service,
}

/// The number without spaces and country code, a landline's area code set off by a hyphen; and what is doubtful.
#[must_use]
pub fn check(text: &str) -> Checked {
    let written = hyphenated(text);
    let mut digits: String = written.chars().filter(|c| !matches!(c, '-' | '(' | ')')).collect();
    if let Some(national) = digits.strip_prefix("+86").or_else(|| digits.strip_prefix("0086")) {
        let is_domestic = is_mobile(national) || national.starts_with('0');
        digits = if is_domestic { national.to_owned() } else { format!("0{national}") };
    }
    let normalised = match line_of_digits(&digits) {
        Some(Line::Landline) => {
            let (area, number) = digits.split_at(area_length(&digits));
            format!("{area}-{number}")
        }
        Some(Line::Mobile | Line::Service) => digits,
        None => written,
    };
    let warnings = if line(&normalised).is_some() { Vec::new() } else { vec![SHAPE] };
    Checked { normalised, warnings }
}

/// What kind of number this is, once normalised; `None` for anything else.
#[must_use]
pub fn line(normalised: &str) -> Option<Line> {
    match normalised.split_once('-') {
        Some((area, number)) => {
            let digits = format!("{area}{number}");
            let split_rightly = area.len() == area_length(&digits);
            line_of_digits(&digits).filter(|line| *line == Line::Landline && split_rightly)
        }
        None => line_of_digits(normalised).filter(|line| *line != Line::Landline),
    }
}

fn line_of_digits(digits: &str) -> Option<Line> {
    if is_mobile(digits) {
        Some(Line::Mobile)
    } else if SERVICES.contains(&digits) {
        Some(Line::Service)
    } else if is_landline(digits) {
        Some(Line::Landline)
    } else {
        None
    }
}

/// `^1[3-9]\d{9}$`
fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && all_digits(digits) && digits.starts_with('1') && matches!(digits.as_bytes()[1], b'3'..=b'9')
}

/// `^0\d{2,3}-?[2-8]\d{6,7}$`
fn is_landline(digits: &str) -> bool {
    if !digits.starts_with('0') || !all_digits(digits) || digits.len() < 10 {
        return false;
    }
    let number = &digits[area_length(digits)..];
    matches!(number.len(), 7 | 8) && matches!(number.as_bytes()[0], b'2'..=b'8')
}

/// The greatest cities have area codes of three digits (010, 02x), all other places of four.
fn area_length(digits: &str) -> usize {
    if digits.starts_with("01") || digits.starts_with("02") { 3 } else { 4 }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(text: &str) -> String {
        let checked = check(text);
        assert!(checked.is_clean(), "{text}");
        checked.normalised
    }

    #[test]
    fn one_number_has_one_form() {
        for written in ["14200000001", "142 0000 0001", "+86 142-0000-0001", "００８６14200000001", "1４２00000001"]
        {
            assert_eq!(normalised(written), "14200000001", "{written}");
        }
        for written in ["075526660000", "0755-26660000", "(0755) 2666 0000", "+86 755 2666 0000", "0086-0755-26660000"]
        {
            assert_eq!(normalised(written), "0755-26660000", "{written}");
        }
        assert_eq!(normalised("02022223333"), "020-22223333");
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(line("14200000003"), Some(Line::Mobile));
        assert_eq!(line("0755-26660000"), Some(Line::Landline));
        for service in SERVICES {
            assert_eq!(line(&normalised(service)), Some(Line::Service));
        }
        assert_eq!(line("0755266-60000"), None);
    }

    #[test]
    fn anything_else_is_kept_with_a_warning() {
        for (text, kept) in [
            ("12200000001", "12200000001"),
            ("1420000000", "1420000000"),
            ("142000000011", "142000000011"),
            ("26660000", "26660000"),
            ("0755-16660000", "0755-16660000"),
            ("0755-2666000012", "0755-2666000012"),
            ("找老板娘", "找老板娘"),
            ("", ""),
        ] {
            let checked = check(text);
            assert_eq!(checked.normalised, kept);
            assert_eq!(checked.warnings, [SHAPE], "{text}");
        }
    }

    #[test]
    fn every_second_digit_of_a_mobile_is_decided() {
        for second in 0..=9 {
            let number = format!("1{second}200000001");
            assert_eq!(check(&number).is_clean(), second >= 3, "{number}");
        }
    }
}
