//! Files: what is known, by whom, what is open, what people disagree about, and how referrals go. What the file of every
//! kind has is here; each kind adds its own.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::document::Document;
use sync_core::edit::Value;
use sync_core::entity::Kind;
use sync_core::id::{CaseloadId, EntityId, SubmissionId};
use sync_core::project::{Projection, United, UnitedFile, same_thing, united_file};
use sync_core::union;

mod dwelling;
mod elder;
mod flag;
mod hazard;
mod history;
mod premises;
mod referral;
mod said;

pub use dwelling::DwellingFile;
pub use elder::{ConsentView, ContactView, ElderFile, HomeView, LevelView, NeedView};
pub use flag::FlagView;
pub use hazard::HazardView;
pub use history::EventView;
pub use premises::{OperatorView, PremisesFile};
pub use referral::{ConfirmedView, EarlierAnswer, QuestionView, ReferralRound, ReferralView};
pub use said::{ConflictView, FieldView, SaidView};

pub(super) use flag::sign;
pub(super) use referral::questions;

use flag::flags;
use hazard::hazards;
use history::happened;
use referral::referral;
use said::both_sides;

use super::shown::Shown;
use super::united::together;
use super::view::Telling;
use super::{Inner, Phone};
use crate::error::PhoneError;

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

/// The text of a field that shows, or nothing.
fn text(projection: &Projection, field: &str) -> String {
    projection.value(field).and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default()
}
