//! Critical fields of which two things are said: a wrong phone or a missed allergy can hurt somebody.

use crate::document::Document;
use crate::id::EntityId;
use crate::merge::{Claim, Resolved};
use crate::policy::ConflictFacts;

/// The unsettled conflicts of one document.
pub(super) fn conflicts(entity: EntityId, document: &Document) -> Vec<ConflictFacts> {
    let mut found = Vec::new();
    for field in document.schema().fields.iter().filter(|field| field.critical) {
        if field.keyed {
            for element in document.elements(field.name) {
                let resolved = document.element(field.name, &element);
                found.extend(resolved.and_then(|resolved| conflict(entity, field.name, &element, &resolved)));
            }
        } else {
            found.extend(document.field(field.name).and_then(|resolved| conflict(entity, field.name, "", &resolved)));
        }
    }
    found
}

fn conflict(entity: EntityId, field: &str, element: &str, resolved: &Resolved) -> Option<ConflictFacts> {
    if !resolved.conflict {
        return None;
    }
    let mut claims: Vec<&Claim> = std::iter::once(&resolved.shown).chain(&resolved.others).collect();
    claims.sort_by_key(|claim| (claim.at, claim.submission));
    let second = claims.iter().find(|claim| claim.value != claims[0].value)?;
    // A window travels with its flag, and an element can be the name of a medicine.
    let place = EntityId::derived("conflict", &[entity.bytes(), field.as_bytes(), element.as_bytes()]);
    Some(ConflictFacts { field: field.to_owned(), key: format!("{field}#{place}"), since_ms: second.at.wall.millis() })
}
