//! The phone: a sealed store, drafts and outbox, a replica of the worker's caseloads, and sync.
//!
//! Handles are objects, everything else is plain data: bindings for Kotlin, Swift and Python wrap this API as it is.
//! The host supplies the key of the store, HTTP and scheduling; no HTTP client is linked in here.

mod environment;
mod error;
mod phone;
mod record;
pub mod store;

pub use environment::{Clock, Environment, Random, SystemClock, SystemRandom, SystemUptime, Uptime};
pub use error::{EnrolError, PhoneError, StoreError};
pub use phone::{
    Asked, Blocked, CaseloadView, Change, ConfirmedView, ConflictView, ConsentView, ContactView, DoorFlag, DoorFlags,
    Draft, Due, DueFor, DwellingFile, DwellingRow, EarlierAnswer, ElderFile, ElderRow, EnrolmentRequest, EventView,
    FieldView, FileKind, Finished, FlagView, Found, HazardView, HintRequest, HomeView, LeaseView, LevelView, NeedView,
    News, OpenFinding, OperatorView, Pending, Phone, PremisesBrief, PremisesFile, QuestionView, Receipt, ReferralRound,
    ReferralView, Request, Response, SaidView, Stage, Step, SyncOutcome, Today, Transport, TransportError, Visit,
    WeatherNow,
};
