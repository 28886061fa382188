//! The register of assessors: whose assessments count.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::calendar::Day;
use crate::event::{Assessment, AssessmentStanding};
use crate::id::PersonId;
use crate::time::Timestamp;

/// A certificate of the register. A certificate that ended stays in it with its last day: what was done under it counts.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Its number, as printed.
    pub certificate: String,
    /// The first day on which it holds.
    pub valid_from: Day,
    /// The last.
    pub valid_to: Day,
}

/// Whether this is an assessment by the standard, and not only a visitor's impression: two different people did it, each
/// with a certificate of their own that the register knows and that held on that day.
#[must_use]
pub fn is_qualified(register: &[Certificate], assessment: &Assessment, at: Timestamp) -> bool {
    let on = Day(at.civil().date());
    let holds = |number: &str| {
        let known = register.iter().find(|known| known.certificate == number.trim());
        known.is_some_and(|known| (known.valid_from..=known.valid_to).contains(&on))
    };
    let held =
        assessment.assessors.iter().filter_map(|assessor| Some((assessor.person, assessor.certificate.as_ref()?)));
    let held: Vec<(PersonId, &str)> = held.map(|(person, number)| (person, number.trim())).collect();
    let valid = || held.iter().filter(|(_, number)| holds(number));
    // With two people and two certificates among them, somebody holds each.
    let people: BTreeSet<PersonId> = valid().map(|(person, _)| *person).collect();
    let certificates: BTreeSet<&str> = valid().map(|(_, number)| *number).collect();
    assessment.standing == AssessmentStanding::Assessment && people.len() >= 2 && certificates.len() >= 2
}
