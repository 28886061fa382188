//! Invented caseloads and working days, for demonstrations, tests and measurements. The same seed gives the same
//! roster and the same days, whatever else was generated before.
//!
//! Everybody and everything here is invented: the shops lie in streets that do not exist, credit codes are those of
//! county part 99, which is assigned to nobody, and mobiles begin with 142, which is allotted to nobody.

mod day;
mod dice;
mod elders;
mod hazards;
mod items;
mod prose;
mod shops;
mod words;

use jiff::civil::Date;

use crate::event::{Answer, NoticeReceipt};
use crate::time::Timestamp;

pub use day::worker_day;
pub use elders::elders;
pub use shops::roster;

/// An invented caseload of premises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The seed it grew from; the days of its workers grow from the same.
    pub seed: u64,
    /// The premises in the order of their streets.
    pub premises: Vec<GenPremises>,
}

/// Invented premises with the business in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenPremises {
    /// The shop's name, unique in the roster.
    pub name: String,
    /// What neighbours call it.
    pub nickname: Option<String>,
    /// The address in words.
    pub address: String,
    /// The code on the door plate, unique in the roster.
    pub unit_code: String,
    /// Kinds of premises: `restaurant`, `shop` …
    pub kinds: Vec<&'static str>,
    /// Area in m².
    pub area_m2: u32,
    /// The floor in words.
    pub floor: &'static str,
    /// Opening hours.
    pub hours: &'static str,
    /// Whom to ask for.
    pub contact_name: String,
    /// Their mobile.
    pub contact_phone: String,
    /// How it cooks, if it does.
    pub gas: Gas,
    /// The business.
    pub operator: GenOperator,
    /// Since when the business is here.
    pub tenancy_from: Timestamp,
}

/// Where a shop's gas comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gas {
    /// It has none.
    None,
    /// From the main.
    Piped,
    /// From cylinders.
    Bottled {
        /// Gas in all cylinders, in kg.
        kg: u32,
        /// Whether they stand in a room of their own.
        own_room: bool,
    },
}

/// An invented business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenOperator {
    /// The name on the licence.
    pub name: String,
    /// Who answers for it.
    pub legal_name: String,
    /// Its credit code, with right checks.
    pub uscc: String,
}

/// An invented elder.
#[derive(Clone, PartialEq, Eq)]
pub struct GenElder {
    /// The name.
    pub name: String,
    /// A resident id of the unassigned county part 99, with a right check: nobody holds it.
    pub resident_id: String,
    /// Dialect.
    pub dialect: &'static str,
    /// With whom, a code of [`crate::entity::elder::LIVING`].
    pub living_situation: &'static str,
    /// Codes of [`crate::entity::elder::DIFFICULTIES`].
    pub difficulties: Vec<&'static str>,
    /// A code of [`crate::entity::elder::TIERS`].
    pub risk_tier: &'static str,
    /// A code of [`crate::entity::elder::CAPACITIES`].
    pub capacity: &'static str,
    /// A code of [`crate::entity::elder::EVACUATION`].
    pub evacuation_help: &'static str,
    /// The address in words; a couple shares it.
    pub address: String,
    /// The code of the flat; a couple shares it.
    pub unit_code: String,
    /// The floor.
    pub floor: String,
    /// Whether there is a lift.
    pub lift: bool,
    /// Whom to call, first things first.
    pub contacts: Vec<GenContact>,
    /// Has signed that a file is kept and health is recorded.
    pub consented: bool,
    /// And that photos are taken.
    pub photo: bool,
}

/// Somebody to call about an invented elder.
#[derive(Clone, PartialEq, Eq)]
pub struct GenContact {
    /// The name.
    pub name: String,
    /// How related.
    pub relation: &'static str,
    /// The mobile.
    pub phone: String,
}

/// Who works when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Which worker, from 0.
    pub worker: u32,
    /// Among how many workers the roster is divided; at least one.
    pub workers: u32,
    /// The working day, counted from 0 at the start of the campaign.
    pub day: u32,
    /// Its date.
    pub date: Date,
}

/// What one worker did on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerDay {
    /// The shift.
    pub shift: Shift,
    /// The visits in the order of the day; they do not overlap.
    pub visits: Vec<GenInspection>,
}

/// One visit to a shop.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GenInspection {
    /// The place in [`Roster::premises`].
    pub premises_ix: usize,
    /// When the worker came in.
    pub start: Timestamp,
    /// When the worker left.
    pub end: Timestamp,
    /// Whether it was a call back to look at earlier findings.
    pub revisit: bool,
    /// Whom the worker spoke to.
    pub met: String,
    /// One answer for each item of the checklist, in its order.
    pub answers: Vec<GenAnswer>,
    /// The reminder that was left, when something was found.
    pub notice: Option<GenNotice>,
}

/// The answer to one item of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GenAnswer {
    /// The item, e.g. `EXIT-02`.
    pub code: &'static str,
    /// What was found.
    pub answer: Answer,
    /// How severe, 0 to 4; only when something was found.
    pub severity: Option<u8>,
    /// The owner refused to put it right.
    pub refused: bool,
    /// How much or how many, where the item asks.
    pub quantity: Option<i64>,
    /// The worker's words.
    pub note: Option<String>,
}

/// The friendly reminder that a visit left.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GenNotice {
    /// The items on it.
    pub items: Vec<&'static str>,
    /// How it was received.
    pub receipt: NoticeReceipt,
    /// By when the shop is asked to put things right.
    pub fix_by: Option<Timestamp>,
    /// When the worker comes back.
    pub next_visit: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
