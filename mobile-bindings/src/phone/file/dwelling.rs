//! The file of a dwelling: what is wrong with the home, and who lives there.

use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId, SubmissionId};

use super::{Common, ConflictView, EventView, FieldView, FlagView, HazardView, ReferralView};
use crate::error::PhoneError;
use crate::phone::search::ElderRow;
use crate::phone::{Inner, Phone};

/// A dwelling's file. Of who lives there it holds whether somebody needs help to get out, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct DwellingFile {
    /// The dwelling.
    pub id: EntityId,
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
    /// Files that are the same dwelling.
    pub links: Vec<EntityId>,
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
        let (caseload, root, shown) = self.file_of(id, Kind::Dwelling)?;
        let document = shown.file.documents.get(&root).ok_or(PhoneError::NoSuchFile)?;
        let Common { fields, hazards, conflicts, flags, referrals, history, links, pending } =
            Common::of(root, document, &shown);
        let address = document.value("address").and_then(|value| value.as_text().map(str::to_owned));
        Ok(DwellingFile {
            id: root,
            caseload,
            address: address.unwrap_or_default(),
            fields,
            elders: self.elder_rows(|elder| elder.dwellings.contains(&root)),
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
