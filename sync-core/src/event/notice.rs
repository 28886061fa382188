//! The 温馨提示 that was left at a shop: a reminder, not a document of enforcement.

use minicbor::{Decode, Encode};

use crate::code::coded;
use crate::id::EventId;
use crate::time::Timestamp;

coded! {
    /// How the notice was received.
    NoticeReceipt {
        /// 签收
        Signed = 0 "signed",
        /// 口头
        Verbal = 1 "verbal",
        /// 拒签
        Refused = 2 "refused",
        /// 张贴
        Posted = 3 "posted",
    }
}

/// A notice as it was given.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Notice {
    /// The inspection that it follows.
    #[n(0)]
    pub inspection: EventId,
    /// The phone's provisional number, e.g. `A-0007`.
    #[n(1)]
    pub number: String,
    /// The items on it.
    #[n(2)]
    pub items: Vec<String>,
    /// How it was received.
    #[n(3)]
    pub receipt: NoticeReceipt,
    /// By when the shop was asked to put it right.
    #[n(4)]
    pub fix_by: Option<Timestamp>,
    /// When the worker comes back.
    #[n(5)]
    pub next_visit: Option<Timestamp>,
    /// The badge numbers of those who were there.
    #[n(6)]
    #[cbor(default)]
    pub badges: Vec<String>,
    /// Whether a copy stayed with the shop; none when nobody said.
    #[n(7)]
    pub copy_left: Option<bool>,
}
