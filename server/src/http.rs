//! The HTTP API. One endpoint a file: its problems, its handler, what goes in and out, its tests. Every route is on one
//! page, [`crate::router`].

pub(crate) mod acting;
pub(crate) mod alarms;
pub(crate) mod caseloads;
pub(crate) mod chain;
pub(crate) mod conflicts;
pub(crate) mod deliveries;
pub(crate) mod document;
pub(crate) mod duplicates;
pub(crate) mod dwellings;
pub(crate) mod elders;
pub(crate) mod enrol;
pub(crate) mod evaluation;
mod extract;
pub(crate) mod finish;
pub(crate) mod flags;
pub(crate) mod health;
pub(crate) mod held;
pub(crate) mod hints;
#[cfg(test)]
mod journey;
pub(crate) mod linked;
#[cfg(test)]
mod linked_journey;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod me;
mod moment;
pub(crate) mod notices;
mod paging;
pub(crate) mod premises;
pub(crate) mod read_log;
pub(crate) mod ready;
pub(crate) mod referrals;
pub(crate) mod refresh;
pub(crate) mod report;
pub(crate) mod reviews;
pub(crate) mod slips;
pub(crate) mod sync;
pub(crate) mod view;
pub(crate) mod weather;
pub(crate) mod whole;

pub(crate) use extract::{Came, InPath, InQuery, JsonBody, Knocked};
pub(crate) use moment::Moment;
pub(crate) use whole::{Fingerprint, REQUEST_KEY};
