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
}
