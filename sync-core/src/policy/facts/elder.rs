//! What rules see of an elder, of what was noticed on visits, of conflicts and of doubtful evidence: states, counts and
//! times. No name, no words, no diagnosis: what a rule cannot read, an explanation cannot tell.

use serde::{Deserialize, Serialize};

use super::moment;

/// An elder: `e`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ElderFacts {
    /// Risk tier.
    pub tier: String,
    /// Capacity for civil conduct: the more protective of what is said.
    pub capacity: String,
    /// Lives in the caseload: nobody says that the elder moved away or died.
    pub visited: bool,
    /// Lives alone.
    pub alone: bool,
    /// Level of ability, 0 to 4; -1 when nobody assessed it.
    pub level: i64,
    /// Cognition is lost.
    pub cognition: bool,
    /// Care-risk events of the last 30 days, one for each kind and day.
    pub risk_events: i64,
    /// Attempts since the last visit that met nobody, with nobody reached by any means.
    pub not_met: i64,
    /// Since the last visit the door was tried in vain.
    pub door_failed: bool,
    /// Since the last visit the elder's phone was tried in vain.
    pub phone_failed: bool,
    /// Since the last visit a contact or neighbour was tried in vain.
    pub contact_failed: bool,
    /// Since the last visit somebody was reached who knew that the elder is well.
    pub reached_by_any: bool,
    /// Whole days since the last visit; -1 when there was none.
    pub days_since_visit: i64,
    /// When the period in which a visit is due has ended; 0 for an elder who is not visited.
    #[serde(deserialize_with = "moment")]
    pub visit_due_ms: i64,
    /// The cadence by which it is due, or empty.
    pub visit_due_for: String,
}

impl Default for ElderFacts {
    fn default() -> Self {
        Self {
            tier: "general".to_owned(),
            capacity: "unknown".to_owned(),
            visited: true,
            alone: false,
            level: -1,
            cognition: false,
            risk_events: 0,
            not_met: 0,
            door_failed: false,
            phone_failed: false,
            contact_failed: false,
            reached_by_any: false,
            days_since_visit: -1,
            visit_due_ms: 0,
            visit_due_for: String::new(),
        }
    }
}

/// What was noticed of an elder on one day, however many people told it: `s`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignalFacts {
    /// The code of the signal, or [`DEPRESSION_TWICE`].
    pub kind: String,
    /// The day, `2026-11-23`.
    pub day: String,
    /// When it was noticed first on that day.
    #[serde(deserialize_with = "moment")]
    pub at_ms: i64,
}

/// Two assessments in a row found signs of depression (B3.8 = 0).
pub const DEPRESSION_TWICE: &str = "depression_twice";

/// A critical field of which two things are said: `c`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConflictFacts {
    /// The field.
    pub field: String,
    /// The entity and element, or the event, so that each conflict has a window of its own.
    pub key: String,
    /// The record that one person corrected and another voided; empty for a field of a file.
    pub event: String,
    /// When the second version was written; of a record, since when both are known.
    #[serde(deserialize_with = "moment")]
    pub since_ms: i64,
}

/// Something about an event that a supervisor should look at: `a`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnomalyFacts {
    /// One of [`ANOMALIES`].
    pub kind: String,
    /// The event, or the held submission.
    pub event: String,
    /// How long a home visit took.
    pub seconds: i64,
}

/// A home visit, with how long it took.
pub const SHORT_VISIT: &str = "short_visit";
/// A worker was in two homes at a time.
pub const OVERLAP: &str = "overlap";
/// A photo that another form had already.
pub const PHOTO_REUSED: &str = "photo_reused";
/// Written on a device that was revoked.
pub const AFTER_REVOCATION: &str = "after_revocation";
/// Every kind of anomaly.
pub const ANOMALIES: &[&str] = &[SHORT_VISIT, OVERLAP, PHOTO_REUSED, AFTER_REVOCATION];
