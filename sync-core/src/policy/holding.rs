//! What an evaluation finds: rules that hold, and rules that could not be judged.

use super::department::Route;
use super::explain::Asked;
use super::rule::{Recipient, RestsOn};
use super::severity::Severity;
use super::text::Text;

/// What a flag is about, within its file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum About {
    /// The premises itself.
    Premises,
    /// One finding.
    Finding {
        /// Checklist code.
        code: String,
        /// Episode.
        episode: i64,
    },
    /// A pair with another premises.
    Pair {
        /// Id of the other one.
        other: String,
    },
    /// One round of a referral.
    Referral {
        /// Id of the referral.
        referral: String,
        /// Round.
        round: i64,
    },
    /// The elder, by what the rule rests on.
    Elder(RestsOn),
    /// What was noticed on one day.
    Signal {
        /// What.
        kind: String,
        /// On which day.
        day: String,
    },
    /// A field of which two things are said.
    Conflict {
        /// The entity, field and element, or the event.
        key: String,
        /// The record that one person corrected and another voided, if it is one.
        event: Option<String>,
    },
    /// Doubtful evidence.
    Anomaly {
        /// Of which kind.
        kind: String,
        /// The event, or the held submission.
        event: String,
    },
}

/// A rule that holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Rule id.
    pub rule: String,
    /// What makes two flags one.
    pub window: String,
    /// What it is about.
    pub about: About,
    /// How severe.
    pub severity: Severity,
    /// Where the flag goes.
    pub to: Recipient,
    /// To which departments.
    pub routes: Vec<Route>,
    /// By when a recipient that is no department acts: a deadline id.
    pub deadline: Option<String>,
    /// It must reach a named person at once.
    pub alarm: bool,
    /// Whatever goes to a department waits for a supervisor.
    pub waits: bool,
    /// Shows a neutral sign at the door until it is opened.
    pub discreet: bool,
    /// Why it holds.
    pub explanation: Text,
}

/// A rule that could not be evaluated. A person has to see it: nobody knows whether the rule holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RuleAlarm {
    /// Rule id.
    pub rule: String,
    /// What went wrong, without any value of the facts.
    pub message: Text,
}

/// What one evaluation found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Evaluation {
    /// Rules that hold, in the order of the policy; at most one for each rule and window.
    pub holds: Vec<Holding>,
    /// Rules that could not be evaluated.
    pub alarms: Vec<RuleAlarm>,
}

pub(crate) fn about(asked: Asked<'_>, rests_on: RestsOn) -> About {
    match asked {
        Asked::Premises => About::Premises,
        Asked::Finding(finding) => About::Finding { code: finding.code.clone(), episode: finding.episode },
        Asked::Pair(pair) => About::Pair { other: pair.other.clone() },
        Asked::Referral(referral) => About::Referral { referral: referral.id.clone(), round: referral.round },
        Asked::Elder(_) => About::Elder(rests_on),
        Asked::Signal(signal) => About::Signal { kind: signal.kind.clone(), day: signal.day.clone() },
        Asked::Conflict(conflict) => {
            let event = Some(conflict.event.clone()).filter(|event| !event.is_empty());
            About::Conflict { key: conflict.key.clone(), event }
        }
        Asked::Anomaly(anomaly) => About::Anomaly { kind: anomaly.kind.clone(), event: anomaly.event.clone() },
    }
}
