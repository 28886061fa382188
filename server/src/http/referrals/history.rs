//! What happened to a referral, as steps that a person can read.

use serde::Serialize;
use sync_core::author::Role;
use sync_core::case::Recorded;
use sync_core::event::{Confirmation, EventBody, Outcome, Reply};
use sync_core::id::{CaseloadId, EventId, PersonId};
use sync_core::refer;

use crate::http::Moment;
use crate::http::view::Entity;

/// One step.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Happened {
    /// When the server took it in.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// When it happened, by its author's clock.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// The author's role.
    #[schema(value_type = String, example = "dispatcher")]
    role: Role,
    /// The author; left out for officers, whom the organisation does not know by name.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    /// The department, when a desk spoke.
    #[schema(example = "FIRE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    dept: Option<String>,
    /// The kind of event: `step`, `reply`, `confirmation`, `withdrawal`, `question`, `supplied`, `slip_opened`,
    /// `transcribed`.
    kind: String,
    /// The round that it is about.
    round: Option<u16>,
    /// The state that was entered.
    #[schema(example = "returned")]
    state: Option<&'static str>,
    /// The desk that it went to or that acted.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    desk: Option<CaseloadId>,
    /// The department that a returning desk suggests.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested: Option<String>,
    /// What was found or done.
    #[schema(value_type = Option<String>, example = "ordered_at_once")]
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    /// Whether the worker found the hazard gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    satisfied: Option<bool>,
    /// A reason, a public answer or a note.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The question that this answers, or the id of the question that this is.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<EventId>,
    /// Of an answer: it takes the place of the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<bool>,
    /// Of an answer or a confirmation: the desk has corrected the answer since.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected_since: Option<bool>,
    /// The paper that a dispatcher wrote down: of the step or answer before it, or a note of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    paper: Option<Paper>,
}

/// A department's document that a dispatcher wrote down.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Paper {
    /// Its number.
    document_number: String,
    /// Its date.
    #[schema(example = "2026-11-23")]
    dated: String,
    /// Who wrote it down.
    #[schema(value_type = String)]
    by: PersonId,
}

impl Happened {
    /// When, in which state, by which department: nothing that anybody wrote, and nobody.
    pub(super) fn for_purchaser(self) -> Self {
        Self { person: None, text: None, question: None, paper: None, ..self }
    }
}

/// The steps of one referral, in server order.
pub(super) fn of(referral: &Entity, events: Vec<Recorded>) -> Vec<Happened> {
    let of_this: Vec<Recorded> = events.into_iter().filter(|logged| logged.event.subject == referral.id).collect();
    let corrected: Vec<(u64, Reply)> = of_this
        .iter()
        .filter_map(|logged| match &logged.event.body {
            EventBody::Reply(reply) if reply.corrects.is_some() => Some((logged.seq, reply.clone())),
            _ => None,
        })
        .collect();
    let since = |logged: &Recorded| match &logged.event.body {
        EventBody::Reply(_) => Some(corrected.iter().any(|(_, by)| by.corrects == Some(logged.event.id))),
        EventBody::Confirmation(Confirmation { answer: Some(answer), .. }) => {
            Some(corrected.iter().any(|(_, by)| by.corrects == Some(*answer)))
        }
        // A phone of an earlier version does not say which answer its worker had read.
        EventBody::Confirmation(Confirmation { round, .. }) => {
            Some(corrected.iter().any(|(seq, by)| by.round == *round && *seq > logged.seq))
        }
        _ => None,
    };
    let line = |logged: Recorded| Happened {
        corrected_since: since(&logged).filter(|corrected| *corrected),
        ..happened(referral, logged)
    };
    of_this.iter().cloned().map(line).collect()
}

fn happened(referral: &Entity, logged: Recorded) -> Happened {
    let Recorded { author, received_at, event, .. } = logged;
    let blank = Happened {
        received_at: received_at.into(),
        at: event.start.into(),
        role: author.role,
        person: (author.role != Role::Officer).then_some(author.person),
        dept: referral.dept_of(&author.person.to_string()).map(str::to_owned),
        kind: event.body.kind().to_owned(),
        round: None,
        state: None,
        desk: None,
        suggested: None,
        outcome: None,
        satisfied: None,
        text: None,
        question: None,
        corrects: None,
        corrected_since: None,
        paper: None,
    };
    match event.body {
        EventBody::Step(step) => Happened {
            round: Some(step.to.round),
            state: Some(refer::rank_code(step.to.rank)),
            desk: step.desk,
            suggested: step.suggested,
            text: step.reason,
            ..blank
        },
        EventBody::Reply(reply) => Happened {
            round: Some(reply.round),
            state: Some(refer::rank_code(refer::REPLIED)),
            outcome: Some(reply.outcome),
            text: Some(reply.public_text),
            corrects: reply.corrects.map(|_| true),
            ..blank
        },
        EventBody::Confirmation(confirmation) => Happened {
            round: Some(confirmation.round),
            satisfied: Some(confirmation.satisfied),
            text: confirmation.note,
            ..blank
        },
        EventBody::Withdrawal(withdrawal) => {
            Happened { round: Some(withdrawal.round), text: Some(withdrawal.reason), ..blank }
        }
        EventBody::Question(asked) => {
            Happened { round: Some(asked.round), text: Some(asked.text), question: Some(event.id), ..blank }
        }
        EventBody::Supplied(supplied) => {
            Happened { text: Some(supplied.text), question: Some(supplied.question), ..blank }
        }
        EventBody::SlipOpened(opened) => Happened { round: Some(opened.round), text: Some(opened.reason), ..blank },
        EventBody::Transcribed(paper) => Happened {
            round: Some(paper.to.round),
            state: Some(refer::rank_code(paper.to.rank)),
            text: paper.text,
            paper: Some(Paper { document_number: paper.document_number, dated: paper.dated.to_string(), by: paper.by }),
            ..blank
        },
        _ => blank,
    }
}
