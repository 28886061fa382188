//! Which files are the same thing, and which slip belongs to which referral.

use std::collections::BTreeMap;

use sync_core::id::{CaseloadId, EntityId};

use super::{Result, Tx, args, statements};

statements! {
    SAVE = "INSERT INTO link (caseload, a, b, seq, undone) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (caseload, a, b) DO UPDATE SET seq = excluded.seq, undone = excluded.undone";
    OF = "SELECT b FROM link WHERE caseload = $1 AND a = $2 AND undone = 0 \
        UNION SELECT a FROM link WHERE caseload = $1 AND b = $2 AND undone = 0 ORDER BY 1";
    STANDING = "SELECT a, b FROM link WHERE caseload = $1 AND undone = 0 ORDER BY a, b";
    EVERY = "SELECT a, b, seq, undone FROM link WHERE caseload = $1";
    SLIPS_AT = "SELECT desk, slip, caseload, referral, round FROM slip WHERE desk = $1 ORDER BY slip";
    LAST = "SELECT MAX(seq) FROM (SELECT seq FROM link WHERE caseload = $1 AND a = $2 \
        UNION ALL SELECT seq FROM link WHERE caseload = $1 AND b = $2) AS said";
    SAVE_SLIP = "INSERT INTO slip (desk, slip, caseload, referral, round) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (desk, slip) DO NOTHING";
    SLIP = "SELECT desk, slip, caseload, referral, round FROM slip WHERE desk = $1 AND slip = $2";
    SLIPS_OF = "SELECT desk, slip, caseload, referral, round FROM slip WHERE caseload = $1 AND referral = $2 \
        ORDER BY round";
    SLIPS_FROM = "SELECT desk, slip, caseload, referral, round FROM slip WHERE caseload = $1 ORDER BY referral, round";
}

/// Two files are one, or are not after all. The smaller id comes first.
pub(crate) async fn save(
    tx: &mut Tx,
    caseload: CaseloadId,
    (a, b): (EntityId, EntityId),
    seq: u64,
    undone: bool,
) -> Result<()> {
    tx.run(SAVE, args![caseload, a.min(b), a.max(b), seq, undone]).await.map(|_| ())
}

/// The files that are directly linked with this one.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn of(tx: &mut Tx, caseload: CaseloadId, root: EntityId) -> Result<Vec<EntityId>> {
    tx.all(OF, args![caseload, root]).await?.iter().map(|row| row.get(0)).collect()
}

/// Every pair of files of a caseload that is linked, the smaller id first.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn standing(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<(EntityId, EntityId)>> {
    tx.all(STANDING, args![caseload]).await?.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The entry that last linked or un-linked two files, and whether it un-linked them; none for a row that does not read.
pub(crate) type Said = Option<(u64, bool)>;

/// Every pair of files of a caseload that was ever linked.
pub(crate) async fn every(tx: &mut Tx, caseload: CaseloadId) -> Result<BTreeMap<(EntityId, EntityId), Said>> {
    let said = |row: &super::Row| Some((row.get(2).ok()?, row.get(3).ok()?));
    let rows = tx.all(EVERY, args![caseload]).await?;
    rows.iter().map(|row| Ok(((row.get(0)?, row.get(1)?), said(row)))).collect()
}

/// Every slip of a desk.
pub(crate) async fn slips_at(tx: &mut Tx, desk: CaseloadId) -> Result<Vec<Slip>> {
    tx.all(SLIPS_AT, args![desk]).await?.iter().map(read).collect()
}

/// The entry that last linked or un-linked this file.
pub(crate) async fn last(tx: &mut Tx, caseload: CaseloadId, root: EntityId) -> Result<u64> {
    let last = tx.first(LAST, args![caseload, root]).await?;
    Ok(last.map(|row| row.get::<Option<u64>>(0)).transpose()?.flatten().unwrap_or(0))
}

/// A slip, and the referral whose round it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slip {
    /// The desk's caseload.
    pub desk: CaseloadId,
    /// The slip there.
    pub slip: EntityId,
    /// The caseload of the referral.
    pub caseload: CaseloadId,
    /// The referral.
    pub referral: EntityId,
    /// Its round.
    pub round: u16,
}

/// Records where a slip went.
pub(crate) async fn save_slip(tx: &mut Tx, slip: &Slip) -> Result<()> {
    let args = args![slip.desk, slip.slip, slip.caseload, slip.referral, slip.round];
    tx.run(SAVE_SLIP, args).await.map(|_| ())
}

/// The slip with this id on this desk.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn slip(tx: &mut Tx, desk: CaseloadId, slip: EntityId) -> Result<Option<Slip>> {
    tx.first(SLIP, args![desk, slip]).await?.map(|row| read(&row)).transpose()
}

/// The slips of a referral, by round.
///
/// # Errors
/// Whatever the engine objects to.
pub async fn slips_of(tx: &mut Tx, caseload: CaseloadId, referral: EntityId) -> Result<Vec<Slip>> {
    tx.all(SLIPS_OF, args![caseload, referral]).await?.iter().map(read).collect()
}

/// Every slip that was written for a caseload.
pub(crate) async fn slips_from(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<Slip>> {
    tx.all(SLIPS_FROM, args![caseload]).await?.iter().map(read).collect()
}

fn read(row: &super::Row) -> Result<Slip> {
    Ok(Slip { desk: row.get(0)?, slip: row.get(1)?, caseload: row.get(2)?, referral: row.get(3)?, round: row.get(4)? })
}
