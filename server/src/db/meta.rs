//! What there is one of in a database: the server's own secrets, sealed.

use super::{Result, Tx, args, statements};

statements! {
    GET = "SELECT value FROM meta WHERE name = $1";
    PUT = "INSERT INTO meta (name, value) VALUES ($1, $2)";
    SET = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
}

/// The value of this name.
pub(crate) async fn get(tx: &mut Tx, name: &str) -> Result<Option<Vec<u8>>> {
    tx.first(GET, args![name]).await?.map(|row| row.get(0)).transpose()
}

/// Keeps a value under a name that has none yet.
pub(crate) async fn put(tx: &mut Tx, name: &str, value: Vec<u8>) -> Result<()> {
    tx.run(PUT, args![name, value]).await.map(|_| ())
}

/// Keeps a value under a name, in place of the one before.
pub(crate) async fn set(tx: &mut Tx, name: &str, value: Vec<u8>) -> Result<()> {
    tx.run(SET, args![name, value]).await.map(drop)
}
