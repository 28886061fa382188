//! What policy, consent and the clock have against an act that the workflow's table would allow. Asked before anything
//! merges, so that whoever acts is told in words, and by the flow itself for what comes another way.

use super::person::{self, PersonDesk};
use super::{
    ACCEPTED, Around, CHECKING, CLOSED, CONFIRMED, DISPATCHED, NOT_ACCEPTED, REPLIED, RETURNED, answers, supplement,
};
use crate::document::Document;
use crate::edit::State;
use crate::entity::Kind;
use crate::event::{Confirmation, Event, EventBody, Question, Reply, SlipOpened, Step};
use crate::id::{EntityId, EventId};
use crate::policy::DueError;

/// Why an act may not be, although its author may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// About a person, and no route of the rule names this department for it.
    #[error("no route of the rule names this department for what is about a person")]
    NotThisDesk,
    /// It rests on a consent that does not stand.
    #[error("the consent that this rests on does not stand")]
    NoConsent,
    /// Answered, and neither confirmed nor old enough.
    #[error("it is not confirmed yet, and not old enough to be closed without")]
    NotConfirmed,
    /// There is no answer to correct, or the referral is closed or elsewhere by now.
    #[error("there is no answer that could be corrected now")]
    NothingToCorrect,
    /// The desk does not have it now.
    #[error("the desk does not have it now")]
    NotAtDesk,
    /// A question of this desk waits for its answer.
    #[error("a question waits for its answer")]
    QuestionOpen,
    /// There is no such question, or somebody answered it.
    #[error("no such question is open")]
    NoSuchQuestion,
    /// The steward's look is recorded already.
    #[error("it was looked at already")]
    AlreadyReviewed,
}

/// What there is against this event, judged over the files before it is folded.
pub(crate) fn objection(around: &Around<'_>, event: &Event) -> Option<Objection> {
    if let EventBody::Reviewed(_) = &event.body {
        let review = around.file.documents.get(&event.subject)?;
        return review.value("reviewed_at").map(|_| Objection::AlreadyReviewed);
    }
    let document = around.file.documents.get(&event.subject).filter(|known| known.schema().kind == Kind::Referral)?;
    match &event.body {
        EventBody::Step(Step { to, desk: Some(_), .. }) if to.rank == DISPATCHED => dispatch(around, document, event),
        EventBody::Step(Step { to, .. }) if to.rank == CLOSED => close(around, event.subject, document),
        EventBody::SlipOpened(opened) => open(around, document, opened),
        EventBody::Reply(Reply { round, corrects: Some(answer), .. }) => {
            correct(around, event.subject, document, (*round, *answer))
        }
        EventBody::Question(question) => ask(around, (event.subject, document), question),
        EventBody::Supplied(supplied) => {
            let id = supplied.question.to_string();
            let open = supplement::round_of(around, supplied).is_some() && document.element("answer", &id).is_none();
            (!open).then_some(Objection::NoSuchQuestion)
        }
        _ => None,
    }
}

/// What is about a person goes to the desks that its rule names, and never to one that takes hazards only.
fn dispatch(around: &Around<'_>, document: &Document, event: &Event) -> Option<Objection> {
    let EventBody::Step(Step { desk: Some(desk), .. }) = &event.body else { return None };
    if !around.of_a_person(document) {
        return None;
    }
    let policy = around.context.policy.policy();
    let dept = around.context.desks.iter().find(|(_, known)| *known == desk).map(|(dept, _)| dept)?;
    let department = policy.department(dept).and_then(|department| PersonDesk::of(department, *desk));
    match person::route(policy, document, dept).filter(|_| department.is_some()) {
        None => Some(Objection::NotThisDesk),
        Some(route) if person::allowed(around.context, &around.linked, route).is_none() => Some(Objection::NoConsent),
        Some(_) => None,
    }
}

/// An answer that nobody confirmed is closed after the policy's days.
fn close(around: &Around<'_>, referral: EntityId, document: &Document) -> Option<Objection> {
    let state = state(document);
    if state.rank != REPLIED {
        return None;
    }
    let answered = answers(around.file, referral, state.round).map(|answers| answers.counts.received_at);
    // "Not satisfied" is a confirmation: what it opened is elsewhere by now.
    let confirmed = around.file.standing_events().any(|recorded| {
        let EventBody::Confirmation(Confirmation { round, .. }) = &recorded.event.body else { return false };
        recorded.event.subject == referral && *round == state.round
    });
    let policy = around.context.policy.policy();
    let waited = answered.is_none_or(|at| match policy.due(&policy.workflow.close_unconfirmed, at) {
        Ok(due) => due.at <= around.context.now,
        // Without a deadline there is nothing to wait for.
        Err(DueError::Unknown(_)) => true,
        Err(DueError::Calendar(_)) => false,
    });
    (!confirmed && !waited).then_some(Objection::NotConfirmed)
}

/// A desk corrects its answer as long as the round is not closed and nobody sent it back to be done again.
fn correct(
    around: &Around<'_>,
    referral: EntityId,
    document: &Document,
    (round, answer): (u16, EventId),
) -> Option<Objection> {
    let state = state(document);
    let open = state.round == round && matches!(state.rank, REPLIED | CONFIRMED);
    let counts = answers(around.file, referral, round).is_some_and(|answers| answers.counts.event.id == answer);
    (!(open && counts)).then_some(Objection::NothingToCorrect)
}

/// A slip is opened while its desk has it, and while what it rests on stands.
fn open(around: &Around<'_>, document: &Document, opened: &SlipOpened) -> Option<Objection> {
    let (state, element) = (state(document), opened.round.to_string());
    if state.round != opened.round || matches!(state.rank, RETURNED | NOT_ACCEPTED) || state.rank < DISPATCHED {
        return Some(Objection::NotAtDesk);
    }
    let dept = document.element("dept", &element).and_then(|dept| dept.shown.value.as_text().map(str::to_owned));
    let rests_on = document.element("rests_on", &element)?.shown.value.as_text().map(str::to_owned)?;
    if rests_on.is_empty() {
        return None;
    }
    let route = dept.and_then(|dept| person::route(around.context.policy.policy(), document, &dept));
    let stands = route.is_some_and(|route| person::allowed(around.context, &around.linked, route).is_some());
    (!stands).then_some(Objection::NoConsent)
}

/// A desk asks about what it has in hand, one question at a time.
fn ask(around: &Around<'_>, (referral, document): (EntityId, &Document), question: &Question) -> Option<Objection> {
    let state = state(document);
    if state.round != question.round || !matches!(state.rank, ACCEPTED | CHECKING) {
        return Some(Objection::NotAtDesk);
    }
    let asked = around.file.standing_events().filter(|recorded| recorded.event.subject == referral);
    let mut of_round = asked.filter_map(|recorded| match &recorded.event.body {
        EventBody::Question(asked) if asked.round == question.round => Some(recorded.event.id),
        _ => None,
    });
    of_round.any(|asked| document.element("answer", &asked.to_string()).is_none()).then_some(Objection::QuestionOpen)
}

fn state(document: &Document) -> State {
    document.value("state").and_then(|value| value.as_state()).unwrap_or_default()
}
