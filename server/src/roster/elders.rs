//! Rosters of elders: which file a row is about, where its elder lives, and what it may not change.
//!
//! A file is found by what the row is known by; else by its resident id or, with the same last four characters, by name
//! and birth date, when the name is the same. The same number under another name makes a file of its own that the flow
//! flags for the steward (D01): nothing is merged in silence. A dwelling is found by its unit code, else its address.

use std::collections::BTreeMap;

use sync_core::entity::Kind;
use sync_core::flag::{born_key, home_address_key, home_unit_key, normal, person_key};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::submission::Part;

use self::there::There;
use super::{Roster, Site};
use crate::app::App;
use crate::db::key::Keyring;
use crate::db::{DbError, Tx, search};
use crate::import::Level;
use crate::import::columns::Columns as _;
use crate::import::elders::{self, Column, Elders};
use crate::import::plan::{ExistingRow, RowPlan, plan};
use crate::import::rows::{FieldValue, ReadRow, RosterRow, Values};

mod parts;
mod there;

/// Calls `work` with the roster of elders as this installation reads it today.
pub async fn elders<T>(app: &App, work: impl AsyncFnOnce(&Elders<'_>) -> T) -> T {
    let sealer = app.flow().sealer();
    let id_hash = |number: &str| sealer.id_hash(number);
    work(&Elders { today: app.clock().now().civil().date(), id_hash: &id_hash }).await
}

impl Roster for Elders<'_> {
    async fn compare(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        caseload: CaseloadId,
        mut rows: Vec<ReadRow<Column>>,
    ) -> Result<Vec<RowPlan<Column>>, DbError> {
        let mut page = Page { caseload, people: BTreeMap::new(), files: BTreeMap::new(), homes: Homes::default() };
        let mut existing = BTreeMap::new();
        for read in &mut rows {
            existing.extend(page.find(tx, keys, read).await?.map(|found| (read.line, found)));
        }
        Ok(plan(rows, &|row| existing.get(&row.line).cloned()))
    }

    async fn parts(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        site: &Site,
        row: &RowPlan<Column>,
    ) -> Result<Vec<Part>, DbError> {
        parts::of(tx, keys, site, row).await
    }
}

/// The file that a row is about: the one that was found for it, or the one that its key leads to.
fn file_of(keys: &Keyring, caseload: CaseloadId, row: &RosterRow<Column>) -> EntityId {
    match row.values.get(&Column::File) {
        Some(FieldValue::Id(file)) => *file,
        _ => id_of(keys, caseload, "elder-import", &row.external_key),
    }
}

/// The id that follows from a key of the roster. It is a keyed hash: from an id in the clear nobody can try out names.
fn id_of(keys: &Keyring, caseload: CaseloadId, domain: &str, key: &str) -> EntityId {
    EntityId::from_bytes(keys.sealer().lookup(caseload, domain, key))
}

/// What the rows so far have said.
struct Page {
    caseload: CaseloadId,
    /// By the hash of a resident id: line and name.
    people: BTreeMap<String, (u32, String)>,
    /// By file: the line.
    files: BTreeMap<EntityId, u32>,
    homes: Homes,
}

/// The dwellings that the rows so far have named.
#[derive(Default)]
struct Homes {
    /// By unit code or address.
    known: BTreeMap<String, EntityId>,
    /// What was said of each, and in which line first.
    said: BTreeMap<EntityId, (u32, Values<Column>)>,
}

impl Page {
    /// Completes a row by what is there: its file, its dwelling. Takes out what it may not change, and says so.
    async fn find(
        &mut self,
        tx: &mut Tx,
        keys: &mut Keyring,
        read: &mut ReadRow<Column>,
    ) -> Result<Option<ExistingRow<Column>>, DbError> {
        self.one_person_once(read);
        let Some(row) = &mut read.row else { return Ok(None) };
        let (file, elsewhere) = self.file(tx, keys, row).await?;
        if let Some(found) = &file {
            row.values.insert(Column::File, FieldValue::Id(found.id));
        }
        let id = file_of(keys, self.caseload, row);
        if let Some(first) = self.files.insert(id, row.line) {
            let (zh, en) = (format!("与第{first}行是同一份档案"), format!("Means the same file as line {first}"));
            read.tell(Level::Error, "row_repeated", zh, en);
            return Ok(None);
        }
        let mut told = Vec::new();
        let home = self.home(tx, keys, row, file.as_ref(), &mut told).await?;
        let existing = file.map(|file| {
            // Without a sound number the row says nothing against the one on file.
            if file.text("id_hmac").is_some() && row.text(Column::IdHash).is_none() {
                row.values.remove(&Column::IdLast4);
            }
            let existing = file.row(row, home.as_ref());
            restrain(row, &existing, &file, home.as_ref(), &mut told);
            existing
        });
        if elsewhere && existing.is_none() {
            told.push((
                "id_elsewhere",
                "另一份姓名不同的档案用了同一身份证号；将另建档案，请档案管理员核对".to_owned(),
                "A file under another name has this resident id; the row gets a file of its own, and the steward compares"
                    .to_owned(),
            ));
        }
        for (code, zh, en) in told {
            read.tell(Level::Warning, code, zh, en);
        }
        Ok(existing)
    }

    /// One number twice in a roster: the same person twice, or two people of whom one number is wrong.
    fn one_person_once(&mut self, read: &mut ReadRow<Column>) {
        let Some(row) = &read.row else { return };
        let Some(hash) = row.text(Column::IdHash) else { return };
        let name = row.text(Column::Name).map(normal).unwrap_or_default();
        let (line, known) = self.people.entry(hash.to_owned()).or_insert((row.line, name.clone()));
        let line = *line;
        if line == row.line {
            return;
        }
        if *known == name {
            let (zh, en) = (format!("与第{line}行是同一人"), format!("Is the person of line {line}"));
            read.tell(Level::Error, "row_repeated", zh, en);
        } else {
            let zh = format!("身份证号与第{line}行相同，姓名不同；两行各建档案，请档案管理员核对");
            let en = format!(
                "Has the resident id of line {line} under another name; each gets a file, and the steward compares"
            );
            read.tell(Level::Warning, "id_repeated", zh, en);
        }
    }

    /// The file that the row is about, if it is there; and whether its number is in a file under another name.
    async fn file(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        row: &RosterRow<Column>,
    ) -> Result<(Option<There>, bool), DbError> {
        for key in elders::keys(row) {
            let id = id_of(keys, self.caseload, "elder-import", &key);
            let found = There::load(tx, keys, self.caseload, id, Kind::Elder).await?;
            if let Some(found) = found.filter(|found| !found.contradicts(row)) {
                return Ok((Some(found), false));
            }
        }
        let name = row.text(Column::Name).map(normal).unwrap_or_default();
        let named = |found: &There| found.text("name").map(normal).as_ref() == Some(&name);
        let mut elsewhere = false;
        if let Some(hash) = row.text(Column::IdHash) {
            for found in self.alike(tx, keys, &person_key(hash), Kind::Elder).await? {
                if named(&found) {
                    return Ok((Some(found), false));
                }
                elsewhere = true;
            }
        }
        let (birth, last4) = (row.text(Column::Birth), row.text(Column::IdLast4));
        if let (Some(birth), Some(last4)) = (birth, last4) {
            let key = born_key(&name, birth);
            for found in self.alike(tx, keys, &key, Kind::Elder).await? {
                if found.text("id_last4") == Some(last4) && !found.contradicts(row) {
                    return Ok((Some(found), elsewhere));
                }
            }
        }
        Ok((None, elsewhere))
    }

    /// Finds the row's dwelling, and notes what this row says of it. A row that says otherwise than an earlier one of the
    /// same dwelling is told, and the earlier one stands.
    async fn home(
        &mut self,
        tx: &mut Tx,
        keys: &mut Keyring,
        row: &mut RosterRow<Column>,
        file: Option<&There>,
        told: &mut Vec<(&'static str, String, String)>,
    ) -> Result<Option<There>, DbError> {
        let Some(home) = elders::home(row) else { return Ok(None) };
        let current = file.and_then(|file| file.id_in("dwelling"));
        let found = match self.homes.named(row) {
            Some(known) => Some(known),
            None => self.dwelling(tx, keys, row, current).await?,
        };
        let id = found.unwrap_or_else(|| id_of(keys, self.caseload, "dwelling-import", &home));
        row.values.insert(Column::Home, FieldValue::Id(id));
        let mut there = There::load(tx, keys, self.caseload, id, Kind::Dwelling).await?.unwrap_or(There::nothing(id));
        if let Some(line) = self.homes.note(id, row) {
            told.push((
                "home_differs",
                format!("与第{line}行是同一住处，说法不同；以第{line}行为准"),
                format!("Says otherwise than line {line} of the same dwelling; line {line} stands"),
            ));
        }
        there.overlay(self.homes.said_by_others(id, row.line));
        Ok(Some(there))
    }

    /// The dwelling on record with this unit code; else one with this address and no other unit code. Of several, the one
    /// that the elder lives in, else the first.
    async fn dwelling(
        &self,
        tx: &mut Tx,
        keys: &mut Keyring,
        row: &RosterRow<Column>,
        current: Option<EntityId>,
    ) -> Result<Option<EntityId>, DbError> {
        let (unit, address) = (row.text(Column::UnitCode), row.text(Column::Address));
        let mut found = match unit {
            Some(unit) => self.alike(tx, keys, &home_unit_key(unit), Kind::Dwelling).await?,
            None => Vec::new(),
        };
        if let (true, Some(address)) = (found.is_empty(), address) {
            found = self.alike(tx, keys, &home_address_key(address), Kind::Dwelling).await?;
            found.retain(|found| unit.is_none() || found.text("unit_code").is_none());
        }
        let ids: Vec<EntityId> = found.iter().map(|found| found.id).collect();
        Ok(current.filter(|current| ids.contains(current)).or_else(|| ids.first().copied()))
    }

    /// The files of a kind under this key.
    async fn alike(&self, tx: &mut Tx, keys: &mut Keyring, key: &str, kind: Kind) -> Result<Vec<There>, DbError> {
        let mut found = Vec::new();
        for root in search::with_key(tx, keys.sealer(), self.caseload, key).await? {
            found.extend(There::load(tx, keys, self.caseload, root, kind).await?);
        }
        Ok(found)
    }
}

impl Homes {
    /// The dwelling that earlier rows call so.
    fn named(&self, row: &RosterRow<Column>) -> Option<EntityId> {
        let (unit, address) = names(row);
        let by_unit = unit.as_ref().and_then(|unit| self.known.get(unit)).copied();
        let by_address = address.and_then(|address| self.known.get(&address)).copied();
        let has_unit = |id: &EntityId| self.said.get(id).is_some_and(|(_, said)| said.contains_key(&Column::UnitCode));
        by_unit.or_else(|| by_address.filter(|id| unit.is_none() || !has_unit(id)))
    }

    /// Notes what a row says of a dwelling; takes out what differs from an earlier row, and gives that row's line.
    fn note(&mut self, id: EntityId, row: &mut RosterRow<Column>) -> Option<u32> {
        let (unit, address) = names(row);
        for name in unit.into_iter().chain(address) {
            self.known.entry(name).or_insert(id);
        }
        let (line, said) = self.said.entry(id).or_insert_with(|| (row.line, Values::new()));
        let of_home: Vec<Column> = row.values.keys().copied().filter(|column| is_of_home(*column)).collect();
        let mut differs = None;
        for column in of_home {
            match said.get(&column) {
                Some(known) if row.values.get(&column) != Some(known) => {
                    row.values.remove(&column);
                    differs = Some(*line);
                }
                Some(_) => {}
                None => said.extend(row.values.get(&column).map(|value| (column, value.clone()))),
            }
        }
        differs
    }

    /// What other rows before this one said of a dwelling: it will be there when this row is written.
    fn said_by_others(&self, id: EntityId, line: u32) -> Values<Column> {
        let said = self.said.get(&id).filter(|(first, _)| *first != line);
        said.map(|(_, said)| said.clone()).unwrap_or_default()
    }
}

/// A row's unit code and address as keys of the page.
fn names(row: &RosterRow<Column>) -> (Option<String>, Option<String>) {
    let unit = row.text(Column::UnitCode).map(|unit| format!("unit:{}", normal(unit)));
    (unit, row.text(Column::Address).map(|address| format!("at:{}", normal(address))))
}

fn is_of_home(column: Column) -> bool {
    column.target().is_some_and(|(kind, _)| kind == Kind::Dwelling)
}

/// Takes out of a row what a table must not decide: to lower a tier or a consent, or between two values that wait for a
/// person.
fn restrain(
    row: &mut RosterRow<Column>,
    existing: &ExistingRow<Column>,
    file: &There,
    home: Option<&There>,
    told: &mut Vec<(&'static str, String, String)>,
) {
    let differing: Vec<Column> = row.values.keys().copied().collect();
    for column in differing {
        let (Some(said), Some(there)) = (row.values.get(&column), existing.values.get(&column)) else { continue };
        if said == there {
            continue;
        }
        let (zh, en) = column.template();
        let holder = if is_of_home(column) { home } else { Some(file) };
        if elders::is_weaker(column, said, there) {
            row.values.remove(&column);
            told.push((
                "weaker_than_file",
                format!("“{zh}”在档案里更高或更严，未改动；需要调低请在档案里办理"),
                format!("\"{en}\" is higher or stricter in the file and stays; whoever may lower it does so there"),
            ));
        } else if holder.is_some_and(|holder| holder.in_conflict(column, row)) {
            row.values.remove(&column);
            told.push((
                "field_in_conflict",
                format!("“{zh}”在档案里有两种说法，须由人选定，未改动"),
                format!("\"{en}\" has two versions in the file that a person settles; it stays"),
            ));
        }
    }
}

#[cfg(test)]
mod tests;
