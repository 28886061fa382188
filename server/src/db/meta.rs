//! What there is one of in a database: the server's own secrets, sealed; why nobody may write; what was restored.

use super::{Result, Tx, args, statements};

statements! {
    GET = "SELECT value FROM meta WHERE name = $1";
    MARKED = "SELECT name FROM meta WHERE name IN ('copying', 'moved') ORDER BY name DESC LIMIT 1";
    REMOVE = "DELETE FROM meta WHERE name = $1";
    PUT = "INSERT INTO meta (name, value) VALUES ($1, $2)";
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
pub(crate) async fn replace(tx: &mut Tx, name: &str, value: Vec<u8>) -> Result<()> {
    tx.run(REMOVE, args![name]).await?;
    put(tx, name, value).await
}

/// Why nobody may write here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Everything is in another database.
    Moved,
    /// Not everything is here yet.
    Copying,
}

impl Mark {
    const fn name(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Copying => "copying",
        }
    }
}

/// Why nobody may write here, if so.
pub(crate) async fn mark(tx: &mut Tx) -> Result<Option<Mark>> {
    let name = tx.first(MARKED, args![]).await?.map(|row| row.get::<String>(0)).transpose()?;
    Ok(name.map(|name| if name == Mark::Moved.name() { Mark::Moved } else { Mark::Copying }))
}

/// Says that nobody may write here, and of which installation it is.
pub(crate) async fn put_mark(tx: &mut Tx, mark: Mark, of: Vec<u8>) -> Result<()> {
    put(tx, mark.name(), of).await
}

/// Of which installation it was marked so.
pub(crate) async fn marked_of(tx: &mut Tx, mark: Mark) -> Result<Option<Vec<u8>>> {
    get(tx, mark.name()).await
}

/// Lets everybody write again.
pub(crate) async fn remove_mark(tx: &mut Tx, mark: Mark) -> Result<()> {
    tx.run(REMOVE, args![mark.name()]).await.map(drop)
}
