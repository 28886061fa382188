//! What lists, search and `today()` need of a file without loading it. One kind of file, one page; never a note.

use minicbor::{Decode, Encode};
use sync_core::case::File;
use sync_core::document::Document;
use sync_core::entity::{Kind, hazard};
use sync_core::flag::{alike_keys, is_observed};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;
use unicode_normalization::UnicodeNormalization as _;

mod elder;
mod home;
mod premises;

pub(super) use elder::{Elder, Raised};
pub(super) use home::Home;
pub use premises::PremisesBrief;
pub(super) use premises::Shop;

/// What a file is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FileKind {
    /// A shop.
    Premises,
    /// An elder.
    Elder,
    /// Where elders live.
    Dwelling,
}

/// The brief of a file: what all kinds have in common, and what its kind has.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Brief {
    #[n(0)]
    pub(super) id: EntityId,
    #[n(1)]
    pub(super) caseload: CaseloadId,
    /// When the file was begun.
    #[n(2)]
    pub(super) created_at: Timestamp,
    /// Some of it is this phone's own work that is not confirmed yet.
    #[n(3)]
    pub(super) pending: bool,
    #[n(4)]
    pub(super) referrals: u32,
    /// Fields about which people disagree.
    #[n(5)]
    pub(super) conflicts: u32,
    /// Files of which a flag here says that they may be the same.
    #[n(6)]
    pub(super) paired: Vec<EntityId>,
    /// Texts that search looks at, normalised.
    #[n(7)]
    pub(super) searched: Vec<String>,
    /// Keys under which look-alikes meet.
    #[n(8)]
    pub(super) alike: Vec<String>,
    #[n(9)]
    pub(super) of: Of,
}

/// What the brief of each kind has of its own.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum Of {
    #[n(0)]
    Premises(#[n(0)] Shop),
    #[n(1)]
    Elder(#[n(0)] Elder),
    #[n(2)]
    Dwelling(#[n(0)] Home),
}

/// A finding that is not put right yet.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct OpenFinding {
    /// The hazard.
    #[n(0)]
    pub hazard: EntityId,
    /// The item of the checklist.
    #[n(1)]
    pub code: String,
    /// 0 to 4.
    #[n(2)]
    pub severity: u8,
    /// By when somebody was asked to put it right.
    #[n(3)]
    pub due_at: Option<Timestamp>,
}

impl Brief {
    /// The brief of a file; `None` when its root is nothing that people go to.
    pub(super) fn of(root: EntityId, caseload: CaseloadId, file: &File) -> Option<Self> {
        let document = file.documents.get(&root)?;
        let (of, texts) = match document.schema().kind {
            Kind::Premises => (Of::Premises(Shop::of(root, document, file)), premises::texts(document, file)),
            Kind::Elder => (Of::Elder(Elder::of(root, document, file)), elder::texts(document)),
            Kind::Dwelling => (Of::Dwelling(Home::of(root, document, file)), home::texts(document)),
            _ => return None,
        };
        Some(Self {
            id: root,
            caseload,
            created_at: document.stamps().next().map(|stamp| stamp.at.wall).unwrap_or_default(),
            pending: false,
            referrals: count(file.of_kind(Kind::Referral).count()),
            conflicts: conflicts(file),
            paired: file.flags.values().filter_map(|flag| flag.flagged.window.parse().ok()).collect(),
            searched: texts,
            alike: alike_keys(root, file),
            of,
        })
    }

    pub(super) fn kind(&self) -> FileKind {
        match &self.of {
            Of::Premises(_) => FileKind::Premises,
            Of::Elder(_) => FileKind::Elder,
            Of::Dwelling(_) => FileKind::Dwelling,
        }
    }

    /// The name on the sign or in the register; of a dwelling its address.
    pub(super) fn name(&self) -> &str {
        match &self.of {
            Of::Premises(shop) => &shop.name,
            Of::Elder(elder) => &elder.name,
            Of::Dwelling(home) => &home.address,
        }
    }
}

/// How texts are compared in search: width and case do not matter.
pub(super) fn normal(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

fn text(document: &Document, field: &str) -> String {
    document.value(field).and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default()
}

/// What anybody said in these fields, also what another one hides in a conflict.
fn said<'d>(fields: impl IntoIterator<Item = (&'d Document, &'d str)>) -> Vec<String> {
    let mut texts: Vec<String> = fields
        .into_iter()
        .filter_map(|(document, field)| document.field(field))
        .flat_map(|resolved| std::iter::once(resolved.shown).chain(resolved.others))
        .filter_map(|claim| claim.value.as_text().map(normal))
        .filter(|text| !text.is_empty())
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// The findings that are not put right, as far as anything that was seen of them still stands.
fn open_findings(root: EntityId, file: &File) -> Vec<OpenFinding> {
    file.of_kind(Kind::Hazard).filter_map(|(id, document)| open(root, file, id, document)).collect()
}

fn open(root: EntityId, file: &File, id: EntityId, document: &Document) -> Option<OpenFinding> {
    let status = document.value("status")?.as_state()?;
    (status.rank == hazard::OPEN && is_observed(root, file, id)).then(|| OpenFinding {
        hazard: id,
        code: text(document, "code"),
        severity: document.value("severity").and_then(|value| value.as_int()).map_or(0, |n| n.clamp(0, 4) as u8),
        due_at: document.value("due_at").and_then(|value| value.as_int()).map(Timestamp::from_millis),
    })
}

fn conflicts(file: &File) -> u32 {
    let of = |document: &Document| {
        let asked = document.schema().fields.iter().filter(|field| !field.keyed);
        asked.filter(|field| document.field(field.name).is_some_and(|resolved| resolved.conflict)).count()
    };
    count(file.documents.values().map(of).sum::<usize>())
}

fn count(n: usize) -> u32 {
    n.try_into().unwrap_or(u32::MAX)
}
