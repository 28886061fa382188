//! `POST /v1/login`: a person at a console.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use sync_core::author::Role;
use sync_core::id::{DeviceId, PersonId};
use sync_core::time::Timestamp;

use super::{Came, JsonBody, Knocked, Moment};
use crate::app::App;
use crate::auth::token::{Bearer, By};
use crate::auth::{password, refresh};
use crate::db::person::{self, Person};
use crate::db::session;
use crate::error::{ApiError, Problem};
use crate::hex::Hex;

/// One problem for every reason: whoever guesses learns neither who has a login nor who is disabled.
pub(crate) const WRONG_LOGIN: Problem =
    Problem::new(401, "wrong_login", "用户名或密码不对。", "The login or the password is wrong.");
pub(crate) const TOO_MANY_ATTEMPTS: Problem =
    Problem::new(429, "too_many_attempts", "尝试次数过多,请稍后再试。", "Too many attempts; please try again later.");

/// Who wants to log in.
#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct Login {
    /// The login.
    #[schema(example = "he")]
    login: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
}

/// A session at a console.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Session {
    /// For the `Authorization: Bearer` header.
    access: String,
    /// When it expires.
    #[schema(value_type = String, format = DateTime)]
    access_expires_at: Moment,
    /// For `POST /v1/refresh`. Each use gives a successor; this one stays good until the successor is used.
    refresh: String,
    /// When one must log in again.
    #[schema(value_type = String, format = DateTime)]
    session_expires_at: Moment,
    /// The person's id.
    #[schema(value_type = String)]
    person: PersonId,
    /// The person's name.
    name: String,
    /// What they are where nothing else is said.
    #[schema(value_type = String, example = "dispatcher")]
    role: Role,
}

/// Logs a person in.
#[utoipa::path(
    post, path = "/v1/login", tag = "access", security(()), request_body = Login,
    responses((status = 200, body = Session), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn post(
    State(app): State<App>,
    _: Knocked,
    Came(from): Came,
    JsonBody(Login { login, password }): JsonBody<Login>,
) -> Result<Json<Session>, ApiError> {
    let (auth, from) = (app.auth(), from);
    let now = auth.clock.now();
    refuse_guessing(&app, &login, from, now)?;
    // The hash is computed outside of any transaction: it is slow on purpose.
    let found = person::by_login(&mut app.db().read().await?, &login).await?;
    let hash = found.as_ref().filter(|p| p.disabled_at.is_none()).and_then(|p| p.password.clone());
    if !password::verify(password, hash).await {
        auth.throttle.failed(&login, from, now);
        tracing::warn!("login refused");
        return Err(ApiError::from(&WRONG_LOGIN));
    }
    let person = found.ok_or(&WRONG_LOGIN)?;
    auth.throttle.succeeded(&login, from);
    begin(&app, person, now).await.map(Json)
}

fn refuse_guessing(app: &App, login: &str, from: Option<IpAddr>, now: Timestamp) -> Result<(), ApiError> {
    let Some(wait) = app.auth().throttle.wait(login, from, now) else { return Ok(()) };
    let seconds = u64::try_from(wait.as_millis()).unwrap_or(0).div_ceil(1000);
    Err(ApiError::from(&TOO_MANY_ATTEMPTS).retry_after(seconds))
}

async fn begin(app: &App, person: Person, now: Timestamp) -> Result<Session, ApiError> {
    let auth = app.auth();
    let id = DeviceId::new(now, auth.random.id_bits());
    let (secret, expires_at) = (Hex(auth.random.bytes::<32>()), now + auth.lifetimes.session());
    let mut tx = app.db().write().await?;
    session::insert(&mut tx, id, person.id, now, expires_at).await?;
    refresh::issue(&mut tx, id, secret, now).await?;
    tx.commit().await?;
    Session::of(app, person, id, secret, expires_at)
}

impl Session {
    /// The answer that holds a session's newest credentials.
    pub(super) fn of(
        app: &App,
        person: Person,
        id: DeviceId,
        secret: Hex<32>,
        expires_at: Timestamp,
    ) -> Result<Self, ApiError> {
        let (tokens, now) = (&app.auth().tokens, app.clock().now());
        let bearer = Bearer { person: person.id, by: By::Session(id) };
        Ok(Self {
            access: tokens.issue(bearer, now).map_err(ApiError::internal)?,
            access_expires_at: (now + tokens.lifetime()).into(),
            // A console sends its refresh secret alone, so the secret says whose it is.
            refresh: format!("{id}.{secret}"),
            session_expires_at: expires_at.into(),
            person: person.id,
            name: person.name,
            role: person.role,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;
    use sync_core::time::Span;

    use crate::testing::{PASSWORD, Server};

    #[tokio::test]
    async fn a_person_logs_in_and_is_known() {
        let server = Server::start().await;
        let he = server.person("he", Role::Dispatcher).await;
        let session = server.post("/v1/login", None, json!({"login": "he", "password": PASSWORD})).await.ok();
        assert_eq!(session["person"], he.to_string());
        let me = server.get("/v1/me", session["access"].as_str()).await.ok();
        assert_eq!((me["login"].as_str(), me["role"].as_str()), (Some("he"), Some("dispatcher")));
    }

    #[tokio::test]
    async fn every_wrong_login_gets_the_same_answer() {
        let server = Server::start().await;
        server.person("he", Role::Dispatcher).await;
        let mut wrong = server.post("/v1/login", None, json!({"login": "he", "password": "not his password"})).await;
        let mut nobody = server.post("/v1/login", None, json!({"login": "hu", "password": PASSWORD})).await;
        for answer in [&mut wrong, &mut nobody] {
            assert_eq!((answer.status, answer.code()), (401, "wrong_login"));
            assert!(answer.body["zh"].is_string() && answer.body["en"].is_string());
            answer.body["instance"].take();
        }
        assert_eq!(wrong.body, nobody.body);
    }

    #[tokio::test]
    async fn guessing_gets_slow() {
        let server = Server::start().await;
        server.person("he", Role::Dispatcher).await;
        let guess = json!({"login": "he", "password": "a wrong password"});
        for _ in 0..5 {
            assert_eq!(server.post("/v1/login", None, guess.clone()).await.code(), "wrong_login");
        }
        let right = json!({"login": "he", "password": PASSWORD});
        let refused = server.post("/v1/login", None, right.clone()).await;
        assert_eq!((refused.status, refused.code()), (429, "too_many_attempts"));
        server.clock.advance(Span::seconds(2));
        assert_eq!(server.post("/v1/login", None, right).await.status, 200);
    }
}
