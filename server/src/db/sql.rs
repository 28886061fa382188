//! Statements, arguments, rows, and the transaction that runs them on whichever engine it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Arguments, Encode, Row as _, Type, ValueRef as _};

use super::news::Moved;
use super::{Db, DbError, Result};
use sync_core::id::CaseloadId;

/// One SQL text, with a name for errors.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Its name: the constant that holds it.
    pub name: &'static str,
    /// The text, in the portable dialect.
    pub sql: &'static str,
}

/// Declares statements: `NAME = "sql";` each, and `ALL`, which a test prepares on every engine.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: $crate::db::Statement =
            $crate::db::Statement { name: stringify!($name), sql: $sql };)*
        #[cfg(test)]
        pub(crate) const ALL: &[$crate::db::Statement] = &[$($name),*];
    };
}
pub(crate) use statements;

/// The arguments of a statement, each turned into an [`Arg`].
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Arg::from($value)),*] };
}
pub(crate) use args;

/// How many ids a list in a statement has places for: `IN ($2, …, $17)`.
pub(crate) const LIST: usize = 16;

/// The arguments of a statement with a list: `first`, then at most [`LIST`] of these. A list that is too short says its
/// first again.
pub(crate) fn listed<T: Copy + Into<Arg>>(first: impl Into<Arg>, some: &[T]) -> Vec<Arg> {
    let filled = some.iter().chain(some.first().into_iter().cycle()).take(LIST);
    std::iter::once(first.into()).chain(filled.map(|id| (*id).into())).collect()
}

/// One argument. An absent value keeps its type, because not every engine guesses it.
#[derive(Clone)]
pub enum Arg {
    /// A number, a time in milliseconds, or yes and no as 1 and 0.
    Int(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// Bytes: an id, a digest, a document, something sealed.
    Bytes(Option<Vec<u8>>),
}

macro_rules! arg_from {
    ($($type:ty => $variant:ident, $value:ident => $make:expr;)*) => {$(
        impl From<$type> for Arg {
            fn from($value: $type) -> Self {
                Self::$variant(Some($make))
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value.map(|$value| $make))
            }
        }
    )*};
}

arg_from! {
    i64 => Int, v => v;
    u32 => Int, v => i64::from(v);
    u16 => Int, v => i64::from(v);
    u8 => Int, v => i64::from(v);
    bool => Int, v => i64::from(v);
    // Counters of ours; nothing counts to 2^63.
    u64 => Int, v => i64::try_from(v).unwrap_or(i64::MAX);
    sync_core::time::Timestamp => Int, v => v.millis();
    &str => Text, v => v.to_owned();
    String => Text, v => v;
    &String => Text, v => v.clone();
    Vec<u8> => Bytes, v => v;
    &[u8] => Bytes, v => v.to_vec();
    [u8; 16] => Bytes, v => v.to_vec();
    [u8; 32] => Bytes, v => v.to_vec();
    sync_core::submission::Digest => Bytes, v => v.0.to_vec();
}

/// A row of an answer.
pub struct Row {
    statement: &'static str,
    live: LiveRow,
}

enum LiveRow {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as.
pub trait Column: Sized {
    /// The value in this column.
    ///
    /// # Errors
    /// [`DbError::Shape`] when it holds something else.
    fn read(row: &Row, column: usize) -> Result<Self>;
}

impl Row {
    /// The value in this column, from 0 in the order of the statement.
    ///
    /// # Errors
    /// [`DbError::Shape`] when it holds something else.
    pub fn get<T: Column>(&self, column: usize) -> Result<T> {
        T::read(self, column)
    }

    fn shape(&self, column: usize) -> DbError {
        DbError::Shape { column, statement: self.statement }
    }
}

macro_rules! plain_column {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row, column: usize) -> Result<Self> {
                match &row.live {
                    LiveRow::Sqlite(live) => live.try_get::<$type, _>(column),
                    LiveRow::Postgres(live) => live.try_get::<$type, _>(column),
                }
                .map_err(|_| row.shape(column))
            }
        }
    )*};
}
plain_column!(i64, String, Vec<u8>);

macro_rules! number_column {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn read(row: &Row, column: usize) -> Result<Self> {
                <$type>::try_from(i64::read(row, column)?).map_err(|_| row.shape(column))
            }
        }
    )*};
}
number_column!(u64, u32, u16, u8);

impl Column for bool {
    fn read(row: &Row, column: usize) -> Result<Self> {
        match i64::read(row, column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(row.shape(column)),
        }
    }
}

impl Column for sync_core::time::Timestamp {
    fn read(row: &Row, column: usize) -> Result<Self> {
        i64::read(row, column).map(Self::from_millis)
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(row: &Row, column: usize) -> Result<Self> {
        Vec::read(row, column)?.try_into().map_err(|_| row.shape(column))
    }
}

impl Column for sync_core::submission::Digest {
    fn read(row: &Row, column: usize) -> Result<Self> {
        <[u8; 32]>::read(row, column).map(Self)
    }
}

impl<T: Column> Column for Option<T> {
    fn read(row: &Row, column: usize) -> Result<Self> {
        let null = match &row.live {
            LiveRow::Sqlite(live) => live.try_get_raw(column).map(|value| value.is_null()),
            LiveRow::Postgres(live) => live.try_get_raw(column).map(|value| value.is_null()),
        };
        if null.map_err(|_| row.shape(column))? { Ok(None) } else { T::read(row, column).map(Some) }
    }
}

macro_rules! ids {
    ($($name:ident),*) => {$(
        impl From<sync_core::id::$name> for Arg {
            fn from(id: sync_core::id::$name) -> Self {
                Self::Bytes(Some(id.bytes().to_vec()))
            }
        }
        impl From<Option<sync_core::id::$name>> for Arg {
            fn from(id: Option<sync_core::id::$name>) -> Self {
                Self::Bytes(id.map(|id| id.bytes().to_vec()))
            }
        }
        impl Column for sync_core::id::$name {
            fn read(row: &Row, column: usize) -> Result<Self> {
                <[u8; 16]>::read(row, column).map(Self::from_bytes)
            }
        }
    )*};
}
ids!(EntityId, EventId, SubmissionId, CaseloadId, DeviceId, PersonId, FlagId, WebhookId, DeliveryId, CredentialId);

/// A transaction. Dropped without [`Tx::commit`], it never happened.
pub struct Tx {
    live: Live,
    writes: bool,
    /// What it has changed, and whose news that is.
    moved: Moved,
    db: Option<Db>,
    /// How many statements the database has been asked to run.
    statements: Arc<AtomicU64>,
}

pub(super) enum Live {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn writing(live: Live) -> Self {
        Self { live, writes: true, moved: Moved::default(), db: None, statements: Arc::default() }
    }

    pub(super) fn reading(live: Live) -> Self {
        Self { live, writes: false, moved: Moved::default(), db: None, statements: Arc::default() }
    }

    /// Whether it may change anything.
    pub(super) fn writes(&self) -> bool {
        self.writes
    }

    pub(super) fn with_news(self, db: &Db) -> Self {
        Self { db: Some(db.clone()), ..self }
    }

    /// Something was added in this caseload: once it is durable, whoever waits there is told.
    pub(super) fn moves(&mut self, caseload: CaseloadId) {
        self.moved.caseloads.insert(caseload);
    }

    /// Who has access changes: once it is durable, everybody who waits is judged again.
    pub(super) fn moves_access(&mut self) {
        self.moved.everybody = true;
    }

    /// Its statements are counted here.
    pub(super) fn counted(self, statements: &Arc<AtomicU64>) -> Self {
        Self { statements: Arc::clone(statements), ..self }
    }

    /// Runs a statement that answers nothing, and says how many rows it touched.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub async fn run(&mut self, statement: Statement, args: Vec<Arg>) -> Result<u64> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        Ok(match &mut self.live {
            Live::Sqlite(tx) => {
                let query = sqlx::query_with(statement.sql, bound::<SqliteArguments>(args)?);
                query.execute(&mut **tx).await?.rows_affected()
            }
            Live::Postgres(tx) => {
                let query = sqlx::query_with(statement.sql, bound::<PgArguments>(args)?);
                query.execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Every row of an answer. Statements bound it themselves (`LIMIT`).
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub async fn all(&mut self, statement: Statement, args: Vec<Arg>) -> Result<Vec<Row>> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let rows: Vec<LiveRow> = match &mut self.live {
            Live::Sqlite(tx) => {
                let query = sqlx::query_with(statement.sql, bound::<SqliteArguments>(args)?);
                query.fetch_all(&mut **tx).await?.into_iter().map(LiveRow::Sqlite).collect()
            }
            Live::Postgres(tx) => {
                let query = sqlx::query_with(statement.sql, bound::<PgArguments>(args)?);
                query.fetch_all(&mut **tx).await?.into_iter().map(LiveRow::Postgres).collect()
            }
        };
        Ok(rows.into_iter().map(|live| Row { statement: statement.name, live }).collect())
    }

    /// The first row of an answer, if there is one.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub async fn first(&mut self, statement: Statement, args: Vec<Arg>) -> Result<Option<Row>> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let row = match &mut self.live {
            Live::Sqlite(tx) => {
                let query = sqlx::query_with(statement.sql, bound::<SqliteArguments>(args)?);
                query.fetch_optional(&mut **tx).await?.map(LiveRow::Sqlite)
            }
            Live::Postgres(tx) => {
                let query = sqlx::query_with(statement.sql, bound::<PgArguments>(args)?);
                query.fetch_optional(&mut **tx).await?.map(LiveRow::Postgres)
            }
        };
        Ok(row.map(|live| Row { statement: statement.name, live }))
    }

    /// Waits for what `statement` takes, on PostgreSQL. A writer on SQLite is alone, and a reader takes nothing.
    pub(super) async fn wait(&mut self, statement: Statement, args: Vec<Arg>) -> Result<()> {
        match &self.live {
            Live::Postgres(_) if self.writes => self.run(statement, args).await.map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Lets the engine parse and plan a statement.
    #[cfg(test)]
    pub(crate) async fn prepare(&mut self, statement: Statement) -> Result<()> {
        use sqlx::{Executor as _, SqlSafeStr as _};
        match &mut self.live {
            Live::Sqlite(tx) => tx.prepare(statement.sql.into_sql_str()).await.map(|_| ())?,
            Live::Postgres(tx) => tx.prepare(statement.sql.into_sql_str()).await.map(|_| ())?,
        }
        Ok(())
    }

    /// How the engine would run a statement, a line a step. Tables are looked at as if they were large.
    #[cfg(test)]
    pub(crate) async fn plan(&mut self, statement: Statement) -> Result<Vec<String>> {
        use sqlx::AssertSqlSafe;
        let lines = match &mut self.live {
            Live::Sqlite(tx) => {
                let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement.sql));
                let rows = sqlx::raw_sql(explain).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| row.try_get("detail")).collect::<sqlx::Result<_>>()?
            }
            Live::Postgres(tx) => {
                let name = statement.name.to_lowercase();
                let parameters = (1..).take_while(|n| statement.sql.contains(&format!("${n}"))).count();
                let nothing =
                    if parameters == 0 { String::new() } else { format!("({})", vec!["NULL"; parameters].join(", ")) };
                let explain = format!(
                    "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan; \
                     PREPARE plan_{name} AS {}; EXPLAIN EXECUTE plan_{name}{nothing}; DEALLOCATE plan_{name}",
                    statement.sql
                );
                let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut **tx).await?;
                rows.iter().map(|row| row.try_get(0)).collect::<sqlx::Result<_>>()?
            }
        };
        Ok(lines)
    }

    /// Makes everything durable, or nothing.
    ///
    /// # Errors
    /// When the engine could not; nothing happened then.
    pub async fn commit(self) -> Result<()> {
        match self.live {
            Live::Sqlite(tx) => tx.commit().await?,
            Live::Postgres(tx) => tx.commit().await?,
        }
        if let Some(db) = self.db {
            db.news.came(&db.pools, self.moved).await;
        }
        Ok(())
    }
}

fn bound<A>(args: Vec<Arg>) -> Result<A>
where
    A: Arguments,
    Option<i64>: for<'q> Encode<'q, A::Database> + Type<A::Database>,
    Option<String>: for<'q> Encode<'q, A::Database> + Type<A::Database>,
    Option<Vec<u8>>: for<'q> Encode<'q, A::Database> + Type<A::Database>,
{
    let mut bound = A::default();
    for arg in args {
        match arg {
            Arg::Int(value) => bound.add(value),
            Arg::Text(value) => bound.add(value),
            Arg::Bytes(value) => bound.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}
