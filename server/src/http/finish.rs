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
    let (method, begun) = (request.method().clone(), app.clock().now());
    let answered = route.clone();
    let response = async {
        let response = name_instance(next.run(request).await, &id);
        tracing::info!(status = response.status().as_u16(), "answered");
        response
    };
    let mut response = response.instrument(span).await;
    app.metrics().answered(method.as_str(), &answered, response.status().as_u16(), app.clock().now() - begun);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use sync_core::author::Role;

    use crate::testing::{PASSWORD, Server};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_log_names_routes_and_nobody() {
        let written = Written::default();
        let to = written.clone();
        let log =
            tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG).with_writer(move || to.clone());
        let _guard = tracing::subscriber::set_default(log.finish());
        // With one subscriber alone, a line that another test reaches first would be switched off for all.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let access = server.member("gu.xiulan", Role::Steward, caseload).await;
        server.get(&format!("/v1/caseloads/{caseload}/premises?search=%E9%98%BF%E6%A1%82"), Some(&access)).await.ok();
        server.post("/v1/login", None, json!({"login": "gu.xiulan", "password": "wrong password"})).await;
        server.post("/v1/login", None, json!({"login": PASSWORD, "password": 7})).await;
        let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("/v1/caseloads/{caseload}/premises"), "{log}");
        for secret in ["gu.xiulan", "%E9%98%BF", "阿桂", PASSWORD, "wrong password", &access] {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
    }
}
