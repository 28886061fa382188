//! Under which keys two files find each other: because they may be the same, or because what was seen in one makes what
//! was seen in the other doubtful.

use std::collections::BTreeSet;

use super::facts::{at_home, photos};
use crate::case::{File, Recorded};
use crate::document::Document;
use crate::entity::Kind;
use crate::id::EntityId;
use crate::identifier::uscc;
use crate::merge::Resolved;
use crate::submission::Digest;

/// What keys of what was seen begin with.
const PHOTO: &str = "photo ";
const VISIT: &str = "visit ";
/// The newest events whose photos and times are compared with those of other files.
const COMPARED: usize = 64;
/// Most claims of one field that are compared.
const COMPARED_CLAIMS: usize = 8;
/// The most hours that one visit is looked up by.
const HOURS: i64 = 12;

/// Normalised keys. Of a premises: unit, credit code, credit code with one character left out (so that codes with one
/// mistyped character meet; one that is not whole as it is), phone with name. Of an elder: the keyed hash of the resident
/// id, birth date with name, and the hours in which a worker was at home with them. Of a dwelling: unit and address. Of
/// any file: its photos.
#[must_use]
pub fn alike_keys(root: EntityId, file: &File) -> Vec<String> {
    let Some(document) = file.documents.get(&root) else { return Vec::new() };
    let mut keys = match document.schema().kind {
        Kind::Premises => of_premises(document, file),
        Kind::Elder => of_elder(document),
        Kind::Dwelling => of_dwelling(document),
        _ => Vec::new(),
    };
    // Also what was voided or amended since: the doubts that it gave rise to end in whichever file they are.
    let mut events: Vec<&Recorded> = file.events.iter().collect();
    events.sort_by_key(|recorded| (recorded.event.start, recorded.event.id));
    let events = &events[events.len().saturating_sub(COMPARED)..];
    let mut compared: BTreeSet<String> = BTreeSet::new();
    for recorded in events {
        compared.extend(photos(&recorded.event).into_iter().map(|photo| format!("{PHOTO}{}", Digest(photo.0).hex())));
        if at_home(&recorded.event) {
            let hour = |ms: i64| ms.div_euclid(3_600_000);
            let from = hour(recorded.event.start.millis());
            let to = hour(recorded.event.end.millis()).clamp(from, from.saturating_add(HOURS));
            compared.extend((from..=to).map(|hour| format!("{VISIT}{} {hour}", recorded.author.person)));
        }
    }
    keys.extend(compared);
    keys
}

/// Whether this is a key of what was seen, not of who a file is. Many files with one photo are a question each; many with
/// one credit code are a chain of shops.
#[must_use]
pub fn is_of_what_was_seen(key: &str) -> bool {
    [PHOTO, VISIT].iter().any(|kind| key.starts_with(kind))
}

/// The key that files of elders with this keyed hash of a resident id share.
#[must_use]
pub fn person_key(id_hmac: &str) -> String {
    format!("elder {}", normal(id_hmac))
}

/// The key that files of elders with this name and day of birth share.
#[must_use]
pub fn born_key(name: &str, birth: &str) -> String {
    format!("born {} {}", normal(birth), normal(name))
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
    let births = said(elder, "birth");
    let born = |name: String| births.iter().map(move |birth| born_key(&name, birth)).collect::<Vec<_>>();
    let people = said(elder, "id_hmac").into_iter().map(|id| person_key(&id));
    people.chain(said(elder, "name").into_iter().flat_map(born)).collect()
}

fn of_dwelling(dwelling: &Document) -> Vec<String> {
    let units = said(dwelling, "unit_code").into_iter().map(|unit| home_unit_key(&unit));
    units.chain(said(dwelling, "address").into_iter().map(|address| home_address_key(&address))).collect()
}

fn of_premises(premises: &Document, file: &File) -> Vec<String> {
    let mut keys: Vec<String> = said(premises, "unit_code").into_iter().map(|unit| format!("unit {unit}")).collect();
    for name in said(premises, "name") {
        keys.extend(said(premises, "contact_phone").into_iter().map(|phone| format!("phone {phone} {name}")));
    }
    let codes: BTreeSet<String> =
        file.of_kind(Kind::Operator).flat_map(|(_, operator)| said(operator, "uscc")).collect();
    for code in codes {
        let code: Vec<char> = code.chars().collect();
        if code.len() != uscc::LENGTH {
            // Not whole: it is compared as it is.
            keys.push(format!("uscc {}", code.iter().collect::<String>()));
            continue;
        }
        for left_out in 0..code.len() {
            let rest: String = code.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| c).collect();
            keys.push(format!("uscc {left_out} {rest}"));
        }
    }
    keys
}

/// Everything that stands in a field, as it is compared: also what another claim hides in a conflict.
pub(super) fn said(document: &Document, field: &str) -> BTreeSet<String> {
    let resolved = document.field(field);
    let claims = resolved.iter().flat_map(Resolved::standing);
    let texts = claims.filter_map(|claim| claim.value.as_text()).map(normal);
    texts.filter(|text| !text.is_empty()).take(COMPARED_CLAIMS).collect()
}

/// How a text is compared: width and case do not matter, nor do spaces and dashes.
#[must_use]
pub fn normal(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfkc().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect()
}
