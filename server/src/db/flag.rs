//! Flags: what the rules say of each file, sealed under the key of the flag's subject.

use sync_core::id::{CaseloadId, EntityId, FlagId};

use super::key::Keyring;
use super::{Result, Row, Tx, args, statements};
use crate::seal::Place;

statements! {
    SAVE = "INSERT INTO flag (caseload, flag, rule, subject, root, standing, raised_seq, changed_seq, sealed) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) \
        ON CONFLICT (caseload, flag) DO UPDATE SET standing = excluded.standing, \
        changed_seq = excluded.changed_seq, sealed = excluded.sealed";
    OF_FILE = "SELECT flag, rule, subject, standing, raised_seq, changed_seq, sealed FROM flag \
        WHERE caseload = $1 AND root = $2 ORDER BY flag";
    EVERY = "SELECT flag, rule, subject, standing, raised_seq, changed_seq, sealed FROM flag \
        WHERE caseload = $1 ORDER BY raised_seq, flag LIMIT $2";
}

/// A flag to keep.
pub(crate) struct Save<'a> {
    pub(crate) flag: FlagId,
    pub(crate) rule: &'a str,
    pub(crate) subject: EntityId,
    pub(crate) root: EntityId,
    pub(crate) standing: bool,
    pub(crate) seq: u64,
    /// The flag, encoded.
    pub(crate) content: &'a [u8],
}

/// A flag as it is stored.
pub struct Kept {
    /// The flag.
    pub flag: FlagId,
    /// Its rule.
    pub rule: String,
    /// What it is about.
    pub subject: EntityId,
    /// Whether it holds now.
    pub standing: bool,
    /// The entry that first raised it.
    pub raised_seq: u64,
    /// The entry that last changed it.
    pub changed_seq: u64,
    /// The flag, encoded.
    pub content: Vec<u8>,
}

/// Keeps a flag.
pub(crate) async fn save(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, flag: &Save<'_>) -> Result<()> {
    let place = Place::Row { caseload, table: "flag", key: flag.flag.bytes() };
    let sealed = keys.seal(tx, (caseload, flag.subject), place, flag.content).await?;
    let args = args![caseload, flag.flag, flag.rule, flag.subject, flag.root, flag.standing, flag.seq, sealed];
    tx.run(SAVE, args).await.map(|_| ())
}

/// The flags of a file.
///
/// # Errors
/// When something stored does not open.
pub async fn of_file(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, root: EntityId) -> Result<Vec<Kept>> {
    let rows = tx.all(OF_FILE, args![caseload, root]).await?;
    open(tx, keys, caseload, rows).await
}

/// Up to `limit` flags of a caseload, in the order in which they were raised.
///
/// # Errors
/// When something stored does not open.
pub async fn every(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, limit: u32) -> Result<Vec<Kept>> {
    let rows = tx.all(EVERY, args![caseload, limit]).await?;
    open(tx, keys, caseload, rows).await
}

async fn open(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, rows: Vec<Row>) -> Result<Vec<Kept>> {
    let mut flags = Vec::with_capacity(rows.len());
    for row in rows {
        let (flag, subject) = (row.get::<FlagId>(0)?, row.get::<EntityId>(2)?);
        let place = Place::Row { caseload, table: "flag", key: flag.bytes() };
        let content = keys.open(tx, (caseload, subject), place, &row.get::<Vec<u8>>(6)?).await?;
        flags.push(Kept {
            flag,
            rule: row.get(1)?,
            subject,
            standing: row.get(3)?,
            raised_seq: row.get(4)?,
            changed_seq: row.get(5)?,
            content,
        });
    }
    Ok(flags)
}
