//! What each device said under which number, and where it stands.

use sync_core::id::{CaseloadId, DeviceId, SubmissionId};
use sync_core::log::{HoldCode, Verdict};
use sync_core::submission::Digest;

use super::{DbError, Result, Row, Tx, args, statements};

statements! {
    INSERT = "INSERT INTO submission (caseload, device, number, id, digest, seq, verdict, code, decided_seq) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)";
    BY_NUMBER = "SELECT device, number, id, digest, seq, verdict, code, decided_seq FROM submission \
        WHERE caseload = $1 AND device = $2 AND number = $3";
    BY_ID = "SELECT device, number, id, digest, seq, verdict, code, decided_seq FROM submission \
        WHERE caseload = $1 AND id = $2";
    HELD = "SELECT device, number, id, digest, seq, verdict, code, decided_seq FROM submission \
        WHERE caseload = $1 AND verdict = 'held' ORDER BY seq LIMIT $2";
    REJECTED = "SELECT device, number, id, digest, seq, verdict, code, decided_seq FROM submission \
        WHERE caseload = $1 AND verdict = 'rejected' ORDER BY seq";
    ROWS = "SELECT device, number, id, digest, seq, verdict, code, decided_seq FROM submission WHERE caseload = $1";
    DECIDE = "UPDATE submission SET verdict = $3, decided_seq = $4 WHERE caseload = $1 AND id = $2";
    LAST_NUMBER = "SELECT MAX(number) FROM submission WHERE caseload = $1 AND device = $2";
    COUNT_BY_VERDICT = "SELECT verdict, COUNT(*) FROM submission WHERE caseload = $1 GROUP BY verdict";
}

/// Where a submission stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stands {
    /// Part of the record.
    Merged,
    /// Waits for a person.
    Held(HoldCode),
    /// A person decided against it.
    Rejected(HoldCode),
}

/// A submission that the server has.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    /// The device that wrote it.
    pub device: DeviceId,
    /// Its number in that device's outbox.
    pub number: u64,
    /// Its id.
    pub id: SubmissionId,
    /// The digest of what arrived.
    pub digest: Digest,
    /// The entry that holds it.
    pub seq: u64,
    /// Where it stands now.
    pub stands: Stands,
    /// The entry that decided it, when it was held.
    pub decided_seq: Option<u64>,
}

impl Known {
    /// The verdict as the phone is told: a decided one as it was decided.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.stands {
            Stands::Merged => Verdict::Merged,
            Stands::Held(code) | Stands::Rejected(code) => Verdict::Held(code),
        }
    }
}

/// Records a submission that was just appended to the log.
pub(crate) async fn insert(tx: &mut Tx, caseload: CaseloadId, known: &Known) -> Result<()> {
    let (verdict, code) = match known.stands {
        Stands::Merged => ("merged", None),
        Stands::Held(code) => ("held", Some(code.code())),
        Stands::Rejected(code) => ("rejected", Some(code.code())),
    };
    let args = args![caseload, known.device, known.number, known.id, known.digest, known.seq, verdict, code];
    tx.run(INSERT, args).await.map(|_| ())
}

/// What this device sent under this number.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn by_number(tx: &mut Tx, caseload: CaseloadId, device: DeviceId, number: u64) -> Result<Option<Known>> {
    tx.first(BY_NUMBER, args![caseload, device, number]).await?.map(|row| read(&row)).transpose()
}

/// The submission with this id.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn by_id(tx: &mut Tx, caseload: CaseloadId, id: SubmissionId) -> Result<Option<Known>> {
    tx.first(BY_ID, args![caseload, id]).await?.map(|row| read(&row)).transpose()
}

/// The first number that is free for this device.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn next_number(tx: &mut Tx, caseload: CaseloadId, device: DeviceId) -> Result<u64> {
    let last = tx.first(LAST_NUMBER, args![caseload, device]).await?;
    Ok(last.map(|row| row.get::<Option<u64>>(0)).transpose()?.flatten().unwrap_or(0) + 1)
}

/// What waits for a person, oldest first.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn held(tx: &mut Tx, caseload: CaseloadId, limit: u32) -> Result<Vec<Known>> {
    tx.all(HELD, args![caseload, limit]).await?.iter().map(read).collect()
}

/// Every submission of a caseload, as far as its row reads, and for which code it was held at first.
pub(crate) async fn rows(
    tx: &mut Tx,
    caseload: CaseloadId,
) -> Result<Vec<(SubmissionId, Result<(Known, Option<HoldCode>)>)>> {
    let held = |row: &Row| {
        let code = row.get::<Option<String>>(6)?;
        let known = code.as_deref().map(|code| HoldCode::from_code(code).ok_or(DbError::Damaged("a verdict")));
        Ok((read(row)?, known.transpose()?))
    };
    tx.all(ROWS, args![caseload]).await?.iter().map(|row| Ok((row.get(2)?, held(row)))).collect()
}

/// What a person decided against.
pub(crate) async fn rejected(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<Known>> {
    tx.all(REJECTED, args![caseload]).await?.iter().map(read).collect()
}

/// How many submissions there are of each verdict.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn counts(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(String, u64)>> {
    tx.all(COUNT_BY_VERDICT, args![caseload]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A person decided.
pub(crate) async fn decide(
    tx: &mut Tx,
    caseload: CaseloadId,
    id: SubmissionId,
    accepted: bool,
    seq: u64,
) -> Result<()> {
    let verdict = if accepted { "merged" } else { "rejected" };
    tx.run(DECIDE, args![caseload, id, verdict, seq]).await.map(|_| ())
}

fn read(row: &Row) -> Result<Known> {
    let damaged = || DbError::Damaged("a verdict");
    let code = || row.get::<Option<String>>(6)?.as_deref().and_then(HoldCode::from_code).ok_or_else(damaged);
    let stands = match row.get::<String>(5)?.as_str() {
        "merged" => Stands::Merged,
        "held" => Stands::Held(code()?),
        "rejected" => Stands::Rejected(code()?),
        _ => return Err(damaged()),
    };
    Ok(Known {
        device: row.get(0)?,
        number: row.get(1)?,
        id: row.get(2)?,
        digest: row.get(3)?,
        seq: row.get(4)?,
        stands,
        decided_seq: row.get(7)?,
    })
}
