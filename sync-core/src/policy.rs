//! The policy: checklists, rules, routing, deadlines, calendars and texts that departments own, as data.
//!
//! A policy is a set of TOML files ([`NANSHAN_SAMPLE`] is built in). [`Policy::parse`] refuses files that contradict
//! themselves and says where and what to do; [`Policy::check`] also tries every rule on its examples. An
//! [`Evaluator`] says which rules hold for a file, alike on the phone and on the server.

mod alarm;
mod assessor;
mod cadence;
mod calendar;
mod check;
mod checklist;
mod deadline;
mod department;
mod draft;
mod evaluate;
mod explain;
mod expression;
mod facts;
mod holding;
mod premises;
mod problem;
mod rule;
mod sample;
mod severity;
mod text;
mod toml_words;
mod validate;
mod wording;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use sha2::{Digest, Sha256};

pub use assessor::{Certificate, is_qualified};
pub use cadence::{Cadence, Change, Every, For, Routine, Weather, WeatherKind};
pub use calendar::{Calendar, Day, Holiday, Office, OutsideCalendar, Year};
pub use checklist::{AnswerText, Checklist, Item, Quantity, Subject, VisitItem};
pub use deadline::{Deadline, Due, DueError, Within};
pub use department::{Department, Route, Routing, SentAs, SlipKind};
pub use evaluate::{Evaluator, MAX_FACTS};
pub use facts::{
    AFTER_REVOCATION, ANOMALIES, AnomalyFacts, ConflictFacts, DEPRESSION_TWICE, ElderFacts, FileFacts, FindingFacts,
    FindingStatus, OVERLAP, OperatorFacts, PHOTO_REUSED, PairFacts, PlaceFacts, ReferralFacts, SHORT_VISIT,
    SignalFacts,
};
pub use holding::{About, Evaluation, Holding, RuleAlarm};
pub use premises::{Limit, PremisesKind, UpTo};
pub use problem::{PolicyErrors, Problem};
pub use rule::{Each, Escalation, Example, Place, Recipient, RestsOn, Rule, RuleRoute, Stated, Then, Variant};
pub use sample::NANSHAN_SAMPLE;
pub use severity::{Severity, SeverityText};
pub use text::{Lang, Text, Wording};
pub use toml_words::toml_in_chinese;
pub use wording::{
    AlarmText, Feedback, NoticeText, OutcomeText, PhoneNumber, Reason, ReasonFor, ReceiptText, SignTexts, SlipText,
    SlipWords,
};
pub use workflow::Workflow;

use crate::event::Signal;
use crate::time::{Span, Timestamp};

/// The limit that phones read rather than rules: for how many hours they show files without a sync.
pub const LEASE_HOURS: &str = "lease_hours";

/// The deadline by which a rule asks for a new assessment.
pub const REASSESS: &str = "reassess-7d";

/// Which policy this is.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Stable id.
    pub id: String,
    /// Version; grows with every change.
    pub version: u32,
    /// First day on which it may be in force.
    pub effective_from: Day,
    /// Its name.
    pub name: Text,
    /// Who decided it, and what to mind.
    pub note: Text,
}

/// A policy that agrees with itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Policy {
    /// Which one.
    pub manifest: Manifest,
    /// SHA-256 over the names and texts of its files.
    pub digest: [u8; 32],
    /// Departments.
    pub departments: Vec<Department>,
    /// The checklist of a shop visit.
    pub checklist: Checklist,
    /// The checklist of a visit to an elder; an older policy has none.
    pub visit_items: Vec<VisitItem>,
    /// The register of assessors. Who is not in it screens.
    pub assessors: Vec<Certificate>,
    /// What can be answered to an item.
    pub answers: Vec<AnswerText>,
    /// Severities, mildest first.
    pub severities: Vec<SeverityText>,
    /// Kinds of premises.
    pub kinds: Vec<PremisesKind>,
    /// Numbers that rules compare with.
    pub limits: Vec<Limit>,
    /// Which department is proposed for which finding.
    pub routings: Vec<Routing>,
    /// Deadlines of departments and internal targets.
    pub deadlines: Vec<Deadline>,
    /// The steps of a referral.
    pub workflow: Workflow,
    /// Working days and office hours.
    pub calendar: Calendar,
    /// How often to call again.
    pub cadences: Vec<Cadence>,
    /// For what weather an alert can be declared; a policy without extra rounds has none.
    pub weather: Vec<WeatherKind>,
    /// Texts of the friendly reminder.
    pub notice: NoticeText,
    /// The fixed texts of a referral slip.
    pub slip: SlipText,
    /// How a reminder is received.
    pub receipts: Vec<ReceiptText>,
    /// What to do, whom to call, what to say.
    pub alarms: Vec<AlarmText>,
    /// Reasons to choose from.
    pub reasons: Vec<Reason>,
    /// What a department may answer.
    pub outcomes: Vec<OutcomeText>,
    /// What a pair of files may have in common.
    pub signs: SignTexts,
    /// Words that the organisation's side does not print.
    pub wording: Wording,
    /// Rules.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// Reads a policy from the names and texts of its files.
    ///
    /// # Errors
    /// Everything that is wrong, each with its file, entry and what to do.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, PolicyErrors> {
        validate::parse(files)
    }

    /// The built-in sample.
    ///
    /// # Panics
    /// Never in a build whose tests passed: they parse it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "its files are part of the program, and a test parses them")]
    pub fn sample() -> Self {
        Self::parse(NANSHAN_SAMPLE).expect("the built-in policy parses")
    }

    /// What only shows when the policy is used: rules that miss their examples, calendars that end too early…
    /// Empty for a policy that may come into force; warnings leave it usable.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        check::check(self)
    }

    /// How long a phone shows files without a sync: the limit [`LEASE_HOURS`], or 72 hours.
    #[must_use]
    pub fn lease(&self) -> Span {
        let limit = self.limits.iter().find(|limit| limit.id == LEASE_HOURS);
        Span::hours(limit.map_or(72, |limit| limit.value.clamp(1, 24 * 31)))
    }

    /// Id and version, e.g. `nanshan-sample@1`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}@{}", self.manifest.id, self.manifest.version)
    }

    /// The department with this code.
    #[must_use]
    pub fn department(&self, code: &str) -> Option<&Department> {
        self.departments.iter().find(|department| department.code == code)
    }

    /// The rule with this id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The text of a severity.
    #[must_use]
    pub fn severity(&self, severity: Severity) -> Option<&SeverityText> {
        self.severities.iter().find(|text| text.code == severity)
    }

    /// The text of an answer.
    #[must_use]
    pub fn answer(&self, code: &str) -> Option<&AnswerText> {
        self.answers.iter().find(|answer| answer.code == code)
    }

    /// The text of a department's outcome.
    #[must_use]
    pub fn outcome(&self, code: &str) -> Option<&OutcomeText> {
        self.outcomes.iter().find(|outcome| outcome.code == code)
    }

    /// The reasons to choose from at a step.
    pub fn reasons_for(&self, step: ReasonFor) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(move |reason| reason.r#for == step)
    }

    /// The departments that are proposed for a finding, with their clocks.
    #[must_use]
    pub fn routes_for(&self, code: &str) -> Vec<Route> {
        self.routings
            .iter()
            .filter(|routing| routing.codes.iter().any(|own| own == code))
            .map(|routing| Route { dept: routing.dept.clone(), deadline: routing.deadline.clone(), consent: None })
            .collect()
    }

    /// The clock of a department for a finding: when a referral is sent to another desk than its rule proposed.
    #[must_use]
    pub fn deadline_at(&self, dept: &str, code: &str) -> Option<&str> {
        let own = self.routing_at(dept, code).map(|routing| routing.deadline.as_str());
        own.or_else(|| self.longest_of(dept))
    }

    /// The line of the routing table by which a finding goes to a department.
    #[must_use]
    pub fn routing_at(&self, dept: &str, code: &str) -> Option<&Routing> {
        let fits = |routing: &&Routing| routing.dept == dept && routing.codes.iter().any(|own| own == code);
        self.routings.iter().find(fits)
    }

    /// A department's most patient deadline: for a matter that no line of the routing table names.
    fn longest_of(&self, dept: &str) -> Option<&str> {
        let of_dept = self.deadlines.iter().filter(|deadline| deadline.dept.as_deref() == Some(dept));
        of_dept.max_by_key(|deadline| deadline.within.rough_hours()).map(|deadline| deadline.id.as_str())
    }

    /// The deadline `id` as it stands at a time.
    #[must_use]
    pub fn deadline(&self, id: &str, at: Timestamp) -> Option<&Deadline> {
        deadline::in_force(&self.deadlines, id, at)
    }

    /// By when, on what basis, if the clock of deadline `id` starts at `from`.
    ///
    /// # Errors
    /// No such deadline is in force, or the calendar does not cover a day that has to be counted.
    pub fn due(&self, id: &str, from: Timestamp) -> Result<Due, DueError> {
        let deadline = self.deadline(id, from).ok_or_else(|| DueError::Unknown(id.to_owned()))?;
        Ok(Due {
            at: deadline.within.end(from, &self.calendar)?,
            basis: deadline.basis.clone(),
            edition: deadline.edition.clone(),
            statutory: deadline.statutory,
        })
    }

    /// How soon to go back to a finding of this severity.
    #[must_use]
    pub fn revisit(&self, severity: Severity) -> Option<&Cadence> {
        cadence::revisit(&self.cadences, severity)
    }

    /// The most frequent routine round that fits premises of these kinds, with or without bottled gas, with these
    /// findings open.
    #[must_use]
    pub fn routine(&self, kinds: &[String], lpg: bool, open: &[String]) -> Option<&Cadence> {
        cadence::routine(&self.cadences, kinds, lpg, open)
    }

    /// How often to visit an elder of this risk tier.
    #[must_use]
    pub fn elder_visit(&self, tier: &str) -> Option<&Cadence> {
        cadence::elder(&self.cadences, tier)
    }

    /// How often an elder is assessed again.
    #[must_use]
    pub fn reassessment(&self) -> Option<&Cadence> {
        cadence::reassessment(&self.cadences)
    }

    /// The kind of bad weather with this code.
    #[must_use]
    pub fn weather_kind(&self, code: &str) -> Option<&WeatherKind> {
        self.weather.iter().find(|kind| kind.code == code)
    }

    /// By when an elder is assessed again because a rule of this kind was raised at `at`: the rule's own deadline, if
    /// that is [`REASSESS`].
    #[must_use]
    pub fn reassess_by(&self, rule: &str, at: Timestamp) -> Option<Timestamp> {
        self.rule(rule)?.deadline.as_deref().filter(|deadline| *deadline == REASSESS)?;
        self.due(REASSESS, at).ok().map(|due| due.at)
    }

    /// What to show at once for a finding: its own alarm, or the common one for any S4.
    #[must_use]
    pub fn alarm(&self, code: &str, severity: Severity) -> Option<&AlarmText> {
        alarm::of(&self.alarms, code, severity)
    }

    /// What to show at once for something that is noticed on an elder's visit.
    #[must_use]
    pub fn signal_alarm(&self, signal: Signal) -> Option<&AlarmText> {
        alarm::of_signal(&self.alarms, signal)
    }

    /// What to show for a rule that no single answer shows, like an elder whom nobody can reach.
    #[must_use]
    pub fn rule_alarm(&self, rule: &str) -> Option<&AlarmText> {
        alarm::of_rule(&self.alarms, rule)
    }

    /// The value of a limit.
    #[must_use]
    pub fn limit(&self, id: &str) -> Option<i64> {
        self.limits.iter().find(|limit| limit.id == id).map(|limit| limit.value)
    }

    fn limit_ids(&self) -> BTreeSet<String> {
        self.limits.iter().map(|limit| limit.id.clone()).collect()
    }

    fn limit_values(&self) -> BTreeMap<&str, i64> {
        self.limits.iter().map(|limit| (limit.id.as_str(), limit.value)).collect()
    }
}

fn digest(files: &[(&str, &str)]) -> [u8; 32] {
    let mut sorted = files.to_vec();
    sorted.sort_unstable();
    let mut hash = Sha256::new();
    for part in sorted.iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
