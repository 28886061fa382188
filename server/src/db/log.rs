//! The log: entries appended under the caseload's lock, each part sealed under the key of its subject.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use sync_core::id::{CaseloadId, EntityId, SubmissionId};
use sync_core::log::{Entry, EntryBody, Logged, Verdict};
use sync_core::submission::Part;
use sync_core::time::Timestamp;

use super::caseload::{self, Caseload};
use super::key::{Keyring, own};
use super::{DbError, Result, Row, Tx, args, erased, statements, submission};
use crate::audit;
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO log (caseload, seq, received_at, kind, chain, header) VALUES ($1, $2, $3, $4, $5, $6)";
    INSERT_PART = "INSERT INTO log_part (caseload, seq, part, kind, subject, sealed) VALUES ($1, $2, $3, $4, $5, $6)";
    AFTER = "SELECT received_at, header, chain, kind, seq FROM log WHERE caseload = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    ONE = "SELECT received_at, header, chain, kind, seq FROM log WHERE caseload = $1 AND seq = $2";
    PARTS = "SELECT part, kind, subject, sealed FROM log_part WHERE caseload = $1 AND seq = $2 ORDER BY part";
    PARTS_TO = "SELECT part, kind, subject, sealed, seq FROM log_part WHERE caseload = $1 AND seq > $2 AND seq <= $3 \
        ORDER BY seq, part";
}

/// An entry as it is stored, unopened.
pub(crate) struct Stored {
    /// The entry; its parts have no bytes.
    pub(crate) entry: Entry,
    /// Its header, as the chain covers it.
    pub(crate) header: Vec<u8>,
    /// When it was taken in, as the chain covers it.
    pub(crate) received_at: Timestamp,
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

/// What somebody said in an entry, to be sealed apart from its header.
struct Content {
    kind: &'static str,
    subject: EntityId,
    bytes: Vec<u8>,
}

/// Whose key seals a part: its subject's. What could not be read may speak of anybody, so it has a key of its own, which
/// can be destroyed.
fn sealed_for(caseload: CaseloadId, logged: SubmissionId, part: &Part) -> EntityId {
    if part.subject == own(caseload) { EntityId::from_bytes(*logged.bytes()) } else { part.subject }
}

/// Of what kind the contents of an entry are, and whose keys seal them, as far as the entry itself says it: the reason of a
/// decision is sealed for what the decision was about.
pub(crate) fn sealed_as(caseload: CaseloadId, entry: &Entry) -> Vec<(&'static str, Option<EntityId>)> {
    let parts = logged(entry).into_iter().flat_map(|logged| logged.parts.iter().map(|part| (logged.id, part)));
    let mut all: Vec<_> = parts.map(|(id, part)| (part.kind.code(), Some(sealed_for(caseload, id, part)))).collect();
    if matches!(entry.body, EntryBody::Decision(_)) {
        all.push((REASON, None));
    }
    if matches!(entry.body, EntryBody::Erased { .. }) {
        all.push((REASON, Some(own(caseload))));
    }
    all
}

/// The kind of the reason of a decision.
const REASON: &str = "reason";

/// Takes everything that somebody said out of an entry: the bytes of its parts, then the reason of a decision.
async fn take_contents(tx: &mut Tx, caseload: CaseloadId, entry: &mut Entry) -> Result<Vec<Content>> {
    let mut contents = Vec::new();
    if let Some(logged) = logged_mut(entry) {
        for part in &mut logged.parts {
            let subject = sealed_for(caseload, logged.id, part);
            contents.push(Content { kind: part.kind.code(), subject, bytes: take(&mut part.bytes) });
        }
    }
    if let EntryBody::Decision(decision) = &mut entry.body {
        let subject = decided_about(tx, caseload, decision.submission).await?;
        contents.push(Content { kind: REASON, subject, bytes: take(&mut decision.reason).into_bytes() });
    }
    if let EntryBody::Erased { reason, .. } = &mut entry.body {
        contents.push(Content { kind: REASON, subject: own(caseload), bytes: take(reason).into_bytes() });
    }
    Ok(contents)
}

/// What a decision was about: whatever the first part of the submission is sealed for.
pub(crate) async fn decided_about(tx: &mut Tx, caseload: CaseloadId, held: SubmissionId) -> Result<EntityId> {
    let Some(known) = submission::by_id(tx, caseload, held).await? else { return Ok(own(caseload)) };
    let subject = sealed_parts(tx, caseload, known.seq).await?.first().map_or(own(caseload), |part| part.subject);
    // Of what is erased nothing can be said any more, but that it is.
    Ok(if erased::is(tx, caseload, subject).await? { own(caseload) } else { subject })
}

fn kind(entry: &Entry) -> &'static str {
    match entry.body {
        EntryBody::Submission(_) => "submission",
        EntryBody::Decision(_) => "decision",
        EntryBody::PolicyActivated { .. } => "policy",
        EntryBody::Membership { .. } => "membership",
        EntryBody::Timer => "timer",
        EntryBody::Erased { .. } => "erased",
    }
}

/// Appends an entry and moves the caseload's head. The caller saves the head once, after the last entry.
pub(crate) async fn append(tx: &mut Tx, keys: &mut Keyring, caseload: &mut Caseload, entry: &Entry) -> Result<()> {
    if entry.seq != caseload.seq + 1 {
        return Err(DbError::Damaged("an entry out of order"));
    }
    let mut header = entry.clone();
    let contents = take_contents(tx, caseload.id, &mut header).await?;
    let mut sealed = Vec::with_capacity(contents.len());
    for (ix, content) in (0_u16..).zip(&contents) {
        let place = Place::Part { caseload: caseload.id, seq: entry.seq, part: ix };
        sealed.push(keys.seal(tx, (caseload.id, content.subject), place, &content.bytes).await?);
    }
    let (header, kind) = (header.encode(), kind(entry));
    let bytes: Vec<&[u8]> = sealed.iter().map(Vec::as_slice).collect();
    caseload.chain = audit::of_entry(&caseload.chain, entry.seq, entry.received_at, kind, &header, &bytes);
    caseload.seq = entry.seq;
    caseload.sanity.add(entry);
    let args = args![caseload.id, entry.seq, entry.received_at, kind, caseload.chain, header];
    tx.run(INSERT, args).await?;
    for (ix, (content, sealed)) in (0_u16..).zip(contents.iter().zip(sealed)) {
        let args = args![caseload.id, entry.seq, ix, content.kind, content.subject, sealed];
        tx.run(INSERT_PART, args).await?;
    }
    if let EntryBody::Erased { entities, .. } = &entry.body {
        for entity in entities {
            erased::insert(tx, caseload.id, *entity, entry.seq).await?;
        }
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
pub async fn after(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, seq: u64, limit: u32) -> Result<Vec<Entry>> {
    let stored = stored_after(tx, caseload, seq, limit).await?;
    open_all(tx, keys, caseload, seq, stored, |_| true).await
}

/// Up to `limit` entries after `seq` as members may see them: of held work, only that it is there.
///
/// # Errors
/// When something stored does not open.
pub async fn public_after(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    seq: u64,
    limit: u32,
) -> Result<Vec<Entry>> {
    let stored = stored_after(tx, caseload, seq, limit).await?;
    let is_told =
        |entry: &Entry| !matches!(&entry.body, EntryBody::Submission(logged) if logged.verdict != Verdict::Merged);
    let entries = open_all(tx, keys, caseload, seq, stored, is_told).await?;
    Ok(entries.into_iter().map(|entry| entry.public()).collect())
}

/// Puts the content back into those of these entries, which follow `seq`, that are `wanted`.
async fn open_all(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    seq: u64,
    stored: Vec<Stored>,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Vec<Entry>> {
    let Some(last) = stored.last().map(|stored| stored.entry.seq) else { return Ok(Vec::new()) };
    let wanted_seqs: BTreeSet<u64> =
        stored.iter().filter(|stored| wanted(&stored.entry)).map(|stored| stored.entry.seq).collect();
    let mut parts: BTreeMap<u64, Vec<SealedPart>> = BTreeMap::new();
    for row in tx.all(PARTS_TO, args![caseload, seq, last]).await? {
        let seq = row.get(4)?;
        if wanted_seqs.contains(&seq) {
            parts.entry(seq).or_default().push(sealed_part(&row)?);
        }
    }
    keys.fetch(tx, caseload, parts.values().flatten().map(|part| part.subject)).await?;
    let mut entries = Vec::with_capacity(stored.len());
    for Stored { entry, .. } in stored {
        entries.push(if wanted_seqs.contains(&entry.seq) {
            let sealed = parts.remove(&entry.seq).unwrap_or_default();
            open_with(tx, keys, caseload, entry, sealed).await?
        } else {
            entry
        });
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

/// Up to `limit` entries after `seq` by the columns of their rows, each with its number there and as far as it reads.
pub(crate) async fn rows_after(
    tx: &mut Tx,
    caseload: CaseloadId,
    seq: u64,
    limit: u32,
) -> Result<Vec<(u64, Result<Stored>)>> {
    let rows = tx.all(AFTER, args![caseload, seq, limit]).await?;
    rows.iter().map(|row| Ok((row.get(4)?, read(row)))).collect()
}

/// A part of an entry as it is stored.
pub(crate) struct SealedPart {
    /// Which.
    pub(crate) part: u16,
    /// What it is.
    pub(crate) kind: String,
    /// Whose key seals it.
    pub(crate) subject: EntityId,
    /// Its content.
    pub(crate) sealed: Vec<u8>,
}

/// The sealed parts of one entry.
pub(crate) async fn sealed_parts(tx: &mut Tx, caseload: CaseloadId, seq: u64) -> Result<Vec<SealedPart>> {
    tx.all(PARTS, args![caseload, seq]).await?.iter().map(sealed_part).collect()
}

fn sealed_part(row: &Row) -> Result<SealedPart> {
    Ok(SealedPart { part: row.get(0)?, kind: row.get(1)?, subject: row.get(2)?, sealed: row.get(3)? })
}

/// What a part says; nothing, when it was erased.
async fn open_part(
    tx: &mut Tx,
    keys: &mut Keyring,
    (caseload, seq): (CaseloadId, u64),
    part: &SealedPart,
) -> Result<Vec<u8>> {
    let place = Place::Part { caseload, seq, part: part.part };
    match keys.open(tx, (caseload, part.subject), place, &part.sealed).await {
        Err(DbError::Erased) => Ok(Vec::new()),
        opened => opened,
    }
}

/// Puts the content back into an entry; what was erased stays empty.
pub(crate) async fn open(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, entry: Entry) -> Result<Entry> {
    let sealed = sealed_parts(tx, caseload, entry.seq).await?;
    open_with(tx, keys, caseload, entry, sealed).await
}

async fn open_with(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    mut entry: Entry,
    sealed: Vec<SealedPart>,
) -> Result<Entry> {
    let seq = entry.seq;
    let damaged = || DbError::Damaged("the parts of an entry");
    let mut sealed = sealed.into_iter();
    if let Some(logged) = logged_mut(&mut entry) {
        for part in &mut logged.parts {
            let sealed = sealed.next().ok_or_else(damaged)?;
            part.bytes = open_part(tx, keys, (caseload, seq), &sealed).await?;
        }
    }
    let reason = match &mut entry.body {
        EntryBody::Decision(decision) => Some(&mut decision.reason),
        EntryBody::Erased { reason, .. } => Some(reason),
        _ => None,
    };
    if let Some(reason) = reason {
        let sealed = sealed.next().ok_or_else(damaged)?;
        let opened = open_part(tx, keys, (caseload, seq), &sealed).await?;
        *reason = String::from_utf8(opened).map_err(|_| damaged())?;
    }
    if sealed.next().is_some() { Err(damaged()) } else { Ok(entry) }
}

fn read(row: &Row) -> Result<Stored> {
    let header: Vec<u8> = row.get(1)?;
    let entry: Entry = minicbor::decode(&header).map_err(|_| DbError::Damaged("the header of an entry"))?;
    Ok(Stored { entry, header, received_at: row.get(0)?, kind: row.get(3)?, chain: row.get(2)? })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sync_core::author::{Author, Role};
    use sync_core::id::{DeviceId, PersonId};
    use sync_core::log::{Decision, HoldCode};
    use sync_core::submission::{Digest, PartKind};
    use sync_core::time::Hlc;

    use super::*;
    use crate::db::Db;
    use crate::db::caseload::CaseloadKind;
    use crate::random::SeededRandom;
    use crate::seal::{MasterKey, Sealer};

    const SECRET: &[u8] = "后门被货物堵住".as_bytes();

    fn entry(seq: u64, verdict: Verdict) -> Entry {
        let part = Part { kind: PartKind::Event, subject: EntityId::from_bytes([5; 16]), bytes: SECRET.to_vec() };
        let author = Author {
            device: DeviceId::from_bytes([2; 16]),
            person: PersonId::from_bytes([3; 16]),
            role: Role::Worker,
            number: seq,
        };
        let body = EntryBody::Submission(Logged {
            id: SubmissionId::from_bytes([u8::try_from(seq).unwrap(); 16]),
            author,
            at: Hlc::default(),
            skew_ms: 0,
            digest: Digest::of(SECRET),
            verdict,
            parts: vec![part],
            carrier: None,
        });
        Entry { seq, received_at: Timestamp::from_millis(1_000), policy: 1, body }
    }

    #[tokio::test]
    async fn entries_come_back_as_they_were_and_lie_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.db");
        let db = Db::open(&path).await.unwrap();
        let master = MasterKey::from_hex(&"7".repeat(64)).unwrap();
        let sealer = Arc::new(Sealer::new(&master, Arc::new(SeededRandom::new(1))));
        let mut keys = Keyring::new(Arc::clone(&sealer));
        let mut tx = db.write().await.unwrap();
        let id = CaseloadId::from_bytes([1; 16]);
        let mut caseload = Caseload::new(id, CaseloadKind::Field, "花果山", Timestamp::EPOCH);
        caseload::insert(&mut tx, &caseload).await.unwrap();
        let held = entry(2, Verdict::Held(HoldCode::NoAccess));
        let decision = Decision {
            submission: logged(&held).unwrap().id,
            accepted: true,
            by: PersonId::from_bytes([6; 16]),
            reason: String::from_utf8(SECRET.to_vec()).unwrap(),
            logged: logged(&held).cloned(),
        };
        let decided = Entry { seq: 3, body: EntryBody::Decision(decision), ..entry(3, Verdict::Merged) };
        let entries = [entry(1, Verdict::Merged), held, decided];
        append_all(&mut tx, &mut keys, &mut caseload, &entries).await.unwrap();
        let gap = append(&mut tx, &mut keys, &mut caseload.clone(), &entry(5, Verdict::Merged)).await;
        assert!(matches!(gap, Err(DbError::Damaged(_))), "a gap is refused");
        tx.commit().await.unwrap();

        let mut tx = db.read().await.unwrap();
        let head = caseload::load(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(head, caseload);
        let mut fresh = Keyring::new(sealer);
        assert!(after(&mut tx, &mut fresh, id, 0, 10).await.unwrap() == entries);
        assert!(after(&mut tx, &mut fresh, id, 1, 10).await.unwrap() == entries[1..]);
        drop(tx);
        db.close().await;
        let file = std::fs::read(&path).unwrap();
        assert!(!file.windows(SECRET.len()).any(|window| window == SECRET));
    }
}
