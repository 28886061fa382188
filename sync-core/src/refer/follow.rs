//! What follows from an act on a referral: a dispatch starts the desk's clock and writes its slip; an answer becomes a
//! state that the worker sees; "not satisfied" opens the redo round, however late it comes.

use super::{DISPATCHED, RETURNED, SUBMITTED, slip};
use crate::case::{Context, Effect, File, Recorded, text_of};
use crate::document::Document;
use crate::edit::{FieldOp, State, Value};
use crate::entity::Kind;
use crate::event::{Confirmation, Event, EventBody, Reply, Step};
use crate::id::{CaseloadId, EntityId};
use crate::policy::{Department, Due, DueError, Policy, RuleAlarm, SlipKind, Text};

const KIND: &str = Kind::Referral.code();

/// Draws the consequences of one act.
pub(crate) fn follow(context: &Context<'_>, file: &File, event: &Event, effect: &mut Effect) {
    let referral = event.subject;
    let Some(document) = file.documents.get(&referral).filter(|document| document.schema().kind == Kind::Referral)
    else {
        return;
    };
    match &event.body {
        EventBody::Step(Step { to, desk: Some(desk), .. }) if to.rank == DISPATCHED => {
            dispatched(context, file, (referral, document), *to, *desk, effect);
        }
        EventBody::Step(Step { to, suggested: Some(dept), .. }) if to.rank == RETURNED => {
            put(effect, referral, "suggested_dept", to.round, Value::Text(dept.clone()));
        }
        EventBody::Reply(Reply { round, outcome, public_text, .. }) => {
            put(effect, referral, "outcome", *round, Value::from(outcome.code()));
            put(effect, referral, "public_text", *round, Value::Text(public_text.clone()));
        }
        EventBody::Confirmation(Confirmation { satisfied: false, .. }) => {
            not_satisfied(context, file, (referral, document), event, effect);
        }
        _ => {}
    }
}

fn dispatched(
    context: &Context<'_>,
    file: &File,
    (referral, document): (EntityId, &Document),
    to: State,
    desk: CaseloadId,
    effect: &mut Effect,
) {
    let dept = context.desks.iter().find(|(_, known)| **known == desk).map(|(dept, _)| dept.clone());
    let rule = text_of(document, "rule");
    let Some(dept) = dept else {
        let message = Text::new("分拨到了一个未登记的部门窗口", "It was dispatched to a desk that is not registered");
        effect.alarm(RuleAlarm { rule, message });
        return;
    };
    if !may_receive(context.policy.policy(), &rule, &dept) {
        let message = Text::new(
            "这个窗口不能接收涉及个人的转办,没有发出",
            "This desk may not receive what is about a person; nothing was sent",
        );
        effect.alarm(RuleAlarm { rule, message });
        return;
    }
    put(effect, referral, "dept", to.round, Value::Text(dept.clone()));
    put(effect, referral, "desk", to.round, Value::Id(EntityId::from_bytes(*desk.bytes())));
    put(effect, referral, "dispatched_at", to.round, Value::Int(context.now.millis()));
    // The department's clock starts when its desk gets the slip; a new desk starts a new one.
    let due = match due(context, document, &rule, &dept) {
        Ok(due) => due,
        Err(error) => {
            effect.alarm(super::undated(&rule, &error));
            None
        }
    };
    if let Some(due) = &due {
        put(effect, referral, "due_at", to.round, Value::Int(due.at.millis()));
        put(effect, referral, "basis", to.round, Value::Text(due.basis.zh.clone()));
    }
    match slip::write(context, file, (referral, document), to.round, desk, due.as_ref()) {
        Some(slip) => effect.slip(slip),
        None => effect.alarm(RuleAlarm {
            rule,
            message: Text::new(
                "涉及个人的转办还没有电子单,请按约定的方式送达",
                "There is no slip yet for what is about a person; bring it to the desk in the way that was agreed",
            ),
        }),
    }
}

/// What is about a person goes to the desks that its rule names, and never to one that takes hazards only.
fn may_receive(policy: &Policy, rule: &str, dept: &str) -> bool {
    let Some(rule) = policy.rule(rule).filter(|rule| rule.each.of_a_person()) else { return true };
    let takes = |department: &Department| department.slips.contains(&SlipKind::Person);
    rule.route.iter().chain(rule.escalate.iter().flat_map(|then| &then.route)).any(|route| route.dept == dept)
        && policy.department(dept).is_some_and(takes)
}

/// The deadline of this department: of the rule that flagged, else of the routing table for what was found. `None` when
/// the policy sets it none.
fn due(context: &Context<'_>, document: &Document, rule: &str, dept: &str) -> Result<Option<Due>, DueError> {
    let policy = context.policy.policy();
    let code = slip::hazard_code(document, policy);
    let by_rule = policy.rule(rule).and_then(|rule| {
        let concerns = |codes: &[String]| codes.is_empty() || code.as_ref().is_some_and(|code| codes.contains(code));
        let route = rule.route.iter().find(|route| route.dept == dept && concerns(&route.codes))?;
        Some(route.deadline.as_str())
    });
    let deadline = by_rule.or_else(|| policy.deadline_at(dept, code.as_deref().unwrap_or_default()));
    deadline.map(|deadline| policy.due(deadline, context.now)).transpose()
}

/// A "not satisfied" is never absorbed by a later state: it opens the redo round, or, when that is used up, calls the
/// dispatcher and the purchaser.
fn not_satisfied(
    context: &Context<'_>,
    file: &File,
    (referral, document): (EntityId, &Document),
    event: &Event,
    effect: &mut Effect,
) {
    let earlier = |recorded: &&Recorded| {
        recorded.event.subject == referral
            && recorded.event.id != event.id
            && matches!(&recorded.event.body, EventBody::Confirmation(confirmation) if !confirmation.satisfied)
    };
    let redone = file.standing_events().filter(earlier).count();
    if redone < usize::from(context.policy.policy().workflow.redo_rounds) {
        let state = document.value("state").and_then(|value| value.as_state()).unwrap_or_default();
        let again = State::new(state.round + 1, SUBMITTED);
        effect.put(referral, KIND, FieldOp::put("state", Value::State(again)));
    } else {
        let number = text_of(document, "number");
        let message = Text::new(
            format!("{number} 重办后仍未解决,请分拨员和购买方跟进"),
            format!(
                "{number} is still not settled after having been redone; the dispatcher and the purchaser should look"
            ),
        );
        effect.alarm(RuleAlarm { rule: text_of(document, "rule"), message });
    }
}

fn put(effect: &mut Effect, referral: EntityId, field: &str, round: u16, value: Value) {
    effect.put(referral, KIND, FieldOp::put_element(field, &round.to_string(), value));
}
