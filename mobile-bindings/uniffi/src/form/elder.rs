//! Forms about elders and their dwellings.

pub use sync_core::event::{Assessor, RiskCount};
use sync_core::event::{Attempt, PhotoHash};
pub use sync_core::form::{
    AssessmentForm, BreakGlassForm, ConsentEntry, ConsentForm, ContactEntry, NeedForm, NewDwelling, NewElder,
    NotMetForm, ObservedRow, RiskEntry, RiskForm, VisitForm,
};
use sync_core::id::{EntityId, EventId, PersonId};
use sync_core::time::{Day, Timestamp};

use super::shop::AnswerRow;
use super::{FieldOp, MapPoint, Scene};
use crate::vocabulary::{
    Answer, BreakGlassAct, ConsentMethod, ConsentState, Means, NeedState, Purpose, RiskKind, Signal, VisitKind,
};

/// An elder who has no file yet. Empty texts are not known.
#[uniffi::remote(Record)]
pub struct NewElder {
    /// The name in the register.
    pub name: String,
    /// How the elder likes to be called.
    #[uniffi(default)]
    pub preferred_name: String,
    /// `male` or `female`; from the resident id when empty.
    #[uniffi(default)]
    pub sex: String,
    /// Day of birth, `1945-12-03`; from the resident id when empty.
    #[uniffi(default)]
    pub birth: String,
    /// The resident id as read from the card. Not kept.
    #[uniffi(default)]
    pub resident_id: String,
    /// Dialect.
    #[uniffi(default)]
    pub dialect: String,
    /// What everybody who visits should know.
    #[uniffi(default)]
    pub note: String,
    /// A dwelling that has a file already.
    #[uniffi(default)]
    pub dwelling: Option<EntityId>,
    /// A dwelling that has none yet; does not matter beside `dwelling`.
    #[uniffi(default)]
    pub new_dwelling: Option<NewDwelling>,
    /// With whom, a code of `LIVING`.
    #[uniffi(default)]
    pub living_situation: String,
    /// A code of `MARITAL`.
    #[uniffi(default)]
    pub marital: String,
    /// Codes of `DIFFICULTIES`.
    #[uniffi(default)]
    pub difficulties: Vec<String>,
    /// Allergies.
    #[uniffi(default)]
    pub allergies: Vec<String>,
    /// Diagnoses, ICD-10.
    #[uniffi(default)]
    pub diagnoses: Vec<String>,
    /// Medicines.
    #[uniffi(default)]
    pub medicines: Vec<String>,
    /// Devices at home: emergency button, oxygen…
    #[uniffi(default)]
    pub devices: Vec<String>,
    /// Whom to call, first things first.
    #[uniffi(default)]
    pub contacts: Vec<ContactEntry>,
    /// A code of `TIERS`.
    #[uniffi(default)]
    pub risk_tier: String,
    /// A code of `CAPACITIES`.
    #[uniffi(default)]
    pub capacity: String,
    /// A code of `EVACUATION`.
    #[uniffi(default)]
    pub evacuation_help: String,
    /// What the elder agreed to.
    #[uniffi(default)]
    pub consents: Vec<ConsentEntry>,
    /// Who was there, photos of signed papers.
    #[uniffi(default)]
    pub scene: Scene,
}

/// Somebody to call.
#[uniffi::remote(Record)]
pub struct ContactEntry {
    /// The name.
    pub name: String,
    /// How related.
    #[uniffi(default)]
    pub relation: String,
    /// The number.
    #[uniffi(default)]
    pub phone: String,
    /// Has a key to the dwelling.
    #[uniffi(default)]
    pub has_key: bool,
}

/// A dwelling that has no file yet. Empty texts are not known.
#[uniffi::remote(Record)]
pub struct NewDwelling {
    /// Where it is.
    pub address: String,
    /// The code on the door plate.
    #[uniffi(default)]
    pub unit_code: String,
    /// The floor.
    #[uniffi(default)]
    pub floor: String,
    /// Whether there is a lift.
    #[uniffi(default)]
    pub lift: Option<bool>,
    /// Kinds of building, as in the policy.
    #[uniffi(default)]
    pub kinds: Vec<String>,
    /// What to know at the door.
    #[uniffi(default)]
    pub door_note: String,
    /// Where it is on a map; kept to about 100 m.
    #[uniffi(default)]
    pub map_point: Option<MapPoint>,
}

/// A visit to an elder.
#[uniffi::remote(Record)]
pub struct VisitForm {
    /// The elder.
    pub elder: EntityId,
    /// How.
    pub kind: VisitKind,
    /// The answers so far; an item that is missing was not looked at.
    #[uniffi(default)]
    pub observed: Vec<ObservedRow>,
    /// What must not wait.
    #[uniffi(default)]
    pub signals: Vec<Signal>,
    /// The elder's own words.
    #[uniffi(default)]
    pub words: String,
    /// When the worker comes back.
    #[uniffi(default)]
    pub next_visit: Option<Timestamp>,
    /// What was looked at in the dwelling, by the checklist of places.
    #[uniffi(default)]
    pub home: Vec<AnswerRow>,
    /// What happened lately.
    #[uniffi(default)]
    pub risks: Vec<RiskEntry>,
    /// What the elder agreed to.
    #[uniffi(default)]
    pub consents: Vec<ConsentEntry>,
    /// Changed fields of the elder's file.
    #[uniffi(default)]
    pub changes: Vec<FieldOp>,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}

/// The answer to one item of the visit's checklist.
#[uniffi::remote(Record)]
pub struct ObservedRow {
    /// The item, a code of the policy's checklist of visits.
    pub item: String,
    /// What was found.
    pub answer: Answer,
    /// The worker's words.
    #[uniffi(default)]
    pub note: String,
}

/// An attempt that met nobody. It never counts as a visit.
#[uniffi::remote(Record)]
pub struct NotMetForm {
    /// The elder.
    pub elder: EntityId,
    /// What was tried, in order.
    pub tried: Vec<Attempt>,
    /// What the worker noticed.
    #[uniffi(default)]
    pub note: String,
    /// When somebody tries again.
    #[uniffi(default)]
    pub next_try: Option<Timestamp>,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}

/// One attempt to reach the elder, or somebody who knows.
#[uniffi::remote(Record)]
pub struct Attempt {
    /// By what means.
    pub means: Means,
    /// Which contact of the elder's file.
    #[uniffi(default)]
    pub contact: Option<String>,
    /// Somebody answered and knew that the elder is well.
    pub reached: bool,
}

/// The 26 answers.
#[uniffi::remote(Record)]
pub struct AssessmentForm {
    /// The elder.
    pub elder: EntityId,
    /// The scores so far, in the order of `ITEMS`.
    pub scores: Vec<Option<u8>>,
    /// Care-risk events of the last 30 days.
    #[uniffi(default)]
    pub risks: Vec<RiskCount>,
    /// In a coma.
    #[uniffi(default)]
    pub coma: bool,
    /// Diagnosed by a doctor, ICD-10.
    #[uniffi(default)]
    pub diagnoses: Vec<String>,
    /// Who assessed, with the numbers of their certificates.
    #[uniffi(default)]
    pub assessors: Vec<Assessor>,
    /// Who gave the information, and how related.
    #[uniffi(default)]
    pub informant: String,
    /// The worker's words.
    #[uniffi(default)]
    pub note: String,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}

/// How often something happened in the last 30 days, as was told at the assessment.
#[uniffi::remote(Record)]
pub struct RiskCount {
    /// What.
    pub kind: RiskKind,
    /// How often.
    pub count: u8,
}

/// Who assessed.
#[uniffi::remote(Record)]
pub struct Assessor {
    /// Who.
    pub person: PersonId,
    /// The number of the assessor's certificate; none for somebody who has none.
    #[uniffi(default)]
    pub certificate: Option<String>,
}

/// Something that happened outside a visit, or was heard of later.
#[uniffi::remote(Record)]
pub struct RiskForm {
    /// The elder.
    pub elder: EntityId,
    /// What happened.
    pub risk: RiskEntry,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}

/// What happened on a day.
#[uniffi::remote(Record)]
pub struct RiskEntry {
    /// What.
    pub kind: RiskKind,
    /// On which day.
    pub occurred_on: Day,
    /// The worker's words.
    #[uniffi(default)]
    pub note: String,
}

/// One or more statements of one elder.
#[uniffi::remote(Record)]
pub struct ConsentForm {
    /// The elder.
    pub elder: EntityId,
    /// The statements, one for each purpose.
    pub consents: Vec<ConsentEntry>,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}

/// One statement for one purpose.
#[uniffi::remote(Record)]
pub struct ConsentEntry {
    /// For what.
    pub purpose: Purpose,
    /// What was said.
    pub state: ConsentState,
    /// How.
    pub method: ConsentMethod,
    /// Hash of the signed paper.
    #[uniffi(default)]
    pub paper: Option<PhotoHash>,
    /// The witness, or the guardian.
    #[uniffi(default)]
    pub witness: String,
    /// Until when.
    #[uniffi(default)]
    pub valid_to: Option<Timestamp>,
    /// With whom it may be shared.
    #[uniffi(default)]
    pub receivers: Vec<String>,
    /// What "limited" leaves out.
    #[uniffi(default)]
    pub limits: String,
}

/// A need, new or known. Empty texts change nothing.
#[uniffi::remote(Record)]
pub struct NeedForm {
    /// The elder.
    pub elder: EntityId,
    /// The need, when it has a file already.
    #[uniffi(default)]
    pub need: Option<EntityId>,
    /// In the elder's words.
    #[uniffi(default)]
    pub text: String,
    /// Its kind, as in the service list.
    #[uniffi(default)]
    pub kind: String,
    /// How far it has come.
    pub state: NeedState,
    /// Who will.
    #[uniffi(default)]
    pub matched_with: String,
    /// Why it cannot be met.
    #[uniffi(default)]
    pub unmet_reason: String,
}

/// One act: told without consent, reviewed, or the elder was told of it.
#[uniffi::remote(Record)]
pub struct BreakGlassForm {
    /// The elder.
    pub elder: EntityId,
    /// Which act.
    pub act: BreakGlassAct,
    /// The opening that it is about.
    #[uniffi(default)]
    pub of: Option<EventId>,
    /// Why; what the review found.
    pub reason: String,
    /// Who was told.
    #[uniffi(default)]
    pub told: String,
    /// Which fields of the file were told.
    #[uniffi(default)]
    pub fields: Vec<String>,
    /// Who, where.
    #[uniffi(default)]
    pub scene: Scene,
}
