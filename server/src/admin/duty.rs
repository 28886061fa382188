//! Who is on duty for the alarms of a caseload.

use std::collections::BTreeSet;

use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::{Admin, AdminError};
use crate::db::caseload::CaseloadKind;
use crate::db::duty::{self, Duty, Level};
use crate::db::person;
use crate::flow::duty::OnDuty;

/// A caseload whose alarms find nobody at some level.
#[derive(Debug, Clone)]
pub struct Unmanned {
    /// What its numbers begin with.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// The levels.
    pub levels: Vec<Level>,
}

impl Unmanned {
    /// Whether its alarms find nobody at all.
    #[must_use]
    pub fn wholly(&self) -> bool {
        self.levels.len() == Level::ALL.len()
    }
}

impl Admin<'_> {
    /// Names a person for a level, for a time.
    ///
    /// # Errors
    /// [`AdminError::NotOnDuty`] when the person does not work there in a role that fits.
    pub async fn name_for_duty(&self, id: CaseloadId, new: &Duty) -> Result<(), AdminError> {
        let mut tx = self.write().await?;
        let member = person::member(&mut tx, id, new.person).await?.filter(|member| member.left_at.is_none());
        if !member.is_some_and(|member| new.level.roles().contains(&member.role)) {
            return Err(AdminError::NotOnDuty(new.level));
        }
        duty::save(&mut tx, id, new).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a person off a level. Whether they were on it.
    ///
    /// # Errors
    /// The database.
    pub async fn relieve(&self, id: CaseloadId, level: Level, who: PersonId) -> Result<bool, AdminError> {
        let mut tx = self.write().await?;
        let relieved = duty::remove(&mut tx, id, level, who).await?;
        tx.commit().await?;
        Ok(relieved)
    }

    /// Everybody who is named in a caseload, for whatever time.
    ///
    /// # Errors
    /// The database.
    pub async fn duties(&self, id: CaseloadId) -> Result<Vec<Duty>, AdminError> {
        Ok(duty::of_caseload(&mut self.app.db().read().await?, id).await?)
    }

    /// Who would be told now at each level, if nobody acknowledged.
    ///
    /// # Errors
    /// The database.
    pub async fn on_duty(&self, id: CaseloadId) -> Result<Vec<(Level, OnDuty)>, AdminError> {
        let mut tx = self.app.db().read().await?;
        let (mut told, mut levels) = (BTreeSet::new(), Vec::new());
        for level in Level::ALL {
            let on_duty = crate::flow::duty::at(&mut tx, id, level, self.now(), &told).await?;
            told.extend(on_duty.people.iter().copied());
            levels.push((level, on_duty));
        }
        Ok(levels)
    }

    /// Caseloads in their term whose alarms find nobody at some level.
    ///
    /// # Errors
    /// The database.
    pub async fn unmanned(&self) -> Result<Vec<Unmanned>, AdminError> {
        let now: Timestamp = self.now();
        let mut found = Vec::new();
        for caseload in self.caseloads().await? {
            if caseload.kind != CaseloadKind::Field || now < caseload.term_from || caseload.term_to <= now {
                continue;
            }
            let levels = self.on_duty(caseload.id).await?;
            let levels: Vec<Level> =
                levels.into_iter().filter(|(_, on)| on.people.is_empty()).map(|(level, _)| level).collect();
            if !levels.is_empty() {
                found.push(Unmanned { prefix: caseload.prefix, name: caseload.name, levels });
            }
        }
        Ok(found)
    }
}
