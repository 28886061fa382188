//! Linked documents: several people made a file of the same thing, and a steward said so. Nothing is copied and nothing
//! moves, so that the link can be taken back; the policies look at the claims of all the documents together.
//!
//! Whoever wrote in one document had not seen the other, so their claims are concurrent, unless an edit names both: the
//! same submission puts the same value on the same field of several documents and creates none of them. That is one
//! claim. It stands until somebody replaces it in any of them, for whoever does has seen it.

use std::collections::BTreeSet;

use crate::document::Document;
use crate::edit::Value;
use crate::merge::{Claim, FieldPolicy, Resolved};

/// What the claims to a field, or to an element of one, amount to over linked documents; `None` when nobody said
/// anything. Of one document, what it says itself.
#[must_use]
pub fn field(documents: &[&Document], name: &str, element: Option<&str>) -> Option<Resolved> {
    let said: Vec<Option<Resolved>> = documents.iter().map(|document| of_one(document, name, element)).collect();
    if said.iter().flatten().count() < 2 {
        return said.into_iter().flatten().next();
    }
    let stands = |document: usize, claim: &Claim| {
        said[document].iter().flat_map(Resolved::standing).any(|other| other.submission == claim.submission)
    };
    let named = |document: usize, claim: &Claim| {
        documents[document].changed_to(claim.submission, name, element).as_ref() == Some(&claim.value)
    };
    let replaced = |at: usize, claim: &Claim| {
        let others = (0..documents.len()).filter(|other| *other != at && !stands(*other, claim));
        others.into_iter().any(|other| named(other, claim) && named(at, claim))
    };
    let (mut all, mut left, mut superseded, mut opinions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (at, resolved) in said.iter().enumerate() {
        let Some(resolved) = resolved else { continue };
        all.extend(resolved.standing().cloned());
        left.extend(resolved.standing().filter(|claim| !replaced(at, claim)).cloned());
        superseded.extend(resolved.superseded.iter().cloned());
        opinions.extend(resolved.opinions.iter().cloned());
    }
    // Bases that contradict each other, as no phone states them, can replace everything: then everything is asked about.
    let standing = if left.is_empty() { all } else { left };
    policy(documents, name)?.unite(standing, superseded, opinions)
}

/// The value that shows over linked documents.
#[must_use]
pub fn value(documents: &[&Document], name: &str) -> Option<Value> {
    field(documents, name, None).map(|resolved| resolved.shown.value)
}

/// The text that shows over linked documents, or nothing.
#[must_use]
pub fn text(documents: &[&Document], name: &str) -> String {
    match value(documents, name) {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    }
}

/// Every element that anybody ever named in this field of linked documents, in order.
#[must_use]
pub fn elements(documents: &[&Document], name: &str) -> Vec<String> {
    let elements: BTreeSet<String> = documents.iter().flat_map(|document| document.elements(name)).collect();
    elements.into_iter().collect()
}

/// The members of a set over linked documents.
#[must_use]
pub fn members(documents: &[&Document], name: &str) -> Vec<String> {
    let present = |element: &String| {
        field(documents, name, Some(element)).is_some_and(|resolved| resolved.shown.value == Value::Bool(true))
    };
    elements(documents, name).into_iter().filter(present).collect()
}

fn of_one(document: &Document, name: &str, element: Option<&str>) -> Option<Resolved> {
    match element {
        Some(element) => document.element(name, element),
        None => document.field(name),
    }
}

/// An unknown field is of a newer version: nothing is lost and nothing decided.
fn policy(documents: &[&Document], name: &str) -> Option<FieldPolicy> {
    Some(documents.first()?.schema().field(name).map_or(FieldPolicy::Ask, |spec| spec.policy))
}
