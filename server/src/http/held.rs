//! Submissions that wait for a person.

pub(crate) mod decide;
pub(crate) mod list;
mod words;
