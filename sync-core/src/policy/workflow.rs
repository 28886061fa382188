//! The steps of a referral: which deadline each one takes, and how often it may go round.

use serde::Deserialize;

use super::severity::Severity;

/// Deadline ids of the steps inside the project, and the limits on rounds.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// From seeing an urgent finding to submitting it.
    pub submit_urgent: String,
    /// Dispatch of an urgent matter.
    pub dispatch_urgent: String,
    /// Dispatch of an ordinary matter.
    pub dispatch: String,
    /// Acceptance by the desk.
    pub accept: String,
    /// Return by a desk that is not concerned.
    pub return_by: String,
    /// Ruling on which department is concerned.
    pub arbitrate: String,
    /// Answer to a question from the desk.
    pub supplement: String,
    /// The worker's confirmation.
    pub confirm: String,
    /// After which an unconfirmed answer may be closed.
    pub close_unconfirmed: String,
    /// After which an unacknowledged alarm passes to the deputy.
    pub alarm_deputy: String,
    /// After which it passes to the purchaser.
    pub alarm_purchaser: String,
    /// A steward's look at what was opened or told about a person.
    pub person_review: String,
    /// After which the same person's opening of the same slip is a new one.
    pub person_open_again: String,
    /// The mildest severity that takes the urgent targets.
    pub urgent_from: Severity,
    /// Returns that the dispatcher settles alone; the next one goes to arbitration.
    pub returns_before_arbitration: u16,
    /// Rounds that "not satisfied" opens again; the next one goes to the purchaser.
    pub redo_rounds: u16,
}

impl Workflow {
    /// The dispatch target for a finding of this severity: a deadline id.
    #[must_use]
    pub fn dispatch_target(&self, severity: Severity) -> &str {
        if severity >= self.urgent_from { &self.dispatch_urgent } else { &self.dispatch }
    }

    /// Every deadline id with the name of its step.
    pub(crate) fn deadlines(&self) -> [(&'static str, &str); 13] {
        [
            ("submit_urgent", &self.submit_urgent),
            ("dispatch_urgent", &self.dispatch_urgent),
            ("dispatch", &self.dispatch),
            ("accept", &self.accept),
            ("return_by", &self.return_by),
            ("arbitrate", &self.arbitrate),
            ("supplement", &self.supplement),
            ("confirm", &self.confirm),
            ("close_unconfirmed", &self.close_unconfirmed),
            ("alarm_deputy", &self.alarm_deputy),
            ("alarm_purchaser", &self.alarm_purchaser),
            ("person_review", &self.person_review),
            ("person_open_again", &self.person_open_again),
        ]
    }
}
