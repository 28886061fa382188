//! What happens to a referral (domain reference, section 4). The referral itself is an entity; these are the acts.

use minicbor::{Decode, Encode};

use crate::code::coded;
use crate::edit::State;
use crate::id::{CaseloadId, EventId};
use crate::time::Timestamp;

coded! {
    /// What a department found or did. Only a desk can say any of these.
    Outcome {
        /// 不属实
        Untrue = 0 "untrue",
        /// 当场改正
        CorrectedOnSite = 1 "corrected_on_site",
        /// 责令立即改正
        OrderedAtOnce = 2 "ordered_at_once",
        /// 责令限期改正
        OrderedByDate = 3 "ordered_by_date",
        /// 临时查封
        Sealed = 4 "sealed",
        /// 立案处罚
        CaseOpened = 5 "case_opened",
        /// 判定重大
        FoundMajor = 6 "found_major",
        /// 移送他部门
        Transferred = 7 "transferred",
    }
}

/// The worker went back after an answer.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Confirmation {
    /// The round that was answered.
    #[n(0)]
    pub round: u16,
    /// Is the hazard gone?
    #[n(1)]
    pub satisfied: bool,
    /// What the worker saw.
    #[n(2)]
    pub note: Option<String>,
    /// The answer that the worker had read; older programs do not say.
    #[n(3)]
    pub answer: Option<EventId>,
}

/// The worker takes the referral back. Loses to anything that a desk did meanwhile, and is then kept as a note.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Withdrawal {
    /// The round the worker had seen.
    #[n(0)]
    pub round: u16,
    /// Why.
    #[n(1)]
    pub reason: String,
}

/// A department's answer, as far as the organisation may see it: never the desk's internal text.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reply {
    /// The round that is answered.
    #[n(0)]
    pub round: u16,
    /// What was found or done.
    #[n(1)]
    pub outcome: Outcome,
    /// What the worker and the resident may read.
    #[n(2)]
    pub public_text: String,
    /// When somebody was on site.
    #[n(3)]
    pub checked_at: Option<Timestamp>,
    /// When the department looks again.
    #[n(4)]
    pub recheck_at: Option<Timestamp>,
    /// The answer that this one takes the place of, when the desk had been mistaken.
    #[n(5)]
    pub corrects: Option<EventId>,
}

/// A step that is not an answer: dispatched, accepted, checking, not accepted, returned, closed.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Step {
    /// The state that was entered.
    #[n(0)]
    pub to: State,
    /// The desk that it was sent to or that acted.
    #[n(1)]
    pub desk: Option<CaseloadId>,
    /// Why (a return, a refusal).
    #[n(2)]
    pub reason: Option<String>,
    /// The department that a returning desk suggests.
    #[n(3)]
    pub suggested: Option<String>,
}
