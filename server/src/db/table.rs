//! The tables as they are, to copy a whole database: columns, keys and an order in which foreign keys hold. Read from an
//! empty SQLite in memory that ran the migrations, so that nothing is listed by hand and both engines are read alike.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection as _, Row as _};

use super::{Arg, DbError, Result, Row, Statement, Tx, migrate};

/// Rows that one statement inserts.
const AT_ONCE: usize = 32;
/// Rows that are read at a time.
pub(crate) const PAGE: u32 = 256;
/// Where every database records for itself what was done to it.
const RECORD: &str = "schema_version";

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Holds {
    Int,
    Text,
    Bytes,
}

/// A column.
#[derive(Debug)]
struct Column {
    name: String,
    holds: Holds,
}

/// A table, and how all of it is read and written.
#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    columns: Vec<Column>,
    /// Positions of the columns of its key, in the order of the key.
    key: Vec<usize>,
    first: String,
    next: String,
    one: String,
    insert: String,
    insert_many: String,
    update: String,
    remove: String,
    count: String,
}

/// A value as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl<C> Encode<C> for Value {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> std::result::Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Self::Null => e.null()?,
            Self::Int(value) => e.i64(*value)?,
            Self::Text(value) => e.str(value)?,
            Self::Bytes(value) => e.bytes(value)?,
        };
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Value {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> std::result::Result<Self, minicbor::decode::Error> {
        match d.datatype()? {
            Type::Null => d.null().map(|()| Self::Null),
            Type::String => d.str().map(|text| Self::Text(text.to_owned())),
            Type::Bytes => d.bytes().map(|bytes| Self::Bytes(bytes.to_vec())),
            _ => d.i64().map(Self::Int),
        }
    }
}

/// The tables of this program's schema, in an order in which foreign keys hold. What the migrations did is not one of
/// them: every database records that for itself.
///
/// # Errors
/// Whatever the engine objects to.
pub(crate) async fn tables() -> Result<&'static [Table]> {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    if let Some(known) = TABLES.get() {
        return Ok(known);
    }
    let read = read_tables().await?;
    Ok(TABLES.get_or_init(|| read))
}

async fn read_tables() -> Result<Vec<Table>> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    migrate::sqlite(&mut connection).await?;
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut connection).await?;
    let mut waiting = Vec::new();
    for name in names.into_iter().filter(|name| name != RECORD) {
        let columns = "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid";
        let rows: Vec<SqliteRow> = sqlx::query(columns).bind(&name).fetch_all(&mut connection).await?;
        let (mut columns, mut key) = (Vec::new(), Vec::new());
        for row in &rows {
            let holds = match row.try_get::<String, _>("type")?.as_str() {
                "BIGINT" => Holds::Int,
                "TEXT" => Holds::Text,
                "BLOB" => Holds::Bytes,
                _ => return Err(DbError::Damaged("a column of a type that is not portable")),
            };
            let place: i64 = row.try_get("pk")?;
            if place > 0 {
                key.push((place, columns.len()));
            }
            columns.push(Column { name: row.try_get("name")?, holds });
        }
        key.sort_unstable();
        let parents = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1)";
        let parents: Vec<String> = sqlx::query_scalar(parents).bind(&name).fetch_all(&mut connection).await?;
        waiting.push((Table::new(name, columns, key.into_iter().map(|(_, at)| at).collect()), parents));
    }
    connection.close().await?;
    let (mut ordered, mut done) = (Vec::new(), BTreeSet::new());
    while !waiting.is_empty() {
        let ready = |(_, parents): &(Table, Vec<String>)| parents.iter().all(|parent| done.contains(parent));
        let Some(at) = waiting.iter().position(ready) else {
            return Err(DbError::Damaged("tables that refer to each other in a circle"));
        };
        let (table, _) = waiting.remove(at);
        done.insert(table.name.clone());
        ordered.push(table);
    }
    Ok(ordered)
}

/// `($1, $2), ($3, $4)`
fn placeholders(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let all: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", all.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

impl Table {
    fn new(name: String, columns: Vec<Column>, key: Vec<usize>) -> Self {
        let all: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let (width, all) = (all.len(), all.join(", "));
        let keys: Vec<&str> = key.iter().map(|at| columns[*at].name.as_str()).collect();
        let (depth, keys) = (keys.len(), keys.join(", "));
        let from = placeholders(1, depth);
        let behind: Vec<String> = (1..=depth).map(|at| format!("${}", width + at)).collect();
        let behind = format!("({})", behind.join(", "));
        Self {
            first: format!("SELECT {all} FROM {name} ORDER BY {keys} LIMIT $1"),
            next: format!("SELECT {all} FROM {name} WHERE ({keys}) > {from} ORDER BY {keys} LIMIT ${}", depth + 1),
            one: format!("SELECT {all} FROM {name} WHERE ({keys}) = {from}"),
            insert: format!("INSERT INTO {name} ({all}) VALUES {}", placeholders(1, width)),
            insert_many: format!("INSERT INTO {name} ({all}) VALUES {}", placeholders(AT_ONCE, width)),
            update: format!("UPDATE {name} SET ({all}) = {} WHERE ({keys}) = {behind}", placeholders(1, width)),
            remove: format!("DELETE FROM {name} WHERE ({keys}) = {from}"),
            count: format!("SELECT COUNT(*) FROM {name}"),
            name,
            columns,
            key,
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn statement(&'static self, sql: &'static str) -> Statement {
        Statement { name: &self.name, sql }
    }

    /// The next page of rows behind this key, or the first.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub(crate) async fn page(&'static self, tx: &mut Tx, after: Option<&[Value]>) -> Result<Vec<Vec<Value>>> {
        let rows = match after {
            None => tx.all(self.statement(&self.first), vec![Arg::from(PAGE)]).await?,
            Some(key) => {
                let mut args = self.key_args(key);
                args.push(Arg::from(PAGE));
                tx.all(self.statement(&self.next), args).await?
            }
        };
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// The row with this key.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub(crate) async fn row(&'static self, tx: &mut Tx, key: &[Value]) -> Result<Option<Vec<Value>>> {
        let found = tx.first(self.statement(&self.one), self.key_args(key)).await?;
        found.map(|row| self.read(&row)).transpose()
    }

    /// Writes rows.
    ///
    /// # Errors
    /// When a row is there, or is not a row of this table.
    pub(crate) async fn insert(&'static self, tx: &mut Tx, rows: &[Vec<Value>]) -> Result<()> {
        let mut chunks = rows.chunks_exact(AT_ONCE);
        for chunk in chunks.by_ref() {
            let args = chunk.iter().map(|row| self.row_args(row)).collect::<Result<Vec<_>>>()?.concat();
            tx.run(self.statement(&self.insert_many), args).await?;
        }
        for row in chunks.remainder() {
            tx.run(self.statement(&self.insert), self.row_args(row)?).await?;
        }
        Ok(())
    }

    /// Writes a row over the one that has its key.
    ///
    /// # Errors
    /// When it is not a row of this table.
    pub(crate) async fn update(&'static self, tx: &mut Tx, row: &[Value]) -> Result<()> {
        let mut args = self.row_args(row)?;
        args.extend(self.key_args(&self.key_of(row)));
        tx.run(self.statement(&self.update), args).await.map(drop)
    }

    /// Removes the row with this key.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub(crate) async fn remove(&'static self, tx: &mut Tx, key: &[Value]) -> Result<()> {
        tx.run(self.statement(&self.remove), self.key_args(key)).await.map(drop)
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// Whatever the engine objects to.
    pub(crate) async fn count(&'static self, tx: &mut Tx) -> Result<u64> {
        tx.first(self.statement(&self.count), Vec::new()).await?.map_or(Ok(0), |row| row.get(0))
    }

    /// The key of a row.
    pub(crate) fn key_of(&self, row: &[Value]) -> Vec<Value> {
        self.key.iter().map(|at| row[*at].clone()).collect()
    }

    fn key_args(&self, key: &[Value]) -> Vec<Arg> {
        self.key.iter().zip(key).map(|(at, value)| arg(self.columns[*at].holds, value)).collect()
    }

    fn row_args(&self, row: &[Value]) -> Result<Vec<Arg>> {
        let fits = |(column, value): (&Column, &Value)| match (column.holds, value) {
            (_, Value::Null) | (Holds::Int, Value::Int(_)) | (Holds::Text, Value::Text(_)) => true,
            (Holds::Bytes, Value::Bytes(_)) => true,
            _ => false,
        };
        if row.len() != self.columns.len() || !self.columns.iter().zip(row).all(fits) {
            return Err(DbError::Damaged("a row that does not fit its table"));
        }
        Ok(self.columns.iter().zip(row).map(|(column, value)| arg(column.holds, value)).collect())
    }

    fn read(&self, row: &Row) -> Result<Vec<Value>> {
        let value = |(at, column): (usize, &Column)| {
            Ok(match column.holds {
                Holds::Int => row.get::<Option<i64>>(at)?.map_or(Value::Null, Value::Int),
                Holds::Text => row.get::<Option<String>>(at)?.map_or(Value::Null, Value::Text),
                Holds::Bytes => row.get::<Option<Vec<u8>>>(at)?.map_or(Value::Null, Value::Bytes),
            })
        };
        self.columns.iter().enumerate().map(value).collect()
    }
}

fn arg(holds: Holds, value: &Value) -> Arg {
    match (value, holds) {
        (Value::Int(value), _) => Arg::Int(Some(*value)),
        (Value::Text(value), _) => Arg::Text(Some(value.clone())),
        (Value::Bytes(value), _) => Arg::Bytes(Some(value.clone())),
        (Value::Null, Holds::Int) => Arg::Int(None),
        (Value::Null, Holds::Text) => Arg::Text(None),
        (Value::Null, Holds::Bytes) => Arg::Bytes(None),
    }
}
