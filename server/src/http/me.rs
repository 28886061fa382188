//! `GET /v1/me`: who the caller is.

use axum::Json;
use serde::Serialize;
use sync_core::author::Role;
use sync_core::id::{DeviceId, PersonId};

use crate::auth::token::By;
use crate::auth::{Caller, Mode};
use crate::error::ApiError;

/// The caller.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Me {
    /// Their id.
    #[schema(value_type = String)]
    person: PersonId,
    /// Their login.
    login: String,
    /// Their name.
    name: String,
    /// What they are where nothing else is said.
    #[schema(value_type = String, example = "worker")]
    role: Role,
    /// The phone, if they came with one.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceId>,
}

/// Who the caller is.
#[utoipa::path(
    get, path = "/v1/me", tag = "access",
    responses((status = 200, body = Me), (status = "4XX", body = crate::error::ProblemBody)),
)]
pub(crate) async fn read(caller: Caller) -> Result<Json<Me>, ApiError> {
    let (_, person) = caller.identify(Mode::Read).await?;
    let device = match caller.by() {
        By::Device(id) => Some(id),
        By::Session(_) => None,
    };
    Ok(Json(Me { person: person.id, login: person.login, name: person.name, role: person.role, device }))
}

#[cfg(test)]
mod tests {
    use sync_core::author::Role;

    use crate::testing::Server;

    #[tokio::test]
    async fn without_a_token_nobody_is_known() {
        let server = Server::start().await;
        for token in [None, Some(""), Some("nonsense"), Some("a.b.c")] {
            let answer = server.get("/v1/me", token).await;
            assert_eq!((answer.status, answer.code()), (401, "unauthenticated"));
            assert_eq!(answer.content_type, "application/problem+json");
            let instance = answer.body["instance"].as_str().unwrap();
            assert!(instance.starts_with("urn:doorstep:request:"), "{instance}");
        }
    }

    #[tokio::test]
    async fn a_disabled_person_is_out_at_once() {
        let server = Server::start().await;
        let he = server.person("he", Role::Dispatcher).await;
        let session = server.login("he").await;
        server.admin().disable(he, true).await.unwrap();
        assert_eq!(server.get("/v1/me", session["access"].as_str()).await.code(), "unauthenticated");
    }
}
