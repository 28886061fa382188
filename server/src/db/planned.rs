//! Who enters and leaves a caseload at a date.

use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::Timestamp;

use super::{DbError, Result, Row, Tx, args, person, statements};

statements! {
    INSERT = "INSERT INTO planned (caseload, person, at, enters, role, why, other, until, done_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL) ON CONFLICT (caseload, person, at, enters) DO NOTHING";
    DUE = "SELECT caseload, person, at, enters, role, why, other, until FROM planned \
        WHERE caseload = $1 AND done_at IS NULL AND at <= $2 ORDER BY at, enters, person LIMIT $3";
    OPEN = "SELECT caseload, person, at, enters, role, why, other, until FROM planned \
        WHERE caseload = $1 AND done_at IS NULL ORDER BY at, enters, person LIMIT $2";
    DONE = "UPDATE planned SET done_at = $5 WHERE caseload = $1 AND person = $2 AND at = $3 AND enters = $4";
    REMOVE = "DELETE FROM planned WHERE caseload = $1 AND person = $2 AND at = $3 AND enters = $4";
    CANCEL_COVERS = "DELETE FROM planned WHERE caseload = $1 AND person = $2 AND why = 'cover' AND done_at IS NULL";
    CANCEL = "DELETE FROM planned WHERE caseload = $1 AND person = $2 AND done_at IS NULL";
}

/// Why somebody enters or leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// For a while, usually in somebody's place.
    Cover,
    /// They change places with somebody for good.
    Handover,
    /// Another organisation's term begins.
    Term,
}

impl Why {
    const ALL: [Self; 3] = [Self::Cover, Self::Handover, Self::Term];

    const fn code(self) -> &'static str {
        match self {
            Self::Cover => "cover",
            Self::Handover => "handover",
            Self::Term => "term",
        }
    }
}

/// Somebody enters or leaves at a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Planned {
    /// Where.
    pub caseload: CaseloadId,
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: Timestamp,
    /// Enters, or leaves.
    pub enters: bool,
    /// As what they enter.
    pub role: Role,
    /// Why.
    pub why: Why,
    /// Whom they cover, or with whom they change places.
    pub other: Option<PersonId>,
    /// Of who enters to cover: when they leave again.
    pub until: Option<Timestamp>,
}

/// Most of them that are looked at together.
const LIMIT: u32 = 1_000;

/// Plans it. False when just that is planned or was done already.
pub(crate) async fn insert(tx: &mut Tx, p: &Planned) -> Result<bool> {
    let args = args![p.caseload, p.person, p.at, p.enters, p.role.code(), p.why.code(), p.other, p.until];
    Ok(tx.run(INSERT, args).await? > 0)
}

/// What ought to have been done by now, in order.
pub(crate) async fn due(tx: &mut Tx, caseload: CaseloadId, now: Timestamp) -> Result<Vec<Planned>> {
    tx.all(DUE, args![caseload, now, LIMIT]).await?.iter().map(read).collect()
}

/// What is still to be done, in order.
pub(crate) async fn open(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<Planned>> {
    tx.all(OPEN, args![caseload, LIMIT]).await?.iter().map(read).collect()
}

/// It was done.
pub(crate) async fn done(tx: &mut Tx, p: &Planned, now: Timestamp) -> Result<()> {
    tx.run(DONE, args![p.caseload, p.person, p.at, p.enters, now]).await.map(drop)
}

/// Nothing that was planned for a person is to be done any more.
pub(crate) async fn cancel(tx: &mut Tx, caseload: CaseloadId, person: PersonId) -> Result<()> {
    tx.run(CANCEL, args![caseload, person]).await.map(drop)
}

/// Nobody comes or goes for a while any more: they are in for good, or out.
pub(crate) async fn cancel_covers(tx: &mut Tx, caseload: CaseloadId, person: PersonId) -> Result<()> {
    tx.run(CANCEL_COVERS, args![caseload, person]).await.map(drop)
}

/// This is planned no more.
pub(crate) async fn remove(tx: &mut Tx, p: &Planned) -> Result<()> {
    tx.run(REMOVE, args![p.caseload, p.person, p.at, p.enters]).await.map(drop)
}

fn read(row: &Row) -> Result<Planned> {
    let why: String = row.get(5)?;
    let why = Why::ALL.into_iter().find(|known| known.code() == why).ok_or(DbError::Damaged("a plan"))?;
    Ok(Planned {
        caseload: row.get(0)?,
        person: row.get(1)?,
        at: row.get(2)?,
        enters: row.get(3)?,
        role: person::role(row, 4, OPEN.name)?,
        why,
        other: row.get(6)?,
        until: row.get(7)?,
    })
}
