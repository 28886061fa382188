//! Files: what is known, by whom, what is open, what people disagree about, and how referrals go. What the file of every
//! kind has is here; each kind adds its own.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::author::Role;
use sync_core::case::{Dispute, File, Recorded};
use sync_core::document::Document;
use sync_core::edit::{State, Value};
use sync_core::entity::{Kind, event_review, flag_review};
use sync_core::event::{Event, EventBody, FlagStanding, Flagged};
use sync_core::flag::Linked;
use sync_core::id::{CaseloadId, EntityId, EventId, FlagId, PersonId, SubmissionId};
use sync_core::policy::Text;
use sync_core::project::{Projection, Said, United, UnitedFile, same_thing, united_file};
use sync_core::refer;
use sync_core::time::Timestamp;
use sync_core::union;

mod dwelling;
mod elder;
mod premises;

pub use dwelling::DwellingFile;
pub use elder::{ConsentView, ContactView, ElderFile, HomeView, LevelView, NeedView};
pub use premises::PremisesFile;

use super::brief::is_seen;
use super::shown::Shown;
use super::united::together;
use super::view::Telling;
use super::{Inner, Phone};
use crate::error::PhoneError;

/// One field with the value that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// Its element, for sets and values kept per round.
    pub element: Option<String>,
    /// What people call it, its element included.
    pub label: Text,
    /// The value.
    pub value: Value,
    /// The value as text.
    pub text: String,
    /// The value in words.
    pub says: Text,
    /// People disagree about it.
    pub conflict: bool,
}

/// One person's word about a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidView {
    /// The value.
    pub value: Value,
    /// The value as text.
    pub text: String,
    /// The value in words.
    pub says: Text,
    /// Who.
    pub person: PersonId,
    /// In which role.
    pub role: Role,
    /// When.
    pub at: Timestamp,
    /// In which submission.
    pub submission: SubmissionId,
}

/// A field about which people disagree: none of them had seen what the others said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictView {
    /// The entity.
    pub entity: EntityId,
    /// Its kind.
    pub kind: String,
    /// The field.
    pub field: String,
    /// Its element, for keyed fields.
    pub element: Option<String>,
    /// What people call the field, its element included.
    pub label: Text,
    /// What was said; what shows meanwhile comes first.
    pub said: Vec<SaidView>,
}

/// A finding through its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HazardView {
    /// The hazard.
    pub id: EntityId,
    /// The item of the checklist.
    pub code: String,
    /// 1, and one more each time it came back.
    pub episode: u16,
    /// `open`, `self_fixed` or `verified_fixed`.
    pub status: String,
    /// The same in words.
    pub status_name: Text,
    /// 0 to 4.
    pub severity: u8,
    /// Other severities that were said: weaker concurrent ones, and opinions.
    pub other_severities: Vec<SaidView>,
    /// By when the shop was asked to put it right.
    pub due_at: Option<Timestamp>,
    /// What to know about it.
    pub note: String,
}

/// Who runs the business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorView {
    /// The operator.
    pub id: EntityId,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

/// A flag as the server last said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagView {
    /// The flag.
    pub flag: FlagId,
    /// The rule.
    pub rule: String,
    /// What it is about, within its rule.
    pub window: String,
    /// How it stands.
    pub standing: FlagStanding,
    /// 0 to 4.
    pub severity: u8,
    /// Why.
    pub why: Text,
    /// When it was first raised.
    pub raised_at: Timestamp,
    /// The events that it rests on: a decision names them.
    pub evidence: Vec<EventId>,
    /// `confirm` or `dismiss`, on that evidence; none when nobody has decided, or when people contradict each other.
    pub decision: Option<String>,
    /// People contradict each other: someone has to decide again.
    pub contested: bool,
    /// What workers have to explain.
    pub explanations: Vec<SaidView>,
    /// Somebody looking over the worker's shoulder should not read it.
    pub discreet: bool,
    /// What to show before somebody opens it: a neutral sign for a discreet one, else the reason.
    pub sign: Text,
    /// By when the person whom it goes to acts: while it stands, until somebody has decided on it.
    pub due_at: Option<Timestamp>,
}

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

/// Something that somebody saw or did.
#[derive(Clone, PartialEq, Eq)]
pub struct EventView {
    /// The event.
    pub id: EventId,
    /// The code of its kind.
    pub kind: String,
    /// Who.
    pub person: PersonId,
    /// In which role.
    pub role: Role,
    /// When, by the author's clock.
    pub at: Timestamp,
    /// The author's clock was off.
    pub doubtful: bool,
    /// On this phone only, or not confirmed yet.
    pub pending: bool,
    /// What happened, as a sentence.
    pub sentence: Text,
    /// What happened.
    pub event: Event,
}

impl Phone {
    /// A field of any entity as shown; of linked files, over all of them.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn value(&self, entity: EntityId, field: &str) -> Result<Option<Value>, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        let (_, root) = inner.index.root(entity).ok_or(PhoneError::NoSuchFile)?;
        let shown = inner.linked(root)?;
        let same = same_thing(&together(&shown), entity);
        let documents: Vec<&Document> = same.into_iter().map(|(_, document)| document).collect();
        Ok(union::value(&documents, field))
    }
}

/// What the file of every kind has.
struct Common {
    id: EntityId,
    also: Vec<EntityId>,
    root: Projection,
    fields: Vec<FieldView>,
    operators: Vec<OperatorView>,
    hazards: Vec<HazardView>,
    conflicts: Vec<ConflictView>,
    flags: Vec<FlagView>,
    referrals: Vec<ReferralView>,
    history: Vec<EventView>,
    links: Vec<(EntityId, EntityId)>,
    pending: BTreeSet<SubmissionId>,
}

impl Common {
    /// What linked files have together; `None` when they are not of this kind.
    fn of(kind: Kind, linked: &BTreeMap<EntityId, Shown>, telling: Telling<'_>) -> Option<Self> {
        let files = together(linked);
        let united = united_file(&files).filter(|united| united.root.projection.kind == kind.code())?;
        let hazards = hazards(&files, &united, telling);
        let UnitedFile { id, also, root: United { projection: root, .. }, related } = united;
        let pending: BTreeSet<SubmissionId> =
            linked.values().flat_map(|shown| shown.submissions.iter().copied()).collect();
        let related = || related.iter().map(|part| &part.projection);
        let operators = related().filter(|part| part.kind == Kind::Operator.code());
        let events = files.values().flat_map(|file| file.standing_events());
        let mut history: Vec<EventView> = events.map(|recorded| happened(recorded, &pending, telling)).collect();
        history.sort_by_key(|event| std::cmp::Reverse((event.at, event.id)));
        let pairs = files.iter().flat_map(|(a, file)| file.links.iter().map(|b| (*a, b))).filter(|(a, b)| a < b);
        let referrals = files.values().flat_map(|file| file.of_kind(Kind::Referral).map(move |found| (*file, found)));
        Some(Self {
            id,
            also,
            fields: telling.fields(&root),
            operators: operators.map(|part| OperatorView { id: part.entity, fields: telling.fields(part) }).collect(),
            hazards,
            conflicts: std::iter::once(&root)
                .chain(related())
                .flat_map(|part| telling.conflicts(part))
                .map(|conflict| both_sides(&files, conflict, telling))
                .collect(),
            flags: files.values().flat_map(|file| flags(file, telling)).collect(),
            referrals: referrals.map(|(file, (id, document))| referral(file, id, document, telling)).collect(),
            history,
            links: pairs.collect(),
            pending,
            root,
        })
    }
}

impl Inner {
    /// The files that an entity belongs to, linked ones together, as shown; and their caseload.
    fn files_of(&self, id: EntityId) -> Result<(CaseloadId, BTreeMap<EntityId, Shown>), PhoneError> {
        let (caseload, root) = self.index.root(id).ok_or(PhoneError::NoSuchFile)?;
        Ok((caseload, self.linked(root)?))
    }
}

/// Of a correction beside a void: what each of the two said, before what people decided and contradict each other in.
fn both_sides(files: &Linked<'_>, conflict: ConflictView, telling: Telling<'_>) -> ConflictView {
    if conflict.kind != Kind::EventReview.code() {
        return conflict;
    }
    let disputes = files.values().flat_map(|file| file.disputes());
    let mut of_this = disputes.filter(|dispute| event_review::id(dispute.correction.event.id) == conflict.entity);
    let Some(Dispute { correction, voids, .. }) = of_this.next() else { return conflict };
    let side = |value: &str, recorded: &Recorded| {
        let Text { zh, en } = telling.value(&conflict.kind, "standing", &Value::from(value));
        let told = telling.happened(&recorded.event.body);
        SaidView {
            value: Value::from(value),
            text: value.to_owned(),
            says: Text::new(format!("{zh}:{}", told.zh), format!("{en}: {}", told.en)),
            person: recorded.author.person,
            role: recorded.author.role,
            at: recorded.event.end,
            submission: recorded.submission,
        }
    };
    let mut said = vec![side(event_review::CORRECTED, correction)];
    said.extend(voids.into_iter().map(|void| side(event_review::VOID, void)));
    said.extend(conflict.said.into_iter().filter(|decision| decision.text != event_review::UNDECIDED));
    ConflictView { said, ..conflict }
}

/// The text of a field that shows, or nothing.
fn text(projection: &Projection, field: &str) -> String {
    projection.value(field).and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default()
}

/// All findings of a place of which something that was seen still stands, open ones first.
fn hazards(files: &Linked<'_>, united: &UnitedFile, telling: Telling<'_>) -> Vec<HazardView> {
    let findings = united.related.iter().filter(|part| part.projection.kind == Kind::Hazard.code());
    let seen = findings.filter(|part| is_seen(files, part));
    let mut hazards: Vec<HazardView> = seen.map(|part| hazard(&part.projection, telling)).collect();
    hazards.sort_by(|a, b| (a.status != "open", &a.code, a.episode).cmp(&(b.status != "open", &b.code, b.episode)));
    hazards
}

fn hazard(hazard: &Projection, telling: Telling<'_>) -> HazardView {
    let status = hazard.state.unwrap_or_default();
    let severity = hazard.fields.iter().find(|field| field.name == "severity");
    let others = severity.iter().flat_map(|severity| severity.others.iter().chain(&severity.opinions));
    let text = |field: &str| hazard.value(field).and_then(|value| value.as_text().map(str::to_owned));
    HazardView {
        id: hazard.entity,
        code: text("code").unwrap_or_default(),
        episode: status.round,
        status: match status.rank {
            sync_core::entity::hazard::OPEN => "open",
            sync_core::entity::hazard::SELF_FIXED => "self_fixed",
            _ => "verified_fixed",
        }
        .to_owned(),
        status_name: telling.value(hazard.kind, "status", &Value::State(status)),
        severity: severity.and_then(|said| said.value.as_int()).map_or(0, |n| n.clamp(0, 4) as u8),
        other_severities: others.map(|said| telling.said(hazard.kind, "severity", said)).collect(),
        due_at: hazard.due_at,
        note: text("note").unwrap_or_default(),
    }
}

fn referral(file: &File, id: EntityId, document: &Document, telling: Telling<'_>) -> ReferralView {
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
pub(super) fn questions(document: &Document) -> Vec<QuestionView> {
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

fn flags(file: &File, telling: Telling<'_>) -> Vec<FlagView> {
    let view = |flag: &sync_core::case::StandingFlag| {
        let review = file.documents.get(&flag_review::id(flag.flagged.flag));
        let decision = review.and_then(|said| said.element("decision", &flag_review::on(&flag.flagged.evidence)));
        let contested = decision.as_ref().is_some_and(|said| said.conflict);
        let decided = decision.filter(|_| !contested).and_then(|said| Some(said.shown.value.as_text()?.to_owned()));
        let explanation = |element: &String| {
            let shown = review?.element("explanation", element)?.shown;
            Some(telling.said(Kind::FlagReview.code(), "explanation", &Said::from(&shown)))
        };
        let elements = review.map(|review| review.elements("explanation")).unwrap_or_default();
        let waits = flag.flagged.standing == FlagStanding::Raised && decided.is_none();
        FlagView {
            due_at: flag.flagged.due_at.filter(|_| waits),
            flag: flag.flagged.flag,
            rule: flag.flagged.rule.clone(),
            window: flag.flagged.window.clone(),
            standing: flag.flagged.standing,
            severity: flag.flagged.severity,
            why: Text::new(flag.flagged.zh.clone(), flag.flagged.en.clone()),
            raised_at: flag.raised_at,
            evidence: flag.flagged.evidence.clone(),
            decision: decided,
            contested,
            explanations: elements.iter().filter_map(explanation).collect(),
            discreet: flag.flagged.discreet,
            sign: sign(&flag.flagged),
        }
    };
    file.flags.values().map(view).collect()
}

/// What stands for a flag until somebody opens it.
pub(super) fn sign(flagged: &Flagged) -> Text {
    if flagged.discreet {
        Text::new("有一条提示,点开查看", "There is a note; open to read")
    } else {
        Text::new(flagged.zh.clone(), flagged.en.clone())
    }
}

fn happened(recorded: &Recorded, pending: &BTreeSet<SubmissionId>, telling: Telling<'_>) -> EventView {
    EventView {
        id: recorded.event.id,
        kind: recorded.event.body.kind().to_owned(),
        person: recorded.author.person,
        role: recorded.author.role,
        at: recorded.event.start,
        doubtful: recorded.doubtful,
        pending: pending.contains(&recorded.submission),
        sentence: telling.happened(&recorded.event.body),
        event: recorded.event.clone(),
    }
}
