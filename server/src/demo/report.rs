//! What came of the day, for a program to read.

use serde::Serialize;

use super::expect::Expected;

/// The day's result.
#[derive(Serialize)]
pub(super) struct Report {
    /// Everything expected came about.
    pub(super) ok: bool,
    /// What was played, in order.
    pub(super) steps: Vec<&'static str>,
    /// What was expected of each row of the day, and what came.
    pub(super) expected: Vec<Expected>,
    /// The flags by rule.
    pub(super) flags: Vec<Flag>,
    /// The referrals.
    pub(super) referrals: Vec<Referral>,
    /// Digest of the caseload's state on each replica.
    pub(super) digests: Vec<Replica>,
    /// The report of the day, as the supervisor got it.
    pub(super) day_report: serde_json::Value,
    /// Traffic of all phones.
    pub(super) counts: Counts,
}

/// A flag.
#[derive(Serialize, Clone)]
pub(super) struct Flag {
    pub(super) rule: String,
    pub(super) standing: String,
    pub(super) subject: String,
    pub(super) zh: String,
    pub(super) en: String,
}

/// A referral.
#[derive(Serialize, Clone)]
pub(super) struct Referral {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) rule: String,
    pub(super) dept: String,
    pub(super) round: u64,
    pub(super) rank: u64,
    pub(super) state: String,
    pub(super) due_at: Option<String>,
    /// The consent that it waits for, if any.
    pub(super) held_for_consent: Option<String>,
    /// The internal target counted from the claimed observation, and when it went to the first desk.
    pub(super) target_at: Option<i64>,
    pub(super) dispatched_at: Option<i64>,
    /// What the supervisor says of the flag behind it.
    pub(super) confirmed_by_supervisor: Option<bool>,
}

/// A replica.
#[derive(Serialize, Clone)]
pub(super) struct Replica {
    pub(super) name: &'static str,
    pub(super) digest: String,
}

/// What went over the links.
#[derive(Serialize, Default, Clone)]
pub(super) struct Counts {
    pub(super) round_trips: usize,
    pub(super) bytes_up: u64,
    pub(super) bytes_down: u64,
}
