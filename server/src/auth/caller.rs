//! The caller of an endpoint: taken from the request's token, judged when the handler asks for data.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId, PersonId};
use sync_core::time::Timestamp;

use super::token::{Bearer, By, TokenError};
use super::{Access, Mode, authorize, credential, identify, refused};
use crate::app::App;
use crate::db::Tx;
use crate::db::person::Person;
use crate::error::{self, ApiError};
use crate::limit::Who;

/// Somebody with a valid token. That alone gives nothing: ask [`Caller::enter`].
pub(crate) struct Caller {
    app: App,
    bearer: Bearer,
    until: Timestamp,
}

impl Caller {
    /// Into a caseload, in one of these roles, to look.
    pub(crate) async fn look(&self, caseload: CaseloadId, roles: &[Role]) -> Result<Access, ApiError> {
        authorize(&self.app, self.bearer, caseload, roles, Mode::Read).await
    }

    /// Into a caseload, in one of these roles, to change something or to look in a way that is recorded.
    pub(crate) async fn enter(&self, caseload: CaseloadId, roles: &[Role]) -> Result<Access, ApiError> {
        authorize(&self.app, self.bearer, caseload, roles, Mode::Write).await
    }

    /// Into a caseload, to open a file. Being refused is recorded; the handler records the look itself.
    pub(crate) async fn open(
        &self,
        caseload: CaseloadId,
        roles: &[Role],
        subject: Option<EntityId>,
        what: &str,
    ) -> Result<Access, ApiError> {
        self.or_recorded(self.enter(caseload, roles).await, caseload, subject, what).await
    }

    /// Into a caseload, to gather what a list will show without keeping others from writing. Being refused is recorded;
    /// to record the look, the handler opens the caseload once more before it answers.
    pub(crate) async fn gather(&self, caseload: CaseloadId, roles: &[Role], what: &str) -> Result<Access, ApiError> {
        self.or_recorded(self.look(caseload, roles).await, caseload, None, what).await
    }

    async fn or_recorded(
        &self,
        access: Result<Access, ApiError>,
        caseload: CaseloadId,
        subject: Option<EntityId>,
        what: &str,
    ) -> Result<Access, ApiError> {
        match access {
            Err(error) if error.is(&error::NOT_FOUND) || error.is(&error::ROLE_NOT_ALLOWED) => {
                refused(&self.app, self.bearer, caseload, subject, what).await?;
                Err(error)
            }
            other => other,
        }
    }

    /// Who it is. The transaction is for what belongs to the person.
    pub(crate) async fn identify(&self, mode: Mode) -> Result<(Tx, Person), ApiError> {
        identify(&self.app, self.bearer, mode).await
    }

    /// The app.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// The person whom the token names.
    pub(crate) fn person(&self) -> PersonId {
        self.bearer.person
    }

    /// How long the token is good.
    pub(crate) fn lasts(&self) -> Duration {
        let left = self.until - self.app.clock().now();
        Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(0))
    }

    /// With what they came in.
    pub(crate) fn by(&self) -> By {
        self.bearer.by
    }
}

/// What the request shows as `Authorization: Bearer`.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = token(&parts.headers).ok_or(&error::UNAUTHENTICATED)?;
        let auth = app.auth();
        let (bearer, until) = auth.tokens.check(token, auth.clock.now()).map_err(|error| match error {
            TokenError::Expired => ApiError::from(&error::TOKEN_EXPIRED),
            TokenError::Invalid if token.starts_with(credential::PREFIX) => {
                ApiError::from(&error::UNAUTHENTICATED).detail("a desk's credential serves the slips of its desk alone")
            }
            TokenError::Invalid => ApiError::from(&error::UNAUTHENTICATED),
        })?;
        let (By::Session(id) | By::Device(id)) = bearer.by;
        app.ask(Who::Bearer(id)).map_err(ApiError::too_many)?;
        Ok(Self { app: app.clone(), bearer, until })
    }
}
