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
/// mistyped character meet), phone with name. Of an elder: the keyed hash of the resident id, and the hours in which a
/// worker was at home with them. Of any file: its photos.
#[must_use]
pub fn alike_keys(root: EntityId, file: &File) -> Vec<String> {
    let Some(document) = file.documents.get(&root) else { return Vec::new() };
    let mut keys = match document.schema().kind {
        Kind::Premises => of_premises(document, file),
        Kind::Elder => of_elder(document),
        _ => Vec::new(),
    };
    // Also what was voided or amended since: the doubts that it gave rise to end in whichever file they are.
    let mut events: Vec<&Recorded> = file.events.iter().collect();
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

fn of_elder(elder: &Document) -> Vec<String> {
    let id = text_of(elder, "id_hmac");
    if id.is_empty() { Vec::new() } else { vec![format!("elder {id}")] }
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
pub(crate) fn normal(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfkc().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect()
}
