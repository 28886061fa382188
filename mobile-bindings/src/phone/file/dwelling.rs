//! The file of a dwelling: what is wrong with the home, and who lives there.

use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId, SubmissionId};

use super::{Common, ConflictView, EventView, FieldView, FlagView, HazardView, ReferralView, text};
use crate::error::PhoneError;
use crate::phone::search::ElderRow;
use crate::phone::{Inner, Phone};

/// A dwelling's file; linked files as one. Of who lives there it holds whether somebody needs help to get out, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct DwellingFile {
    /// The dwelling; of linked files the smallest of their ids, whichever was asked for.
    pub id: EntityId,
    /// The ids of the other files that are the same dwelling. Each finds this file.
    pub also: Vec<EntityId>,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// Where it is.
    pub address: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// The elders whose files say that they live here.
    pub elders: Vec<ElderRow>,
    /// All findings, open ones first.
    pub hazards: Vec<HazardView>,
    /// What people disagree about, in any part of the file.
    pub conflicts: Vec<ConflictView>,
    /// Flags that were raised.
    pub flags: Vec<FlagView>,
    /// Referrals.
    pub referrals: Vec<ReferralView>,
    /// What happened, latest first; without what was voided or corrected.
    pub history: Vec<EventView>,
    /// Pairs of files that somebody linked: what a link that is taken back has to name.
    pub links: Vec<(EntityId, EntityId)>,
    /// Own submissions on it that are not confirmed yet.
    pub pending: Vec<SubmissionId>,
}

impl Phone {
    /// The file of a dwelling, or of anything that belongs to it, as shown: confirmed, with own pending work on top.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn dwelling(&self, id: EntityId) -> Result<DwellingFile, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        inner.dwelling(id)
    }
}

impl Inner {
    fn dwelling(&self, id: EntityId) -> Result<DwellingFile, PhoneError> {
        let (caseload, linked) = self.files_of(id)?;
        let common = Common::of(Kind::Dwelling, &linked, self.telling()).ok_or(PhoneError::NoSuchFile)?;
        Ok(DwellingFile {
            id: common.id,
            also: common.also,
            caseload,
            address: text(&common.root, "address"),
            fields: common.fields,
            elders: self.elder_rows(|elder| elder.dwellings.iter().any(|home| linked.contains_key(home))),
            hazards: common.hazards,
            conflicts: common.conflicts,
            flags: common.flags,
            referrals: common.referrals,
            history: common.history,
            links: common.links,
            pending: common.pending.into_iter().collect(),
        })
    }
}
