//! Time as a value. There is no `now()` here: whoever calls the core says what time it is.

use std::fmt;
use std::ops::{Add, Sub};

use minicbor::{Decode, Encode};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, serde::Serialize, serde::Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Timestamp(#[n(0)] i64);

/// A span of milliseconds; may be negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of this many milliseconds.
    #[must_use]
    pub const fn millis(ms: i64) -> Self {
        Self(ms)
    }

    /// A span of this many seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds * 1_000)
    }

    /// A span of this many minutes.
    #[must_use]
    pub const fn minutes(minutes: i64) -> Self {
        Self(minutes * 60_000)
    }

    /// A span of this many hours.
    #[must_use]
    pub const fn hours(hours: i64) -> Self {
        Self(hours * 3_600_000)
    }

    /// A span of this many times 24 hours.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self::hours(days * 24)
    }

    /// Milliseconds in the span.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

impl Timestamp {
    /// Before every record.
    pub const EPOCH: Self = Self(0);
    /// After every record.
    pub const MAX: Self = Self(i64::MAX);

    /// The moment this many milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The wall clock of Shenzhen: UTC+8 the year round (no daylight saving since 1991).
    #[must_use]
    pub fn civil(self) -> jiff::civil::DateTime {
        let ms = self.0.clamp(CIVIL_MIN, CIVIL_MAX);
        jiff::tz::Offset::constant(8)
            .to_datetime(jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH))
    }

    /// The moment at which the wall clock of Shenzhen shows `civil`.
    #[must_use]
    pub fn from_civil(civil: jiff::civil::DateTime) -> Self {
        jiff::tz::Offset::constant(8).to_timestamp(civil).map_or(Self::EPOCH, |t| Self(t.as_millisecond()))
    }
}

/// Years 1 and 9999 with a day to spare: what a civil date can show. A phone may claim anything.
const CIVIL_MIN: i64 = -62_135_510_400_000;
const CIVIL_MAX: i64 = 253_402_128_000_000;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.civil().strftime("%Y-%m-%d %H:%M"))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.civil().strftime("%Y-%m-%dT%H:%M:%S%.f+08:00"))
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Span;
    fn sub(self, other: Self) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

/// A day of the calendar, without a time of day. Shown and read as `2026-11-22`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Day(#[n(0)] i32);

/// A text that is no day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the calendar: expected one like 2026-11-22")]
pub struct NotADay;

impl Day {
    /// Whole days from `earlier` to this day; negative when it is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    /// Midnight in Shenzhen, with which the day begins.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp((self.0 as i64) * 86_400_000 - CIVIL_OFFSET_MS)
    }
}

impl Timestamp {
    /// The day in Shenzhen.
    #[must_use]
    pub fn day(self) -> Day {
        let days = self.0.saturating_add(CIVIL_OFFSET_MS).div_euclid(86_400_000);
        Day(i32::try_from(days).unwrap_or(i32::MAX))
    }
}

/// Shenzhen is eight hours ahead of UTC.
const CIVIL_OFFSET_MS: i64 = 8 * 3_600_000;

impl std::str::FromStr for Day {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Self, NotADay> {
        let date: jiff::civil::Date = text.parse().map_err(|_| NotADay)?;
        // One way to write it: what else the calendar library understands would be another text for the same day.
        let day = Timestamp::from_civil(date.at(0, 0, 0, 0)).day();
        if day.to_string() == text { Ok(day) } else { Err(NotADay) }
    }
}

impl serde::Serialize for Day {
    /// As it is shown: `1945-12-03`.
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.start().civil().date())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A hybrid logical clock reading: wall time, and a counter for what happened within one millisecond or while the
/// wall clock stood still or ran backwards. Ordered by wall time, then counter.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cbor(array)]
pub struct Hlc {
    /// Wall time.
    #[n(0)]
    pub wall: Timestamp,
    /// Order within one wall time.
    #[n(1)]
    pub counter: u32,
}

impl Hlc {
    /// The reading after this one, at wall time `now`: never before this one, whatever the wall clock says.
    #[must_use]
    pub fn tick(self, now: Timestamp) -> Self {
        if now > self.wall {
            Self { wall: now, counter: 0 }
        } else if self.counter == u32::MAX {
            Self { wall: self.wall + Span::millis(1), counter: 0 }
        } else {
            Self { wall: self.wall, counter: self.counter + 1 }
        }
    }

    /// This reading, but never later than `received_at`: a phone that runs fast must not win every comparison.
    #[must_use]
    pub fn capped(self, received_at: Timestamp) -> Self {
        if self.wall > received_at { Self { wall: received_at, counter: 0 } } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_runs_backwards_still_counts_forward() {
        let first = Hlc::default().tick(Timestamp::from_millis(500));
        let second = first.tick(Timestamp::from_millis(400));
        let third = second.tick(Timestamp::from_millis(501));
        assert!(first < second && second < third);
        assert_eq!(third, Hlc { wall: Timestamp::from_millis(501), counter: 0 });
        let full = Hlc { counter: u32::MAX, ..first };
        assert!(full.tick(Timestamp::from_millis(0)) > full);
    }

    #[test]
    fn a_fast_phone_is_capped_at_receipt() {
        let fast = Hlc { wall: Timestamp::from_millis(900), counter: 3 };
        assert_eq!(fast.capped(Timestamp::from_millis(700)).wall, Timestamp::from_millis(700));
        assert_eq!(fast.capped(Timestamp::from_millis(901)), fast);
    }

    #[test]
    fn civil_time_is_that_of_shenzhen_and_total() {
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01 08:00");
        let noon = jiff::civil::date(2026, 11, 23).at(12, 25, 0, 0);
        assert_eq!(Timestamp::from_civil(noon).civil(), noon);
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-30 08:00");
        assert!(!Timestamp::from_millis(i64::MIN).to_string().is_empty());
    }
}
