//! The flow: what arrives is admitted, logged, merged, projected, flagged and referred, in one transaction.
//!
//! The deciding is [`sync_core::case`], the same code as on the phone. Here it is given what it asks for ([`load`]) and
//! what came of it is kept ([`save`]). Whoever calls holds the transaction and commits it: nothing is acknowledged
//! before that.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sync_core::case::{Case, Context};
use sync_core::id::{CaseloadId, DeviceId, PersonId};
use sync_core::log::HoldCode;
use sync_core::policy::{Evaluator, NANSHAN_SAMPLE, Policy, PolicyErrors};
use sync_core::refer::{Objection, StepError};
use sync_core::time::Timestamp;

use crate::db::caseload::{self, Caseload};
use crate::db::key::Keyring;
use crate::db::{DbError, Tx, counter};
use crate::seal::Sealer;

pub mod act;
mod alarm;
pub(crate) mod chain;
mod correct;
pub mod decide;
pub mod desk;
pub mod digest;
pub(crate) mod duty;
pub mod erase;
pub mod flag;
pub(crate) mod foresee;
pub mod intake;
mod itself;
pub(crate) mod load;
pub mod note;
pub mod person_slip;
pub mod review;
pub(crate) mod save;
pub mod settle;
pub(crate) mod street;
pub mod timer;
mod weather;

#[cfg(test)]
pub(crate) mod bench;
#[cfg(test)]
mod tests;

/// Why the flow did not do what was asked. Nothing happened then, once the transaction is dropped.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// It is not there, or not in this caseload.
    #[error("not in this caseload")]
    NotFound,
    /// The workflow of referrals does not have this step.
    #[error(transparent)]
    Step(#[from] StepError),
    /// Policy, consent or the clock are against it.
    #[error(transparent)]
    Objection(#[from] Objection),
    /// What was written cannot become part of the record.
    #[error("cannot be merged: {0}")]
    Refused(HoldCode),
    /// Somebody else has decided already.
    #[error("already decided")]
    AlreadyDecided,
    /// There is an alert of this kind for part of that time.
    #[error("an alert of this kind is running, or will be")]
    Running,
    /// The policy on record under this version is another one.
    #[error("policy version {0} is on record with other content: give the new one a higher version")]
    PolicyChanged(u32),
    /// An older policy than the one in force.
    #[error("policy version {offered} is older than version {in_force}, which was in force already")]
    PolicyOlder {
        /// What was offered.
        offered: u32,
        /// What is in force.
        in_force: u32,
    },
}

impl FlowError {
    /// Whether the database gave the transaction up for the sake of another one: done again, it may well succeed.
    #[must_use]
    pub fn is_surprise(&self) -> bool {
        matches!(self, Self::Db(error) if error.is_surprise())
    }
}

/// A result of the flow.
pub type Result<T> = std::result::Result<T, FlowError>;

/// Why a directory holds no policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyDirError {
    /// It, or a file in it, cannot be read.
    #[error("the policy cannot be read: {path}: {source}")]
    Read {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It holds no policy.
    #[error("{0} holds no policy: there is no .toml file in it")]
    Empty(String),
    /// It contradicts itself.
    #[error(transparent)]
    Policy(#[from] PolicyErrors),
}

/// A policy in force: compiled, and as the files that phones get.
pub struct InForce {
    /// Its compiled rules.
    pub evaluator: Evaluator,
    /// Names and texts of its files.
    pub files: Vec<(String, String)>,
}

impl InForce {
    /// The policy of these files.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(files: Vec<(String, String)>) -> std::result::Result<Self, PolicyErrors> {
        let texts: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
        let evaluator = Evaluator::new(Arc::new(Policy::parse(&texts)?));
        Ok(Self { evaluator, files })
    }

    /// The policy in the `.toml` files of this directory.
    ///
    /// # Errors
    /// When it cannot be read; everything that is wrong with it.
    pub fn of_dir(dir: &Path) -> std::result::Result<Self, PolicyDirError> {
        let mut files = Vec::new();
        let unread = |path: &Path| {
            let path = path.display().to_string();
            move |source| PolicyDirError::Read { path, source }
        };
        for found in std::fs::read_dir(dir).map_err(unread(dir))? {
            let path = found.map_err(unread(dir))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.ends_with(".toml") {
                files.push((name, std::fs::read_to_string(&path).map_err(unread(&path))?));
            }
        }
        if files.is_empty() {
            return Err(PolicyDirError::Empty(dir.display().to_string()));
        }
        files.sort();
        Ok(Self::parse(files)?)
    }

    /// The built-in sample.
    ///
    /// # Errors
    /// None in a build whose tests passed.
    pub fn sample() -> std::result::Result<Self, PolicyErrors> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        Self::parse(NANSHAN_SAMPLE.iter().map(owned).collect())
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.evaluator.policy()
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.policy().manifest.version
    }
}

/// What the flow stands on beside the database. Cheap to clone.
#[derive(Clone)]
pub struct Flow {
    sealer: Arc<Sealer>,
    policy: Arc<InForce>,
}

/// A person at a console, as the flow sees them; who may do what was judged before.
#[derive(Clone, Copy)]
pub struct Actor {
    /// Their console.
    pub device: DeviceId,
    /// The person.
    pub person: PersonId,
    /// Their role in the caseload they act in.
    pub role: sync_core::author::Role,
}

impl Flow {
    /// The flow under this policy.
    #[must_use]
    pub fn new(sealer: Arc<Sealer>, policy: Arc<InForce>) -> Self {
        Self { sealer, policy }
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> &InForce {
        &self.policy
    }

    /// A ring for the keys of one transaction.
    #[must_use]
    pub fn keys(&self) -> Keyring {
        Keyring::new(Arc::clone(&self.sealer))
    }

    /// What seals and opens.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }
}

/// The head of a caseload's log with what the flow needs beside the files.
pub(crate) struct Head {
    pub(crate) caseload: Caseload,
    /// The desk of each department.
    pub(crate) desks: BTreeMap<String, CaseloadId>,
    /// The human number that comes next.
    pub(crate) next_number: u64,
}

/// The counter of human numbers.
pub(crate) const NUMBERS: &str = "number";

impl Head {
    /// The head of this caseload's log. In a writing transaction nobody else moves it before the commit.
    pub(crate) async fn open(tx: &mut Tx, id: CaseloadId) -> Result<Self> {
        tx.hold_caseload(id).await?;
        let caseload = caseload::load(tx, id).await?.ok_or(FlowError::NotFound)?;
        let desks = caseload::desks(tx).await?;
        let next_number = counter::get(tx, id, NUMBERS).await? + 1;
        Ok(Self { caseload, desks, next_number })
    }

    /// A case at the end of the log.
    pub(crate) fn case<'a>(&'a self, policy: &'a Evaluator, now: Timestamp) -> Case<'a> {
        let context = Context {
            caseload: self.caseload.id,
            now,
            policy,
            desks: &self.desks,
            prefix: &self.caseload.prefix,
            contact: &self.caseload.operator,
        };
        Case::new(context, self.caseload.seq + 1, self.next_number)
    }
}
