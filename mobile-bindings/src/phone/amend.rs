//! Corrections. What nobody else can have seen is written anew in its place; anything else is amended or voided by a new
//! submission, because events are written once.

use std::collections::BTreeSet;

use sync_core::case::Recorded;
use sync_core::event::{Event, EventBody};
use sync_core::form::{Circumstances, Earlier, Form, VoidForm};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::phone::outbox::Item;
use sync_core::submission::{Content, content};

use super::draft::{Draft, Finished};
use super::{Inner, Phone};
use crate::error::PhoneError;

/// Why what a corrected form does not say any more is voided.
const CORRECTED: &str = "更正时取消 / dropped by a correction";

/// A form that this person wrote, as far as its events tell.
struct Written {
    caseload: CaseloadId,
    submission: SubmissionId,
    /// Its events that still stand in the files that were looked at, the main one first.
    events: Vec<Event>,
}

impl Phone {
    /// Corrects an own event by a form that says it right: of the same file, filled in as if nothing had been written.
    ///
    /// A form that has not left this phone is written anew in its place: same submission, number and ids. Otherwise a new
    /// submission amends the event. When it is the main event of its form, all that the form said is corrected: what the
    /// new one does not say any more is voided.
    ///
    /// # Errors
    /// [`PhoneError::NoSuchEvent`], [`PhoneError::NotYours`], [`PhoneError::Incomplete`]; nothing is then changed.
    pub fn amend(&self, event: EventId, form: Form) -> Result<Finished, PhoneError> {
        let mut inner = self.lock();
        let written = inner.written(&form.about(), event)?;
        match inner.in_place(&written, event, &form)? {
            Some(finished) => Ok(finished),
            None => inner.amend(&written, event, form),
        }
    }

    /// The form of an own event, filled in as it was written: what [`Self::amend`] takes, once it says it right. Of the main
    /// event of a form it holds all that was told on it.
    ///
    /// # Errors
    /// [`PhoneError::NoSuchEvent`], [`PhoneError::NotYours`], [`PhoneError::Locked`]
    pub fn form_of(&self, subject: EntityId, event: EventId) -> Result<Form, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        let written = inner.written(&[subject], event)?;
        inner.form_of(&written, event).ok_or(PhoneError::NoSuchEvent)
    }

    /// Voids one own event: it should not have been written. What else its form said stands.
    ///
    /// # Errors
    /// [`PhoneError::NoSuchEvent`], [`PhoneError::NotYours`]; [`PhoneError::Incomplete`] without a reason.
    pub fn void(&self, subject: EntityId, event: EventId, reason: &str) -> Result<Finished, PhoneError> {
        let mut inner = self.lock();
        let written = inner.written(&[subject], event)?;
        inner.void(&written, event, Vec::new(), reason)
    }

    /// Voids everything that the form with this main event said: a visit that was written for the wrong person goes with
    /// the falls, consents and findings told on it.
    ///
    /// # Errors
    /// As [`Self::void`].
    pub fn void_form(&self, subject: EntityId, event: EventId, reason: &str) -> Result<Finished, PhoneError> {
        let mut inner = self.lock();
        let written = inner.written(&[subject], event)?;
        let others = written.events.iter().filter(|other| other.id != event).map(earlier).collect();
        inner.void(&written, event, others, reason)
    }
}

fn earlier(event: &Event) -> Earlier {
    Earlier { event: event.id, subject: event.subject, kind: event.body.kind().to_owned() }
}

impl Inner {
    /// The form of this person that an event is of, by the files of these entities and of the homes named in them.
    fn written(&self, about: &[EntityId], event: EventId) -> Result<Written, PhoneError> {
        let mut roots: BTreeSet<EntityId> = BTreeSet::new();
        for entity in about {
            roots.extend(self.index.root(*entity).into_iter().flat_map(|(_, root)| self.index.cluster(root)));
        }
        let mut files = Vec::new();
        let mut next: Vec<EntityId> = roots.iter().copied().collect();
        while let Some(root) = next.pop() {
            let file = self.shown(root)?.file;
            let home = file.documents.get(&root).and_then(|document| document.value("dwelling")?.as_id());
            let home = home.and_then(|home| self.index.root(home)).map(|(_, root)| self.index.cluster(root));
            next.extend(home.into_iter().flatten().filter(|home| roots.insert(*home)));
            files.push((root, file));
        }
        let standing: Vec<&Recorded> = files.iter().flat_map(|(_, file)| file.standing_events()).collect();
        let found = standing.iter().find(|recorded| recorded.event.id == event).ok_or(PhoneError::NoSuchEvent)?;
        let me = self.device.enrolled.as_ref().map(|enrolled| enrolled.person);
        if Some(found.author.person) != me {
            return Err(PhoneError::NotYours);
        }
        let caseload = self.index.root(found.event.subject).ok_or(PhoneError::NoSuchFile)?.0;
        let together = standing.iter().filter(|recorded| recorded.submission == found.submission);
        let mut events: Vec<Event> = together.map(|recorded| recorded.event.clone()).collect();
        // The first event of a file is the main one there; the file that was asked for goes first.
        let own = |subject: EntityId| self.index.root(subject).map(|(_, root)| root);
        let asked = own(found.event.subject);
        events.sort_by_key(|other| own(other.subject) != asked);
        Ok(Written { caseload, submission: found.submission, events })
    }

    /// What a correction of `event` takes the place of: all that its form said, when it is the main event.
    fn replaced(written: &Written, event: EventId) -> Vec<Earlier> {
        let is_main = written.events.first().is_some_and(|first| first.id == event);
        written.events.iter().filter(|own| is_main || own.id == event).map(earlier).collect()
    }

    fn form_of(&self, written: &Written, event: EventId) -> Option<Form> {
        let outbox = self.caseloads.get(&written.caseload).map(|caseload| &caseload.outbox);
        let item = outbox.and_then(|outbox| outbox.of(written.submission));
        let unsent = item.filter(|item| item.is_unsent() && item.event == Some(event)).and_then(said);
        if let Some(content) = unsent {
            return Form::written(&content.events, &content.edits);
        }
        let is_main = written.events.first().is_some_and(|first| first.id == event);
        let events = written.events.iter().filter(|own| is_main || own.id == event);
        Form::written(&events.cloned().collect::<Vec<_>>(), &[])
    }

    fn amend(&mut self, written: &Written, event: EventId, form: Form) -> Result<Finished, PhoneError> {
        let corrected = written.events.iter().find(|own| own.id == event).ok_or(PhoneError::NoSuchEvent)?;
        let draft = Draft { started_at: corrected.start, ..self.new_draft(written.caseload, form)? };
        // It happened when it happened, whenever it is corrected.
        let circumstances = Circumstances { now: corrected.end, ..self.circumstances(&draft) };
        let seen = self.seen(&draft.form)?;
        let made = draft.form.correct(&seen, &circumstances, &Self::replaced(written, event), CORRECTED);
        self.send_off(&draft, made.map_err(|_| PhoneError::Incomplete)?)
    }

    fn void(
        &mut self,
        written: &Written,
        event: EventId,
        others: Vec<Earlier>,
        reason: &str,
    ) -> Result<Finished, PhoneError> {
        let subject = written.events.iter().find(|own| own.id == event).map(|own| own.subject);
        let subject = subject.ok_or(PhoneError::NoSuchEvent)?;
        let form = Form::Void(VoidForm { subject, event, reason: reason.to_owned() });
        let draft = self.new_draft(written.caseload, form)?;
        let made = draft.form.correct(&self.seen(&draft.form)?, &self.circumstances(&draft), &others, reason.trim());
        self.send_off(&draft, made.map_err(|_| PhoneError::Incomplete)?)
    }

    /// Writes a form anew in the place of one that has not left this phone; `None` when it has, when this is not its main
    /// event, or when later work stands on something that it would not make any more.
    fn in_place(&mut self, written: &Written, event: EventId, form: &Form) -> Result<Option<Finished>, PhoneError> {
        let caseload = self.caseload(written.caseload)?;
        let Some(item) = caseload.outbox.of(written.submission).filter(|item| item.is_unsent()) else {
            return Ok(None);
        };
        let main = written.events.iter().find(|own| own.id == event && item.event == Some(event));
        let (Some(main), Some(before)) = (main.cloned(), said(item)) else { return Ok(None) };
        let number = item.number;
        let draft = Draft {
            id: item.submission,
            caseload: written.caseload,
            form: form.clone(),
            started_at: main.start,
            changed_at: self.now(),
            programme: main.programme,
        };
        let mut circumstances = Circumstances { now: main.end, ..self.circumstances(&draft) };
        if let EventBody::Notice(notice) = &main.body {
            circumstances.notice_number.clone_from(&notice.number);
        }
        let seen = self.seen_before(form, Some((written.caseload, number)))?;
        // What the form itself corrected, it still corrects.
        let amended: Vec<Earlier> =
            before.events.iter().filter_map(|own| Some(Earlier { event: own.amends?, ..earlier(own) })).collect();
        let made = draft.form.correct(&seen, &circumstances, &amended, CORRECTED);
        let made = made.map_err(|_| PhoneError::Incomplete)?;
        let Ok(after) = content(&made.parts) else { return Ok(None) };
        let kept: BTreeSet<EntityId> = after.edits.iter().map(|edit| edit.entity).collect();
        let dropped = |entity: &EntityId| !kept.contains(entity);
        let dropped: BTreeSet<EntityId> =
            before.edits.iter().filter(|edit| edit.creates()).map(|edit| edit.entity).filter(dropped).collect();
        let later = caseload.outbox.items().filter(|item| item.number > number).filter_map(said);
        let stands_on = |later: &Content| {
            later.edits.iter().any(|edit| dropped.contains(&edit.entity))
                || later.events.iter().any(|event| dropped.contains(&event.subject))
        };
        if later.into_iter().any(|later| stands_on(&later)) {
            return Ok(None);
        }
        self.keep_finished(&draft, number, made).map(Some)
    }
}

fn said(item: &Item) -> Option<Content> {
    content(&item.decoded()?.parts).ok()
}
