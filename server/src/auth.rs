//! Who is there, and what may they: the one way from a request to data.
//!
//! A token only says who asks. Whether that device, session, person and role still stand is read from the database on
//! every request, in the transaction that serves it ([`authorize`]); a revocation therefore ends access with its commit.
//! What comes out is an [`Access`]: a transaction with the [`Scope`] that it may touch. What is not yours is answered
//! like what is not there.

use std::sync::Arc;

use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, EntityId};
use sync_core::time::Timestamp;

use crate::app::App;
use crate::audit::Read;
use crate::clock::Clock;
use crate::config;
use crate::db::person::{self, Person};
use crate::db::{Db, DbError, Tx, caseload, device, read_log, session};
use crate::error::{self, ApiError, Problem};
use crate::random::Random;

mod at_desk;
mod caller;
pub(crate) mod credential;
pub(crate) mod device_door;
pub(crate) mod enrol;
mod keys;
pub(crate) mod password;
pub(crate) mod refresh;
mod scope;
mod throttle;
pub(crate) mod token;

pub(crate) use at_desk::{ACTING_MISSING, AtDesk, KEY_MISSING, KEY_REUSED};
pub(crate) use caller::Caller;
pub use enrol::Code;
pub use keys::KeyError;
pub(crate) use keys::{ServerKeys, of_checkpoints};
pub(crate) use scope::{Scope, console};
pub(crate) use throttle::Throttle;

use token::{Bearer, By, TokenError, Tokens};

pub(crate) const DEVICE_SUSPENDED: Problem = Problem::new(
    401,
    "device_suspended",
    "此设备的密钥在另一处也被使用,已暂停,请联系督导。",
    "This device's key is in use elsewhere too; it is suspended. Please ask your supervisor.",
);
pub(crate) const SESSION_ENDED: Problem =
    Problem::new(401, "session_ended", "登录已结束,请重新登录。", "The login has ended; please log in again.");

/// What judges access: keys, tokens, time and chance.
pub(crate) struct Auth {
    /// The server's keys.
    pub(crate) keys: ServerKeys,
    /// Signs and checks access tokens.
    pub(crate) tokens: Tokens,
    /// Slows guessing down.
    pub(crate) throttle: Throttle,
    /// How long things last.
    pub(crate) lifetimes: config::Access,
    /// What time it is.
    pub(crate) clock: Arc<dyn Clock>,
    /// Chance.
    pub(crate) random: Arc<dyn Random>,
}

/// Access that cannot be judged: the server's failure, never the caller's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("a token could not be signed: {0}")]
    Token(#[from] TokenError),
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Db(error) => error.into(),
            AuthError::Token(_) => Self::internal(error),
        }
    }
}

impl Auth {
    pub(crate) fn new(
        keys: ServerKeys,
        lifetimes: config::Access,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let tokens = Tokens::new(&keys.id.to_string(), &keys.signing, lifetimes.token());
        Self { keys, tokens, throttle: Throttle::default(), lifetimes, clock, random }
    }
}

/// Whether a request may change something. Looking at a person's or shop's file writes the read log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Look only.
    Read,
    /// Change, or look in a way that is recorded.
    Write,
}

/// A transaction, and what it may touch.
pub(crate) struct Access {
    /// The transaction. Dropped without commit, nothing happened.
    pub(crate) tx: Tx,
    /// What it may touch.
    pub(crate) scope: Scope,
    phone: Option<DeviceId>,
}

impl Access {
    /// The phone that they came with, if it was one.
    pub(crate) fn phone(&self) -> Option<DeviceId> {
        self.phone
    }

    /// Records a look at a file, in the same transaction: it is durable before the answer leaves.
    pub(crate) async fn looked(
        &mut self,
        now: Timestamp,
        subject: Option<EntityId>,
        what: &str,
        found: bool,
    ) -> Result<(), DbError> {
        let (person, device) = (self.scope.person(), self.phone);
        let read = Read { at: now, person, device, subject, what, found, shown: None };
        read_log::record(&mut self.tx, self.scope.caseload(), &[read]).await
    }

    /// Records a look that showed several files: one entry for each, the one that was asked for first.
    pub(crate) async fn showed(&mut self, now: Timestamp, files: &[(EntityId, &'static str)]) -> Result<(), DbError> {
        let (person, device) = (self.scope.person(), self.phone);
        let read = |&(file, what): &(EntityId, &'static str)| Read {
            at: now,
            person,
            device,
            subject: Some(file),
            what,
            found: true,
            shown: None,
        };
        let reads: Vec<Read<'_>> = files.iter().map(read).collect();
        read_log::record(&mut self.tx, self.scope.caseload(), &reads).await
    }

    /// Records a look at a list: one entry that says how many files it showed. `subject` is what the list is about, if
    /// it is about one file.
    pub(crate) async fn listed(
        &mut self,
        now: Timestamp,
        subject: Option<EntityId>,
        what: &str,
        shown: usize,
    ) -> Result<(), DbError> {
        let (person, device, shown) = (self.scope.person(), self.phone, Some(shown as u64));
        let read = Read { at: now, person, device, subject, what, found: true, shown };
        read_log::record(&mut self.tx, self.scope.caseload(), &[read]).await
    }
}

/// Judges whether the bearer may work on this caseload in one of these roles.
///
/// # Errors
/// 401 when device, session or person no longer stand; 404 when the caseload is not theirs, whether or not it is there;
/// 403 when it is, but their role is not among those asked for.
pub(crate) async fn authorize(
    app: &App,
    bearer: Bearer,
    caseload: CaseloadId,
    roles: &[Role],
    mode: Mode,
) -> Result<Access, ApiError> {
    let (mut tx, _) = identify(app, bearer, mode).await?;
    tx.hold_caseload(caseload).await?;
    let membership = person::member(&mut tx, caseload, bearer.person).await?;
    // Acts at the API come from the person's console, also when a phone calls: its outbox counts numbers of its own.
    let scope = membership.and_then(|m| Scope::of(&m, console(bearer.person))).ok_or(&error::NOT_FOUND)?;
    if !roles.contains(&scope.role()) {
        return Err(ApiError::from(&error::ROLE_NOT_ALLOWED));
    }
    Ok(Access { tx, scope, phone: phone(bearer) })
}

/// Records that somebody asked for a file that is not theirs. They are answered as if it were not there.
async fn refused(
    app: &App,
    bearer: Bearer,
    id: CaseloadId,
    subject: Option<EntityId>,
    what: &str,
) -> Result<(), ApiError> {
    let (mut tx, person) = identify(app, bearer, Mode::Write).await?;
    if caseload::load(&mut tx, id).await?.is_some() {
        let at = app.clock().now();
        let read = Read { at, person: person.id, device: phone(bearer), subject, what, found: false, shown: None };
        read_log::record(&mut tx, id, &[read]).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Judges whether the bearer still stands, and who they are. The transaction has no scope yet: it is for what belongs
/// to the person.
pub(crate) async fn identify(app: &App, bearer: Bearer, mode: Mode) -> Result<(Tx, Person), ApiError> {
    let mut tx = begin(app.db(), mode).await?;
    let now = app.auth().clock.now();
    match bearer.by {
        By::Session(id) => {
            let session = session::by_id(&mut tx, id).await?.filter(|s| s.person == bearer.person);
            if !session.is_some_and(|s| s.ended_at.is_none() && now < s.expires_at) {
                return Err(ApiError::from(&SESSION_ENDED));
            }
        }
        By::Device(id) => {
            let known = device::by_id(&mut tx, id).await?.filter(|d| d.person == bearer.person);
            let known = known.ok_or(&error::UNAUTHENTICATED)?;
            if known.revoked_at.is_some() {
                return Err(ApiError::from(&error::DEVICE_REVOKED));
            }
            if known.suspended_at.is_some() {
                return Err(ApiError::from(&DEVICE_SUSPENDED));
            }
        }
    }
    let person = person::by_id(&mut tx, bearer.person).await?.filter(|p| p.disabled_at.is_none());
    Ok((tx, person.ok_or(&error::UNAUTHENTICATED)?))
}

async fn begin(db: &Db, mode: Mode) -> Result<Tx, DbError> {
    match mode {
        Mode::Read => db.read().await,
        Mode::Write => db.write().await,
    }
}

/// The phone that calls, if it is one.
fn phone(bearer: Bearer) -> Option<DeviceId> {
    match bearer.by {
        By::Device(id) => Some(id),
        By::Session(_) => None,
    }
}
