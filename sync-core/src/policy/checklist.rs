//! The checklist of places: what forms show, what the friendly reminder says; and that of a visit to an elder.

use serde::{Deserialize, Serialize};

use super::severity::Severity;
use super::text::Text;

/// With whom a finding stays when the operator of a place changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Structural: stays with the place.
    Place,
    /// Belongs to the business.
    Operator,
}

/// A number that goes with an answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// Unit, e.g. `kg`.
    pub unit: String,
    /// What to ask for, in Chinese.
    pub zh: String,
    /// What to ask for, in English.
    pub en: String,
}

/// One item of the checklist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Stable code, e.g. `EXIT-02`.
    pub code: String,
    /// What was found.
    pub name: Text,
    /// Where the form starts; the worker may choose another.
    pub severity: Severity,
    /// Departments that may put it right; none means that a reminder is all.
    pub to: Vec<String>,
    /// With whom it stays.
    pub subject: Subject,
    /// A plain reason, for the owner.
    pub why: Text,
    /// How to put it right, for the owner.
    pub how: Text,
    /// A number to ask for.
    #[serde(default)]
    pub quantity: Option<Quantity>,
}

/// The checklist: its edition is printed on every notice.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Checklist {
    /// Edition.
    pub edition: String,
    /// Items in the order in which a worker walks.
    pub items: Vec<Item>,
}

impl Checklist {
    /// The item with this code.
    #[must_use]
    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.code == code)
    }

    /// Items whose code begins with the same letters, e.g. `EXIT`: one section of the form.
    pub fn group<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Item> {
        self.items.iter().filter(move |item| item.code.split_once('-').is_some_and(|(head, _)| head == prefix))
    }
}

/// An item of the visit's checklist.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitItem {
    /// Stable code, e.g. `mood`.
    pub code: String,
    /// What is asked.
    pub name: Text,
    /// What to look or ask for.
    pub hint: Text,
}

/// What a worker can answer for one item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerText {
    /// Stable code.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Whether the answer records a finding.
    #[serde(default)]
    pub opens_finding: bool,
}
