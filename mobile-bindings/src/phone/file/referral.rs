//! Referrals of a file: their rounds, what desks answered and what they asked.

use sync_core::case::{File, Recorded};
use sync_core::document::Document;
use sync_core::edit::{State, Value};
use sync_core::entity::Kind;
use sync_core::event::EventBody;
use sync_core::id::{EntityId, EventId};
use sync_core::policy::Text;
use sync_core::refer;
use sync_core::time::Timestamp;

use crate::phone::view::Telling;

/// A referral with its rounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferralView {
    /// The referral.
    pub id: EntityId,
    /// Its human number.
    pub number: String,
    /// The rule that opened it.
    pub rule: String,
    /// Where it is.
    pub state: State,
    /// Where it is, as a stable code.
    pub state_code: String,
    /// The same in words.
    pub state_name: Text,
    /// Its rounds, from 1.
    pub rounds: Vec<ReferralRound>,
    /// What desks asked about it, open questions first.
    pub questions: Vec<QuestionView>,
}

/// A desk's question (补正).
#[derive(Clone, PartialEq, Eq)]
pub struct QuestionView {
    /// The event that asked: what an answer names.
    pub id: EventId,
    /// What the desk asks.
    pub text: String,
    /// By when an answer is expected.
    pub due_at: Option<Timestamp>,
    /// The answer, once somebody gave it.
    pub answer: Option<String>,
}

impl std::fmt::Debug for QuestionView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QuestionView").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One trip of a referral to a desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReferralRound {
    /// Which.
    pub round: u16,
    /// The department.
    pub dept: String,
    /// When it was sent there.
    pub dispatched_at: Option<Timestamp>,
    /// By when the department acts.
    pub due_at: Option<Timestamp>,
    /// What was found or done, as a stable code.
    pub outcome: Option<String>,
    /// What the worker and the resident may read.
    pub public_text: Option<String>,
    /// The document, when the desk answered on paper and a dispatcher wrote it down: number and date.
    pub paper: Option<String>,
    /// When the desk corrected its answer: what is above is then the corrected one.
    pub corrected_at: Option<Timestamp>,
    /// What it had answered before, oldest first.
    pub earlier: Vec<EarlierAnswer>,
    /// The last word of somebody who went and saw.
    pub confirmed: Option<ConfirmedView>,
}

/// An answer that the desk has corrected since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierAnswer {
    /// What was found or done, as a stable code.
    pub outcome: String,
    /// What the worker and the resident could read.
    pub public_text: String,
    /// When it was given.
    pub at: Timestamp,
}

/// What somebody saw who went after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedView {
    /// Whether it satisfied.
    pub satisfied: bool,
    /// When they were there.
    pub at: Timestamp,
    /// Of an answer that the desk has corrected since.
    pub before_correction: bool,
}

pub(super) fn referral(file: &File, id: EntityId, document: &Document, telling: Telling<'_>) -> ReferralView {
    let state = document.value("state").and_then(|value| value.as_state()).unwrap_or_default();
    let text = |field: &str| document.value(field).and_then(|value| value.as_text().map(str::to_owned));
    let round = |round: u16| {
        let element = |field: &str| document.element(field, &round.to_string()).map(|said| said.shown.value);
        let text = |field: &str| element(field).and_then(|value| value.as_text().map(str::to_owned));
        let time = |field: &str| element(field).and_then(|value| value.as_int()).map(Timestamp::from_millis);
        let answers = refer::answers(file, id, round);
        let earlier = answers.iter().flat_map(|answers| &answers.earlier);
        ReferralRound {
            round,
            corrected_at: time("corrected_at"),
            earlier: earlier.filter_map(|given| earlier_answer(given)).collect(),
            confirmed: answers.as_ref().and_then(|answers| answers.confirmed.as_ref()).map(|confirmed| ConfirmedView {
                satisfied: confirmed.said.satisfied,
                at: confirmed.recorded.event.end,
                before_correction: confirmed.before_correction,
            }),
            dept: text("dept").unwrap_or_default(),
            dispatched_at: time("dispatched_at"),
            due_at: time("due_at"),
            outcome: text("outcome"),
            public_text: text("public_text"),
            paper: text("paper"),
        }
    };
    ReferralView {
        id,
        number: text("number").unwrap_or_default(),
        rule: text("rule").unwrap_or_default(),
        state,
        state_code: refer::rank_code(state.rank).to_owned(),
        state_name: telling.value(Kind::Referral.code(), "state", &Value::State(state)),
        // A round is a trip to a desk: there is none before the first dispatch.
        rounds: (1..=state.round).map(round).filter(|round| !round.dept.is_empty()).collect(),
        questions: questions(document),
    }
}

fn earlier_answer(given: &Recorded) -> Option<EarlierAnswer> {
    let EventBody::Reply(reply) = &given.event.body else { return None };
    let outcome = reply.outcome.code().to_owned();
    Some(EarlierAnswer { outcome, public_text: reply.public_text.clone(), at: given.received_at })
}

/// What desks asked about a referral, open questions first.
pub(in crate::phone) fn questions(document: &Document) -> Vec<QuestionView> {
    let question = |id: String| {
        let element = |field: &str| document.element(field, &id).map(|said| said.shown.value);
        let text = |field: &str| element(field).and_then(|value| value.as_text().map(str::to_owned));
        let due_at = element("question_due").and_then(|value| value.as_int()).map(Timestamp::from_millis);
        Some(QuestionView { id: id.parse().ok()?, text: text("question")?, due_at, answer: text("answer") })
    };
    let mut questions: Vec<QuestionView> = document.elements("question").into_iter().filter_map(question).collect();
    questions.sort_by_key(|question| (question.answer.is_some(), question.due_at, question.id));
    questions
}
