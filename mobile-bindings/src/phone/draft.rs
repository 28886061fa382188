//! Drafts: forms in progress, kept at every change; and what happens when one is finished.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use sync_core::form::{Circumstances, Form, Made, Message, Seen};
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::limits;
use sync_core::phone::outbox::{Item, Standing};
use sync_core::submission::Submission;
use sync_core::time::Timestamp;

use super::{CLOCK, Caseload, Inner, NOTICES, Phone};
use crate::error::PhoneError;
use crate::record;
use crate::store::{Changes, Key, Space};

/// A form in progress. Its id becomes the submission's.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Draft {
    /// Which.
    #[n(0)]
    pub id: SubmissionId,
    /// The caseload it will go to.
    #[n(1)]
    pub caseload: CaseloadId,
    /// The form so far.
    #[n(2)]
    pub form: Form,
    /// When it was begun.
    #[n(3)]
    pub started_at: Timestamp,
    /// When it was last changed.
    #[n(4)]
    pub changed_at: Timestamp,
    /// The service project under which the work is done.
    #[n(5)]
    pub programme: String,
}

/// A finished form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finished {
    /// The submission: ask for its receipt by this.
    pub submission: SubmissionId,
    /// Its number in the caseload's outbox.
    pub number: u64,
    /// The file it is about: the new shop of a new file.
    pub subject: EntityId,
    /// Its event, if it has one: what a notice refers to.
    pub event: Option<EventId>,
    /// What is doubtful, e.g. a credit code whose check fails.
    pub warnings: Vec<Message>,
}

impl Phone {
    /// Begins a form.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn start(&self, caseload: CaseloadId, form: Form) -> Result<SubmissionId, PhoneError> {
        let mut inner = self.lock();
        let draft = inner.new_draft(caseload, form)?;
        inner.keep(&draft)?;
        Ok(draft.id)
    }

    /// Keeps a draft as it is now.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn save(&self, draft: SubmissionId, form: Form) -> Result<(), PhoneError> {
        let mut inner = self.lock();
        let draft = Draft { form, changed_at: inner.now(), ..inner.draft(draft)? };
        inner.keep(&draft)
    }

    /// A draft.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn draft(&self, draft: SubmissionId) -> Result<Draft, PhoneError> {
        self.lock().draft(draft)
    }

    /// All drafts, the one that was changed last first.
    ///
    /// # Errors
    /// [`PhoneError::Store`]
    pub fn drafts(&self) -> Result<Vec<Draft>, PhoneError> {
        let inner = self.lock();
        let mut drafts = Vec::new();
        for (_, bytes) in inner.store.scan(Space::Draft)? {
            drafts.push(record::decoded::<Draft>(&bytes)?);
        }
        drafts.sort_by_key(|draft| std::cmp::Reverse((draft.changed_at, draft.id)));
        Ok(drafts)
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// [`PhoneError::Store`]
    pub fn discard(&self, draft: SubmissionId) -> Result<(), PhoneError> {
        let mut changes = Changes::default();
        changes.remove(Key::single(Space::Draft, draft.bytes()));
        Ok(self.lock().store.apply(&changes)?)
    }

    /// What is wrong or doubtful in a draft, errors first.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn check(&self, draft: SubmissionId) -> Result<Vec<Message>, PhoneError> {
        let inner = self.lock();
        let draft = inner.draft(draft)?;
        Ok(draft.form.check(&inner.seen(&draft.form)?, &inner.circumstances(&draft)))
    }

    /// Finishes a draft: in one step it leaves the drafts and is in the outbox under the caseload's next number.
    ///
    /// # Errors
    /// [`PhoneError::Incomplete`] when [`Self::check`] has errors; the draft is then as before.
    pub fn finish(&self, draft: SubmissionId) -> Result<Finished, PhoneError> {
        let mut inner = self.lock();
        let draft = inner.draft(draft)?;
        inner.finish(&draft)
    }

    /// Begins and finishes a form that is complete.
    ///
    /// # Errors
    /// As [`Self::finish`]; nothing is then kept.
    pub fn submit(&self, caseload: CaseloadId, form: Form) -> Result<Finished, PhoneError> {
        let mut inner = self.lock();
        let draft = inner.new_draft(caseload, form)?;
        inner.finish(&draft)
    }
}

impl Inner {
    pub(super) fn new_draft(&self, caseload: CaseloadId, form: Form) -> Result<Draft, PhoneError> {
        if self.device.enrolled.is_none() {
            return Err(PhoneError::NotEnrolled);
        }
        let programme = self.caseload(caseload)?.programme().to_owned();
        let now = self.now();
        let id = SubmissionId::new(now, self.environment.id_random());
        Ok(Draft { id, caseload, form, started_at: now, changed_at: now, programme })
    }

    pub(super) fn draft(&self, draft: SubmissionId) -> Result<Draft, PhoneError> {
        record::get(&*self.store, &Key::single(Space::Draft, draft.bytes()))?.ok_or(PhoneError::NoSuchDraft)
    }

    fn keep(&mut self, draft: &Draft) -> Result<(), PhoneError> {
        let mut changes = Changes::default();
        record::put(&mut changes, Key::single(Space::Draft, draft.id.bytes()), draft);
        Ok(self.store.apply(&changes)?)
    }

    pub(super) fn circumstances(&self, draft: &Draft) -> Circumstances {
        let letter = self.caseloads.get(&draft.caseload).map_or("?", Caseload::letter);
        Circumstances {
            submission: draft.id,
            start: draft.started_at,
            now: self.now(),
            policy: self.policy.version(),
            programme: draft.programme.clone(),
            role: self.role_at(draft.caseload),
            notice_number: format!("{letter}-{:04}", self.notices + 1),
            // A phone that is lost must not hold what would open every hash.
            id_key: None,
        }
    }

    /// The files that a form must know, as shown.
    pub(super) fn seen(&self, form: &Form) -> Result<Seen, PhoneError> {
        self.seen_before(form, None)
    }

    /// The files that a form must know, as they were shown before the form with this number was written.
    pub(super) fn seen_before(&self, form: &Form, before: Option<(CaseloadId, u64)>) -> Result<Seen, PhoneError> {
        let policy = self.policy.evaluator().map(|evaluator| evaluator.policy());
        let mut seen = policy.map_or_else(Seen::default, |policy| Seen::under(policy));
        self.see(form.about(), before, &mut seen)?;
        self.see(seen.dwellings(), before, &mut seen)?;
        Ok(seen)
    }

    /// Adds the files that these entities belong to, and those that are linked with them.
    fn see(&self, about: Vec<EntityId>, before: Option<(CaseloadId, u64)>, seen: &mut Seen) -> Result<(), PhoneError> {
        let mut roots = BTreeSet::new();
        for (_, root) in about.into_iter().filter_map(|entity| self.index.root(entity)) {
            let linked = self.index.cluster(root);
            if linked.len() > 1 && !roots.contains(&root) {
                seen.link(linked.clone());
            }
            roots.extend(linked);
        }
        for root in roots {
            let shown = self.shown_before(root, before)?;
            seen.add_answers(&shown.file);
            for (entity, document) in shown.file.documents {
                let pending = shown.pending.get(&entity).map(Vec::as_slice).unwrap_or_default();
                seen.add(entity, document, shown.confirmed.get(&entity).copied().unwrap_or(0), pending);
            }
        }
        Ok(())
    }

    fn finish(&mut self, draft: &Draft) -> Result<Finished, PhoneError> {
        let circumstances = self.circumstances(draft);
        let made = draft.form.finish(&self.seen(&draft.form)?, &circumstances);
        self.send_off(draft, made.map_err(|_| PhoneError::Incomplete)?)
    }

    /// Puts what a form became into the outbox, under the caseload's next number.
    pub(super) fn send_off(&mut self, draft: &Draft, made: Made) -> Result<Finished, PhoneError> {
        let number = self.caseload(draft.caseload)?.outbox.next_number();
        self.keep_finished(draft, number, made)
    }

    /// Puts what a form became into the outbox, under this number: the next one, or that of a form that nobody else has
    /// seen yet and whose place it takes.
    pub(super) fn keep_finished(&mut self, draft: &Draft, number: u64, made: Made) -> Result<Finished, PhoneError> {
        let Made { parts, subject, event, warnings } = made;
        let finished_at = self.now();
        let caseload = self.caseload(draft.caseload)?;
        let at = self.clock.tick(finished_at);
        let submission = Submission { id: draft.id, caseload: draft.caseload, number, at, parts };
        let bytes = submission.encode();
        if bytes.len() > limits::SUBMISSION_BYTES || number > limits::OUTBOX_NUMBER {
            return Err(PhoneError::TooLarge);
        }
        let item = Item {
            number,
            submission: draft.id,
            bytes,
            standing: Standing::Waiting,
            confirmed: false,
            stored_at: None,
            finished_at,
            subject,
            event,
            sealed: false,
            sent: false,
        };
        let is_new = number == caseload.outbox.next_number();
        if !is_new && !caseload.outbox.items().any(|known| known.number == number && known.is_unsent()) {
            return Err(PhoneError::NoSuchSubmission);
        }
        let notices = self.notices + u64::from(is_new && matches!(draft.form, Form::Notice(_)));

        let mut changes = Changes::default();
        changes.remove(Key::single(Space::Draft, draft.id.bytes()));
        caseload.put_finished(&item, &mut changes);
        record::put(&mut changes, Key::single(Space::Setting, CLOCK), &at);
        record::put(&mut changes, Key::single(Space::Setting, NOTICES), &notices);
        self.store.apply(&changes)?;

        self.clock = at;
        self.notices = notices;
        if let Some(caseload) = self.caseloads.get_mut(&draft.caseload) {
            if is_new {
                caseload.outbox.add(item);
            } else {
                caseload.outbox.replace(item);
            }
        }
        if is_new {
            self.show_one_more(draft.caseload, number)?;
        } else {
            // The same number says something else now.
            let touched = self.index.pending.roots.keys().copied().collect();
            self.refresh_pending(&touched)?;
        }
        Ok(Finished { submission: draft.id, number, subject, event, warnings })
    }
}
