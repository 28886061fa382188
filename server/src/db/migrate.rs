//! Migrations: numbered SQL files inside the program, each run once, in order, with the record of it in one
//! transaction.

use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{Connection as _, Row as _};
use sync_core::submission::Digest;

use super::{DbError, Result, statements};

/// **The list of migrations.** A twin of each file, with the same name, is written for every engine.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "caseload", include_str!("../../migrations/sqlite/0001_caseload.sql")),
    (2, "access", include_str!("../../migrations/sqlite/0002_access.sql")),
    (3, "field", include_str!("../../migrations/sqlite/0003_field.sql")),
    (6, "dates", include_str!("../../migrations/sqlite/0006_dates.sql")),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BLOB NOT NULL
)";

statements! {
    KNOWN = "SELECT version, digest FROM schema_version ORDER BY version";
    RECORD = "INSERT INTO schema_version (version, name, digest) VALUES ($1, $2, $3)";
}

/// Brings the schema up to date.
pub(super) async fn run(connection: &mut SqliteConnection) -> Result<()> {
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(TABLE).execute(&mut *tx).await?;
    let done = sqlx::query::<Sqlite>(KNOWN.sql).fetch_all(&mut *tx).await?;
    let newest = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
    for row in &done {
        let (version, digest) = (row.try_get::<i64, _>(0)?, row.try_get::<Vec<u8>, _>(1)?);
        let Some((_, _, text)) = MIGRATIONS.iter().find(|(known, ..)| *known == version) else {
            return Err(DbError::Newer { found: version, known: newest });
        };
        if digest != Digest::of(text.as_bytes()).0 {
            return Err(DbError::Changed(version));
        }
    }
    for (version, name, text) in MIGRATIONS.iter().skip(done.len()) {
        sqlx::raw_sql(*text).execute(&mut *tx).await?;
        let digest = Digest::of(text.as_bytes()).0.to_vec();
        sqlx::query(RECORD.sql).bind(version).bind(*name).bind(digest).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}
