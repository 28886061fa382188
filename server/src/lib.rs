//! Doorstep's server: it takes in what phones gathered, merges it, raises flags, opens referrals, and brings the answers
//! back.

pub mod admin;
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
pub mod hex;
mod hint;
pub(crate) mod http;
pub mod lang;
mod limit;
mod metrics;
pub mod roster;
pub mod router;
pub mod serve;
mod sheet;
mod status;
#[cfg(test)]
mod testing;

pub mod audit;
pub mod backup;
pub mod checkpoint;
pub mod clock;
pub mod db;
pub mod deliver;
pub mod flow;
pub mod import;
pub mod random;
pub mod register;
mod report;
pub mod seal;
mod sync;
pub mod tls;
pub mod verify;
