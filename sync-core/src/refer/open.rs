//! What a flag does to referrals: raised, it opens one for each department of its route; ended, it leaves them to their
//! course; withdrawn, it takes back what has not yet been dispatched.

use super::slip::call_off;
use super::{DISPATCHED, DRAFT, SUBMITTED, WITHDRAWN};
use crate::care;
use crate::case::{Context, Effect, File, FlagChange};
use crate::document::Document;
use crate::edit::{FieldOp, State, Value};
use crate::entity::{Kind, referral};
use crate::event::{ConsentState, FlagStanding, Purpose};
use crate::flag::Linked;
use crate::id::EntityId;
use crate::policy::{Route, Severity};

const KIND: &str = Kind::Referral.code();

/// Opens, updates or stands down the referrals of a flag that changed. `files` are those of the subject and all that is linked with it.
pub(crate) fn open(
    context: &Context<'_>,
    files: &Linked<'_>,
    file: &File,
    change: &FlagChange,
    number: &mut u64,
    effect: &mut Effect,
) {
    match change.flagged.standing {
        FlagStanding::Raised => {
            for route in &change.routes {
                let id = referral::id(change.flagged.flag, &route.dept);
                if let Some(document) = file.documents.get(&id) {
                    update(id, change, true, effect);
                    call_off(document, (id, state(document).round), false, effect);
                    reopen(context, files, (id, document, route), change, effect);
                } else {
                    create(context, files, (id, route), change, number, effect);
                }
            }
        }
        // What a person dismissed goes its way as if it had ended: for shops a supervisor's word gates nothing.
        FlagStanding::Ended | FlagStanding::Withdrawn | FlagStanding::Dismissed => {
            let flag = Value::Text(change.flagged.flag.to_string());
            let of_flag =
                file.of_kind(Kind::Referral).filter(|(_, document)| document.value("flag").as_ref() == Some(&flag));
            for (id, document) in of_flag {
                update(id, change, false, effect);
                let state = state(document);
                if change.flagged.standing == FlagStanding::Withdrawn && state.rank < DISPATCHED {
                    put(effect, id, "state", Value::State(State::new(state.round, WITHDRAWN)));
                } else if change.flagged.standing == FlagStanding::Withdrawn {
                    call_off(document, (id, state.round), true, effect);
                }
            }
        }
    }
}

fn state(document: &Document) -> State {
    document.value("state").and_then(|value| value.as_state()).unwrap_or_default()
}

fn update(id: EntityId, change: &FlagChange, standing: bool, effect: &mut Effect) {
    put(effect, id, "flag_standing", Value::Bool(standing));
    put(effect, id, "severity", Value::Int(i64::from(change.flagged.severity)));
    put(effect, id, "reason_zh", Value::Text(change.flagged.zh.clone()));
    put(effect, id, "reason_en", Value::Text(change.flagged.en.clone()));
}

/// A referral that was taken back with its flag goes on when the flag is raised again: in a new round, because no state is
/// ever lowered. One that a person took back while the flag stood stays where that person put it.
fn reopen(
    context: &Context<'_>,
    files: &Linked<'_>,
    (id, document, route): (EntityId, &Document, &Route),
    change: &FlagChange,
    effect: &mut Effect,
) {
    let before = state(document);
    if before.rank != WITHDRAWN || document.value("flag_standing") != Some(Value::Bool(false)) {
        return;
    }
    let again = State::new(before.round + 1, first_rank(context, files, route, change));
    super::follow::step_due(context, severity_of(change), (id, again.round), again.rank, effect);
    put(effect, id, "state", Value::State(again));
}

/// What is about a person waits for the supervisor, but for alarms, and for consent in any case.
fn first_rank(context: &Context<'_>, files: &Linked<'_>, route: &Route, change: &FlagChange) -> u8 {
    let granted = route.consent.is_none_or(|purpose| granted(context, files, purpose));
    if change.waits || !granted { DRAFT } else { SUBMITTED }
}

fn create(
    context: &Context<'_>,
    files: &Linked<'_>,
    (id, route): (EntityId, &Route),
    change: &FlagChange,
    number: &mut u64,
    effect: &mut Effect,
) {
    let policy = context.policy.policy();
    put(effect, id, "subject", Value::Id(change.subject));
    put(effect, id, "flag", Value::Text(change.flagged.flag.to_string()));
    put(effect, id, "rule", Value::Text(change.flagged.rule.clone()));
    put(effect, id, "window", Value::Text(change.flagged.window.clone()));
    put(effect, id, "number", Value::Text(human(context, *number)));
    *number += 1;
    put(effect, id, "proposed_dept", Value::from(route.dept.as_str()));
    put(effect, id, "observed_at", Value::Int(change.observed_at.millis()));
    put(effect, id, "observed_doubtful", Value::Bool(change.doubtful));
    if severity_of(change) >= policy.workflow.urgent_from {
        // The internal target counts from the claimed observation: what offline hours cost is shown, not hidden.
        match policy.due(&policy.workflow.submit_urgent, change.observed_at) {
            Ok(due) => put(effect, id, "target_at", Value::Int(due.at.millis())),
            Err(error) => effect.alarm(super::undated(&change.flagged.rule, &error)),
        }
    }
    let missing = route.consent.filter(|purpose| !granted(context, files, *purpose));
    if let Some(purpose) = route.consent {
        put(effect, id, "consent", Value::from(purpose.code()));
        put(effect, id, "held_for_consent", Value::from(missing.map_or("", Purpose::code)));
    }
    let rank = first_rank(context, files, route, change);
    super::follow::step_due(context, severity_of(change), (id, 1), rank, effect);
    put(effect, id, "state", Value::State(State::new(1, rank)));
    update(id, change, true, effect);
}

fn severity_of(change: &FlagChange) -> Severity {
    Severity::from_number(i64::from(change.flagged.severity))
}

/// Whether the elder agreed. What was agreed with limits is for a person to look at.
pub(super) fn granted(context: &Context<'_>, files: &Linked<'_>, purpose: Purpose) -> bool {
    care::consent(files, purpose, context.now) == ConsentState::Granted
}

/// The number that people use, e.g. `HGS-2026-000123`.
fn human(context: &Context<'_>, number: u64) -> String {
    format!("{}-{}-{number:06}", context.prefix, context.now.civil().year())
}

fn put(effect: &mut Effect, id: EntityId, field: &str, value: Value) {
    effect.put(id, KIND, FieldOp::put(field, value));
}
