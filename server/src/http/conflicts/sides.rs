//! What the two sides said where one person corrected an event and another voided it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Value, json};
use sync_core::case::{Dispute, File, Recorded};
use sync_core::entity::{Kind, event_review};
use sync_core::event::EventBody;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::policy::Policy;
use sync_core::words;

use super::list::Conflict;
use crate::db::key::Keyring;
use crate::db::{self, Tx};
use crate::flow::load;

/// Puts the correction and the voids in the place of what the flow asked. Gives the elders whose files were read for it.
pub(super) async fn told(
    tx: &mut Tx,
    keys: &mut Keyring,
    caseload: CaseloadId,
    policy: &Policy,
    conflicts: &mut [Conflict],
) -> db::Result<Vec<EntityId>> {
    let mut files: BTreeMap<EntityId, File> = BTreeMap::new();
    for conflict in conflicts.iter_mut().filter(|conflict| conflict.kind == Kind::EventReview.code()) {
        let file = match files.entry(conflict.file) {
            Entry::Occupied(loaded) => loaded.into_mut(),
            Entry::Vacant(place) => place.insert(load::file(tx, keys, caseload, conflict.file).await?),
        };
        let disputes = file.disputes();
        let of_this = |dispute: &&Dispute<'_>| event_review::id(dispute.correction.event.id) == conflict.entity;
        let Some(Dispute { correction, voids, .. }) = disputes.iter().find(of_this) else { continue };
        let voids = voids.iter().map(|void| side(event_review::VOID, void, policy));
        // What people decided and contradict each other in comes after what they decided about.
        let decided = std::iter::once(&conflict.shown).chain(conflict.others.as_array().into_iter().flatten());
        let decided = decided.filter(|said| said["value"] != event_review::UNDECIDED).cloned();
        let others = Value::Array(voids.chain(decided).collect());
        conflict.shown = side(event_review::CORRECTED, correction, policy);
        conflict.others = others;
    }
    let of_elder = |(root, file): &(&EntityId, &File)| {
        file.documents.get(root).is_some_and(|document| document.schema().kind == Kind::Elder)
    };
    Ok(files.iter().filter(of_elder).map(|(root, _)| *root).collect())
}

fn side(value: &str, recorded: &Recorded, policy: &Policy) -> Value {
    let Recorded { author, event, submission, .. } = recorded;
    let told = words::happened(&event.body, Some(policy), &|_| None);
    let reason = match &event.body {
        EventBody::Void(void) => Some(&void.reason),
        _ => None,
    };
    json!({
        "value": value,
        "event": event.id,
        "zh": told.zh,
        "en": told.en,
        "reason": reason,
        "person": author.person,
        "role": author.role,
        "at": event.end.millis(),
        "submission": submission,
    })
}
