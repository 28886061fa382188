//! What was planned for a date is done when it has come: people enter and leave, terms begin. Each in a transaction of
//! its own, through the log, so that phones hear of it like of any other entering and leaving.

use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};

use super::{Admin, AdminError};
use crate::db::planned::{self, Planned, Why};
use crate::db::{Tx, caseload, person, term};
use crate::register::Record;

/// When something that was asked for happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It was so, or was planned so, before.
    Already,
    /// It has happened.
    Now,
    /// It will happen at its date.
    Planned,
}

impl Admin<'_> {
    /// Does what is due. Gives how much that was. To be called every minute.
    ///
    /// # Errors
    /// The database; the flow. What came before stands.
    pub async fn keep_dates(&self) -> Result<usize, AdminError> {
        let mut done = 0;
        for known in self.caseloads().await? {
            done += self.keep_dates_of(known.id).await?;
        }
        Ok(done)
    }

    async fn keep_dates_of(&self, id: CaseloadId) -> Result<usize, AdminError> {
        let mut tx = self.app.db().read().await?;
        let due = planned::due(&mut tx, id, self.now()).await?;
        let term = term::of(&mut tx, id).await?.into_iter().any(|term| self.begins(&term));
        drop(tx);
        if due.is_empty() && !term {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let done = self.do_what_is_due(&mut tx, id).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Terms first, because with them people leave for whom nothing is planned any more.
    pub(super) async fn do_what_is_due(&self, tx: &mut Tx, id: CaseloadId) -> Result<usize, AdminError> {
        let mut done = 0;
        for term in term::of(tx, id).await?.into_iter().filter(|term| self.begins(term)) {
            self.begin(tx, id, &term).await?;
            done += 1;
        }
        for plan in planned::due(tx, id, self.now()).await? {
            self.carry_out(tx, &plan).await?;
            planned::done(tx, &plan, self.now()).await?;
            done += 1;
        }
        Ok(done)
    }

    async fn carry_out(&self, tx: &mut Tx, plan: &Planned) -> Result<(), AdminError> {
        let Planned { caseload, person: who, .. } = *plan;
        let member = person::member(tx, caseload, who).await?.filter(|member| member.left_at.is_none());
        let open: Vec<Planned> = planned::open(tx, caseload).await?.into_iter().filter(|p| p.person == who).collect();
        let cover = plan.why == Why::Cover;
        match (plan.enters, member) {
            (true, None) => self.enter(tx, caseload, who, plan.role).await?,
            (true, Some(_)) if cover && !covers(&open).any(|end| Some(end.at) != plan.until) => {
                // Nothing but this cover would take them out: they were let in for good meanwhile.
                planned::cancel_covers(tx, caseload, who).await?;
            }
            (false, Some(_)) if cover && begun(&open).any(|end| end.at > plan.at) => {}
            (false, Some(_)) => {
                self.leave(tx, caseload, who).await?;
            }
            (true, Some(_)) | (false, None) => {}
        }
        if let (false, Why::Handover, Some(heir)) = (plan.enters, plan.why, plan.other) {
            self.app.flow().pass_elders_on(tx, caseload, self.now(), (who, heir)).await?;
        }
        Ok(())
    }

    /// Lets a person in, through the log.
    pub(super) async fn enter(&self, tx: &mut Tx, id: CaseloadId, who: PersonId, role: Role) -> Result<(), AdminError> {
        let version = person::enter(tx, id, who, role, self.now()).await?;
        Ok(self.app.flow().note_membership(tx, id, self.now(), (who, true, version)).await?)
    }

    /// Takes a person out, through the log. Whether they were in.
    pub(super) async fn leave(&self, tx: &mut Tx, id: CaseloadId, who: PersonId) -> Result<bool, AdminError> {
        let Some(version) = person::leave(tx, id, who, self.now()).await? else { return Ok(false) };
        self.app.flow().note_membership(tx, id, self.now(), (who, false, version)).await?;
        self.note(Record::Left { caseload: id, person: who, version }).await?;
        Ok(true)
    }

    /// What is still to come, by caseload.
    ///
    /// # Errors
    /// The database.
    pub async fn planned(&self, id: CaseloadId) -> Result<(Vec<Planned>, Vec<term::Term>), AdminError> {
        let mut tx = self.app.db().read().await?;
        let terms = term::of(&mut tx, id).await?;
        let to_come = terms.into_iter().filter(|term| term.begun_at.is_none()).collect();
        Ok((planned::open(&mut tx, id).await?, to_come))
    }

    /// A place where this role can work.
    pub(super) async fn place(
        &self,
        tx: &mut Tx,
        id: CaseloadId,
        role: Role,
    ) -> Result<caseload::Caseload, AdminError> {
        let place = caseload::load(tx, id).await?.ok_or_else(|| AdminError::NoCaseload(id.to_string()))?;
        let fits = match place.kind {
            caseload::CaseloadKind::Desk => matches!(role, Role::Officer | Role::Dispatcher),
            caseload::CaseloadKind::Field => !matches!(role, Role::Officer | Role::Admin | Role::System),
        };
        if fits { Ok(place) } else { Err(AdminError::NotThere(role)) }
    }
}

/// The ends of covers.
fn covers(plans: &[Planned]) -> impl Iterator<Item = &Planned> {
    plans.iter().filter(|plan| plan.why == Why::Cover && !plan.enters)
}

/// The ends of covers that have begun.
pub(super) fn begun(plans: &[Planned]) -> impl Iterator<Item = &Planned> {
    let waits = |end: &Planned| plans.iter().any(|plan| plan.enters && plan.until == Some(end.at));
    covers(plans).filter(move |end| !waits(end))
}
