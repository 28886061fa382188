//! PostgreSQL: several nodes over one server.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, Postgres};

use super::sql::{Live, Statement};
use super::{DbError, Pools, Result, Tx, has_code, migrate};

/// Connections of one node. Writers of one caseload wait for each other, so more would only wait.
const CONNECTIONS: u32 = 16;
/// How long a request waits for a connection: as long as on SQLite. In a rush those who write in one caseload wait for
/// each other with a connection in hand, and a phone rather waits than fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a session of ours is set to: a node that stalls in a transaction must not hold a caseload for ever.
const SESSION: [(&str, &str); 4] = [
    ("lock_timeout", "10s"),
    ("statement_timeout", "60s"),
    ("idle_in_transaction_session_timeout", "60s"),
    ("synchronous_commit", "on"),
];

pub(super) async fn open(url: &str) -> Result<Pools> {
    let options = url.parse::<PgConnectOptions>()?.application_name("doorstep").options(SESSION);
    let pool =
        PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).connect_with(options).await?;
    let mut connection = pool.acquire().await?;
    read_back(&mut connection).await?;
    migrate::postgres(&mut connection).await?;
    drop(connection);
    Ok(Pools::Postgres { pool })
}

/// Every statement sees what is committed when it begins; the first one waits for `hold`.
pub(super) async fn write(pool: &PgPool, hold: Statement) -> Result<Tx> {
    let mut tx = Tx::writing(Live::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?));
    tx.run(hold, Vec::new()).await?;
    Ok(tx)
}

pub(super) async fn read(pool: &PgPool) -> Result<Tx> {
    let live = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    Ok(Tx::reading(Live::Postgres(live)))
}

/// The tables that hold anything of a file, or the keys of one. What they were before is in the write-ahead log until
/// that is recycled.
const OF_FILES: [&str; 11] = [
    "VACUUM FULL entity_key",
    "VACUUM FULL projection",
    "VACUUM FULL document",
    "VACUUM FULL flag",
    "VACUUM FULL event",
    "VACUUM FULL link",
    "VACUUM FULL slip",
    "VACUUM FULL lookup",
    "VACUUM FULL gram",
    "VACUUM FULL alarm",
    "VACUUM FULL delivery",
];
/// A transaction that is younger than everything that was committed before.
const HORIZON: &str = "SELECT pg_current_xact_id()::text";
/// Whether a transaction older than it still writes, in whatever database of the server: who begins to read meanwhile,
/// this session with them, looks back as far as there.
const STILL_WRITTEN: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot()) <= $1::xid8";
/// Whether somebody still needs rows that were removed before it: the engine would keep these, dead, in the new files.
/// Who is only connecting looks back already and is in no list of sessions yet, but holds the lock on its own transaction.
const STILL_READ: &str = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity \
    WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL) \
    AND backend_xmin IS NOT NULL AND age(backend_xmin) > age($1::xid8::xid)) \
    OR EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'virtualxid' AND pid NOT IN (SELECT pid FROM pg_stat_activity)) \
    OR EXISTS (SELECT 1 FROM pg_replication_slots WHERE xmin IS NOT NULL AND age(xmin) > age($1::xid8::xid))";
/// How long they may take, and how often they are looked at.
const READERS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_millis(100));

/// Writes the tables anew, once nobody needs what was in them.
pub(super) async fn scrub(pool: &PgPool) -> Result<()> {
    let mut connection = pool.acquire().await?;
    // Writing a large table anew takes longer than a request may; the connection is not used again.
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    let horizon: String = sqlx::query_scalar(HORIZON).fetch_one(&mut *connection).await?;
    let over = async {
        // In this order: nobody begins to read what is older once all that is older has ended.
        for still in [STILL_WRITTEN, STILL_READ] {
            while sqlx::query_scalar::<Postgres, bool>(still).bind(&horizon).fetch_one(&mut *connection).await? {
                tokio::time::sleep(READERS.1).await;
            }
        }
        Ok::<_, DbError>(())
    };
    tokio::time::timeout(READERS.0, over).await.map_err(|_| DbError::StillRead)??;
    for statement in OF_FILES {
        let written = sqlx::query(statement).execute(&mut *connection).await;
        // lock_not_available
        written.map_err(|error| if has_code(&error, &["55P03"]) { DbError::StillRead } else { error.into() })?;
    }
    match sqlx::query("CHECKPOINT").execute(&mut *connection).await {
        // insufficient_privilege: the files are written; the server makes its checkpoint when it is time for one.
        Err(error) if has_code(&error, &["42501"]) => {}
        made => {
            made?;
        }
    }
    connection.close().await?;
    Ok(())
}

/// What durability rests on is read back: a server that was told to be fast says so only here.
async fn read_back(connection: &mut PgConnection) -> Result<()> {
    let settings = [
        ("fsync", "SHOW fsync"),
        ("full_page_writes", "SHOW full_page_writes"),
        ("synchronous_commit", "SHOW synchronous_commit"),
    ];
    for (name, statement) in settings {
        let found: String = sqlx::query_scalar::<Postgres, String>(statement).fetch_one(&mut *connection).await?;
        if found != "on" {
            return Err(DbError::Setting { name, wanted: "on", found });
        }
    }
    Ok(())
}
