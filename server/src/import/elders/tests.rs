//! Whole files, from bytes to rows.

use rust_xlsxwriter::{Format, Workbook};
use sync_core::event::Purpose;

use super::*;
use crate::import::read_table;
use crate::import::rows::{Roster, read};

const CSV: &str = "\
花果山社区长者名册,,,,,,,,,,,,
姓名,身份证号,出生日期,居住情况,困难类型,风险等级,电梯,地址,单元编码,紧急联系人,紧急联系人电话,同意方式,同意建档
顾阿婆,44039919360815028x,,独居,独居、失能,高,无,桃影里3号502室,ty3-r-502,顾小妹,142 0000 0001,书面,同意
谭伯,440399193802290024,,与配偶,空巢,重点,有,桃影里4号,,谭小明,14200000002,,同意
无号长者,,1945年12月3日,与子女,,,,桃影里5号,,,14200000003,,
半截,4.40399E+17,,,,,,,,,,,
顾阿婆,440399193608150 28X,,,,,,桃影里3号502室,,,,,
乙婆,440399195206170033,1952/6/18,飞船,,,,,,,,,
谁,,,,,,,,,,,,
谁谁,,,,,,有,,,,,,
";

const TODAY: Date = jiff::civil::date(2026, 11, 23);

fn hash(number: &str) -> String {
    format!("hash of {}", number.len() + usize::from(number.as_bytes()[13]))
}

fn read_bytes(bytes: &[u8]) -> Roster<Column> {
    let sheet = Elders { today: TODAY, id_hash: &hash };
    read(&sheet, &read_table(bytes).unwrap(), &mut |_| {}).unwrap()
}

fn codes(roster: &Roster<Column>) -> Vec<(u32, Option<&str>, &str)> {
    roster.rows.iter().flat_map(|r| &r.issues).map(|i| (i.line, i.column.as_deref(), i.code)).collect()
}

#[test]
fn each_fault_is_told_with_its_line_and_column_and_never_with_a_number() {
    let roster = read_bytes(CSV.as_bytes());
    assert_eq!(
        codes(&roster),
        [
            (3, None, "few_contacts"),
            (4, Some("身份证号"), "resident_id_date"),
            (4, None, "few_contacts"),
            (4, None, "consent_no_method"),
            (5, None, "contact_no_name"),
            (5, None, "few_contacts"),
            (6, Some("身份证号"), "cell_digits_lost"),
            (6, None, "few_contacts"),
            (7, None, "few_contacts"),
            (7, None, "row_repeated"),
            (8, Some("居住情况"), "choice_unknown"),
            (8, None, "birth_differs"),
            (8, None, "few_contacts"),
            (9, None, "few_contacts"),
            (9, None, "row_no_key"),
            (10, None, "few_contacts"),
            (10, None, "home_unknown"),
        ]
    );
    let told: String = roster.rows.iter().flat_map(|row| &row.issues).map(|i| format!("{}{}", i.zh, i.en)).collect();
    for secret in ["4403", "飞船", "顾", "14200000003"] {
        assert!(!told.contains(secret), "{secret}");
    }
}

#[test]
fn of_a_number_the_hash_and_the_last_four_are_left() {
    let roster = read_bytes(CSV.as_bytes());
    let sound = roster.rows[0].row.as_ref().unwrap();
    assert_eq!(sound.text(Column::IdLast4), Some("028X"));
    assert_eq!(sound.text(Column::IdHash), Some(hash("44039919360815028X").as_str()));
    assert_eq!((sound.text(Column::Sex), sound.text(Column::Birth)), (Some("female"), Some("1936-08-15")));
    assert_eq!(sound.text(Column::Division), Some("440399"));
    assert!(!sound.values.contains_key(&Column::ResidentId) && !sound.values.contains_key(&Column::CardSex));
    // 29 February 1938 does not exist: kept without a hash.
    let doubtful = roster.rows[1].row.as_ref().unwrap();
    assert_eq!((doubtful.text(Column::IdLast4), doubtful.text(Column::IdHash)), (Some("0024"), None));
    let shown = serde_json::to_string(&roster.rows[0].row).unwrap() + &format!("{roster:?}");
    assert!(!shown.contains("44039919") && shown.contains("028X"));
}

#[test]
fn cells_become_codes() {
    let roster = read_bytes(CSV.as_bytes());
    let row = roster.rows[0].row.as_ref().unwrap();
    assert_eq!(row.text(Column::RiskTier), Some("high"));
    assert_eq!(row.values[&Column::Lift], FieldValue::Bool(false));
    assert_eq!(row.values[&Column::Difficulties], FieldValue::Set(["alone".to_owned(), "disabled".to_owned()].into()));
    assert_eq!(row.text(Column::UnitCode), Some("TY3-R-502"));
    assert_eq!(row.text(Column::Contact(1, Of::Phone)), Some("14200000001"));
    assert_eq!(row.text(Column::Consent(Purpose::Archive)), Some("granted"));
    let without_method = roster.rows[1].row.as_ref().unwrap();
    assert_eq!(without_method.text(Column::Consent(Purpose::Archive)), None, "nobody said how: not asked");
}

#[test]
fn csv_in_any_encoding_and_xlsx_make_the_same_rows() {
    let from_csv = read_bytes(CSV.as_bytes());
    assert_eq!(read_bytes(&encoding_rs::GB18030.encode(CSV).0), from_csv);
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let date = Format::new().set_num_format("yyyy/m/d");
    for (row, line) in (0..).zip(CSV.lines()) {
        for (column, text) in (0..).zip(line.split(',')) {
            match text {
                // Excel keeps a day of birth as a date, and a number of 18 digits not at all.
                "1945年12月3日" => sheet.write_with_format(row, column, 16_774.0, &date).unwrap(),
                "4.40399E+17" => sheet.write(row, column, 440_399_194_512_030_018.0_f64).unwrap(),
                text => sheet.write(row, column, text).unwrap(),
            };
        }
    }
    let from_xlsx = read_bytes(&workbook.save_to_buffer().unwrap());
    assert_eq!(from_xlsx, from_csv);
}

#[test]
fn a_number_in_another_column_is_refused() {
    for line in ["440399194512030018,甲,桃影里", "7,甲,身份证 440399194512030018"] {
        let roster = read_bytes(format!("编号,姓名,地址\n{line}\n").as_bytes());
        assert_eq!(roster.rows[0].row, None);
        assert!(roster.rows[0].issues.iter().any(|issue| issue.code == "resident_id_elsewhere"), "{line}");
    }
}

#[test]
fn contacts_of_one_name_are_told_apart_before_they_are_taken() {
    let line = "甲,桃影里,小红,14200000001,小红 ,14200000002";
    let heading = "姓名,地址,联系人1,联系人1电话,联系人2,联系人2电话";
    let roster = read_bytes(format!("{heading}\n{line}\n").as_bytes());
    assert_eq!((codes(&roster), roster.rows[0].row.is_none()), (vec![(2, None, "contact_repeated")], true));
    let roster = read_bytes(format!("{heading}\n{}\n", line.replace("小红 ", "小红（邻居）")).as_bytes());
    assert_eq!((codes(&roster), roster.rows[0].row.is_some()), (vec![], true));
}

#[test]
fn consents_say_how_and_to_whom() {
    let told = |line: &str| {
        let roster = read_bytes(
            format!("name,address,consent_method,witness,consent_photo,consent_family_share\n{line}\n").as_bytes(),
        );
        codes(&roster)
            .into_iter()
            .map(|(_, _, code)| code)
            .filter(|code| *code != "few_contacts")
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(told("Gu,Taoying 3,paper,,granted,granted:daughter"), "");
    assert_eq!(told("Gu,Taoying 3,paper,,granted,granted"), "consent_no_receiver");
    assert_eq!(told("Gu,Taoying 3,verbal_witness,,granted,"), "consent_no_witness");
    assert_eq!(told("Gu,Taoying 3,verbal_witness,Tan,granted,"), "");
    assert_eq!(told("Gu,Taoying 3,verbal_witness,,refused,"), "");
}

#[test]
fn a_generated_roster_is_read_without_an_error() {
    let elders = sync_core::generator::elders(7, 300);
    for headings in [crate::import::template::Headings::Zh, crate::import::template::Headings::En] {
        let csv = template::to_csv(&elders, headings).unwrap();
        let sheet = Elders { today: TODAY, id_hash: &str::to_owned };
        let roster = read(&sheet, &read_table(&csv).unwrap(), &mut |_| {}).unwrap();
        assert!(roster.ignored.is_empty());
        for (read, elder) in roster.rows.iter().zip(&elders) {
            assert!(read.issues.iter().all(|issue| issue.code == "few_contacts"), "{:?}", read.issues);
            let row = read.row.as_ref().unwrap();
            assert_eq!(row.text(Column::Name), Some(elder.name.as_str()));
            assert_eq!(row.text(Column::IdHash), Some(elder.resident_id.as_str()), "the hash of this test");
        }
    }
    let empty = read_table(&template::to_csv(&[], crate::import::template::Headings::Zh).unwrap()).unwrap();
    assert_eq!(empty.lines.len(), 1, "the template is a header and nothing else");
}
