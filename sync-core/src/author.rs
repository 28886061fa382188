//! Who said something, and in which role.

use minicbor::{Decode, Encode};

use crate::code::coded;
use crate::id::{DeviceId, PersonId};

coded! {
    /// What somebody may do (domain reference, section 4).
    Role {
        /// 社工: visits, inspects, confirms.
        Worker = 0 "worker",
        /// 督导: decides held work, reviews.
        Supervisor = 1 "supervisor",
        /// 档案管理员: keeps the files, links duplicates.
        Steward = 2 "steward",
        /// 街道分拨员: sends referrals to desks.
        Dispatcher = 3 "dispatcher",
        /// 部门经办: answers referrals.
        Officer = 4 "officer",
        /// 购买方: sees what is overdue.
        Purchaser = 5 "purchaser",
        /// 评估方: reads de-identified evidence.
        Evaluator = 6 "evaluator",
        /// Runs the installation, sees no files.
        Admin = 7 "admin",
        /// The flow itself: flags and referrals that follow from a policy.
        System = 8 "system",
    }
}

/// The origin of one submission: which device, whose hands, in which role, and its number in that device's outbox.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Author {
    /// The device, or a person's console.
    #[n(0)]
    pub device: DeviceId,
    /// The person.
    #[n(1)]
    pub person: PersonId,
    /// The role at that time.
    #[n(2)]
    pub role: Role,
    /// The number in the device's outbox; later numbers were written later.
    #[n(3)]
    pub number: u64,
}
