//! The database: open, migrate, transactions. One SQL text for two engines.
//!
//! SQL is written once, as constants in the portable dialect (`$1`, BIGINT milliseconds, ids and documents as bytes, no
//! triggers, no defaults) in the modules below, and runs through [`Tx`]. SQLite is the embedded default; PostgreSQL
//! serves several nodes. What differs is here and in the modules `sqlite`, `postgres` and `hold`, nowhere else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::PgPool;
use sqlx::sqlite::SqlitePool;

use crate::seal::SealError;
use news::News;

pub mod device;
pub(crate) mod enrolment;
pub mod letter;
pub mod person;
pub(crate) mod session;

pub mod alarm;
pub mod alarm_log;
pub mod backup;
pub mod caseload;
pub(crate) mod checkpoint;
pub mod counter;
pub mod credential;
pub mod delivery;
pub mod document;
pub mod duty;
pub(crate) mod erased;
pub mod event;
pub mod flag;
mod hold;
pub mod key;
pub mod link;
pub mod log;
pub(crate) mod meta;
pub(crate) mod migrate;
pub(crate) mod news;
pub mod planned;
pub mod policy;
mod postgres;
pub mod read_log;
pub(crate) mod restored;
pub mod search;
#[cfg(test)]
mod spread_tests;
mod sql;
mod sqlite;
pub(crate) mod status;
pub mod submission;
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod tamper;
pub mod term;
pub mod webhook;

pub use sql::{Arg, Column, Row, Statement, Tx};
pub(crate) use sql::{LIST, args, listed, statements};

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
    #[error("the database refused {name} = {wanted}; it says {found}")]
    Setting {
        /// Which.
        name: &'static str,
        /// What was asked.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// Something stored does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// Something is sealed under a key that is not there, and nobody erased it.
    #[error("the key of this content is not there")]
    NoKey,
    /// It was erased: its key was destroyed on somebody's request.
    #[error("this content was erased")]
    Erased,
    /// The files were not all written anew: somebody needs, for as long as they read, what was there before.
    #[error("somebody still reads what was there before (a backup, another command): do it again when that is over")]
    StillRead,
    /// Something stored does not say what it should.
    #[error("the database is damaged: {0}")]
    Damaged(&'static str),
    /// The installation works in another database now.
    #[error("this installation was moved to another database: use that one")]
    Moved,
    /// A copy of an installation that is not whole.
    #[error("this is a copy of an installation that is not finished: run the copy again")]
    HalfCopied,
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

/// How often a transaction is done that the engine gives up for the sake of another one, before anybody hears `busy`.
/// Nothing happened in between: what is not committed is not there.
pub(crate) const ATTEMPTS: usize = 5;

impl DbError {
    /// Whether the engine gave this transaction up for the sake of another one: done again, it may well succeed.
    #[must_use]
    pub fn is_surprise(&self) -> bool {
        // serialization_failure, deadlock_detected
        let code = |error: &dyn sqlx::error::DatabaseError| matches!(error.code().as_deref(), Some("40001" | "40P01"));
        matches!(self, Self::Engine(sqlx::Error::Database(error)) if code(&**error))
    }

    /// Whether this waited its whole time for a connection, or for somebody else to be done, and nothing of it happened:
    /// there is more to do than the database can.
    #[must_use]
    pub fn is_overload(&self) -> bool {
        match self {
            Self::Engine(sqlx::Error::PoolTimedOut) => true,
            Self::Engine(sqlx::Error::Database(error)) => match error.code().as_deref() {
                // lock_not_available; query_canceled, by its timeout
                Some("55P03" | "57014") => true,
                // Extended result codes of SQLite, with the primary one in the last byte: SQLITE_BUSY.
                Some(code) if code.len() < 5 => code.parse::<u32>().is_ok_and(|code| code & 0xff == 5),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the engine could not write or read what it keeps: no room, or a disk that fails. What was asked did not
    /// happen; once there is room again, it can.
    #[must_use]
    pub fn is_storage(&self) -> bool {
        let Self::Engine(sqlx::Error::Database(error)) = self else { return false };
        let code = error.code().unwrap_or_default();
        match code.parse::<u32>() {
            // Extended result codes of SQLite, with the primary one in the last byte: SQLITE_IOERR, SQLITE_FULL.
            Ok(extended) if code.len() < 5 => matches!(extended & 0xff, 10 | 13),
            // disk_full, io_error
            _ => matches!(&*code, "53100" | "58030"),
        }
    }
}

/// Whether the engine refused with one of these codes.
fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    error.code().is_some_and(|code| codes.contains(&&*code))
}

/// Where a database is.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(from = "String")]
pub enum Location {
    /// A file of SQLite.
    File(PathBuf),
    /// A PostgreSQL server, by its URL. It may hold a password: it is never printed.
    Server(String),
}

impl From<String> for Location {
    /// What somebody wrote: a URL that begins with `postgres:` or `postgresql:`, else a file, also as `sqlite:FILE`.
    fn from(text: String) -> Self {
        if text.starts_with("postgres:") || text.starts_with("postgresql:") {
            return Self::Server(text);
        }
        Self::File(PathBuf::from(text.strip_prefix("sqlite:").unwrap_or(&text)))
    }
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(_) => f.write_str("postgres"),
        }
    }
}

/// The database.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    news: Arc<News>,
    statements: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Pools {
    /// One writer, because SQLite has one: waiting for the pool is fair and cheap, waiting for the file is neither.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres {
        pool: PgPool,
    },
}

impl Db {
    /// Opens a file of SQLite, creates it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`DbError::Newer`] when a newer program wrote it; [`DbError::Setting`] when the file cannot be written durably.
    pub async fn open(path: &Path) -> Result<Self> {
        sqlite::open(path).await.map(Self::on)
    }

    /// Opens the database at a place, and brings its schema up to date.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn at(location: &Location) -> Result<Self> {
        match location {
            Location::File(path) => Self::open(path).await,
            Location::Server(url) => postgres::open(url).await.map(Self::on),
        }
    }

    fn on(pools: Pools) -> Self {
        Self { pools, news: Arc::default(), statements: Arc::default() }
    }

    /// A transaction that may write. Dropping it rolls back. On SQLite it is the only one; on PostgreSQL it shares the
    /// installation with others, takes the caseloads that it changes, and waits for whoever changes access.
    ///
    /// # Errors
    /// When the lock is not to be had in time.
    pub async fn write(&self) -> Result<Tx> {
        let mut tx = self.begin(hold::SHARE_INSTALLATION).await?;
        in_use(&mut tx).await?;
        Ok(tx)
    }

    async fn begin(&self, hold: Statement) -> Result<Tx> {
        let tx = match &self.pools {
            Pools::Sqlite { writer, .. } => sqlite::write(writer).await?,
            Pools::Postgres { pool } => postgres::write(pool, hold).await?,
        };
        Ok(tx.with_news(self).counted(&self.statements))
    }

    /// A transaction that may change who has access, and what there is to have access to: it waits until nobody else
    /// writes. What it commits, every later request knows, on any node.
    ///
    /// # Errors
    /// When the lock is not to be had in time.
    pub async fn govern(&self) -> Result<Tx> {
        let mut tx = self.take().await?;
        in_use(&mut tx).await?;
        Ok(tx)
    }

    /// As [`Self::govern`], also when nobody else may write here: for who makes a copy whole, or moves it.
    pub(crate) async fn take(&self) -> Result<Tx> {
        self.begin(hold::TAKE_INSTALLATION).await
    }

    /// A transaction that sees one moment of the database and cannot write.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn read(&self) -> Result<Tx> {
        let tx = match &self.pools {
            Pools::Sqlite { readers, .. } => sqlite::read(readers).await?,
            Pools::Postgres { pool } => postgres::read(pool).await?,
        };
        Ok(tx.counted(&self.statements))
    }

    /// The version of its schema, if it answers and this program knows it.
    ///
    /// # Errors
    /// [`DbError::Newer`] when a newer program has migrated it meanwhile; whatever the engine objects to.
    pub async fn schema(&self) -> Result<i64> {
        migrate::at_present(&mut self.read().await?).await
    }

    /// The engine: `sqlite` or `postgres`.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match &self.pools {
            Pools::Sqlite { .. } => "sqlite",
            Pools::Postgres { .. } => "postgres",
        }
    }

    /// How many statements it was asked to run since it was opened.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Connections that are open, and how many of them are idle.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                (writer.size() as usize + readers.size() as usize, writer.num_idle() + readers.num_idle())
            }
            Pools::Postgres { pool } => (pool.size() as usize, pool.num_idle()),
        }
    }

    /// Rewrites the files of the database, so that no page keeps what was removed from it. Others may be at work.
    ///
    /// # Errors
    /// [`DbError::StillRead`] when somebody reads what was there before for longer than ten seconds; whatever the engine
    /// objects to. What was removed is removed all the same, and this can be done again.
    pub async fn scrub(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => sqlite::scrub(writer).await,
            Pools::Postgres { pool } => postgres::scrub(pool).await,
        }
    }

    /// Waits for what is running and closes every file and connection.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { pool } => pool.close().await,
        }
    }
}

/// A node that was left running must not go on where nobody looks any more.
async fn in_use(tx: &mut Tx) -> Result<()> {
    match meta::mark(tx).await? {
        None => Ok(()),
        Some(meta::Mark::Moved) => Err(DbError::Moved),
        Some(meta::Mark::Copying) => Err(DbError::HalfCopied),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Scratch;

    const SPOIL: Statement =
        Statement { name: "SPOIL", sql: "UPDATE schema_version SET digest = $1 WHERE version = 1" };

    /// **The list of modules with statements.**
    const ALL: &[&[Statement]] = &[
        alarm::ALL,
        alarm_log::ALL,
        backup::ALL,
        caseload::ALL,
        checkpoint::ALL,
        counter::ALL,
        credential::ALL,
        delivery::ALL,
        document::ALL,
        duty::ALL,
        erased::ALL,
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
        restored::ALL,
        search::ALL,
        status::ALL,
        submission::ALL,
        term::ALL,
        webhook::ALL,
        person::ALL,
        device::ALL,
        enrolment::ALL,
        letter::ALL,
        session::ALL,
    ];

    /// The first step that goes through a whole table or index in search of something.
    fn search_without_index(plan: &[String]) -> Option<&String> {
        let mut steps = plan.iter().zip(plan.iter().skip(1).map(Some).chain([None]));
        let step = steps.find(|(step, next)| {
            let through = step.contains("Index Scan") || step.contains("Index Only Scan");
            step.starts_with("SCAN ")
                || step.contains("Seq Scan on ")
                || (through && !next.is_some_and(|next| next.contains("Index Cond: ")))
        });
        step.map(|(step, _)| step)
    }

    /// A step that looks at everything that a caseload has of something, on SQLite, though the statement asks for less.
    fn through_a_caseload<'p>(sql: &str, plan: &'p [String]) -> Option<&'p String> {
        let mut conditions = sql.split(" WHERE ").skip(1).flat_map(|conditions| conditions.split(" AND ").skip(1));
        let less = conditions.any(|condition| condition.contains(" = $") || condition.contains(" IN ($"));
        plan.iter().find(|step| less && step.ends_with("(caseload=?)"))
    }

    const SLOW: Statement =
        Statement { name: "SLOW", sql: "SELECT entity FROM document WHERE caseload = $1 AND version = $2" };
    const SLOW_LIST: Statement =
        Statement { name: "SLOW_LIST", sql: "SELECT entity FROM document WHERE caseload = $1 AND version IN ($2, $3)" };
    const SLOWER: Statement = Statement { name: "SLOWER", sql: "SELECT id FROM caseload WHERE name = $1" };

    #[tokio::test]
    async fn every_statement_prepares_and_uses_an_index() {
        for scratch in [Scratch::on_sqlite(), Scratch::on_postgres().await] {
            let db = Db::at(&Location::from(scratch.place())).await.unwrap();
            for statement in ALL.iter().copied().flatten() {
                let mut tx = db.write().await.unwrap();
                if let Err(error) = tx.prepare(*statement).await {
                    panic!("{}: {error}", statement.name);
                }
                // Without a condition it is a list of what an installation has few of.
                if statement.sql.contains(" WHERE ") {
                    let plan = tx.plan(*statement).await.unwrap_or_else(|error| panic!("{}: {error}", statement.sql));
                    if let Some(step) = search_without_index(&plan).or(through_a_caseload(statement.sql, &plan)) {
                        panic!("{}: {step} of {plan:#?}", statement.sql);
                    }
                }
            }
            let mut tx = db.write().await.unwrap();
            assert!(search_without_index(&tx.plan(SLOWER).await.unwrap()).is_some(), "a search that is slow is found");
            for slow in [SLOW, SLOW_LIST] {
                let plan = tx.plan(slow).await.unwrap();
                assert!(search_without_index(&plan).is_none(), "a part of an index is one too");
                let on_sqlite = db.engine() == "sqlite";
                assert_eq!(through_a_caseload(slow.sql, &plan).is_some(), on_sqlite, "all of a caseload is too much");
            }
            drop(tx);
            db.close().await;
        }
    }

    #[tokio::test]
    async fn what_is_committed_is_read_and_what_is_dropped_is_not() {
        let scratch = Scratch::new().await;
        let place = Location::from(scratch.place());
        let db = Db::at(&place).await.unwrap();
        let mut tx = db.write().await.unwrap();
        meta::put(&mut tx, "kept", b"yes".to_vec()).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        meta::put(&mut tx, "dropped", b"no".to_vec()).await.unwrap();
        drop(tx);
        db.close().await;
        let db = Db::at(&place).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(meta::get(&mut tx, "kept").await.unwrap().as_deref(), Some(&b"yes"[..]));
        assert!(meta::get(&mut tx, "dropped").await.unwrap().is_none());
        assert!(meta::put(&mut tx, "reader", b"no".to_vec()).await.is_err(), "a reader cannot write");
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_left_alone() {
        let scratch = Scratch::new().await;
        let place = Location::from(scratch.place());
        let db = Db::at(&place).await.unwrap();
        let mut tx = db.write().await.unwrap();
        tx.run(migrate::RECORD, args![9_999_i64, "from the future", vec![0_u8; 32]]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        assert!(matches!(Db::at(&place).await, Err(DbError::Newer { found: 9_999, .. })));
    }

    #[tokio::test]
    async fn a_changed_migration_is_noticed() {
        let scratch = Scratch::new().await;
        let place = Location::from(scratch.place());
        let db = Db::at(&place).await.unwrap();
        let mut tx = db.write().await.unwrap();
        tx.run(SPOIL, args![vec![0_u8; 32]]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        assert!(matches!(Db::at(&place).await, Err(DbError::Changed(1))));
    }
}
