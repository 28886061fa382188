//! Who comes to a desk: an officer or a dispatcher with an access token, or the department's own system with a credential
//! of the desk. Endpoints that take a [`Caller`] alone have no way in for such a system.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::limits;

use super::caller::token;
use super::credential::{Shown, System};
use super::{Access, Caller, Mode};
use crate::app::App;
use crate::db::credential;
use crate::error::{self, ApiError, Problem};
use crate::flow::desk::Way;
use crate::http::{Came, Fingerprint, REQUEST_KEY};

pub(crate) const ACTING_MISSING: Problem = Problem::new(
    422,
    "acting_missing",
    "请在 Doorstep-Acting 请求头中写明经办人姓名(UTF-8,百分号编码)。",
    "Say who acts, by name, in the header Doorstep-Acting: UTF-8, percent-encoded, at most 128 bytes.",
);
pub(crate) const KEY_MISSING: Problem = Problem::new(
    422,
    "key_missing",
    "请在 Idempotency-Key 请求头中给出本次请求的编号,重发时用同一编号。",
    "Give the request a key of yours in the header Idempotency-Key, and the same key when you send it again.",
);
pub(crate) const KEY_REUSED: Problem = Problem::new(
    422,
    "key_reused",
    "此编号已用于另一个请求。",
    "Another request was made with this Idempotency-Key before.",
);

/// Says who acts.
const ACTING: &str = "doorstep-acting";

/// Somebody at a desk. That alone gives nothing: ask [`AtDesk::enter`].
pub(crate) struct AtDesk(Visitor);

enum Visitor {
    Person(Caller),
    System { system: System, request: Result<Request, &'static Problem>, acting: Result<String, &'static Problem> },
}

/// A request that may come again.
#[derive(Clone, Copy)]
struct Request {
    key: [u8; 32],
    fingerprint: [u8; 32],
}

impl AtDesk {
    /// To a desk, in one of these roles, to look.
    pub(crate) async fn look(&self, desk: CaseloadId, roles: &[Role]) -> Result<Access, ApiError> {
        match &self.0 {
            Visitor::Person(caller) => caller.look(desk, roles).await,
            Visitor::System { system, .. } => system.authorize(desk, roles, Mode::Read).await,
        }
    }

    /// To a desk, in one of these roles, to do something there. A system says for whom.
    pub(crate) async fn enter(&self, desk: CaseloadId, roles: &[Role]) -> Result<Access, ApiError> {
        match &self.0 {
            Visitor::Person(caller) => caller.enter(desk, roles).await,
            Visitor::System { system, acting, .. } => {
                let access = system.authorize(desk, roles, Mode::Write).await?;
                acting.as_ref().map_err(|problem| ApiError::from(*problem))?;
                Ok(access)
            }
        }
    }

    /// To a desk, to look at a slip. Being refused is recorded; the handler records the look itself.
    pub(crate) async fn open(
        &self,
        desk: CaseloadId,
        roles: &[Role],
        slip: EntityId,
        what: &str,
    ) -> Result<Access, ApiError> {
        match &self.0 {
            Visitor::Person(caller) => caller.open(desk, roles, Some(slip), what).await,
            Visitor::System { system, .. } => match system.authorize(desk, roles, Mode::Write).await {
                Err(error) if error.is(&error::NOT_FOUND) => {
                    system.refused(desk, Some(slip), what).await?;
                    Err(error)
                }
                other => other,
            },
        }
    }

    /// By which way they act here.
    pub(crate) fn way(&self) -> Result<Way, ApiError> {
        match &self.0 {
            Visitor::Person(_) => Ok(Way::Console),
            Visitor::System { system, acting, .. } => {
                let name = acting.clone().map_err(ApiError::from)?;
                Ok(Way::System { credential: system.id(), name })
            }
        }
    }

    /// Whether this has to be done: false when the same system asked for the same with the same key and it was done. Kept
    /// in the transaction that does it.
    ///
    /// # Errors
    /// [`KEY_MISSING`], [`KEY_REUSED`].
    pub(crate) async fn once(&self, access: &mut Access) -> Result<bool, ApiError> {
        let Visitor::System { system, request, .. } = &self.0 else { return Ok(true) };
        let Request { key, fingerprint } = *request.as_ref().map_err(|problem| ApiError::from(*problem))?;
        let whose = (access.scope.caseload(), system.id());
        match credential::requested(&mut access.tx, whose, key).await? {
            Some(before) if before == fingerprint => Ok(false),
            Some(_) => Err(ApiError::from(&KEY_REUSED)),
            None => {
                let now = self.app().clock().now();
                credential::put_request(&mut access.tx, whose, (key, fingerprint), now).await?;
                Ok(true)
            }
        }
    }

    /// The app.
    pub(crate) fn app(&self) -> &App {
        match &self.0 {
            Visitor::Person(caller) => caller.app(),
            Visitor::System { system, .. } => &system.app,
        }
    }
}

impl FromRequestParts<App> for AtDesk {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Some(shown) = token(&parts.headers).and_then(Shown::parse) else {
            return Caller::from_request_parts(parts, app).await.map(|caller| Self(Visitor::Person(caller)));
        };
        let Came(from) = Came::from_request_parts(parts, app).await?;
        let acting = acting(&parts.headers).ok_or(&ACTING_MISSING);
        let request = match (key(&parts.headers), parts.extensions.get::<Fingerprint>()) {
            (Some(key), Some(Fingerprint(fingerprint))) => Ok(Request { key, fingerprint: *fingerprint }),
            _ => Err(&KEY_MISSING),
        };
        let system = System { app: app.clone(), shown, acting: acting.clone().ok(), from };
        Ok(Self(Visitor::System { system, request, acting }))
    }
}

/// The hash of the key that the request was given.
fn key(headers: &HeaderMap) -> Option<[u8; 32]> {
    let key = headers.get(REQUEST_KEY)?.as_bytes();
    (!key.is_empty() && key.len() <= limits::REQUEST_KEY_BYTES).then(|| Sha256::digest(key).into())
}

/// Who acts: a name in UTF-8, percent-encoded or as it is.
fn acting(headers: &HeaderMap) -> Option<String> {
    let mut name = Vec::new();
    let mut bytes = headers.get(ACTING)?.as_bytes().iter().copied();
    while let Some(byte) = bytes.next() {
        name.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).ok()?
            }
            plain => plain,
        });
    }
    let name = String::from_utf8(name).ok()?;
    let name = name.trim();
    let fits = !name.is_empty() && name.len() <= limits::ACTING_BYTES && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_name_is_read_in_either_way_of_writing_it() {
        let named = |bytes: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(ACTING, HeaderValue::from_bytes(bytes).unwrap());
            acting(&headers)
        };
        for written in ["赵工".as_bytes(), b"%E8%B5%B5%e5%b7%a5", b"  %E8%B5%B5\xe5\xb7\xa5 "] {
            assert_eq!(named(written).as_deref(), Some("赵工"));
        }
        for wrong in [&b""[..], b"  ", b"%", b"%E8", b"%zz", b"%00", b"%0a", b"\xe8", &[b'x'; limits::ACTING_BYTES + 1]]
        {
            assert_eq!(named(wrong), None);
        }
        assert_eq!(acting(&HeaderMap::new()), None);
    }
}
