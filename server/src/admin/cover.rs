//! Temporary cover: somebody works on a caseload from one date to another, usually in a colleague's place.

use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::dates::begun;
use super::{Admin, AdminError, When};
use crate::db::planned::{self, Planned, Why};
use crate::db::{Tx, person};

/// A cover.
#[derive(Debug, Clone, Copy)]
pub struct Cover {
    /// As what; without it, as what they are.
    pub role: Option<Role>,
    /// From when; without it, from now.
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
    /// In whose place.
    pub covers: Option<PersonId>,
}

impl Admin<'_> {
    /// Lets a person into a caseload for a while: they enter at its beginning and leave by themselves at its end. The same
    /// again changes nothing; another end for the same beginning replaces it. A dry run says what would be, and does
    /// nothing.
    ///
    /// # Errors
    /// When the role does not work there, when the end is not behind the beginning or has passed, or when they work there
    /// for good.
    pub async fn cover(&self, id: CaseloadId, who: PersonId, cover: Cover, dry: bool) -> Result<When, AdminError> {
        let mut tx = self.write().await?;
        let when = self.trying(dry).plan_cover(&mut tx, id, who, cover).await?;
        if !dry {
            tx.commit().await?;
        }
        Ok(when)
    }

    async fn plan_cover(&self, tx: &mut Tx, id: CaseloadId, who: PersonId, cover: Cover) -> Result<When, AdminError> {
        let Cover { role, from, until, covers } = cover;
        let known = person::by_id(tx, who).await?.ok_or_else(|| AdminError::NoPerson(who.to_string()))?;
        let role = role.unwrap_or(known.role);
        self.place(tx, id, role).await?;
        let at = from.unwrap_or_else(|| self.now());
        if until <= at || until <= self.now() {
            return Err(AdminError::NoTime);
        }
        let open: Vec<Planned> = planned::open(tx, id).await?.into_iter().filter(|plan| plan.person == who).collect();
        let member = person::member(tx, id, who).await?.filter(|member| member.left_at.is_none());
        let enter = Planned {
            caseload: id,
            person: who,
            at,
            enters: true,
            role,
            why: Why::Cover,
            other: covers,
            until: Some(until),
        };
        let waiting = open.iter().find(|plan| plan.enters && plan.at == at);
        let running: Vec<&Planned> = begun(&open).collect();
        let starts = at <= self.now();
        let replaced: Vec<&Planned> = match (member, waiting) {
            (_, Some(waiting)) if waiting.until == Some(until) => return Ok(When::Already),
            (_, Some(waiting)) => {
                let end = |plan: &&Planned| !plan.enters && Some(plan.at) == waiting.until;
                open.iter().filter(end).chain([waiting]).collect()
            }
            (Some(_), None) if running.is_empty() => return Err(AdminError::WorksThere),
            (Some(_), None) if starts && running.iter().any(|end| end.at == until) => return Ok(When::Already),
            (Some(_), None) if starts => running,
            _ => Vec::new(),
        };
        for plan in replaced {
            planned::remove(tx, plan).await?;
        }
        planned::insert(tx, &enter).await?;
        planned::insert(tx, &Planned { at: until, enters: false, until: None, ..enter }).await?;
        self.do_what_is_due(tx, id).await?;
        Ok(if at <= self.now() { When::Now } else { When::Planned })
    }
}
