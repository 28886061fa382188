//! Receipts: where each finished form stands.

pub use doorstep_mobile::{Pending, Receipt, Stage};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use crate::vocabulary::HoldCode;

/// How far a submission got.
#[uniffi::remote(Enum)]
pub enum Stage {
    /// On this phone only.
    Pending,
    /// The server has it.
    Stored,
    /// Part of the record.
    Merged,
    /// Waits for a supervisor.
    Held {
        /// Why, as a stable code.
        code: HoldCode,
        /// Why, in words.
        why: Text,
    },
    /// A supervisor decided against it.
    Rejected {
        /// Why.
        reason: String,
    },
    /// A rule holds because of it.
    Flagged {
        /// The rules.
        rules: Vec<String>,
    },
    /// It is on its way to a department.
    Referred {
        /// The referral.
        referral: EntityId,
        /// The department of the present round.
        dept: String,
        /// By when the department acts.
        due_at: Option<Timestamp>,
    },
    /// A desk has accepted it.
    Acknowledged {
        /// The referral.
        referral: EntityId,
        /// The department.
        dept: String,
    },
    /// A department has answered.
    Answered {
        /// The referral.
        referral: EntityId,
        /// The department.
        dept: String,
        /// What was found or done, as a stable code.
        outcome: String,
        /// What the worker and the resident may read.
        public_text: String,
        /// When somebody was on site.
        checked_at: Option<Timestamp>,
        /// It takes the place of an answer that the desk gave before.
        corrected: bool,
    },
    /// A department did not take it on.
    NotAccepted {
        /// The referral.
        referral: EntityId,
        /// The department.
        dept: String,
        /// Why.
        reason: String,
    },
}

/// Where a submission stands.
#[uniffi::remote(Record)]
pub struct Receipt {
    /// The submission.
    pub submission: SubmissionId,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// Its number in the outbox.
    pub number: u64,
    /// The file it is about.
    pub subject: EntityId,
    /// Its event, if it has one.
    pub event: Option<EventId>,
    /// When it was finished.
    pub finished_at: Timestamp,
    /// How far it got.
    pub stage: Stage,
}

/// A form that is not part of the record yet, and why.
#[uniffi::remote(Record)]
pub struct Pending {
    /// Where it stands.
    pub receipt: Receipt,
    /// Why it is not confirmed.
    pub why: Text,
}
