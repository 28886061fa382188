//! What happened to an elder, in words of the API: codes and the worker's own words, nothing that has to be decoded.

use serde::Serialize;
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::case::Recorded;
use sync_core::event::EventBody;
use sync_core::id::{EntityId, EventId, PersonId};

use crate::http::Moment;

/// An event in an elder's file.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Happened {
    /// Its id.
    #[schema(value_type = String)]
    id: EventId,
    /// Its kind.
    #[schema(example = "visit")]
    kind: String,
    /// What it is about: the elder, a need, a referral.
    #[schema(value_type = String)]
    subject: EntityId,
    /// Who wrote it; left out for officers.
    #[schema(value_type = Option<String>)]
    person: Option<PersonId>,
    /// In which role.
    #[schema(value_type = String, example = "worker")]
    role: Role,
    /// When it began, by the author's clock.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// When it ended.
    #[schema(value_type = String, format = DateTime)]
    end: Moment,
    /// When the server took it in.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// The event that it corrects.
    #[schema(value_type = Option<String>)]
    amends: Option<EventId>,
    /// Neither voided nor corrected since.
    stands: bool,
    /// What was seen, said or done.
    #[schema(value_type = Object)]
    said: Value,
}

impl Happened {
    pub(super) fn of(recorded: &Recorded, stands: bool) -> Self {
        let Recorded { author, received_at, event, .. } = recorded;
        Self {
            id: event.id,
            kind: event.body.kind().to_owned(),
            subject: event.subject,
            person: (author.role != Role::Officer).then_some(author.person),
            role: author.role,
            at: event.start.into(),
            end: event.end.into(),
            received_at: (*received_at).into(),
            amends: event.amends,
            stands,
            said: said(&event.body),
        }
    }
}

fn said(body: &EventBody) -> Value {
    match body {
        EventBody::Visit(visit) => {
            let observed = visit.observed.iter();
            let row =
                |row: &sync_core::event::Observed| json!({"item": row.item, "answer": row.answer, "note": row.note});
            json!({
                "kind": visit.kind,
                "observed": observed.map(row).collect::<Vec<_>>(),
                "signals": visit.signals,
                "words": visit.words,
                "next_visit": visit.next_visit.map(Moment),
            })
        }
        EventBody::NotMet(not_met) => {
            let tried = not_met.tried.iter();
            let attempt = |attempt: &sync_core::event::Attempt| json!({"means": attempt.means, "contact": attempt.contact, "reached": attempt.reached});
            json!({
                "tried": tried.map(attempt).collect::<Vec<_>>(),
                "note": not_met.note,
                "next_try": not_met.next_try.map(Moment),
            })
        }
        EventBody::RiskEvent(risk) => {
            json!({"kind": risk.kind, "occurred_on": risk.occurred_on, "note": risk.note})
        }
        EventBody::Consent(consent) => json!({
            "purpose": consent.purpose,
            "state": consent.state,
            "method": consent.method,
            "witness": consent.witness,
            "valid_to": consent.valid_to.map(Moment),
            "receivers": consent.receivers,
            "limits": consent.limits,
        }),
        EventBody::BreakGlass(broken) => json!({
            "act": broken.act,
            "of": broken.of,
            "reason": broken.reason,
            "told": broken.told,
            "fields": broken.fields,
        }),
        EventBody::Assessment(assessment) => json!({"standing": assessment.standing, "note": assessment.note}),
        EventBody::Void(void) => json!({"event": void.event, "reason": void.reason}),
        EventBody::Link(link) => json!({"other": link.other, "undo": link.undo, "reason": link.reason}),
        // What a referral or a flag says stands with it.
        _ => Value::Null,
    }
}
