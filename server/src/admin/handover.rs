//! Bulk handover: one person's place in a caseload passes to another at a date, with all that is open there.

use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, PersonId};
use sync_core::time::Timestamp;

use super::{Admin, AdminError, When};
use crate::db::planned::{self, Planned, Why};
use crate::db::{Tx, device, document, flag, person, submission};

/// What is open in a caseload, as counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Open {
    /// Files: shops, homes, elders.
    pub files: u64,
    /// Hazards that are not put right.
    pub hazards: u64,
    /// Needs that are not met.
    pub needs: u64,
    /// Referrals under way.
    pub referrals: u64,
    /// Flags that stand.
    pub flags: u64,
    /// Submissions that wait for a supervisor.
    pub held: u64,
}

/// A handover as it is planned.
#[derive(Debug, Clone)]
pub struct Handover {
    /// When it happens.
    pub when: When,
    /// Whether whoever takes over works there already.
    pub there: bool,
    /// As what they work there afterwards.
    pub role: Role,
    /// What is open there.
    pub open: Open,
    /// Phones of the one who leaves that work, with when they last synced: what they still send is held.
    pub phones: Vec<(DeviceId, Option<Timestamp>)>,
}

impl Admin<'_> {
    /// Hands the place of one person over to another. The same again changes nothing. A dry run says what would be, and
    /// does nothing.
    ///
    /// # Errors
    /// When they are the same, or the one who leaves does not work there.
    pub async fn hand_over(
        &self,
        id: CaseloadId,
        (from, to): (PersonId, PersonId),
        on: Timestamp,
        dry: bool,
    ) -> Result<Handover, AdminError> {
        let mut tx = self.write().await?;
        if from == to {
            return Err(AdminError::SamePerson);
        }
        let leaving = person::member(&mut tx, id, from).await?;
        let there = person::member(&mut tx, id, to).await?.filter(|member| member.left_at.is_none());
        let role = leaving.map(|member| member.role).ok_or(AdminError::WorksNotThere)?;
        self.place(&mut tx, id, role).await?;
        let leave = Planned {
            caseload: id,
            person: from,
            at: on,
            enters: false,
            role,
            why: Why::Handover,
            other: Some(to),
            until: None,
        };
        let new = planned::insert(&mut tx, &leave).await?;
        if !new {
            // As it was asked for before.
        } else if leaving.is_none_or(|member| member.left_at.is_some()) {
            return Err(AdminError::WorksNotThere);
        } else {
            planned::insert(&mut tx, &Planned { person: to, enters: true, other: Some(from), ..leave }).await?;
            self.trying(dry).do_what_is_due(&mut tx, id).await?;
        }
        let when = match new {
            false => When::Already,
            true if on <= self.now() => When::Now,
            true => When::Planned,
        };
        let phones = device::of_person(&mut tx, from).await?.into_iter().filter(|phone| phone.revoked_at.is_none());
        let phones = phones.map(|phone| (phone.id, phone.seen_at)).collect();
        let role = there.map_or(role, |member| member.role);
        let handover = Handover { when, there: there.is_some(), role, open: open(&mut tx, id).await?, phones };
        if !dry {
            tx.commit().await?;
        }
        Ok(handover)
    }
}

/// What is open in a caseload.
pub(super) async fn open(tx: &mut Tx, id: CaseloadId) -> Result<Open, AdminError> {
    let count = |counts: &[(String, u64)], name: &str| counts.iter().find(|(n, _)| n == name).map_or(0, |(_, n)| *n);
    let (kinds, verdicts) = (document::counts(tx, id).await?, submission::counts(tx, id).await?);
    let files = ["premises", "dwelling", "elder"].into_iter().map(|kind| count(&kinds, kind)).sum();
    let unfinished = document::unfinished(tx, id).await?;
    Ok(Open {
        files,
        hazards: count(&unfinished, "hazard"),
        needs: count(&unfinished, "need"),
        referrals: count(&unfinished, "referral"),
        flags: flag::standing(tx, id).await?,
        held: count(&verdicts, "held"),
    })
}
