//! Doorstep's domain, in the order in which a record flows through it.
//!
//! A worker's form becomes a [`submission`] of [`event`]s and [`edit`]s; the wire carries it; the server decides in
//! [`admit`] whether it merges, folds it into [`document`]s by the [`merge`] policy of each [`entity`] field, projects
//! them ([`project`]), raises or withdraws flags ([`flag`]) and opens referrals ([`refer`]). The same code runs on the
//! phone, the server and in simulations, so nothing here reads a clock, draws randomness, opens a file or a socket:
//! time and randomness are parameters.

mod code;

pub mod author;
pub mod id;
pub mod identifier;
pub mod time;

pub mod limits;

pub mod edit;
pub mod entity;
pub mod event;
pub mod submission;

pub mod form;

pub mod log;

pub mod wire;

pub mod document;
pub mod merge;

pub mod phone;
