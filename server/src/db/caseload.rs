//! Caseloads: what they are, and the head of each one's log.

use std::collections::BTreeMap;

use sync_core::id::CaseloadId;
use sync_core::log::Sanity;
use sync_core::time::Timestamp;

use super::{DbError, Result, Row, Tx, args, statements};
use crate::audit;

statements! {
    INSERT = "INSERT INTO caseload (id, kind, dept, name, programme, community, owner, operator, term_from, term_to, \
        prefix, seq, epoch, chain, sanity, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    LOAD = "SELECT id, kind, dept, name, programme, community, owner, operator, term_from, term_to, prefix, seq, \
        epoch, chain, sanity, created_at FROM caseload WHERE id = $1";
    EVERY = "SELECT id, kind, dept, name, programme, community, owner, operator, term_from, term_to, prefix, seq, \
        epoch, chain, sanity, created_at FROM caseload ORDER BY id";
    DESKS = "SELECT dept, id FROM caseload WHERE kind = 'desk' AND dept IS NOT NULL ORDER BY dept, id";
    SET_OPERATOR = "UPDATE caseload SET operator = $2, term_from = $3, term_to = $4 WHERE id = $1";
    SAVE_HEAD = "UPDATE caseload SET seq = $2, chain = $3, sanity = $4 WHERE id = $1";
}

/// The epoch of a history that no restore began.
pub(crate) const FIRST_EPOCH: u32 = 1;

/// What a caseload is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaseloadKind {
    /// Files that workers keep.
    Field,
    /// The slips of one department.
    Desk,
}

impl CaseloadKind {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Desk => "desk",
        }
    }
}

/// A caseload, with the head of its log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caseload {
    /// Its id.
    pub id: CaseloadId,
    /// What it is for.
    pub kind: CaseloadKind,
    /// The department's code, of a desk.
    pub dept: Option<String>,
    /// What people call it.
    pub name: String,
    /// The purchased project that it belongs to.
    pub programme: String,
    /// The community.
    pub community: String,
    /// The street that owns it.
    pub owner: String,
    /// The organisation that works on it for a term.
    pub operator: String,
    /// First moment of the term.
    pub term_from: Timestamp,
    /// End of the term.
    pub term_to: Timestamp,
    /// Human numbers begin with it: `HGS`.
    pub prefix: String,
    /// The last entry of the log.
    pub seq: u64,
    /// Of this history; a restored server starts a new one.
    pub epoch: u32,
    /// The last link of the log's chain.
    pub chain: [u8; 32],
    /// The additive hash of the entries.
    pub sanity: Sanity,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Caseload {
    /// A caseload with an empty log and nothing said about it yet but its id, kind and name.
    #[must_use]
    pub fn new(id: CaseloadId, kind: CaseloadKind, name: &str, created_at: Timestamp) -> Self {
        Self {
            id,
            kind,
            dept: None,
            name: name.to_owned(),
            programme: String::new(),
            community: String::new(),
            owner: String::new(),
            operator: String::new(),
            term_from: Timestamp::EPOCH,
            term_to: Timestamp::MAX,
            prefix: String::new(),
            seq: 0,
            epoch: FIRST_EPOCH,
            chain: audit::genesis("log", id),
            sanity: Sanity::default(),
            created_at,
        }
    }
}

/// Adds a caseload.
///
/// # Errors
/// When the id is taken.
pub async fn insert(tx: &mut Tx, caseload: &Caseload) -> Result<()> {
    let c = caseload;
    let (dept, chain, sanity) = (c.dept.clone(), c.chain, c.sanity.bytes());
    let args = args![
        c.id,
        c.kind.code(),
        dept,
        &c.name,
        &c.programme,
        &c.community,
        &c.owner,
        &c.operator,
        c.term_from,
        c.term_to,
        &c.prefix,
        c.seq,
        c.epoch,
        chain,
        sanity,
        c.created_at
    ];
    tx.run(INSERT, args).await.map(|_| ())
}

/// The caseload with this id.
///
/// In a writing transaction nobody else moves the head of its log until the commit.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn load(tx: &mut Tx, id: CaseloadId) -> Result<Option<Caseload>> {
    tx.first(LOAD, args![id]).await?.map(|row| read(&row)).transpose()
}

/// Every caseload of this installation.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn every(tx: &mut Tx) -> Result<Vec<Caseload>> {
    tx.all(EVERY, args![]).await?.iter().map(read).collect()
}

/// The desk of each department.
pub(crate) async fn desks(tx: &mut Tx) -> Result<BTreeMap<String, CaseloadId>> {
    tx.all(DESKS, args![]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Gives a caseload to another organisation for a new term. Whether there is such a caseload.
pub(crate) async fn set_operator(
    tx: &mut Tx,
    id: CaseloadId,
    operator: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<bool> {
    Ok(tx.run(SET_OPERATOR, args![id, operator, from, to]).await? > 0)
}

/// Moves the head of the log.
pub(crate) async fn save_head(tx: &mut Tx, caseload: &Caseload) -> Result<()> {
    tx.moves(caseload.id);
    let args = args![caseload.id, caseload.seq, caseload.chain, caseload.sanity.bytes()];
    tx.run(SAVE_HEAD, args).await.map(|_| ())
}

fn read(row: &Row) -> Result<Caseload> {
    let kind = match row.get::<String>(1)?.as_str() {
        "field" => CaseloadKind::Field,
        "desk" => CaseloadKind::Desk,
        _ => return Err(DbError::Damaged("the kind of a caseload")),
    };
    Ok(Caseload {
        id: row.get(0)?,
        kind,
        dept: row.get(2)?,
        name: row.get(3)?,
        programme: row.get(4)?,
        community: row.get(5)?,
        owner: row.get(6)?,
        operator: row.get(7)?,
        term_from: row.get(8)?,
        term_to: row.get(9)?,
        prefix: row.get(10)?,
        seq: row.get(11)?,
        epoch: row.get(12)?,
        chain: row.get(13)?,
        sanity: Sanity::from_bytes(row.get(14)?),
        created_at: row.get(15)?,
    })
}
