//! The log: entries appended under the caseload's lock, each part sealed under the key of its subject.

use std::mem::take;

use sync_core::id::{CaseloadId, EntityId};
use sync_core::log::{Entry, EntryBody, Logged, Verdict};
use sync_core::submission::Part;
use sync_core::time::Timestamp;

use super::caseload::{self, Caseload};
use super::key::{Keyring, own};
use super::{DbError, Result, Row, Tx, args, statements};
use crate::audit;
use crate::seal::Place;

statements! {
    INSERT = "INSERT INTO log (caseload, seq, received_at, kind, chain, header) VALUES ($1, $2, $3, $4, $5, $6)";
    INSERT_PART = "INSERT INTO log_part (caseload, seq, part, kind, subject, sealed) VALUES ($1, $2, $3, $4, $5, $6)";
    AFTER = "SELECT received_at, header, chain, kind FROM log WHERE caseload = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    ONE = "SELECT received_at, header, chain, kind FROM log WHERE caseload = $1 AND seq = $2";
    PARTS = "SELECT sealed FROM log_part WHERE caseload = $1 AND seq = $2 ORDER BY part";
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

/// Takes everything that somebody said out of an entry: the bytes of its parts, then the reason of a decision.
fn take_contents(caseload: CaseloadId, entry: &mut Entry) -> Vec<Content> {
    let parts = logged_mut(entry).map(|logged| logged.parts.iter_mut()).into_iter().flatten();
    let content =
        |part: &mut Part| Content { kind: part.kind.code(), subject: part.subject, bytes: take(&mut part.bytes) };
    let mut contents: Vec<Content> = parts.map(content).collect();
    if let EntryBody::Decision(decision) = &mut entry.body {
        let bytes = take(&mut decision.reason).into_bytes();
        contents.push(Content { kind: "reason", subject: own(caseload), bytes });
    }
    contents
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
    let contents = take_contents(caseload.id, &mut header);
    let mut sealed = Vec::with_capacity(contents.len());
    for (ix, content) in (0_u16..).zip(&contents) {
        let place = Place::Part { caseload: caseload.id, seq: entry.seq, part: ix };
        sealed.push(keys.seal(tx, (caseload.id, content.subject), place, &content.bytes).await?);
    }
    let (header, kind) = (header.encode(), kind(entry));
    caseload.chain = audit::of_entry(&caseload.chain, entry.seq, entry.received_at, kind, &header, &sealed);
    caseload.seq = entry.seq;
    caseload.sanity.add(entry);
    let args = args![caseload.id, entry.seq, entry.received_at, kind, caseload.chain, header];
    tx.run(INSERT, args).await?;
    for (ix, (content, sealed)) in (0_u16..).zip(contents.iter().zip(sealed)) {
        let args = args![caseload.id, entry.seq, ix, content.kind, content.subject, sealed];
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
pub async fn after(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, seq: u64, limit: u32) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for stored in stored_after(tx, caseload, seq, limit).await? {
        entries.push(open(tx, keys, caseload, stored.entry).await?);
    }
    Ok(entries)
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
    let mut entries = Vec::new();
    for stored in stored_after(tx, caseload, seq, limit).await? {
        let held = matches!(&stored.entry.body, EntryBody::Submission(logged) if logged.verdict != Verdict::Merged);
        let entry = if held { stored.entry } else { open(tx, keys, caseload, stored.entry).await? };
        entries.push(entry.public());
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
    let damaged = || DbError::Damaged("the parts of an entry");
    let mut sealed = (0_u16..).zip(sealed_parts(tx, caseload, seq).await?);
    if let Some(logged) = logged_mut(&mut entry) {
        for part in &mut logged.parts {
            let (ix, sealed) = sealed.next().ok_or_else(damaged)?;
            let place = Place::Part { caseload, seq, part: ix };
            part.bytes = keys.open(tx, (caseload, part.subject), place, &sealed).await?;
        }
    }
    if let EntryBody::Decision(decision) = &mut entry.body {
        let (ix, sealed) = sealed.next().ok_or_else(damaged)?;
        let place = Place::Part { caseload, seq, part: ix };
        let reason = keys.open(tx, (caseload, own(caseload)), place, &sealed).await?;
        decision.reason = String::from_utf8(reason).map_err(|_| damaged())?;
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
    use sync_core::id::{DeviceId, PersonId, SubmissionId};
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
