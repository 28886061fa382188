//! What the flow concluded: a rule holds, or does so no more.

use minicbor::{Decode, Encode};

use crate::code::coded;
use crate::id::{EventId, FlagId};
use crate::time::Timestamp;

coded! {
    /// How a flag stands.
    FlagStanding {
        /// The rule holds.
        Raised = 0 "raised",
        /// It held and does so no more: put right, linked, answered. What it set in motion goes on.
        Ended = 1 "ended",
        /// Late data shows that it should not have been raised: the evidence was voided or corrected.
        Withdrawn = 2 "withdrawn",
        /// The rule holds, and a person has said that on this evidence it is not right. New evidence raises it again.
        Dismissed = 3 "dismissed",
    }
}

/// A flag was raised, has ended or was withdrawn. The subject of the event is the subject of the flag.
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
    /// How it stands now.
    #[n(3)]
    pub standing: FlagStanding,
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
    /// By when the person whom it goes to acts, counted from when it was raised; none when it goes to a department, which
    /// has a clock of its own.
    #[n(9)]
    pub due_at: Option<Timestamp>,
}
