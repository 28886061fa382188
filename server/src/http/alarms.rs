//! Alarms: what a named person has to look at, such as a rule that could not be evaluated.

pub(crate) mod acknowledge;
pub(crate) mod list;
