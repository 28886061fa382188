//! A visit to an elder (domain reference, section 2). What is wrong with the home is an
//! [`Inspection`](super::Inspection) of the dwelling in the same submission, so that a hazard carries nothing of the
//! elder.

use minicbor::{Decode, Encode};

use super::Answer;
use crate::code::coded;
use crate::time::Timestamp;

coded! {
    /// How, or on what occasion, the elder was visited. An attempt that met nobody is no visit: see
    /// [`NotMet`](super::NotMet).
    VisitKind {
        /// 入户
        Home = 0 "home",
        /// 电话
        Phone = 1 "phone",
        /// 视频
        Video = 2 "video",
        /// 邻里代看
        NeighbourRelay = 3 "neighbour_relay",
        /// 节日
        Festival = 4 "festival",
        /// 恶劣天气
        Weather = 5 "weather",
        /// 跟进
        FollowUp = 6 "follow_up",
        /// 转介回访
        ReferralCallBack = 7 "referral_call_back",
    }
}

coded! {
    /// Something that must not wait for the end of the form.
    Signal {
        /// 突发疾病
        AcuteIllness = 0 "acute_illness",
        /// 燃气味
        GasSmell = 1 "gas_smell",
        /// 疑似受虐
        SuspectedAbuse = 2 "suspected_abuse",
        /// 疑似忽视
        Neglect = 3 "neglect",
        /// 轻生言语
        SuicidalWords = 4 "suicidal_words",
        /// 轻生行为
        SuicidalAct = 5 "suicidal_act",
        /// 无人应答
        NoAnswer = 6 "no_answer",
        /// 涉诈
        Fraud = 7 "fraud",
        /// 走失
        Missing = 8 "missing",
        /// 照护者崩溃
        CarerCollapse = 9 "carer_collapse",
    }
}

/// One answered item of the visit's checklist.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Observed {
    /// The item, e.g. `mood`.
    #[n(0)]
    pub item: String,
    /// What was found.
    #[n(1)]
    pub answer: Answer,
    /// The worker's words.
    #[n(2)]
    pub note: Option<String>,
}

/// The elder was seen, heard, or seen by a neighbour.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Visit {
    /// How.
    #[n(0)]
    pub kind: VisitKind,
    /// The answers; an item that is missing was not looked at.
    #[n(1)]
    pub observed: Vec<Observed>,
    /// What must not wait.
    #[n(2)]
    pub signals: Vec<Signal>,
    /// The elder's own words.
    #[n(3)]
    pub words: Option<String>,
    /// When the worker comes back.
    #[n(4)]
    pub next_visit: Option<Timestamp>,
}
