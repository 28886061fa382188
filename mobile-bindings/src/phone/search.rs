//! Lists and search over names, addresses and unit codes, in memory; never over notes. Of an elder a list tells a
//! bystander no more than a name, an address and that a visit is due.

use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;

use super::brief::{Brief, Elder, FileKind, Of, PremisesBrief, normal};
use super::{Inner, Phone};

/// What search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The file.
    pub id: EntityId,
    /// What it is about.
    pub kind: FileKind,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// The name on the sign or in the register; of a dwelling its address.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// The code on the door plate.
    pub unit_code: String,
    /// Findings of a shop that are not put right; of a home the list does not tell.
    pub open: u32,
}

/// An elder in a list.
#[derive(Clone, PartialEq, Eq)]
pub struct ElderRow {
    /// The elder.
    pub id: EntityId,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// The name in the register.
    pub name: String,
    /// Where the elder lives.
    pub address: String,
    /// When somebody should go there.
    pub due_at: Option<Timestamp>,
    /// Some of it is this phone's own work that is not confirmed yet.
    pub pending: bool,
}

/// A dwelling in a list.
#[derive(Clone, PartialEq, Eq)]
pub struct DwellingRow {
    /// The dwelling.
    pub id: EntityId,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// Where it is.
    pub address: String,
    /// The code on the door plate.
    pub unit_code: String,
    /// Some of it is this phone's own work that is not confirmed yet.
    pub pending: bool,
}

impl Phone {
    /// Files of whose name, address, unit code or operator every word of `text` is a part; at most `limit`, by name.
    /// An elder is found by where they live, too. None while files are locked; see [`Phone::lease`].
    #[must_use]
    pub fn search(&self, text: &str, limit: u32) -> Vec<Found> {
        let words: Vec<String> = text.split_whitespace().map(normal).filter(|word| !word.is_empty()).collect();
        let mut inner = self.lock();
        if words.is_empty() || inner.readable().is_err() {
            return Vec::new();
        }
        let matching = inner.index.files().filter(|brief| inner.matches(brief, &words));
        let mut found: Vec<&Brief> = matching.collect();
        found.sort_by_key(|brief| (brief.name(), brief.kind(), brief.id));
        found.truncate(limit.try_into().unwrap_or(usize::MAX));
        found.into_iter().map(|brief| inner.found(brief)).collect()
    }

    /// The shops of a caseload, by name, linked files as one; none while files are locked.
    #[must_use]
    pub fn list(&self, caseload: CaseloadId) -> Vec<PremisesBrief> {
        let mut inner = self.lock();
        if inner.readable().is_err() {
            return Vec::new();
        }
        let own = inner.index.files().filter(|brief| brief.caseload == caseload);
        let shops = own.filter_map(|brief| match &brief.of {
            Of::Premises(shop) => {
                let others = inner.index.cluster(brief.id).into_iter().filter(|other| *other != brief.id);
                Some(shop.listed(brief, others.collect()))
            }
            _ => None,
        });
        let mut list: Vec<PremisesBrief> = shops.collect();
        list.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        list
    }

    /// The elders of a caseload, by name, linked files as one; none while files are locked.
    #[must_use]
    pub fn elders(&self, caseload: CaseloadId) -> Vec<ElderRow> {
        let mut inner = self.lock();
        if inner.readable().is_err() {
            return Vec::new();
        }
        let mut rows = inner.elder_rows(|_| true);
        rows.retain(|row| row.caseload == caseload);
        rows
    }

    /// The dwellings of a caseload, by address, linked files as one; none while files are locked.
    #[must_use]
    pub fn dwellings(&self, caseload: CaseloadId) -> Vec<DwellingRow> {
        let mut inner = self.lock();
        if inner.readable().is_err() {
            return Vec::new();
        }
        let own = inner.index.files().filter(|brief| brief.caseload == caseload);
        let homes = own.filter_map(|brief| match &brief.of {
            Of::Dwelling(home) => Some(DwellingRow {
                id: brief.id,
                caseload,
                address: home.address.clone(),
                unit_code: home.unit_code.clone(),
                pending: brief.pending,
            }),
            _ => None,
        });
        let mut rows: Vec<DwellingRow> = homes.collect();
        rows.sort_by(|a, b| (&a.address, a.id).cmp(&(&b.address, b.id)));
        rows
    }
}

impl Inner {
    /// Elders as a list shows them, by name.
    pub(super) fn elder_rows(&self, wanted: impl Fn(&Elder) -> bool) -> Vec<ElderRow> {
        let mut rows = Vec::new();
        let alerts = self.alerts().unwrap_or_default();
        for brief in self.index.files() {
            let Of::Elder(elder) = &brief.of else { continue };
            if wanted(elder) {
                rows.push(ElderRow {
                    id: brief.id,
                    caseload: brief.caseload,
                    name: elder.name.clone(),
                    address: self.address(brief).0,
                    // A rule that cannot be judged leaves a list without its date, not a worker without a list.
                    due_at: self.due_under(brief.id, &alerts).ok().and_then(|due| Some(due.first()?.at)),
                    pending: brief.pending,
                });
            }
        }
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        rows
    }

    /// Where a file's subject is: address and unit code.
    pub(super) fn address(&self, brief: &Brief) -> (String, String) {
        match &brief.of {
            Of::Premises(shop) => (shop.address.clone(), shop.unit_code.clone()),
            Of::Dwelling(home) => (home.address.clone(), home.unit_code.clone()),
            Of::Elder(elder) => {
                let mut homes = elder.dwellings.iter().filter_map(|dwelling| self.index.one(*dwelling));
                homes.find(|home| home.kind() == FileKind::Dwelling).map(|home| self.address(home)).unwrap_or_default()
            }
        }
    }

    /// Whether every word is found in some text of the file, or of the home of whom it is about.
    fn matches(&self, brief: &Brief, words: &[String]) -> bool {
        let homes: &[EntityId] = match &brief.of {
            Of::Elder(elder) => &elder.dwellings,
            _ => &[],
        };
        let homes = || homes.iter().filter_map(|home| self.index.one(*home));
        let texts = || brief.searched.iter().chain(homes().flat_map(|home| &home.searched));
        words.iter().all(|word| texts().any(|text| text.contains(word.as_str())))
    }

    fn found(&self, brief: &Brief) -> Found {
        let (address, unit_code) = self.address(brief);
        let open = match &brief.of {
            Of::Premises(shop) => shop.open.len().try_into().unwrap_or(u32::MAX),
            Of::Elder(_) | Of::Dwelling(_) => 0,
        };
        let (name, kind) = (brief.name().to_owned(), brief.kind());
        Found { id: brief.id, kind, caseload: brief.caseload, name, address, unit_code, open }
    }
}
