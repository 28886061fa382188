//! A desk lacks something and asks; the organisation answers (补正). It is a pair of events inside the ranks *accepted*
//! and *checking*, no state. Meanwhile a clock that was agreed inside the project stands, once in a round and for the
//! policy's time at most; one that the law sets runs on.

use super::Around;
use super::slip::SlipNote;
use crate::case::Effect;
use crate::document::Document;
use crate::edit::{FieldOp, Value};
use crate::entity::Kind;
use crate::event::{Event, EventBody, Question, Supplied};
use crate::id::EntityId;

const KIND: &str = Kind::Referral.code();

/// Draws the consequences of one act.
pub(super) fn follow(around: &Around<'_>, document: &Document, event: &Event, effect: &mut Effect) {
    match &event.body {
        EventBody::Question(question) => asked(around, document, event, question, effect),
        EventBody::Supplied(supplied) => answered(around, document, event.subject, supplied, effect),
        _ => {}
    }
}

fn asked(around: &Around<'_>, document: &Document, event: &Event, question: &Question, effect: &mut Effect) {
    let (context, referral, id) = (around.context, event.subject, event.id.to_string());
    let put = |effect: &mut Effect, field: &str, element: &str, value: Value| {
        effect.put(referral, KIND, FieldOp::put_element(field, element, value));
    };
    put(effect, "question", &id, Value::Text(question.text.clone()));
    let policy = context.policy.policy();
    let until = match policy.due(&policy.workflow.supplement, context.now) {
        Ok(due) => due.at.millis(),
        Err(error) => return effect.alarm(super::undated(&policy.workflow.supplement, &error)),
    };
    put(effect, "question_due", &id, Value::Int(until));
    let round = question.round.to_string();
    if let Some(due) = pausable(document, &round)
        && document.element("paused_until", &round).is_none()
    {
        put(effect, "paused_until", &round, Value::Int(until));
        put(effect, "due_at", &round, Value::Int(due.saturating_add(until - context.now.millis())));
    }
    note(
        document,
        (referral, question.round),
        FieldOp::put_element("question", &id, Value::Text(question.text.clone())),
        effect,
    );
}

fn answered(around: &Around<'_>, document: &Document, referral: EntityId, supplied: &Supplied, effect: &mut Effect) {
    let (now, id) = (around.context.now.millis(), supplied.question.to_string());
    let Some(round) = round_of(around, supplied) else { return };
    let text = Value::Text(supplied.text.clone());
    effect.put(referral, KIND, FieldOp::put_element("answer", &id, text.clone()));
    let element = round.to_string();
    let paused = document.element("paused_until", &element).and_then(|until| until.shown.value.as_int());
    if let (Some(until), Some(due)) = (paused.filter(|until| *until > now), pausable(document, &element)) {
        effect.put(referral, KIND, FieldOp::put_element("paused_until", &element, Value::Int(now)));
        effect.put(referral, KIND, FieldOp::put_element("due_at", &element, Value::Int(due - (until - now))));
    }
    note(document, (referral, round), FieldOp::put_element("answer", &id, text), effect);
}

/// The due time of this round's desk, when no law sets it.
fn pausable(document: &Document, round: &str) -> Option<i64> {
    let of_round = |field: &str| document.element(field, round).map(|resolved| resolved.shown.value);
    let by_law = of_round("statutory") != Some(Value::Bool(false));
    of_round("due_at").and_then(|due| due.as_int()).filter(|_| !by_law)
}

/// The round in which a question was asked.
pub(super) fn round_of(around: &Around<'_>, supplied: &Supplied) -> Option<u16> {
    around.file.standing_events().find_map(|recorded| match &recorded.event.body {
        EventBody::Question(question) if recorded.event.id == supplied.question => Some(question.round),
        _ => None,
    })
}

/// Tells the desk that has, or had, this round.
fn note(document: &Document, (referral, round): (EntityId, u16), op: FieldOp, effect: &mut Effect) {
    effect.note(SlipNote::to(document, referral, round, vec![op]));
}
