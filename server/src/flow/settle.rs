//! A person says which of several values holds: one submission that names every document in which something is said of
//! the field, also of linked files. So it is settled everywhere, and each file keeps it when they are un-linked.

use std::collections::BTreeMap;

use sync_core::author::Author;
use sync_core::document::Document;
use sync_core::edit::{Base, Edit, FieldOp};
use sync_core::id::{CaseloadId, EntityId, SubmissionId};
use sync_core::project::same_thing;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Timestamp};
use sync_core::union;

use super::act::merge;
use super::{Actor, Flow, FlowError, Head, Result, load, save};
use crate::db::{Tx, document, submission};

/// What a person settles.
pub struct Settled {
    /// The entity.
    pub entity: EntityId,
    /// The field with its value, and with its element if it has one.
    pub field: FieldOp,
    /// The version of each document that the person had before them; of one that is not named, the present version. What
    /// came in between asks again.
    pub seen: BTreeMap<EntityId, u32>,
}

impl Flow {
    /// Settles a field. Gives the submission that it became.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when the entity is not in this caseload; [`FlowError::Refused`] when the role may not, or
    /// when a version is named that nobody was given.
    pub async fn settle(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        settled: Settled,
    ) -> Result<SubmissionId> {
        let Settled { entity, field, seen } = settled;
        let mut keys = self.keys();
        let mut head = Head::open(tx, caseload).await?;
        let number = submission::next_number(tx, caseload, actor.device).await?;
        let mut case = head.case(&self.policy.evaluator, now);
        let root = document::root(tx, caseload, entity).await?.ok_or(FlowError::NotFound)?;
        case.expect_file(root);
        load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        let files = case.linked(root);
        let same = same_thing(&files, entity);
        let mut parts = Vec::new();
        for named in union::to_name(same, entity, &field.field, field.element.as_deref()) {
            let document = case.document(named).ok_or(FlowError::NotFound)?;
            parts.push(edit(document, named, &field, &seen));
        }
        let id = SubmissionId::derived("console", &[caseload.bytes(), actor.device.bytes(), &number.to_be_bytes()]);
        let submission = Submission { id, caseload, number, at: Hlc { wall: now, counter: 0 }, parts };
        let author = Author { device: actor.device, person: actor.person, role: actor.role, number };
        merge(tx, &mut keys, &mut case, submission, author).await?;
        let outcome = case.finish();
        save::outcome(self, tx, &mut keys, &mut head, now, outcome).await?;
        Ok(id)
    }
}

fn edit(document: &Document, entity: EntityId, field: &FieldOp, seen: &BTreeMap<EntityId, u32>) -> Part {
    let version = seen.get(&entity).copied().unwrap_or_else(|| document.version());
    let base = Base { version, seen: Vec::new() };
    Part::edit(&Edit { entity, kind: document.schema().kind.code().to_owned(), base, ops: vec![field.clone()] })
}
