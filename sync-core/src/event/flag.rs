//! What the engine concluded: a rule holds, or does so no more.

use minicbor::{Decode, Encode};

use crate::id::{EventId, FlagId};

/// A flag was raised or withdrawn. The subject of the event is the subject of the flag.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Flagged {
    /// The flag: a hash of rule, subject and window.
    #[n(0)]
    pub flag: FlagId,
    /// The rule, e.g. `F01`.
    #[n(1)]
    pub rule: String,
    /// The window of the rule that it holds in, e.g. `EXIT-02#1`.
    #[n(2)]
    pub window: String,
    /// Raised, or withdrawn because later data no longer supports it.
    #[n(3)]
    pub raised: bool,
    /// The events that made it hold.
    #[n(4)]
    pub evidence: Vec<EventId>,
    /// Why, in Chinese, with the values filled in.
    #[n(5)]
    pub zh: String,
    /// Why, in English.
    #[n(6)]
    pub en: String,
    /// Severity 0 to 4.
    #[n(7)]
    pub severity: u8,
    /// Shown as a neutral sign until somebody opens it.
    #[n(8)]
    pub discreet: bool,
}
