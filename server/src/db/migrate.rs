//! Migrations: numbered SQL files inside the program, each run once, in order, all with the record of them in one
//! transaction. Each has a twin of the same name for the other engine; a test holds the two to say the same.

use sqlx::postgres::{PgConnection, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{Connection as _, Row as _};
use sync_core::submission::Digest;

use super::{DbError, Result, Tx, statements};

/// One step of the schema.
struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// `(number, "name", "file")`: the two texts lie in files of the same name.
macro_rules! migrations {
    ($(($version:literal, $name:literal, $file:literal)),* $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $file)),
            postgres: include_str!(concat!("../../migrations/postgres/", $file)),
        }),*]
    };
}

/// **The list of migrations.**
const MIGRATIONS: &[Migration] = migrations![
    (1, "caseload", "0001_caseload.sql"),
    (2, "access", "0002_access.sql"),
    (3, "field", "0003_field.sql"),
    (4, "alarm", "0004_alarm.sql"),
    (5, "dates", "0005_dates.sql"),
    (6, "read_log", "0006_read_log.sql"),
    (7, "backup", "0007_backup.sql"),
    (8, "erased", "0008_erased.sql"),
    (9, "flag_due", "0009_flag_due.sql"),
    (10, "checkpoint", "0010_checkpoint.sql"),
    (11, "pace", "0011_pace.sql"),
    (12, "desk_credential", "0012_desk_credential.sql"),
    (13, "no_samples", "0013_no_samples.sql"),
];

const TABLE_SQLITE: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL
)";
const TABLE_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BYTEA NOT NULL
)";
/// Nodes that start together migrate one after the other.
const ALONE: &str = "SELECT pg_advisory_xact_lock(7239183402)";

statements! {
    KNOWN = "SELECT version, digest FROM schema_version ORDER BY version";
    NEWEST = "SELECT MAX(version) FROM schema_version";
    RECORD = "INSERT INTO schema_version (version, name, digest) VALUES ($1, $2, $3)";
}

/// The same lines for either engine: their types have no common trait that says as much.
macro_rules! run {
    ($engine:ty, $tx:ident, $text:ident) => {{
        let rows = sqlx::query::<$engine>(KNOWN.sql).fetch_all(&mut *$tx).await?;
        let mut done = Vec::new();
        for row in &rows {
            done.push((row.try_get::<i64, _>(0)?, row.try_get::<Vec<u8>, _>(1)?));
        }
        for migration in left(&done, |migration| migration.$text)? {
            sqlx::raw_sql(migration.$text).execute(&mut *$tx).await?;
            let digest = Digest::of(migration.$text.as_bytes()).0.to_vec();
            let record = sqlx::query::<$engine>(RECORD.sql).bind(migration.version).bind(migration.name).bind(digest);
            record.execute(&mut *$tx).await?;
        }
        Ok($tx.commit().await?)
    }};
}

/// The schema of this program.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// Brings the schema of a file up to date.
pub(super) async fn sqlite(connection: &mut SqliteConnection) -> Result<()> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(TABLE_SQLITE).execute(&mut *tx).await?;
    run!(Sqlite, tx, sqlite)
}

/// Brings the schema on a server up to date.
pub(super) async fn postgres(connection: &mut PgConnection) -> Result<()> {
    let mut tx = connection.begin().await?;
    sqlx::query(ALONE).execute(&mut *tx).await?;
    sqlx::query(TABLE_POSTGRES).execute(&mut *tx).await?;
    run!(Postgres, tx, postgres)
}

/// The schema of the database at this moment.
///
/// # Errors
/// [`DbError::Newer`] when a newer program has migrated it since this one started.
pub(super) async fn at_present(tx: &mut Tx) -> Result<i64> {
    let found = tx.first(NEWEST, Vec::new()).await?.map_or(Ok(0), |row| row.get(0))?;
    if found > newest() { Err(DbError::Newer { found, known: newest() }) } else { Ok(found) }
}

/// What is to be done behind what was done.
fn left(done: &[(i64, Vec<u8>)], text: impl Fn(&Migration) -> &'static str) -> Result<&'static [Migration]> {
    for (version, digest) in done {
        let Some(migration) = MIGRATIONS.iter().find(|migration| migration.version == *version) else {
            return Err(DbError::Newer { found: *version, known: newest() });
        };
        if *digest != Digest::of(text(migration).as_bytes()).0 {
            return Err(DbError::Changed(*version));
        }
    }
    Ok(MIGRATIONS.get(done.len()..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_say_the_same() {
        for migration in MIGRATIONS {
            // What only one engine has to be told changes no table.
            let (same, alone) =
                migration.postgres.split_once("-- PostgreSQL alone:\n").unwrap_or((migration.postgres, ""));
            assert_eq!(migration.sqlite.replace(" BLOB", " BYTEA"), same, "{}", migration.name);
            assert!(alone.lines().all(|line| line.ends_with(" SET STATISTICS 0;")), "{}", migration.name);
        }
    }
}
