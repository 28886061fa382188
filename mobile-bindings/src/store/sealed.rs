//! The sealed store on SQLite. The file shows the number, size and order of records, and nothing else.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::envelope::Envelope;
use super::{Changes, Key, Space, Store, StoreError};
use crate::environment::Environment;

/// The layout of the tables, as told to whoever asks which stores this library opens.
pub const VERSION: u8 = 1;
const LAYOUT: i64 = VERSION as i64;

/// A store in one file, sealed under a key that the host keeps.
pub struct SealedStore {
    connection: Connection,
    envelope: Envelope,
}

impl SealedStore {
    /// Opens the store at `path`, or creates it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn open(path: &Path, key: &[u8; 32], environment: &Environment) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path).map_err(unavailable)?;
        configure(&connection)?;
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(unavailable)?;
        let layout: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unavailable)?;
        let envelope = match layout {
            0 => {
                let (envelope, wrapped) = Envelope::create(key, environment);
                transaction
                    .execute_batch(
                        "CREATE TABLE envelope (id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL);
                         CREATE TABLE record (
                             space INTEGER NOT NULL, name BLOB NOT NULL, position INTEGER NOT NULL,
                             sealed BLOB NOT NULL, PRIMARY KEY (space, name, position)) WITHOUT ROWID;
                         PRAGMA user_version = 1;",
                    )
                    .map_err(unavailable)?;
                transaction
                    .execute("INSERT INTO envelope (id, wrapped) VALUES (1, ?1)", [wrapped])
                    .map_err(unavailable)?;
                envelope
            }
            LAYOUT => {
                let wrapped: Vec<u8> = transaction
                    .query_row("SELECT wrapped FROM envelope WHERE id = 1", [], |row| row.get(0))
                    .map_err(|_| StoreError::Damaged)?;
                Envelope::open(key, &wrapped, environment)?
            }
            newer if newer > LAYOUT => return Err(StoreError::TooNew),
            _ => return Err(StoreError::Damaged),
        };
        transaction.commit().map_err(unavailable)?;
        Ok(Self { connection, envelope })
    }

    /// What a sealed record is bound to.
    fn place(space: Space, hidden: &[u8; 32], position: u64) -> Vec<u8> {
        [&[space as u8], hidden.as_slice(), &position.to_be_bytes()].concat()
    }

    /// The name is sealed with the value, so that a scan can tell it.
    fn seal(&self, key: &Key, hidden: &[u8; 32], value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(key.name.len()).unwrap_or(u32::MAX).to_be_bytes();
        let plain = [&length, key.name.as_slice(), value].concat();
        self.envelope.seal(&Self::place(key.space, hidden, key.position), &plain)
    }

    fn unseal(&self, space: Space, hidden: &[u8], position: u64, sealed: &[u8]) -> Result<(Key, Vec<u8>), StoreError> {
        let hidden = <[u8; 32]>::try_from(hidden).map_err(|_| StoreError::Damaged)?;
        let plain = self.envelope.unseal(&Self::place(space, &hidden, position), sealed)?;
        let (length, rest) = plain.split_first_chunk::<4>().ok_or(StoreError::Damaged)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| StoreError::Damaged)?;
        let (name, value) = rest.split_at_checked(length).ok_or(StoreError::Damaged)?;
        Ok((Key::at(space, name, position), value.to_vec()))
    }

    fn rows(&self, sql: &str, params: impl rusqlite::Params, space: Space) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(unavailable)?;
        let mut rows = statement.query(params).map_err(unavailable)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(unavailable)? {
            let bytes = |ix| row.get_ref(ix).ok().and_then(|value| value.as_blob().ok()).ok_or(StoreError::Damaged);
            let position: i64 = row.get(1).map_err(unavailable)?;
            found.push(self.unseal(space, bytes(0)?, stored_position(position), bytes(2)?)?);
        }
        Ok(found)
    }
}

impl Store for SealedStore {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        let hidden = self.envelope.hidden(&key.name);
        let sealed: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT sealed FROM record WHERE space = ?1 AND name = ?2 AND position = ?3")
            .and_then(|mut statement| {
                statement
                    .query_row(params![key.space as u8, hidden, position_in(key.position)], |row| row.get(0))
                    .optional()
            })
            .map_err(unavailable)?;
        sealed.map(|sealed| self.unseal(key.space, &hidden, key.position, &sealed).map(|(_, value)| value)).transpose()
    }

    fn list(&self, space: Space, name: &[u8]) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let hidden = self.envelope.hidden(name);
        let sql = "SELECT name, position, sealed FROM record WHERE space = ?1 AND name = ?2 ORDER BY position";
        let rows = self.rows(sql, params![space as u8, hidden], space)?;
        Ok(rows.into_iter().map(|(key, value)| (key.position, value)).collect())
    }

    fn scan(&self, space: Space) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        self.rows("SELECT name, position, sealed FROM record WHERE space = ?1", [space as u8], space)
    }

    fn apply(&mut self, changes: &Changes) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.unchecked_transaction().map_err(unavailable)?;
        self.write(&transaction, changes)?;
        transaction.commit().map_err(unavailable)
    }

    /// With the data key that sealed it, which is drawn anew.
    fn wipe(&mut self, keep: &Changes) -> Result<(), StoreError> {
        let (envelope, wrapped) = self.envelope.renewed();
        let before = std::mem::replace(&mut self.envelope, envelope);
        let wiped = self.start_over(&wrapped, keep);
        if wiped.is_err() {
            self.envelope = before;
        }
        wiped
    }

    /// The engine overwrites what is deleted, but not what it leaves behind when it moves records from page to page; and
    /// its log keeps pages as they were. So the file is written anew, and the log ends.
    fn scrub(&mut self) -> Result<(), StoreError> {
        let anew = self.connection.execute_batch("VACUUM;").map_err(unavailable);
        // Most of it lies in the log: that goes even when there is no room to write the file anew.
        let log = self.truncate_log();
        anew?;
        if log? { Ok(()) } else { Err(StoreError::Unavailable) }
    }

    /// One record is sealed anew, in one transaction.
    fn rekey(&mut self, key: &[u8; 32]) -> Result<(), StoreError> {
        let transaction = self.connection.unchecked_transaction().map_err(unavailable)?;
        let wrapped: Vec<u8> = transaction
            .query_row("SELECT wrapped FROM envelope WHERE id = 1", [], |row| row.get(0))
            .map_err(unavailable)?;
        let (host, wrapped) = self.envelope.rekeyed(key, &wrapped)?;
        transaction.execute("UPDATE envelope SET wrapped = ?1 WHERE id = 1", [wrapped]).map_err(unavailable)?;
        transaction.commit().map_err(unavailable)?;
        self.envelope.set_host(host);
        // What the old key opens lies in the log until then.
        self.truncate_log().map(drop)
    }
}

impl SealedStore {
    /// The write-ahead log still holds what was written before. Without it, the file alone says what is. False while
    /// somebody else reads what is in it.
    fn truncate_log(&self) -> Result<bool, StoreError> {
        let busy: rusqlite::Result<bool> =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        busy.map(|busy| !busy).map_err(unavailable)
    }

    fn start_over(&self, wrapped: &[u8], keep: &Changes) -> Result<(), StoreError> {
        let transaction = self.connection.unchecked_transaction().map_err(unavailable)?;
        transaction.execute("DELETE FROM record", []).map_err(unavailable)?;
        transaction.execute("UPDATE envelope SET wrapped = ?1 WHERE id = 1", [wrapped]).map_err(unavailable)?;
        self.write(&transaction, keep)?;
        transaction.commit().map_err(unavailable)
    }

    fn write(&self, transaction: &rusqlite::Transaction<'_>, changes: &Changes) -> Result<(), StoreError> {
        for (key, value) in changes.writes() {
            let hidden = self.envelope.hidden(&key.name);
            let (space, position) = (key.space as u8, position_in(key.position));
            match value {
                Some(value) => transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO record (space, name, position, sealed) VALUES (?1, ?2, ?3, ?4)",
                    )
                    .and_then(|mut put| put.execute(params![space, hidden, position, self.seal(key, &hidden, value)])),
                None => transaction
                    .prepare_cached("DELETE FROM record WHERE space = ?1 AND name = ?2 AND position = ?3")
                    .and_then(|mut remove| remove.execute(params![space, hidden, position])),
            }
            .map_err(unavailable)?;
        }
        Ok(())
    }
}

/// Durable before the call returns, and nothing in the clear beside the file: what is deleted is overwritten, and
/// temporary tables stay in memory. `fullfsync` matters on Apple systems only, where a plain sync stops in the drive.
fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = 1;
             PRAGMA checkpoint_fullfsync = 1; PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 5000;",
        )
        .map_err(unavailable)?;
    let durable: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(unavailable)?;
    if durable < 2 { Err(StoreError::Unavailable) } else { Ok(()) }
}

/// SQLite's reason may name a path or a table, and helps nobody at a door: only its kind is kept.
fn unavailable(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => StoreError::Damaged,
        _ => StoreError::Unavailable,
    }
}

fn position_in(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn stored_position(position: i64) -> u64 {
    u64::try_from(position).unwrap_or(0)
}
