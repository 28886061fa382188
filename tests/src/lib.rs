//! What the tests stand on: a caseload in memory, driven by the same flow as the server's; the real program with real
//! phones; and a real server in the same process with phones made by hand.

pub mod arbitrary;
pub mod burglar;
pub mod forge;
pub mod handset;
pub mod hearing;
pub mod in_step;
pub mod inprocess;
pub mod memory;
pub mod model;
pub mod pickpocket;
pub mod rawphone;
pub mod receiver;
pub mod scratch;
pub mod server;
pub mod street;
pub mod tap;
