//! Terms: at its first moment a caseload passes to the organisation that works on it next. The people of the one before
//! leave, and all that is in the files stays: history, flags, referrals, and held work, which the new supervisor decides.

use std::collections::BTreeSet;

use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::{Admin, AdminError, Open, When, handover};
use crate::db::caseload::{self, CaseloadKind};
use crate::db::planned::{self, Planned, Why};
use crate::db::term::{self, Term};
use crate::db::{Tx, person};

/// Those who belong to the organisation that works on a caseload; the others belong to the street.
const ITS_PEOPLE: [Role; 3] = [Role::Worker, Role::Supervisor, Role::Steward];

/// A term to come.
#[derive(Debug, Clone)]
pub struct NewTerm {
    /// The organisation.
    pub operator: String,
    /// First moment, and the moment behind the last.
    pub term: (Timestamp, Timestamp),
    /// Its people, who enter as what they are.
    pub people: Vec<PersonId>,
}

/// A term as it is planned.
#[derive(Debug, Clone)]
pub struct Passing {
    /// When the caseload passes.
    pub when: When,
    /// The organisation that works on it until then.
    pub from: String,
    /// Who leaves then.
    pub leaving: Vec<PersonId>,
    /// What is open there.
    pub open: Open,
}

impl Admin<'_> {
    /// Gives a caseload to an organisation for a term. With another organisation the people of the one before leave when
    /// it begins; a new term of the same organisation changes nobody. The same again changes nothing. A dry run says what
    /// would be, and does nothing.
    ///
    /// # Errors
    /// When the term is empty, or begins before the one that is on; when nobody among the people of another organisation
    /// is a supervisor, or one has a role that organisations do not have.
    pub async fn term(&self, id: CaseloadId, new: NewTerm, dry: bool) -> Result<Passing, AdminError> {
        let mut tx = self.write().await?;
        let now = self.now();
        let NewTerm { operator, term: (begins_at, ends_at), people } = new;
        let known = caseload::load(&mut tx, id).await?.filter(|known| known.kind == CaseloadKind::Field);
        let known = known.ok_or_else(|| AdminError::NoCaseload(id.to_string()))?;
        let asked = Term { begins_at, ends_at, operator, begun_at: None };
        if ends_at <= begins_at || begins_at < known.term_from {
            return Err(AdminError::NoTime);
        }
        let before = term::of(&mut tx, id).await?.into_iter().find(|term| term.begins_at == begins_at);
        let same =
            before.as_ref().is_some_and(|before| (before.ends_at, &before.operator) == (ends_at, &asked.operator));
        let on = known.operator == asked.operator && (known.term_from, known.term_to) == (begins_at, ends_at);
        let entering = self.entering(&mut tx, id, &asked, &people).await?;
        if known.operator != asked.operator && !entering.iter().any(|plan| plan.role == Role::Supervisor) {
            return Err(AdminError::NoSupervisor);
        }
        let leaving = self.leaving(&mut tx, id, &asked, &people).await?;
        if !same && !on {
            term::save(&mut tx, id, &asked).await?;
        }
        let mut more = false;
        for plan in entering {
            if !same {
                planned::remove(&mut tx, &plan).await?;
            }
            more |= planned::insert(&mut tx, &plan).await?;
        }
        self.trying(dry).do_what_is_due(&mut tx, id).await?;
        let when = match (same || on) && !more {
            true => When::Already,
            false if begins_at <= now => When::Now,
            false => When::Planned,
        };
        let open = handover::open(&mut tx, id).await?;
        if !dry {
            tx.commit().await?;
        }
        Ok(Passing { when, from: known.operator, leaving, open })
    }

    async fn entering(
        &self,
        tx: &mut Tx,
        id: CaseloadId,
        term: &Term,
        people: &[PersonId],
    ) -> Result<Vec<Planned>, AdminError> {
        let mut entering = Vec::new();
        for who in people {
            let known = person::by_id(tx, *who).await?.ok_or_else(|| AdminError::NoPerson(who.to_string()))?;
            if !ITS_PEOPLE.contains(&known.role) {
                return Err(AdminError::NotThere(known.role));
            }
            entering.push(Planned {
                caseload: id,
                person: *who,
                at: term.begins_at,
                enters: true,
                role: known.role,
                why: Why::Term,
                other: None,
                until: None,
            });
        }
        Ok(entering)
    }

    /// Who leaves when this term begins: the people of another organisation, but for those who work for this one too.
    async fn leaving(
        &self,
        tx: &mut Tx,
        id: CaseloadId,
        term: &Term,
        staying: &[PersonId],
    ) -> Result<Vec<PersonId>, AdminError> {
        let known = caseload::load(tx, id).await?.ok_or_else(|| AdminError::NoCaseload(id.to_string()))?;
        if known.operator == term.operator {
            return Ok(Vec::new());
        }
        let members = person::members(tx, id).await?;
        let leaves = members.into_iter().filter(|m| ITS_PEOPLE.contains(&m.role) && !staying.contains(&m.person));
        Ok(leaves.map(|member| member.person).collect())
    }

    /// Whether a term ought to have begun.
    pub(super) fn begins(&self, term: &Term) -> bool {
        term.begun_at.is_none() && term.begins_at <= self.now()
    }

    /// The caseload passes.
    pub(super) async fn begin(&self, tx: &mut Tx, id: CaseloadId, term: &Term) -> Result<(), AdminError> {
        let plans = planned::open(tx, id).await?;
        let of_term = |plan: &&Planned| plan.why == Why::Term && plan.at == term.begins_at;
        let staying: BTreeSet<PersonId> = plans.iter().filter(of_term).map(|plan| plan.person).collect();
        let staying: Vec<PersonId> = staying.into_iter().collect();
        let passes = caseload::load(tx, id).await?.is_some_and(|known| known.operator != term.operator);
        for who in self.leaving(tx, id, term, &staying).await? {
            planned::cancel(tx, id, who).await?;
            self.leave(tx, id, who).await?;
        }
        if passes {
            // What the organisation before had planned for itself is no business of this one.
            let theirs = plans.iter().filter(|plan| plan.why != Why::Term && !staying.contains(&plan.person));
            for plan in theirs {
                planned::cancel(tx, id, plan.person).await?;
            }
        }
        caseload::set_operator(tx, id, &term.operator, (term.begins_at, term.ends_at)).await?;
        if passes {
            self.app.flow().change_contact(tx, id, self.now(), &term.operator).await?;
        }
        Ok(term::begun(tx, id, term.begins_at, self.now()).await?)
    }
}
