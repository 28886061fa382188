//! The sheet of a notice, to show or to print at the door: of one that is being filled in, and of one that was left.

use std::collections::BTreeMap;

use sync_core::case::Recorded;
use sync_core::event::EventBody;
use sync_core::id::{EntityId, EventId, SubmissionId};
use sync_core::sheet::{Sheet, find, sheet};

use super::shown::Shown;
use super::united::together;
use super::{Inner, Phone};
use crate::error::PhoneError;

impl Phone {
    /// The sheet of a notice that is being filled in, under the number that it will have; what nobody said yet is left
    /// open. `None` when the draft is no notice, and before a policy has arrived.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn draft_sheet(&self, draft: SubmissionId) -> Result<Option<Sheet>, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        inner.draft_sheet(draft)
    }

    /// The sheet of a notice that was left at a shop, own or a colleague's. `None` when it does not stand: it was voided
    /// or corrected; and before a policy has arrived.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn notice_sheet(&self, premises: EntityId, notice: EventId) -> Result<Option<Sheet>, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        inner.notice_sheet(premises, notice)
    }
}

impl Inner {
    fn draft_sheet(&self, draft: SubmissionId) -> Result<Option<Sheet>, PhoneError> {
        let draft = self.draft(draft)?;
        let Some(place) = draft.form.about().first().copied() else { return Ok(None) };
        let (_, root) = self.index.root(place).ok_or(PhoneError::NoSuchFile)?;
        let mut shown = self.linked(root)?;
        for (root, shown) in &mut shown {
            self.put_draft_on_top(shown, *root, &draft, false)?;
        }
        let is_new = |recorded: &&Recorded| {
            recorded.submission == draft.id && matches!(recorded.event.body, EventBody::Notice(_))
        };
        let files = together(&shown);
        let new = files.values().flat_map(|file| &file.events).find(is_new);
        Ok(new.and_then(|recorded| self.sheet(&shown, recorded, None)))
    }

    fn notice_sheet(&self, premises: EntityId, notice: EventId) -> Result<Option<Sheet>, PhoneError> {
        let (caseload, root) = self.index.root(premises).ok_or(PhoneError::NoSuchFile)?;
        let shown = self.linked(root)?;
        let files = together(&shown);
        let Some(recorded) = find(&files, notice) else { return Ok(None) };
        let pending = shown.values().any(|shown| shown.submissions.contains(&recorded.submission));
        let caseload = self.caseload(caseload)?;
        Ok(self.sheet(&shown, recorded, (!pending).then(|| caseload.prefix())))
    }

    fn sheet(&self, shown: &BTreeMap<EntityId, Shown>, recorded: &Recorded, prefix: Option<&str>) -> Option<Sheet> {
        let policy = self.policy.evaluator()?.policy();
        sheet(policy, &together(shown), recorded, prefix)
    }
}
