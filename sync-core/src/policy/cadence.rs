//! How often to call again.

use jiff::ToSpan;
use serde::Deserialize;

use super::severity::Severity;
use super::text::Text;
use crate::event::{RiskKind, Signal, VisitKind};
use crate::time::{Span, Timestamp};

/// A rhythm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Hours by the clock.
    Hours(u16),
    /// Calendar days.
    Days(u16),
    /// Calendar months; the last day of a shorter month stands for a missing one.
    Months(u16),
}

impl Every {
    /// The next time after `from`.
    #[must_use]
    pub fn after(self, from: Timestamp) -> Timestamp {
        match self {
            Self::Hours(hours) => from + Span::hours(i64::from(hours)),
            Self::Days(days) => from + Span::days(i64::from(days)),
            Self::Months(months) => from
                .civil()
                .checked_add(i64::from(months).months())
                .map_or(from + Span::days(30 * i64::from(months)), Timestamp::from_civil),
        }
    }

    /// Whether it counts hours, and not whole days.
    pub(crate) const fn is_hours(self) -> bool {
        matches!(self, Self::Hours(_))
    }

    /// For comparing rhythms only.
    pub(crate) fn rough_hours(self) -> u32 {
        match self {
            Self::Hours(hours) => u32::from(hours),
            Self::Days(days) => 24 * u32::from(days),
            Self::Months(months) => 30 * 24 * u32::from(months),
        }
    }
}

/// Which premises a routine round is for. What is left out does not matter.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Routine {
    /// Of one of these kinds.
    pub kinds: Vec<String>,
    /// Uses bottled gas.
    pub lpg: bool,
    /// One of these findings is open.
    pub open: Vec<String>,
}

/// After what an elder is visited sooner.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// Elders of these risk tiers.
    pub tiers: Vec<String>,
    /// One of these happened.
    pub risks: Vec<RiskKind>,
    /// One of these was noticed on a visit.
    pub signals: Vec<Signal>,
}

/// Whom an extra round in bad weather is for: whoever is of one of the tiers, or has one of the difficulties.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// In which weather; empty for any.
    pub kinds: Vec<String>,
    /// Elders of these risk tiers.
    pub tiers: Vec<String>,
    /// Elders with one of these difficulties.
    pub difficulties: Vec<String>,
    /// The kinds of visits with which it is done.
    pub visits: Vec<VisitKind>,
}

impl Weather {
    /// Whether it is for weather of this kind.
    pub(crate) fn is_of(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|own| own == kind)
    }
}

/// A kind of bad weather for which an alert can be declared.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeatherKind {
    /// Stable code.
    pub code: String,
    /// Its name.
    pub name: Text,
}

/// What is repeated.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum For {
    /// Going back to a finding of this severity.
    Revisit(Severity),
    /// The routine round.
    Routine(Routine),
    /// Visiting an elder of this risk tier.
    Elder(String),
    /// Assessing an elder again.
    Reassessment,
    /// Visiting an elder after a drastic change, once.
    Change(Change),
    /// Visiting elders while the weather is bad, or soon after, once for each alert.
    Weather(Weather),
}

/// One cadence.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadence {
    /// Stable id.
    pub id: String,
    /// What is repeated.
    pub r#for: For,
    /// How often.
    pub every: Every,
    /// Its name.
    pub name: Text,
    /// Where it is from.
    pub basis: Text,
}

/// How soon to go back to a finding of `severity`.
pub(crate) fn revisit(cadences: &[Cadence], severity: Severity) -> Option<&Cadence> {
    cadences.iter().find(|cadence| cadence.r#for == For::Revisit(severity))
}

/// How often to visit an elder of `tier`.
pub(crate) fn elder<'a>(cadences: &'a [Cadence], tier: &str) -> Option<&'a Cadence> {
    cadences.iter().find(|cadence| matches!(&cadence.r#for, For::Elder(of) if of == tier))
}

/// How often to assess an elder again.
pub(crate) fn reassessment(cadences: &[Cadence]) -> Option<&Cadence> {
    cadences.iter().find(|cadence| cadence.r#for == For::Reassessment)
}

/// The most frequent routine round that fits these premises.
pub(crate) fn routine<'a>(
    cadences: &'a [Cadence],
    kinds: &[String],
    lpg: bool,
    open: &[String],
) -> Option<&'a Cadence> {
    let shares = |wanted: &[String], given: &[String]| wanted.is_empty() || wanted.iter().any(|w| given.contains(w));
    cadences
        .iter()
        .filter(|cadence| match &cadence.r#for {
            For::Routine(routine) => {
                shares(&routine.kinds, kinds) && shares(&routine.open, open) && (lpg || !routine.lpg)
            }
            _ => false,
        })
        .min_by_key(|cadence| cadence.every.rough_hours())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn revisits_and_rounds_come_as_often_as_the_policy_says() {
        let policy = Policy::sample();
        assert_eq!(policy.revisit(Severity::S1).unwrap().every, Every::Days(7));
        assert_eq!(policy.revisit(Severity::S2).unwrap().every, Every::Days(3));
        assert!(policy.revisit(Severity::S0).is_none());
        let tier = |tier| policy.elder_visit(tier).map(|cadence| cadence.every);
        assert_eq!(tier("high"), Some(Every::Days(7)));
        assert_eq!(tier("key"), Some(Every::Months(1)));
        assert_eq!(tier("general"), Some(Every::Months(3)));
        assert_eq!(tier("none"), None);
        assert_eq!(policy.reassessment().unwrap().every, Every::Months(12));
        let id = |kinds: &[&str], lpg, open: &[&str]| {
            let own = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
            policy.routine(&own(kinds), lpg, &own(open)).unwrap().id.clone()
        };
        assert_eq!(id(&["shop"], true, &[]), "routine");
        assert_eq!(id(&["restaurant"], false, &[]), "routine");
        assert_eq!(id(&["restaurant"], true, &[]), "routine-lpg-restaurant");
        assert_eq!(id(&["shop"], false, &["LIVE-01"]), "routine-mixed-living");
    }

    #[test]
    fn what_calls_for_more_than_the_rhythm_counts_hours() {
        let policy = Policy::sample();
        let every = |id: &str| policy.cadences.iter().find(|cadence| cadence.id == id).unwrap().every;
        assert_eq!(every("elder-change"), Every::Hours(24));
        let at = |text: &str| Timestamp::from_civil(text.parse().unwrap());
        assert_eq!(every("elder-change").after(at("2026-11-23T10:05")), at("2026-11-24T10:05"));
        assert!(every("elder-change").is_hours() && !every("elder-high").is_hours());
        let codes: Vec<&str> = policy.weather.iter().map(|kind| kind.code.as_str()).collect();
        assert_eq!(codes, ["typhoon", "rainstorm", "heat", "cold"]);
    }

    #[test]
    fn days_are_whole_and_months_keep_to_the_calendar() {
        let at = |text: &str| Timestamp::from_civil(text.parse().unwrap());
        assert_eq!(Every::Days(7).after(at("2026-02-26T10:00")), at("2026-03-05T10:00"));
        assert_eq!(Every::Months(1).after(at("2026-01-31T10:00")), at("2026-02-28T10:00"));
        assert_eq!(Every::Months(3).after(at("2026-11-23T10:00")), at("2027-02-23T10:00"));
        assert!(Every::Months(u16::MAX).after(Timestamp::MAX) >= Timestamp::MAX);
    }
}
