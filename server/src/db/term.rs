//! Which organisation works on a caseload in which term.

use sync_core::id::CaseloadId;
use sync_core::time::Timestamp;

use super::{Result, Row, Tx, args, statements};

statements! {
    SAVE = "INSERT INTO term (caseload, begins_at, ends_at, operator, begun_at) VALUES ($1, $2, $3, $4, NULL) \
        ON CONFLICT (caseload, begins_at) DO UPDATE SET ends_at = excluded.ends_at, operator = excluded.operator, \
        begun_at = NULL";
    OF = "SELECT begins_at, ends_at, operator, begun_at FROM term WHERE caseload = $1 ORDER BY begins_at";
    BEGUN = "UPDATE term SET begun_at = $3 WHERE caseload = $1 AND begins_at = $2";
}

/// A term of an organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// Its first moment.
    pub begins_at: Timestamp,
    /// The moment behind its last.
    pub ends_at: Timestamp,
    /// The organisation.
    pub operator: String,
    /// When the caseload passed to it.
    pub begun_at: Option<Timestamp>,
}

/// Plans a term, or plans it anew.
pub(crate) async fn save(tx: &mut Tx, caseload: CaseloadId, term: &Term) -> Result<()> {
    tx.run(SAVE, args![caseload, term.begins_at, term.ends_at, &term.operator]).await.map(drop)
}

/// The terms that were planned, in order.
pub(crate) async fn of(tx: &mut Tx, caseload: CaseloadId) -> Result<Vec<Term>> {
    tx.all(OF, args![caseload]).await?.iter().map(read).collect()
}

/// The caseload has passed to it.
pub(crate) async fn begun(tx: &mut Tx, caseload: CaseloadId, begins_at: Timestamp, now: Timestamp) -> Result<()> {
    tx.run(BEGUN, args![caseload, begins_at, now]).await.map(drop)
}

fn read(row: &Row) -> Result<Term> {
    Ok(Term { begins_at: row.get(0)?, ends_at: row.get(1)?, operator: row.get(2)?, begun_at: row.get(3)? })
}
