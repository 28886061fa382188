//! From when until when a certificate is valid: as much of X.509 (RFC 5280, section 4.1) as is needed to say that. What
//! makes a certificate worth trusting is judged by those who connect.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use sync_core::time::Timestamp;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// The version, which the first certificates did not have.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The first and the last moment; `None` when this is no certificate.
pub(super) fn validity(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let mut outer = Reader(der);
    let mut certificate = Reader(outer.expect(SEQUENCE)?);
    let mut signed = Reader(certificate.expect(SEQUENCE)?);
    if signed.0.first() == Some(&VERSION) {
        signed.next()?;
    }
    signed.expect(INTEGER)?;
    signed.expect(SEQUENCE)?;
    signed.expect(SEQUENCE)?;
    let mut validity = Reader(signed.expect(SEQUENCE)?);
    Some((time(validity.next()?)?, time(validity.next()?)?))
}

/// Reads one value after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next value: its tag and content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], mut rest) = self.0.split_first_chunk::<2>()?;
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let (digits, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.is_empty() || digits.len() > 4 {
                return None;
            }
            length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            rest = behind;
        }
        let (content, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some((tag, content))
    }

    fn expect(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }
}

/// `YYMMDDhhmmssZ` of the years 1950 to 2049, or `YYYYMMDDhhmmssZ`.
fn time((tag, content): (u8, &[u8])) -> Option<Timestamp> {
    let digits = content.strip_suffix(b"Z").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let two = |at: usize| Some(i16::from(digits.get(at)? - b'0') * 10 + i16::from(digits.get(at + 1)? - b'0'));
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => (two(0)? + if two(0)? < 50 { 2000 } else { 1900 }, 2),
        (GENERALIZED_TIME, 14) => (two(0)? * 100 + two(2)?, 4),
        _ => return None,
    };
    let part = |nth: usize| i8::try_from(two(rest + nth * 2)?).ok();
    let date = Date::new(year, part(0)?, part(1)?).ok()?;
    let time = Time::new(part(2)?, part(3)?, part(4)?, 0).ok()?;
    let at = DateTime::from_parts(date, time).to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_millis(at.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    fn certificate(from: (i32, u8, u8), until: (i32, u8, u8)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["doorstep.example.org".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn both_ways_of_writing_a_year_are_read() {
        let (from, until) = validity(&certificate((1999, 12, 31), (2026, 11, 23))).unwrap();
        assert_eq!((from.to_string(), until.to_string()), ("1999-12-31 08:00".into(), "2026-11-23 08:00".into()));
        let (_, until) = validity(&certificate((2026, 1, 1), (2051, 2, 3))).unwrap();
        assert_eq!(until.to_string(), "2051-02-03 08:00");
    }

    #[test]
    fn what_is_cut_or_spoilt_is_none_and_nothing_breaks() {
        let whole = certificate((2026, 1, 1), (2027, 1, 1));
        for cut in 0..150.min(whole.len()) {
            assert_eq!(validity(&whole[..cut]), None, "{cut}");
        }
        for at in 0..whole.len() {
            for byte in [0, 0x7f, 0x80, 0x84, 0xff] {
                let mut spoilt = whole.clone();
                spoilt[at] = byte;
                let _either = validity(&spoilt);
            }
        }
        assert_eq!(validity(b"-----BEGIN"), None);
    }
}
