//! How fast, on what basis: deadlines of departments and internal targets.

use serde::Deserialize;

use super::calendar::{Calendar, Day, OutsideCalendar};
use super::text::Text;
use crate::time::{Span, Timestamp};

/// How long something may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Clock minutes.
    Minutes(u32),
    /// Clock hours.
    Hours(u32),
    /// Times 24 hours.
    Days(u32),
    /// Hours of office time.
    WorkingHours(u32),
    /// Working days, to the close of business on the last.
    WorkingDays(u32),
}

impl Within {
    /// When it ends, if it starts at `from`.
    ///
    /// # Errors
    /// The calendar does not cover a day that has to be counted.
    pub fn end(self, from: Timestamp, calendar: &Calendar) -> Result<Timestamp, OutsideCalendar> {
        Ok(match self {
            Self::Minutes(n) => from + Span::minutes(i64::from(n)),
            Self::Hours(n) => from + Span::hours(i64::from(n)),
            Self::Days(n) => from + Span::days(i64::from(n)),
            Self::WorkingHours(n) => calendar.after_working_hours(from, n)?,
            Self::WorkingDays(n) => calendar.after_working_days(from, n)?,
        })
    }

    /// For comparing clocks only.
    pub(crate) fn rough_hours(self) -> u32 {
        match self {
            Self::Minutes(n) => n / 60,
            Self::Hours(n) => n,
            Self::WorkingHours(n) => n.saturating_mul(3),
            Self::Days(n) | Self::WorkingDays(n) => n.saturating_mul(24),
        }
    }

    pub(crate) fn count(self) -> u32 {
        match self {
            Self::Minutes(n) | Self::Hours(n) | Self::Days(n) | Self::WorkingHours(n) | Self::WorkingDays(n) => n,
        }
    }
}

/// A deadline.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Stable id; several entries may share it, with different dates of effect.
    pub id: String,
    /// The department it binds; none for an internal target.
    #[serde(default)]
    pub dept: Option<String>,
    /// How long.
    pub within: Within,
    /// How long, in words that fit into a sentence.
    pub says: Text,
    /// For what.
    pub matter: Text,
    /// The legal basis, or that it was agreed.
    pub basis: Text,
    /// Edition of that basis.
    pub edition: String,
    /// First day on which it counts.
    pub effective_from: Day,
    /// Set by law, not by agreement: nothing pauses it.
    #[serde(default)]
    pub statutory: bool,
}

/// By when, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// By when.
    pub at: Timestamp,
    /// The legal basis, or that it was agreed.
    pub basis: Text,
    /// Edition of that basis.
    pub edition: String,
    /// Set by law: nothing pauses it.
    pub statutory: bool,
}

/// A due time that cannot be worked out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DueError {
    /// The policy has no such deadline in force.
    #[error("政策里没有时限「{0}」 / the policy has no deadline “{0}” in force")]
    Unknown(String),
    /// The calendar ends too early.
    #[error(transparent)]
    Calendar(#[from] OutsideCalendar),
}

/// The deadline `id` as it stood on the day of `at`.
pub(crate) fn in_force<'a>(deadlines: &'a [Deadline], id: &str, at: Timestamp) -> Option<&'a Deadline> {
    let today = Day(at.civil().date());
    deadlines
        .iter()
        .filter(|deadline| deadline.id == id && deadline.effective_from <= today)
        .max_by_key(|deadline| deadline.effective_from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_civil(text.parse().unwrap())
    }

    #[test]
    fn twenty_four_hours_are_clock_hours_with_their_basis() {
        let due = Policy::sample().due("fire-24h", at("2026-11-23T12:25")).unwrap();
        assert_eq!(due.at, at("2026-11-24T12:25"));
        assert!(due.statutory && due.basis.zh.contains("消防监督检查规定") && !due.edition.is_empty());
    }

    #[test]
    fn three_working_days_end_with_business() {
        let due = Policy::sample().due("subdist-3wd", at("2026-11-20T10:00")).unwrap();
        assert_eq!(due.at, at("2026-11-25T18:00"));
        assert!(!due.statutory);
    }

    #[test]
    fn unknown_deadlines_and_uncovered_days_are_errors() {
        let policy = Policy::sample();
        assert_eq!(policy.due("nonsense", at("2026-11-20T10:00")), Err(DueError::Unknown("nonsense".into())));
        assert_eq!(policy.due("fire-24h", at("2025-12-31T10:00")), Err(DueError::Unknown("fire-24h".into())));
        assert!(matches!(policy.due("subdist-3wd", at("2026-12-30T10:00")), Err(DueError::Calendar(_))));
    }

    #[test]
    fn the_newest_edition_in_force_counts() {
        let mut policy = Policy::sample();
        let mut newer = policy.deadlines.iter().find(|d| d.id == "fire-24h").unwrap().clone();
        newer.within = Within::Hours(12);
        newer.effective_from = Day("2026-06-01".parse().unwrap());
        policy.deadlines.insert(0, newer);
        assert_eq!(policy.due("fire-24h", at("2026-05-31T10:00")).unwrap().at, at("2026-06-01T10:00"));
        assert_eq!(policy.due("fire-24h", at("2026-06-01T10:00")).unwrap().at, at("2026-06-01T22:00"));
    }
}
