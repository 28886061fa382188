//! Elders: the list of a caseload, and a whole file. What is derived of a file is never stored: it is read from the files
//! that are linked as one elder, by the same lines as on the phone.

use serde::Serialize;
use sync_core::care;
use sync_core::event::FlagStanding;
use sync_core::policy::{Cadence, Policy};
use sync_core::time::{Day, Timestamp};

use crate::http::Moment;

#[cfg(test)]
pub(crate) mod bench;
mod history;
pub(crate) mod list;
pub(crate) mod read;
#[cfg(test)]
mod twins;

/// What follows from an elder's file now.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Care {
    /// The risk tier: `high`, `key` or `general`.
    #[schema(example = "key")]
    tier: String,
    /// The level of ability by GB/T 42195-2022, 0 (intact) to 4 (complete loss).
    level: Option<u8>,
    /// The level is a visitor's impression, no assessment.
    screening: bool,
    /// Two assessments were made without knowing of each other; the worse counts until a person has decided.
    level_in_dispute: bool,
    /// Whether the elder is visited: alive and at home, as far as anybody says.
    visited: bool,
    /// When the last visit began. An attempt that met nobody is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_visit: Option<Moment>,
    /// The last day of the period in which the next visit is due.
    #[schema(value_type = Option<String>, format = Date)]
    next_visit_due: Option<Day>,
    /// Why it is due then: the tier's rhythm, a drastic change or bad weather, as the policy words it.
    next_visit_for: Option<DueFor>,
    /// By when a visit or call for bad weather is due that nobody has made.
    #[schema(value_type = Option<String>, format = DateTime)]
    weather_visit_due: Option<Moment>,
    /// A visit is past its time: the last day of a period, or the last of so many hours.
    overdue: bool,
    /// The rules that hold, each once.
    open_flags: Vec<String>,
}

/// Why a visit is due.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct DueFor {
    /// The line of the policy.
    #[schema(example = "elder-key")]
    cadence: String,
    /// In Chinese.
    zh: String,
    /// In English.
    en: String,
}

impl DueFor {
    fn of(next: &care::NextVisit<'_>) -> Self {
        let Cadence { id, name, .. } = next.cadence.clone();
        Self { cadence: id, zh: name.zh, en: name.en }
    }
}

impl Care {
    fn of(policy: &Policy, files: &care::Files<'_>, alerts: &[care::Alert], now: Timestamp) -> Self {
        let due = care::Going::of(files).map(|going| going.due(policy, alerts)).unwrap_or_default();
        let in_weather = due.iter().find(|next| next.why == care::Why::Weather);
        let ability = care::ability(&policy.assessors, files);
        let raised = files.values().flat_map(|file| file.flags.values());
        let raised = raised.filter(|flag| flag.flagged.standing == FlagStanding::Raised);
        let mut open_flags: Vec<String> = raised.map(|flag| flag.flagged.rule.clone()).collect();
        open_flags.sort_unstable();
        open_flags.dedup();
        Self {
            tier: care::tier(files),
            level: ability.map(|ability| ability.level.number()),
            screening: ability.is_some_and(|ability| ability.screening),
            level_in_dispute: ability.is_some_and(|ability| ability.conflict),
            visited: care::is_visited(files),
            last_visit: care::visits(files).last().map(|visit| visit.event.start.into()),
            next_visit_due: due.first().map(|next| next.at.day()),
            next_visit_for: due.first().map(DueFor::of),
            weather_visit_due: in_weather.map(|next| next.at.into()),
            overdue: due.iter().any(|next| now >= next.overdue_from()),
            open_flags,
        }
    }
}
