//! A shop's file: what is known, by whom, what is open, what people disagree about, and how its referrals go.

use std::collections::BTreeSet;

use sync_core::author::Role;
use sync_core::case::{File, Recorded};
use sync_core::document::Document;
use sync_core::edit::{State, Value};
use sync_core::entity::{Kind, flag_review};
use sync_core::event::{Event, FlagStanding};
use sync_core::id::{CaseloadId, EntityId, EventId, FlagId, PersonId, SubmissionId};
use sync_core::policy::Text;
use sync_core::project::{Projection, Said, UnitedFile, same_thing, united_file};
use sync_core::refer;
use sync_core::time::Timestamp;
use sync_core::union;

use super::united::together;
use super::view::{conflicts, fields, said};
use super::{Inner, Phone};
use crate::error::PhoneError;

/// One field with the value that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// Its element, for sets and values kept per round.
    pub element: Option<String>,
    /// The value.
    pub value: Value,
    /// The value as text.
    pub text: String,
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
    /// What happened.
    pub event: Event,
}

/// A shop's file; linked files as one.
#[derive(Clone, PartialEq, Eq)]
pub struct PremisesFile {
    /// The shop; of linked files the smallest of their ids, whichever was asked for.
    pub id: EntityId,
    /// The ids of the other files that are the same shop. Each finds this file.
    pub also: Vec<EntityId>,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// Who runs the business, also earlier.
    pub operators: Vec<OperatorView>,
    /// All findings, open ones first.
    pub hazards: Vec<HazardView>,
    /// What people disagree about, in any part of the file.
    pub conflicts: Vec<ConflictView>,
    /// Flags that were raised.
    pub flags: Vec<FlagView>,
    /// Referrals.
    pub referrals: Vec<ReferralView>,
    /// What happened, latest first; without what was voided or corrected.
    pub history: Vec<EventView>,
    /// Pairs of files that somebody linked: what a link that is taken back has to name.
    pub links: Vec<(EntityId, EntityId)>,
    /// Own submissions on it that are not confirmed yet.
    pub pending: Vec<SubmissionId>,
}

impl PremisesFile {
    /// The findings that are not put right.
    pub fn open_hazards(&self) -> impl Iterator<Item = &HazardView> {
        self.hazards.iter().filter(|hazard| hazard.status == "open")
    }
}

impl Phone {
    /// The file of a shop, or of anything that belongs to it, as shown: confirmed, with own pending work on top.
    ///
    /// # Errors
    /// [`PhoneError`]
    pub fn premises(&self, id: EntityId) -> Result<PremisesFile, PhoneError> {
        let mut inner = self.lock();
        inner.readable()?;
        inner.premises(id)
    }

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

impl Inner {
    fn premises(&self, id: EntityId) -> Result<PremisesFile, PhoneError> {
        let (caseload, root) = self.index.root(id).ok_or(PhoneError::NoSuchFile)?;
        let linked = self.linked(root)?;
        let files = together(&linked);
        let UnitedFile { id, also, root, related } = united_file(&files).ok_or(PhoneError::NoSuchFile)?;
        let submissions: BTreeSet<SubmissionId> =
            linked.values().flat_map(|shown| shown.submissions.iter().copied()).collect();
        let of_kind = |kind: Kind| related.iter().map(|part| &part.projection).filter(move |p| p.kind == kind.code());
        let mut hazards: Vec<HazardView> = of_kind(Kind::Hazard).map(hazard).collect();
        hazards.sort_by(|a, b| (a.status != "open", &a.code, a.episode).cmp(&(b.status != "open", &b.code, b.episode)));
        let everything = std::iter::once(&root).chain(&related).map(|part| &part.projection);
        let events = files.values().flat_map(|file| file.standing_events());
        let mut history: Vec<EventView> = events.map(|recorded| happened(recorded, &submissions)).collect();
        history.sort_by_key(|event| std::cmp::Reverse((event.at, event.id)));
        let pairs = files.iter().flat_map(|(a, file)| file.links.iter().map(|b| (*a, b))).filter(|(a, b)| a < b);
        let operator = |operator: &Projection| OperatorView { id: operator.entity, fields: fields(operator) };
        let referrals = files.values().flat_map(|file| file.of_kind(Kind::Referral));
        Ok(PremisesFile {
            id,
            also,
            caseload,
            name: root.projection.title.clone().unwrap_or_default(),
            fields: fields(&root.projection),
            operators: of_kind(Kind::Operator).map(operator).collect(),
            hazards,
            conflicts: everything.flat_map(conflicts).collect(),
            flags: files.values().flat_map(|file| flags(file)).collect(),
            referrals: referrals.map(|(id, document)| referral(id, document)).collect(),
            history,
            links: pairs.collect(),
            pending: submissions.into_iter().collect(),
        })
    }
}

fn hazard(hazard: &Projection) -> HazardView {
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
        severity: severity.and_then(|said| said.value.as_int()).map_or(0, |n| n.clamp(0, 4) as u8),
        other_severities: others.map(said).collect(),
        due_at: hazard.due_at,
        note: text("note").unwrap_or_default(),
    }
}

fn referral(id: EntityId, document: &Document) -> ReferralView {
    let state = document.value("state").and_then(|value| value.as_state()).unwrap_or_default();
    let text = |field: &str| document.value(field).and_then(|value| value.as_text().map(str::to_owned));
    let round = |round: u16| {
        let element = |field: &str| document.element(field, &round.to_string()).map(|said| said.shown.value);
        let text = |field: &str| element(field).and_then(|value| value.as_text().map(str::to_owned));
        let time = |field: &str| element(field).and_then(|value| value.as_int()).map(Timestamp::from_millis);
        ReferralRound {
            round,
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
        // A round is a trip to a desk: there is none before the first dispatch.
        rounds: (1..=state.round).map(round).filter(|round| !round.dept.is_empty()).collect(),
        questions: questions(document),
    }
}

fn questions(document: &Document) -> Vec<QuestionView> {
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

fn flags(file: &File) -> Vec<FlagView> {
    let view = |flag: &sync_core::case::StandingFlag| {
        let review = file.documents.get(&flag_review::id(flag.flagged.flag));
        let decision = review.and_then(|said| said.element("decision", &flag_review::on(&flag.flagged.evidence)));
        let contested = decision.as_ref().is_some_and(|said| said.conflict);
        let decided = decision.filter(|_| !contested).and_then(|said| Some(said.shown.value.as_text()?.to_owned()));
        let explanation = |element: &String| Some(said(&Said::from(&review?.element("explanation", element)?.shown)));
        let elements = review.map(|review| review.elements("explanation")).unwrap_or_default();
        FlagView {
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
        }
    };
    file.flags.values().map(view).collect()
}

fn happened(recorded: &Recorded, pending: &BTreeSet<SubmissionId>) -> EventView {
    EventView {
        id: recorded.event.id,
        kind: recorded.event.body.kind().to_owned(),
        person: recorded.author.person,
        role: recorded.author.role,
        at: recorded.event.start,
        doubtful: recorded.doubtful,
        pending: pending.contains(&recorded.submission),
        event: recorded.event.clone(),
    }
}
