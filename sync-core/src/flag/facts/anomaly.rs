//! What makes evidence doubtful: a visit that was over at once, a worker in two homes at a time, a photo that another
//! form had already. It proves nothing: a supervisor asks, and the worker explains.

use std::collections::{BTreeMap, BTreeSet};

use super::Linked;
use crate::case::Recorded;
use crate::edit::Value;
use crate::event::{Event, EventBody, PhotoHash, Visit, VisitKind};
use crate::id::EntityId;
use crate::policy::{AnomalyFacts, OVERLAP, PHOTO_REUSED, SHORT_VISIT};

/// A home visit that took longer is nobody's question.
const SHORT_SECONDS: i64 = 600;

/// An event with the root it belongs to.
type Placed<'f> = (EntityId, &'f Recorded);

/// The anomalies of these files, and those that they have with `others`.
pub(super) fn anomalies(files: &Linked<'_>, others: &[Linked<'_>]) -> Vec<AnomalyFacts> {
    let own = standing(files);
    let other: Vec<Placed<'_>> = others.iter().flat_map(standing).collect();
    let mut found: BTreeMap<(&str, String), i64> = BTreeMap::new();
    for (_, recorded) in own.iter().filter(|(_, recorded)| at_home(&recorded.event)) {
        let seconds = (recorded.event.end - recorded.event.start).as_millis().max(0) / 1_000;
        if seconds < SHORT_SECONDS {
            found.insert((SHORT_VISIT, recorded.event.id.to_string()), seconds);
        }
    }
    let dwelling = |root: EntityId| dwelling(files, others, root);
    for (at, (root, visit)) in own.iter().enumerate().filter(|(_, (_, recorded))| at_home(&recorded.event)) {
        let home = |(_, recorded): &&Placed<'_>| at_home(&recorded.event);
        for (other_root, other) in own[at + 1..].iter().chain(&other).filter(home) {
            let same_worker = visit.author.person == other.author.person;
            let meet = visit.event.start < other.event.end && other.event.start < visit.event.end;
            let same_place = root == other_root || dwelling(*root).is_some_and(|of| dwelling(*other_root) == Some(of));
            if same_worker && meet && !same_place {
                found.insert((OVERLAP, later(visit, other).event.id.to_string()), 0);
            }
        }
    }
    for later in reused(&own, &other) {
        found.insert((PHOTO_REUSED, later.event.id.to_string()), 0);
    }
    let fact = |((kind, event), seconds): ((&str, String), i64)| AnomalyFacts { kind: kind.to_owned(), event, seconds };
    found.into_iter().map(fact).collect()
}

/// Every use of a photo but the first, when one of these files uses it and another form did too.
fn reused<'f>(own: &[Placed<'f>], other: &[Placed<'f>]) -> Vec<&'f Recorded> {
    let mut uses: BTreeMap<PhotoHash, Vec<&Recorded>> = BTreeMap::new();
    for (_, recorded) in own.iter().chain(other) {
        for photo in photos(&recorded.event) {
            uses.entry(photo).or_default().push(recorded);
        }
    }
    let ours: BTreeSet<PhotoHash> = own.iter().flat_map(|(_, recorded)| photos(&recorded.event)).collect();
    let mut found = Vec::new();
    for (_, mut uses) in uses.into_iter().filter(|(photo, _)| ours.contains(photo)) {
        uses.sort_by_key(|recorded| (recorded.event.start, recorded.event.id));
        let first = uses[0].submission;
        found.extend(uses.into_iter().filter(|recorded| recorded.submission != first));
    }
    found
}

fn standing<'f>(files: &Linked<'f>) -> Vec<Placed<'f>> {
    files.iter().flat_map(|(root, file)| file.standing_events().map(|recorded| (*root, recorded))).collect()
}

fn dwelling(files: &Linked<'_>, others: &[Linked<'_>], root: EntityId) -> Option<EntityId> {
    let file = std::iter::once(files).chain(others).find_map(|files| files.get(&root))?;
    file.documents.get(&root)?.value("dwelling").as_ref().and_then(Value::as_id)
}

fn later<'f>(a: &'f Recorded, b: &'f Recorded) -> &'f Recorded {
    let when = |recorded: &Recorded| (recorded.event.start, recorded.event.id);
    if when(a) > when(b) { a } else { b }
}

/// Whether the event is a visit at somebody's home.
pub(in crate::flag) fn at_home(event: &Event) -> bool {
    matches!(&event.body, EventBody::Visit(Visit { kind: VisitKind::Home, .. }))
}

/// The photos of an event and of its answers.
pub(in crate::flag) fn photos(event: &Event) -> BTreeSet<PhotoHash> {
    let answers = match &event.body {
        EventBody::Inspection(inspection) => inspection.answers.as_slice(),
        _ => &[],
    };
    event.photos.iter().chain(answers.iter().flat_map(|answered| &answered.photos)).copied().collect()
}
