//! Nobody was met. An event of its own, and never coverage.

use minicbor::{Decode, Encode};

use crate::code::coded;
use crate::time::Timestamp;

coded! {
    /// By what means somebody was tried.
    Means {
        /// 上门
        Door = 0 "door",
        /// 电话
        Phone = 1 "phone",
        /// 视频
        Video = 2 "video",
        /// 紧急联系人
        Contact = 3 "contact",
        /// 邻居
        Neighbour = 4 "neighbour",
    }
}

/// One attempt to reach the elder, or somebody who knows.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attempt {
    /// By what means.
    #[n(0)]
    pub means: Means,
    /// Which contact of the elder's file.
    #[n(1)]
    pub contact: Option<String>,
    /// Somebody answered and knew that the elder is well.
    #[n(2)]
    pub reached: bool,
}

/// The elder was not met.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NotMet {
    /// What was tried, in order.
    #[n(0)]
    pub tried: Vec<Attempt>,
    /// What the worker noticed.
    #[n(1)]
    pub note: Option<String>,
    /// When somebody tries again.
    #[n(2)]
    pub next_try: Option<Timestamp>,
}
