//! The phone for Kotlin, Swift and Python. Handles are objects, all else is plain data.
//!
//! This crate adds no behaviour to the phone (`doorstep-mobile`). It adds what a host in another language needs: a
//! thread of the library's own on which the store is used, so that no call holds up the caller; a host's transport,
//! clock and listeners; errors with a code and a sentence; and names that do not change unseen.

mod alarm_clock;
mod build;
mod call;
mod cancel;
mod convert;
mod error;
mod handle;
mod listen;
mod questions;
mod sync;
mod uptime;
mod worker;

pub mod form;
pub mod view;
pub mod vocabulary;

pub use build::{BuildInfo, build_info};
pub use cancel::Cancel;
pub use error::{EnrolError, OpenError, PhoneError, TransportError};
pub use handle::{Background, Doorstep};
pub use listen::{Listener, Subscription};
pub use sync::{Blocked, Budget, EnrolmentRequest, HintRequest, Request, Response, Step, Transport};
pub use uptime::HostUptime;

uniffi::setup_scaffolding!("doorstep");
