//! What the tests stand on: a caseload in memory, driven by the same flow as the server's; a real server with phones
//! made by hand.

pub mod arbitrary;
pub mod forge;
pub mod inprocess;
pub mod memory;
pub mod model;
pub mod rawphone;
