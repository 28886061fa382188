//! What follows from an act on a referral: a dispatch starts the desk's clock and writes its slip; an answer becomes a
//! state that the worker sees; "not satisfied" opens the redo round, however late it comes.

use super::person::{self, Allowed, Going, PersonDesk};
use super::{Around, CONFIRMED, DISPATCHED, REPLIED, RETURNED, SUBMITTED, review, slip, supplement};
use crate::case::{Context, Effect, File, Recorded, text_of};
use crate::document::Document;
use crate::edit::{FieldOp, State, Value};
use crate::entity::Kind;
use crate::event::{Confirmation, Event, EventBody, Reply, Step, Transcribed, Withdrawal};
use crate::flag::{RaisedAlarm, Why};
use crate::id::{CaseloadId, EntityId};
use crate::policy::{Due, DueError, RuleAlarm, Severity, Text};

const KIND: &str = Kind::Referral.code();

/// Draws the consequences of one act.
pub(crate) fn follow(around: &Around<'_>, event: &Event, effect: &mut Effect) {
    review::follow(around, event, effect);
    let (context, referral) = (around.context, event.subject);
    let document = around.file.documents.get(&referral);
    let Some(document) = document.filter(|document| document.schema().kind == Kind::Referral) else { return };
    supplement::follow(around, document, event, effect);
    match &event.body {
        EventBody::Step(Step { to, desk: Some(desk), .. }) if to.rank == DISPATCHED => {
            dispatched(around, (referral, document), *to, *desk, effect);
        }
        EventBody::Step(Step { to, suggested, .. }) if to.rank == RETURNED => {
            if let Some(dept) = suggested {
                put(effect, referral, "suggested_dept", to.round, Value::Text(dept.clone()));
            }
            returned(around, (referral, document), event, *to, effect);
        }
        // One answer takes effect in a round, and what corrects it; what comes by another way afterwards is a note.
        EventBody::Reply(reply) if reply.corrects.is_some() || !answered_before(around.file, event, reply.round) => {
            put(effect, referral, "outcome", reply.round, Value::from(reply.outcome.code()));
            put(effect, referral, "public_text", reply.round, Value::Text(reply.public_text.clone()));
            if reply.corrects.is_some() {
                put(effect, referral, "corrected_at", reply.round, Value::Int(context.now.millis()));
            }
            // Who has confirmed what was corrected since is not asked again by a clock.
            if at(document).rank == REPLIED {
                step_due(context, severity(document), (referral, reply.round), REPLIED, effect);
            }
        }
        // The paper of what took effect; one that came too late stays an event.
        EventBody::Transcribed(Transcribed { to, document_number, dated, text: None, .. }) if is_at(document, *to) => {
            put(effect, referral, "paper", to.round, Value::Text(format!("{document_number} ({dated})")));
        }
        EventBody::Withdrawal(Withdrawal { round, .. }) if *round == at(document).round => {
            slip::call_off(document, (referral, *round), true, effect);
        }
        EventBody::Confirmation(Confirmation { satisfied: false, .. }) => {
            not_satisfied(context, around.file, (referral, document), event, effect);
        }
        _ => {}
    }
}

/// Whether this round of a referral was answered by an earlier event.
fn answered_before(file: &File, event: &Event, answered: u16) -> bool {
    let of_round = |body: &EventBody| matches!(body, EventBody::Reply(Reply { round, .. }) if *round == answered);
    file.events
        .iter()
        .take_while(|recorded| recorded.event.id != event.id)
        .any(|recorded| recorded.event.subject == event.subject && of_round(&recorded.event.body))
}

fn at(document: &Document) -> State {
    document.value("state").and_then(|value| value.as_state()).unwrap_or_default()
}

/// Whether a referral is where this paper put it: a corrected answer may have been confirmed before.
fn is_at(document: &Document, to: State) -> bool {
    let at = at(document);
    at == to || (to.rank == REPLIED && at == State::new(to.round, CONFIRMED))
}

fn severity(document: &Document) -> Severity {
    Severity::from_number(document.value("severity").and_then(|value| value.as_int()).unwrap_or(0))
}

/// By when the next step is expected inside the project.
pub(super) fn step_due(
    context: &Context<'_>,
    severity: Severity,
    (referral, round): (EntityId, u16),
    rank: u8,
    effect: &mut Effect,
) {
    let workflow = &context.policy.policy().workflow;
    let step = match rank {
        SUBMITTED => workflow.dispatch_target(severity),
        DISPATCHED => &workflow.accept,
        REPLIED => &workflow.confirm,
        _ => return,
    };
    match context.policy.policy().due(step, context.now) {
        Ok(due) => put(effect, referral, "step_due", round, Value::Int(due.at.millis())),
        Err(error) => effect.alarm(super::undated(step, &error)),
    }
}

fn dispatched(
    around: &Around<'_>,
    (referral, document): (EntityId, &Document),
    to: State,
    desk: CaseloadId,
    effect: &mut Effect,
) {
    let context = around.context;
    let dept = context.desks.iter().find(|(_, known)| **known == desk).map(|(dept, _)| dept.clone());
    let rule = text_of(document, "rule");
    let Some(dept) = dept else {
        let message = Text::new("分拨到了一个未登记的部门窗口", "It was dispatched to a desk that is not registered");
        effect.alarm(RuleAlarm { rule, message });
        return;
    };
    let going = |effect: &mut Effect, due: Option<&Due>| {
        put(effect, referral, "dept", to.round, Value::Text(dept.clone()));
        put(effect, referral, "desk", to.round, Value::Id(EntityId::from_bytes(*desk.bytes())));
        put(effect, referral, "dispatched_at", to.round, Value::Int(context.now.millis()));
        step_due(context, severity(document), (referral, to.round), DISPATCHED, effect);
        if let Some(due) = due {
            put(effect, referral, "due_at", to.round, Value::Int(due.at.millis()));
            put(effect, referral, "basis", to.round, Value::Text(due.basis.zh.clone()));
            put(effect, referral, "statutory", to.round, Value::Bool(due.statutory));
        }
    };
    if around.of_a_person(document) {
        let policy = context.policy.policy();
        let to_desk = policy.department(&dept).and_then(|department| PersonDesk::of(department, desk));
        let route = person::route(policy, document, &dept);
        let allowed = route.and_then(|route| person::allowed(context, &around.linked, route));
        // Asked before it merged: what comes here without them is a bug that must not become a slip.
        let (Some(to_desk), Some(route), Some(allowed)) = (to_desk, route, allowed) else {
            let message = Text::new(
                "这个窗口不能接收涉及个人的转办,没有发出",
                "This desk may not receive what is about a person; nothing was sent",
            );
            return effect.alarm(RuleAlarm { rule, message });
        };
        let due = dated(&rule, policy.due(&route.deadline, context.now).map(Some), effect);
        going(effect, due.as_ref());
        let purpose = match &allowed {
            Allowed::Law(_) => "",
            Allowed::Consent(purpose, _) => purpose.code(),
        };
        put(effect, referral, "rests_on", to.round, Value::from(purpose));
        let slip = Going { referral, document, route, round: to.round, due: due.as_ref() };
        effect.slip(person::write(context, &around.linked, around.address(), &slip, to_desk, &allowed));
        return;
    }
    // The department's clock starts when its desk gets the slip; a new desk starts a new one.
    let due = dated(&rule, due(context, document, &rule, &dept), effect);
    going(effect, due.as_ref());
    match slip::write(context, around.file, (referral, document), to.round, (&dept, desk), due.as_ref()) {
        Some(written) => {
            if !written.copied_to.is_empty() {
                let told = written.copied_to.join(" ");
                put(effect, referral, "copied_to", to.round, Value::Text(told));
            }
            std::iter::once(written.slip).chain(written.copies).for_each(|slip| effect.slip(slip));
        }
        None => effect.alarm(RuleAlarm {
            rule,
            message: Text::new(
                "这件转办没有可发的转办单,请按约定的方式送达",
                "There is no slip for this referral; bring it to the desk in the way that was agreed",
            ),
        }),
    }
}

/// A deadline that cannot be worked out is a person's to look at: the case goes on without one.
fn dated(rule: &str, due: Result<Option<Due>, DueError>, effect: &mut Effect) -> Option<Due> {
    due.unwrap_or_else(|error| {
        effect.alarm(super::undated(rule, &error));
        None
    })
}

/// A desk gave it back. The dispatcher sends it on; after more returns than the policy leaves to the dispatcher, somebody
/// rules on whose it is.
fn returned(
    around: &Around<'_>,
    (referral, document): (EntityId, &Document),
    event: &Event,
    to: State,
    effect: &mut Effect,
) {
    let back = |recorded: &&Recorded| {
        let step = matches!(&recorded.event.body, EventBody::Step(Step { to, .. }) if to.rank == RETURNED);
        step && recorded.event.subject == referral && recorded.event.id != event.id
    };
    let before = around.file.standing_events().filter(back).count();
    let policy = around.context.policy.policy();
    if before < usize::from(policy.workflow.returns_before_arbitration) {
        return;
    }
    let rule = text_of(document, "rule");
    let Some(due) = dated(&rule, policy.due(&policy.workflow.arbitrate, around.context.now).map(Some), effect) else {
        return;
    };
    put(effect, referral, "arbitrate_by", to.round, Value::Int(due.at.millis()));
    let number = text_of(document, "number");
    let by = due.at.civil().date();
    let message = Text::new(
        format!("{number} 再次被退回,请在{by}前裁定由哪个部门办理"),
        format!("{number} was returned again: rule by {by} which department it belongs to"),
    );
    effect.alarm(RuleAlarm { rule, message });
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
        let again = State::new(at(document).round + 1, SUBMITTED);
        effect.put(referral, KIND, FieldOp::put("state", Value::State(again)));
        step_due(context, severity(document), (referral, again.round), SUBMITTED, effect);
    } else {
        effect.put(referral, KIND, FieldOp::put("with_purchaser", Value::Bool(true)));
        // What the flow itself wrote when it opened the referral.
        let Ok(flag) = text_of(document, "flag").parse() else { return };
        let rule = text_of(document, "rule");
        effect.call(RaisedAlarm { flag, rule, subject: referral, held: false, why: Why::Unsettled });
    }
}

fn put(effect: &mut Effect, referral: EntityId, field: &str, round: u16, value: Value) {
    effect.put(referral, KIND, FieldOp::put_element(field, &round.to_string(), value));
}
