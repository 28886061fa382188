//! A JSON body is read whole before anybody answers: an answer to somebody who is still sending would reach them as a
//! broken link, and what was wrong would be lost with it. And with the body at hand, a request that the database gave up
//! for the sake of another one is done again.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderName;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};
use sync_core::limits;

use super::sync::{is_sync, next};
use crate::db::ATTEMPTS;
use crate::error::{self, ApiError};

/// Largest JSON body: a reply with its texts is far below. `/v1/sync` has a limit of its own.
pub(crate) const JSON_BYTES: usize = 64 * 1024;

/// By which a client says that a request is one that it sent before.
pub(crate) const REQUEST_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What was asked: a hash of method, path and body, of a request that comes with a [`REQUEST_KEY`].
#[derive(Clone, Copy)]
pub(crate) struct Fingerprint(pub(crate) [u8; 32]);

impl Fingerprint {
    fn of(parts: &Parts, body: &[u8]) -> Self {
        let asked = format!("{} {}\n", parts.method, parts.uri.path());
        Self(Sha256::new().chain_update(asked).chain_update(body).finalize().into())
    }
}

/// Reads the body, or refuses it once it is over.
pub(crate) async fn whole(request: Request, then: Next) -> Response {
    if is_sync(request.headers()) {
        return then.run(request).await;
    }
    let (mut parts, mut body) = request.into_parts();
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
    if parts.headers.contains_key(REQUEST_KEY) {
        parts.extensions.insert(Fingerprint::of(&parts, &kept));
    }
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
