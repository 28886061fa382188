//! The read log: who looked at whose file. Durable before the answer leaves, and chained.

use sync_core::id::CaseloadId;

use super::{Result, Row, Tx, args, statements};
use crate::audit::{self, Link, Read};

statements! {
    LAST = "SELECT n, chain FROM read_log WHERE caseload = $1 ORDER BY n DESC LIMIT 1";
    INSERT = "INSERT INTO read_log (caseload, n, at, person, device, subject, what, found, chain) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    AFTER = "SELECT n, at, person, device, subject, what, found, chain FROM read_log \
        WHERE caseload = $1 AND n > $2 ORDER BY n LIMIT $3";
}

/// Records looks at files of one caseload.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn record(tx: &mut Tx, caseload: CaseloadId, reads: &[Read<'_>]) -> Result<()> {
    tx.hold_caseload(caseload).await?;
    let last = tx.first(LAST, args![caseload]).await?;
    let (mut n, mut chain) = match last {
        Some(row) => (row.get::<u64>(0)?, row.get::<Link>(1)?),
        None => (0, audit::genesis("read", caseload)),
    };
    for read in reads {
        n += 1;
        chain = audit::of_read(&chain, n, read);
        let (device, subject) = (read.device, read.subject);
        let args = args![caseload, n, read.at, read.person, device, subject, read.what, read.found, chain];
        tx.run(INSERT, args).await?;
    }
    Ok(())
}

/// One entry of the read log.
pub(crate) struct Recorded {
    row: Row,
}

impl Recorded {
    /// Its number.
    pub(crate) fn n(&self) -> Result<u64> {
        self.row.get(0)
    }

    /// Whether it follows from the link before it; then its own link.
    pub(crate) fn follows(&self, previous: &Link) -> Result<Option<Link>> {
        let what: String = self.row.get(5)?;
        let read = Read {
            at: self.row.get(1)?,
            person: self.row.get(2)?,
            device: self.row.get(3)?,
            subject: self.row.get(4)?,
            what: &what,
            found: self.row.get(6)?,
        };
        let link = audit::of_read(previous, self.n()?, &read);
        Ok((link == self.row.get::<Link>(7)?).then_some(link))
    }
}

/// Up to `limit` entries after `n`.
pub(crate) async fn after(tx: &mut Tx, caseload: CaseloadId, n: u64, limit: u32) -> Result<Vec<Recorded>> {
    Ok(tx.all(AFTER, args![caseload, n, limit]).await?.into_iter().map(|row| Recorded { row }).collect())
}
