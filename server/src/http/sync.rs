//! `POST /v1/sync`: a phone's outbox up, what is new down, in one exchange. See [`sync_core::wire`] for the bytes.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use sync_core::limits;

use super::Came;
use crate::app::App;
use crate::error::{self, ApiError, Problem};
use crate::limit::Who;
use crate::sync::{Refusal, Sync};

/// The type of both streams.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.doorstep.sync";
/// The longest silence on the way up. What arrived before it is committed.
const SILENCE: Duration = Duration::from_secs(60);

pub(crate) const UNKNOWN_DEVICE: Problem = Problem::new(
    401,
    "unknown_device",
    "服务器不认识此设备,请重新登记。",
    "The server does not know this device; please enrol again.",
);
pub(crate) const NOT_SYNC: Problem = Problem::new(
    400,
    "not_a_sync_request",
    "这不是同步请求,或开头已损坏。",
    "This is not a sync request, or its beginning is damaged.",
);
pub(crate) const NOT_SIGNED_BY_DEVICE: Problem = Problem::new(
    401,
    "not_signed_by_device",
    "签名与此设备的密钥不符。",
    "The signature does not fit the key of this device.",
);
pub(crate) const SYNC_TOO_NEW: Problem = Problem::new(
    400,
    "sync_version",
    "同步协议版本较新,服务器暂不支持。",
    "The server does not know this version of the sync protocol yet.",
);

/// Takes in the outbox, frame by frame, and answers with acknowledgements, verdicts and what is new.
#[utoipa::path(
    post, path = "/v1/sync", tag = "sync", security(()),
    request_body(content_type = "application/vnd.doorstep.sync", content = Vec<u8>),
    responses(
        (status = 200, content_type = "application/vnd.doorstep.sync", body = Vec<u8>),
        (status = "4XX", body = crate::error::ProblemBody),
    ),
)]
pub(crate) async fn post(State(app): State<App>, Came(from): Came, request: Request) -> Result<Response, ApiError> {
    if let Some(from) = from {
        app.ask(Who::SyncDoor(from)).map_err(ApiError::too_many)?;
    }
    if !is_sync(request.headers()) {
        return Err(ApiError::from(&error::WRONG_TYPE));
    }
    let mut body = request.into_body();
    let taken = take_in(app, &mut body).await;
    drain(&mut body).await;
    let answer = taken?.answer().await?;
    // The answer keeps its place until the last of it is sent.
    let answer = Bytes::from_owner(answer);
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))], answer).into_response())
}

async fn take_in(app: App, body: &mut Body) -> Result<Sync, Refusal> {
    let mut sync = Sync::new(app);
    while let Some(bytes) = next(body).await {
        if !sync.push(&bytes).await? {
            break;
        }
    }
    Ok(sync)
}

/// Lets the phone finish what it is sending: an answer before that would reach it as a broken link.
async fn drain(body: &mut Body) {
    let mut read = 0;
    while read <= limits::MESSAGE_BYTES
        && let Some(bytes) = next(body).await
    {
        read += bytes.len();
    }
}

/// Whether this says that it is a stream.
pub(super) fn is_sync(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes() == CONTENT_TYPE.as_bytes())
}

/// The next bytes; none when they end, the link is cut or nothing comes for too long.
pub(super) async fn next(body: &mut Body) -> Option<Bytes> {
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
        let frame = tokio::time::timeout(SILENCE, frame).await.ok()??.ok()?;
        if let Ok(bytes) = frame.into_data() {
            return Some(bytes);
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        use sync_core::wire::WireError;
        match refusal {
            Refusal::Db(error) => error.into(),
            Refusal::Auth(error) => error.into(),
            Refusal::TooMany(wait) => Self::too_many(wait),
            Refusal::UnknownDevice => Self::from(&UNKNOWN_DEVICE),
            Refusal::Wire(WireError::WrongSeal(_)) => Self::from(&NOT_SIGNED_BY_DEVICE),
            Refusal::Wire(WireError::TooNew(_)) => Self::from(&SYNC_TOO_NEW),
            Refusal::Wire(WireError::Oversized(_)) => Self::from(&error::TOO_LARGE),
            Refusal::Wire(error) => Self::from(&NOT_SYNC).detail(error.en()),
        }
    }
}
