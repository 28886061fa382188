//! Linked documents: several people made a file of the same thing, and a steward said so. Nothing is copied and nothing
//! moves, so that the link can be taken back; the policies look at the claims of all the documents together.
//!
//! Whoever wrote in one document had not seen the other, so their claims are concurrent, unless an edit names both: the
//! same submission puts the same value on the same field of several documents and creates none of them. That is one
//! claim. It stands until somebody replaces it in any of them, for whoever does has seen it.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Document;
use crate::edit::Value;
use crate::id::EntityId;
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

/// Which of the documents that are the same thing an edit of this field has to name, so that it holds for all of them:
/// those that say something of it. When none does, the one that is asked for.
#[must_use]
pub fn to_name<'d>(
    same: impl IntoIterator<Item = (EntityId, &'d Document)>,
    asked: EntityId,
    name: &str,
    element: Option<&str>,
) -> Vec<EntityId> {
    let says = |(_, document): &(EntityId, &Document)| of_one(document, name, element).is_some();
    let named: Vec<EntityId> = same.into_iter().filter(says).map(|(entity, _)| entity).collect();
    if named.is_empty() { vec![asked] } else { named }
}

/// Which roots are the same thing: those that links join, directly or through others.
#[derive(Clone, Default)]
pub struct Clusters {
    /// The canonical root of each root that is linked with another.
    canonical: BTreeMap<EntityId, EntityId>,
    members: BTreeMap<EntityId, BTreeSet<EntityId>>,
}

impl Clusters {
    /// The clusters that these links make.
    #[must_use]
    pub fn of(links: impl IntoIterator<Item = (EntityId, EntityId)>) -> Self {
        let mut clusters = Self::default();
        for (a, b) in links {
            let (a, b) = (clusters.canonical(a), clusters.canonical(b));
            let (smaller, larger) = (a.min(b), a.max(b));
            let joined = clusters.members.remove(&larger).unwrap_or_else(|| BTreeSet::from([larger]));
            clusters.canonical.extend(joined.iter().map(|root| (*root, smaller)));
            clusters.canonical.insert(smaller, smaller);
            clusters.members.entry(smaller).or_insert_with(|| BTreeSet::from([smaller])).extend(joined);
        }
        clusters
    }

    /// The root that the thing is shown under: the smallest.
    #[must_use]
    pub fn canonical(&self, root: EntityId) -> EntityId {
        self.canonical.get(&root).copied().unwrap_or(root)
    }

    /// All roots that are the same thing as this one, itself included, smallest first.
    #[must_use]
    pub fn members(&self, root: EntityId) -> Vec<EntityId> {
        let members = self.members.get(&self.canonical(root));
        members.map_or_else(|| vec![root], |members| members.iter().copied().collect())
    }

    /// Every thing that has several roots, by its canonical one.
    pub fn every(&self) -> impl Iterator<Item = (EntityId, Vec<EntityId>)> {
        self.members.iter().map(|(canonical, members)| (*canonical, members.iter().copied().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> EntityId {
        EntityId::from_bytes([n; 16])
    }

    #[test]
    fn links_join_whatever_their_order_and_the_smallest_speaks() {
        let links = [(id(5), id(4)), (id(9), id(8)), (id(4), id(8)), (id(7), id(6))];
        for turn in 0..links.len() {
            let mut links = links;
            links.rotate_left(turn);
            let clusters = Clusters::of(links);
            assert_eq!(clusters.members(id(9)), [id(4), id(5), id(8), id(9)]);
            assert_eq!((clusters.canonical(id(9)), clusters.canonical(id(6))), (id(4), id(6)));
            assert_eq!(clusters.members(id(1)), [id(1)]);
            assert_eq!(clusters.every().count(), 2);
        }
    }
}
