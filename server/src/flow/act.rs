//! What people do at a console, as submissions like those of phones: dispatching, closing, confirming, linking.

use sync_core::admit::Standing;
use sync_core::author::{Author, Role};
use sync_core::case::{Case, Received};
use sync_core::document::Document;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::Kind;
use sync_core::event::{Event, EventBody, Link, Step};
use sync_core::id::{CaseloadId, DeviceId, EntityId, EventId, SubmissionId};
use sync_core::log::Verdict;
use sync_core::refer;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Timestamp};

use super::{Actor, Flow, FlowError, Head, Result, load, save};
use crate::db::key::Keyring;
use crate::db::{Tx, submission};

/// An act on the files of a caseload.
#[derive(Clone)]
pub enum Act {
    /// The dispatcher sends a referral to a desk: the first time, after a return, or to be done again.
    Dispatch {
        /// The referral.
        referral: EntityId,
        /// The desk's caseload.
        desk: CaseloadId,
    },
    /// The dispatcher closes a referral.
    Close {
        /// The referral.
        referral: EntityId,
    },
    /// The steward says that two files are the same thing, or are not after all.
    Link {
        /// The one file.
        a: EntityId,
        /// The other file.
        b: EntityId,
        /// Takes an earlier link back.
        undo: bool,
        /// Why.
        reason: String,
    },
}

/// What an act says: the edit of one entity, and what happened.
pub(crate) struct Says {
    pub(crate) entity: EntityId,
    pub(crate) kind: Kind,
    pub(crate) ops: Vec<FieldOp>,
    pub(crate) happened: Option<EventBody>,
}

impl Flow {
    /// Does what a person at a console wants, with all that follows. Gives the submission that it became.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when the entity is not in this caseload; [`FlowError::Step`] when the referral is elsewhere
    /// in its workflow by now; [`FlowError::Refused`] when the role may not.
    pub async fn act(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        act: Act,
    ) -> Result<SubmissionId> {
        let about = match &act {
            Act::Dispatch { referral, .. } | Act::Close { referral } => *referral,
            Act::Link { a, .. } => *a,
        };
        let says = |document: &Document| says(&act, actor.role, document);
        self.say(tx, caseload, actor, now, about, says).await
    }

    /// Writes a submission about one entity, worded from its present state.
    pub(crate) async fn say(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        about: EntityId,
        says: impl FnOnce(&Document) -> Result<Says>,
    ) -> Result<SubmissionId> {
        let mut keys = self.keys();
        let mut head = Head::open(tx, caseload).await?;
        let (number, id) = self.next_act(tx, caseload, actor).await?;
        let mut case = head.case(&self.policy.evaluator, now);
        let root = crate::db::document::root(tx, caseload, about).await?.ok_or(FlowError::NotFound)?;
        case.expect_file(root);
        load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        let document = case.document(about).ok_or(FlowError::NotFound)?;
        let says = says(document)?;
        let parts = parts(&says, document.version(), self.policy.version(), id, now);
        if let Some(objection) = case.objects(&parts) {
            return Err(objection.into());
        }
        let submission = Submission { id, caseload, number, at: Hlc { wall: now, counter: 0 }, parts };
        let author = Author { device: actor.device, person: actor.person, role: actor.role, number };
        merge(tx, &mut keys, &mut case, submission, author).await?;
        let outcome = case.finish();
        save::outcome(self, tx, &mut keys, &mut head, now, outcome).await?;
        Ok(id)
    }

    /// Writes a submission with these parts, whatever they are: rosters, and acts that this page does not know.
    ///
    /// # Errors
    /// [`FlowError::Refused`] when it cannot be merged.
    pub async fn submit(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
        now: Timestamp,
        parts: Vec<Part>,
    ) -> Result<SubmissionId> {
        let mut keys = self.keys();
        let mut head = Head::open(tx, caseload).await?;
        let (number, id) = self.next_act(tx, caseload, actor).await?;
        let submission = Submission { id, caseload, number, at: Hlc { wall: now, counter: 0 }, parts };
        let author = Author { device: actor.device, person: actor.person, role: actor.role, number };
        let mut case = head.case(&self.policy.evaluator, now);
        merge(tx, &mut keys, &mut case, submission, author).await?;
        let outcome = case.finish();
        save::outcome(self, tx, &mut keys, &mut head, now, outcome).await?;
        Ok(id)
    }

    /// The number and the id of the next act at this console.
    pub(super) async fn next_act(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        actor: Actor,
    ) -> Result<(u64, SubmissionId)> {
        let number = submission::next_number(tx, caseload, actor.device).await?;
        Ok((number, console_id(caseload, actor.device, number)))
    }
}

/// The id of what is written at the server itself, which tells it from what a phone sent.
pub(super) fn console_id(caseload: CaseloadId, device: DeviceId, number: u64) -> SubmissionId {
    SubmissionId::derived("console", &[caseload.bytes(), device.bytes(), &number.to_be_bytes()])
}

/// Takes in what must merge: a person at a console is told at once, so nothing of theirs is held.
pub(super) async fn merge(
    tx: &mut Tx,
    keys: &mut Keyring,
    case: &mut Case<'_>,
    submission: Submission,
    author: Author,
) -> Result<()> {
    let (caseload, digest) = (submission.caseload, submission.digest());
    case.expect(&submission.parts);
    load::satisfy(tx, keys, caseload, case).await?;
    let standing = Standing { role: author.role, member: true, revoked: false, clock_offset_ms: 0 };
    match case.take_in(Received { submission, digest, author, standing }) {
        Verdict::Held(code) => Err(FlowError::Refused(code)),
        Verdict::Merged => {
            load::satisfy(tx, keys, caseload, case).await?;
            case.conclude();
            Ok(())
        }
    }
}

fn parts(says: &Says, version: u32, policy: u32, id: SubmissionId, now: Timestamp) -> Vec<Part> {
    let event = says.happened.as_ref().map(|body| Event {
        id: EventId::derived("console", &[id.bytes()]),
        subject: says.entity,
        programme: String::new(),
        policy,
        start: now,
        end: now,
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body: body.clone(),
    });
    let base = Base { version, seen: Vec::new() };
    let edit = (!says.ops.is_empty()).then(|| Edit {
        entity: says.entity,
        kind: says.kind.code().to_owned(),
        base,
        ops: says.ops.clone(),
    });
    event.iter().map(Part::event).chain(edit.iter().map(Part::edit)).collect()
}

fn says(act: &Act, role: Role, document: &Document) -> Result<Says> {
    let kind = document.schema().kind;
    match act {
        Act::Dispatch { referral, desk } => {
            let from = state(document)?;
            let again = matches!(from.rank, refer::RETURNED | refer::CONFIRMED | refer::CLOSED);
            let to = State::new(from.round + u16::from(again), refer::DISPATCHED);
            refer::step(from, to, role)?;
            Ok(step(*referral, to, Some(*desk), None, None))
        }
        Act::Close { referral } => {
            let from = state(document)?;
            let to = State::new(from.round, refer::CLOSED);
            refer::step(from, to, role)?;
            Ok(step(*referral, to, None, None, None))
        }
        Act::Link { a, b, undo, reason } => {
            let link = Link { other: *b, undo: *undo, reason: reason.clone() };
            Ok(Says { entity: *a, kind, ops: Vec::new(), happened: Some(EventBody::Link(link)) })
        }
    }
}

/// The state of a referral.
pub(crate) fn state(document: &Document) -> Result<State> {
    if document.schema().kind != Kind::Referral {
        return Err(FlowError::NotFound);
    }
    Ok(document.value("state").and_then(|value| value.as_state()).unwrap_or_default())
}

/// A referral enters a state.
pub(crate) fn step(
    referral: EntityId,
    to: State,
    desk: Option<CaseloadId>,
    reason: Option<String>,
    suggested: Option<String>,
) -> Says {
    Says {
        entity: referral,
        kind: Kind::Referral,
        ops: vec![FieldOp::put("state", Value::State(to))],
        happened: Some(EventBody::Step(Step { to, desk, reason, suggested })),
    }
}
