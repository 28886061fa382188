//! What one request may touch. The only way to data: functions that read or write a caseload take a [`Scope`], and only
//! this folder makes one.

use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, PersonId};

use crate::db::person::Membership;

/// One caseload, in one role, for one person with one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope {
    caseload: CaseloadId,
    person: PersonId,
    device: DeviceId,
    role: Role,
}

impl Scope {
    /// The scope that a membership gives, if it still stands.
    pub(super) fn of(membership: &Membership, device: DeviceId) -> Option<Self> {
        let Membership { caseload, person, role, version: _, left_at } = *membership;
        left_at.is_none().then_some(Self { caseload, person, device, role })
    }

    /// The scope of a department's own system at its desk, for somebody who acts there: an officer's.
    pub(super) fn of_system(desk: CaseloadId, person: PersonId, device: DeviceId) -> Self {
        Self { caseload: desk, person, device, role: Role::Officer }
    }

    /// The caseload.
    pub(crate) fn caseload(&self) -> CaseloadId {
        self.caseload
    }

    /// The person.
    pub(crate) fn person(&self) -> PersonId {
        self.person
    }

    /// The phone, or the person's console.
    pub(crate) fn device(&self) -> DeviceId {
        self.device
    }

    /// The role in that caseload.
    pub(crate) fn role(&self) -> Role {
        self.role
    }
}

/// A person's console: where acts at the API come from, as acts on a phone come from a phone.
pub(crate) fn console(person: PersonId) -> DeviceId {
    DeviceId::derived("console", &[person.bytes()])
}
