//! What was opened or told of an elder's file is looked at by a steward within the policy's time, and an elder of whom
//! something was told in an emergency is told of it afterwards. Both stay open until somebody records them.

use super::Around;
use crate::case::{Effect, text_of};
use crate::document::Document;
use crate::edit::{FieldOp, Value};
use crate::entity::{Kind, review};
use crate::event::{BreakGlass, BreakGlassAct, Event, EventBody, Reviewed, SlipOpened};
use crate::flag::Linked;
use crate::id::EntityId;
use crate::policy::{RuleAlarm, Text};

const KIND: &str = Kind::Review.code();

/// Draws the consequences of one act.
pub(super) fn follow(around: &Around<'_>, event: &Event, effect: &mut Effect) {
    match &event.body {
        EventBody::SlipOpened(opened) => slip_opened(around, event, opened, effect),
        EventBody::BreakGlass(broken) => break_glass(around, event, broken, effect),
        EventBody::Reviewed(said) => reviewed(around, event.subject, Some(said.proper), said, effect),
        _ => {}
    }
}

fn slip_opened(around: &Around<'_>, event: &Event, opened: &SlipOpened, effect: &mut Effect) {
    let Some(document) = around.file.documents.get(&event.subject) else { return };
    let Some(subject) = document.value("subject").and_then(|value| value.as_id()) else { return };
    let round = opened.round.to_string();
    let dept = document.element("dept", &round).and_then(|dept| dept.shown.value.as_text().map(str::to_owned));
    let texts = [
        ("what", review::PERSON_SLIP.to_owned()),
        ("number", format!("{}/{round}", text_of(document, "number"))),
        ("rule", text_of(document, "rule")),
        ("to", dept.unwrap_or_default()),
        ("reason", opened.reason.clone()),
    ];
    let id = open(around, event, subject, texts, effect);
    effect.put(id, KIND, FieldOp::put("referral", Value::Id(event.subject)));
}

fn break_glass(around: &Around<'_>, event: &Event, broken: &BreakGlass, effect: &mut Effect) {
    match (broken.act, broken.of) {
        (BreakGlassAct::Opened, _) => {
            let texts = [
                ("what", review::BREAK_GLASS.to_owned()),
                ("to", broken.told.clone().unwrap_or_default()),
                ("reason", broken.reason.clone()),
                ("told_fields", broken.fields.join("\n")),
            ];
            let id = open(around, event, event.subject, texts, effect);
            effect.put(id, KIND, FieldOp::put("tell_elder", Value::Bool(true)));
        }
        (BreakGlassAct::Reviewed, Some(of)) => {
            // A steward's form on a phone says what was found in words.
            let said = Reviewed { proper: true, note: broken.reason.clone() };
            reviewed(around, review::id(of), None, &said, effect);
        }
        (BreakGlassAct::ElderTold, Some(of)) => {
            let id = review::id(of);
            if around.file.documents.get(&id).is_some_and(|review| review.value("elder_told_at").is_none()) {
                put(effect, id, "elder_told_at", Value::Int(event.start.min(around.context.now).millis()));
            }
        }
        _ => {}
    }
}

/// Makes a review due.
fn open<const N: usize>(
    around: &Around<'_>,
    event: &Event,
    subject: EntityId,
    texts: [(&str, String); N],
    effect: &mut Effect,
) -> EntityId {
    let (context, id) = (around.context, review::id(event.id));
    put(effect, id, "subject", Value::Id(subject));
    put(effect, id, "opening", Value::Text(event.id.to_string()));
    put(effect, id, "opened_at", Value::Int(event.start.min(context.now).millis()));
    for (field, text) in texts {
        put(effect, id, field, Value::Text(text));
    }
    let policy = context.policy.policy();
    // From receipt: an opening that was told late is not overdue before anybody can have seen it.
    match policy.due(&policy.workflow.person_review, context.now) {
        Ok(due) => put(effect, id, "due_at", Value::Int(due.at.millis())),
        Err(error) => effect.alarm(super::undated(&policy.workflow.person_review, &error)),
    }
    id
}

fn reviewed(around: &Around<'_>, id: EntityId, proper: Option<bool>, said: &Reviewed, effect: &mut Effect) {
    let Some(review) = around.file.documents.get(&id).filter(|known| known.schema().kind == Kind::Review) else {
        return;
    };
    // The first steward's word stands; a later one stays an event.
    if review.value("reviewed_at").is_some() {
        return;
    }
    put(effect, id, "reviewed_at", Value::Int(around.context.now.millis()));
    put(effect, id, "note", Value::Text(said.note.clone()));
    if let Some(proper) = proper {
        put(effect, id, "proper", Value::Bool(proper));
    }
}

/// Calls somebody, once, for each review whose time has passed.
pub(crate) fn overdue(now: crate::time::Timestamp, files: &Linked<'_>, effect: &mut Effect) {
    for (id, review) in files.values().flat_map(|file| file.of_kind(Kind::Review)) {
        let passed = review.value("due_at").and_then(|due| due.as_int()).is_some_and(|due| due <= now.millis());
        if !passed || review.value("reviewed_at").is_some() || review.value("overdue").is_some() {
            continue;
        }
        put(effect, id, "overdue", Value::Bool(true));
        effect.alarm(RuleAlarm { rule: RULE.to_owned(), message: late(id, review) });
    }
}

/// Under which name alarms about reviews go.
const RULE: &str = "review";

fn late(id: EntityId, review: &Document) -> Text {
    let number = text_of(review, "number");
    let what = if number.is_empty() { id.to_string() } else { number };
    Text::new(
        format!("{what} 的查阅或紧急披露超过时限,档案管理员还没有复核"),
        format!("{what}: what was opened or told about a person was not looked at by a steward in time"),
    )
}

fn put(effect: &mut Effect, review: EntityId, field: &str, value: Value) {
    effect.put(review, KIND, FieldOp::put(field, value));
}
