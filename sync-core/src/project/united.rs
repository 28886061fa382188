//! Linked files as one: what pages, phones and answers show of them.

use std::collections::BTreeMap;

use super::Projection;
use crate::document::Document;
use crate::entity::Kind;
use crate::flag::Linked;
use crate::id::EntityId;
use crate::union;

/// Linked files as one.
#[derive(Clone, PartialEq, Debug)]
pub struct UnitedFile {
    /// The id that all of them are shown under: the smallest of their roots.
    pub id: EntityId,
    /// The other roots, smallest first. Each still finds the file.
    pub also: Vec<EntityId>,
    /// The thing itself.
    pub root: United,
    /// What belongs to it, by kind and id: hazards united by code and episode, all else as it is.
    pub related: Vec<United>,
}

/// One entity of a united file.
#[derive(Clone, PartialEq, Debug)]
pub struct United {
    /// Its merged state over its documents, under the smallest of their ids.
    pub projection: Projection,
    /// The root of the file which that id is in.
    pub file: EntityId,
    /// The version of each document that it was made of: what whoever looks at it has seen.
    pub seen: BTreeMap<EntityId, u32>,
}

/// The union of linked files, each field by its policy; `None` when none of them has its root. Of a single file, what it
/// says itself.
#[must_use]
pub fn united_file(files: &Linked<'_>) -> Option<UnitedFile> {
    let roots: Vec<Part<'_>> =
        files.iter().filter_map(|(root, file)| Some((*root, (*root, file.documents.get(root)?)))).collect();
    let id = roots.first()?.0;
    let also = roots.iter().skip(1).map(|(root, _)| *root).collect();
    let mut related: BTreeMap<Same, Vec<Part<'_>>> = BTreeMap::new();
    for (root, file) in files {
        for (entity, document) in file.documents.iter().filter(|(entity, _)| *entity != root) {
            related.entry(same(*entity, document)).or_default().push((*root, (*entity, document)));
        }
    }
    let mut related: Vec<United> = related.into_values().filter_map(united).collect();
    related.sort_by_key(|united| (kind(united.projection.kind), united.projection.entity));
    Some(UnitedFile { id, also, root: united(roots)?, related })
}

/// A document with its id, in the file with this root.
type Part<'f> = (EntityId, (EntityId, &'f Document));

/// What makes documents of linked files the same thing: a finding is known by its code and episode, wherever it was
/// seen; all else is itself.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Same {
    Finding { code: String, episode: u16 },
    Itself(EntityId),
}

/// The documents of linked files that are the same thing as this entity, itself among them.
#[must_use]
pub fn same_thing<'f>(files: &Linked<'f>, entity: EntityId) -> Vec<(EntityId, &'f Document)> {
    let all = || files.values().flat_map(|file| &file.documents).map(|(id, document)| (*id, document));
    if files.contains_key(&entity) {
        return all().filter(|(id, _)| files.contains_key(id)).collect();
    }
    let Some(wanted) = all().find(|(id, _)| *id == entity).map(|(id, document)| same(id, document)) else {
        return Vec::new();
    };
    all().filter(|(id, document)| same(*id, document) == wanted).collect()
}

fn same(entity: EntityId, document: &Document) -> Same {
    if document.schema().kind != Kind::Hazard {
        return Same::Itself(entity);
    }
    let status = document.value("status").and_then(|value| value.as_state()).unwrap_or_default();
    Same::Finding { code: union::text(&[document], "code"), episode: status.round }
}

fn united(mut parts: Vec<Part<'_>>) -> Option<United> {
    parts.sort_by_key(|(root, (entity, _))| (*root, *entity));
    let (file, (entity, _)) = parts.first()?;
    let documents: Vec<&Document> = parts.iter().map(|(_, (_, document))| *document).collect();
    Some(United {
        projection: Projection::united(*entity, &documents),
        file: *file,
        seen: parts.iter().map(|(_, (entity, document))| (*entity, document.version())).collect(),
    })
}

fn kind(code: &str) -> usize {
    Kind::ALL.iter().position(|kind| kind.code() == code).unwrap_or(usize::MAX)
}
