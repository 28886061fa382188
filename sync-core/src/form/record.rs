//! Forms about the record itself: changed fields, a settled conflict, linked files, a voided event.

use minicbor::{Decode, Encode};

use super::Fill;
use super::editor::Editor;
use super::message::{Level, Message};
use super::premises::{checked, no_point};
use super::seen::Scene;
use crate::author::Role;
use crate::document::Document;
use crate::edit::{FieldOp, Value};
use crate::entity::Kind;
use crate::event::{EventBody, Link, Void};
use crate::id::{EntityId, EventId};
use crate::identifier;
use crate::map_point::MapPoint;

/// Changed fields of one file; of linked files, of all that say something of them. Name only what changed: a field that is written again counts as said again.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EntityEdit {
    /// The file.
    #[n(0)]
    pub entity: EntityId,
    /// The changed fields.
    #[n(1)]
    pub ops: Vec<FieldOp>,
}

/// A decision between several values of one field: a put by somebody who had seen them all, in linked files too.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SettleForm {
    /// The file.
    #[n(0)]
    pub entity: EntityId,
    /// The field.
    #[n(1)]
    pub field: String,
    /// Its element, for keyed fields.
    #[n(2)]
    pub element: Option<String>,
    /// What it is.
    #[n(3)]
    pub value: Value,
}

/// Two files are the same thing; or, undone, are not.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LinkForm {
    /// One file.
    #[n(0)]
    pub one: EntityId,
    /// The other.
    #[n(1)]
    pub other: EntityId,
    /// Takes an earlier link back.
    #[n(2)]
    pub undo: bool,
    /// Why.
    #[n(3)]
    pub reason: String,
}

/// An event should not have been written.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct VoidForm {
    /// The file that the event is in.
    #[n(0)]
    pub subject: EntityId,
    /// The event.
    #[n(1)]
    pub event: EventId,
    /// Why.
    #[n(2)]
    pub reason: String,
}

impl Fill for EntityEdit {
    fn about(&self) -> Vec<EntityId> {
        vec![self.entity]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.entity);
        if self.ops.is_empty() {
            editor.say(Message::required(""));
        }
        for op in &self.ops {
            put_known(editor, self.entity, op.clone());
        }
    }
}

impl Fill for SettleForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.entity]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.entity);
        let resolved = editor.seen().said(self.entity, &self.field, self.element.as_deref());
        let kind = editor.seen().document(self.entity).map(Document::schema);
        let spec = kind.and_then(|schema| schema.field(&self.field));
        if !spec.zip(resolved).is_some_and(|(spec, resolved)| spec.asks(&resolved)) {
            let (zh, en) = ("这里已经没有分歧", "There is no disagreement here any more");
            editor.say(Message::new(Level::Warning, "nothing_to_settle", &self.field, zh, en));
        }
        let op = FieldOp { field: self.field.clone(), element: self.element.clone(), value: self.value.clone() };
        put_known(editor, self.entity, op);
    }
}

impl Fill for LinkForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.one, self.other]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.one);
        const ROOTS: &[Kind] = &[Kind::Premises, Kind::Dwelling, Kind::Elder];
        let one = editor.known_as("one", self.one, ROOTS).map(|document| document.schema().kind);
        let other = editor.known_as("other", self.other, ROOTS).map(|document| document.schema().kind);
        if one.is_some() && other.is_some() && one != other {
            editor.say(Message::not_allowed("other"));
        }
        if self.one == self.other {
            editor.say(Message::not_allowed("other"));
        }
        if !matches!(editor.circumstances().role, Role::Steward | Role::Supervisor) {
            let (zh, en) = ("合并档案由档案管理员或督导办理", "Files are linked by a steward or a supervisor");
            editor.say(Message::new(Level::Error, "not_your_role", "", zh, en));
        }
        editor.text("reason", &self.reason, true);
        editor.required("reason", &self.reason);
        let body = Link { other: self.other, undo: self.undo, reason: self.reason.trim().to_owned() };
        editor.event(self.one, &Scene::default(), EventBody::Link(body));
    }
}

impl Fill for VoidForm {
    fn about(&self) -> Vec<EntityId> {
        vec![self.subject]
    }

    fn fill(&self, editor: &mut Editor<'_>) {
        editor.about(self.subject);
        if editor.seen().document(self.subject).is_none() {
            editor.say(Message::unknown_file("subject"));
        }
        editor.text("reason", &self.reason, true);
        editor.required("reason", &self.reason);
        let body = Void { event: self.event, reason: self.reason.trim().to_owned() };
        editor.event(self.subject, &Scene::default(), EventBody::Void(body));
    }
}

/// Puts a value on a file that is known; identifiers in the form in which they are kept.
pub(super) fn put_known(editor: &mut Editor<'_>, entity: EntityId, mut op: FieldOp) {
    let Some(document) = editor.seen().document(entity) else {
        editor.say(Message::unknown_file("entity"));
        return;
    };
    let kind = document.schema().kind;
    if kind == Kind::Elder && WITH_EVENT.contains(&op.field.as_str()) {
        let (zh, en) = ("这一项要用它自己的表单填写", "This has a form of its own");
        editor.say(Message::new(Level::Error, "own_form", &op.field, zh, en));
    }
    let identifier = match (kind, op.field.as_str()) {
        (Kind::Operator, "uscc") => Some(identifier::Kind::Uscc),
        (Kind::Premises, "contact_phone") => Some(identifier::Kind::Phone),
        (Kind::Elder, "contact_phone") => Some(identifier::Kind::Phone),
        (Kind::Premises | Kind::Dwelling, "unit_code") => Some(identifier::Kind::UnitCode),
        _ => None,
    };
    if let Value::Text(text) = &mut op.value {
        let free = matches!(op.field.as_str(), "door_note" | "note" | "note_short");
        editor.text(&op.field, text, free);
        if let Some(identifier) = identifier {
            *text = checked(editor, &op.field, identifier, text);
        }
        if matches!(kind, Kind::Premises | Kind::Dwelling) && op.field == "map_point" {
            match MapPoint::read(text) {
                Ok(point) if kind == Kind::Dwelling => *text = point.coarse().to_string(),
                Ok(point) => *text = point.to_string(),
                Err(why) => {
                    editor.say(no_point(&op.field, why));
                    return;
                }
            }
        }
    }
    if kind == Kind::Elder
        && op.field == "evacuation_help"
        && let (Some(dwelling), Some(help)) = (editor.dwelling_of(entity), op.value.as_text())
    {
        editor.tell_dwelling(dwelling, help);
    }
    editor.put_linked(entity, kind, &op);
}

/// Fields of an elder that mean nothing without the event that says why.
const WITH_EVENT: [&str; 3] = ["consent", "assessment", "screening"];
