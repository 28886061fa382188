//! What a restored database must not take up where the backup left it: between the backup and the restore there was a
//! time of which it knows nothing.

use sync_core::id::CaseloadId;
use sync_core::time::Timestamp;

use super::{Result, Tx, args, counter, letter, statements};

statements! {
    NEW_EPOCH = "UPDATE caseload SET epoch = $2 WHERE id = $1";
    NEW_VERSIONS = "UPDATE membership SET version = $2 WHERE caseload = $1";
    END_SESSIONS = "UPDATE session SET ended_at = COALESCE(ended_at, $1)";
    END_CODES = "UPDATE enrolment SET expires_at = $1";
    FORGET_SECRETS = "DELETE FROM refresh_secret";
    TRUST_DEVICES = "INSERT INTO refresh_secret (holder, hash, generation, issued_at, used_at) \
        SELECT id, $1, 1, $2, $2 FROM device";
}

/// The hash of no secret: whatever a device shows counts as the one in use, until it uses the next one. That the key and
/// the installation are the known ones was judged before.
pub(crate) const ANY_SECRET: [u8; 32] = [0; 32];

/// Starts a history that no earlier one was: phones send again what they have, and what comes next from here is newer
/// than anything that they heard.
pub(crate) async fn new_history(tx: &mut Tx, caseload: CaseloadId, epoch: u32) -> Result<()> {
    tx.run(NEW_EPOCH, args![caseload, epoch]).await?;
    tx.run(NEW_VERSIONS, args![caseload, epoch]).await.map(drop)
}

/// Leaves numbers and letters out that may be on paper by now.
pub(crate) async fn skip(tx: &mut Tx, caseload: CaseloadId, counted: &str, numbers: u64, letters: u32) -> Result<()> {
    let last = counter::get(tx, caseload, counted).await?;
    counter::set(tx, caseload, counted, last + numbers).await?;
    letter::skip(tx, caseload, letters).await
}

/// Nobody is logged in, no code enrols, and every device proves itself once by its key.
pub(crate) async fn ask_everybody_again(tx: &mut Tx, now: Timestamp) -> Result<()> {
    tx.run(END_SESSIONS, args![now]).await?;
    tx.run(END_CODES, args![now]).await?;
    tx.run(FORGET_SECRETS, args![]).await?;
    tx.run(TRUST_DEVICES, args![ANY_SECRET, now]).await.map(drop)
}
