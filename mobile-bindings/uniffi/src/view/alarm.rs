//! Words: in both languages, and those of an alarm.

pub use sync_core::policy::{AlarmText, PhoneNumber, Text};

use crate::vocabulary::Signal;

/// One text in both languages.
#[uniffi::remote(Record)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What the phone shows before the form is finished: what to do, whom to call, what to say.
#[uniffi::remote(Record)]
pub struct AlarmText {
    /// Stable id.
    pub id: String,
    /// Checklist codes it belongs to; none, and no signal and no rule, makes it the one for any other S4.
    pub codes: Vec<String>,
    /// Signals of an elder's visit that it belongs to.
    pub signals: Vec<Signal>,
    /// Rules that it belongs to: for what no single answer shows.
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

/// A number to call.
#[uniffi::remote(Record)]
pub struct PhoneNumber {
    /// What to dial.
    pub number: String,
    /// Who answers.
    pub name: Text,
}
