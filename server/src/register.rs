//! The register: what must stay so even when an older backup is restored. Who was erased, which phones were revoked,
//! who was disabled, who left. A file beside the database and in no backup of it, only ever appended to.
//!
//! One line of JSON each, closed by a link of a chain under the master key: a line that was changed, removed or put
//! elsewhere is found; that the end was cut off is found by a backup, which says how far the register was.
//!
//! What takes something away is written here *before* the database commits it, what gives it back *after*: whatever
//! happens in between, a restore errs towards less access. Written twice, a record says the same as once.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sync_core::id::{CaseloadId, CredentialId, DeviceId, EntityId, PersonId};
use sync_core::time::Timestamp;

use crate::hex::Hex;
use crate::seal::Sealer;

/// What is on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// The keys of these files were destroyed.
    Erased {
        /// Of which caseload.
        caseload: CaseloadId,
        /// The files, each with all that belongs to it.
        entities: Vec<EntityId>,
    },
    /// A phone's access was ended.
    Revoked {
        /// Which.
        device: DeviceId,
        /// Since when nobody knows who holds it.
        lost_since: Timestamp,
    },
    /// Every access was taken from a person.
    Disabled {
        /// From whom.
        person: PersonId,
    },
    /// It was given back.
    Enabled {
        /// To whom.
        person: PersonId,
    },
    /// A person works there no more.
    Left {
        /// Where.
        caseload: CaseloadId,
        /// Who.
        person: PersonId,
        /// Of their membership, after they left.
        version: u32,
    },
    /// A credential was taken from a department's system.
    CredentialRevoked {
        /// Of which desk.
        desk: CaseloadId,
        /// Which.
        credential: CredentialId,
    },
    /// A credential got a new secret.
    CredentialRotated {
        /// Of which desk.
        desk: CaseloadId,
        /// Which.
        credential: CredentialId,
        /// Since when it has the new one.
        since: Timestamp,
        /// When those before it end.
        overlap_until: Timestamp,
    },
}

/// A line of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub n: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub record: Record,
}

/// How far a register is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Of its last line; 0 when it is empty.
    pub n: u64,
    /// The link of that line.
    pub chain: Hex<32>,
}

const START: Position = Position { n: 0, chain: Hex([0; 32]) };

/// Why there is no register to go by.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// It cannot be read or written.
    #[error("the register {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line does not follow from those before it under this master key.
    #[error("line {line} of the register {path} was changed, or is of another installation")]
    Broken {
        /// Which.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
    },
    /// A line says something that this program does not know.
    #[error("line {line} of the register {path} was written by a newer program")]
    Newer {
        /// Which.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
    },
}

/// A result of the register.
pub type Result<T> = std::result::Result<T, RegisterError>;

/// The register of one node.
#[derive(Clone)]
pub struct Register {
    path: PathBuf,
    sealer: Arc<Sealer>,
}

impl Register {
    /// The register in this file, which the first record makes.
    #[must_use]
    pub fn of_file(path: &Path, sealer: Arc<Sealer>) -> Self {
        Self { path: path.to_owned(), sealer }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is anything on record.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.path.exists()
    }

    /// Puts something on record. When this returns, it is on disk.
    ///
    /// # Errors
    /// When it could not be written: then what it is about must not be done.
    pub async fn note(&self, at: Timestamp, record: Record) -> Result<()> {
        let register = self.clone();
        match tokio::task::spawn_blocking(move || register.append(at, record)).await {
            Ok(result) => result,
            Err(error) => Err(self.file(io::Error::other(error))),
        }
    }

    fn append(&self, at: Timestamp, record: Record) -> Result<()> {
        let write = || -> io::Result<(File, Vec<u8>)> {
            let mut file = self.options().create(true).open(&self.path)?;
            // A command at this machine writes the same file as the server.
            file.lock()?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok((file, bytes))
        };
        let (mut file, mut bytes) = write().map_err(|error| self.file(error))?;
        bytes.truncate(whole(&bytes));
        let last = self.walk(&bytes, |_, _| ())?;
        let body = serde_json::to_string(&Entry { n: last.n + 1, at, record });
        let body = body.map_err(|error| self.file(error.into()))?;
        let body = body.strip_suffix('}').unwrap_or(&body);
        let line = format!("{body},\"chain\":\"{}\"}}\n", self.link(&last, body));
        let mut write = || -> io::Result<()> {
            // What a crash left of a line was never answered for.
            file.set_len(bytes.len() as u64)?;
            file.seek(SeekFrom::End(0))?;
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            if bytes.is_empty() { sync_directory(&self.path) } else { Ok(()) }
        };
        write().map_err(|error| self.file(error))
    }

    fn options(&self) -> std::fs::OpenOptions {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
    }

    /// All that is on record, in order. A file that is not there has no lines.
    ///
    /// # Errors
    /// [`RegisterError`]
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.walk(&self.bytes()?, |entry, _| entries.push(entry))?;
        Ok(entries)
    }

    /// How far it is.
    ///
    /// # Errors
    /// [`RegisterError`]
    pub fn position(&self) -> Result<Position> {
        self.walk(&self.bytes()?, |_, _| ())
    }

    /// Whether it once ended there: then nothing of what it said then was cut off.
    ///
    /// # Errors
    /// [`RegisterError`]
    pub fn has_been_at(&self, position: Position) -> Result<bool> {
        let mut found = position.n == 0;
        self.walk(&self.bytes()?, |_, at| found |= at == position)?;
        Ok(found)
    }

    /// Reads whole lines, each checked against those before it.
    fn walk(&self, bytes: &[u8], mut each: impl FnMut(Entry, Position)) -> Result<Position> {
        let mut last = START;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let n = last.n + 1;
            let broken = || RegisterError::Broken { path: self.path.clone(), line: n };
            let text = std::str::from_utf8(line).map_err(|_| broken())?;
            let (body, chain) = text.rsplit_once(",\"chain\":\"").ok_or_else(broken)?;
            let chain: Hex<32> = chain.strip_suffix("\"}\n").and_then(|hex| hex.parse().ok()).ok_or_else(broken)?;
            if chain != self.link(&last, body) {
                return Err(broken());
            }
            let entry: Entry = serde_json::from_str(&format!("{body}}}"))
                .map_err(|_| RegisterError::Newer { path: self.path.clone(), line: n })?;
            if entry.n != n {
                return Err(broken());
            }
            last = Position { n, chain };
            each(entry, last);
        }
        Ok(last)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        match std::fs::read(&self.path) {
            Ok(mut bytes) => {
                bytes.truncate(whole(&bytes));
                Ok(bytes)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(self.file(error)),
        }
    }

    fn link(&self, last: &Position, body: &str) -> Hex<32> {
        Hex(self.sealer.keyed("register", &[&last.chain.0, &last.n.to_be_bytes(), body.as_bytes()]))
    }

    fn file(&self, source: io::Error) -> RegisterError {
        RegisterError::File { path: self.path.clone(), source }
    }
}

/// How much of it are whole lines.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1)
}

/// A new name in a directory is durable when the directory is.
pub(crate) fn sync_directory(file: &Path) -> io::Result<()> {
    match file.parent() {
        #[cfg(unix)]
        Some(dir) => File::open(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use crate::seal::MasterKey;

    const AT: Timestamp = Timestamp::from_millis(5);

    fn register(path: &Path, key: char) -> Register {
        let master = MasterKey::from_hex(&key.to_string().repeat(64)).unwrap();
        Register::of_file(path, Arc::new(Sealer::new(&master, Arc::new(SeededRandom::new(1)))))
    }

    fn records() -> Vec<Record> {
        let (caseload, person) = (CaseloadId::from_bytes([1; 16]), PersonId::from_bytes([2; 16]));
        vec![
            Record::Erased { caseload, entities: vec![EntityId::from_bytes([3; 16])] },
            Record::Revoked { device: DeviceId::from_bytes([4; 16]), lost_since: AT },
            Record::Disabled { person },
            Record::Enabled { person },
            Record::Left { caseload, person, version: 7 },
            Record::CredentialRevoked { desk: caseload, credential: CredentialId::from_bytes([5; 16]) },
            Record::CredentialRotated {
                desk: caseload,
                credential: CredentialId::from_bytes([5; 16]),
                since: AT,
                overlap_until: AT,
            },
        ]
    }

    #[tokio::test]
    async fn what_is_noted_is_read_in_order_and_only_under_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register");
        let register = register(&path, 'a');
        assert_eq!((register.entries().unwrap(), register.position().unwrap()), (Vec::new(), START));
        let mut positions = Vec::new();
        for record in records() {
            // Several processes at one file: each time it is opened anew.
            self::register(&path, 'a').note(AT, record).await.unwrap();
            positions.push(register.position().unwrap());
        }
        let read: Vec<Record> = register.entries().unwrap().into_iter().map(|entry| entry.record).collect();
        assert_eq!(read, records());
        assert!(positions.iter().all(|at| register.has_been_at(*at).unwrap()));
        let other = self::register(&path, 'b');
        assert!(matches!(other.entries(), Err(RegisterError::Broken { line: 1, .. })));
    }

    #[tokio::test]
    async fn what_a_crash_left_of_a_line_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register");
        let register = register(&path, 'a');
        for record in records().into_iter().take(2) {
            register.note(AT, record).await.unwrap();
        }
        let full = std::fs::read(&path).unwrap();
        std::fs::write(&path, &full[..full.len() - 9]).unwrap();
        assert_eq!(register.position().unwrap().n, 1);
        register.note(AT, records().remove(2)).await.unwrap();
        let read: Vec<Record> = register.entries().unwrap().into_iter().map(|entry| entry.record).collect();
        assert_eq!(read, [records().remove(0), records().remove(2)]);
    }

    #[tokio::test]
    async fn every_change_of_a_line_is_found_and_a_cut_by_where_it_once_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register");
        let register = register(&path, 'a');
        for record in records() {
            register.note(AT, record).await.unwrap();
        }
        let (full, end) = (std::fs::read(&path).unwrap(), register.position().unwrap());
        for at in (0..full.len() - 1).step_by(7) {
            let mut spoilt = full.clone();
            spoilt[at] ^= 1;
            std::fs::write(&path, &spoilt).unwrap();
            assert!(register.entries().is_err(), "byte {at}");
        }
        let text = String::from_utf8(full).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let swapped = [lines[0], lines[2], lines[1], lines[3], lines[4], ""].join("\n");
        std::fs::write(&path, swapped).unwrap();
        assert!(matches!(register.entries(), Err(RegisterError::Broken { line: 2, .. })));
        std::fs::write(&path, lines[..3].join("\n") + "\n").unwrap();
        assert_eq!(register.entries().unwrap().len(), 3);
        assert!(!register.has_been_at(end).unwrap(), "cut");
    }
}
