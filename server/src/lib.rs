//! Doorstep.

pub mod import;
