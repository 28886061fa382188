//! What a planned row of elders writes: the elder's file, the dwelling where it says something new, and an event for each
//! consent.

use std::collections::BTreeSet;

use sync_core::edit::{FieldOp, Value};
use sync_core::entity::{Kind, elder};
use sync_core::event::{Consent, ConsentMethod, ConsentState, Event, EventBody, Purpose};
use sync_core::id::{EntityId, EventId};
use sync_core::submission::Part;

use super::there::{There, contact};
use super::{Site, file_of, is_of_home};
use crate::db::key::Keyring;
use crate::db::{DbError, Tx};
use crate::import::columns::Columns as _;
use crate::import::elders::Column;
use crate::import::elders::columns::Of;
use crate::import::plan::{Action, RowPlan, changes};
use crate::import::rows::{FieldValue, RosterRow, Values};
use crate::roster::{edit, puts};

pub(super) async fn of(
    tx: &mut Tx,
    keys: &mut Keyring,
    site: &Site,
    planned: &RowPlan<Column>,
) -> Result<Vec<Part>, DbError> {
    let (row, said) = match &planned.action {
        Action::Create { row } => (row, row.values.clone()),
        Action::Update { row, changed } => {
            (row, changed.iter().map(|change| (change.column, change.after.clone())).collect())
        }
        Action::Same { .. } | Action::Error => return Ok(Vec::new()),
    };
    let id = file_of(keys, site.caseload, row);
    let file = There::load(tx, keys, site.caseload, id, Kind::Elder).await?.unwrap_or(There::nothing(id));
    let home = match row.values.get(&Column::Home) {
        Some(FieldValue::Id(home)) => {
            let found = There::load(tx, keys, site.caseload, *home, Kind::Dwelling).await?;
            Some(found.unwrap_or(There::nothing(*home)))
        }
        _ => None,
    };
    let mut parts = Vec::new();
    let ops = of_elder(row, &said, &file);
    if !ops.is_empty() {
        parts.push(edit(id, Kind::Elder, file.version, ops));
    }
    if let Some(home) = home {
        let ops = of_home(row, &said, &home);
        if !ops.is_empty() {
            parts.push(edit(home.id, Kind::Dwelling, home.version, ops));
        }
    }
    let purposes = Purpose::ALL.iter().filter(|purpose| said.contains_key(&Column::Consent(**purpose)));
    parts.extend(purposes.filter_map(|purpose| consent(site, row, &file, *purpose)).map(|event| Part::event(&event)));
    Ok(parts)
}

fn of_elder(row: &RosterRow<Column>, said: &Values<Column>, file: &There) -> Vec<FieldOp> {
    let mut ops = Vec::new();
    for (column, value) in said.iter().filter(|(column, _)| !is_of_home(**column)) {
        let Some((_, field)) = column.target() else { continue };
        match (*column, value) {
            (Column::Contact(n, of), FieldValue::Text(text)) => {
                let Some(contact) = contact(file.id, row, n) else { continue };
                let mut put = |field: &str, value| ops.push(FieldOp::put_element(field, &contact, value));
                if of == Of::Name {
                    put("contacts", Value::Bool(true));
                    put("contact_order", Value::Int(i64::from(n)));
                }
                put(field, Value::from(text.as_str()));
            }
            (Column::Consent(purpose), FieldValue::Text(state)) => {
                ops.push(FieldOp::put_element(field, purpose.code(), Value::from(state.as_str())));
                ops.extend(shares(row, file, purpose, state));
            }
            (_, value) => ops.extend(puts(field, value)),
        }
    }
    if file.version == 0 {
        ops.push(FieldOp::put("life_state", Value::from("active")));
    }
    ops
}

/// Whom a consent to share names; a refusal takes all of them off the list.
fn shares(row: &RosterRow<Column>, file: &There, purpose: Purpose, state: &str) -> Vec<FieldOp> {
    let prefix = format!("{purpose}:");
    let put = |element: String, on| FieldOp::put_element("share_list", &element, Value::Bool(on));
    if state == ConsentState::Granted.code() {
        return receivers(row, purpose).into_iter().map(|name| put(format!("{prefix}{name}"), true)).collect();
    }
    let listed = file.members("share_list").into_iter().filter(|element| element.starts_with(&prefix));
    listed.map(|element| put(element, false)).collect()
}

fn receivers(row: &RosterRow<Column>, purpose: Purpose) -> BTreeSet<String> {
    match row.values.get(&Column::Receivers(purpose)) {
        Some(FieldValue::Set(names)) => names.clone(),
        _ => BTreeSet::new(),
    }
}

/// What the row says of the dwelling that is not there yet; and that somebody in it needs help to get out. One elder's
/// "no" says nothing of the others.
fn of_home(row: &RosterRow<Column>, said: &Values<Column>, home: &There) -> Vec<FieldOp> {
    let of_home: Values<Column> =
        row.values.iter().filter(|(column, _)| is_of_home(**column)).map(|(c, v)| (*c, v.clone())).collect();
    let there = of_home.keys().filter_map(|column| Some((*column, home.value(*column, row)?))).collect();
    let changed = changes(&of_home, &there);
    let put = |column: Column, value: &FieldValue| column.target().map(|(_, field)| puts(field, value));
    let mut ops: Vec<FieldOp> =
        changed.iter().filter_map(|change| put(change.column, &change.after)).flatten().collect();
    let told = [Column::EvacuationHelp, Column::Home].iter().any(|column| said.contains_key(column));
    if let (true, Some(help)) = (told, row.text(Column::EvacuationHelp)) {
        let place = |help: &str| elder::EVACUATION.iter().position(|known| *known == help);
        let stronger = home.text("evacuation_help").is_none_or(|there| place(help) > place(there));
        if stronger {
            ops.push(FieldOp::put("evacuation_help", Value::from(help)));
        }
    }
    ops
}

/// What the elder said for one purpose. On which day is on the paper; here stands when it was brought in.
fn consent(site: &Site, row: &RosterRow<Column>, file: &There, purpose: Purpose) -> Option<Event> {
    let method = ConsentMethod::from_code(row.text(Column::ConsentMethod)?)?;
    let state = ConsentState::from_code(row.text(Column::Consent(purpose))?)?;
    let elder: EntityId = file.id;
    let id = EventId::derived(
        "consent-import",
        &[site.caseload.bytes(), elder.bytes(), purpose.code().as_bytes(), &file.version.to_be_bytes()],
    );
    let said = Consent {
        purpose,
        state,
        method,
        paper: None,
        witness: row.text(Column::ConsentWitness).map(str::to_owned),
        valid_to: None,
        receivers: receivers(row, purpose).into_iter().collect(),
        limits: None,
    };
    Some(Event {
        id,
        subject: elder,
        programme: site.programme.clone(),
        policy: site.policy,
        start: site.now,
        end: site.now,
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body: EventBody::Consent(said),
    })
}
