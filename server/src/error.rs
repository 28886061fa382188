//! What a request is answered when it cannot be fulfilled: RFC 9457 problems with a stable code, in zh and en.
//!
//! Endpoints name their own problems as constants beside the handler; those that several share are here. What went
//! wrong inside is logged once, in [`ApiError::into_response`], and never told outside.

use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sync_core::time::Span;

use crate::db::DbError;
use crate::limit;

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The stable code, for programs.
    pub(crate) code: &'static str,
    /// For people who read Chinese.
    pub(crate) zh: &'static str,
    /// For people who read English.
    pub(crate) en: &'static str,
}

impl Problem {
    pub(crate) const fn new(status: u16, code: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self { status, code, zh, en }
    }
}

pub(crate) const BAD_REQUEST: Problem =
    Problem::new(400, "bad_request", "请求内容无法读懂。", "The request cannot be read.");
pub(crate) const UNAUTHENTICATED: Problem = Problem::new(
    401,
    "unauthenticated",
    "请先登录:没有有效的访问令牌。",
    "Please log in: there is no valid access token.",
);
pub(crate) const TOKEN_EXPIRED: Problem =
    Problem::new(401, "token_expired", "访问令牌已过期,请续期。", "The access token has expired; please refresh it.");
pub(crate) const DEVICE_REVOKED: Problem = Problem::new(
    401,
    "device_revoked",
    "此设备已被停用,请联系督导。",
    "This device was revoked; please ask your supervisor.",
);
pub(crate) const ROLE_NOT_ALLOWED: Problem =
    Problem::new(403, "role_not_allowed", "您的角色不能这样做。", "Your role may not do this.");
/// Also what is there but belongs to somebody else: the two answers must not differ.
pub(crate) const NOT_FOUND: Problem = Problem::new(404, "not_found", "没有找到。", "There is nothing here.");
pub(crate) const METHOD_NOT_ALLOWED: Problem =
    Problem::new(405, "method_not_allowed", "此地址不支持这种方法。", "This address does not take this method.");
pub(crate) const TOO_LARGE: Problem = Problem::new(413, "too_large", "请求内容过大。", "The request is too large.");
pub(crate) const WRONG_TYPE: Problem =
    Problem::new(415, "wrong_content_type", "请求的 Content-Type 不对。", "The request has the wrong Content-Type.");
pub(crate) const INVALID: Problem =
    Problem::new(422, "invalid", "有字段填写不对。", "A field is not filled in properly.");
pub(crate) const INTERNAL: Problem = Problem::new(
    500,
    "internal",
    "服务器出错,未做任何更改。请稍后重试。",
    "The server failed and changed nothing. Please try again later.",
);

/// Another request was in the way, again and again.
pub(crate) const BUSY: Problem = Problem::new(
    503,
    "busy",
    "服务器正忙,未做任何更改。请稍后重试。",
    "The server is busy and changed nothing. Please try again in a moment.",
);

/// More is asked of the database than it can do: this request waited its whole time for its turn.
pub(crate) const OVERLOADED: Problem = Problem::new(
    503,
    "overloaded",
    "服务器负荷已满,未做任何更改。请稍后重试。",
    "The server has more to do than it can and changed nothing. Please try again later.",
);

/// Somebody asks too often.
pub(crate) const TOO_MANY_REQUESTS: Problem = Problem::new(
    429,
    "too_many_requests",
    "请求过于频繁,请稍后再试。",
    "Too many requests; please try again in a moment.",
);

/// The database could not write: no room, or a disk that fails.
pub(crate) const STORAGE: Problem = Problem::new(
    507,
    "storage",
    "服务器无法写入存储,未做任何更改。内容仍在您的设备上,请稍后重试并告知管理员。",
    "The server cannot write to its storage and changed nothing. Please try again later, and tell whoever runs it.",
);

/// The problems of this page, for the document of the API.
pub(crate) const SHARED: &[&Problem] = &[
    &BAD_REQUEST,
    &UNAUTHENTICATED,
    &TOKEN_EXPIRED,
    &DEVICE_REVOKED,
    &ROLE_NOT_ALLOWED,
    &NOT_FOUND,
    &METHOD_NOT_ALLOWED,
    &TOO_LARGE,
    &WRONG_TYPE,
    &INVALID,
    &INTERNAL,
    &BUSY,
    &OVERLOADED,
    &STORAGE,
    &TOO_MANY_REQUESTS,
];

/// A request that failed.
#[derive(Debug)]
pub struct ApiError {
    problem: &'static Problem,
    detail: Option<String>,
    retry_after_s: Option<u64>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    /// More about this one occurrence, without personal data.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// When to come back.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A failure of the server, with its cause for the log.
    pub(crate) fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::from(&INTERNAL) }
    }

    /// Somebody asks too often, and has to wait this long.
    pub(crate) fn too_many(wait: Span) -> Self {
        Self::from(&TOO_MANY_REQUESTS).retry_after(limit::seconds(wait))
    }

    /// Whether it is this problem.
    pub(crate) fn is(&self, problem: &Problem) -> bool {
        self.problem.code == problem.code
    }

    /// Whether the server failed, and the caller has done nothing wrong.
    pub(crate) fn is_failure(&self) -> bool {
        self.problem.status >= 500
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem.code
    }
}

impl From<&'static Problem> for ApiError {
    fn from(problem: &'static Problem) -> Self {
        Self { problem, detail: None, retry_after_s: None, cause: None }
    }
}

/// What the database cannot do now and may later, and when to come again, in seconds; nothing, when it failed otherwise.
pub(crate) fn later(error: &DbError) -> Option<(&'static Problem, u64)> {
    if error.is_surprise() {
        Some((&BUSY, 1))
    } else if error.is_overload() {
        Some((&OVERLOADED, 10))
    } else if error.is_storage() {
        Some((&STORAGE, 60))
    } else {
        None
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        let Some((problem, seconds)) = later(&error) else { return Self::internal(error) };
        if error.is_overload() {
            tracing::warn!(%error, "a request waited in vain for its turn at the database");
        }
        let cause = error.is_storage().then(|| error.into());
        Self { cause, ..Self::from(problem).retry_after(seconds) }
    }
}

/// The body of a problem (RFC 9457, with two members more for the two languages).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct ProblemBody {
    /// A stable name of the kind of problem.
    #[schema(example = "urn:doorstep:problem:not_found")]
    pub(crate) r#type: String,
    /// The kind of problem, in English.
    pub(crate) title: &'static str,
    /// The HTTP status.
    #[schema(example = 404)]
    pub(crate) status: u16,
    /// More about this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The last part of `type`.
    #[schema(example = "not_found")]
    pub(crate) code: &'static str,
    /// The kind of problem, in Chinese.
    pub(crate) zh: &'static str,
    /// The kind of problem, in English.
    pub(crate) en: &'static str,
    /// This occurrence: the id of the request, which is also in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance: Option<String>,
}

impl ProblemBody {
    fn of(problem: &Problem) -> Self {
        Self {
            r#type: format!("urn:doorstep:problem:{}", problem.code),
            title: problem.en,
            status: problem.status,
            detail: None,
            code: problem.code,
            zh: problem.zh,
            en: problem.en,
            instance: None,
        }
    }
}

/// The body of a problem where there is no request that could be answered.
pub(crate) fn text(problem: &Problem) -> String {
    serde_json::to_string(&ProblemBody::of(problem)).unwrap_or_default()
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.problem.code, %cause, "request failed");
        }
        let body = ProblemBody { detail: self.detail, ..ProblemBody::of(self.problem) };
        let mut response = answer(&body);
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Arc::new(body));
        response
    }
}

/// Whether this is the answer to a request that another one was in the way of. It may be done again.
pub(crate) fn is_busy(response: &Response) -> bool {
    response.extensions().get::<Arc<ProblemBody>>().is_some_and(|body| body.code == BUSY.code)
}

/// Names the request in a problem that a handler has answered: only the outermost layer knows its id.
pub(crate) fn name_instance(response: Response, request_id: &str) -> Response {
    let Some(body) = response.extensions().get::<Arc<ProblemBody>>() else { return response };
    let named =
        answer(&ProblemBody { instance: Some(format!("urn:doorstep:request:{request_id}")), ..(**body).clone() });
    let mut headers = response.into_parts().0.headers;
    headers.remove(header::CONTENT_LENGTH);
    let (mut parts, body) = named.into_parts();
    for (name, value) in &headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

fn answer(body: &ProblemBody) -> Response {
    let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::AuthError;
    use crate::sync::Refusal;

    #[test]
    fn who_waited_in_vain_for_the_database_is_told_to_come_again() {
        let waited = || DbError::Engine(sqlx::Error::PoolTimedOut);
        // In a handler, where access is judged, and at the door of a phone.
        let (handler, access) = (ApiError::from(waited()), ApiError::from(AuthError::from(waited())));
        for answer in [handler, access, ApiError::from(Refusal::from(AuthError::from(waited())))] {
            let response = answer.into_response();
            let told = (response.status().as_u16(), response.headers()[header::RETRY_AFTER].to_str().unwrap());
            assert_eq!(told, (503, "10"));
            assert!(!is_busy(&response), "it waited long enough: it is not done again at once");
        }
        assert_eq!(ApiError::from(DbError::Engine(sqlx::Error::RowNotFound)).into_response().status(), 500);
    }

    #[test]
    fn a_failure_tells_its_cause_to_nobody() {
        let secret = "disk path";
        let response = ApiError::internal(secret).into_response();
        let body = response.extensions().get::<Arc<ProblemBody>>().unwrap();
        assert!(!serde_json::to_string(&**body).unwrap().contains(secret));
        assert_eq!(response.status(), 500);
    }
}
