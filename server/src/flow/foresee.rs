//! What would follow if a held submission were accepted: the decision is tried on the files in memory, and nothing of it
//! is kept.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::case::Case;
use sync_core::document::Document;
use sync_core::edit::{Edit, Value};
use sync_core::entity::Kind;
use sync_core::event::{Event, EventBody, Flagged};
use sync_core::id::{CaseloadId, EntityId, PersonId};
use sync_core::log::{HoldCode, Logged};
use sync_core::merge::Resolved;
use sync_core::submission::{self, Content, PartKind};
use sync_core::time::Timestamp;

use super::{Flow, Head, Result, intake, load};
use crate::db::{Tx, document};

/// A held submission beside the files that it is about, and what would become of it.
pub(crate) struct Foreseen {
    /// What it says; none when that cannot be read.
    pub(crate) content: Option<Content>,
    /// What the entities that it speaks of are called.
    pub(crate) names: BTreeMap<EntityId, String>,
    /// The values that show now, in the order of the edits and their operations; none for what nobody has said yet.
    pub(crate) before: Vec<Option<Value>>,
    /// The files that it is about, as far as they are there.
    pub(crate) files: BTreeSet<EntityId>,
    /// What would follow, or for which code it cannot be accepted.
    pub(crate) accepted: std::result::Result<Follows, HoldCode>,
}

/// What would follow.
#[derive(Default)]
pub(crate) struct Follows {
    /// Values that would not show, by edit and operation.
    pub(crate) fields: Vec<(usize, usize, Becomes)>,
    /// Flags that would change.
    pub(crate) flags: Vec<Flagged>,
    /// Departments for which a referral would be opened, by rule.
    pub(crate) referrals: Vec<(String, String)>,
    /// Rules that would call somebody at once.
    pub(crate) alarms: BTreeSet<String>,
}

/// Where a value would stand that does not simply show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Becomes {
    /// Behind what the same device wrote later.
    Superseded,
    /// Beside what others said: a person has to settle it.
    Contested,
    /// Behind what others said and what the field's policy prefers.
    Outweighed,
}

impl Flow {
    /// Tries to accept a held submission.
    ///
    /// # Errors
    /// [`super::FlowError::NotFound`] for an unknown caseload; the database.
    pub(crate) async fn foresee(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        now: Timestamp,
        held: &Logged,
    ) -> Result<Foreseen> {
        let mut keys = self.keys();
        let head = Head::open(tx, caseload).await?;
        let mut case = head.case(&self.policy.evaluator, now);
        let content = submission::content(&held.parts).ok();
        case.expect(&held.parts);
        load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        let edits = content.iter().flat_map(|content| &content.edits);
        let ops = edits.clone().flat_map(|edit| edit.ops.iter().map(move |op| (edit.entity, op)));
        let before = ops
            .map(|(entity, op)| Some(claims(case.document(entity)?, &op.field, op.element.as_deref())?.shown.value))
            .collect();
        let mut foreseen = Foreseen {
            before,
            names: BTreeMap::new(),
            files: BTreeSet::new(),
            accepted: Err(HoldCode::Unreadable),
            content: None,
        };
        foreseen.look(&case, content.as_ref(), self);
        for part in &held.parts {
            foreseen.files.extend(document::root(tx, caseload, part.subject).await?);
        }
        foreseen.accepted = if intake::says_again(tx, caseload, &held.parts).await? {
            Err(HoldCode::Malformed)
        } else {
            match case.decide(held.clone(), true, PersonId::from_bytes([0; 16]), String::new()) {
                Err(code) => Err(code),
                Ok(()) => {
                    load::satisfy(tx, &mut keys, caseload, &mut case).await?;
                    let fields = content.iter().flat_map(|content| fields(&case, content, held)).collect();
                    case.conclude();
                    Ok(follows(case, fields))
                }
            }
        };
        foreseen.content = content;
        Ok(foreseen)
    }
}

impl Foreseen {
    /// What the entities are called.
    fn look(&mut self, case: &Case<'_>, content: Option<&Content>, flow: &Flow) {
        let Some(Content { events, edits }) = content else { return };
        let subjects = events.iter().map(|event| event.subject).chain(edits.iter().map(|edit| edit.entity));
        let values = edits.iter().flat_map(|edit| edit.ops.iter().filter_map(|op| op.value.as_id()));
        for entity in subjects.chain(values) {
            let title = |document: &Document| {
                let title = document.value(document.schema().title?)?;
                named(document.schema().kind, title.as_text()?, flow)
            };
            let made = || {
                let edit = edits.iter().find(|edit| edit.entity == entity)?;
                let schema = sync_core::entity::Schema::of_code(&edit.kind)?;
                let op = edit.ops.iter().find(|op| Some(op.field.as_str()) == schema.title)?;
                named(schema.kind, op.value.as_text()?, flow)
            };
            if let Some(name) = case.document(entity).and_then(title).or_else(made) {
                self.names.insert(entity, name);
            }
        }
    }
}

/// A hazard is called what its item of the checklist is called.
fn named(kind: Kind, title: &str, flow: &Flow) -> Option<String> {
    let item = (kind == Kind::Hazard).then(|| flow.policy().policy().checklist.item(title)).flatten();
    let name = item.map_or_else(|| title.to_owned(), |item| format!("{title} {}", item.name.zh));
    Some(name).filter(|name| !name.is_empty())
}

fn claims(document: &Document, field: &str, element: Option<&str>) -> Option<Resolved> {
    match element {
        Some(element) => document.element(field, element),
        None => document.field(field),
    }
}

/// Where the values stand that do not simply show.
fn fields(case: &Case<'_>, content: &Content, held: &Logged) -> Vec<(usize, usize, Becomes)> {
    let mut found = Vec::new();
    for (nth, Edit { entity, ops, .. }) in content.edits.iter().enumerate() {
        let Some(document) = case.document(*entity) else { continue };
        for (op_nth, op) in ops.iter().enumerate() {
            let Some(resolved) = claims(document, &op.field, op.element.as_deref()) else { continue };
            let is = |claims: &[sync_core::merge::Claim]| claims.iter().any(|claim| claim.submission == held.id);
            let becomes = if resolved.conflict {
                Some(Becomes::Contested)
            } else if resolved.shown.submission == held.id {
                None
            } else if is(&resolved.others) || is(&resolved.opinions) {
                Some(Becomes::Outweighed)
            } else {
                Some(Becomes::Superseded)
            };
            let same = resolved.shown.value == op.value && becomes != Some(Becomes::Contested);
            found.extend(becomes.filter(|_| !same).map(|becomes| (nth, op_nth, becomes)));
        }
    }
    found
}

/// What the flow would have written.
fn follows(case: Case<'_>, fields: Vec<(usize, usize, Becomes)>) -> Follows {
    let outcome = case.finish();
    let mut follows = Follows { fields, ..Follows::default() };
    follows.alarms.extend(outcome.raised.iter().map(|raised| raised.rule.clone()));
    // The decision is the first entry; what follows from it is the flow's own.
    let effects = outcome.entries.iter().skip(1).filter_map(|entry| entry.folds());
    for part in effects.flat_map(|logged| &logged.parts) {
        match part.kind {
            PartKind::Event => {
                if let Ok(Event { body: EventBody::Flagged(flagged), .. }) = minicbor::decode(&part.bytes) {
                    follows.flags.push(flagged);
                }
            }
            PartKind::Edit => {
                let Ok(edit) = minicbor::decode::<Edit>(&part.bytes) else { continue };
                if edit.kind != Kind::Referral.code() || !edit.creates() {
                    continue;
                }
                let put = |field: &str| {
                    let value = edit.ops.iter().find(|op| op.field == field).and_then(|op| op.value.as_text());
                    value.unwrap_or_default().to_owned()
                };
                follows.referrals.push((put("rule"), put("proposed_dept")));
            }
        }
    }
    follows
}
