//! Whole files, from bytes to plan.

use rust_xlsxwriter::Workbook;

use std::collections::BTreeMap;

use super::*;
use crate::import::plan::{self, Action, Change, Summary, plan};
use crate::import::rows::{self, FieldValue};
use crate::import::{Progress, read_table};

type Roster = rows::Roster<Column>;
type RowPlan = plan::RowPlan<Column>;
type ExistingRow = plan::ExistingRow<Column>;

fn read(
    table: &crate::import::Table,
    progress: &mut dyn FnMut(Progress),
) -> Result<Roster, crate::import::ImportError> {
    rows::read(&Premises, table, progress)
}

const CSV: &str = "\
花果山社区九小场所台账,,,,,,,
店铺名称,地址,单元编码,统一社会信用代码,类别,面积(㎡),联系电话,序号
阿桂肠粉,桃影里12号一楼,ty12-1f-03,92440399MA9T00018G,餐饮,35.5,142 0000 0001,1
云栈五金,云栈坊3号,YZ3-1F-01,92440399MA9T00027B,小商店、油漆,80,14200000002,2
,桃影里9号,TY9-1F-02,,,,,3
水帘理发,水帘巷5号,SL5-1F-01,,理发,三十,,4
阿 桂 肠粉,桃影里12号,TY12-1F-03,,,,,5
无编码小店,芭蕉弄,,,,,,6
";

fn read_bytes(bytes: &[u8]) -> Roster {
    read(&read_table(bytes).unwrap(), &mut |_| {}).unwrap()
}

fn codes(roster: &Roster) -> Vec<(u32, Option<&str>, &str)> {
    roster.rows.iter().flat_map(|r| &r.issues).map(|i| (i.line, i.column.as_deref(), i.code)).collect()
}

#[test]
fn each_fault_is_told_with_its_line_and_column() {
    let roster = read_bytes(CSV.as_bytes());
    assert_eq!(
        codes(&roster),
        [
            (4, Some("统一社会信用代码"), "uscc_body_checksum"),
            (4, Some("统一社会信用代码"), "uscc_checksum"),
            (5, Some("店铺名称"), "name_missing"),
            (6, Some("面积(㎡)"), "area_not_a_number"),
            (7, None, "row_repeated"),
            (8, None, "row_no_key"),
        ]
    );
    assert!(roster.rows[4].issues[0].zh.contains("第3行"));
    assert_eq!(roster.ignored, ["序号"]);
    let first = roster.rows[0].row.as_ref().unwrap();
    assert_eq!(first.external_key, "unit:TY12-1F-03/阿桂肠粉");
    assert_eq!(first.text(Column::ContactPhone), Some("14200000001"));
    assert_eq!(first.values.get(&Column::AreaM2), Some(&FieldValue::Int(36)));
}

#[test]
fn csv_in_any_encoding_and_xlsx_make_the_same_plan() {
    let from_csv = read_bytes(CSV.as_bytes());
    let gb18030 = encoding_rs::GB18030.encode(CSV).0;
    assert_eq!(read_bytes(&gb18030), from_csv);
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, line) in (0..).zip(CSV.lines()) {
        for (column, text) in (0..).zip(line.split(',')) {
            match text.parse::<f64>() {
                Ok(number) => sheet.write(row, column, number).unwrap(),
                Err(_) => sheet.write(row, column, text).unwrap(),
            };
        }
    }
    assert_eq!(read_bytes(&workbook.save_to_buffer().unwrap()), from_csv);
}

#[test]
fn english_headings_do_as_well() {
    let roster = read_bytes(b"external_id,name,kinds,operator\nX-1,Gui rolls,restaurant,Gui & Co\n");
    let row = roster.rows[0].row.as_ref().unwrap();
    assert_eq!(row.external_key, "id:X-1");
    assert_eq!(row.text(Column::Operator), Some("Gui & Co"));
}

/// Imports into a plain map, as the real run does into entities.
fn apply(plan: &[RowPlan], world: &mut BTreeMap<String, ExistingRow>) {
    for planned in plan {
        let (row, changed) = match &planned.action {
            Action::Create { row } => (row, row.values.clone()),
            Action::Update { row, changed } => {
                (row, changed.iter().map(|change| (change.column, change.after.clone())).collect())
            }
            Action::Same { .. } | Action::Error => continue,
        };
        let there = world.entry(row.external_key.clone()).or_default();
        for (column, value) in changed {
            match (there.values.get_mut(&column), value) {
                (Some(FieldValue::Set(members)), FieldValue::Set(more)) => members.extend(more),
                (_, value) => drop(there.values.insert(column, value)),
            }
        }
    }
}

fn plan_against(text: &str, world: &BTreeMap<String, ExistingRow>) -> Vec<RowPlan> {
    plan(read_bytes(text.as_bytes()).rows, &|row| world.get(&row.external_key).cloned())
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let mut world = BTreeMap::new();
    let first = plan_against(CSV, &world);
    assert_eq!(Summary::of(&first), Summary { create: 2, update: 0, same: 0, error: 4, warnings: 2 });
    apply(&first, &mut world);
    let second = plan_against(CSV, &world);
    assert_eq!(Summary::of(&second), Summary { create: 0, update: 0, same: 2, error: 4, warnings: 2 });
}

#[test]
fn a_corrected_file_changes_only_what_was_corrected() {
    let mut world = BTreeMap::new();
    apply(&plan_against(CSV, &world), &mut world);
    // The code is corrected, a kind is added, the area is left out and so says nothing.
    let corrected = "店铺名称,单元编码,uscc,类别,面积\n云栈五金,YZ3-1F-01,92440399MA9T00026B,作坊、商店,\n";
    let planned = plan_against(corrected, &world);
    let Action::Update { changed, .. } = &planned[0].action else { panic!("{planned:?}") };
    assert_eq!(
        changed,
        &[
            Change {
                column: Column::Kinds,
                before: Some(FieldValue::Set(["flammable".to_owned(), "shop".to_owned()].into())),
                after: FieldValue::Set(["workshop".to_owned()].into()),
            },
            Change {
                column: Column::Uscc,
                before: Some(FieldValue::Text("92440399MA9T00027B".into())),
                after: FieldValue::Text("92440399MA9T00026B".into()),
            },
        ]
    );
    apply(&planned, &mut world);
    assert_eq!(Summary::of(&plan_against(corrected, &world)).same, 1);
}

#[test]
fn a_key_stands_for_the_same_entities_in_one_caseload_only() {
    let here = sync_core::id::CaseloadId::from_bytes([1; 16]);
    let there = sync_core::id::CaseloadId::from_bytes([2; 16]);
    let ids = ids::RowIds::of(here, "id:X-1");
    assert_eq!(ids, ids::RowIds::of(here, "id:X-1"));
    assert_ne!(ids.premises, ids::RowIds::of(there, "id:X-1").premises);
    assert_ne!(ids.premises, ids::RowIds::of(here, "id:X-2").premises);
    assert!(ids.premises != ids.operator && ids.operator != ids.tenancy);
}

#[test]
fn progress_goes_from_nothing_to_all() {
    let table = read_table(CSV.as_bytes()).unwrap();
    let mut seen = Vec::new();
    read(&table, &mut |progress| seen.push(progress)).unwrap();
    assert_eq!(seen.first(), Some(&Progress { done: 0, total: 6 }));
    assert_eq!(seen.last(), Some(&Progress { done: 6, total: 6 }));
    assert!(seen.is_sorted_by_key(|progress| progress.done));
}
