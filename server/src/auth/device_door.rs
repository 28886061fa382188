//! What a phone may do when it comes to sync: judged anew each time, from the database.

use sync_core::id::{DeviceId, PersonId};
use sync_core::time::Timestamp;

use super::refresh::{self, Judgement};
use super::scope::Scope;
use super::token::{Bearer, By};
use super::{Auth, AuthError};
use crate::db::device::{self, Device};
use crate::db::{self, Tx, person};
use crate::hex::Hex;

/// What a phone says of itself. All of it is covered by its signature.
pub(crate) struct Hello<'a> {
    /// The installation of the app.
    pub(crate) install: [u8; 16],
    /// An access token, if it thinks that it has one.
    pub(crate) access: Option<&'a str>,
    /// A refresh secret, as it was given out.
    pub(crate) secret: Option<&'a str>,
}

/// What a phone may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Everything that its person may.
    Active,
    /// Upload, but not read: it has no valid token and no good refresh secret, and must enrol again.
    Stale,
    /// Upload into quarantine, no reads: its key is used from a second installation.
    Suspended,
    /// Upload into quarantine, then wipe.
    Revoked {
        /// What was written later is in doubt.
        lost_since: Timestamp,
    },
}

/// New credentials for a phone.
pub(crate) struct Renewed {
    /// The access token.
    pub(crate) access: String,
    /// The refresh secret; the one that was shown stays good until this one is first used.
    pub(crate) secret: Hex<32>,
}

/// A phone at the door.
pub(crate) struct Guest {
    /// The device.
    pub(crate) device: DeviceId,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// What it may do.
    pub(crate) standing: Standing,
    /// New credentials, if it needed some.
    pub(crate) renewed: Option<Renewed>,
    /// What it may read and write; nothing unless it is active.
    pub(crate) scopes: Vec<Scope>,
}

/// The device that a phone says it is, with the key that checks its signatures. Nothing is granted by this.
pub(crate) async fn claimed(tx: &mut Tx, id: DeviceId) -> db::Result<Option<Device>> {
    device::by_id(tx, id).await
}

/// Lets a phone in. To be called once its signature over `hello` was checked with the key of [`claimed`].
pub(crate) async fn admit(tx: &mut Tx, auth: &Auth, known: &Device, hello: &Hello<'_>) -> Result<Guest, AuthError> {
    let now = auth.clock.now();
    device::seen(tx, known.id, now).await?;
    let mut guest =
        Guest { device: known.id, person: known.person, standing: Standing::Stale, renewed: None, scopes: Vec::new() };
    let disabled = person::by_id(tx, known.person).await?.is_none_or(|p| p.disabled_at.is_some());
    if let Some(revoked_at) = known.revoked_at {
        guest.standing = Standing::Revoked { lost_since: known.lost_since.unwrap_or(revoked_at) };
    } else if known.suspended_at.is_some() || disabled {
        guest.standing = Standing::Suspended;
    } else if known.install != hello.install {
        // Fresh proof by the key from a second installation: the key was copied, and nobody knows which is the thief.
        device::suspend(tx, known.id, hello.install, now).await?;
        tracing::warn!(device = %known.id, "device key used from a second installation; suspended");
        guest.standing = Standing::Suspended;
    } else {
        let own = Bearer { person: known.person, by: By::Device(known.id) };
        let valid =
            hello.access.is_some_and(|token| auth.tokens.check(token, now).is_ok_and(|(bearer, _)| bearer == own));
        guest.renewed = if valid { None } else { renew(tx, auth, known, own, hello.secret).await? };
        if valid || guest.renewed.is_some() {
            guest.standing = Standing::Active;
            let memberships = person::memberships(tx, known.person).await?;
            guest.scopes = memberships.iter().filter_map(|m| Scope::of(m, known.id)).collect();
        }
    }
    Ok(guest)
}

/// What a phone that was let in may do now, in this transaction: it may have been revoked meanwhile.
pub(crate) async fn still(tx: &mut Tx, guest: &Guest) -> db::Result<(Standing, Vec<Scope>)> {
    let known = device::by_id(tx, guest.device).await?;
    let disabled = person::by_id(tx, guest.person).await?.is_none_or(|p| p.disabled_at.is_some());
    let standing = match known {
        Some(Device { revoked_at: Some(at), lost_since, .. }) => {
            Standing::Revoked { lost_since: lost_since.unwrap_or(at) }
        }
        Some(Device { suspended_at: None, .. }) if !disabled => guest.standing,
        _ => Standing::Suspended,
    };
    if standing != Standing::Active {
        return Ok((standing, Vec::new()));
    }
    let memberships = person::memberships(tx, guest.person).await?;
    Ok((standing, memberships.iter().filter_map(|m| Scope::of(m, guest.device)).collect()))
}

async fn renew(
    tx: &mut Tx,
    auth: &Auth,
    known: &Device,
    own: Bearer,
    secret: Option<&str>,
) -> Result<Option<Renewed>, AuthError> {
    let Some(secret) = secret.and_then(|text| text.parse().ok()) else { return Ok(None) };
    let (now, fresh) = (auth.clock.now(), Hex(auth.random.bytes::<32>()));
    match refresh::present(tx, known.id, &secret, fresh, now).await? {
        Judgement::Current | Judgement::Successor => {
            Ok(Some(Renewed { access: auth.tokens.issue(own, now)?, secret: fresh }))
        }
        Judgement::Superseded => {
            device::superseded(tx, known.id, now).await?;
            tracing::warn!(device = %known.id, "superseded refresh secret refused");
            Ok(None)
        }
        Judgement::Unknown => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use sync_core::author::Role;
    use sync_core::time::Span;

    use super::*;
    use crate::testing::Server;

    /// A server with one enrolled phone of Lin's.
    struct Door {
        server: Server,
        id: DeviceId,
        access: String,
        secret: String,
    }

    impl Door {
        async fn new() -> Self {
            let server = Server::start().await;
            let caseload = server.caseload("HGS").await;
            let lin = server.person("lin", Role::Worker).await;
            server.admin().assign(caseload, lin, None).await.unwrap();
            let phone = server.enrol(lin, 1).await;
            let text = |name: &str| phone[name].as_str().unwrap().to_owned();
            Self { id: text("device").parse().unwrap(), access: text("access"), secret: text("refresh"), server }
        }

        async fn comes(&self, install: u8, access: Option<&str>, secret: Option<&str>) -> Guest {
            let app = &self.server.app;
            let mut tx = app.db().write().await.unwrap();
            let known = claimed(&mut tx, self.id).await.unwrap().unwrap();
            let hello = Hello { install: [install; 16], access, secret };
            let guest = admit(&mut tx, app.auth(), &known, &hello).await.unwrap();
            tx.commit().await.unwrap();
            guest
        }
    }

    #[tokio::test]
    async fn a_token_or_a_secret_lets_a_phone_in() {
        let door = Door::new().await;
        let guest = door.comes(1, Some(&door.access), None).await;
        assert_eq!((guest.standing, guest.scopes.len()), (Standing::Active, 1));
        assert!(guest.renewed.is_none(), "its token is good");
        door.server.clock.advance(Span::hours(80));
        let guest = door.comes(1, Some(&door.access), None).await;
        assert_eq!((guest.standing, guest.scopes.len()), (Standing::Stale, 0));
        let guest = door.comes(1, Some(&door.access), Some(&door.secret)).await;
        assert_eq!((guest.standing, guest.scopes.len()), (Standing::Active, 1));
        let renewed = guest.renewed.unwrap();
        let guest = door.comes(1, Some(&renewed.access), None).await;
        assert_eq!(guest.standing, Standing::Active);
    }

    #[tokio::test]
    async fn an_old_secret_is_refused_and_shown_but_suspends_nobody() {
        let door = Door::new().await;
        let first = door.comes(1, None, Some(&door.secret)).await.renewed.unwrap();
        let second = door.comes(1, None, Some(&first.secret.to_string())).await.renewed.unwrap();
        let copy = door.comes(1, None, Some(&door.secret)).await;
        assert_eq!((copy.standing, copy.scopes.len()), (Standing::Stale, 0));
        let shown = door.server.admin().devices().await.unwrap();
        assert!(shown[0].superseded_at.is_some() && shown[0].suspended_at.is_none());
        let owner = door.comes(1, None, Some(&second.secret.to_string())).await;
        assert_eq!(owner.standing, Standing::Active, "whoever holds the newest is not locked out");
    }

    #[tokio::test]
    async fn the_key_from_a_second_installation_suspends_both() {
        let door = Door::new().await;
        let copy = door.comes(2, Some(&door.access), None).await;
        assert_eq!((copy.standing, copy.scopes.len()), (Standing::Suspended, 0));
        let owner = door.comes(1, Some(&door.access), Some(&door.secret)).await;
        assert_eq!(owner.standing, Standing::Suspended);
        let answer = door.server.get("/v1/me", Some(&door.access)).await;
        assert_eq!(answer.code(), "device_suspended");
    }

    #[tokio::test]
    async fn a_revoked_phone_is_told_since_when_and_gets_nothing() {
        let door = Door::new().await;
        let lost = door.server.app.clock().now() - Span::minutes(15);
        door.server.admin().revoke(door.id, "mei", Some(lost)).await.unwrap();
        let guest = door.comes(1, Some(&door.access), Some(&door.secret)).await;
        assert_eq!(guest.standing, Standing::Revoked { lost_since: lost });
        assert!(guest.scopes.is_empty() && guest.renewed.is_none());
    }

    #[tokio::test]
    async fn a_token_of_another_device_is_no_token() {
        let door = Door::new().await;
        let chen = door.server.person("chen", Role::Worker).await;
        let other = door.server.enrol(chen, 2).await;
        let guest = door.comes(1, other["access"].as_str(), other["refresh"].as_str()).await;
        assert_eq!(guest.standing, Standing::Stale);
    }
}
