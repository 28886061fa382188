//! Events: where each one lies in the log. Their content is in the log alone.

use sync_core::case::Recorded;
use sync_core::id::{CaseloadId, EntityId, EventId};
use sync_core::log::Entry;
use sync_core::time::Timestamp;

use super::key::Keyring;
use super::log::logged;
use super::{DbError, LIST, Result, Row, Tx, args, listed, statements};
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO event (caseload, event, kind, subject, root, seq, part, observed_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (caseload, event) DO NOTHING";
    OF_FILE = "SELECT e.seq, e.part, l.header, p.subject, p.sealed FROM event e \
        JOIN log l ON l.caseload = e.caseload AND l.seq = e.seq \
        JOIN log_part p ON p.caseload = e.caseload AND p.seq = e.seq AND p.part = e.part \
        WHERE e.caseload = $1 AND e.root = $2 ORDER BY e.seq, e.part";
    ROWS = "SELECT event, seq, part, kind, subject, root, observed_at FROM event WHERE caseload = $1";
    ROOT = "SELECT root FROM event WHERE caseload = $1 AND event = $2";
    EXISTS = "SELECT event FROM event WHERE caseload = $1 AND event IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
        $12, $13, $14, $15, $16, $17)";
    LAST = "SELECT MAX(seq) FROM event WHERE caseload = $1 AND root = $2";
    COUNT = "SELECT kind, COUNT(*) FROM event WHERE caseload = $1 GROUP BY kind";
}

/// Where an event lies.
pub(crate) struct Placed<'a> {
    pub(crate) event: EventId,
    pub(crate) kind: &'a str,
    pub(crate) subject: EntityId,
    pub(crate) root: EntityId,
    /// The entry that folded it, and its part there.
    pub(crate) seq: u64,
    pub(crate) part: u16,
    pub(crate) observed_at: Timestamp,
}

/// Where an event lies, and what its row says of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Lies {
    pub(crate) seq: u64,
    pub(crate) part: u16,
    pub(crate) kind: String,
    pub(crate) subject: EntityId,
    pub(crate) root: EntityId,
    pub(crate) observed_at: Timestamp,
}

/// Records where an event lies. The same event in a second submission counts once.
pub(crate) async fn insert(tx: &mut Tx, caseload: CaseloadId, at: &Placed<'_>) -> Result<()> {
    let args = args![caseload, at.event, at.kind, at.subject, at.root, at.seq, at.part, at.observed_at];
    tx.run(INSERT, args).await.map(|_| ())
}

/// Whether one of these events is on record, in whichever file.
pub(crate) async fn on_record(
    tx: &mut Tx,
    caseload: CaseloadId,
    events: impl Iterator<Item = EventId>,
) -> Result<bool> {
    let events: Vec<EventId> = events.collect();
    for some in events.chunks(LIST) {
        if tx.first(EXISTS, listed(caseload, some)).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The file that an event lies in.
pub(crate) async fn root(tx: &mut Tx, caseload: CaseloadId, event: EventId) -> Result<Option<EntityId>> {
    tx.first(ROOT, args![caseload, event]).await?.map(|row| row.get(0)).transpose()
}

/// The events of a file, in server order. Of somebody erased there are rows that are counted, and nothing that is read.
///
/// # Errors
/// When something stored does not open.
pub async fn of_file(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, root: EntityId) -> Result<Vec<Recorded>> {
    let rows = tx.all(OF_FILE, args![caseload, root]).await?;
    let mut events = Vec::with_capacity(rows.len());
    keys.fetch(tx, caseload, rows.iter().filter_map(|row| row.get(3).ok())).await?;
    for row in rows {
        match open(tx, keys, caseload, &row).await {
            Err(DbError::Erased) => {}
            opened => events.push(opened?),
        }
    }
    Ok(events)
}

async fn open(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, row: &Row) -> Result<Recorded> {
    let damaged = || DbError::Damaged("an event");
    let (seq, part, subject) = (row.get(0)?, row.get(1)?, row.get::<EntityId>(3)?);
    let entry: Entry = minicbor::decode(&row.get::<Vec<u8>>(2)?).map_err(|_| damaged())?;
    let logged = logged(&entry).ok_or_else(damaged)?;
    let place = Place::Part { caseload, seq, part };
    let bytes = keys.open(tx, (caseload, subject), place, &row.get::<Vec<u8>>(4)?).await?;
    Ok(Recorded {
        seq,
        submission: logged.id,
        author: logged.author,
        received_at: entry.received_at,
        doubtful: logged.skew_ms != 0,
        event: minicbor::decode(&bytes).map_err(|_| damaged())?,
    })
}

/// Where every event of a caseload lies, as far as its row reads.
pub(crate) async fn rows(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(EventId, Result<Lies>)>> {
    let lies = |row: &Row| {
        let (seq, part, kind, subject) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        Ok(Lies { seq, part, kind, subject, root: row.get(5)?, observed_at: row.get(6)? })
    };
    tx.all(ROWS, args![caseload]).await?.iter().map(|row| Ok((row.get(0)?, lies(row)))).collect()
}

/// The entry of the last event of a file.
pub(crate) async fn last(tx: &mut Tx, caseload: CaseloadId, root: EntityId) -> Result<u64> {
    let last = tx.first(LAST, args![caseload, root]).await?;
    Ok(last.map(|row| row.get::<Option<u64>>(0)).transpose()?.flatten().unwrap_or(0))
}

/// How many events there are of each kind.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn counts(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(String, u64)>> {
    tx.all(COUNT, args![caseload]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}
