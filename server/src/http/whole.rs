//! A JSON body is read whole before anybody answers: an answer to somebody who is still sending would reach them as a
//! broken link, and what was wrong would be lost with it. And with the body at hand, a request that the database gave up
//! for the sake of another one is done again.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sync_core::limits;

use super::sync::{is_sync, next};
use crate::db::ATTEMPTS;
use crate::error::{self, ApiError};

/// Largest JSON body: a reply with its texts is far below. `/v1/sync` has a limit of its own.
pub(crate) const JSON_BYTES: usize = 64 * 1024;

/// Reads the body, or refuses it once it is over.
pub(crate) async fn whole(request: Request, then: Next) -> Response {
    if is_sync(request.headers()) {
        return then.run(request).await;
    }
    let (parts, mut body) = request.into_parts();
    let (mut kept, mut read) = (Vec::new(), 0);
    while read <= limits::MESSAGE_BYTES
        && let Some(bytes) = next(&mut body).await
    {
        read += bytes.len();
        if read <= JSON_BYTES {
            kept.extend_from_slice(&bytes);
        }
    }
    if read > JSON_BYTES {
        return ApiError::from(&error::TOO_LARGE).into_response();
    }
    let kept = Bytes::from(kept);
    for _ in 1..ATTEMPTS {
        let request = Request::from_parts(parts.clone(), Body::from(kept.clone()));
        let response = then.clone().run(request).await;
        if !error::is_busy(&response) {
            return response;
        }
        tracing::debug!("another request was in the way; again");
    }
    then.run(Request::from_parts(parts, Body::from(kept))).await
}
