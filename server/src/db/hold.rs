//! Who waits for whom on PostgreSQL, where several transactions write at once. On SQLite a writer is alone.
//!
//! From the outside in: the *installation* is shared by every writer and taken by whoever changes access, so that a
//! revocation that has committed is known to every request after it; a *holder* of refresh secrets answers one request
//! at a time; a *caseload* is written by one transaction at a time, which alone moves the head of its log. Two
//! transactions that take caseloads in different order may be in each other's way: the engine then gives one of them up,
//! and it is done again (see [`super::DbError::is_surprise`]).

use sync_core::id::CaseloadId;

use super::sql::{Statement, args};
use super::{Result, Tx};

/// Any number that nothing else on the server uses.
pub(super) const SHARE_INSTALLATION: Statement =
    Statement { name: "SHARE_INSTALLATION", sql: "SELECT pg_advisory_xact_lock_shared(7239183401)" };
pub(super) const TAKE_INSTALLATION: Statement =
    Statement { name: "TAKE_INSTALLATION", sql: "SELECT pg_advisory_xact_lock(7239183401)" };
const CASELOAD: Statement = Statement { name: "CASELOAD", sql: "SELECT id FROM caseload WHERE id = $1 FOR UPDATE" };
const HOLDER: Statement = Statement { name: "HOLDER", sql: "SELECT pg_advisory_xact_lock($1)" };

const NO_HURRY: Statement =
    Statement { name: "NO_HURRY", sql: "SELECT set_config('idle_in_transaction_session_timeout', '0', true)" };

impl Tx {
    /// This transaction may wait long for something else, while everybody waits for it.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub(crate) async fn without_hurry(&mut self) -> Result<()> {
        self.wait(NO_HURRY, Vec::new()).await
    }

    /// Nobody else changes this caseload until the end of this transaction, which may write.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub async fn hold_caseload(&mut self, caseload: CaseloadId) -> Result<()> {
        self.wait(CASELOAD, args![caseload]).await
    }

    /// Nobody else judges the secrets of this device, session or enrolment code until the end of this transaction.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub async fn hold_secrets(&mut self, holder: &[u8]) -> Result<()> {
        // Two that begin alike are rare, and only wait for each other.
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(holder) {
            *to = *from;
        }
        self.wait(HOLDER, args![i64::from_be_bytes(first)]).await
    }
}
