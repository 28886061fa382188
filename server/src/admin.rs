//! What whoever runs the installation does: caseloads and desks, people and what they are where, enrolment codes, lost
//! phones. The command line is one caller, the demo another; there is no way to any of it over the network.

use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, PersonId};
use sync_core::time::Timestamp;

mod cover;
mod dates;
mod erase;
mod handover;
mod term;

pub use cover::Cover;
pub use dates::When;
pub use handover::{Handover, Open};
pub use term::{NewTerm, Passing};

use crate::app::App;
use crate::auth::password::{self, PasswordError};
use crate::auth::{Code, enrol};
use crate::db::caseload::{self, Caseload, CaseloadKind};
use crate::db::device::{self, Device};
use crate::db::duty::Level;
use crate::db::person::{self, Membership, Person};
use crate::db::planned;
use crate::db::{DbError, Tx};
use crate::deliver::address::AddressError;
use crate::flow::FlowError;
use crate::register::{Record, RegisterError};

pub mod credential;
pub mod delivery;
pub mod duty;

/// Why the installation is not changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The flow.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// Somebody has this login.
    #[error("the login {0} is taken")]
    LoginTaken(String),
    /// A login that nobody could type or that could be mistaken.
    #[error("{0:?} is not a login: use lower-case letters, digits, dots and dashes")]
    NotALogin(String),
    /// Nobody has this login.
    #[error("there is nobody with the login {0}")]
    NoPerson(String),
    /// No caseload or desk has this id, prefix or department.
    #[error("there is no caseload or desk {0}")]
    NoCaseload(String),
    /// Another caseload numbers its referrals with it, or another desk has the department.
    #[error("{0} is taken")]
    Taken(String),
    /// A prefix that human numbers cannot begin with.
    #[error("{0:?} is not a prefix: use two to six capital letters")]
    NotAPrefix(String),
    /// Officers answer at desks, and nobody else works there but dispatchers, who transcribe.
    #[error("a {0} does not work there")]
    NotThere(Role),
    /// A cover or term without time between its beginning and its end, or that is over.
    #[error("its end is not behind its beginning, or has passed")]
    NoTime,
    /// Somebody who works there for good needs no date.
    #[error("they work there already, for good")]
    WorksThere,
    /// Only who works there can hand over.
    #[error("they do not work there")]
    WorksNotThere,
    /// No elder of the caseload has this file.
    #[error("there is no elder with the file {0} in this caseload")]
    NoElder(String),
    /// Only who keeps the files answers for an erasure.
    #[error("only a supervisor or steward of the caseload can answer for an erasure")]
    MayNotErase,
    /// Nobody hands over to themselves.
    #[error("that is the same person")]
    SamePerson,
    /// Held work has to be decided by somebody.
    #[error("none of the people of the new organisation is a supervisor: held work could not be decided")]
    NoSupervisor,
    /// The password cannot be used.
    #[error("{0}")]
    Password(String),
    /// Whoever is told of alarms works in the caseload, in a role that fits.
    #[error("only who works there can be {}: as {}", .0.code(), roles(*.0))]
    NotOnDuty(Level),
    /// No address has this id.
    #[error("there is no webhook {0}")]
    NoWebhook(String),
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Only departments at desks have systems that answer.
    #[error("{0} is no desk")]
    NotADesk(String),
    /// A name that nobody could read in a list.
    #[error("a name has 1 to {} bytes, without line breaks", sync_core::limits::CREDENTIAL_NAME_BYTES)]
    NotAName,
    /// No credential has this id, or it is good no more.
    #[error("there is no credential {0}, or it is good no more")]
    NoCredential(String),
    /// A caseload tells those on duty, a desk is one address for its slips.
    #[error("a caseload's webhook is --for somebody on duty or --checkpoints; a desk's is neither")]
    NoDuty,
}

fn roles(level: Level) -> String {
    level.roles().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl From<PasswordError> for AdminError {
    fn from(error: PasswordError) -> Self {
        Self::Password(error.to_string())
    }
}

/// A caseload to be added.
#[derive(Debug, Clone)]
pub struct NewCaseload {
    /// What human numbers begin with: `HGS`.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// The purchased project.
    pub programme: String,
    /// The community.
    pub community: String,
    /// The street that owns it.
    pub owner: String,
    /// The organisation that works on it for the term.
    pub operator: String,
    /// The term: first moment, and the moment after the last.
    pub term: (Timestamp, Timestamp),
}

/// A code that a phone can enrol with.
pub struct GivenOut {
    /// The code.
    pub code: Code,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// What the QR code holds: the server's address with the code.
    pub url: String,
}

/// Runs the installation.
pub struct Admin<'a> {
    app: &'a App,
    /// Only tries: what it does is not kept.
    dry: bool,
}

impl<'a> Admin<'a> {
    /// Over this server's database.
    #[must_use]
    pub fn new(app: &'a App) -> Self {
        Self { app, dry: false }
    }

    /// To do it, or only to see what would be.
    fn trying(&self, dry: bool) -> Self {
        Self { dry, ..*self }
    }

    /// What time it is for whoever runs the installation.
    #[must_use]
    pub(crate) fn now(&self) -> Timestamp {
        self.app.clock().now()
    }

    /// Puts on record what a restore must not undo. Nothing takes a line back out of the register, so that who only tries
    /// writes none.
    async fn note(&self, record: Record) -> Result<(), AdminError> {
        if self.dry {
            return Ok(());
        }
        Ok(self.app.register().note(self.now(), record).await?)
    }

    async fn write(&self) -> Result<Tx, AdminError> {
        Ok(self.app.db().govern().await?)
    }

    /// Adds a caseload.
    ///
    /// # Errors
    /// When the prefix is taken or cannot begin a number.
    pub async fn add_caseload(&self, new: NewCaseload) -> Result<CaseloadId, AdminError> {
        let letters = new.prefix.bytes().all(|b| b.is_ascii_uppercase());
        if !letters || !(2..=6).contains(&new.prefix.len()) {
            return Err(AdminError::NotAPrefix(new.prefix));
        }
        if new.term.1 <= new.term.0 {
            return Err(AdminError::NoTime);
        }
        let id = CaseloadId::new(self.now(), self.app.random().id_bits());
        let (term_from, term_to) = new.term;
        self.insert(Caseload {
            programme: new.programme,
            community: new.community,
            owner: new.owner,
            operator: new.operator,
            term_from,
            term_to,
            prefix: new.prefix,
            ..Caseload::new(id, CaseloadKind::Field, &new.name, self.now())
        })
        .await
    }

    /// Adds the desk of a department.
    ///
    /// # Errors
    /// When the department has one.
    pub async fn add_desk(&self, dept: &str, name: &str) -> Result<CaseloadId, AdminError> {
        let id = CaseloadId::new(self.now(), self.app.random().id_bits());
        let desk = Caseload::new(id, CaseloadKind::Desk, name, self.now());
        self.insert(Caseload { dept: Some(dept.to_owned()), prefix: dept.to_owned(), ..desk }).await
    }

    async fn insert(&self, new: Caseload) -> Result<CaseloadId, AdminError> {
        let mut tx = self.write().await?;
        let taken = |known: &Caseload| known.kind == new.kind && known.prefix == new.prefix;
        if caseload::every(&mut tx).await?.iter().any(taken) {
            return Err(AdminError::Taken(new.prefix));
        }
        caseload::insert(&mut tx, &new).await?;
        self.app.flow().activate_policy(&mut tx, self.now()).await?;
        tx.commit().await?;
        Ok(new.id)
    }

    /// Every caseload and desk.
    ///
    /// # Errors
    /// The database.
    pub async fn caseloads(&self) -> Result<Vec<Caseload>, AdminError> {
        Ok(caseload::every(&mut self.app.db().read().await?).await?)
    }

    /// The caseload with this prefix or id, or the desk of this department.
    ///
    /// # Errors
    /// [`AdminError::NoCaseload`]
    pub async fn caseload(&self, named: &str) -> Result<Caseload, AdminError> {
        let is = |c: &Caseload| c.prefix.eq_ignore_ascii_case(named) || c.id.to_string() == named;
        let found = self.caseloads().await?.into_iter().find(is);
        found.ok_or_else(|| AdminError::NoCaseload(named.to_owned()))
    }

    /// Adds a person; without a password they cannot log in at a console, only with a phone.
    ///
    /// # Errors
    /// When the login is taken or the password is too short.
    pub async fn add_person(
        &self,
        login: &str,
        name: &str,
        role: Role,
        password: Option<&str>,
    ) -> Result<PersonId, AdminError> {
        let typeable = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        if login.is_empty() || login.len() > 64 || !login.chars().all(typeable) {
            return Err(AdminError::NotALogin(login.to_owned()));
        }
        let password = password.map(|password| password::hash(password, &**self.app.random())).transpose()?;
        let id = PersonId::new(self.now(), self.app.random().id_bits());
        let mut tx = self.write().await?;
        if person::by_login(&mut tx, login).await?.is_some() {
            return Err(AdminError::LoginTaken(login.to_owned()));
        }
        let new = Person { id, login: login.to_owned(), name: name.to_owned(), role, password, disabled_at: None };
        person::insert(&mut tx, &new, self.now()).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Gives a person another password.
    ///
    /// # Errors
    /// When it is too short.
    pub async fn set_password(&self, id: PersonId, password: &str) -> Result<(), AdminError> {
        let hash = password::hash(password, &**self.app.random())?;
        let mut tx = self.write().await?;
        person::set_password(&mut tx, id, &hash).await?;
        Ok(tx.commit().await?)
    }

    /// Takes every access from a person, or gives it back.
    ///
    /// # Errors
    /// The database.
    pub async fn disable(&self, id: PersonId, disabled: bool) -> Result<(), AdminError> {
        let mut tx = self.write().await?;
        person::disable(&mut tx, id, disabled.then(|| self.now())).await?;
        if disabled {
            self.note(Record::Disabled { person: id }).await?;
            return Ok(tx.commit().await?);
        }
        tx.commit().await?;
        self.note(Record::Enabled { person: id }).await
    }

    /// Everybody.
    ///
    /// # Errors
    /// The database.
    pub async fn people(&self) -> Result<Vec<Person>, AdminError> {
        Ok(person::list(&mut self.app.db().read().await?).await?)
    }

    /// The person with this login.
    ///
    /// # Errors
    /// [`AdminError::NoPerson`]
    pub async fn person(&self, login: &str) -> Result<Person, AdminError> {
        let found = person::by_login(&mut self.app.db().read().await?, login).await?;
        found.ok_or_else(|| AdminError::NoPerson(login.to_owned()))
    }

    /// Where a person works.
    ///
    /// # Errors
    /// The database.
    pub async fn memberships(&self, id: PersonId) -> Result<Vec<Membership>, AdminError> {
        let all = person::memberships(&mut self.app.db().read().await?, id).await?;
        Ok(all.into_iter().filter(|m| m.left_at.is_none()).collect())
    }

    /// Lets a person into a caseload or a desk for good; as what they are, if nothing else is said.
    ///
    /// # Errors
    /// When that role does not work there.
    pub async fn assign(&self, id: CaseloadId, who: PersonId, role: Option<Role>) -> Result<(), AdminError> {
        let mut tx = self.write().await?;
        let person = person::by_id(&mut tx, who).await?.ok_or_else(|| AdminError::NoPerson(who.to_string()))?;
        let role = role.unwrap_or(person.role);
        self.place(&mut tx, id, role).await?;
        planned::cancel_covers(&mut tx, id, who).await?;
        self.enter(&mut tx, id, who, role).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a person out of a caseload or desk. Whether they were in it.
    ///
    /// # Errors
    /// The database.
    pub async fn unassign(&self, id: CaseloadId, who: PersonId) -> Result<bool, AdminError> {
        let mut tx = self.write().await?;
        planned::cancel_covers(&mut tx, id, who).await?;
        let left = self.leave(&mut tx, id, who).await?;
        tx.commit().await?;
        Ok(left)
    }

    /// A code with which one phone can be enrolled for this person.
    ///
    /// # Errors
    /// The database.
    pub async fn enrolment(&self, id: PersonId) -> Result<GivenOut, AdminError> {
        let lifetime = self.app.config().access.code();
        let mut tx = self.write().await?;
        let (code, expires_at) = enrol::give_out(&mut tx, id, &**self.app.random(), self.now(), lifetime).await?;
        tx.commit().await?;
        let url = format!("{}/enrol#{}", self.app.config().public_url(), code.grouped());
        Ok(GivenOut { code, expires_at, url })
    }

    /// Every device, oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn devices(&self) -> Result<Vec<Device>, AdminError> {
        Ok(device::list(&mut self.app.db().read().await?).await?)
    }

    /// Ends a device's access. What it wrote after `lost_since` (now, if not said) is in doubt. Whether it had access.
    ///
    /// # Errors
    /// The database.
    pub async fn revoke(&self, id: DeviceId, by: &str, lost_since: Option<Timestamp>) -> Result<bool, AdminError> {
        let mut tx = self.write().await?;
        let now = self.now();
        let lost_since = lost_since.unwrap_or(now).min(now);
        let revoked = device::revoke(&mut tx, id, by, lost_since, now).await?;
        if revoked {
            self.note(Record::Revoked { device: id, lost_since }).await?;
        }
        tx.commit().await?;
        Ok(revoked)
    }
}
