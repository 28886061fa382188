//! What rules see: typed facts of one file (a shop, a dwelling, an elder), the union over linked files. All numbers are `i64`, because CEL
//! does not mix integer types.
//!
//! Names and addresses are here for conditions only; explanations cannot print them, and these types have no `Debug`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::rule::RestsOn;
use super::severity::Severity;

mod elder;

pub use elder::{
    AFTER_REVOCATION, ANOMALIES, AnomalyFacts, ConflictFacts, DEPRESSION_TWICE, ElderFacts, OVERLAP, PHOTO_REUSED,
    SHORT_VISIT, SignalFacts,
};

/// The place: `p`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlaceFacts {
    /// Its id.
    pub id: String,
    /// It is somebody's home.
    pub dwelling: bool,
    /// Kinds of premises, as in the policy.
    pub kinds: Vec<String>,
    /// Floor area in square metres.
    pub area_m2: i64,
    /// Unit code, or empty.
    pub unit_code: String,
    /// Address, or empty.
    pub address: String,
    /// Bottled gas kept, in kg.
    pub lpg_kg: i64,
    /// Whether there is a bottle room.
    pub bottle_room: bool,
}

/// Who runs the business: `op`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperatorFacts {
    /// Name, or empty.
    pub name: String,
    /// Unified social credit code, or empty.
    pub uscc: String,
    /// Whether that code's check characters fit.
    pub uscc_valid: bool,
}

/// Whether a finding is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    /// Still there.
    #[default]
    Open,
    /// Said or seen to be put right on the spot.
    SelfFixed,
    /// Seen to be put right on a later visit.
    VerifiedFixed,
}

/// One finding, merged over everyone who saw it: `f`, and each of `findings`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FindingFacts {
    /// Checklist code.
    pub code: String,
    /// 0 to 4.
    pub severity: i64,
    /// Whether it is still there.
    pub status: FindingStatus,
    /// It was put right while the worker was there.
    pub fixed_on_spot: bool,
    /// The owner would not put it right.
    pub refused: bool,
    /// From 1; a finding that came back after a verified fix is a new episode.
    pub episode: i64,
    /// When it was first seen.
    #[serde(deserialize_with = "moment")]
    pub first_seen_ms: i64,
    /// When it was last seen.
    #[serde(deserialize_with = "moment")]
    pub last_seen_ms: i64,
    /// Later inspections that still saw it open.
    pub seen_open_later: i64,
    /// Visits after which it was still open.
    pub unfixed_visits: i64,
    /// The number that goes with it (kg of gas…), or 0.
    pub quantity: i64,
}

/// This premises and another: `d`. A pair belongs to the premises with the smaller id, so that it is flagged once.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PairFacts {
    /// Id of the other premises.
    pub other: String,
    /// Same unit code.
    pub same_unit: bool,
    /// Same credit code.
    pub same_uscc: bool,
    /// Credit codes that differ in one character.
    pub near_uscc: bool,
    /// Same phone and same name.
    pub same_phone_and_name: bool,
    /// Same resident id, by its keyed hash.
    pub same_person: bool,
    /// Same name and same day of birth, of people whose resident ids do not differ.
    pub same_name_and_birth: bool,
    /// Linked as one.
    pub linked: bool,
}

/// A referral of this premises: `r`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReferralFacts {
    /// Its id.
    pub id: String,
    /// The rule that opened it.
    pub rule: String,
    /// The department of the present round.
    pub dept: String,
    /// Round, from 1.
    pub round: i64,
    /// Rank of its state within the round.
    pub rank: i64,
    /// When the round is due; 0 for not yet.
    #[serde(deserialize_with = "moment")]
    pub due_at_ms: i64,
    /// When the round was dispatched; 0 for not yet.
    #[serde(deserialize_with = "moment")]
    pub dispatched_at_ms: i64,
}

/// Everything rules see of one file.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileFacts {
    /// The place.
    pub place: PlaceFacts,
    /// Who runs the business.
    pub operator: OperatorFacts,
    /// Findings, one for each code and episode.
    pub findings: Vec<FindingFacts>,
    /// Premises that may be the same.
    pub pairs: Vec<PairFacts>,
    /// Referrals.
    pub referrals: Vec<ReferralFacts>,
    /// The elder, when it is an elder's file.
    pub elder: Option<ElderFacts>,
    /// Since when, by what a rule about the elder rests on: for windows only.
    pub since: BTreeMap<RestsOn, String>,
    /// What was noticed of the elder.
    pub signals: Vec<SignalFacts>,
    /// Critical fields of which two things are said.
    pub conflicts: Vec<ConflictFacts>,
    /// Doubtful evidence.
    pub anomalies: Vec<AnomalyFacts>,
}

impl FindingFacts {
    /// The severity of this finding.
    #[must_use]
    pub fn severity(&self) -> Severity {
        Severity::from_number(self.severity)
    }
}

/// Milliseconds, or in a policy's examples a date and time that people can read.
pub(crate) fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Moment {
        Millis(i64),
        At(toml::value::Datetime),
    }
    match Moment::deserialize(deserializer)? {
        Moment::Millis(ms) => Ok(ms),
        Moment::At(at) => {
            at.to_string().parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond).map_err(|_| {
                serde::de::Error::custom("expected a time with its offset, e.g. 2026-11-23T10:05:00+08:00")
            })
        }
    }
}

/// The fields of each name a condition can use. `limit` has the policy's own.
pub(crate) fn fields(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "p" => &["id", "dwelling", "kinds", "area_m2", "unit_code", "address", "lpg_kg", "bottle_room"],
        "op" => &["name", "uscc", "uscc_valid"],
        "f" => &[
            "code",
            "severity",
            "status",
            "fixed_on_spot",
            "refused",
            "episode",
            "first_seen_ms",
            "last_seen_ms",
            "seen_open_later",
            "unfixed_visits",
            "quantity",
        ],
        "d" => &[
            "other",
            "same_unit",
            "same_uscc",
            "near_uscc",
            "same_phone_and_name",
            "same_person",
            "same_name_and_birth",
            "linked",
        ],
        "r" => &["id", "rule", "dept", "round", "rank", "due_at_ms", "dispatched_at_ms"],
        "e" => &[
            "tier",
            "capacity",
            "visited",
            "alone",
            "level",
            "cognition",
            "risk_events",
            "not_met",
            "door_failed",
            "phone_failed",
            "contact_failed",
            "reached_by_any",
            "days_since_visit",
            "visit_due_ms",
            "visit_due_for",
        ],
        "s" => &["kind", "day", "at_ms"],
        "c" => &["field", "key", "event", "since_ms"],
        "a" => &["kind", "event", "seconds"],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(value: impl Serialize) -> Vec<String> {
        let serde_json::Value::Object(map) = serde_json::to_value(value).unwrap() else { panic!("not a table") };
        map.keys().cloned().collect()
    }

    #[test]
    fn the_list_of_fields_is_the_facts() {
        for (name, mut keys) in [
            ("p", keys(PlaceFacts::default())),
            ("op", keys(OperatorFacts::default())),
            ("f", keys(FindingFacts::default())),
            ("d", keys(PairFacts::default())),
            ("r", keys(ReferralFacts::default())),
            ("e", keys(ElderFacts::default())),
            ("s", keys(SignalFacts::default())),
            ("c", keys(ConflictFacts::default())),
            ("a", keys(AnomalyFacts::default())),
        ] {
            let mut listed = fields(name).unwrap().to_vec();
            listed.sort_unstable();
            keys.sort_unstable();
            assert_eq!(listed, keys, "{name}");
        }
    }
}
