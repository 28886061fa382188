//! `POST /v1/logout`: ends the session.

use axum::http::StatusCode;

use crate::auth::token::By;
use crate::auth::{Caller, Mode};
use crate::db::session;
use crate::error::ApiError;

/// Ends the caller's session. A phone has none: it is revoked instead.
#[utoipa::path(
    post, path = "/v1/logout", tag = "access",
    responses((status = 204), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(caller: Caller) -> Result<StatusCode, ApiError> {
    let (mut tx, _) = caller.identify(Mode::Write).await?;
    if let By::Session(id) = caller.by() {
        session::end(&mut tx, id, caller.app().clock().now()).await?;
        tx.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;

    use crate::testing::Server;

    #[tokio::test]
    async fn after_logging_out_a_valid_token_opens_nothing() {
        let server = Server::start().await;
        server.person("he", Role::Dispatcher).await;
        let session = server.login("he").await;
        let access = session["access"].as_str();
        assert_eq!(server.post("/v1/logout", access, json!({})).await.status, 204);
        assert_eq!(server.get("/v1/me", access).await.code(), "session_ended");
        let refresh = server.post("/v1/refresh", None, json!({"refresh": session["refresh"]})).await;
        assert_eq!(refresh.code(), "refresh_refused");
    }
}
