//! Every route on one page. What is routed is documented: both come from the same line.

use axum::Router;
use axum::middleware;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::{self, ApiError};
use crate::http::{
    alarms, caseloads, conflicts, deliveries, document, duplicates, dwellings, elders, enrol, evaluation, finish,
    flags, health, held, hints, login, logout, me, notices, premises, read_log, ready, referrals, refresh, report,
    reviews, slips, sync, weather, whole,
};

/// **The list of routes.** A test holds the comment beside each to what is served.
#[rustfmt::skip]
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::base())
        .routes(routes!(health::read))                   // GET  /healthz
        .routes(routes!(ready::read))                    // GET  /readyz
        .routes(routes!(login::post))                    // POST /v1/login
        .routes(routes!(refresh::post))                  // POST /v1/refresh
        .routes(routes!(logout::post))                   // POST /v1/logout
        .routes(routes!(enrol::post))                    // POST /v1/enrol
        .routes(routes!(me::read))                       // GET  /v1/me
        .routes(routes!(caseloads::list))                // GET  /v1/caseloads
        .routes(routes!(sync::post))                     // POST /v1/sync
        .routes(routes!(hints::read))                    // GET  /v1/hints
        .routes(routes!(referrals::list::list))          // GET  /v1/caseloads/{caseload}/referrals
        .routes(routes!(referrals::read::read))          // GET  /v1/caseloads/{caseload}/referrals/{referral}
        .routes(routes!(referrals::dispatch::post))      // POST /v1/caseloads/{caseload}/referrals/{referral}/dispatch
        .routes(routes!(referrals::close::post))         // POST /v1/caseloads/{caseload}/referrals/{referral}/close
        .routes(routes!(referrals::redo::post))          // POST /v1/caseloads/{caseload}/referrals/{referral}/redo
        .routes(routes!(referrals::confirm_flag::post))  // POST /v1/caseloads/{caseload}/referrals/{referral}/confirm-flag
        .routes(routes!(referrals::answer::post))        // POST /v1/caseloads/{caseload}/referrals/{referral}/answer
        .routes(routes!(reviews::list::list))            // GET  /v1/caseloads/{caseload}/reviews
        .routes(routes!(reviews::decide::post))          // POST /v1/caseloads/{caseload}/reviews/{review}/decide
        .routes(routes!(reviews::told::post))            // POST /v1/caseloads/{caseload}/reviews/{review}/told
        .routes(routes!(premises::search::list))         // GET  /v1/caseloads/{caseload}/premises
        .routes(routes!(premises::read::read))           // GET  /v1/caseloads/{caseload}/premises/{premises}
        .routes(routes!(notices::sheet::read))           // GET  /v1/caseloads/{caseload}/notices/{notice}/sheet
        .routes(routes!(elders::list::list))             // GET  /v1/caseloads/{caseload}/elders
        .routes(routes!(elders::read::read))             // GET  /v1/caseloads/{caseload}/elders/{elder}
        .routes(routes!(dwellings::read))                // GET  /v1/caseloads/{caseload}/dwellings/{dwelling}
        .routes(routes!(weather::list))                  // GET  /v1/caseloads/{caseload}/weather
        .routes(routes!(weather::declare::post))         // POST /v1/caseloads/{caseload}/weather
        .routes(routes!(weather::end::post))             // POST /v1/caseloads/{caseload}/weather/{alert}/end
        .routes(routes!(read_log::list))                 // GET  /v1/caseloads/{caseload}/read-log
        .routes(routes!(premises::link::post))           // POST /v1/caseloads/{caseload}/link
        .routes(routes!(duplicates::list))               // GET  /v1/caseloads/{caseload}/duplicates
        .routes(routes!(conflicts::list::list))          // GET  /v1/caseloads/{caseload}/conflicts
        .routes(routes!(conflicts::settle::post))        // POST /v1/caseloads/{caseload}/conflicts/settle
        .routes(routes!(flags::list))                    // GET  /v1/caseloads/{caseload}/flags
        .routes(routes!(flags::decide::post))            // POST /v1/caseloads/{caseload}/flags/{flag}/decide
        .routes(routes!(flags::explain::post))           // POST /v1/caseloads/{caseload}/flags/{flag}/explain
        .routes(routes!(alarms::list::list))             // GET  /v1/caseloads/{caseload}/alarms
        .routes(routes!(alarms::read::read))             // GET  /v1/caseloads/{caseload}/alarms/{n}
        .routes(routes!(alarms::acknowledge::post))      // POST /v1/caseloads/{caseload}/alarms/{n}/acknowledge
        .routes(routes!(held::list::list))               // GET  /v1/caseloads/{caseload}/held
        .routes(routes!(held::decide::post))             // POST /v1/caseloads/{caseload}/held/{submission}/decide
        .routes(routes!(deliveries::list::of_caseload))  // GET  /v1/caseloads/{caseload}/deliveries
        .routes(routes!(deliveries::replay::of_caseload)) // POST /v1/caseloads/{caseload}/deliveries/{delivery}/replay
        .routes(routes!(report::read))                   // GET  /v1/caseloads/{caseload}/report
        .routes(routes!(evaluation::sample))             // GET  /v1/caseloads/{caseload}/evaluation/sample
        .routes(routes!(deliveries::list::of_desk))      // GET  /v1/desks/{desk}/deliveries
        .routes(routes!(deliveries::replay::of_desk))    // POST /v1/desks/{desk}/deliveries/{delivery}/replay
        .routes(routes!(slips::list::list))              // GET  /v1/desks/{desk}/slips
        .routes(routes!(slips::read::read))              // GET  /v1/desks/{desk}/slips/{slip}
        .routes(routes!(slips::open::post))              // POST /v1/desks/{desk}/slips/{slip}/open
        .routes(routes!(slips::ask::post))               // POST /v1/desks/{desk}/slips/{slip}/ask
        .routes(routes!(slips::transcribe::post))        // POST /v1/desks/{desk}/slips/{slip}/transcribe
        .routes(routes!(slips::accept::post))            // POST /v1/desks/{desk}/slips/{slip}/accept
        .routes(routes!(slips::checking::post))          // POST /v1/desks/{desk}/slips/{slip}/checking
        .routes(routes!(slips::reply::post))             // POST /v1/desks/{desk}/slips/{slip}/reply
        .routes(routes!(slips::give_back::post))         // POST /v1/desks/{desk}/slips/{slip}/return
        .routes(routes!(slips::not_accept::post))        // POST /v1/desks/{desk}/slips/{slip}/not-accepted
}

/// The document of the API: OpenAPI 3.1.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

/// What the server serves.
pub(crate) fn router(app: App) -> Router {
    let (api, document) = routes().split_for_parts();
    let docs = utoipa_swagger_ui::SwaggerUi::new("/docs").url("/openapi.json", document);
    api.merge(docs)
        .fallback(async || ApiError::from(&error::NOT_FOUND))
        .method_not_allowed_fallback(async || ApiError::from(&error::METHOD_NOT_ALLOWED))
        .layer(middleware::from_fn(whole::whole))
        .layer(middleware::from_fn_with_state(app.clone(), finish::finish))
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::testing::Server;

    /// `METHOD /path` of every operation in the document.
    fn documented() -> BTreeSet<String> {
        let document = serde_json::to_value(openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().filter(|key| key.as_str() != "parameters");
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        });
        operations.collect()
    }

    #[test]
    fn the_page_says_what_is_served() {
        let page = include_str!("router.rs").split("mod tests").next().unwrap();
        let routed: Vec<&str> = page.lines().filter(|line| line.trim().starts_with(".routes(")).collect();
        let said: BTreeSet<String> = routed
            .iter()
            .map(|line| line.split_once("//").expect("a comment beside each route").1)
            .map(|comment| comment.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(said, documented());
        assert_eq!(said.len(), routed.len());
        assert!(!page.contains(".route("), "a route outside of the document");
    }

    #[test]
    fn every_operation_says_what_it_does_and_how_it_fails() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(operation["summary"].is_string(), "{method} {path} says nothing");
                let fails = operation["responses"].get("4XX").is_some();
                assert!(
                    fails || ["/healthz", "/readyz"].contains(&path.as_str()),
                    "{method} {path} does not say how it fails"
                );
            }
        }
    }

    #[tokio::test]
    async fn the_document_and_its_page_are_served() {
        let server = Server::start().await;
        let document = server.get("/openapi.json", None).await.ok();
        assert_eq!(document["info"]["title"], "Doorstep");
        assert_eq!(server.get("/docs/", None).await.status, 200);
    }

    #[tokio::test]
    async fn strange_requests_get_a_problem() {
        let server = Server::start().await;
        let cases = [
            (server.get("/v1/nowhere", None).await, 404, "not_found"),
            (server.post("/v1/me", None, json!({})).await, 405, "method_not_allowed"),
            (server.post("/v1/login", None, json!({"login": 7})).await, 422, "invalid"),
            (server.post_text("/v1/login", "application/json", "{").await, 400, "bad_request"),
            (server.post_text("/v1/login", "text/plain", "{}").await, 415, "wrong_content_type"),
        ];
        for (answer, status, code) in cases {
            assert_eq!((answer.status, answer.code()), (status, code));
            assert_eq!(answer.content_type, "application/problem+json");
        }
        let long = json!({"login": "x".repeat(whole::JSON_BYTES), "password": ""});
        assert_eq!(server.post("/v1/login", None, long).await.code(), "too_large");
        let typed = server.post("/v1/login", None, json!({"login": ["secret text"], "password": ""})).await;
        assert!(!typed.body.to_string().contains("secret text"));
    }
}
