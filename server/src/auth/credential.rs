//! Credentials of desks: a department's own system comes with one and answers slips of its desk, as an officer would. It
//! is judged in the transaction that serves the request, like everybody else.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use sync_core::author::Role;
use sync_core::id::{CaseloadId, CredentialId, DeviceId, EntityId, PersonId};
use sync_core::time::{Span, Timestamp};
use zeroize::Zeroizing;

use super::{Access, Mode, Scope, begin};
use crate::app::App;
use crate::audit::Read;
use crate::db::{Tx, caseload, credential, read_log};
use crate::error::{self, ApiError, Problem};
use crate::limit::Who;
use crate::random::Random;

pub(crate) const CREDENTIAL_ENDED: Problem = Problem::new(
    401,
    "credential_ended",
    "此窗口凭据已停用或到期,请联系系统管理员。",
    "This credential of a desk was taken away or has run out; please ask whoever runs the server.",
);

/// What a credential begins with, so that people and scanners know one when they see it.
pub(super) const PREFIX: &str = "doorstep_desk_";
/// Bytes of its secret: nobody guesses it, not even with its hash in hand.
const SECRET: usize = 32;
/// How old the time of last use may be before it is written again.
const LATELY: Span = Span::minutes(5);

/// A credential as it is shown: whose it is, and the secret. No `Debug`.
#[derive(Clone)]
pub(crate) struct Shown {
    desk: CaseloadId,
    id: CredentialId,
    secret: Zeroizing<[u8; SECRET]>,
}

impl Shown {
    /// A new secret for a credential.
    pub(crate) fn new(desk: CaseloadId, id: CredentialId, random: &(dyn Random + 'static)) -> Self {
        Self { desk, id, secret: Zeroizing::new(random.bytes()) }
    }

    /// The credential in this text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?);
        let (desk, rest) = bytes.split_first_chunk::<16>()?;
        let (id, secret) = rest.split_first_chunk::<16>()?;
        let secret = Zeroizing::new(secret.try_into().ok()?);
        Some(Self { desk: CaseloadId::from_bytes(*desk), id: CredentialId::from_bytes(*id), secret })
    }

    /// As text, for the department's system.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([&self.desk.bytes()[..], self.id.bytes(), &self.secret[..]].concat());
        Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes[..])))
    }

    /// What is kept of the secret. It is as long as the hash and made by chance, so that a slow hash would add nothing.
    pub(crate) fn hash(&self) -> [u8; 32] {
        let hash = Sha256::new().chain_update(b"doorstep desk credential 1");
        hash.chain_update(self.desk.bytes())
            .chain_update(self.id.bytes())
            .chain_update(&self.secret[..])
            .finalize()
            .into()
    }
}

/// A department's system at the door, for somebody who acts there.
pub(super) struct System {
    pub(super) app: App,
    pub(super) shown: Shown,
    /// Who acts, by name, as far as the system said.
    pub(super) acting: Option<String>,
    pub(super) from: Option<IpAddr>,
}

impl System {
    /// The credential's id.
    pub(super) fn id(&self) -> CredentialId {
        self.shown.id
    }

    /// Into its desk, as an officer.
    ///
    /// # Errors
    /// 401 when the credential does not stand; 404 when the desk is another; 403 when officers may not.
    pub(super) async fn authorize(&self, desk: CaseloadId, roles: &[Role], mode: Mode) -> Result<Access, ApiError> {
        let mut tx = self.judge(mode).await?;
        if desk != self.shown.desk {
            return Err(ApiError::from(&error::NOT_FOUND));
        }
        tx.hold_caseload(desk).await?;
        if !roles.contains(&Role::Officer) {
            return Err(ApiError::from(&error::ROLE_NOT_ALLOWED));
        }
        let scope = Scope::of_system(desk, self.person(), self.device());
        Ok(Access { tx, scope, phone: Some(self.device()) })
    }

    /// Records that it asked for what is not its own.
    pub(super) async fn refused(&self, id: CaseloadId, subject: Option<EntityId>, what: &str) -> Result<(), ApiError> {
        let mut tx = self.judge(Mode::Write).await?;
        if caseload::load(&mut tx, id).await?.is_some() {
            let (person, device) = (self.person(), Some(self.device()));
            let at = self.app.clock().now();
            let read = Read { at, person, device, subject, what, found: false, shown: None };
            read_log::record(&mut tx, id, &[read]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Judges whether the credential stands, and counts what it asks for.
    async fn judge(&self, mode: Mode) -> Result<Tx, ApiError> {
        let mut tx = begin(self.app.db(), mode).await?;
        let now = self.app.clock().now();
        let Some(used_at) = self.stands(&mut tx, now).await? else {
            let knocked = self.from.map_or(Ok(()), |from| self.app.ask(Who::Door(from)));
            return Err(knocked.err().map_or_else(|| ApiError::from(&error::UNAUTHENTICATED), ApiError::too_many));
        };
        self.app.ask(Who::Bearer(self.device())).map_err(ApiError::too_many)?;
        if used_at.is_some_and(|at| now < at + LATELY && at <= now) {
            return Ok(tx);
        }
        if mode == Mode::Write {
            self.used(&mut tx, now).await?;
            return Ok(tx);
        }
        // What only looks cannot write, and must not wait for who does while it is in the way itself.
        drop(tx);
        let mut tx = self.app.db().write().await?;
        self.used(&mut tx, now).await?;
        tx.commit().await?;
        let mut tx = begin(self.app.db(), mode).await?;
        self.stands(&mut tx, now).await?.ok_or(&error::UNAUTHENTICATED)?;
        Ok(tx)
    }

    async fn used(&self, tx: &mut Tx, now: Timestamp) -> Result<(), ApiError> {
        Ok(credential::used(tx, (self.shown.desk, self.shown.id), self.shown.hash(), now).await?)
    }

    /// When the secret was last used, if ever; `None` when there is no such credential with this secret.
    async fn stands(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<Option<Timestamp>>, ApiError> {
        let Shown { desk, id, .. } = self.shown;
        let Some(known) = credential::one(tx, desk, id).await? else { return Ok(None) };
        let shown = self.shown.hash();
        let secrets = credential::secrets(tx, desk, id).await?;
        let Some(secret) = secrets.iter().find(|secret| bool::from(secret.hash[..].ct_eq(&shown))) else {
            return Ok(None);
        };
        if known.stands(now) && secret.stands(now) {
            return Ok(Some(secret.used_at));
        }
        Err(ApiError::from(&CREDENTIAL_ENDED))
    }

    /// Whoever acts, as an opaque id: of the credential and of the name that its system says.
    fn person(&self) -> PersonId {
        match &self.acting {
            Some(name) => PersonId::derived("acting by a desk's system", &[self.shown.id.bytes(), name.as_bytes()]),
            None => PersonId::from_bytes(*self.shown.id.bytes()),
        }
    }

    fn device(&self) -> DeviceId {
        DeviceId::from_bytes(*self.shown.id.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn what_is_shown_is_read_and_nothing_else_is() {
        let (desk, id) = (CaseloadId::from_bytes([1; 16]), CredentialId::from_bytes([2; 16]));
        let new = Shown::new(desk, id, &SeededRandom::new(3));
        let text = new.text();
        let read = Shown::parse(&text).unwrap();
        assert!(read.hash() == new.hash() && read.desk == desk && read.id == id);
        let other = Shown::new(desk, id, &SeededRandom::new(4));
        assert!(other.hash() != new.hash());
        let cut = &text[..text.len() - 1];
        let long = format!("{}AAAA", text.as_str());
        for wrong in ["", PREFIX, cut, &long, &text[PREFIX.len()..], "eyJ0eXAiOiJhdCtqd3QifQ.e30.x"] {
            assert!(Shown::parse(wrong).is_none(), "{wrong}");
        }
    }
}
