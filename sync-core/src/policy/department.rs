//! Departments that can receive a referral, and which department is proposed for which finding.

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::event::Purpose;

/// What kind of slip a desk may open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlipKind {
    /// Describes a place; holds nothing of an elder's file.
    Hazard,
    /// Describes a person; needs a legal basis or consent.
    Person,
}

/// A department.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// Short code, e.g. `FIRE`.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Which slips its desks may open.
    pub slips: Vec<SlipKind>,
}

/// The desk of this department never sees a person's file (DESIGN section 6).
pub(crate) const NEVER_A_PERSON: &str = "FIRE";

impl Department {
    /// Whether its desks may receive what is about a person.
    #[must_use]
    pub fn takes_persons(&self) -> bool {
        self.code != NEVER_A_PERSON && self.slips.contains(&SlipKind::Person)
    }
}

/// To whom, with which clock: the id of a deadline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Route {
    /// Department code.
    pub dept: String,
    /// Deadline id.
    pub deadline: String,
    /// The consent without which nothing goes there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Purpose>,
}

/// As what a department is sent a matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentAs {
    /// To check and to act (转办).
    #[default]
    Act,
    /// Because it is this department's by law (移送).
    Jurisdiction,
}

impl SentAs {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Jurisdiction => "jurisdiction",
        }
    }
}

/// One line of the routing table: these findings are proposed to this department.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// Checklist codes.
    pub codes: Vec<String>,
    /// Department code.
    pub dept: String,
    /// Deadline id.
    pub deadline: String,
    /// As what it goes there.
    #[serde(default)]
    pub sent_as: SentAs,
    /// Departments that are told of it for information (抄告); they have nothing to answer.
    #[serde(default)]
    pub cc: Vec<String>,
}
