//! What a transaction has to save.

use std::collections::BTreeMap;

use super::{File, Recorded};
use crate::document::Document;
use crate::flag::RaisedAlarm;
use crate::id::EntityId;
use crate::log::Entry;
use crate::policy::RuleAlarm;
use crate::refer::{SlipNote, SlipOut};

/// What a transaction has to save.
#[derive(Default)]
pub struct Outcome {
    /// The entries of the log, in order.
    pub entries: Vec<Entry>,
    /// Changed entities, each with its root.
    pub(crate) changed: BTreeMap<EntityId, EntityId>,
    /// New events, each with its root.
    pub events: Vec<(EntityId, Recorded)>,
    /// Roots that were linked (`true`) or un-linked.
    pub links: Vec<(EntityId, EntityId, bool)>,
    /// What goes to desks.
    pub slips: Vec<SlipOut>,
    /// What desks must know of slips that they have.
    pub notes: Vec<SlipNote>,
    /// What a person must look at: rules that could not be evaluated, redo rounds used up.
    pub alarms: Vec<RuleAlarm>,
    /// Flags that must reach a named person at once, of held work too. The same flag may come again: take it once.
    pub raised: Vec<RaisedAlarm>,
    /// For each root, the keys under which look-alikes find it.
    pub alike: Vec<(EntityId, Vec<String>)>,
    /// All loaded files as they are now.
    pub files: BTreeMap<EntityId, File>,
    /// The sequence number that comes next.
    pub next_seq: u64,
    /// The human number that comes next.
    pub next_number: u64,
}

/// A changed entity.
pub struct Change<'o> {
    /// The entity.
    pub entity: EntityId,
    /// Its root.
    pub root: EntityId,
    /// Its document.
    pub document: &'o Document,
}

impl Outcome {
    /// The changed entities.
    pub fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        self.changed.iter().filter_map(|(entity, root)| {
            let document = self.files.get(root)?.documents.get(entity)?;
            Some(Change { entity: *entity, root: *root, document })
        })
    }
}
