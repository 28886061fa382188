//! Policy versions: every one that was ever in force, so that the log can be derived again.

use minicbor::{Decode, Encode};
use sync_core::time::Timestamp;

use super::{DbError, Result, Row, Tx, args, statements};

statements! {
    INSERT = "INSERT INTO policy (version, digest, files, activated_at) VALUES ($1, $2, $3, $4)";
    LOAD = "SELECT version, digest, files FROM policy WHERE version = $1";
    NEWEST = "SELECT version, digest, files FROM policy ORDER BY version DESC LIMIT 1";
}

/// A stored policy version.
pub struct Stored {
    /// Its version.
    pub version: u32,
    /// Its digest.
    pub digest: [u8; 32],
    /// Names and texts of its files.
    pub files: Vec<(String, String)>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct File {
    #[n(0)]
    name: String,
    #[n(1)]
    text: String,
}

/// Keeps a version for good.
pub(crate) async fn insert(tx: &mut Tx, policy: &Stored, now: Timestamp) -> Result<()> {
    let file = |(name, text): &(String, String)| File { name: name.clone(), text: text.clone() };
    let files: Vec<File> = policy.files.iter().map(file).collect();
    let files = minicbor::to_vec(&files).map_err(|_| DbError::Damaged("a policy"))?;
    tx.run(INSERT, args![policy.version, policy.digest, files, now]).await.map(|_| ())
}

/// A version.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn load(tx: &mut Tx, version: u32) -> Result<Option<Stored>> {
    tx.first(LOAD, args![version]).await?.map(|row| read(&row)).transpose()
}

/// The newest version that was ever in force.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn newest(tx: &mut Tx) -> Result<Option<Stored>> {
    tx.first(NEWEST, args![]).await?.map(|row| read(&row)).transpose()
}

fn read(row: &Row) -> Result<Stored> {
    let files: Vec<File> = minicbor::decode(&row.get::<Vec<u8>>(2)?).map_err(|_| DbError::Damaged("a policy"))?;
    let files = files.into_iter().map(|file| (file.name, file.text)).collect();
    Ok(Stored { version: row.get(0)?, digest: row.get(1)?, files })
}
