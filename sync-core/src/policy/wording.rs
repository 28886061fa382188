//! Texts of the organisation's side that are no rule: the reminder, alarms, reasons; and the departments' outcomes.

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::event::Signal;

/// The fixed texts of the friendly reminder (温馨提示单).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeText {
    /// Heading.
    pub title: Text,
    /// First line.
    pub greeting: Text,
    /// That it is no enforcement document, costs nothing and sells nothing.
    pub statement: Text,
    /// Last line.
    pub thanks: Text,
    /// Where a shop may say what it thinks of the visit.
    #[serde(default)]
    pub feedback: Option<Feedback>,
}

/// Where a shop may say what it thinks of a visit, without a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// The address that the printed code holds: `https://…`.
    pub url: String,
    /// The words beside the code.
    pub text: Text,
}

/// The fixed texts of a referral slip.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipText {
    /// Heading.
    pub heading: Text,
    /// What the desk is asked to do.
    pub requested: Text,
    /// The same when the matter is that department's by law; without them, those above.
    #[serde(default)]
    pub jurisdiction: Option<SlipWords>,
    /// The same for a desk that is told for information; without them, nobody is.
    #[serde(default)]
    pub inform: Option<SlipWords>,
}

/// What stands above and below the facts of a slip.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipWords {
    /// Heading.
    pub heading: Text,
    /// What the desk is asked to do.
    pub requested: Text,
}

/// How a notice was received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptText {
    /// Stable code.
    pub code: String,
    /// Its name.
    pub name: Text,
}

/// A number to call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneNumber {
    /// What to dial.
    pub number: String,
    /// Who answers.
    pub name: Text,
}

/// What the phone shows before the form is finished: what to do, whom to call, what to say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmText {
    /// Stable id.
    pub id: String,
    /// Checklist codes it belongs to; none, and no signal and no rule, makes it the one for any other S4.
    pub codes: Vec<String>,
    /// Signals of an elder's visit that it belongs to.
    #[serde(default)]
    pub signals: Vec<Signal>,
    /// Rules that it belongs to: for what no single answer shows.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Heading.
    pub title: Text,
    /// What to do before phoning.
    pub do_first: Text,
    /// Words to say on the phone.
    pub say: Text,
    /// What to do after phoning.
    pub afterwards: Text,
    /// Whom to call, in order.
    pub numbers: Vec<PhoneNumber>,
}

/// At which step a reason is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonFor {
    /// A desk sends a referral back.
    Return,
    /// A desk does not accept it.
    NotAccepted,
    /// A worker withdraws it.
    Withdraw,
    /// An event is voided.
    Void,
    /// A supervisor dismisses a flag.
    Dismiss,
}

/// A reason people choose instead of writing one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// At which step.
    pub r#for: ReasonFor,
    /// Its name.
    pub name: Text,
}

/// What a department may answer: its own words, written only by its officers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeText {
    /// Stable code.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Whether a date goes with it.
    #[serde(default)]
    pub needs_date: bool,
}

/// What a pair of files may have in common, in words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignTexts {
    /// Same unit code.
    pub same_unit: Text,
    /// Same credit code.
    pub same_uscc: Text,
    /// Credit codes one character apart.
    pub near_uscc: Text,
    /// Same phone and same name.
    pub same_phone_and_name: Text,
    /// Same resident id.
    pub same_person: Text,
    /// Same name and same day of birth.
    pub same_name_and_birth: Text,
}
