//! How urgent a finding is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// How urgent: from a word of advice to "phone first". The organisation only ever suspects (疑似).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Severity {
    /// 提示: a word of advice.
    #[default]
    S0,
    /// 一般: can be put right on the spot.
    S1,
    /// 较大: to be put right by the owner by a date.
    S2,
    /// 疑似重大: referred the same day.
    S3,
    /// 紧迫危险: phone first.
    S4,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 5] = [Self::S0, Self::S1, Self::S2, Self::S3, Self::S4];

    /// The number, 0 to 4, that entity fields and rule conditions use.
    #[must_use]
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// The severity with this number; numbers beyond the ends give the ends.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        let index = usize::try_from(number.clamp(0, 4)).unwrap_or(0);
        Self::ALL[index]
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S{}", self.number())
    }
}

/// What to call a severity, and what the worker does next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityText {
    /// Which one.
    pub code: Severity,
    /// Its name.
    pub name: Text,
    /// What comes next.
    pub next: Text,
}
