//! SQLite: one file, one writer, many readers.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, Row as _};

use super::sql::Live;
use super::{DbError, Pools, Result, Tx, has_code, migrate};

/// How long a writer waits for another process (a backup, `doorstep verify`) to let go.
const BUSY: Duration = Duration::from_secs(10);
/// Concurrent readers; each holds a snapshot and a page cache.
const READERS: u32 = 8;

pub(super) async fn open(path: &Path) -> Result<Pools> {
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
        // When the disk fails in a commit, SQLite ends the transaction by itself and the driver goes on believing in it:
        // nothing could be begun on such a connection ever again. It is closed, and the next writer gets a new one.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .after_connect(|connection, _| {
            Box::pin(
                async move { read_back(connection).await.map_err(|error| sqlx::Error::Configuration(error.into())) },
            )
        })
        .connect_with(options.clone())
        .await?;
    let mut connection = writer.acquire().await?;
    migrate::sqlite(&mut connection).await?;
    drop(connection);
    let readers =
        SqlitePoolOptions::new().max_connections(READERS).connect_with(options.pragma("query_only", "on")).await?;
    Ok(Pools::Sqlite { writer, readers })
}

/// Holds the write lock from its first moment.
pub(super) async fn write(writer: &SqlitePool) -> Result<Tx> {
    Ok(Tx::writing(Live::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)))
}

pub(super) async fn read(readers: &SqlitePool) -> Result<Tx> {
    Ok(Tx::reading(Live::Sqlite(readers.begin().await?)))
}

/// Writes the file anew, moves the write-ahead log into it and empties that. Who still reads needs the pages of before:
/// then the engine only says so, and leaves them where they are.
pub(super) async fn scrub(writer: &SqlitePool) -> Result<()> {
    let mut connection = writer.acquire().await?;
    // Primary result codes: SQLITE_BUSY, SQLITE_LOCKED.
    let written = sqlx::query("VACUUM").execute(&mut *connection).await;
    written.map_err(|error| if has_code(&error, &["5", "6"]) { DbError::StillRead } else { error.into() })?;
    let busy: i64 = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?.try_get(0)?;
    if busy == 0 { Ok(()) } else { Err(DbError::StillRead) }
}

/// What durability rests on is read back: an engine that ignores a setting says so only here.
async fn read_back(connection: &mut SqliteConnection) -> Result<()> {
    for (name, wanted) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let statement = match name {
            "journal_mode" => "SELECT journal_mode FROM pragma_journal_mode",
            "synchronous" => "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous",
            _ => "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys",
        };
        let found: String = sqlx::query_scalar::<Sqlite, String>(statement).fetch_one(&mut *connection).await?;
        if found != wanted {
            return Err(DbError::Setting { name, wanted, found });
        }
    }
    Ok(())
}
