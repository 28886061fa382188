//! What the tests stand on: a caseload in memory, driven by the same flow as the server's.

pub mod arbitrary;
pub mod memory;
pub mod model;
