//! A shop's file.

use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId, SubmissionId};

use super::{Common, ConflictView, EventView, FieldView, FlagView, HazardView, ReferralView};
use crate::error::PhoneError;
use crate::phone::{Inner, Phone};

/// Who runs the business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorView {
    /// The operator.
    pub id: EntityId,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

/// A shop's file; linked files as one.
#[derive(Clone, PartialEq, Eq)]
pub struct PremisesFile {
    /// The shop; of linked files the smallest of their ids, whichever was asked for.
    pub id: EntityId,
    /// The ids of the other files that are the same shop. Each finds this file.
    pub also: Vec<EntityId>,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// Who runs the business, also earlier.
    pub operators: Vec<OperatorView>,
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

impl PremisesFile {
    /// The findings that are not put right.
    pub fn open_hazards(&self) -> impl Iterator<Item = &HazardView> {
        self.hazards.iter().filter(|hazard| hazard.status == "open")
    }
}

impl Phone {
    /// The file of a shop, or of anything that belongs to it, as shown: confirmed, with own pending work on top.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn premises(&self, id: EntityId) -> Result<PremisesFile, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        inner.premises(id)
    }
}

impl Inner {
    fn premises(&self, id: EntityId) -> Result<PremisesFile, PhoneError> {
        let (caseload, linked) = self.files_of(id)?;
        let common = Common::of(Kind::Premises, &linked, self.telling()).ok_or(PhoneError::NoSuchFile)?;
        Ok(PremisesFile {
            id: common.id,
            also: common.also,
            caseload,
            name: common.root.title.unwrap_or_default(),
            fields: common.fields,
            operators: common.operators,
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
