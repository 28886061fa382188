//! The log: entries appended under the caseload's lock, each part sealed under the key of its subject.

use sync_core::id::CaseloadId;
use sync_core::log::{Entry, EntryBody, Logged};
use sync_core::submission::Part;

use super::caseload::{self, Caseload};
use super::key::Keyring;
use super::{DbError, Result, Row, Tx, args, statements};
use crate::audit;
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO log (caseload, seq, received_at, policy, kind, submission, device, person, number, chain, \
        header) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    INSERT_PART = "INSERT INTO log_part (caseload, seq, part, kind, subject, sealed) VALUES ($1, $2, $3, $4, $5, $6)";
    AFTER = "SELECT seq, header, chain, kind FROM log WHERE caseload = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    ONE = "SELECT seq, header, chain, kind FROM log WHERE caseload = $1 AND seq = $2";
    PARTS = "SELECT sealed FROM log_part WHERE caseload = $1 AND seq = $2 ORDER BY part";
}

/// An entry as it is stored, unopened.
pub(crate) struct Stored {
    /// The entry; its parts have no bytes.
    pub(crate) entry: Entry,
    /// Its header, as the chain covers it.
    pub(crate) header: Vec<u8>,
    /// Its kind, as the chain covers it.
    pub(crate) kind: String,
    /// Its link.
    pub(crate) chain: audit::Link,
}

/// The submission inside an entry, if there is one.
pub(crate) fn logged(entry: &Entry) -> Option<&Logged> {
    match &entry.body {
        EntryBody::Submission(logged) => Some(logged),
        EntryBody::Decision(decision) => decision.logged.as_ref(),
        _ => None,
    }
}

fn logged_mut(entry: &mut Entry) -> Option<&mut Logged> {
    match &mut entry.body {
        EntryBody::Submission(logged) => Some(logged),
        EntryBody::Decision(decision) => decision.logged.as_mut(),
        _ => None,
    }
}

fn kind(entry: &Entry) -> &'static str {
    match entry.body {
        EntryBody::Submission(_) => "submission",
        EntryBody::Decision(_) => "decision",
        EntryBody::PolicyActivated { .. } => "policy",
        EntryBody::Membership { .. } => "membership",
        EntryBody::Timer => "timer",
    }
}

/// Appends an entry and moves the caseload's head. The caller saves the head once, after the last entry.
pub(crate) async fn append(tx: &mut Tx, keys: &mut Keyring, caseload: &mut Caseload, entry: &Entry) -> Result<()> {
    if entry.seq != caseload.seq + 1 {
        return Err(DbError::Damaged("an entry out of order"));
    }
    let mut header = entry.clone();
    let parts: Vec<Part> = logged(entry).map(|logged| logged.parts.clone()).unwrap_or_default();
    if let Some(logged) = logged_mut(&mut header) {
        logged.parts.iter_mut().for_each(|part| part.bytes.clear());
    }
    let mut sealed = Vec::with_capacity(parts.len());
    for (ix, part) in (0_u16..).zip(&parts) {
        let place = Place::Part { caseload: caseload.id, seq: entry.seq, part: ix };
        sealed.push(keys.seal(tx, (caseload.id, part.subject), place, &part.bytes).await?);
    }
    let (header, kind) = (header.encode(), kind(entry));
    caseload.chain = audit::of_entry(&caseload.chain, entry.seq, entry.received_at, kind, &header, &sealed);
    caseload.seq = entry.seq;
    caseload.sanity.add(entry);
    let (id, author) = (logged(entry).map(|logged| logged.id), logged(entry).map(|logged| logged.author));
    let (device, person) = (author.map(|author| author.device), author.map(|author| author.person));
    let number = author.map(|author| author.number);
    let (at, chain) = (entry.received_at, caseload.chain);
    let args = args![caseload.id, entry.seq, at, entry.policy, kind, id, device, person, number, chain, header];
    tx.run(INSERT, args).await?;
    for (ix, (part, sealed)) in (0_u16..).zip(parts.iter().zip(sealed)) {
        let args = args![caseload.id, entry.seq, ix, part.kind.code(), part.subject, sealed];
        tx.run(INSERT_PART, args).await?;
    }
    Ok(())
}

/// Appends entries that belong together and saves the head.
///
/// # Errors
/// When they do not follow the head without a gap.
pub async fn append_all(tx: &mut Tx, keys: &mut Keyring, caseload: &mut Caseload, entries: &[Entry]) -> Result<()> {
    for entry in entries {
        append(tx, keys, caseload, entry).await?;
    }
    caseload::save_head(tx, caseload).await
}

/// Up to `limit` entries after `seq`, whole.
///
/// # Errors
/// When something stored does not open.
pub async fn after(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    seq: u64,
    limit: u32,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for stored in stored_after(tx, caseload, seq, limit).await? {
        entries.push(open(tx, keys, caseload, stored.entry).await?);
    }
    Ok(entries)
}

/// One entry, whole.
///
/// # Errors
/// When something stored does not open.
pub async fn one(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, seq: u64) -> Result<Option<Entry>> {
    match tx.first(ONE, args![caseload, seq]).await? {
        Some(row) => open(tx, keys, caseload, read(&row)?.entry).await.map(Some),
        None => Ok(None),
    }
}

/// Up to `limit` entries after `seq`, unopened.
pub(crate) async fn stored_after(tx: &mut Tx, caseload: CaseloadId, seq: u64, limit: u32) -> Result<Vec<Stored>> {
    tx.all(AFTER, args![caseload, seq, limit]).await?.iter().map(read).collect()
}

/// The sealed parts of one entry.
pub(crate) async fn sealed_parts(tx: &mut Tx, caseload: CaseloadId, seq: u64) -> Result<Vec<Vec<u8>>> {
    tx.all(PARTS, args![caseload, seq]).await?.iter().map(|row| row.get(0)).collect()
}

/// Puts the content back into an entry.
pub(crate) async fn open(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, mut entry: Entry) -> Result<Entry> {
    let seq = entry.seq;
    let Some(logged) = logged_mut(&mut entry) else { return Ok(entry) };
    let sealed = sealed_parts(tx, caseload, seq).await?;
    if sealed.len() != logged.parts.len() {
        return Err(DbError::Damaged("the parts of an entry"));
    }
    for (ix, (part, sealed)) in (0_u16..).zip(logged.parts.iter_mut().zip(sealed)) {
        let place = Place::Part { caseload, seq, part: ix };
        part.bytes = keys.open(tx, (caseload, part.subject), place, &sealed).await?;
    }
    Ok(entry)
}

fn read(row: &Row) -> Result<Stored> {
    let header: Vec<u8> = row.get(1)?;
    let entry: Entry = minicbor::decode(&header).map_err(|_| DbError::Damaged("the header of an entry"))?;
    Ok(Stored { entry, header, kind: row.get(3)?, chain: row.get(2)? })
}
