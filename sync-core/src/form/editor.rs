//! The editor: gathers operations into one edit per entity, on the right base, and enforces the limits.

use std::collections::BTreeSet;

use super::message::{Level, Message};
use super::seen::{Circumstances, Earlier, Scene, Seen};
use super::{Made, filled};
use crate::document::Document;
use crate::edit::{Edit, EditError, FieldOp, Value};
use crate::entity::{Kind, Schema};
use crate::event::{Event, EventBody, Void};
use crate::id::{EntityId, EventId};
use crate::limits;
use crate::submission::Part;
use crate::time::Day;

/// Words that only a department may say. In a worker's own text they warn, they never block.
const ENFORCEMENT: [&str; 4] = ["责令", "处罚", "查封", "整改通知书"];

/// Gathers what a form writes.
pub(super) struct Editor<'a> {
    seen: &'a Seen,
    circumstances: &'a Circumstances,
    edits: Vec<Edit>,
    events: Vec<Event>,
    messages: Vec<Message>,
    subject: Option<EntityId>,
}

impl<'a> Editor<'a> {
    pub(super) fn new(seen: &'a Seen, circumstances: &'a Circumstances) -> Self {
        Self { seen, circumstances, edits: Vec::new(), events: Vec::new(), messages: Vec::new(), subject: None }
    }

    pub(super) fn seen(&self) -> &'a Seen {
        self.seen
    }

    pub(super) fn circumstances(&self) -> &'a Circumstances {
        self.circumstances
    }

    /// The document of the entity that `field` names, or an error.
    pub(super) fn known(&mut self, field: &str, entity: EntityId, kind: Kind) -> Option<&'a Document> {
        self.known_as(field, entity, &[kind])
    }

    /// The document of the entity that `field` names and that is of one of these kinds, or an error.
    pub(super) fn known_as(&mut self, field: &str, entity: EntityId, kinds: &[Kind]) -> Option<&'a Document> {
        let document = self.seen.document(entity).filter(|document| kinds.contains(&document.schema().kind));
        if document.is_none() {
            self.say(Message::unknown_file(field));
        }
        document
    }

    /// The file that the form is about.
    pub(super) fn about(&mut self, subject: EntityId) {
        self.subject = Some(subject);
    }

    pub(super) fn say(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Checks a text that the worker wrote; whether it is free text, where some words warn.
    pub(super) fn text(&mut self, field: &str, text: &str, free: bool) {
        if text.len() > limits::TEXT_BYTES {
            self.say(Message::too_long(field));
        }
        if free && ENFORCEMENT.iter().any(|word| text.contains(word)) {
            self.say(Message::new(
                Level::Warning,
                "enforcement_word",
                field,
                "这里用了执法用语;温馨提示不是执法文书,请改用提醒的说法",
                "This uses words of enforcement; a friendly reminder is not one, please say it as a reminder",
            ));
        }
    }

    /// A required text.
    pub(super) fn required<'t>(&mut self, field: &str, text: &'t str) -> Option<&'t str> {
        let text = filled(text);
        if text.is_none() {
            self.say(Message::required(field));
        }
        text
    }

    /// Adds an operation to the one edit of this entity.
    pub(super) fn put(&mut self, entity: EntityId, kind: Kind, op: FieldOp) {
        self.put_as(entity, kind.code(), op);
    }

    /// Adds an operation to each document that it has to name: of linked files, all in which something is said of the
    /// field, so that it replaces what was on the screen.
    pub(super) fn put_linked(&mut self, entity: EntityId, kind: Kind, op: &FieldOp) {
        for named in self.seen.to_name(entity, &op.field, op.element.as_deref()) {
            self.put(named, kind, op.clone());
        }
    }

    pub(super) fn put_as(&mut self, entity: EntityId, kind: &str, op: FieldOp) {
        let place = self.edits.iter().position(|edit| edit.entity == entity).unwrap_or_else(|| {
            let base = self.seen.base(entity);
            self.edits.push(Edit { entity, kind: kind.to_owned(), base, ops: Vec::new() });
            self.edits.len() - 1
        });
        if let Some(edit) = self.edits.get_mut(place) {
            edit.ops.push(op);
        }
    }

    /// Adds these members to a set, each once.
    pub(super) fn put_members(&mut self, entity: EntityId, kind: Kind, field: &str, members: &[String]) {
        let members: BTreeSet<&str> = members.iter().filter_map(|member| filled(member)).collect();
        for member in members {
            if member.len() > limits::ELEMENT_BYTES {
                self.say(Message::too_long(field));
            }
            self.put(entity, kind, FieldOp::put_element(field, member, Value::Bool(true)));
        }
    }

    /// The dwelling that an elder's file names, when its own file is known too.
    pub(super) fn dwelling_of(&self, elder: EntityId) -> Option<EntityId> {
        let dwelling = self.seen.said(elder, "dwelling", None)?.shown.value.as_id()?;
        self.seen.document(dwelling).map(|_| dwelling)
    }

    /// Somebody who lives there needs help to get out, or does not. A "no" of one says nothing of the others: it is
    /// written only when nobody has said anything yet.
    pub(super) fn tell_dwelling(&mut self, dwelling: EntityId, help: &str) {
        let said = self.seen.said(dwelling, "evacuation_help", None);
        let stronger = match said.as_ref().and_then(|said| said.shown.value.as_text()) {
            None => true,
            Some("yes") => false,
            Some("unknown") => help == "yes",
            Some(_) => help != "no",
        };
        if stronger {
            self.put_linked(dwelling, Kind::Dwelling, &FieldOp::put("evacuation_help", Value::from(help)));
        }
    }

    /// Today.
    pub(super) fn today(&self) -> Day {
        self.circumstances.now.day()
    }

    /// Adds an event and tells its id.
    pub(super) fn event(&mut self, subject: EntityId, scene: &Scene, body: EventBody) -> EventId {
        if scene.coworkers.len() > limits::PEOPLE {
            self.say(Message::too_many("coworkers"));
        }
        if scene.photos.len() > limits::PHOTOS {
            self.say(Message::too_many("photos"));
        }
        let id = self.circumstances.event(&format!("event {}", self.events.len()));
        let Circumstances { start, now, policy, ref programme, .. } = *self.circumstances;
        let Scene { coworkers, place, photos, amends } = scene.clone();
        let programme = programme.clone();
        let end = now.max(start);
        self.events.push(Event { id, subject, programme, policy, start, end, coworkers, place, photos, amends, body });
        id
    }

    /// Amends earlier events, each by the new one of its kind and subject; voids those that have none.
    pub(super) fn take_the_place_of(&mut self, earlier: &[Earlier], reason: &str) {
        for Earlier { event, subject, kind } in earlier {
            let like = |new: &&mut Event| new.subject == *subject && new.body.kind() == kind && new.amends.is_none();
            match self.events.iter_mut().find(like) {
                Some(new) => new.amends = Some(*event),
                None => {
                    let void = Void { event: *event, reason: reason.to_owned() };
                    self.event(*subject, &Scene::default(), EventBody::Void(void));
                }
            }
        }
    }

    /// All that was gathered, whatever is wrong with it. Edits come before events: whoever reads in order knows what an
    /// event is about.
    pub(super) fn parts(&self) -> Vec<Part> {
        self.edits.iter().map(Part::edit).chain(self.events.iter().map(Part::event)).collect()
    }

    /// All that was gathered, or all that is wrong.
    pub(super) fn finish(mut self) -> Result<Made, Vec<Message>> {
        for ix in 0..self.edits.len() {
            self.check_edit(ix);
        }
        let parts = self.parts();
        let size: usize = parts.iter().map(|part| part.bytes.len() + 32).sum();
        if parts.len() > limits::SUBMISSION_PARTS || size > limits::SUBMISSION_BYTES - 128 {
            self.say(Message::too_long(""));
        }
        let mut said = BTreeSet::new();
        self.messages.retain(|message| said.insert((message.code, message.field.clone())));
        self.messages.sort_by_key(|message| message.level);
        let wrong = self.messages.first().is_some_and(|message| message.level == Level::Error);
        match self.subject {
            Some(subject) if !wrong && !parts.is_empty() => {
                let event = self.events.first().map(|event| event.id);
                Ok(Made { parts, subject, event, warnings: self.messages })
            }
            _ => {
                if !wrong {
                    self.messages.insert(0, Message::required(""));
                }
                Err(self.messages)
            }
        }
    }

    /// What the server would hold is told here, while the worker still stands at the door.
    fn check_edit(&mut self, ix: usize) {
        let Some(edit) = self.edits.get(ix) else { return };
        let mut found = Vec::new();
        match edit.check() {
            Ok(()) => {}
            Err(EditError::Twice(field)) => found.push(Message::repeated(&field)),
            Err(_) => found.push(Message::too_long(&edit.kind)),
        }
        for op in &edit.ops {
            let alone = Edit { ops: vec![op.clone()], ..edit.clone() };
            if Schema::check(&alone, self.circumstances.role).is_err() {
                found.push(Message::not_allowed(&op.field));
            }
            if let Value::Text(text) = &op.value
                && text.len() > limits::TEXT_BYTES
            {
                found.push(Message::too_long(&op.field));
            }
        }
        self.messages.extend(found);
    }
}
