//! Fields of which people said different things without having seen each other.

pub(crate) mod list;
pub(crate) mod settle;
mod sides;
