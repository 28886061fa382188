//! The file of a shop: what is known, what is open, what people disagree about, and how its referrals go.

pub use doorstep_mobile::{
    ConfirmedView, ConflictView, EarlierAnswer, FieldView, FlagView, HazardView, OperatorView, QuestionView,
    ReferralRound, ReferralView, SaidView,
};
use sync_core::id::{EntityId, EventId, FlagId, PersonId, SubmissionId};
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use crate::form::{State, Value};
use crate::vocabulary::{FlagStanding, Role};

/// One field with the value that shows.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct OperatorView {
    /// The operator.
    pub id: EntityId,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

/// A flag as the server last said.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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

/// Two files that somebody linked: what a link that is taken back has to name.
#[derive(uniffi::Record)]
pub struct LinkedPair {
    /// One file.
    pub one: EntityId,
    /// The other.
    pub other: EntityId,
}

impl LinkedPair {
    pub(super) fn all(links: Vec<(EntityId, EntityId)>) -> Vec<Self> {
        links.into_iter().map(|(one, other)| Self { one, other }).collect()
    }
}

/// One trip of a referral to a desk.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct EarlierAnswer {
    /// What was found or done, as a stable code.
    pub outcome: String,
    /// What the worker and the resident could read.
    pub public_text: String,
    /// When it was given.
    pub at: Timestamp,
}

/// What somebody saw who went after an answer.
#[uniffi::remote(Record)]
pub struct ConfirmedView {
    /// Whether it satisfied.
    pub satisfied: bool,
    /// When they were there.
    pub at: Timestamp,
    /// Of an answer that the desk has corrected since.
    pub before_correction: bool,
}
