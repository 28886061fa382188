//! Something that happened to an elder and puts care at risk.

use minicbor::{Decode, Encode};

use crate::code::coded;
use crate::time::Day;

coded! {
    /// What happened.
    RiskKind {
        /// 跌倒
        Fall = 0 "fall",
        /// 走失
        Lost = 1 "lost",
        /// 噎食
        Choking = 2 "choking",
        /// 自杀自伤
        SelfHarm = 3 "self_harm",
        /// 其他
        Other = 4 "other",
    }
}

/// Something that happened on a day. Two people who heard of it tell it twice: it counts once for each kind and day.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RiskEvent {
    /// What.
    #[n(0)]
    pub kind: RiskKind,
    /// On which day.
    #[n(1)]
    pub occurred_on: Day,
    /// The worker's words.
    #[n(2)]
    pub note: Option<String>,
}
