//! Follows the elder's word: a consent that was given lets the referrals go that wait for it; one that was taken back, or
//! whose time has run out, holds those that no desk has yet, and closes the slips that desks have.

use super::slip::SlipNote;
use super::{DISPATCHED, DRAFT, RETURNED, SUBMITTED, open::granted};
use crate::case::{Context, Effect, text_of};
use crate::document::Document;
use crate::edit::{FieldOp, State, Value};
use crate::entity::Kind;
use crate::event::Purpose;
use crate::flag::Linked;
use crate::id::EntityId;

const KIND: &str = Kind::Referral.code();

/// Looks at every referral of these files that rests on a consent.
pub(crate) fn review_consents(context: &Context<'_>, files: &Linked<'_>, effect: &mut Effect) {
    for (id, document) in files.values().flat_map(|file| file.of_kind(Kind::Referral)) {
        if let Some(purpose) = Purpose::from_code(&text_of(document, "consent")) {
            before_dispatch(context, files, (id, document), purpose, effect);
        }
        for round in document.elements("rests_on") {
            let rests_on = document.element("rests_on", &round).map(|resolved| resolved.shown.value);
            let purpose = rests_on.as_ref().and_then(Value::as_text).and_then(Purpose::from_code);
            if let Some(purpose) = purpose {
                at_desk(context, files, (id, document), (&round, purpose), effect);
            }
        }
    }
}

fn before_dispatch(
    context: &Context<'_>,
    files: &Linked<'_>,
    (id, document): (EntityId, &Document),
    purpose: Purpose,
    effect: &mut Effect,
) {
    let state = document.value("state").and_then(|value| value.as_state()).unwrap_or_default();
    if state.rank >= DISPATCHED && state.rank != RETURNED {
        return;
    }
    let held = if granted(context, files, purpose) { "" } else { purpose.code() };
    if text_of(document, "held_for_consent") == held {
        return;
    }
    effect.put(id, KIND, FieldOp::put("held_for_consent", Value::from(held)));
    // What a supervisor found right waits for nothing else.
    let confirmed = document.value("confirmed_by_supervisor") == Some(Value::Bool(true));
    if held.is_empty() && confirmed && state.rank == DRAFT {
        effect.put(id, KIND, FieldOp::put("state", Value::State(State::new(state.round, SUBMITTED))));
    }
}

/// The slip of a desk: marked when it is not to be read any more, and again when it may be.
fn at_desk(
    context: &Context<'_>,
    files: &Linked<'_>,
    (id, document): (EntityId, &Document),
    (round, purpose): (&str, Purpose),
    effect: &mut Effect,
) {
    let stands = granted(context, files, purpose);
    let ended = document.element("consent_ended", round).map(|resolved| resolved.shown.value);
    if (ended == Some(Value::Bool(true))) != stands {
        return;
    }
    effect.put(id, KIND, FieldOp::put_element("consent_ended", round, Value::Bool(!stands)));
    let mark = vec![FieldOp::put("consent_stands", Value::Bool(stands))];
    effect.note(round.parse().ok().and_then(|round| SlipNote::to(document, id, round, mark)));
}
