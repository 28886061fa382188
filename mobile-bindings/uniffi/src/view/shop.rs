//! A shop in a list, and its file.

use doorstep_mobile::{PremisesBrief, PremisesFile};
use sync_core::id::{CaseloadId, EntityId, SubmissionId};
use sync_core::time::Timestamp;

use super::history::HistoryEntry;
use super::{ConflictView, FieldView, FlagView, HazardView, LinkedPair, OpenFinding, OperatorView, ReferralView};

/// A shop in a list.
#[derive(uniffi::Record)]
pub struct ShopRow {
    /// The shop.
    pub id: EntityId,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// The name on the sign.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// The code on the door plate.
    pub unit_code: String,
    /// Kinds of premises.
    pub kinds: Vec<String>,
    /// When somebody last looked.
    pub last_visit: Option<Timestamp>,
    /// When a worker said to come back.
    pub next_visit: Option<Timestamp>,
    /// What is not put right yet.
    pub open: Vec<OpenFinding>,
    /// Fields about which people disagree.
    pub conflicts: u32,
    /// Its referrals.
    pub referrals: u32,
    /// Some of it is this phone's own work that is not confirmed yet.
    pub pending: bool,
}

impl From<PremisesBrief> for ShopRow {
    fn from(brief: PremisesBrief) -> Self {
        let PremisesBrief { id, caseload, name, address, unit_code, kinds, last_visit, next_visit, open, .. } = brief;
        let PremisesBrief { conflicts, referrals, pending, .. } = brief;
        Self {
            id,
            caseload,
            name,
            address,
            unit_code,
            kinds,
            last_visit,
            next_visit,
            open,
            conflicts,
            referrals,
            pending,
        }
    }
}

/// A shop's file.
#[derive(uniffi::Record)]
pub struct ShopFile {
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
    pub history: Vec<HistoryEntry>,
    /// Pairs of files that somebody linked: what a link that is taken back has to name.
    pub links: Vec<LinkedPair>,
    /// Own submissions on it that are not confirmed yet.
    pub pending: Vec<SubmissionId>,
}

impl From<PremisesFile> for ShopFile {
    fn from(file: PremisesFile) -> Self {
        let PremisesFile {
            id,
            also,
            caseload,
            name,
            fields,
            operators,
            hazards,
            conflicts,
            flags,
            referrals,
            history,
            links,
            pending,
        } = file;
        let links = LinkedPair::all(links);
        let history = history.into_iter().map(Into::into).collect();
        Self {
            id,
            also,
            caseload,
            name,
            fields,
            operators,
            hazards,
            conflicts,
            flags,
            referrals,
            history,
            links,
            pending,
        }
    }
}
