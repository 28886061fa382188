//! The read log: who looked at whose file. Durable before the answer leaves, and chained.

use sync_core::id::{CaseloadId, EntityId};

use super::{Result, Row, Tx, args, statements};
use crate::audit::{self, Link, Read};

statements! {
    LAST = "SELECT n, chain FROM read_log WHERE caseload = $1 ORDER BY n DESC LIMIT 1";
    INSERT = "INSERT INTO read_log (caseload, n, at, person, device, subject, what, found, shown, chain) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    AFTER = "SELECT n, at, person, device, subject, what, found, shown, chain FROM read_log \
        WHERE caseload = $1 AND n > $2 ORDER BY n LIMIT $3";
    BEFORE = "SELECT n, at, person, device, subject, what, found, shown, chain FROM read_log \
        WHERE caseload = $1 AND n < $2 ORDER BY n DESC LIMIT $3";
    OF_SUBJECT = "SELECT n, at, person, device, subject, what, found, shown, chain FROM read_log \
        WHERE caseload = $1 AND subject = $2 AND n < $3 ORDER BY n DESC LIMIT $4";
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
        let (what, found, shown) = (read.what, read.found, read.shown);
        let args = args![caseload, n, read.at, read.person, device, subject, what, found, shown, chain];
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

    /// Which view it was.
    pub(crate) fn what(&self) -> Result<String> {
        self.row.get(5)
    }

    /// The look; `what` is that of [`Self::what`].
    pub(crate) fn read<'w>(&self, what: &'w str) -> Result<Read<'w>> {
        Ok(Read {
            at: self.row.get(1)?,
            person: self.row.get(2)?,
            device: self.row.get(3)?,
            subject: self.row.get(4)?,
            what,
            found: self.row.get(6)?,
            shown: self.row.get(7)?,
        })
    }

    /// Whether it follows from the link before it; then its own link.
    pub(crate) fn follows(&self, previous: &Link) -> Result<Option<Link>> {
        let link = audit::of_read(previous, self.n()?, &self.read(&self.what()?)?);
        Ok((link == self.row.get::<Link>(8)?).then_some(link))
    }
}

/// Up to `limit` entries after `n`.
pub(crate) async fn after(tx: &mut Tx, caseload: CaseloadId, n: u64, limit: u32) -> Result<Vec<Recorded>> {
    Ok(tx.all(AFTER, args![caseload, n, limit]).await?.into_iter().map(|row| Recorded { row }).collect())
}

/// Up to `limit` entries before `n`, newest first; only looks at this file when one is named.
pub(crate) async fn before(
    tx: &mut Tx,
    caseload: CaseloadId,
    subject: Option<EntityId>,
    n: u64,
    limit: u32,
) -> Result<Vec<Recorded>> {
    let rows = match subject {
        Some(subject) => tx.all(OF_SUBJECT, args![caseload, subject, n, limit]).await?,
        None => tx.all(BEFORE, args![caseload, n, limit]).await?,
    };
    Ok(rows.into_iter().map(|row| Recorded { row }).collect())
}
