//! Dates and times as people type them, on the wall clock of Shenzhen.

use jiff::civil::{Date, DateTime};
use sync_core::time::Timestamp;

use super::CliError;

/// `2026-11-23`.
pub(crate) fn date(text: &str) -> Result<Date, CliError> {
    text.parse().map_err(|_| CliError::new("应是日期,例如 2026-11-23", "expected a date such as 2026-11-23"))
}

/// `2026-11-23T11:15`, `2026-11-23 11:15`, or with an offset.
pub(crate) fn moment(text: &str) -> Result<Timestamp, CliError> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp::from_millis(at.as_millisecond()));
    }
    let civil: Result<DateTime, _> = text.replace(' ', "T").parse();
    civil
        .map(Timestamp::from_civil)
        .map_err(|_| CliError::new("应是时间,例如 2026-11-23T11:15", "expected a time such as 2026-11-23T11:15"))
}

/// The moments at which a term of whole days begins and ends.
pub(crate) fn term(first: Date, last: Date) -> (Timestamp, Timestamp) {
    let midnight = |date: Date| Timestamp::from_civil(date.at(0, 0, 0, 0));
    (midnight(first), midnight(last.tomorrow().unwrap_or(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_shenzhen_unless_they_say_otherwise() {
        let at = moment("2026-11-23 11:15").unwrap();
        assert_eq!(at.to_string(), "2026-11-23 11:15");
        assert_eq!(moment("2026-11-23T03:15:00Z").unwrap(), at);
        assert!(moment("yesterday").is_err() && date("11/23").is_err());
        let (from, to) = term(date("2026-01-01").unwrap(), date("2026-12-31").unwrap());
        assert_eq!((from.to_string(), to.to_string()), ("2026-01-01 00:00".into(), "2027-01-01 00:00".into()));
    }
}
