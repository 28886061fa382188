//! The entities that a row of premises stands for.

use sync_core::id::{CaseloadId, EntityId};

/// The entities that a row's key stands for, the same at every import into the caseload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowIds {
    /// The place.
    pub premises: EntityId,
    /// The business.
    pub operator: EntityId,
    /// The business at the place.
    pub tenancy: EntityId,
}

impl RowIds {
    /// The entities of the row with this key.
    #[must_use]
    pub fn of(caseload: CaseloadId, external_key: &str) -> Self {
        let id = |domain| EntityId::derived(domain, &[caseload.bytes(), external_key.as_bytes()]);
        Self {
            premises: id("premises-import"),
            operator: id("premises-import-operator"),
            tenancy: id("premises-import-tenancy"),
        }
    }
}
