//! A rule as a policy file states it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::department::Route;
use super::facts::{
    AnomalyFacts, ConflictFacts, ElderFacts, FileFacts, FindingFacts, OperatorFacts, PairFacts, PlaceFacts,
    ReferralFacts, SignalFacts, moment,
};
use super::severity::Severity;
use super::text::Text;
use crate::event::Purpose;
use crate::time::Timestamp;

/// What a rule is asked about, once for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// The premises.
    Premises,
    /// Each of its findings: `f`.
    Finding,
    /// Each pair with another premises: `d`.
    Pair,
    /// Each of its referrals: `r`.
    Referral,
    /// The elder: `e`.
    Elder,
    /// Each thing that was noticed of the elder: `s`, and `e`.
    Signal,
    /// Each critical field of which two things are said: `c`.
    Conflict,
    /// Each thing that makes evidence doubtful: `a`.
    Anomaly,
}

impl Each {
    /// The names in conditions.
    pub(crate) fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Premises => &[],
            Self::Finding => &["f"],
            Self::Pair => &["d"],
            Self::Referral => &["r"],
            Self::Elder => &["e"],
            Self::Signal => &["s", "e"],
            Self::Conflict => &["c"],
            Self::Anomaly => &["a"],
        }
    }

    /// Whether it is about a person.
    pub(crate) fn of_a_person(self) -> bool {
        matches!(self, Self::Elder | Self::Signal)
    }

    /// Whether what it is asked about has a code, so that a rule may look at some codes only.
    pub(crate) fn coded(self) -> bool {
        matches!(self, Self::Finding | Self::Signal | Self::Conflict | Self::Anomaly)
    }
}

/// Where a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In a shop.
    Premises,
    /// In somebody's home.
    Dwelling,
}

/// What a rule about an elder rests on: its evidence, and what `{since}` of its window is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestsOn {
    /// The file as a whole; `{since}` is empty.
    #[default]
    File,
    /// Care-risk events; since the first of an unbroken row.
    Risks,
    /// Attempts that met nobody; since the first after the last visit.
    NotMet,
    /// Visits; since the day from which the next was missing.
    Visits,
    /// The assessment that counts; since the day it was made.
    Ability,
}

/// Where a flag goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A referral to each department of the route.
    Referral,
    /// The steward's list.
    Steward,
    /// The dispatcher's list.
    Dispatcher,
    /// The supervisor's list.
    Supervisor,
    /// The purchaser's dashboard.
    Purchaser,
}

/// How severe a flag is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum Stated {
    /// As severe as the finding.
    Finding,
    /// Always this.
    Fixed(Severity),
}

impl TryFrom<String> for Stated {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text == "finding" {
            return Ok(Self::Finding);
        }
        let known = Severity::ALL.into_iter().find(|severity| severity.to_string() == text);
        known.map(Self::Fixed).ok_or_else(|| format!("expected finding or S0 to S4, found {text}"))
    }
}

/// A route of a rule, for all of its codes or some.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRoute {
    /// Department code.
    pub dept: String,
    /// Deadline id.
    pub deadline: String,
    /// Only for findings (signals, anomalies…) with these codes; none means all.
    #[serde(default)]
    pub codes: Vec<String>,
    /// About a person: the consent without which nothing goes there. It is this or `legal_basis`.
    #[serde(default)]
    pub consent: Option<Purpose>,
    /// About a person: what allows it without consent.
    #[serde(default)]
    pub legal_basis: Option<Text>,
    /// About a person: the fields of the elder's file that the desk needs, and no other.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// Whom a flag passes to when nobody acts.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Then {
    /// To whom.
    pub to: Recipient,
    /// After which deadline.
    pub deadline: String,
}

/// What changes when a second condition holds as well.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// The second condition.
    pub when: String,
    /// The severity then.
    pub severity: Severity,
    /// The routes then.
    pub route: Vec<RuleRoute>,
    /// The explanation then.
    pub explanation: Text,
}

/// Another explanation for some of the codes.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// For findings with these codes.
    pub codes: Vec<String>,
    /// Why the rule holds.
    pub explanation: Text,
}

/// Facts on which a rule must, or must not, hold. `policy check` tries each one.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub about: String,
    /// Whether the rule holds.
    pub holds: bool,
    /// The windows it holds for, if that matters.
    #[serde(default)]
    pub windows: Option<Vec<String>>,
    /// The severity, if that matters.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// The departments, if that matters.
    #[serde(default)]
    pub depts: Option<Vec<String>>,
    /// The time of judging.
    #[serde(deserialize_with = "moment")]
    pub now: i64,
    /// The place.
    #[serde(default)]
    pub p: PlaceFacts,
    /// The operator.
    #[serde(default)]
    pub op: OperatorFacts,
    /// Findings.
    #[serde(default)]
    pub findings: Vec<FindingFacts>,
    /// Pairs.
    #[serde(default)]
    pub pairs: Vec<PairFacts>,
    /// Referrals.
    #[serde(default)]
    pub referrals: Vec<ReferralFacts>,
    /// The elder.
    #[serde(default)]
    pub e: Option<ElderFacts>,
    /// What was noticed.
    #[serde(default)]
    pub signals: Vec<SignalFacts>,
    /// Fields of which two things are said.
    #[serde(default)]
    pub conflicts: Vec<ConflictFacts>,
    /// Doubtful evidence.
    #[serde(default)]
    pub anomalies: Vec<AnomalyFacts>,
}

impl Example {
    pub(crate) fn facts(&self) -> (FileFacts, Timestamp) {
        let facts = FileFacts {
            place: self.p.clone(),
            operator: self.op.clone(),
            findings: self.findings.clone(),
            pairs: self.pairs.clone(),
            referrals: self.referrals.clone(),
            elder: self.e.clone(),
            since: BTreeMap::new(),
            signals: self.signals.clone(),
            conflicts: self.conflicts.clone(),
            anomalies: self.anomalies.clone(),
        };
        (facts, Timestamp::from_millis(self.now))
    }
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable id, e.g. `F01`.
    pub id: String,
    /// The file it stands in.
    #[serde(skip)]
    pub file: String,
    /// A short name.
    pub name: Text,
    /// What it is asked about.
    pub each: Each,
    /// Only findings (signals, fields, anomalies) with these codes; none means all.
    #[serde(default)]
    pub codes: Vec<String>,
    /// Findings of which places it looks at.
    #[serde(default = "premises")]
    pub on: Vec<Place>,
    /// About an elder: what it rests on.
    #[serde(default)]
    pub rests_on: RestsOn,
    /// It must reach a named person at once.
    #[serde(default)]
    pub alarm: bool,
    /// The condition, in CEL.
    pub when: String,
    /// What makes two flags one: a template over `{code}`, `{episode}`, `{other}`, `{referral}`, `{round}`,
    /// `{since}`, `{signal}`, `{day}`, `{field}`, `{anomaly}`, `{event}`.
    pub window: String,
    /// How severe the flag is.
    pub severity: Stated,
    /// Where it goes.
    pub to: Recipient,
    /// To which departments, for `to = "referral"`.
    #[serde(default)]
    pub route: Vec<RuleRoute>,
    /// By when the recipient acts, for the others.
    #[serde(default)]
    pub deadline: Option<String>,
    /// Whom it passes to when nobody acts.
    #[serde(default)]
    pub then: Option<Then>,
    /// Shows a neutral sign at the door until it is opened.
    #[serde(default)]
    pub discreet: bool,
    /// Why it holds, with the values filled in.
    pub explanation: Text,
    /// Other explanations for some of the codes.
    #[serde(default)]
    pub variant: Vec<Variant>,
    /// What changes when a second condition holds as well.
    #[serde(default)]
    pub escalate: Option<Escalation>,
    /// Facts on which it must, or must not, hold.
    #[serde(default)]
    pub example: Vec<Example>,
}

impl Rule {
    /// The explanation for a finding with this code.
    pub(crate) fn explanation_of(&self, code: &str) -> &Text {
        let own = self.variant.iter().find(|variant| variant.codes.iter().any(|own| own == code));
        own.map_or(&self.explanation, |variant| &variant.explanation)
    }

    /// Every explanation it may give.
    pub(crate) fn explanations(&self) -> impl Iterator<Item = &Text> {
        let variants = self.variant.iter().map(|variant| &variant.explanation);
        let escalated = self.escalate.iter().map(|escalation| &escalation.explanation);
        std::iter::once(&self.explanation).chain(variants).chain(escalated)
    }

    /// Whether the rule looks at findings with this code.
    pub(crate) fn looks_at(&self, code: &str) -> bool {
        self.codes.is_empty() || self.codes.iter().any(|own| own == code)
    }

    /// Whether the rule looks at places of this sort: only findings differ by where they are.
    pub(crate) fn looks_at_place(&self, dwelling: bool) -> bool {
        let place = if dwelling { Place::Dwelling } else { Place::Premises };
        self.each != Each::Finding || self.on.contains(&place)
    }
}

/// Rules of shops are not those of homes, unless they say so.
fn premises() -> Vec<Place> {
    vec![Place::Premises]
}

/// The routes that are for `code`.
pub(crate) fn routes_for(routes: &[RuleRoute], code: &str) -> Vec<Route> {
    routes
        .iter()
        .filter(|route| route.codes.is_empty() || route.codes.iter().any(|own| own == code))
        .map(|route| Route { dept: route.dept.clone(), deadline: route.deadline.clone(), consent: route.consent })
        .collect()
}
