//! Brings rosters into a caseload: compares them with what is there, and writes what is new as submissions, one for each
//! row. The same roster again changes nothing. What a row stands for is the matter of one page for each kind of roster.

use sync_core::author::Role;
use sync_core::edit::{Base, Edit, FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId};
use sync_core::submission::Part;
use sync_core::time::Timestamp;

use crate::app::App;
use crate::db::key::Keyring;
use crate::db::{DbError, Tx, caseload};
use crate::flow::{Actor, FlowError};
use crate::import::Progress;
use crate::import::plan::RowPlan;
use crate::import::rows::{FieldValue, ReadRow, Sheet};

mod elders;
mod premises;

pub use elders::elders;

/// Rows that are written in one transaction: a server that runs meanwhile waits no longer than that.
const AT_ONCE: usize = 25;

/// Why a roster is not brought in. Rows before the failure may be in; the next run finds them.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A row that the record does not take.
    #[error("line {line}: {error}")]
    Row {
        /// The line in the file.
        line: u32,
        /// Why.
        error: FlowError,
    },
}

/// What rows are written into.
pub struct Site {
    /// The caseload.
    pub caseload: CaseloadId,
    /// The service project that its work is done under.
    pub programme: String,
    /// The version of the policy in force.
    pub policy: u32,
    /// Now.
    pub now: Timestamp,
}

/// A kind of roster that can be brought in.
pub trait Roster: Sheet + Sync {
    /// What each row comes to, compared with what is in the caseload.
    fn compare(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        caseload: CaseloadId,
        rows: Vec<ReadRow<Self::Column>>,
    ) -> impl Future<Output = Result<Vec<RowPlan<Self::Column>>, DbError>> + Send;

    /// What a planned row writes; nothing when everything is there already.
    fn parts(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        site: &Site,
        row: &RowPlan<Self::Column>,
    ) -> impl Future<Output = Result<Vec<Part>, DbError>> + Send;
}

/// In whose name rosters are brought in when nobody is named: the installation itself, as a steward.
#[must_use]
pub fn installation() -> Actor {
    let person = PersonId::derived("installation", &[]);
    Actor { device: DeviceId::derived("installation", &[]), person, role: Role::Steward }
}

/// What each row comes to, compared with what is in the caseload.
///
/// # Errors
/// The database.
pub async fn compare<R: Roster>(
    roster: &R,
    app: &App,
    caseload: CaseloadId,
    rows: Vec<ReadRow<R::Column>>,
) -> Result<Vec<RowPlan<R::Column>>, RosterError> {
    let mut tx = app.db().read().await?;
    Ok(roster.compare(&mut tx, &mut app.flow().keys(), caseload, rows).await?)
}

/// Writes what the plan says.
///
/// # Errors
/// The first row that the record does not take.
pub async fn bring_in<R: Roster>(
    roster: &R,
    app: &App,
    id: CaseloadId,
    actor: Actor,
    plan: &[RowPlan<R::Column>],
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(), RosterError> {
    let (mut done, total) = (0, plan.len());
    for rows in plan.chunks(AT_ONCE) {
        let mut tx = app.db().write().await?;
        // Between reading a version and writing on it nobody else writes.
        tx.hold_caseload(id).await?;
        let mut keys = app.flow().keys();
        let programme = caseload::load(&mut tx, id).await?.map(|caseload| caseload.programme).unwrap_or_default();
        let policy = app.flow().policy().version();
        for row in rows {
            let site = Site { caseload: id, programme: programme.clone(), policy, now: app.clock().now() };
            let parts = roster.parts(&mut tx, &mut keys, &site, row).await?;
            if !parts.is_empty() {
                let written = app.flow().submit(&mut tx, id, actor, site.now, parts).await;
                written.map_err(|error| RosterError::Row { line: row.line, error })?;
            }
            done += 1;
            progress(Progress { done, total });
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The edit of one entity, on the version that it was compared with.
fn edit(entity: EntityId, kind: Kind, version: u32, ops: Vec<FieldOp>) -> Part {
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base: Base { version, seen: Vec::new() }, ops })
}

/// What sets a field to what a cell says.
fn puts(field: &str, value: &FieldValue) -> Vec<FieldOp> {
    match value {
        FieldValue::Text(text) => vec![FieldOp::put(field, Value::Text(text.clone()))],
        FieldValue::Int(number) => vec![FieldOp::put(field, Value::Int(*number))],
        FieldValue::Bool(yes) => vec![FieldOp::put(field, Value::Bool(*yes))],
        FieldValue::Id(entity) => vec![FieldOp::put(field, Value::Id(*entity))],
        FieldValue::Set(members) => {
            members.iter().map(|member| FieldOp::put_element(field, member, Value::Bool(true))).collect()
        }
    }
}
