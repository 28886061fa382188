//! What an officer does with a slip. The slip in the desk's caseload and the referral in its subject's caseload change
//! together; what only the desk may read stays in the slip.

use sync_core::author::Role;
use sync_core::document::Document;
use sync_core::edit::{FieldOp, State, Value};
use sync_core::event::{EventBody, Outcome, Question, Reply, Transcribed};
use sync_core::id::{CaseloadId, CredentialId, DeviceId, EntityId, PersonId, SubmissionId};
use sync_core::refer;
use sync_core::time::{Day, Timestamp};

use super::act::{Says, step};
use super::{Actor, Flow, FlowError, Result, save};
use crate::db::link::Slip;
use crate::db::{Tx, document, event, link};
use crate::deliver::message::SlipNews;

/// An act on a slip.
#[derive(Clone)]
pub enum DeskAct {
    /// The desk has it.
    Accept,
    /// Somebody is looking into it.
    Checking,
    /// What was found or done.
    Reply {
        /// In one word.
        outcome: Outcome,
        /// What the worker and the resident may read.
        public_text: String,
        /// What stays on the desk.
        internal_text: Option<String>,
        /// The number of the department's document.
        document_number: Option<String>,
        /// When somebody was on site.
        checked_at: Option<Timestamp>,
        /// When the department looks again.
        recheck_at: Option<Timestamp>,
        /// It takes the place of the answer that the desk gave before.
        corrects: bool,
    },
    /// It belongs to another department.
    Return {
        /// Why.
        reason: String,
        /// Which one, if the desk knows.
        suggested: Option<String>,
    },
    /// It is not taken on.
    NotAccepted {
        /// Why.
        reason: String,
    },
}

impl DeskAct {
    const fn rank(&self) -> u8 {
        match self {
            Self::Accept => refer::ACCEPTED,
            Self::Checking => refer::CHECKING,
            Self::Reply { .. } => refer::REPLIED,
            Self::Return { .. } => refer::RETURNED,
            Self::NotAccepted { .. } => refer::NOT_ACCEPTED,
        }
    }
}

/// By which way a desk speaks.
#[derive(Clone)]
pub enum Way {
    /// An officer at the console.
    Console,
    /// A paper that a dispatcher writes down.
    Paper {
        /// The number of the department's document.
        document_number: String,
        /// Its date.
        dated: Day,
    },
    /// The department's own system, with a credential of the desk, for somebody there.
    System {
        /// The credential.
        credential: CredentialId,
        /// Who acts, as the system says.
        name: String,
    },
}

impl Way {
    /// What the desk's own log keeps of who acted: `as_what` names the act within the slip.
    pub(super) fn acted(&self, as_what: &str) -> Vec<FieldOp> {
        let Self::System { credential, name } = self else { return Vec::new() };
        let put = |field: &str, text: String| FieldOp::put_element(field, as_what, Value::Text(text));
        vec![put("acted_by", name.clone()), put("acted_with", credential.to_string())]
    }
}

/// What became of an act at a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// The referral moved.
    Effect,
    /// It had moved already by another way: this is kept as a note.
    Note,
}

/// The desk as an author. In the log of the organisation's caseload the desk speaks, whoever sat at it; its own log names
/// them.
pub(crate) fn speaker(desk: CaseloadId) -> Actor {
    let (device, person) = (DeviceId::from_bytes(*desk.bytes()), PersonId::from_bytes(*desk.bytes()));
    Actor { device, person, role: Role::Officer }
}

impl Flow {
    /// Does what a desk wants with a slip, by whichever way it says so. All ways have one effect; of two that come for the
    /// same round the first moves the referral, and an answer or a paper that comes after it is kept as a note.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when the desk has no such slip; [`FlowError::Step`] when the referral is elsewhere in its
    /// workflow by now: withdrawn, answered, or on another desk; also for the same paper a second time.
    pub async fn say_at_desk(
        &self,
        tx: &mut Tx,
        desk: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (slip, act, way): (EntityId, DeskAct, Way),
    ) -> Result<Became> {
        let known = link::slip(tx, desk, slip).await?.ok_or(FlowError::NotFound)?;
        if let DeskAct::Reply { corrects: true, .. } = act {
            return self.correct_at_desk(tx, &known, actor, now, (slip, act, way)).await;
        }
        let to = State::new(known.round, act.rank());
        let from = self.referral_state(tx, &known).await?;
        let step = refer::step(from, to, Role::Officer);
        let (field, speaker) = ((known.caseload, known.referral), speaker(desk));
        let paper = |text| match &way {
            Way::Console | Way::System { .. } => None,
            Way::Paper { document_number, dated } => Some(Transcribed {
                to,
                by: actor.person,
                document_number: document_number.clone(),
                dated: *dated,
                text,
            }),
        };
        if let Err(error) = step {
            let note = self.kept_as_note(tx, &known, from, (&act, paper(text_of(&act)))).await?.ok_or(error)?;
            self.happened(tx, field, speaker, now, note).await?;
            self.say(tx, desk, actor, now, slip, |document| Ok(on_slip(document, slip, to, &act, &way, actor, true)))
                .await?;
            return Ok(Became::Note);
        }
        let on_referral = |_: &Document| Ok(on_referral(known.referral, desk, to, &act));
        self.say(tx, known.caseload, speaker, now, known.referral, on_referral).await?;
        if let Some(transcribed) = paper(None) {
            self.happened(tx, field, speaker, now, EventBody::Transcribed(transcribed)).await?;
        }
        self.say(tx, desk, actor, now, slip, |document| Ok(on_slip(document, slip, to, &act, &way, actor, false)))
            .await?;
        if let DeskAct::Return { .. } = &act {
            save::announce(tx, &mut self.keys(), (desk, slip), now, SlipNews::Returned).await?;
        }
        Ok(Became::Effect)
    }

    /// An officer asks the organisation something about a slip of their desk.
    ///
    /// # Errors
    /// [`FlowError::NotFound`]; [`FlowError::Objection`] when the desk does not have it in hand, or has asked already.
    pub async fn ask_from_desk(
        &self,
        tx: &mut Tx,
        desk: CaseloadId,
        actor: Actor,
        now: Timestamp,
        (slip, text, way): (EntityId, String, Way),
    ) -> Result<()> {
        let known = link::slip(tx, desk, slip).await?.ok_or(FlowError::NotFound)?;
        let body = EventBody::Question(Question { round: known.round, text });
        self.happened(tx, (known.caseload, known.referral), speaker(desk), now, body.clone()).await?;
        let acted = way.acted(&format!("{}/asked", known.round));
        self.happened_with(tx, (desk, slip), actor, now, (body, acted)).await?;
        Ok(())
    }

    /// What is kept of an act that comes after another way has moved the referral; `None` when it is no second way.
    async fn kept_as_note(
        &self,
        tx: &mut Tx,
        known: &Slip,
        from: State,
        (act, paper): (&DeskAct, Option<Transcribed>),
    ) -> Result<Option<EventBody>> {
        if from.round != known.round || from.rank < refer::ACCEPTED {
            return Ok(None);
        }
        let root = document::root(tx, known.caseload, known.referral).await?.ok_or(FlowError::NotFound)?;
        let events = event::of_file(tx, &mut self.keys(), known.caseload, root).await?;
        let mut papers = events.iter().filter_map(|recorded| match &recorded.event.body {
            EventBody::Transcribed(paper) if recorded.event.subject == known.referral => Some(paper),
            _ => None,
        });
        Ok(match (paper, act) {
            (Some(paper), _) => {
                let same = papers.any(|one| one.document_number == paper.document_number && one.to == paper.to);
                (!same).then_some(EventBody::Transcribed(paper))
            }
            (None, DeskAct::Reply { .. }) => {
                // By a paper that took effect, and not noted before.
                let on_paper =
                    papers.any(|one| one.to == State::new(known.round, refer::REPLIED) && one.text.is_none());
                let of_round =
                    |body: &EventBody| matches!(body, EventBody::Reply(Reply { round, .. }) if *round == known.round);
                let of_this = events.iter().filter(|recorded| recorded.event.subject == known.referral);
                let answered = on_paper && of_this.filter(|recorded| of_round(&recorded.event.body)).count() == 1;
                let Says { happened, .. } = on_referral(known.referral, known.desk, from, act);
                happened.filter(|_| answered)
            }
            (None, _) => None,
        })
    }

    /// Records an event of a referral that moves nothing by itself.
    pub(crate) async fn happened(
        &self,
        tx: &mut Tx,
        (caseload, subject): (CaseloadId, EntityId),
        actor: Actor,
        now: Timestamp,
        body: EventBody,
    ) -> Result<SubmissionId> {
        self.happened_with(tx, (caseload, subject), actor, now, (body, Vec::new())).await
    }

    /// Records an event with an edit of what it is about.
    pub(super) async fn happened_with(
        &self,
        tx: &mut Tx,
        (caseload, subject): (CaseloadId, EntityId),
        actor: Actor,
        now: Timestamp,
        (body, ops): (EventBody, Vec<FieldOp>),
    ) -> Result<SubmissionId> {
        let says = |document: &Document| {
            let kind = document.schema().kind;
            Ok(Says { entity: subject, kind, ops, happened: Some(body) })
        };
        self.say(tx, caseload, actor, now, subject, says).await
    }

    async fn referral_state(&self, tx: &mut Tx, known: &Slip) -> Result<State> {
        let found = document::projection(tx, &mut self.keys(), known.caseload, known.referral).await?;
        Ok(found.ok_or(FlowError::NotFound)?.state.unwrap_or_default())
    }
}

/// What an act says in words.
fn text_of(act: &DeskAct) -> Option<String> {
    match act {
        DeskAct::Accept | DeskAct::Checking => None,
        DeskAct::Reply { public_text, .. } => Some(public_text.clone()),
        DeskAct::Return { reason, .. } | DeskAct::NotAccepted { reason } => Some(reason.clone()),
    }
}

/// What the organisation may see of an answer.
pub(super) fn reply_of(act: &DeskAct, round: u16) -> Option<Reply> {
    let DeskAct::Reply { outcome, public_text, checked_at, recheck_at, .. } = act else { return None };
    Some(Reply {
        round,
        outcome: *outcome,
        public_text: public_text.clone(),
        checked_at: *checked_at,
        recheck_at: *recheck_at,
        corrects: None,
    })
}

/// What the organisation may see of the act.
fn on_referral(referral: EntityId, desk: CaseloadId, to: State, act: &DeskAct) -> Says {
    match act {
        DeskAct::Reply { .. } => {
            let reply = reply_of(act, to.round).map(EventBody::Reply);
            Says { happened: reply, ..step(referral, to, None, None, None) }
        }
        DeskAct::Return { reason, suggested } => {
            step(referral, to, Some(desk), Some(reason.clone()), suggested.clone())
        }
        DeskAct::NotAccepted { reason } => step(referral, to, Some(desk), Some(reason.clone()), None),
        DeskAct::Accept | DeskAct::Checking => step(referral, to, Some(desk), None, None),
    }
}

/// What the desk keeps. Of what came too late it keeps its own words beside those that count.
fn on_slip(document: &Document, slip: EntityId, to: State, act: &DeskAct, way: &Way, actor: Actor, late: bool) -> Says {
    let element = if late { format!("{}/note", to.round) } else { to.round.to_string() };
    let mut ops = kept(&element, act, way, actor, late);
    if !late {
        ops.insert(0, FieldOp::put("state", Value::State(to)));
    }
    Says { entity: slip, kind: document.schema().kind, ops, happened: None }
}

/// What a desk keeps of its own words.
pub(super) fn kept(element: &str, act: &DeskAct, way: &Way, actor: Actor, late: bool) -> Vec<FieldOp> {
    let put = |field: &str, text: String| FieldOp::put_element(field, element, Value::Text(text));
    let mut ops = Vec::new();
    if let DeskAct::Reply { public_text, internal_text, document_number, .. } = act {
        // Of a note the desk keeps its words, so that its own log says who wrote them.
        let noted = late.then(|| public_text.clone());
        let kept = [("internal_text", internal_text.clone().or(noted)), ("document_number", document_number.clone())];
        ops.extend(kept.into_iter().filter_map(|(field, text)| Some(put(field, text?))));
    }
    if let Way::Paper { document_number, dated } = way {
        ops.push(put("document_number", document_number.clone()));
        ops.push(put("document_date", dated.to_string()));
        ops.push(put("transcribed_by", actor.person.to_string()));
    }
    ops.extend(way.acted(&format!("{element}/{}", refer::rank_code(act.rank()))));
    ops
}
