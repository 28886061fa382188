//! Brings a roster of premises into a caseload: compares it with what is there, and writes what is new as submissions,
//! one for each row. The same roster again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use sync_core::author::Role;
use sync_core::edit::{Base, Edit, FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId};
use sync_core::submission::Part;

use crate::app::App;
use crate::db::document::{self, Projected};
use crate::db::key::Keyring;
use crate::db::{DbError, Tx};
use crate::flow::{Actor, FlowError};
use crate::http::view::Entity;
use crate::import::Progress;
use crate::import::premises::columns::Column;
use crate::import::premises::plan::RowIds;
use crate::import::premises::{Action, Change, ExistingRow, FieldValue, ReadRow, RosterRow, RowPlan, plan};

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
pub async fn compare(app: &App, caseload: CaseloadId, rows: Vec<ReadRow>) -> Result<Vec<RowPlan>, RosterError> {
    let mut tx = app.db().read().await?;
    let mut keys = app.flow().keys();
    let mut existing = BTreeMap::new();
    for row in rows.iter().filter_map(|read| read.row.as_ref()) {
        let key = &row.external_key;
        if let Some(found) = find(&mut tx, &mut keys, caseload, RowIds::of(caseload, key)).await? {
            existing.insert(key.clone(), found);
        }
    }
    Ok(plan(rows, &|key| existing.get(key).cloned()))
}

/// Writes what the plan says.
///
/// # Errors
/// The first row that the record does not take.
pub async fn bring_in(
    app: &App,
    caseload: CaseloadId,
    actor: Actor,
    plan: &[RowPlan],
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(), RosterError> {
    let (mut done, total) = (0, plan.len());
    for rows in plan.chunks(AT_ONCE) {
        let mut tx = app.db().write().await?;
        let mut keys = app.flow().keys();
        for row in rows {
            let parts = match &row.action {
                Action::Create { row } => create(RowIds::of(caseload, &row.external_key), row),
                Action::Update { row, changed } => {
                    let ids = RowIds::of(caseload, &row.external_key);
                    update(&mut tx, &mut keys, caseload, ids, changed).await?
                }
                Action::Same { .. } | Action::Error => Vec::new(),
            };
            if !parts.is_empty() {
                let now = app.clock().now();
                let written = app.flow().submit(&mut tx, caseload, actor, now, parts).await;
                written.map_err(|error| RosterError::Row { line: row.line, error })?;
            }
            done += 1;
            progress(Progress { done, total });
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn find(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    ids: RowIds,
) -> Result<Option<ExistingRow>, DbError> {
    let Some(premises) = document::projection(tx, keys, caseload, ids.premises).await? else { return Ok(None) };
    let operator = document::projection(tx, keys, caseload, ids.operator).await?;
    let values_of = |found: Projected| Entity::of(found, sync_core::time::Timestamp::EPOCH).values;
    let premises = values_of(premises);
    let operator = operator.map(values_of).unwrap_or_default();
    let value = |column: Column| {
        let (kind, field) = column.target();
        let values = if kind == Kind::Operator { &operator } else { &premises };
        Some((column, there(values.get(field)?)?))
    };
    Ok(Some(ExistingRow { values: Column::ALL.into_iter().filter_map(value).collect() }))
}

fn there(json: &Json) -> Option<FieldValue> {
    match json {
        Json::String(text) => Some(FieldValue::Text(text.clone())),
        Json::Number(number) => number.as_i64().map(FieldValue::Int),
        Json::Object(members) => {
            let held = members.iter().filter(|(_, held)| held.as_bool() == Some(true));
            Some(FieldValue::Set(held.map(|(member, _)| member.clone()).collect()))
        }
        _ => None,
    }
}

fn create(ids: RowIds, row: &RosterRow) -> Vec<Part> {
    let ops = |kind: Kind| {
        let of_kind = row.values.iter().filter(move |(column, _)| column.target().0 == kind);
        of_kind.flat_map(|(column, value)| puts(*column, value)).collect::<Vec<_>>()
    };
    let mut parts = vec![edit(ids.premises, Kind::Premises, 0, ops(Kind::Premises))];
    let operator = ops(Kind::Operator);
    if !operator.is_empty() {
        parts.push(edit(ids.operator, Kind::Operator, 0, operator));
        parts.push(tenancy(ids));
    }
    parts
}

/// What is new, on the versions that it was compared with. A row that names an operator for the first time makes it.
async fn update(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    ids: RowIds,
    changed: &[Change],
) -> Result<Vec<Part>, DbError> {
    let mut parts = Vec::new();
    let touched: BTreeSet<Kind> = changed.iter().map(|change| change.column.target().0).collect();
    for kind in touched {
        let entity = if kind == Kind::Operator { ids.operator } else { ids.premises };
        let version = document::projection(tx, keys, caseload, entity).await?.map_or(0, |found| found.version);
        let of_kind = changed.iter().filter(|change| change.column.target().0 == kind);
        let ops = of_kind.flat_map(|change| puts(change.column, &change.after)).collect();
        parts.push(edit(entity, kind, version, ops));
        if kind == Kind::Operator && version == 0 {
            parts.push(tenancy(ids));
        }
    }
    Ok(parts)
}

fn tenancy(ids: RowIds) -> Part {
    let ops =
        vec![FieldOp::put("premises", Value::Id(ids.premises)), FieldOp::put("operator", Value::Id(ids.operator))];
    edit(ids.tenancy, Kind::Tenancy, 0, ops)
}

fn edit(entity: EntityId, kind: Kind, version: u32, ops: Vec<FieldOp>) -> Part {
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base: Base { version, seen: Vec::new() }, ops })
}

fn puts(column: Column, value: &FieldValue) -> Vec<FieldOp> {
    let (_, field) = column.target();
    match value {
        FieldValue::Text(text) => vec![FieldOp::put(field, Value::Text(text.clone()))],
        FieldValue::Int(number) => vec![FieldOp::put(field, Value::Int(*number))],
        FieldValue::Set(members) => {
            members.iter().map(|member| FieldOp::put_element(field, member, Value::Bool(true))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use sync_core::author::Role;

    use super::*;
    use crate::import::premises::{Summary, read};
    use crate::import::read_table;
    use crate::testing::Server;

    const FIRST: &str = "编号,店铺名称,地址,单元编码,类别,统一社会信用代码,经营者\n\
        1,王记肠粉,花果山路1号,,餐饮,92440399MA9T00018G,王记肠粉店\n2,阿桂便利,花果山路2号,,商店,,\n";

    async fn import(server: &Server, caseload: CaseloadId, csv: &str) -> Summary {
        let rows = read(&read_table(csv.as_bytes()).unwrap(), &mut |_| ()).unwrap().rows;
        let plan = compare(&server.app, caseload, rows).await.unwrap();
        bring_in(&server.app, caseload, installation(), &plan, &mut |_| ()).await.unwrap();
        Summary::of(&plan)
    }

    #[tokio::test]
    async fn a_roster_is_brought_in_once_and_corrected_later() {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let first = import(&server, caseload, FIRST).await;
        assert_eq!((first.create, first.error), (2, 0));
        let again = import(&server, caseload, FIRST).await;
        assert_eq!((again.create, again.update, again.same), (0, 0, 2));
        let corrected = FIRST.replace("花果山路2号,,商店,,", "花果山路22号,,商店,,阿桂商行");
        let second = import(&server, caseload, &corrected).await;
        assert_eq!((second.create, second.update, second.same), (0, 1, 1));
        let steward = server.member("an", Role::Steward, caseload).await;
        let found = server.get(&format!("/v1/caseloads/{caseload}/premises?search=阿桂"), Some(&steward)).await.ok();
        assert_eq!(found[0]["address"], "花果山路22号", "{found}");
        let file = format!("/v1/caseloads/{caseload}/premises/{}", found[0]["id"].as_str().unwrap());
        let file = server.get(&file, Some(&steward)).await.ok();
        assert!(file["related"].to_string().contains("阿桂商行"), "{file}");
        assert_eq!(file["premises"]["conflicts"], 0, "a correction is no conflict");
    }
}
