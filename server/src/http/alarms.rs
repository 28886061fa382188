//! Alarms: what a named person has to look at, how far each has come, and who has acknowledged it.

pub(crate) mod acknowledge;
pub(crate) mod list;
pub(crate) mod read;
mod view;

pub(crate) use view::WATCHERS;
