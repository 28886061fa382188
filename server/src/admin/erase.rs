//! A person asks that nothing of theirs is kept (PIPL art. 47).

use std::collections::BTreeSet;

use sync_core::author::Role;
use sync_core::id::{CaseloadId, EntityId, PersonId};

use super::{Admin, AdminError};
use crate::db::{erased, person};
use crate::flow::erase::{Order, Scope};
use crate::register::Record;

impl Admin<'_> {
    /// What would go if this elder of this caseload were erased.
    ///
    /// # Errors
    /// [`AdminError::NoElder`]; the database.
    pub async fn erasure_of(&self, id: CaseloadId, elder: EntityId) -> Result<Scope, AdminError> {
        let mut tx = self.app.db().read().await?;
        scope(self, &mut tx, id, elder).await
    }

    /// Whether this file was erased before: by a command that did not live to say so, perhaps.
    ///
    /// # Errors
    /// The database.
    pub async fn was_erased(&self, id: CaseloadId, elder: EntityId) -> Result<bool, AdminError> {
        Ok(erased::is(&mut self.app.db().read().await?, id, elder).await?)
    }

    /// Erases an elder of a caseload: the files, and what desks were told. Says what went.
    ///
    /// # Errors
    /// [`AdminError::NoElder`]; [`AdminError::MayNotErase`] when `by` is not one who keeps the files of the caseload; the
    /// register and the database. Nothing has happened then, except that the register may have it on record.
    pub async fn erase(
        &self,
        id: CaseloadId,
        elder: EntityId,
        (by, reason): (PersonId, &str),
    ) -> Result<Scope, AdminError> {
        let mut tx = self.write().await?;
        let member = person::member(&mut tx, id, by).await?.filter(|member| member.left_at.is_none());
        if !member.is_some_and(|member| matches!(member.role, Role::Supervisor | Role::Steward)) {
            return Err(AdminError::MayNotErase);
        }
        let scope = scope(self, &mut tx, id, elder).await?;
        let (now, order) = (self.now(), Order { by, reason: reason.to_owned() });
        let places = std::iter::once((id, scope.entities.clone())).chain(scope.slips.clone());
        let mut gone: Vec<(CaseloadId, BTreeSet<EntityId>)> = Vec::new();
        for (place, entities) in places {
            let all = self.app.flow().erase(&mut tx, place, now, &entities, &order).await?;
            gone.push((place, all));
        }
        for (caseload, entities) in gone {
            self.note(Record::Erased { caseload, entities: entities.into_iter().collect() }).await?;
        }
        tx.commit().await?;
        Ok(scope)
    }
}

async fn scope(
    admin: &Admin<'_>,
    tx: &mut crate::db::Tx,
    id: CaseloadId,
    elder: EntityId,
) -> Result<Scope, AdminError> {
    match admin.app.flow().erasure_of(tx, id, elder).await {
        Err(crate::flow::FlowError::NotFound) => Err(AdminError::NoElder(elder.to_string())),
        scope => Ok(scope?),
    }
}
