//! Under which keys two files of the same shop find each other.

use crate::case::{File, text_of};
use crate::entity::Kind;
use crate::id::EntityId;

/// Normalised keys of a premises: unit, credit code, credit code with one character left out (so that codes with one
/// mistyped character meet), phone with name. Empty for anything else.
#[must_use]
pub fn alike_keys(root: EntityId, file: &File) -> Vec<String> {
    let Some(premises) = file.documents.get(&root).filter(|document| document.schema().kind == Kind::Premises) else {
        return Vec::new();
    };
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
