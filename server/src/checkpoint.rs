//! Checkpoints: where every log stood at a moment, signed and kept elsewhere. Who cuts off the end of a log, or writes it
//! anew with all its links, does not have them.
//!
//! A file of them has one line of JSON each: `payload`, a text that is JSON again, and `signature`, the Ed25519 signature
//! of `doorstep checkpoint 1` + LF + payload, as hexadecimal digits. `previous` in a payload is the SHA-256 of the payload
//! before it, so that none can be left out. See `sync-core/decisions/0018-erased-and-still-whole.md`.
//!
//! A restore makes one that says from where to where it went (`0028-a-restore-is-on-record.md`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sync_core::id::CaseloadId;
use sync_core::time::Timestamp;

use crate::db::checkpoint::{self as stored, Kept};
use crate::db::{self, Tx, caseload};
use crate::hex::Hex;

mod compare;
mod file;
mod keep;

pub use compare::Lost;
pub(crate) use compare::against;
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
    /// The restore that made it, if one did: `caseloads` is then where the new histories began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Restored>,
}

/// From what it was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Of which moment the backup is.
    pub backup_at: Timestamp,
    /// Where the logs stood in the backup, each in the history that was left. What came after it there is not here.
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
    #[error("line {0} is not a checkpoint of this installation, or was changed: compare with another copy of the file")]
    NotSigned(usize),
    /// A line does not follow the one before it.
    #[error(
        "line {0} does not follow the one before it: checkpoints are missing, or there are two histories of them; compare \
         with another copy of the file"
    )]
    NotNext(usize),
}

impl CheckpointError {
    /// For people who read Chinese; `Display` has it in English.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::NotSigned(line) => {
                format!("第 {line} 行不是本系统的检查点,或已被改动:请与另一处保存的文件比对")
            }
            Self::NotNext(line) => {
                format!("第 {line} 行与上一行接不上,中间缺了检查点,或有两份不同的历史:请与另一处保存的文件比对")
            }
        }
    }
}

/// Makes the next checkpoint, in the caller's transaction, which governs: there is one after the other.
pub(crate) async fn take(tx: &mut Tx, key: &SigningKey, at: Timestamp, restored: Option<Restored>) -> db::Result<Kept> {
    let last = stored::last(tx).await?;
    let (n, previous) = last.map_or((1, [0; 32]), |last| (last.n + 1, last.digest));
    let of_restore = restored.is_some();
    let made = Checkpoint { n, at, previous: Hex(previous), caseloads: stand(tx).await?, restored };
    let damaged = |_| db::DbError::Damaged("a checkpoint");
    let payload = serde_json::to_string(&made).map_err(damaged)?;
    let (digest, signature) = (digest(&payload), key.sign(format!("{DOMAIN}{payload}").as_bytes()));
    let line = serde_json::to_string(&Signed { payload, signature: Hex(signature.to_bytes()) }).map_err(damaged)?;
    let kept = Kept { n, at, digest, line };
    stored::put(tx, &kept).await?;
    if of_restore {
        stored::remember_restore(tx, &kept.line).await?;
    }
    Ok(kept)
}

/// Where all logs stand.
pub(crate) async fn stand(tx: &mut Tx) -> db::Result<Vec<Stood>> {
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
    Ok(caseloads)
}

/// Adds to a file what it lacks of the checkpoints that were made. How many those were.
///
/// # Errors
/// The database; the file.
pub(crate) async fn add_to(tx: &mut Tx, path: &Path) -> Result<usize, KeepError> {
    let Some(last) = stored::last(tx).await? else { return Ok(0) };
    let (to, lines) = (path.to_owned(), stored::lines(tx).await?);
    let added = tokio::task::spawn_blocking(move || file::add(&to, &last.line, &lines)).await;
    let added = added.map_err(std::io::Error::other).and_then(|added| added);
    added.map_err(|source| KeepError::File { path: path.to_owned(), source })
}

/// Why a checkpoint is not kept elsewhere.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The database.
    #[error(transparent)]
    Db(#[from] db::DbError),
    /// The file.
    #[error("the file of checkpoints {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn digest(payload: &str) -> [u8; 32] {
    Sha256::digest(payload.as_bytes()).into()
}

/// Reads a file of checkpoints. It may begin anywhere; from there on none may be missing. After a restore, which says that
/// it was one, they go on from the last one that the backup held.
///
/// # Errors
/// [`CheckpointError`] with the line.
pub fn read(text: &str, key: &VerifyingKey) -> Result<Vec<Checkpoint>, CheckpointError> {
    let mut all: Vec<Checkpoint> = Vec::new();
    let (mut before, mut seen) = (None, BTreeSet::new());
    for (line, text) in (1..).zip(text.lines()) {
        let (place, checkpoint) = open(text, key).ok_or(CheckpointError::NotSigned(line))?;
        let follows = (checkpoint.n.saturating_sub(1), checkpoint.previous.0);
        let first = all.first().map_or(checkpoint.n, |first| first.n);
        let goes_on = before.is_none_or(|before| before == follows);
        let begins_anew = checkpoint.restored.is_some() && (follows.0 < first || seen.contains(&follows));
        if !goes_on && !begins_anew {
            return Err(CheckpointError::NotNext(line));
        }
        before = Some(place);
        seen.insert(place);
        all.push(checkpoint);
    }
    Ok(all)
}

/// A line that is signed, with its number and digest.
fn open(line: &str, key: &VerifyingKey) -> Option<((u64, [u8; 32]), Checkpoint)> {
    let Signed { payload, signature } = serde_json::from_str(line).ok()?;
    key.verify(format!("{DOMAIN}{payload}").as_bytes(), &Signature::from_bytes(&signature.0)).ok()?;
    let checkpoint: Checkpoint = serde_json::from_str(&payload).ok()?;
    Some(((checkpoint.n, digest(&payload)), checkpoint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(key: &SigningKey, n: u64, epoch: u32, previous: &str, restored: bool) -> (String, String) {
        let head = Head { n, chain: Hex([7; 32]) };
        let stood =
            Stood { caseload: CaseloadId::from_bytes([1; 16]), epoch, log: head, read_log: head, alarm_log: head };
        let previous = Hex(if previous.is_empty() { [0; 32] } else { digest(previous) });
        let at = Timestamp::EPOCH;
        let restored =
            restored.then(|| Restored { backup_at: at, caseloads: vec![Stood { epoch: epoch - 1, ..stood.clone() }] });
        let made = Checkpoint { n, at, previous, caseloads: vec![stood], restored };
        let payload = serde_json::to_string(&made).unwrap();
        let signature = Hex(key.sign(format!("{DOMAIN}{payload}").as_bytes()).to_bytes());
        (serde_json::to_string(&Signed { payload: payload.clone(), signature }).unwrap(), payload)
    }

    #[test]
    fn none_may_be_missing_or_told_twice_but_after_a_restore() {
        let key = SigningKey::from_bytes(&[9; 32]);
        let (first, one) = line(&key, 1, 1, "", false);
        let (second, two) = line(&key, 2, 1, &one, false);
        let (third, _) = line(&key, 3, 1, &two, false);
        let told = |lines: &[&String]| {
            let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            read(&text, &key.verifying_key()).map(|all| all.len())
        };
        assert_eq!(told(&[&first, &second, &third]), Ok(3));
        assert_eq!(told(&[&second, &third]), Ok(2), "it may begin anywhere");
        assert_eq!(told(&[&first, &third]), Err(CheckpointError::NotNext(2)));
        assert_eq!(told(&[&first, &second, &third, &second]), Err(CheckpointError::NotNext(4)));
        // Two histories: a new epoch alone allows for nothing.
        let (fork, _) = line(&key, 2, 1, "another", false);
        assert_eq!(told(&[&first, &second, &fork]), Err(CheckpointError::NotNext(3)));
        let (pretended, _) = line(&key, 2, 2, &one, false);
        assert_eq!(told(&[&first, &second, &third, &pretended]), Err(CheckpointError::NotNext(4)));
        // A restore does, from a backup that knew one of those before, or only some from before the file begins.
        let (restored, after) = line(&key, 2, 2, &one, true);
        assert_eq!(told(&[&first, &second, &third, &restored]), Ok(4));
        let (next, _) = line(&key, 3, 2, &after, false);
        assert_eq!(told(&[&second, &third, &restored, &next]), Ok(4));
        let (elsewhere, _) = line(&key, 2, 2, "another", true);
        assert_eq!(told(&[&first, &second, &third, &elsewhere]), Err(CheckpointError::NotNext(4)));
        let (foreign, _) = line(&SigningKey::from_bytes(&[8; 32]), 2, 1, &one, false);
        assert_eq!(told(&[&first, &foreign]), Err(CheckpointError::NotSigned(2)));
    }
}
