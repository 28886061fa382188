//! Checkpoints: where every log stood at a moment, signed and kept elsewhere. Who cuts off the end of a log, or writes it
//! anew with all its links, does not have them.
//!
//! A file of them has one line of JSON each: `payload`, a text that is JSON again, and `signature`, the Ed25519 signature
//! of `doorstep checkpoint 1` + LF + payload, as hexadecimal digits. `previous` in a payload is the SHA-256 of the payload
//! before it, so that none can be left out. See `sync-core/decisions/0018-erased-and-still-whole.md`.

use std::collections::BTreeMap;
use std::path::Path;

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sync_core::id::CaseloadId;
use sync_core::time::Timestamp;

use crate::db::checkpoint::{self as stored, Kept};
use crate::db::{self, Tx, caseload};
use crate::hex::Hex;

mod file;
mod keep;

pub(crate) use keep::{Keeping, keep, make};

const DOMAIN: &str = "doorstep checkpoint 1\n";

/// Where the logs stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Counted from 1.
    pub n: u64,
    /// When, in milliseconds since 1970.
    pub at: Timestamp,
    /// SHA-256 of the payload before this one; zeros before the first.
    pub previous: Hex<32>,
    /// Every caseload and desk.
    pub caseloads: Vec<Stood>,
}

/// Where the logs of one caseload stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// Which.
    pub caseload: CaseloadId,
    /// The epoch of its history.
    pub epoch: u32,
    /// Its log: the last entry, and its link.
    pub log: Head,
    /// Its read log.
    pub read_log: Head,
    /// Its alarms' log.
    pub alarm_log: Head,
}

/// The end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The last number; 0 when it is empty.
    pub n: u64,
    /// Its link.
    pub chain: Hex<32>,
}

/// A line of a file of checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// A [`Checkpoint`] as JSON: these very bytes are signed.
    pub payload: String,
    /// The signature.
    pub signature: Hex<64>,
}

/// Why a file of checkpoints proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A line is not one, or is not signed by this installation.
    #[error("line {0} is not a checkpoint of this installation, or was changed")]
    NotSigned(usize),
    /// A line does not follow the one before it.
    #[error("line {0} does not follow the one before it: checkpoints are missing, or there are two histories of them")]
    NotNext(usize),
}

/// Makes the next checkpoint, in the caller's transaction, which governs: there is one after the other.
pub(crate) async fn take(tx: &mut Tx, key: &SigningKey, at: Timestamp) -> db::Result<Kept> {
    let last = stored::last(tx).await?;
    let (n, previous) = last.map_or((1, [0; 32]), |last| (last.n + 1, last.digest));
    let mut caseloads = Vec::new();
    for known in caseload::every(tx).await? {
        let (read_log, alarm_log) = stored::heads(tx, known.id).await?;
        let head = |(n, chain)| Head { n, chain: Hex(chain) };
        caseloads.push(Stood {
            caseload: known.id,
            epoch: known.epoch,
            log: Head { n: known.seq, chain: Hex(known.chain) },
            read_log: head(read_log),
            alarm_log: head(alarm_log),
        });
    }
    let damaged = |_| db::DbError::Damaged("a checkpoint");
    let payload = serde_json::to_string(&Checkpoint { n, at, previous: Hex(previous), caseloads }).map_err(damaged)?;
    let (digest, signature) = (digest(&payload), key.sign(format!("{DOMAIN}{payload}").as_bytes()));
    let line = serde_json::to_string(&Signed { payload, signature: Hex(signature.to_bytes()) }).map_err(damaged)?;
    let kept = Kept { n, at, digest, line };
    stored::put(tx, &kept).await?;
    Ok(kept)
}

/// Adds to a file what it lacks of the checkpoints that were made. How many those were.
///
/// # Errors
/// The database; the file.
pub(crate) async fn add_to(tx: &mut Tx, path: &Path) -> Result<usize, KeepError> {
    let Some(last) = stored::last(tx).await? else { return Ok(0) };
    let (path, lines) = (path.to_owned(), stored::lines(tx).await?);
    let added = tokio::task::spawn_blocking(move || file::add(&path, &last.line, &lines)).await;
    Ok(added.map_err(std::io::Error::other)??)
}

/// Why a checkpoint is not kept elsewhere.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The database.
    #[error(transparent)]
    Db(#[from] db::DbError),
    /// The file.
    #[error("the file of checkpoints: {0}")]
    File(#[from] std::io::Error),
}

fn digest(payload: &str) -> [u8; 32] {
    Sha256::digest(payload.as_bytes()).into()
}

/// Reads a file of checkpoints. It may begin anywhere; from there on none may be missing. After a restore they go on from
/// the last one that the backup held.
///
/// # Errors
/// [`CheckpointError`] with the line.
pub fn read(text: &str, key: &VerifyingKey) -> Result<Vec<Checkpoint>, CheckpointError> {
    let mut all: Vec<Checkpoint> = Vec::new();
    let mut before = None;
    for (line, text) in (1..).zip(text.lines()) {
        let wrong = CheckpointError::NotSigned(line);
        let Signed { payload, signature } = serde_json::from_str(text).map_err(|_| wrong)?;
        let signed = format!("{DOMAIN}{payload}");
        key.verify(signed.as_bytes(), &Signature::from_bytes(&signature.0)).map_err(|_| wrong)?;
        let checkpoint: Checkpoint = serde_json::from_str(&payload).map_err(|_| wrong)?;
        let is_next = before.is_none_or(|(n, digest)| (n, digest) == (checkpoint.n - 1, checkpoint.previous));
        if !is_next && !all.last().is_some_and(|last| is_after_a_restore(last, &checkpoint)) {
            return Err(CheckpointError::NotNext(line));
        }
        before = Some((checkpoint.n, Hex(digest(&payload))));
        all.push(checkpoint);
    }
    Ok(all)
}

/// Whether every caseload that both know has begun a new history in between.
fn is_after_a_restore(before: &Checkpoint, after: &Checkpoint) -> bool {
    let epochs: BTreeMap<CaseloadId, u32> =
        before.caseloads.iter().map(|stood| (stood.caseload, stood.epoch)).collect();
    let mut known =
        after.caseloads.iter().filter_map(|stood| Some((epochs.get(&stood.caseload)?, stood.epoch))).peekable();
    known.peek().is_some() && known.all(|(before, after)| after > *before)
}

/// How the logs compare with checkpoints.
#[derive(Default)]
pub(crate) struct Compared {
    /// What is not as a checkpoint says: the caseload, the table and the number there.
    pub(crate) wrong: Vec<(CaseloadId, &'static str, u64)>,
    /// How often a checkpoint spoke of a caseload before its restore.
    pub(crate) before_restore: u64,
}

/// Compares the logs with what checkpoints say of them.
pub(crate) async fn against(tx: &mut Tx, checkpoints: &[Checkpoint]) -> db::Result<Compared> {
    let known: BTreeMap<CaseloadId, u32> = caseload::every(tx).await?.iter().map(|c| (c.id, c.epoch)).collect();
    let mut compared = Compared::default();
    for stood in checkpoints.iter().flat_map(|checkpoint| &checkpoint.caseloads) {
        // A restored server begins a new history: it may lack what came after its backup.
        if known.get(&stood.caseload).is_some_and(|epoch| *epoch > stood.epoch) {
            compared.before_restore += 1;
            continue;
        }
        for (table, head) in [("log", stood.log), ("read_log", stood.read_log), ("alarm_log", stood.alarm_log)] {
            let found = stored::link(tx, table, stood.caseload, head.n).await?;
            if head.n > 0 && found != Some(head.chain.0) {
                compared.wrong.push((stood.caseload, table, head.n));
            }
        }
    }
    Ok(compared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(key: &SigningKey, n: u64, epoch: u32, previous: &str) -> (String, String) {
        let head = Head { n, chain: Hex([7; 32]) };
        let stood =
            Stood { caseload: CaseloadId::from_bytes([1; 16]), epoch, log: head, read_log: head, alarm_log: head };
        let previous = Hex(if previous.is_empty() { [0; 32] } else { digest(previous) });
        let made = Checkpoint { n, at: Timestamp::EPOCH, previous, caseloads: vec![stood] };
        let payload = serde_json::to_string(&made).unwrap();
        let signature = Hex(key.sign(format!("{DOMAIN}{payload}").as_bytes()).to_bytes());
        (serde_json::to_string(&Signed { payload: payload.clone(), signature }).unwrap(), payload)
    }

    #[test]
    fn none_may_be_missing_or_told_twice_but_after_a_restore() {
        let key = SigningKey::from_bytes(&[9; 32]);
        let (first, one) = line(&key, 1, 1, "");
        let (second, two) = line(&key, 2, 1, &one);
        let (third, _) = line(&key, 3, 1, &two);
        let told = |lines: &[&String]| {
            let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            read(&text, &key.verifying_key()).map(|all| all.len())
        };
        assert_eq!(told(&[&first, &second, &third]), Ok(3));
        assert_eq!(told(&[&second, &third]), Ok(2), "it may begin anywhere");
        assert_eq!(told(&[&first, &third]), Err(CheckpointError::NotNext(2)));
        assert_eq!(told(&[&first, &second, &third, &second]), Err(CheckpointError::NotNext(4)));
        // Two histories: only a new epoch allows for that.
        let (fork, _) = line(&key, 2, 1, "another");
        assert_eq!(told(&[&first, &second, &fork]), Err(CheckpointError::NotNext(3)));
        let (restored, _) = line(&key, 2, 2, &one);
        assert_eq!(told(&[&first, &second, &third, &restored]), Ok(4));
        let (foreign, _) = line(&SigningKey::from_bytes(&[8; 32]), 2, 1, &one);
        assert_eq!(told(&[&first, &foreign]), Err(CheckpointError::NotSigned(2)));
    }
}
