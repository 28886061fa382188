//! A shop's file.

use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId, SubmissionId};
use sync_core::project::Projection;

use super::{Common, ConflictView, EventView, FieldView, FlagView, HazardView, OperatorView, ReferralView};
use crate::error::PhoneError;
use crate::phone::view::fields;
use crate::phone::{Inner, Phone};

/// A shop's file.
#[derive(Clone, PartialEq, Eq)]
pub struct PremisesFile {
    /// The shop.
    pub id: EntityId,
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
    /// Files that are the same shop.
    pub links: Vec<EntityId>,
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
        let (caseload, root, shown) = self.file_of(id, Kind::Premises)?;
        let document = shown.file.documents.get(&root).ok_or(PhoneError::NoSuchFile)?;
        let operators = shown.file.of_kind(Kind::Operator);
        let Common { fields: own, hazards, conflicts, flags, referrals, history, links, pending } =
            Common::of(root, document, &shown);
        Ok(PremisesFile {
            id: root,
            caseload,
            name: Projection::of(root, document).title.unwrap_or_default(),
            fields: own,
            operators: operators
                .map(|(id, document)| OperatorView { id, fields: fields(&Projection::of(id, document)) })
                .collect(),
            hazards,
            conflicts,
            flags,
            referrals,
            history,
            links,
            pending,
        })
    }
}
