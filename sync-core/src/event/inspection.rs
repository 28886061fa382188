//! A friendly reminder visit to a shop (domain reference, section 3).

use minicbor::{Decode, Encode};

use super::PhotoHash;
use crate::code::coded;

coded! {
    /// What was found for one item of the checklist. *Not seen* is not *ok*.
    Answer {
        /// 正常
        Ok = 0 "ok",
        /// 有问题
        Problem = 1 "problem",
        /// 当场改正
        FixedOnSpot = 2 "fixed_on_spot",
        /// 不适用
        NotApplicable = 3 "na",
        /// 未查看
        NotSeen = 4 "not_seen",
    }
}

/// One answered item of the checklist.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Answered {
    /// The item, e.g. `EXIT-02`.
    #[n(0)]
    pub code: String,
    /// What was found.
    #[n(1)]
    pub answer: Answer,
    /// How severe the worker thinks it is, 0 to 4; the checklist's default when not said.
    #[n(2)]
    pub severity: Option<u8>,
    /// The owner was asked to put it right and refused.
    #[n(3)]
    pub refused: bool,
    /// How much: kilograms of gas, number of people, as the item says.
    #[n(4)]
    pub quantity: Option<i64>,
    /// The worker's words.
    #[n(5)]
    pub note: Option<String>,
    /// Photos of this item.
    #[n(6)]
    pub photos: Vec<PhotoHash>,
}

/// What was looked at and what was found.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Inspection {
    /// The answers; an item that is missing was not looked at.
    #[n(0)]
    pub answers: Vec<Answered>,
    /// Whom the worker spoke to.
    #[n(1)]
    pub met: Option<String>,
    /// Back to look whether earlier findings were put right.
    #[n(2)]
    pub revisit: bool,
}
