//! Forms in progress.

pub use doorstep_mobile::Draft;
use sync_core::id::{CaseloadId, SubmissionId};
use sync_core::time::Timestamp;

use crate::form::Form;

/// A form in progress. Its id becomes the submission's.
#[uniffi::remote(Record)]
pub struct Draft {
    /// Which.
    pub id: SubmissionId,
    /// The caseload it will go to.
    pub caseload: CaseloadId,
    /// The form so far.
    pub form: Form,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// The service project under which the work is done.
    pub programme: String,
}
