//! Critical fields of which two things are said, in one file or in files that are linked: a wrong phone or a missed
//! allergy can hurt somebody. Whether a record holds that one person corrected and another voided is such a field, too.

use std::collections::BTreeMap;

use super::{Linked, roots};
use crate::event::EventBody;
use crate::id::{EntityId, EventId};
use crate::merge::{Claim, Resolved};
use crate::policy::ConflictFacts;
use crate::time::Timestamp;
use crate::union;

/// The unsettled conflicts of linked files, each once.
pub(super) fn conflicts(files: &Linked<'_>) -> Vec<ConflictFacts> {
    let documents = roots(files);
    let Some(schema) = documents.first().map(|document| document.schema()) else { return Vec::new() };
    let mut found = Vec::new();
    for field in schema.fields.iter().filter(|field| field.critical) {
        let elements = if field.keyed {
            union::elements(&documents, field.name).into_iter().map(Some).collect()
        } else {
            vec![None]
        };
        for element in elements {
            let resolved = union::field(&documents, field.name, element.as_deref()).filter(|said| said.conflict);
            let Some(resolved) = resolved else { continue };
            let Some(since) = since(files, field.name, element.as_deref(), &resolved) else { continue };
            found.push(ConflictFacts {
                field: field.name.to_owned(),
                key: key(files, field.name, &element.unwrap_or_default()),
                event: String::new(),
                since_ms: since.millis(),
            });
        }
    }
    found.extend(disputes(files));
    found
}

/// The records about which somebody has to decide, each once, however many corrections there are.
fn disputes(files: &Linked<'_>) -> impl Iterator<Item = ConflictFacts> {
    let mut since: BTreeMap<EventId, Timestamp> = BTreeMap::new();
    for dispute in files.values().flat_map(|file| file.disputes()) {
        let first = since.entry(dispute.voided).or_insert(dispute.since);
        *first = dispute.since.min(*first);
    }
    since.into_iter().map(|(event, since)| ConflictFacts {
        field: DISPUTED.to_owned(),
        key: format!("{DISPUTED}#{event}"),
        event: event.to_string(),
        since_ms: since.millis(),
    })
}

/// The field of an [`crate::entity::event_review`] that says what holds.
const DISPUTED: &str = "standing";

/// The window of the conflict's flag. One that was raised before the files were linked, or in another order, keeps its
/// own, so that its flag does not move.
fn key(files: &Linked<'_>, field: &str, element: &str) -> String {
    // A window travels with its flag, and an element can be the name of a medicine.
    let place = |root: &EntityId| EntityId::derived("conflict", &[root.bytes(), field.as_bytes(), element.as_bytes()]);
    let keys: Vec<String> = files.keys().map(|root| format!("{field}#{}", place(root))).collect();
    let flags = files.values().flat_map(|file| file.flags.values());
    let raised = flags.filter(|flag| keys.contains(&flag.flagged.window));
    let first = raised.min_by_key(|flag| (flag.raised_at, flag.flagged.flag)).map(|flag| flag.flagged.window.clone());
    first.or_else(|| keys.into_iter().next()).unwrap_or_default()
}

/// Since when there is something to settle: the second of two values was said, and, when they are in two files, these
/// were linked.
fn since(files: &Linked<'_>, field: &str, element: Option<&str>, resolved: &Resolved) -> Option<Timestamp> {
    let claims: Vec<&Claim> = resolved.standing().collect();
    let joined = Joined::of(files);
    let holders = |claim: &Claim| -> Vec<EntityId> {
        let holds = |(root, file): &(&EntityId, &&crate::case::File)| {
            let said = file.documents.get(root).and_then(|document| union::field(&[document], field, element));
            said.is_some_and(|said| said.standing().any(|other| other.submission == claim.submission))
        };
        files.iter().filter(holds).map(|(root, _)| *root).collect()
    };
    let held: Vec<(&Claim, Vec<EntityId>)> = claims.into_iter().map(|claim| (claim, holders(claim))).collect();
    let mut since = None;
    for (at, (one, here)) in held.iter().enumerate() {
        for (other, there) in held.iter().skip(at + 1).filter(|(other, _)| other.value != one.value) {
            let together = here.iter().flat_map(|a| there.iter().map(move |b| (a, b)));
            let together = together.filter_map(|(a, b)| joined.since(*a, *b)).min();
            let said = one.at.wall.max(other.at.wall);
            let met = together.map_or(said, |together| said.max(together));
            since = Some(since.map_or(met, |since: Timestamp| since.min(met)));
        }
    }
    since
}

/// When files became one.
struct Joined(Vec<(Timestamp, EntityId, EntityId)>);

impl Joined {
    fn of(files: &Linked<'_>) -> Self {
        let mut told: Vec<_> = files.values().flat_map(|file| &file.events).collect();
        told.sort_by_key(|recorded| recorded.seq);
        let mut standing: BTreeMap<(EntityId, EntityId), Timestamp> = BTreeMap::new();
        for recorded in told {
            let EventBody::Link(link) = &recorded.event.body else { continue };
            let pair = (recorded.event.subject.min(link.other), recorded.event.subject.max(link.other));
            if link.undo {
                standing.remove(&pair);
            } else {
                standing.entry(pair).or_insert(recorded.received_at);
            }
        }
        let mut links: Vec<_> = standing.into_iter().map(|((a, b), at)| (at, a, b)).collect();
        links.sort_unstable();
        Self(links)
    }

    /// Since when both are one, directly or through others; always, for one and the same.
    fn since(&self, a: EntityId, b: EntityId) -> Option<Timestamp> {
        let mut groups: BTreeMap<EntityId, EntityId> = BTreeMap::new();
        let group = |groups: &BTreeMap<EntityId, EntityId>, id: EntityId| groups.get(&id).copied().unwrap_or(id);
        if a == b {
            return Some(Timestamp::from_millis(i64::MIN));
        }
        for (at, one, other) in &self.0 {
            let (from, to) = (group(&groups, *one), group(&groups, *other));
            groups.entry(*one).or_insert(from);
            groups.entry(*other).or_insert(to);
            groups.values_mut().filter(|id| **id == from).for_each(|id| *id = to);
            if group(&groups, a) == group(&groups, b) {
                return Some(*at);
            }
        }
        None
    }
}
