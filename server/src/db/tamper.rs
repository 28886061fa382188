//! Changes of rows as somebody makes them who can write to the database and has no key; for tests alone.

use super::{Arg, Result, Row, Statement, Tx};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Holds {
    Int,
    Text,
    Bytes,
}

/// A table: its columns, the first `key` of which name a row.
#[derive(Clone, Copy)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) key: usize,
    pub(crate) columns: &'static [(&'static str, Holds)],
}

fn statement(sql: String) -> Statement {
    // A test ends; its texts may stay.
    Statement { name: "TAMPER", sql: Box::leak(sql.into_boxed_str()) }
}

fn value(row: &Row, at: usize, holds: Holds) -> Result<Arg> {
    Ok(match holds {
        Holds::Int => Arg::Int(row.get(at)?),
        Holds::Text => Arg::Text(row.get(at)?),
        Holds::Bytes => Arg::Bytes(row.get(at)?),
    })
}

impl Table {
    fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(name, _)| *name).collect()
    }

    fn of_key(&self, from: usize) -> String {
        let names = self.names();
        let all = names[..self.key].iter().zip(from..).map(|(name, n)| format!("{name} = ${n}"));
        all.collect::<Vec<_>>().join(" AND ")
    }

    /// Every row, in the order of its key.
    pub(crate) async fn rows(&self, tx: &mut Tx) -> Result<Vec<Vec<Arg>>> {
        let names = self.names();
        let sql = format!("SELECT {} FROM {} ORDER BY {}", names.join(", "), self.name, names[..self.key].join(", "));
        let rows = tx.all(statement(sql), Vec::new()).await?;
        let read = |row: &Row| (0..).zip(self.columns).map(|(at, (_, holds))| value(row, at, *holds)).collect();
        rows.iter().map(read).collect()
    }

    /// Writes one column of the row with this key.
    pub(crate) async fn set(&self, tx: &mut Tx, key: &[Arg], column: usize, to: Arg) -> Result<u64> {
        let sql = format!("UPDATE {} SET {} = $1 WHERE {}", self.name, self.names()[column], self.of_key(2));
        let args = std::iter::once(to).chain(key.iter().cloned()).collect();
        tx.run(statement(sql), args).await
    }

    /// Removes the row with this key, and what hangs on it.
    pub(crate) async fn remove(&self, tx: &mut Tx, key: &[Arg]) -> Result<u64> {
        for (below, of) in [("log_part", "log"), ("projection", "document")] {
            if of == self.name {
                let sql = format!("DELETE FROM {below} WHERE {}", self.of_key(1));
                tx.run(statement(sql), key.to_vec()).await?;
            }
        }
        tx.run(statement(format!("DELETE FROM {} WHERE {}", self.name, self.of_key(1))), key.to_vec()).await
    }

    /// Adds a row.
    pub(crate) async fn add(&self, tx: &mut Tx, row: Vec<Arg>) -> Result<u64> {
        let places: Vec<String> = (1..=row.len()).map(|n| format!("${n}")).collect();
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", self.name, self.names().join(", "), places.join(", "));
        tx.run(statement(sql), row).await
    }
}
