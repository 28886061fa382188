//! What held work sets off although it is not merged: an alarm must not wait until somebody has decided, and what a
//! revoked device wrote makes a supervisor ask.

use std::collections::BTreeMap;

use super::{Case, Recorded, load};
use crate::document::Document;
use crate::entity::{Kind, Schema};
use crate::flag;
use crate::id::EntityId;
use crate::log::{HoldCode, Logged};
use crate::policy::{AFTER_REVOCATION, AnomalyFacts};
use crate::submission::Content;

impl Case<'_> {
    /// Takes note of a submission that is held for this reason.
    pub(super) fn held(&mut self, code: HoldCode, logged: &Logged, content: &Content) {
        let raised = self.alarms_of(logged, content);
        self.outcome.raised.extend(raised.into_iter().map(|alarm| flag::RaisedAlarm { held: true, ..alarm }));
        if code == HoldCode::DeviceRevoked
            && let Some(root) = self.asked_about(content)
        {
            let inflight = self.inflight.get_or_insert_default();
            inflight.roots.insert(root);
            inflight.after_revocation.entry(root).or_default().push(AnomalyFacts {
                kind: AFTER_REVOCATION.to_owned(),
                event: logged.id.to_string(),
                seconds: 0,
            });
        }
    }

    /// The alarms that would be raised if this were merged, tried on a copy of its files.
    fn alarms_of(&self, logged: &Logged, content: &Content) -> Vec<flag::RaisedAlarm> {
        let mut roots = load::roots_of(content, |entity| self.roots.get(&entity).copied().flatten());
        for event in &content.events {
            roots.entry(event.subject).or_insert(event.subject);
        }
        let file_of = |root: &EntityId| self.files.get(root).cloned().unwrap_or_default();
        let mut files: BTreeMap<EntityId, _> = roots.values().map(|root| (*root, file_of(root))).collect();
        for edit in &content.edits {
            let Some(file) = roots.get(&edit.entity).and_then(|root| files.get_mut(root)) else { continue };
            let Some(schema) = Schema::of_code(&edit.kind) else { continue };
            let document = file.documents.get(&edit.entity).cloned();
            let mut document = document.unwrap_or_else(|| Document::new(schema));
            // What does not fold may be why it is held; the rest is tried all the same.
            if document.apply(edit, &logged.stamp(edit)).is_ok() {
                file.documents.insert(edit.entity, document);
            }
        }
        for event in &content.events {
            let Some(file) = roots.get(&event.subject).and_then(|root| files.get_mut(root)) else { continue };
            if file.events.iter().any(|known| known.event.id == event.id) {
                continue;
            }
            file.record(Recorded {
                seq: self.next_seq,
                submission: logged.id,
                author: logged.author,
                received_at: self.context.now,
                doubtful: true,
                event: event.clone(),
            });
        }
        let alerts = self.alerts();
        let raised = |(root, file): (&EntityId, &super::File)| {
            let beside = flag::Beside { alerts: &alerts, ..flag::Beside::default() };
            flag::plan(&self.context, &BTreeMap::from([(*root, file)]), &beside).raised
        };
        files.iter().flat_map(raised).collect()
    }

    /// The file that a held submission is about: an elder's before that of a home.
    fn asked_about(&self, content: &Content) -> Option<EntityId> {
        let events = content.events.iter().map(|event| event.subject);
        let subjects = events.chain(content.edits.iter().map(|edit| edit.entity));
        let roots = subjects.filter_map(|subject| self.roots.get(&subject).copied().flatten());
        let known = roots.filter(|root| self.files.get(root).is_some_and(|file| !file.documents.is_empty()));
        known.min_by_key(|root| (self.document(*root).is_none_or(|root| root.schema().kind != Kind::Elder), *root))
    }
}
