//! What may be chosen. Each value has its stable code in the core; here they are plain enums, and one call has the words
//! for each.

pub use sync_core::author::Role;
pub use sync_core::event::{
    Answer, BreakGlassAct, ConsentMethod, ConsentState, FlagStanding, Means, NoticeReceipt, Purpose, RiskKind, Signal,
    VisitKind,
};
pub use sync_core::form::{Level, NeedState};
pub use sync_core::log::HoldCode;
use sync_core::policy::Text;
use sync_core::words;
pub use sync_core::words::Choice;

/// What a choice is called, in Chinese and in English: the words beside a button.
#[must_use]
#[uniffi::export]
pub fn in_words(choice: Choice) -> Text {
    words::choice(choice)
}

/// Something that a form lets people choose, or that a file shows.
#[uniffi::remote(Enum)]
pub enum Choice {
    /// What was found for an item of a checklist.
    Answer(Answer),
    /// How a notice was received.
    Receipt(NoticeReceipt),
    /// How, or on what occasion, an elder was visited.
    Visit(VisitKind),
    /// What must not wait for the end of the form.
    Signal(Signal),
    /// By what means somebody was tried.
    Means(Means),
    /// What happened to an elder.
    Risk(RiskKind),
    /// What a consent is for.
    Purpose(Purpose),
    /// How a consent stands.
    Consent(ConsentState),
    /// How it was said.
    Method(ConsentMethod),
    /// What was done when confidence was broken.
    Act(BreakGlassAct),
    /// How far a need has come.
    Need(NeedState),
    /// How a flag stands.
    Standing(FlagStanding),
    /// What somebody may do.
    Role(Role),
}

/// What somebody may do (domain reference, section 4).
#[uniffi::remote(Enum)]
pub enum Role {
    /// 社工: visits, inspects, confirms.
    Worker,
    /// 督导: decides held work, reviews.
    Supervisor,
    /// 档案管理员: keeps the files, links duplicates.
    Steward,
    /// 街道分拨员: sends referrals to desks.
    Dispatcher,
    /// 部门经办: answers referrals.
    Officer,
    /// 购买方: sees what is overdue.
    Purchaser,
    /// 评估方: reads de-identified evidence.
    Evaluator,
    /// Runs the installation, sees no files.
    Admin,
    /// The flow itself: flags and referrals that follow from a policy.
    System,
}

/// What was found for one item of the checklist. *Not seen* is not *ok*.
#[uniffi::remote(Enum)]
pub enum Answer {
    /// 正常
    Ok,
    /// 有问题
    Problem,
    /// 当场改正
    FixedOnSpot,
    /// 不适用
    NotApplicable,
    /// 未查看
    NotSeen,
}

/// How the notice was received.
#[uniffi::remote(Enum)]
pub enum NoticeReceipt {
    /// 签收
    Signed,
    /// 口头
    Verbal,
    /// 拒签
    Refused,
    /// 张贴
    Posted,
}

/// How, or on what occasion, the elder was visited. An attempt that met nobody is no visit: see
/// `NotMetForm`.
#[uniffi::remote(Enum)]
pub enum VisitKind {
    /// 入户
    Home,
    /// 电话
    Phone,
    /// 视频
    Video,
    /// 邻里代看
    NeighbourRelay,
    /// 节日
    Festival,
    /// 恶劣天气
    Weather,
    /// 跟进
    FollowUp,
    /// 转介回访
    ReferralCallBack,
}

/// Something that must not wait for the end of the form.
#[uniffi::remote(Enum)]
pub enum Signal {
    /// 突发疾病
    AcuteIllness,
    /// 燃气味
    GasSmell,
    /// 疑似受虐
    SuspectedAbuse,
    /// 疑似忽视
    Neglect,
    /// 轻生言语
    SuicidalWords,
    /// 轻生行为
    SuicidalAct,
    /// 无人应答
    NoAnswer,
    /// 涉诈
    Fraud,
    /// 走失
    Missing,
    /// 照护者崩溃
    CarerCollapse,
}

/// By what means somebody was tried.
#[uniffi::remote(Enum)]
pub enum Means {
    /// 上门
    Door,
    /// 电话
    Phone,
    /// 视频
    Video,
    /// 紧急联系人
    Contact,
    /// 邻居
    Neighbour,
}

/// What happened.
#[uniffi::remote(Enum)]
pub enum RiskKind {
    /// 跌倒
    Fall,
    /// 走失
    Lost,
    /// 噎食
    Choking,
    /// 自杀自伤
    SelfHarm,
    /// 其他
    Other,
}

/// What the consent is for. Each is asked apart.
#[uniffi::remote(Enum)]
pub enum Purpose {
    /// 建档
    Archive,
    /// 健康信息
    Health,
    /// 拍照
    Photo,
    /// 告知家属
    FamilyShare,
    /// 提供给社康
    HealthCenterShare,
    /// 提供给民政
    CivilAffairsShare,
    /// 提供给志愿者
    VolunteerShare,
}

/// How a consent stands, weakest first: the most restrictive of concurrent statements holds.
#[uniffi::remote(Enum)]
pub enum ConsentState {
    /// 同意
    Granted,
    /// 有限同意
    Limited,
    /// 未询问
    NotAsked,
    /// 拒绝
    Refused,
    /// 撤回
    Withdrawn,
}

/// How it was said.
#[uniffi::remote(Enum)]
pub enum ConsentMethod {
    /// 书面: the paper's hash goes with it.
    Paper,
    /// 口头并有见证人
    VerbalWithWitness,
    /// 监护人
    Guardian,
}

/// Which act it is.
#[uniffi::remote(Enum)]
pub enum BreakGlassAct {
    /// Something was told without consent.
    Opened,
    /// A steward looked at it, within 24 hours.
    Reviewed,
    /// The elder was told of it.
    ElderTold,
}

/// How far a need has come.
#[uniffi::remote(Enum)]
pub enum NeedState {
    /// 已提出
    Raised,
    /// 已匹配
    Matched,
    /// 已满足
    Met,
}

/// How a flag stands.
#[uniffi::remote(Enum)]
pub enum FlagStanding {
    /// The rule holds.
    Raised,
    /// It held and does so no more: put right, linked, answered. What it set in motion goes on.
    Ended,
    /// Late data shows that it should not have been raised: the evidence was voided or corrected.
    Withdrawn,
    /// The rule holds, and a person has said that on this evidence it is not right. New evidence raises it again.
    Dismissed,
}

/// Why a submission is held for a person to decide. Nothing is ever refused for good at the door.
#[uniffi::remote(Enum)]
pub enum HoldCode {
    /// Of a kind or field that this server does not know yet.
    TooNew,
    /// Does not decode.
    Unreadable,
    /// A field or event that this role may not write.
    NotPermitted,
    /// Written without, or after losing, access to the caseload.
    NoAccess,
    /// Edits an entity that is not there, or whose creation is held.
    UnknownEntity,
    /// From a device that was revoked.
    DeviceRevoked,
    /// Over a limit.
    TooLarge,
    /// Not what an honest editor writes: a value of the wrong shape, a wrong subject, a base from the future.
    Malformed,
}

/// How grave a message is.
#[uniffi::remote(Enum)]
pub enum Level {
    /// The form cannot be finished like this.
    Error,
    /// Danger now: phone first, record second.
    Alarm,
    /// Doubtful; may be finished.
    Warning,
}
