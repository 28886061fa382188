//! What endpoints that change something share: who acts, and what the flow's objections are called.

use axum::Json;
use serde::Serialize;
use sync_core::id::SubmissionId;
use sync_core::refer::{Objection, StepError};

use crate::auth::Scope;
use crate::error::{self, ApiError, Problem};
use crate::flow::{Actor, FlowError};
use crate::http::weather::declare::ALERT_RUNNING;

pub(crate) const WRONG_STATE: Problem = Problem::new(
    409,
    "wrong_state",
    "转办件已处于其他状态,不能这样做。",
    "The referral is in another state by now; this cannot be done.",
);
pub(crate) const ALREADY_DECIDED: Problem =
    Problem::new(409, "already_decided", "已有人作出决定。", "Somebody has decided already.");
pub(crate) const NOT_THIS_DESK: Problem = Problem::new(
    422,
    "not_this_desk",
    "这件转办涉及个人,政策没有指定由这个部门接收。",
    "This is about a person, and the policy does not name this department for it.",
);
pub(crate) const NO_CONSENT: Problem = Problem::new(
    409,
    "no_consent",
    "长者的同意没有给出,或已撤回、到期。",
    "The elder's consent was not given, was taken back or has run out.",
);
pub(crate) const NOT_CONFIRMED: Problem = Problem::new(
    409,
    "not_confirmed",
    "还没有回访,也没到可以直接办结的日子。",
    "Nobody has confirmed it yet, and it is too early to close it without.",
);
pub(crate) const NOTHING_TO_CORRECT: Problem = Problem::new(
    409,
    "nothing_to_correct",
    "这一轮没有可更正的答复,或转办件已办结、已重办。",
    "There is no answer in this round that could be corrected, or the referral is closed or being done again.",
);
pub(crate) const QUESTION_OPEN: Problem =
    Problem::new(409, "question_open", "上一个问题还没有回答。", "The question before has not been answered yet.");
pub(crate) const NO_SUCH_QUESTION: Problem =
    Problem::new(409, "no_such_question", "没有这个待答的问题。", "No such question waits for an answer.");
pub(crate) const CANNOT_MERGE: Problem =
    Problem::new(422, "cannot_merge", "内容无法并入档案。", "What was written cannot become part of the record.");
pub(crate) const TEXT_MISSING: Problem = Problem::new(422, "text_missing", "请填写说明。", "Please say why, in words.");
pub(crate) const TEXT_TOO_LONG: Problem = Problem::new(422, "text_too_long", "文字过长。", "The text is too long.");

impl From<FlowError> for ApiError {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::NotFound => Self::from(&error::NOT_FOUND),
            FlowError::Step(StepError::NotYours { .. }) => Self::from(&error::ROLE_NOT_ALLOWED),
            FlowError::Step(error @ StepError::NotFromHere { .. }) => {
                Self::from(&WRONG_STATE).detail(error.to_string())
            }
            FlowError::Objection(objection) => Self::from(problem_of(objection)),
            FlowError::Refused(code) => Self::from(&CANNOT_MERGE).detail(code.code()),
            FlowError::AlreadyDecided => Self::from(&ALREADY_DECIDED),
            FlowError::Running => Self::from(&ALERT_RUNNING),
            FlowError::Db(error) => Self::from(error),
            other => Self::internal(other),
        }
    }
}

const fn problem_of(objection: Objection) -> &'static Problem {
    match objection {
        Objection::NotThisDesk => &NOT_THIS_DESK,
        Objection::NoConsent => &NO_CONSENT,
        Objection::NotConfirmed => &NOT_CONFIRMED,
        Objection::NothingToCorrect => &NOTHING_TO_CORRECT,
        Objection::NotAtDesk => &WRONG_STATE,
        Objection::QuestionOpen => &QUESTION_OPEN,
        Objection::NoSuchQuestion => &NO_SUCH_QUESTION,
        Objection::AlreadyReviewed => &ALREADY_DECIDED,
    }
}

/// Whoever this scope is for, as the flow sees them.
pub(crate) fn actor(scope: &Scope) -> Actor {
    Actor { device: scope.device(), person: scope.person(), role: scope.role() }
}

/// An act that was done.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Done {
    /// The submission that it became in the log.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<SubmissionId>,
}

impl Done {
    pub(crate) fn by(submission: SubmissionId) -> Json<Self> {
        Json(Self { submission: Some(submission) })
    }

    pub(crate) fn nothing_more() -> Json<Self> {
        Json(Self { submission: None })
    }
}

/// A text that must say something.
pub(crate) fn said(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ApiError::from(&TEXT_MISSING));
    }
    if text.len() > sync_core::limits::TEXT_BYTES {
        return Err(ApiError::from(&TEXT_TOO_LONG));
    }
    Ok(text.to_owned())
}

/// A text that may say something.
pub(crate) fn maybe_said(text: Option<String>) -> Result<Option<String>, ApiError> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(said).transpose()
}
