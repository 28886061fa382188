//! Admit: may this submission become part of the record? A plan, made before anything is changed.

use std::collections::BTreeSet;

use crate::author::Role;
use crate::document::Document;
use crate::edit::{Edit, State};
use crate::entity::{FieldError, Kind, Schema, hazard};
use crate::event::{Event, EventBody};
use crate::id::{EntityId, EventId};
use crate::log::{HoldCode, Verdict};
use crate::refer;
use crate::submission::{Content, SubmissionError};

/// How the author stands to the caseload at the time of receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The role in this caseload.
    pub role: Role,
    /// Is, now, a member of it.
    pub member: bool,
    /// The device was revoked.
    pub revoked: bool,
    /// The device's clock minus the server's during this sync, in milliseconds.
    pub clock_offset_ms: i64,
}

impl Standing {
    /// The flow itself.
    pub const FLOW: Self = Self { role: Role::System, member: true, revoked: false, clock_offset_ms: 0 };
}

/// What the server says of a submission. `known` finds documents of this caseload, `told` says whether an event was
/// told before.
pub(crate) fn verdict<'d>(
    content: Result<&Content, &SubmissionError>,
    standing: Standing,
    known: impl Fn(EntityId) -> Option<&'d Document>,
    told: impl Fn(EventId) -> bool,
) -> Verdict {
    match plan(content, standing, known, told) {
        Ok(()) => Verdict::Merged,
        Err(code) => Verdict::Held(code),
    }
}

fn plan<'d>(
    content: Result<&Content, &SubmissionError>,
    standing: Standing,
    known: impl Fn(EntityId) -> Option<&'d Document>,
    told: impl Fn(EventId) -> bool,
) -> Result<(), HoldCode> {
    if standing.revoked {
        return Err(HoldCode::DeviceRevoked);
    }
    if !standing.member {
        return Err(HoldCode::NoAccess);
    }
    let content = content.map_err(|error| match error {
        SubmissionError::Unreadable { .. } => HoldCode::Unreadable,
        SubmissionError::TooLarge(_) => HoldCode::TooLarge,
        SubmissionError::WrongSubject { .. } | SubmissionError::Empty | SubmissionError::Edit { .. } => {
            HoldCode::Malformed
        }
    })?;
    let mut edited = BTreeSet::new();
    for edit in &content.edits {
        if !edited.insert(edit.entity) {
            return Err(HoldCode::Malformed);
        }
        check_edit(edit, standing.role, known(edit.entity))?;
    }
    let mut said = BTreeSet::new();
    for event in &content.events {
        // An event is written once: the same id again is another event in its clothes.
        if !said.insert(event.id) || told(event.id) {
            return Err(HoldCode::Malformed);
        }
        let kind = |entity: EntityId| {
            let new = content.edits.iter().find(|edit| edit.entity == entity && edit.creates());
            let schema = known(entity).map(Document::schema);
            schema.or_else(|| new.and_then(|edit| Schema::of_code(&edit.kind))).map(|schema| schema.kind)
        };
        check_event(event, standing.role, kind)?;
    }
    Ok(())
}

fn check_edit(edit: &Edit, role: Role, document: Option<&Document>) -> Result<(), HoldCode> {
    let schema = Schema::check(edit, role).map_err(|error| match error {
        FieldError::UnknownKind(_) | FieldError::UnknownField(_) => HoldCode::TooNew,
        FieldError::WrongShape(_) => HoldCode::Malformed,
        FieldError::NotPermitted(..) => HoldCode::NotPermitted,
    })?;
    match document {
        None if !edit.creates() => return Err(HoldCode::UnknownEntity),
        None => check_creation(edit, schema)?,
        Some(document) if document.schema().kind != schema.kind || edit.base.version > document.version() => {
            return Err(HoldCode::Malformed);
        }
        Some(_) => {}
    }
    let enters = |state: State| refer::may_enter(role, state.rank);
    let state = put(edit, "state").and_then(crate::edit::Value::as_state);
    match (schema.kind, state) {
        (Kind::Referral | Kind::Slip, Some(state)) if !enters(state) => Err(HoldCode::NotPermitted),
        _ => Ok(()),
    }
}

/// A new entity says whose file it belongs to, and an id that follows from its content is the one that follows.
fn check_creation(edit: &Edit, schema: &Schema) -> Result<(), HoldCode> {
    let Some(parent) = schema.parent else { return Ok(()) };
    let parent = put(edit, parent).and_then(crate::edit::Value::as_id).ok_or(HoldCode::Malformed)?;
    if schema.kind == Kind::Hazard {
        let code = put(edit, "code").and_then(crate::edit::Value::as_text).ok_or(HoldCode::Malformed)?;
        let status = put(edit, "status").and_then(crate::edit::Value::as_state).ok_or(HoldCode::Malformed)?;
        if hazard::id(parent, code, status.round) != edit.entity {
            return Err(HoldCode::Malformed);
        }
    }
    Ok(())
}

fn put<'e>(edit: &'e Edit, field: &str) -> Option<&'e crate::edit::Value> {
    edit.ops.iter().find(|op| op.field == field && op.element.is_none()).map(|op| &op.value)
}

/// Who may say that something of this kind happened, and to what.
fn check_event(event: &Event, role: Role, kind: impl Fn(EntityId) -> Option<Kind>) -> Result<(), HoldCode> {
    let keepers: &[Role] = &[Role::Worker, Role::Supervisor, Role::Steward];
    let (speakers, about): (&[Role], Option<Kind>) = match &event.body {
        EventBody::Inspection(_) | EventBody::Notice(_) => (keepers, Some(Kind::Premises)),
        EventBody::Void(_) => (keepers, None),
        EventBody::Confirmation(_) | EventBody::Withdrawal(_) => {
            (&[Role::Worker, Role::Supervisor], Some(Kind::Referral))
        }
        EventBody::Link(_) => (&[Role::Steward, Role::Supervisor], Some(Kind::Premises)),
        EventBody::Reply(_) => (&[Role::Officer], Some(Kind::Referral)),
        EventBody::Step(_) => (&[Role::Dispatcher, Role::Officer, Role::System], Some(Kind::Referral)),
        EventBody::Flagged(_) => (&[Role::System], None),
        EventBody::Unknown { .. } => return Err(HoldCode::TooNew),
    };
    if !speakers.contains(&role) {
        return Err(HoldCode::NotPermitted);
    }
    let fits = |entity| match kind(entity) {
        None => Err(HoldCode::UnknownEntity),
        Some(found) if about.is_some_and(|about| about != found) => Err(HoldCode::Malformed),
        Some(_) => Ok(()),
    };
    fits(event.subject)?;
    match &event.body {
        EventBody::Link(link) if link.other == event.subject => Err(HoldCode::Malformed),
        EventBody::Link(link) => fits(link.other),
        _ => Ok(()),
    }
}
