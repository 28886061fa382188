//! Files of shops.

pub(crate) mod link;
pub(crate) mod read;
pub(crate) mod search;
