//! Notices that were left at shops.

pub(crate) mod sheet;
