//! What the flow asks the shell for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, File};
use crate::care;
use crate::document::Document;
use crate::edit::Value;
use crate::entity::{Kind, Schema};
use crate::event::EventBody;
use crate::flag;
use crate::id::EntityId;
use crate::submission::{Content, Part};

/// Something that the flow needs before it can go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Want {
    /// To which root does this entity belong? Answer by [`Case::give_root`].
    Root(EntityId),
    /// This file, whole. Answer by [`Case::give_file`].
    File(EntityId),
    /// The other roots that share one of these keys with it. Answer by [`Case::give_alike`].
    Alike {
        /// The root that is compared. Add the subjects of standing flags whose window is its id.
        of: EntityId,
        /// Normalised keys; keep them hashed.
        keys: Vec<String>,
    },
}

impl Case<'_> {
    /// Announces the parts of a submission, so that [`Case::want`] asks for what they touch.
    pub fn expect(&mut self, parts: &[Part]) {
        let Ok(content) = crate::submission::content(parts) else { return };
        self.pending_roots.extend(named(&content));
        let own = self.own();
        self.pending_files.extend(named(&content).filter(|entity| *entity == own));
    }

    /// What stands for the caseload itself.
    pub(super) fn own(&self) -> EntityId {
        EntityId::of_caseload(self.context.caseload)
    }

    /// The alerts of bad weather that are known.
    pub(super) fn alerts(&self) -> Vec<care::Alert> {
        self.files.get(&self.own()).map(care::alerts).unwrap_or_default()
    }

    /// Whether this is about something that was erased.
    pub(super) fn is_about_erased(&self, content: &Content) -> bool {
        !self.erased.is_empty() && named(content).any(|entity| self.erased.contains(&entity))
    }

    /// When these parts are about something that was erased: the entities that belonged to it and that only they speak of.
    /// Announce the parts and satisfy [`Case::want`] before.
    #[must_use]
    pub fn comes_late(&self, parts: &[Part]) -> Option<Vec<EntityId>> {
        let content = crate::submission::content(parts).ok()?;
        let known = |entity| self.roots.get(&entity).copied().flatten();
        let late = belonging(parts, &content, known, &self.erased);
        let new = |entity: &EntityId| !self.erased.contains(entity);
        self.is_about_erased(&content).then(|| late.into_iter().filter(new).collect())
    }

    /// Answers [`Want::Root`] for an entity that was erased.
    pub fn give_erased(&mut self, entity: EntityId) {
        self.erased.insert(entity);
        self.roots.insert(entity, None);
    }

    /// Announces a file by its root.
    pub fn expect_file(&mut self, root: EntityId) {
        self.pending_files.insert(root);
    }

    /// The next thing that the flow needs; `None` when it can go on.
    pub fn want(&mut self) -> Option<Want> {
        while let Some(entity) = self.pending_roots.pop_first() {
            if !self.roots.contains_key(&entity) {
                return Some(Want::Root(entity));
            }
        }
        while let Some(root) = self.pending_files.pop_first() {
            if !self.files.contains_key(&root) {
                return Some(Want::File(root));
            }
        }
        self.want_alike()
    }

    /// The entities whose roots will be asked for next, as far as is known: a shell may answer for all of them together.
    pub fn awaited_roots(&self) -> impl Iterator<Item = EntityId> {
        self.pending_roots.iter().copied().filter(|entity| !self.roots.contains_key(entity))
    }

    /// Answers [`Want::Root`]; `None` for an entity that is not in this caseload.
    pub fn give_root(&mut self, entity: EntityId, root: Option<EntityId>) {
        self.roots.insert(entity, root);
        self.pending_files.extend(root);
    }

    /// Answers [`Want::File`].
    pub fn give_file(&mut self, root: EntityId, mut file: File) {
        for entity in file.documents.keys() {
            self.roots.insert(*entity, Some(root));
        }
        let own = self.own();
        self.pending_files.extend(file.documents.values().any(depends_on_own).then_some(own));
        // Who looks back at an earlier place of the log does not know yet what was said of the caseload later.
        if root == own {
            file.events.retain(|recorded| recorded.seq < self.next_seq);
        }
        self.pending_files.extend(file.links.iter());
        self.files.insert(root, file);
    }

    /// Answers [`Want::Alike`]: the other roots with one of the keys, and those with a standing flag about a pair with
    /// it. A shell may leave out some that share a key with many. What this transaction itself has folded is found here,
    /// and so are those of the pairs about which flags stand in the file itself: whoever was compared once stays so.
    pub fn give_alike(&mut self, of: EntityId, mut others: Vec<EntityId>) {
        let keys = self.alike.get(&of).map(|(keys, _)| keys.clone()).unwrap_or_default();
        for (root, (theirs, known)) in &mut self.alike {
            if *root != of && theirs.iter().any(|key| keys.contains(key)) {
                others.push(*root);
                known.get_or_insert_default().push(of);
            }
        }
        others.extend(self.files.get(&of).into_iter().flat_map(flag::paired).filter(|other| *other != of));
        others.sort_unstable();
        others.dedup();
        self.pending_files.extend(others.iter().copied());
        if let Some((_, known)) = self.alike.get_mut(&of) {
            *known = Some(others);
        }
    }

    /// Of those that share what was seen in this file, [`Case::give_alike`] was given some only.
    pub fn compared_partly(&mut self, of: EntityId) {
        self.partly.insert(of);
    }

    /// The roots that are the same thing as this one, itself included, smallest first.
    pub(super) fn cluster(&self, root: EntityId) -> Vec<EntityId> {
        let mut found = BTreeSet::from([root]);
        let mut next = vec![root];
        while let Some(root) = next.pop() {
            for other in self.files.get(&root).into_iter().flat_map(|file| file.links.iter()) {
                if found.insert(other) {
                    next.push(other);
                }
            }
        }
        found.into_iter().collect()
    }

    /// The files that an input concerns, those that are the same thing together: the ones it touched, and the ones where
    /// doubts stand that may rest on what was seen in those.
    pub(super) fn concerned(&self, roots: BTreeSet<EntityId>) -> BTreeSet<Vec<EntityId>> {
        let touched: BTreeSet<Vec<EntityId>> = roots.into_iter().map(|root| self.cluster(root)).collect();
        let alike = touched.iter().flatten().filter_map(|root| self.alike.get(root)?.1.as_ref()).flatten();
        let doubted = alike.filter(|other| self.files.get(other).is_some_and(flag::is_doubted));
        let doubted: Vec<Vec<EntityId>> = doubted.map(|other| self.cluster(*other)).collect();
        touched.into_iter().chain(doubted).collect()
    }

    /// After something was folded: the look-alikes of the files that it concerns.
    fn want_alike(&mut self) -> Option<Want> {
        let roots = self.inflight.iter().flat_map(|inflight| inflight.roots.iter().copied()).collect();
        let own = self.own();
        for of in self.concerned(roots).into_iter().flatten().filter(|root| *root != own) {
            let Some(file) = self.files.get(&of) else { continue };
            let keys = flag::alike_keys(of, file);
            if self.alike.get(&of).is_none_or(|(known, _)| *known != keys) {
                self.alike.insert(of, (keys.clone(), None));
                return Some(Want::Alike { of, keys });
            }
        }
        None
    }
}

/// Whether what follows for a file depends on what is said of the caseload as a whole: visits to elders do.
pub(super) fn depends_on_own(document: &Document) -> bool {
    document.schema().kind == Kind::Elder
}

/// Of what these parts are about, what belongs to one of these files, and what nobody knows: not what belongs to another
/// file, like a hazard of a home where others live.
pub fn belonging(
    parts: &[Part],
    content: &Content,
    known: impl Fn(EntityId) -> Option<EntityId>,
    files: &BTreeSet<EntityId>,
) -> BTreeSet<EntityId> {
    let roots = roots_of(content, &known);
    let belongs = |entity: &EntityId| match roots.get(entity) {
        Some(root) => files.contains(root) || (root == entity && known(*entity).is_none()),
        None => true,
    };
    parts.iter().map(|part| part.subject).filter(belongs).collect()
}

/// The entities that a submission speaks of: its subjects, their parents, what they are linked with, what they name.
fn named(content: &Content) -> impl Iterator<Item = EntityId> {
    let linked = content.events.iter().filter_map(|event| match &event.body {
        EventBody::Link(link) => Some(link.other),
        _ => None,
    });
    let said = content.edits.iter().flat_map(|edit| edit.ops.iter().filter_map(|op| op.value.as_id()));
    let subjects = content.events.iter().map(|event| event.subject);
    subjects.chain(content.edits.iter().map(|edit| edit.entity)).chain(linked).chain(said)
}

/// The root of every entity that the content touches: known already, or following from what it says.
pub fn roots_of(content: &Content, known: impl Fn(EntityId) -> Option<EntityId>) -> BTreeMap<EntityId, EntityId> {
    let mut roots = BTreeMap::new();
    // An operator belongs to the file of the premises that its tenancy names.
    let mut operators = BTreeMap::new();
    for edit in &content.edits {
        let named = |field: &str| edit.ops.iter().find(|op| op.field == field).map(|op| &op.value);
        let parent = Schema::of_code(&edit.kind).and_then(|schema| schema.parent).and_then(named);
        if let (Some(Value::Id(premises)), Some(Value::Id(operator))) = (named("premises"), named("operator")) {
            operators.insert(*operator, *premises);
        }
        let root = known(edit.entity).or_else(|| parent.and_then(Value::as_id)).unwrap_or(edit.entity);
        roots.insert(edit.entity, root);
    }
    for (operator, premises) in operators {
        let root = known(operator).unwrap_or(premises);
        roots
            .entry(operator)
            .and_modify(|own| {
                if *own == operator {
                    *own = root
                }
            })
            .or_insert(root);
    }
    for event in &content.events {
        // The caseload itself is no entity that anybody made.
        let itself = matches!(event.body, EventBody::WeatherAlert(_)).then_some(event.subject);
        if let Some(root) = known(event.subject).or(itself) {
            roots.entry(event.subject).or_insert(root);
        }
    }
    roots
}
