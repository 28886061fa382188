//! A roster of elders: one row a person, with where they live and whom to call.
//!
//! The resident id is read once: checked, used for birth date and sex, and turned into a keyed hash with its last four
//! characters before the row leaves this folder. What is told of a row never quotes its cells: a column that slipped
//! would put somebody's number into a report.

pub mod cells;
pub mod columns;
pub mod template;
pub mod words;

use std::collections::BTreeSet;

use jiff::civil::Date;
use sync_core::entity::elder;
use sync_core::event::{ConsentMethod, ConsentState, Purpose};
use sync_core::flag::normal;
use sync_core::identifier::{self, Kind, resident_id};

use self::columns::{CONTACTS, Of};
use super::cells::{Told, checked};
use super::rows::{FieldValue, RosterRow, Sheet, Values, text_of};
use super::{Cell, Damage, Level};

pub use self::columns::Column;

/// The roster of elders.
pub struct Elders<'a> {
    /// The day of the import: nobody is born after it.
    pub today: Date,
    /// The keyed hash of a resident id.
    pub id_hash: &'a (dyn Fn(&str) -> String + Send + Sync),
}

/// Consents for giving data to others, who have to be named.
const SHARING: [Purpose; 4] =
    [Purpose::FamilyShare, Purpose::HealthCenterShare, Purpose::CivilAffairsShare, Purpose::VolunteerShare];

impl Sheet for Elders<'_> {
    type Column = Column;
    const NO_KEY: (&'static str, &'static str) = (
        "该行既无外部编号、身份证号，也无住址或出生日期，再次导入时无法识别",
        "The row has no outside number, no resident id, no home and no birth date: a second import could not recognise it",
    );
    const SAME: (&'static str, &'static str) = (
        "外部编号相同，或证件号和姓名相同，或住处和姓名相同",
        "same outside number, or same resident id and name, or same home and name",
    );

    fn cell(&self, column: Column, text: &str, row: &mut Values<Column>, told: Told<'_>) {
        if column != Column::ResidentId && cells::holds_resident_id(text, self.today) {
            told(
                Level::Error,
                "resident_id_elsewhere",
                "这一列里有身份证号；请移到“身份证号”一列，其他列会原样保存".into(),
                "There is a resident id in this column; move it to the column resident_id: others are kept as they stand"
                    .into(),
            );
            return;
        }
        match column {
            Column::ResidentId => self.resident_id(text, row, told),
            Column::Consent(purpose) => cells::consent(purpose, text, row, told),
            Column::UnitCode => drop(row.insert(column, checked(Kind::UnitCode, text, told))),
            Column::Contact(_, Of::Phone) => drop(row.insert(column, checked(Kind::Phone, text, told))),
            Column::Birth => self.birth(cells::day(text), row, told),
            _ => row.extend(cells::plain(column, text, told).map(|value| (column, value))),
        }
    }

    fn date(&self, column: Column, cell: &Cell, row: &mut Values<Column>, told: Told<'_>) -> bool {
        let is_date = column == Column::Birth && cell.damage == Some(Damage::BecameDate);
        if is_date {
            self.birth(cells::day(&cell.text), row, told);
        }
        is_date
    }

    fn whole(&self, row: &mut Values<Column>, told: Told<'_>) {
        compare_with_card(row, told);
        contacts(row, told);
        consents(row, told);
        let homeless = text_of(row, Column::UnitCode).is_none() && text_of(row, Column::Address).is_none();
        if homeless && [Column::Floor, Column::Lift, Column::MapPoint].iter().any(|column| row.contains_key(column)) {
            told(
                Level::Error,
                "home_unknown",
                "有楼层、电梯或坐标，却没有地址和单元编码".into(),
                "There is a floor, a lift or a map point, but neither address nor unit code".into(),
            );
        }
    }

    fn key(&self, row: &RosterRow<Column>) -> Option<String> {
        keys(row).into_iter().next()
    }
}

impl Elders<'_> {
    /// What is kept of a number: the keyed hash of a sound one, and its last four characters.
    fn resident_id(&self, text: &str, row: &mut Values<Column>, told: Told<'_>) {
        let checked = identifier::check(Kind::ResidentId { today: self.today }, text);
        for warning in &checked.warnings {
            told(Level::Warning, warning.code, warning.zh.into(), warning.en.into());
        }
        let number = checked.normalised;
        row.insert(Column::IdLast4, FieldValue::Text(identifier::last4(&number)));
        let Some(read) = resident_id::read(&number) else { return };
        row.insert(Column::IdHash, FieldValue::Text((self.id_hash)(&number)));
        row.insert(Column::Division, FieldValue::Text(read.division));
        row.insert(Column::CardSex, FieldValue::Text(read.sex.to_owned()));
        row.insert(Column::CardBirth, FieldValue::Text(read.birth));
    }

    fn birth(&self, day: Option<Date>, row: &mut Values<Column>, told: Told<'_>) {
        match day {
            Some(day) if day <= self.today => drop(row.insert(Column::Birth, FieldValue::Text(day.to_string()))),
            Some(_) => told(
                Level::Error,
                "birth_in_future",
                "出生日期晚于今天".into(),
                "The birth date lies in the future".into(),
            ),
            None => told(
                Level::Error,
                "birth_not_a_day",
                "出生日期应为年月日，例如 1945-12-03".into(),
                "The birth date should be a day, such as 1945-12-03".into(),
            ),
        }
    }
}

/// What a row may be known by, the surest first: the outside number, the resident id with the name, the home with the
/// name, the birth date with the name. An office that adds a number later is understood by what it said before.
#[must_use]
pub fn keys(row: &RosterRow<Column>) -> Vec<String> {
    let Some(name) = row.text(Column::Name).map(normal) else { return Vec::new() };
    let own = row.text(Column::ExternalId).map(|id| format!("id:{id}"));
    let person = row.text(Column::IdHash).map(|hash| format!("person:{hash}/{name}"));
    let home = home(row).map(|home| format!("home:{home}/{name}"));
    let born = row.text(Column::Birth).map(|birth| format!("born:{birth}/{name}"));
    [own, person, home, born].into_iter().flatten().collect()
}

/// What the row's dwelling is known by: its unit code, else its address.
#[must_use]
pub fn home(row: &RosterRow<Column>) -> Option<String> {
    let unit = row.text(Column::UnitCode).map(|unit| format!("unit:{}", normal(unit)));
    unit.or_else(|| row.text(Column::Address).map(|address| format!("at:{}", normal(address))))
}

/// What the card says fills what the row leaves open; where they differ, the row stands and somebody should look.
fn compare_with_card(row: &mut Values<Column>, told: Told<'_>) {
    let pairs = [
        (
            Column::Sex,
            Column::CardSex,
            "sex_differs",
            ("性别与身份证号不一致，请核对", "The sex is not the one in the resident id; please compare"),
        ),
        (
            Column::Birth,
            Column::CardBirth,
            "birth_differs",
            ("出生日期与身份证号不一致，请核对", "The birth date is not the one in the resident id; please compare"),
        ),
    ];
    for (column, card, code, (zh, en)) in pairs {
        let Some(read) = row.remove(&card) else { continue };
        match row.get(&column) {
            Some(said) if *said != read => told(Level::Warning, code, zh.into(), en.into()),
            Some(_) => {}
            None => drop(row.insert(column, read)),
        }
    }
}

fn contacts(row: &Values<Column>, told: Told<'_>) {
    let named = |n: &u8| row.contains_key(&Column::Contact(*n, Of::Name));
    let nameless =
        |n: &u8| !named(n) && [Of::Phone, Of::Relation].iter().any(|of| row.contains_key(&Column::Contact(*n, *of)));
    if CONTACTS.iter().any(nameless) {
        told(
            Level::Error,
            "contact_no_name",
            "有联系人的电话或关系，却没有姓名".into(),
            "A contact has a phone or relation, but no name".into(),
        );
    }
    let names: Vec<&str> = CONTACTS.iter().filter_map(|n| text_of(row, Column::Contact(*n, Of::Name))).collect();
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        told(
            Level::Error,
            "contact_repeated",
            "两位联系人同名；请加以区分，例如“小红（女儿）”".into(),
            "Two contacts have the same name; please tell them apart, such as \"Xiaohong (daughter)\"".into(),
        );
    }
    if names.len() < 2 {
        told(
            Level::Warning,
            "few_contacts",
            "紧急联系人不足两位，请尽快补登".into(),
            "There are fewer than two emergency contacts; please add them soon".into(),
        );
    }
}

/// A consent is one only when the row says how it was given; else nobody was asked.
fn consents(row: &mut Values<Column>, told: Told<'_>) {
    let said: BTreeSet<Purpose> =
        Purpose::ALL.iter().copied().filter(|purpose| row.contains_key(&Column::Consent(*purpose))).collect();
    if said.is_empty() {
        return;
    }
    let Some(method) = text_of(row, Column::ConsentMethod).and_then(ConsentMethod::from_code) else {
        for purpose in said {
            row.remove(&Column::Consent(purpose));
        }
        told(
            Level::Warning,
            "consent_no_method",
            "没有写明“同意方式”，各项同意按未询问处理".into(),
            "consent_method is empty, so the consents count as not asked".into(),
        );
        return;
    };
    let state = |purpose| text_of(row, Column::Consent(purpose)).and_then(ConsentState::from_code);
    let gives = |purpose: &Purpose| state(*purpose) == Some(ConsentState::Granted);
    let unnamed = |purpose: &Purpose| gives(purpose) && !row.contains_key(&Column::Receivers(*purpose));
    if said.iter().any(gives) && method != ConsentMethod::Paper && text_of(row, Column::ConsentWitness).is_none() {
        told(
            Level::Error,
            "consent_no_witness",
            "口头或由监护人同意，须写明见证人或监护人".into(),
            "A consent by word of mouth or by a guardian names the witness or guardian".into(),
        );
    }
    if SHARING.iter().any(unnamed) {
        told(
            Level::Error,
            "consent_no_receiver",
            "同意提供给他人的，须写明提供给谁，例如：同意:某某社康中心".into(),
            "A consent to share names those who receive it, for example granted:Taoying clinic".into(),
        );
    }
}

/// Whether this value of the column is weaker than that one: a roster raises, it never lowers.
#[must_use]
pub fn is_weaker(column: Column, said: &FieldValue, there: &FieldValue) -> bool {
    let order: &[&str] = match column {
        Column::RiskTier => elder::TIERS,
        Column::EvacuationHelp => elder::EVACUATION,
        Column::Consent(_) => elder::CONSENT_STATES,
        _ => return false,
    };
    let place = |value: &FieldValue| match value {
        FieldValue::Text(text) => order.iter().position(|known| known == text),
        _ => None,
    };
    place(said) < place(there)
}

#[cfg(test)]
mod tests;
