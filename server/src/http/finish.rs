//! What every request gets: an id, a line in the log that names no person, and headers. The route's pattern is logged,
//! never the path or the query: they may hold a name that somebody searched for.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::app::App;
use crate::error::name_instance;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps every endpoint.
pub(crate) async fn finish(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = app.request_id().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", %id, method = %request.method(), route);
    let response = async {
        let response = name_instance(next.run(request).await, &id);
        tracing::info!(status = response.status().as_u16(), "answered");
        response
    };
    let mut response = response.instrument(span).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
