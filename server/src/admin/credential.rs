//! Credentials of desks, for departments' own systems.

use sync_core::id::{CaseloadId, CredentialId};
use sync_core::limits;
use sync_core::time::{Span, Timestamp};
use zeroize::Zeroizing;

use super::{Admin, AdminError};
use crate::auth::credential::Shown;
use crate::db::caseload::{self, CaseloadKind};
use crate::db::credential::{self, Credential, Secret};
use crate::register::Record;

/// A secret that was given out.
pub struct GivenSecret {
    /// Of which credential.
    pub id: CredentialId,
    /// What the department's system shows as its bearer token.
    pub text: Zeroizing<String>,
    /// Until when the secrets before it are good beside it.
    pub overlap_until: Option<Timestamp>,
}

impl Admin<'_> {
    /// Gives a desk a credential for its department's own system.
    ///
    /// # Errors
    /// [`AdminError::NotADesk`]; [`AdminError::NotAName`]; [`AdminError::NoTime`] when it would have run out already.
    pub async fn add_credential(
        &self,
        desk: CaseloadId,
        name: &str,
        until: Option<Timestamp>,
    ) -> Result<GivenSecret, AdminError> {
        let (name, now) = (name.trim(), self.now());
        if name.is_empty() || name.len() > limits::CREDENTIAL_NAME_BYTES || name.chars().any(char::is_control) {
            return Err(AdminError::NotAName);
        }
        if until.is_some_and(|until| until <= now) {
            return Err(AdminError::NoTime);
        }
        let mut tx = self.write().await?;
        let place = caseload::load(&mut tx, desk).await?.ok_or_else(|| AdminError::NoCaseload(desk.to_string()))?;
        if place.kind != CaseloadKind::Desk {
            return Err(AdminError::NotADesk(place.prefix));
        }
        let id = CredentialId::new(now, self.app.random().id_bits());
        let new = Credential { desk, id, name: name.to_owned(), added_at: now, until, revoked_at: None };
        credential::insert(&mut tx, &new).await?;
        let secret = Shown::new(desk, id, &**self.app.random());
        credential::put_secret(&mut tx, (desk, id), secret.hash(), now).await?;
        tx.commit().await?;
        Ok(GivenSecret { id, text: secret.text(), overlap_until: None })
    }

    /// Every credential that there ever was, with its secrets.
    ///
    /// # Errors
    /// The database.
    pub async fn credentials(&self) -> Result<Vec<(Credential, Vec<Secret>)>, AdminError> {
        let mut tx = self.app.db().read().await?;
        let mut found = Vec::new();
        for known in credential::every(&mut tx).await? {
            let secrets = credential::secrets(&mut tx, known.desk, known.id).await?;
            found.push((known, secrets));
        }
        Ok(found)
    }

    /// Gives a credential another secret. Those before it are good for `overlap` more, so that the department's system
    /// can be told in peace.
    ///
    /// # Errors
    /// [`AdminError::NoCredential`] when there is none, or it was taken away or has run out.
    pub async fn rotate_credential(&self, id: CredentialId, overlap: Span) -> Result<GivenSecret, AdminError> {
        let desk = self.credential(id).await?.desk;
        let mut tx = self.write().await?;
        let now = self.now();
        let known = credential::one(&mut tx, desk, id).await?.filter(|known| known.stands(now));
        known.ok_or_else(|| AdminError::NoCredential(id.to_string()))?;
        let overlap_until = now + overlap;
        let before = credential::secrets(&mut tx, desk, id).await?;
        // Later than each of those before it, so that a restore knows them apart.
        let since = before.iter().map(|secret| secret.issued_at + Span::millis(1)).fold(now, Timestamp::max);
        credential::end_secrets(&mut tx, (desk, id), since, overlap_until).await?;
        let secret = Shown::new(desk, id, &**self.app.random());
        credential::put_secret(&mut tx, (desk, id), secret.hash(), since).await?;
        self.note(Record::CredentialRotated { desk, credential: id, since, overlap_until }).await?;
        tx.commit().await?;
        Ok(GivenSecret { id, text: secret.text(), overlap_until: Some(overlap_until) })
    }

    /// Takes a credential away at once. Whether it had not been taken away before.
    ///
    /// # Errors
    /// [`AdminError::NoCredential`]
    pub async fn revoke_credential(&self, id: CredentialId) -> Result<bool, AdminError> {
        let desk = self.credential(id).await?.desk;
        let mut tx = self.write().await?;
        let revoked = credential::revoke(&mut tx, desk, id, self.now()).await?;
        if revoked {
            self.note(Record::CredentialRevoked { desk, credential: id }).await?;
        }
        tx.commit().await?;
        Ok(revoked)
    }

    async fn credential(&self, id: CredentialId) -> Result<Credential, AdminError> {
        let every = credential::every(&mut self.app.db().read().await?).await?;
        every.into_iter().find(|known| known.id == id).ok_or_else(|| AdminError::NoCredential(id.to_string()))
    }
}
