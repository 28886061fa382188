//! Caseloads, lists, what search finds, what changed, and what the policy says at the door.

pub use doorstep_mobile::{CaseloadView, Change, DoorFlag, DoorFlags, Found, LeaseView, News, OpenFinding};
use sync_core::id::{CaseloadId, EntityId, EventId, FlagId, PersonId, SubmissionId};
use sync_core::policy::{RuleAlarm, Text};
use sync_core::time::{Span, Timestamp};

use crate::vocabulary::Role;

/// One caseload as the host shows it.
#[uniffi::remote(Record)]
pub struct CaseloadView {
    /// Which.
    pub id: CaseloadId,
    /// Its name.
    pub name: String,
    /// The worker's role in it.
    pub role: Role,
    /// The worker left it; its files go when the outbox is empty.
    pub left: bool,
    /// The last log entry held.
    pub seq: u64,
    /// Files on this phone.
    pub files: u32,
    /// Forms that are not confirmed yet.
    pub unconfirmed: u32,
}

/// What search found.
#[uniffi::remote(Record)]
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

/// A finding that is not put right yet.
#[uniffi::remote(Record)]
pub struct OpenFinding {
    /// The hazard.
    pub hazard: EntityId,
    /// The item of the checklist.
    pub code: String,
    /// 0 to 4.
    pub severity: u8,
    /// By when the shop was asked to put it right.
    pub due_at: Option<Timestamp>,
}

/// What changed since the last sync.
#[uniffi::remote(Record)]
pub struct News {
    /// What others did, in server order.
    pub changes: Vec<Change>,
    /// Own submissions about which something was decided.
    pub decided: Vec<SubmissionId>,
    /// There was more than is kept.
    pub more: bool,
}

/// One thing that changed.
#[uniffi::remote(Record)]
pub struct Change {
    /// The file.
    pub root: EntityId,
    /// What it is: the code of an event kind, or `edit`.
    pub what: String,
    /// The entity that was changed or is spoken of.
    pub subject: EntityId,
    /// The fields, of an edit.
    pub fields: Vec<String>,
    /// The event, if it is one.
    pub event: Option<EventId>,
    /// Who.
    pub person: PersonId,
    /// In which role.
    pub role: Role,
    /// When the server took it in.
    pub at: Timestamp,
}

/// What the policy says of a shop.
#[uniffi::remote(Record)]
pub struct DoorFlags {
    /// The policy version that was evaluated; 0 when none is on this phone yet.
    pub policy: u32,
    /// The rules that hold.
    pub flags: Vec<DoorFlag>,
    /// Rules that could not be evaluated: whether they hold, nobody knows.
    pub alarms: Vec<RuleAlarm>,
}

/// A rule that holds for a shop.
#[uniffi::remote(Record)]
pub struct DoorFlag {
    /// The flag; the server's has the same id.
    pub flag: FlagId,
    /// The rule.
    pub rule: String,
    /// What it is about, within its rule.
    pub window: String,
    /// 0 to 4.
    pub severity: u8,
    /// Why it holds.
    pub why: Text,
    /// Shown as a neutral sign until somebody opens it.
    pub discreet: bool,
    /// The server has raised it already.
    pub confirmed: bool,
}

/// The lease as the host shows it.
#[uniffi::remote(Record)]
pub struct LeaseView {
    /// Files cannot be read until the next sync.
    pub locked: bool,
    /// How long they can be read without one.
    pub left: Span,
}

/// A rule that could not be evaluated. A person has to see it: nobody knows whether the rule holds.
#[uniffi::remote(Record)]
pub struct RuleAlarm {
    /// Rule id.
    pub rule: String,
    /// What went wrong, without any value of the facts.
    pub message: Text,
}
