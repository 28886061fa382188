//! What endpoints that change something share: who acts, and what the flow's objections are called.

use axum::Json;
use serde::Serialize;
use sync_core::id::SubmissionId;
use sync_core::refer::StepError;

use crate::auth::Scope;
use crate::error::{self, ApiError, Problem};
use crate::flow::{Actor, FlowError};

pub(crate) const WRONG_STATE: Problem = Problem::new(
    409,
    "wrong_state",
    "转办件已处于其他状态,不能这样做。",
    "The referral is in another state by now; this cannot be done.",
);
pub(crate) const ALREADY_DECIDED: Problem =
    Problem::new(409, "already_decided", "已有人作出决定。", "Somebody has decided already.");
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
            FlowError::Refused(code) => Self::from(&CANNOT_MERGE).detail(code.code()),
            FlowError::AlreadyDecided => Self::from(&ALREADY_DECIDED),
            FlowError::Db(error) => Self::from(error),
            other => Self::internal(other),
        }
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
