//! Doorstep's domain, in the order in which a record flows through it.
//!
//! A worker's form becomes a [`submission`] of [`event`]s and [`edit`]s; the wire carries it; the server decides in
//! [`admit`] whether it merges, appends it to the [`log`], folds it into [`document`]s by the [`merge`] policy of each
//! [`entity`] field, projects them ([`project`]), raises or withdraws flags ([`flag`]) by the [`policy`] and opens
//! referrals ([`refer`]); [`report`] counts what came of it; [`case`] is that flow over the files of one transaction. The same code runs on the phone, the
//! server and in simulations, so nothing here reads a clock, draws randomness, opens a file or a socket: time and
//! randomness are parameters.

mod code;

pub mod author;
pub mod id;
pub mod identifier;
pub mod limits;
pub mod map_point;
pub mod time;

pub mod edit;
pub mod entity;
pub mod event;
pub mod submission;

pub mod assess;
pub mod care;

pub mod form;

pub mod admit;
pub mod case;
pub mod log;

pub mod relay;
pub mod wire;

pub mod document;
pub mod merge;
pub mod union;

pub mod project;

pub mod flag;
pub mod policy;
pub mod refer;

pub mod report;
pub mod sheet;
pub mod words;

pub mod phone;

pub mod generator;
