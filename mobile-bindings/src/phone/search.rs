//! Search over names, addresses and unit codes, in memory; never over notes.

use sync_core::id::{CaseloadId, EntityId};

use super::Phone;
use super::brief::{PremisesBrief, normal};

/// What search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
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
    /// Findings that are not put right.
    pub open: u32,
}

impl From<&PremisesBrief> for Found {
    fn from(brief: &PremisesBrief) -> Self {
        Self {
            id: brief.id,
            caseload: brief.caseload,
            name: brief.name.clone(),
            address: brief.address.clone(),
            unit_code: brief.unit_code.clone(),
            open: brief.open.len().try_into().unwrap_or(u32::MAX),
        }
    }
}

impl Phone {
    /// Shops of whose name, address, unit code or operator every word of `text` is a part; at most `limit`, by name.
    /// None while files are locked; see [`Phone::lease`].
    #[must_use]
    pub fn search(&self, text: &str, limit: u32) -> Vec<Found> {
        let words: Vec<String> = text.split_whitespace().map(normal).filter(|word| !word.is_empty()).collect();
        let mut inner = self.lock();
        if inner.readable().is_err() {
            return Vec::new();
        }
        let mut found: Vec<Found> =
            inner.index.shops().filter(|brief| brief.matches(&words)).map(Found::from).collect();
        found.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        found.truncate(limit.try_into().unwrap_or(usize::MAX));
        found
    }

    /// The shops of a caseload, by name, linked files as one; none while files are locked.
    #[must_use]
    pub fn list(&self, caseload: CaseloadId) -> Vec<PremisesBrief> {
        let mut inner = self.lock();
        if inner.readable().is_err() {
            return Vec::new();
        }
        let mut list: Vec<_> = inner.index.shops().filter(|brief| brief.caseload == caseload).cloned().collect();
        list.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        list
    }
}
