//! The files of an elder and of a dwelling.

use doorstep_mobile as phone;
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use super::history::HistoryEntry;
use super::{
    ConflictView, ConsentView, ContactView, Due, ElderRow, FieldView, FlagView, HazardView, HomeView, LinkedPair,
    NeedView, ReferralView,
};

/// An elder's file.
#[derive(uniffi::Record)]
pub struct ElderFile {
    /// The elder; of linked files the smallest of their ids, whichever was asked for.
    pub id: EntityId,
    /// The ids of the other files that are the same person. Each finds this file.
    pub also: Vec<EntityId>,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// The name in the register.
    pub name: String,
    /// How the elder likes to be called; empty when nobody asked.
    pub preferred_name: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// What people disagree about, in any part of the file.
    pub conflicts: Vec<ConflictView>,
    /// How the consent for each purpose stands.
    pub consents: Vec<ConsentView>,
    /// `full`, `limited`, `none` or `unknown`: of what was said, that which protects most.
    pub capacity: String,
    /// `high`, `key` or `general`.
    pub tier: String,
    /// The level of ability; none when nobody assessed or screened.
    pub level: Option<LevelView>,
    /// The care-risk events that count at present, each once, oldest first.
    pub risks: Vec<HistoryEntry>,
    /// Needs, those that wait first.
    pub needs: Vec<NeedView>,
    /// Whom to call, first things first.
    pub contacts: Vec<ContactView>,
    /// Where the elder lives.
    pub home: Option<HomeView>,
    /// Why somebody should go there, and by when; earliest first.
    pub due: Vec<Due>,
    /// Visits that count; an attempt that met nobody is none.
    pub visits: u32,
    /// The last of them.
    pub last_visit: Option<Timestamp>,
    /// Flags that were raised.
    pub flags: Vec<FlagView>,
    /// Referrals.
    pub referrals: Vec<ReferralView>,
    /// What happened, latest first; without what was voided or corrected.
    pub history: Vec<HistoryEntry>,
    /// Pairs of files that somebody linked: what a link that is taken back has to name.
    pub links: Vec<LinkedPair>,
    /// Own submissions on it that are not confirmed yet.
    pub pending: Vec<SubmissionId>,
}

/// The level of ability, and how it was reached.
#[derive(uniffi::Record)]
pub struct LevelView {
    /// 0 for intact to 4 for complete loss.
    pub level: u8,
    /// Its name.
    pub name: Text,
    /// Only a visitor's impression; else two assessors of the register assessed.
    pub screening: bool,
    /// Several were made without knowing of each other: the worse counts until a person has decided.
    pub conflict: bool,
    /// Cognition is lost.
    pub cognition: bool,
    /// What it rests on.
    pub made: Vec<AssessmentMade>,
}

/// One assessment or screening.
#[derive(uniffi::Record)]
pub struct AssessmentMade {
    /// The event.
    pub event: EventId,
    /// When.
    pub at: Timestamp,
    /// Points, of 90.
    pub points: u8,
}

/// A dwelling's file. Of who lives there it holds whether somebody needs help to get out, and nothing else.
#[derive(uniffi::Record)]
pub struct DwellingFile {
    /// The dwelling; of linked files the smallest of their ids, whichever was asked for.
    pub id: EntityId,
    /// The ids of the other files that are the same dwelling. Each finds this file.
    pub also: Vec<EntityId>,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// Where it is.
    pub address: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// The elders whose files say that they live here.
    pub elders: Vec<ElderRow>,
    /// All findings, open ones first.
    pub hazards: Vec<HazardView>,
    /// What people disagree about, in any part of the file.
    pub conflicts: Vec<ConflictView>,
    /// Flags that were raised.
    pub flags: Vec<FlagView>,
    /// Referrals.
    pub referrals: Vec<ReferralView>,
    /// What happened, latest first; without what was voided or corrected.
    pub history: Vec<HistoryEntry>,
    /// Pairs of files that somebody linked: what a link that is taken back has to name.
    pub links: Vec<LinkedPair>,
    /// Own submissions on it that are not confirmed yet.
    pub pending: Vec<SubmissionId>,
}

impl From<phone::ElderFile> for ElderFile {
    fn from(file: phone::ElderFile) -> Self {
        Self {
            id: file.id,
            also: file.also,
            caseload: file.caseload,
            name: file.name,
            preferred_name: file.preferred_name,
            fields: file.fields,
            conflicts: file.conflicts,
            consents: file.consents,
            capacity: file.capacity,
            tier: file.tier,
            level: file.level.map(Into::into),
            risks: file.risks.into_iter().map(Into::into).collect(),
            needs: file.needs,
            contacts: file.contacts,
            home: file.home,
            due: file.due,
            visits: file.visits,
            last_visit: file.last_visit,
            flags: file.flags,
            referrals: file.referrals,
            history: file.history.into_iter().map(Into::into).collect(),
            links: LinkedPair::all(file.links),
            pending: file.pending,
        }
    }
}

impl From<phone::LevelView> for LevelView {
    fn from(level: phone::LevelView) -> Self {
        let phone::LevelView { level, name, screening, conflict, cognition, made } = level;
        let made = made.into_iter().map(|(event, at, points)| AssessmentMade { event, at, points }).collect();
        Self { level, name, screening, conflict, cognition, made }
    }
}

impl From<phone::DwellingFile> for DwellingFile {
    fn from(file: phone::DwellingFile) -> Self {
        Self {
            id: file.id,
            also: file.also,
            caseload: file.caseload,
            address: file.address,
            fields: file.fields,
            elders: file.elders,
            hazards: file.hazards,
            conflicts: file.conflicts,
            flags: file.flags,
            referrals: file.referrals,
            history: file.history.into_iter().map(Into::into).collect(),
            links: LinkedPair::all(file.links),
            pending: file.pending,
        }
    }
}
