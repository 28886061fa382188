//! What the tests stand on: a caseload in memory, driven by the same flow as the server's; and the real program with
//! real phones.

pub mod arbitrary;
pub mod handset;
pub mod memory;
pub mod model;
pub mod server;
