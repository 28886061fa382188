//! How often to call again.

use jiff::ToSpan;
use serde::Deserialize;

use super::severity::Severity;
use super::text::Text;
use crate::time::{Span, Timestamp};

/// A rhythm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
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
            Self::Days(days) => from + Span::days(i64::from(days)),
            Self::Months(months) => from
                .civil()
                .checked_add(i64::from(months).months())
                .map_or(from + Span::days(30 * i64::from(months)), Timestamp::from_civil),
        }
    }

    /// For comparing rhythms only.
    pub(crate) fn rough_days(self) -> u32 {
        match self {
            Self::Days(days) => u32::from(days),
            Self::Months(months) => 30 * u32::from(months),
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
            For::Revisit(_) | For::Elder(_) | For::Reassessment => false,
        })
        .min_by_key(|cadence| cadence.every.rough_days())
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
    fn days_are_whole_and_months_keep_to_the_calendar() {
        let at = |text: &str| Timestamp::from_civil(text.parse().unwrap());
        assert_eq!(Every::Days(7).after(at("2026-02-26T10:00")), at("2026-03-05T10:00"));
        assert_eq!(Every::Months(1).after(at("2026-01-31T10:00")), at("2026-02-28T10:00"));
        assert_eq!(Every::Months(3).after(at("2026-11-23T10:00")), at("2027-02-23T10:00"));
        assert!(Every::Months(u16::MAX).after(Timestamp::MAX) >= Timestamp::MAX);
    }
}
