//! The sheet of a friendly reminder, to show or to print.

pub use sync_core::policy::Feedback;
pub use sync_core::sheet::{Sheet, SheetItem, SheetLine};

use super::{PhoneNumber, Text};

/// A sheet, in the order in which it is read.
#[uniffi::remote(Record)]
pub struct Sheet {
    /// Heading.
    pub title: Text,
    /// Which sheet this is, which shop, who was there and when. A line that says nothing is left to be filled in by hand.
    pub head: Vec<SheetLine>,
    /// The words before the items.
    pub greeting: Text,
    /// What was found, in the order of the notice.
    pub items: Vec<SheetItem>,
    /// By when, what next, how it was received.
    pub foot: Vec<SheetLine>,
    /// Whom to call when there is danger, the most urgent first.
    pub numbers: Vec<PhoneNumber>,
    /// That this is no enforcement document, costs nothing and sells nothing.
    pub statement: Text,
    /// Last line.
    pub thanks: Text,
    /// Where the shop may say what it thinks of the visit: one address for all, so that it names neither shop nor worker.
    pub feedback: Option<Feedback>,
}

/// One line: what it is called, and what it says.
#[uniffi::remote(Record)]
pub struct SheetLine {
    /// What it is called.
    pub label: Text,
    /// What it says; empty when nobody said it.
    pub says: Text,
}

/// One item, for the owner.
#[uniffi::remote(Record)]
pub struct SheetItem {
    /// The item of the checklist, e.g. `EXIT-02`.
    pub code: String,
    /// What was found; the code, when the policy does not know it.
    pub name: Text,
    /// Put right while the worker was there.
    pub fixed: bool,
    /// A plain reason.
    pub why: Text,
    /// How to put it right.
    pub how: Text,
}

/// Where a shop may say what it thinks of a visit, without a name.
#[uniffi::remote(Record)]
pub struct Feedback {
    /// The address that the printed code holds: `https://…`.
    pub url: String,
    /// The words beside the code.
    pub text: Text,
}
