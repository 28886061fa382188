//! Documents while a log is folded. A folded document takes many times the memory of a saved one, and a log may be about
//! hundreds of thousands: only those that were touched lately are kept folded.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::mem::take;

use sync_core::document::Document;
use sync_core::entity::Schema;
use sync_core::id::EntityId;

/// Documents that are kept folded.
const FOLDED: usize = 1_000;

/// The documents of a log.
#[derive(Default)]
pub(crate) struct Documents {
    folded: BTreeMap<EntityId, Document>,
    saved: BTreeMap<EntityId, Vec<u8>>,
}

impl Documents {
    /// The document of an entity, to fold something into it; a new one, when there was none. `None` when what was saved
    /// does not load.
    pub(crate) fn of(&mut self, entity: EntityId, schema: &'static Schema) -> Option<&mut Document> {
        if self.folded.len() >= FOLDED && !self.folded.contains_key(&entity) {
            self.rest();
        }
        match self.folded.entry(entity) {
            Entry::Occupied(found) => Some(found.into_mut()),
            Entry::Vacant(place) => {
                let saved = self.saved.remove(&entity);
                Some(place.insert(match saved {
                    Some(bytes) => Document::load(&bytes).ok()?,
                    None => Document::new(schema),
                }))
            }
        }
    }

    /// Saves all of them: nothing more is folded for a while.
    pub(crate) fn rest(&mut self) {
        let saved = take(&mut self.folded).into_iter().map(|(entity, document)| (entity, document.save()));
        self.saved.extend(saved);
    }

    /// Every document as it is saved, by entity. Let them [`Self::rest`] before.
    pub(crate) fn saved(&self) -> &BTreeMap<EntityId, Vec<u8>> {
        &self.saved
    }
}

#[cfg(test)]
mod tests {
    use sync_core::author::{Author, Role};
    use sync_core::document::Stamp;
    use sync_core::edit::{Base, Edit, FieldOp};
    use sync_core::id::{DeviceId, PersonId, SubmissionId};
    use sync_core::time::Hlc;

    use super::*;

    fn fold(document: &mut Document, entity: EntityId, n: u32) {
        let ops = vec![FieldOp::put("name", format!("王记{n}").as_str().into())];
        let base = Base { version: document.version(), seen: Vec::new() };
        let edit = Edit { entity, kind: "premises".to_owned(), base, ops };
        let (device, person) = (DeviceId::from_bytes([1; 16]), PersonId::from_bytes([1; 16]));
        let author = Author { device, person, role: Role::Worker, number: n.into() };
        let submission = SubmissionId::derived("folded", &[entity.bytes(), &n.to_be_bytes()]);
        document.apply(&edit, &Stamp { submission, entity, author, at: Hlc::default(), consent: false }).unwrap();
    }

    #[test]
    fn documents_that_rested_are_as_if_they_had_not() {
        let schema = Schema::of_code("premises").unwrap();
        let entity = |n: usize| EntityId::derived("folded", &[&n.to_be_bytes()]);
        let (mut documents, mut plain) = (Documents::default(), BTreeMap::new());
        for round in 0..2 {
            for n in 0..FOLDED + 10 {
                fold(documents.of(entity(n), schema).unwrap(), entity(n), round);
                fold(plain.entry(entity(n)).or_insert_with(|| Document::new(schema)), entity(n), round);
                assert!(documents.folded.len() <= FOLDED);
            }
        }
        documents.rest();
        assert_eq!(*documents.saved(), plain.iter().map(|(id, document)| (*id, document.save())).collect());
    }
}
