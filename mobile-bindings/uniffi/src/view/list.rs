//! Caseloads, lists, what search finds, what changed, and what the policy says at the door.

pub use doorstep_mobile::{
    CaseloadView, Change, DoorFlag, DoorFlags, DwellingRow, ElderRow, FileKind, Found, LeaseView, News, OpenFinding,
};
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

/// What a file is about.
#[uniffi::remote(Enum)]
pub enum FileKind {
    /// A shop.
    Premises,
    /// An elder.
    Elder,
    /// Where elders live.
    Dwelling,
}

/// An elder in a list.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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

/// A finding that is not put right yet.
#[uniffi::remote(Record)]
pub struct OpenFinding {
    /// The hazard.
    pub hazard: EntityId,
    /// The item of the checklist.
    pub code: String,
    /// 0 to 4.
    pub severity: u8,
    /// By when somebody was asked to put it right.
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
    /// Files that were here and were erased, because whom they were about asked for it. What they were, nobody is told.
    pub erased: u32,
}

/// One thing that changed.
#[uniffi::remote(Record)]
pub struct Change {
    /// The file.
    pub root: EntityId,
    /// What the file is called; empty when it is not on this phone any more.
    pub name: String,
    /// What it is: the code of an event kind, or `edit`.
    pub what: String,
    /// The same in words.
    pub says: Text,
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

/// What the policy says of a file.
#[uniffi::remote(Record)]
pub struct DoorFlags {
    /// The policy version that was evaluated; 0 when none is on this phone yet.
    pub policy: u32,
    /// The rules that hold.
    pub flags: Vec<DoorFlag>,
    /// Rules that could not be evaluated: whether they hold, nobody knows.
    pub alarms: Vec<RuleAlarm>,
}

/// A rule that holds for a file.
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
    /// Somebody looking over the worker's shoulder should not read it.
    pub discreet: bool,
    /// What to show before somebody opens it: a neutral sign for a discreet one, else the reason.
    pub sign: Text,
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
