//! A shop in a list, and its file.

use doorstep_mobile::{
    ConflictView, EventView, FieldView, FlagView, HazardView, OpenFinding, OperatorView, PremisesBrief, PremisesFile,
    ReferralView,
};
use sync_core::event::{Answered, EventBody};
use sync_core::form::AnswerRow;
use sync_core::id::{CaseloadId, EntityId, EventId, PersonId, SubmissionId};
use sync_core::time::Timestamp;

use crate::vocabulary::Role;

/// A shop in a list.
#[derive(uniffi::Record)]
pub struct ShopRow {
    /// The shop.
    pub id: EntityId,
    /// Its caseload.
    pub caseload: CaseloadId,
    /// The name on the sign.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// The code on the door plate.
    pub unit_code: String,
    /// Kinds of premises.
    pub kinds: Vec<String>,
    /// When somebody last looked.
    pub last_visit: Option<Timestamp>,
    /// When a worker said to come back.
    pub next_visit: Option<Timestamp>,
    /// What is not put right yet.
    pub open: Vec<OpenFinding>,
    /// Fields about which people disagree.
    pub conflicts: u32,
    /// Its referrals.
    pub referrals: u32,
    /// Some of it is this phone's own work that is not confirmed yet.
    pub pending: bool,
}

impl From<PremisesBrief> for ShopRow {
    fn from(brief: PremisesBrief) -> Self {
        let PremisesBrief { id, caseload, name, address, unit_code, kinds, last_visit, next_visit, open, .. } = brief;
        let PremisesBrief { conflicts, referrals, pending, .. } = brief;
        Self {
            id,
            caseload,
            name,
            address,
            unit_code,
            kinds,
            last_visit,
            next_visit,
            open,
            conflicts,
            referrals,
            pending,
        }
    }
}

/// A shop's file.
#[derive(uniffi::Record)]
pub struct ShopFile {
    /// The shop.
    pub id: EntityId,
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
    pub history: Vec<HistoryEntry>,
    /// Files that are the same shop.
    pub links: Vec<EntityId>,
    /// Own submissions on it that are not confirmed yet.
    pub pending: Vec<SubmissionId>,
}

impl From<PremisesFile> for ShopFile {
    fn from(file: PremisesFile) -> Self {
        let PremisesFile {
            id,
            caseload,
            name,
            fields,
            operators,
            hazards,
            conflicts,
            flags,
            referrals,
            history,
            links,
            pending,
        } = file;
        let history = history.into_iter().map(Into::into).collect();
        Self { id, caseload, name, fields, operators, hazards, conflicts, flags, referrals, history, links, pending }
    }
}

/// Something that somebody saw or did.
#[derive(uniffi::Record)]
pub struct HistoryEntry {
    /// The event.
    pub id: EventId,
    /// The code of its kind, e.g. `inspection`.
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
    /// The event that this one corrects.
    pub amends: Option<EventId>,
    /// What was looked at, of an inspection.
    pub answers: Vec<AnswerRow>,
    /// What was said: whom an inspection met, an elder's words, a department's public answer, a reason.
    pub words: String,
}

impl From<EventView> for HistoryEntry {
    fn from(view: EventView) -> Self {
        let EventView { id, kind, person, role, at, doubtful, pending, event } = view;
        let (mut answers, mut words) = (Vec::new(), None);
        match event.body {
            EventBody::Inspection(inspection) => {
                answers = inspection.answers.into_iter().map(row).collect();
                words = inspection.met;
            }
            EventBody::Visit(visit) => words = visit.words,
            EventBody::Reply(reply) => words = Some(reply.public_text),
            EventBody::Withdrawal(withdrawal) => words = Some(withdrawal.reason),
            EventBody::Confirmation(confirmation) => words = confirmation.note,
            EventBody::Step(step) => words = step.reason,
            _ => {}
        }
        let words = words.unwrap_or_default();
        Self { id, kind, person, role, at, doubtful, pending, amends: event.amends, answers, words }
    }
}

fn row(answered: Answered) -> AnswerRow {
    let Answered { code, answer, severity, refused, quantity, note, photos } = answered;
    AnswerRow { code, answer, severity, refused, quantity, note: note.unwrap_or_default(), photos }
}
