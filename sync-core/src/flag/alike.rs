//! Under which keys two files find each other: because they may be the same, or because what was seen in one makes what
//! was seen in the other doubtful.

use std::collections::BTreeSet;

use super::facts::{at_home, photos};
use crate::case::{File, Recorded, text_of};
use crate::document::Document;
use crate::entity::Kind;
use crate::id::EntityId;
use crate::submission::Digest;

/// The newest events whose photos and times are compared with those of other files.
const COMPARED: usize = 64;
/// The most hours that one visit is looked up by.
const HOURS: i64 = 12;

/// Normalised keys. Of a premises: unit, credit code, credit code with one character left out (so that codes with one
/// mistyped character meet), phone with name. Of an elder: the keyed hash of the resident id, birth date with name, and
/// the hours in which a worker was at home with them. Of a dwelling: unit and address. Of any file: its photos.
#[must_use]
pub fn alike_keys(root: EntityId, file: &File) -> Vec<String> {
    let Some(document) = file.documents.get(&root) else { return Vec::new() };
    let mut keys = match document.schema().kind {
        Kind::Premises => of_premises(document, file),
        Kind::Elder => of_elder(document),
        Kind::Dwelling => of_dwelling(document),
        _ => Vec::new(),
    };
    let mut events: Vec<&Recorded> = file.standing_events().collect();
    events.sort_by_key(|recorded| (recorded.event.start, recorded.event.id));
    let events = &events[events.len().saturating_sub(COMPARED)..];
    let mut compared: BTreeSet<String> = BTreeSet::new();
    for recorded in events {
        compared.extend(photos(&recorded.event).into_iter().map(|photo| format!("photo {}", Digest(photo.0).hex())));
        if at_home(&recorded.event) {
            let hour = |ms: i64| ms.div_euclid(3_600_000);
            let from = hour(recorded.event.start.millis());
            let to = hour(recorded.event.end.millis()).clamp(from, from.saturating_add(HOURS));
            compared.extend((from..=to).map(|hour| format!("visit {} {hour}", recorded.author.person)));
        }
    }
    keys.extend(compared);
    keys
}

/// The key that files of elders with this keyed hash of a resident id share.
#[must_use]
pub fn person_key(id_hmac: &str) -> String {
    format!("elder {id_hmac}")
}

/// The key that files of elders with this name and day of birth share.
#[must_use]
pub fn born_key(name: &str, birth: &str) -> String {
    format!("born {birth} {}", normal(name))
}

/// The key that dwellings with this unit code share.
#[must_use]
pub fn home_unit_key(unit_code: &str) -> String {
    format!("home {}", normal(unit_code))
}

/// The key that dwellings with this address share.
#[must_use]
pub fn home_address_key(address: &str) -> String {
    format!("home at {}", normal(address))
}

fn of_elder(elder: &Document) -> Vec<String> {
    let [id, name, birth] = ["id_hmac", "name", "birth"].map(|field| text_of(elder, field));
    let person = (!id.is_empty()).then(|| person_key(&id));
    let born = (!name.is_empty() && !birth.is_empty()).then(|| born_key(&name, &birth));
    [person, born].into_iter().flatten().collect()
}

fn of_dwelling(dwelling: &Document) -> Vec<String> {
    let [unit, address] = ["unit_code", "address"].map(|field| text_of(dwelling, field));
    let unit = (!unit.is_empty()).then(|| home_unit_key(&unit));
    let address = (!address.is_empty()).then(|| home_address_key(&address));
    [unit, address].into_iter().flatten().collect()
}

fn of_premises(premises: &Document, file: &File) -> Vec<String> {
    let mut keys = Vec::new();
    let unit = normal(&text_of(premises, "unit_code"));
    if !unit.is_empty() {
        keys.push(format!("unit {unit}"));
    }
    let (name, phone) = (normal(&text_of(premises, "name")), normal(&text_of(premises, "contact_phone")));
    if !name.is_empty() && !phone.is_empty() {
        keys.push(format!("phone {phone} {name}"));
    }
    for (_, operator) in file.of_kind(Kind::Operator) {
        let code: Vec<char> = normal(&text_of(operator, "uscc")).chars().collect();
        if code.len() < 18 {
            continue;
        }
        for left_out in 0..code.len() {
            let rest: String = code.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| c).collect();
            keys.push(format!("uscc {left_out} {rest}"));
        }
    }
    keys
}

/// How a text is compared: width and case do not matter, nor do spaces and dashes.
#[must_use]
pub fn normal(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfkc().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect()
}
