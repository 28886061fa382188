//! Rosters of premises.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use sync_core::edit::{FieldOp, Value};
use sync_core::entity::Kind;
use sync_core::id::CaseloadId;
use sync_core::submission::Part;
use sync_core::time::Timestamp;

use super::{Roster, Site, edit, puts};
use crate::db::document::{self, Projected};
use crate::db::key::Keyring;
use crate::db::{DbError, Tx};
use crate::http::view::Entity;
use crate::import::columns::Columns as _;
use crate::import::plan::{self, Action, Change, plan};
use crate::import::premises::ids::RowIds;
use crate::import::premises::{Column, Premises};
use crate::import::rows::{self, FieldValue, ReadRow};

type RosterRow = rows::RosterRow<Column>;
type RowPlan = plan::RowPlan<Column>;
type ExistingRow = plan::ExistingRow<Column>;

impl Roster for Premises {
    async fn compare(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        caseload: CaseloadId,
        rows: Vec<ReadRow<Column>>,
    ) -> Result<Vec<RowPlan>, DbError> {
        let mut existing = BTreeMap::new();
        for row in rows.iter().filter_map(|read| read.row.as_ref()) {
            let key = &row.external_key;
            if let Some(found) = find(tx, keys, caseload, RowIds::of(caseload, key)).await? {
                existing.insert(key.clone(), found);
            }
        }
        Ok(plan(rows, &|row| existing.get(&row.external_key).cloned()))
    }

    async fn parts(&self, tx: &mut Tx, keys: &mut Keyring, site: &Site, row: &RowPlan) -> Result<Vec<Part>, DbError> {
        let ids = |row: &RosterRow| RowIds::of(site.caseload, &row.external_key);
        match &row.action {
            Action::Create { row } => Ok(create(ids(row), row)),
            Action::Update { row, changed } => update(tx, keys, site.caseload, ids(row), changed).await,
            Action::Same { .. } | Action::Error => Ok(Vec::new()),
        }
    }
}

async fn find(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    ids: RowIds,
) -> Result<Option<ExistingRow>, DbError> {
    let Some(premises) = document::projection(tx, keys, caseload, ids.premises).await? else { return Ok(None) };
    let operator = document::projection(tx, keys, caseload, ids.operator).await?;
    let values_of = |found: Projected| Entity::of(found, Timestamp::EPOCH).values;
    let premises = values_of(premises);
    let operator = operator.map(values_of).unwrap_or_default();
    let value = |column: Column| {
        let (kind, field) = column.target()?;
        let values = if kind == Kind::Operator { &operator } else { &premises };
        Some((column, there(values.get(field)?)?))
    };
    Ok(Some(ExistingRow { values: Column::ALL.iter().copied().filter_map(value).collect() }))
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
        let of_kind = row.values.iter().filter(move |(column, _)| holder(**column) == Some(kind));
        of_kind.flat_map(|(column, value)| put(*column, value)).collect::<Vec<_>>()
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
    changed: &[Change<Column>],
) -> Result<Vec<Part>, DbError> {
    let mut parts = Vec::new();
    let touched: BTreeSet<Kind> = changed.iter().filter_map(|change| holder(change.column)).collect();
    for kind in touched {
        let entity = if kind == Kind::Operator { ids.operator } else { ids.premises };
        let version = document::projection(tx, keys, caseload, entity).await?.map_or(0, |found| found.version);
        let of_kind = changed.iter().filter(|change| holder(change.column) == Some(kind));
        let ops = of_kind.flat_map(|change| put(change.column, &change.after)).collect();
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

fn holder(column: Column) -> Option<Kind> {
    column.target().map(|(kind, _)| kind)
}

fn put(column: Column, value: &FieldValue) -> Vec<FieldOp> {
    column.target().map(|(_, field)| puts(field, value)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use sync_core::author::Role;

    use super::*;
    use crate::import::plan::Summary;
    use crate::import::read_table;
    use crate::import::rows::read;
    use crate::roster::{bring_in, compare, installation};
    use crate::testing::Server;

    const FIRST: &str = "编号,店铺名称,地址,单元编码,类别,统一社会信用代码,经营者\n\
        1,王记肠粉,花果山路1号,,餐饮,92440399MA9T00018G,王记肠粉店\n2,阿桂便利,花果山路2号,,商店,,\n";

    async fn import(server: &Server, caseload: CaseloadId, csv: &str) -> Summary {
        let rows = read(&Premises, &read_table(csv.as_bytes()).unwrap(), &mut |_| ()).unwrap().rows;
        let plan = compare(&Premises, &server.app, caseload, rows).await.unwrap();
        bring_in(&Premises, &server.app, caseload, installation(), &plan, &mut |_| ()).await.unwrap();
        Summary::of(&plan)
    }

    #[tokio::test]
    async fn a_map_point_is_brought_in_with_its_datum_and_put_right_by_the_next_roster() {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let steward = server.member("an", Role::Steward, caseload).await;
        let roster = |point: &str| format!("编号,店铺名称,地址,地图坐标\n1,王记肠粉,花果山路1号,\"{point}\"\n");
        for (point, (create, update, same, error), kept) in [
            ("WGS-84 113.91542,22.48731", (1, 0, 0, 0), "wgs84:22.48731,113.91542"),
            ("wgs84:22.48731,113.91542", (0, 0, 1, 0), "wgs84:22.48731,113.91542"),
            ("113.92,22.49", (0, 0, 0, 1), "wgs84:22.48731,113.91542"),
            ("GCJ-02 113.92045,22.48442", (0, 1, 0, 0), "gcj02:22.48442,113.92045"),
            ("", (0, 0, 1, 0), "gcj02:22.48442,113.92045"),
        ] {
            let told = import(&server, caseload, &roster(point)).await;
            let told = (told.create, told.update, told.same, told.error);
            assert_eq!(told, (create, update, same, error), "{point}");
            let path = format!("/v1/caseloads/{caseload}/premises");
            let found = server.get(&format!("{path}?search=王记"), Some(&steward)).await.ok();
            let file = server.get(&format!("{path}/{}", found[0]["id"].as_str().unwrap()), Some(&steward)).await.ok();
            assert_eq!(file["premises"]["values"]["map_point"], kept, "{point}");
        }
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
