//! `POST /v1/refresh`: a console whose access token has expired.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sync_core::id::DeviceId;

use super::login::Session;
use super::{JsonBody, Knocked};
use crate::app::App;
use crate::auth::refresh::{self, Judgement};
use crate::db::{person, session};
use crate::error::{ApiError, Problem};
use crate::hex::Hex;

pub(crate) const REFRESH_REFUSED: Problem = Problem::new(
    401,
    "refresh_refused",
    "续期凭证无效,请重新登录。",
    "The refresh secret is not valid; please log in again.",
);

/// The secret from login or from the last refresh.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Refresh {
    /// As it was given out.
    refresh: String,
}

/// Gives a new access token and the successor of the refresh secret.
#[utoipa::path(
    post, path = "/v1/refresh", tag = "access", security(()), request_body = Refresh,
    responses((status = 200, body = Session), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    State(app): State<App>,
    _: Knocked,
    JsonBody(Refresh { refresh: text }): JsonBody<Refresh>,
) -> Result<Json<Session>, ApiError> {
    let (id, secret) = parse(&text).ok_or(&REFRESH_REFUSED)?;
    let (now, fresh) = (app.clock().now(), Hex(app.random().bytes::<32>()));
    let mut tx = app.db().write().await?;
    tx.hold_secrets(id.bytes()).await?;
    let session = session::by_id(&mut tx, id).await?.filter(|s| s.ended_at.is_none() && now < s.expires_at);
    let session = session.ok_or(&REFRESH_REFUSED)?;
    let person = person::by_id(&mut tx, session.person).await?.filter(|p| p.disabled_at.is_none());
    let person = person.ok_or(&REFRESH_REFUSED)?;
    match refresh::present(&mut tx, id, &secret, fresh, now).await? {
        Judgement::Current | Judgement::Successor => {}
        judgement => {
            tracing::warn!(?judgement, "refresh secret of a session refused");
            return Err(ApiError::from(&REFRESH_REFUSED));
        }
    }
    tx.commit().await?;
    Session::of(&app, person, id, fresh, session.expires_at).map(Json)
}

fn parse(text: &str) -> Option<(DeviceId, Hex<32>)> {
    let (id, secret) = text.split_once('.')?;
    Some((id.parse().ok()?, secret.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;
    use sync_core::time::Span;

    use crate::testing::Server;

    #[tokio::test]
    async fn a_session_goes_on_until_its_end() {
        let server = Server::start().await;
        server.person("he", Role::Dispatcher).await;
        let first = server.login("he").await;
        server.clock.advance(Span::minutes(11));
        let expired = server.get("/v1/me", first["access"].as_str()).await;
        assert_eq!((expired.status, expired.code()), (401, "token_expired"));
        let again = server.post("/v1/refresh", None, json!({"refresh": first["refresh"]})).await.ok();
        assert_eq!(server.get("/v1/me", again["access"].as_str()).await.status, 200);
        let lost = server.post("/v1/refresh", None, json!({"refresh": first["refresh"]})).await;
        assert_eq!(lost.status, 200, "the answer may have been lost");
        server.post("/v1/refresh", None, json!({"refresh": again["refresh"]})).await.ok();
        let old = server.post("/v1/refresh", None, json!({"refresh": first["refresh"]})).await;
        assert_eq!((old.status, old.code()), (401, "refresh_refused"));
        server.clock.advance(Span::hours(12));
        let late = server.post("/v1/refresh", None, json!({"refresh": again["refresh"]})).await;
        assert_eq!(late.code(), "refresh_refused");
    }

    #[tokio::test]
    async fn what_is_not_a_secret_is_refused() {
        let server = Server::start().await;
        for text in ["", ".", "a.b", "01J00000000000000000000000.00"] {
            assert_eq!(server.post("/v1/refresh", None, json!({"refresh": text})).await.code(), "refresh_refused");
        }
    }
}
