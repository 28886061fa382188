//! Confidence was broken to save a life: what was told, to whom, why; a steward's review; and that the elder was told.

use minicbor::{Decode, Encode};

use crate::code::coded;
use crate::id::EventId;

coded! {
    /// Which act it is.
    BreakGlassAct {
        /// Something was told without consent.
        Opened = 0 "opened",
        /// A steward looked at it, within 24 hours.
        Reviewed = 1 "reviewed",
        /// The elder was told of it.
        ElderTold = 2 "elder_told",
    }
}

/// One act.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BreakGlass {
    /// Which.
    #[n(0)]
    pub act: BreakGlassAct,
    /// The opening that a review or a talk with the elder is about.
    #[n(1)]
    pub of: Option<EventId>,
    /// Why; what the review found.
    #[n(2)]
    pub reason: String,
    /// The department or person that was told, when it was opened.
    #[n(3)]
    pub told: Option<String>,
    /// Which fields of the file were told.
    #[n(4)]
    pub fields: Vec<String>,
}
