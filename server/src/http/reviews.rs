//! What was opened or told of elders' files, for a steward to look at; and elders who have to be told of it.

pub(crate) mod decide;
pub(crate) mod list;
pub(crate) mod told;
