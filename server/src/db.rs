//! The database: open, migrate, transactions. One SQL text for every back end.
//!
//! SQL is written once, as constants in the portable dialect (`$1`, BIGINT milliseconds, ids and documents as bytes, no
//! triggers, no defaults) in the modules below, and runs through [`Tx`]. SQLite is the embedded default; a second back
//! end is one more variant in `Pools` and `Live`, nothing else.

use std::path::Path;
use std::time::Duration;

use crate::seal::SealError;
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub mod device;
pub(crate) mod enrolment;
pub(crate) mod letter;
pub mod person;
pub(crate) mod session;

pub mod alarm;
pub mod caseload;
pub mod counter;
pub mod document;
pub mod event;
pub mod flag;
pub mod key;
pub mod link;
pub mod log;
pub(crate) mod meta;
mod migrate;
pub mod planned;
pub mod policy;
pub mod read_log;
pub mod search;
mod sql;
pub mod submission;
pub mod term;

pub use sql::{Arg, Column, Row, Statement, Tx};
pub(crate) use sql::{args, statements};

/// How long a writer waits for another process (a backup, `doorstep verify`) to let go.
const BUSY: Duration = Duration::from_secs(10);
/// Concurrent readers; each holds a snapshot and a page cache.
const READERS: u32 = 8;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The driver or the engine.
    #[error("database: {0}")]
    Engine(#[from] sqlx::Error),
    /// A newer version of the program has written this database.
    #[error("the database has schema {found}, this program knows {known}: run the newer program")]
    Newer {
        /// What the database says.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A migration that was already run is not the one in this program.
    #[error("migration {0} of this database is not the one of this program")]
    Changed(i64),
    /// A setting that durability rests on did not take.
    #[error("the database refused {pragma} = {wanted}; it says {found}")]
    Setting {
        /// Which.
        pragma: &'static str,
        /// What was asked.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// Something stored does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// Something is sealed under a key that is not there: erased.
    #[error("the key of this content is not there")]
    NoKey,
    /// Something stored does not say what it should.
    #[error("the database is damaged: {0}")]
    Damaged(&'static str),
    /// A stored value is not what its column holds.
    #[error("column {column} of {statement} holds something else")]
    Shape {
        /// Which column, from 0.
        column: usize,
        /// The statement's name.
        statement: &'static str,
    },
}

/// A result of the database.
pub type Result<T> = std::result::Result<T, DbError>;

/// The database.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
}

#[derive(Clone)]
enum Pools {
    /// One writer, because SQLite has one: waiting for the pool is fair and cheap, waiting for the file is neither.
    Sqlite { writer: SqlitePool, readers: SqlitePool },
}

impl Db {
    /// Opens the file, creates it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`DbError::Newer`] when a newer program wrote it; [`DbError::Setting`] when the file cannot be written durably.
    pub async fn open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("secure_delete", "on");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let mut connection = writer.acquire().await?;
        read_back(&mut connection).await?;
        migrate::run(&mut connection).await?;
        drop(connection);
        let readers =
            SqlitePoolOptions::new().max_connections(READERS).connect_with(options.pragma("query_only", "on")).await?;
        Ok(Self { pools: Pools::Sqlite { writer, readers } })
    }

    /// A transaction that may write. It holds the write lock from its first moment; dropping it rolls back.
    ///
    /// # Errors
    /// When the lock is not to be had in time.
    pub async fn write(&self) -> Result<Tx> {
        let Pools::Sqlite { writer, .. } = &self.pools;
        Ok(Tx::sqlite(writer.begin_with("BEGIN IMMEDIATE").await?))
    }

    /// A transaction that sees one moment of the database and cannot write.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn read(&self) -> Result<Tx> {
        let Pools::Sqlite { readers, .. } = &self.pools;
        Ok(Tx::sqlite(readers.begin().await?))
    }

    /// Waits for what is running and closes every file.
    pub async fn close(&self) {
        let Pools::Sqlite { writer, readers } = &self.pools;
        readers.close().await;
        writer.close().await;
    }
}

/// What durability rests on is read back: an engine that ignores a setting says so only here.
async fn read_back(connection: &mut SqliteConnection) -> Result<()> {
    for (pragma, wanted) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let statement = match pragma {
            "journal_mode" => "SELECT journal_mode FROM pragma_journal_mode",
            "synchronous" => "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous",
            _ => "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys",
        };
        let found: String = sqlx::query_scalar::<Sqlite, String>(statement).fetch_one(&mut *connection).await?;
        if found != wanted {
            return Err(DbError::Setting { pragma, wanted, found });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOIL: Statement =
        Statement { name: "SPOIL", sql: "UPDATE schema_version SET digest = $1 WHERE version = 1" };

    /// **The list of modules with statements.**
    const ALL: &[&[Statement]] = &[
        alarm::ALL,
        caseload::ALL,
        counter::ALL,
        document::ALL,
        event::ALL,
        flag::ALL,
        key::ALL,
        link::ALL,
        log::ALL,
        meta::ALL,
        migrate::ALL,
        planned::ALL,
        policy::ALL,
        read_log::ALL,
        search::ALL,
        submission::ALL,
        term::ALL,
        person::ALL,
        device::ALL,
        enrolment::ALL,
        letter::ALL,
        session::ALL,
    ];

    #[tokio::test]
    async fn every_statement_prepares() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("d.db")).await.unwrap();
        let mut tx = db.write().await.unwrap();
        for statement in ALL.iter().copied().flatten() {
            if let Err(error) = tx.prepare(*statement).await {
                panic!("{}: {error}", statement.name);
            }
        }
    }

    #[tokio::test]
    async fn what_is_committed_is_read_and_what_is_dropped_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("d.db")).await.unwrap();
        let mut tx = db.write().await.unwrap();
        meta::put(&mut tx, "kept", b"yes".to_vec()).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        meta::put(&mut tx, "dropped", b"no".to_vec()).await.unwrap();
        drop(tx);
        db.close().await;
        let db = Db::open(&dir.path().join("d.db")).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(meta::get(&mut tx, "kept").await.unwrap().as_deref(), Some(&b"yes"[..]));
        assert!(meta::get(&mut tx, "dropped").await.unwrap().is_none());
        assert!(meta::put(&mut tx, "reader", b"no".to_vec()).await.is_err(), "a reader cannot write");
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.db");
        let db = Db::open(&path).await.unwrap();
        let mut tx = db.write().await.unwrap();
        tx.run(migrate::RECORD, args![9_999_i64, "from the future", vec![0_u8; 32]]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        assert!(matches!(Db::open(&path).await, Err(DbError::Newer { found: 9_999, .. })));
    }

    #[tokio::test]
    async fn a_changed_migration_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("d.db");
        let db = Db::open(&path).await.unwrap();
        let mut tx = db.write().await.unwrap();
        tx.run(SPOIL, args![vec![0_u8; 32]]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        assert!(matches!(Db::open(&path).await, Err(DbError::Changed(1))));
    }
}
