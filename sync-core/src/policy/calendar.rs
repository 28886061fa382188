//! Working days and office hours in Shenzhen's wall clock. A day outside the tables is an error, never a guess.

use std::fmt;

use jiff::civil::{Date, DateTime, Time, Weekday};
use serde::{Deserialize, Deserializer};

use super::text::Text;
use crate::time::{Span, Timestamp};

/// A civil day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Day(pub Date);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::value::Datetime::deserialize(deserializer)?;
        if value.time.is_some() || value.offset.is_some() {
            return Err(serde::de::Error::custom("expected a date without a time, e.g. 2026-10-01"));
        }
        value.to_string().parse().map(Day).map_err(serde::de::Error::custom)
    }
}

/// Some days off that belong together.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Its name.
    pub name: Text,
    /// First day off.
    pub from: Day,
    /// Last day off.
    pub to: Day,
}

/// One year's table, as the State Council's notice gives it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// The year.
    pub year: i16,
    /// The notice.
    pub basis: Text,
    /// Its date.
    pub edition: String,
    /// Days of a weekend on which people work.
    pub make_up_days: Vec<Day>,
    /// Days off.
    pub holiday: Vec<Holiday>,
}

/// Office hours: spans within a day, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// From and to, as `HH:MM`.
    #[serde(deserialize_with = "hours")]
    pub hours: Vec<(Time, Time)>,
    /// Why a period ends when business does.
    pub basis: Text,
}

fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Time, Time)>, D::Error> {
    let parse = |text: &str| Time::strptime("%H:%M", text).map_err(serde::de::Error::custom);
    Vec::<(String, String)>::deserialize(deserializer)?
        .iter()
        .map(|(from, to)| Ok((parse(from)?, parse(to)?)))
        .collect()
}

/// No table covers a day that had to be counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("工作日历没有 {0} 这一天,请补充当年的放假安排 / no calendar covers {0}: add that year's notice")]
pub struct OutsideCalendar(pub Day);

/// Which days are worked, and when.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calendar {
    /// Office hours.
    pub office: Office,
    /// Year tables.
    pub years: Vec<Year>,
}

impl Calendar {
    /// Whether people work on `day`.
    ///
    /// # Errors
    /// No table covers the day.
    pub fn is_working_day(&self, day: Day) -> Result<bool, OutsideCalendar> {
        let year = self.years.iter().find(|year| year.year == day.0.year()).ok_or(OutsideCalendar(day))?;
        let off = year.holiday.iter().any(|holiday| (holiday.from..=holiday.to).contains(&day));
        let weekend = matches!(day.0.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(year.make_up_days.contains(&day) || (!weekend && !off))
    }

    /// The `count`-th working day after `day`.
    ///
    /// # Errors
    /// No table covers a day on the way.
    pub fn working_day_after(&self, day: Day, count: u32) -> Result<Day, OutsideCalendar> {
        let mut day = day;
        let mut left = count;
        while left > 0 {
            day = Day(day.0.tomorrow().map_err(|_| OutsideCalendar(day))?);
            if self.is_working_day(day)? {
                left -= 1;
            }
        }
        Ok(day)
    }

    /// When business closes on the `count`-th working day after `from`: a period in days ends with business on its
    /// last day (Civil Code art. 203).
    ///
    /// # Errors
    /// No table covers a day on the way.
    pub fn after_working_days(&self, from: Timestamp, count: u32) -> Result<Timestamp, OutsideCalendar> {
        let last = self.working_day_after(Day(from.civil().date()), count)?;
        let close = self.office.hours.last().map_or(Time::midnight(), |(_, to)| *to);
        Ok(Timestamp::from_civil(last.0.to_datetime(close)))
    }

    /// The moment by which `hours` of office time have passed since `from`.
    ///
    /// # Errors
    /// No table covers a day on the way.
    pub fn after_working_hours(&self, from: Timestamp, hours: u32) -> Result<Timestamp, OutsideCalendar> {
        let mut left = Span::hours(i64::from(hours));
        let mut day = Day(from.civil().date());
        loop {
            if self.is_working_day(day)? {
                for (open, close) in &self.office.hours {
                    let open = at(day, *open).max(from);
                    let close = at(day, *close);
                    if open >= close {
                        continue;
                    }
                    if close - open >= left {
                        return Ok(open + left);
                    }
                    left = Span::millis(left.as_millis() - (close - open).as_millis());
                }
            }
            day = Day(day.0.tomorrow().map_err(|_| OutsideCalendar(day))?);
        }
    }
}

fn at(day: Day, time: Time) -> Timestamp {
    Timestamp::from_civil(DateTime::from_parts(day.0, time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    #[test]
    fn working_days_of_2026_are_those_of_the_notice() {
        let calendar = Policy::sample().calendar;
        for (from, to) in [
            ("2026-02-13", "2026-02-25"),
            ("2026-09-30", "2026-10-10"),
            ("2026-10-09", "2026-10-13"),
            ("2026-11-20", "2026-11-25"),
        ] {
            assert_eq!(calendar.working_day_after(day(from), 3), Ok(day(to)), "{from}");
        }
        let days =
            (1..=365).map(|n| Day(jiff::civil::Date::constant(2026, 1, 1).with().day_of_year(n).build().unwrap()));
        assert_eq!(days.filter(|day| calendar.is_working_day(*day).unwrap()).count(), 248);
    }

    #[test]
    fn a_day_outside_the_tables_is_an_error() {
        let calendar = Policy::sample().calendar;
        assert_eq!(calendar.is_working_day(day("2027-01-04")), Err(OutsideCalendar(day("2027-01-04"))));
        assert_eq!(calendar.working_day_after(day("2026-12-30"), 3), Err(OutsideCalendar(day("2027-01-01"))));
        let long_ago = Timestamp::from_millis(i64::MIN);
        let far = Timestamp::from_millis(i64::MAX);
        assert!(calendar.after_working_days(long_ago, 1).is_err() && calendar.after_working_days(far, 1).is_err());
        assert!(calendar.after_working_hours(long_ago, 1).is_err() && calendar.after_working_hours(far, 1).is_err());
    }

    #[test]
    fn office_hours_skip_lunch_nights_and_holidays() {
        let calendar = Policy::sample().calendar;
        let at = |text: &str| Timestamp::from_civil(text.parse().unwrap());
        for (from, hours, to) in [
            ("2026-11-23T12:25", 4, "2026-11-23T18:00"),
            ("2026-11-23T10:00", 4, "2026-11-23T16:00"),
            ("2026-11-23T17:00", 4, "2026-11-24T12:00"),
            ("2026-09-30T17:30", 1, "2026-10-08T09:30"),
            ("2026-11-21T08:00", 0, "2026-11-23T09:00"),
        ] {
            assert_eq!(calendar.after_working_hours(at(from), hours), Ok(at(to)), "{from}");
        }
        assert_eq!(calendar.after_working_days(at("2026-11-20T23:59"), 3), Ok(at("2026-11-25T18:00")));
    }
}
