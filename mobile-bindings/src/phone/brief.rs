//! What lists, search and `today()` need of a file without loading it. One kind of file, one page; never a note.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use sync_core::case::File;
use sync_core::document::Document;
use sync_core::entity::{Kind, hazard};
use sync_core::event::Event;
use sync_core::flag::{Linked, alike_keys, is_observed};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::project::{United, UnitedFile, united_file};
use sync_core::time::Timestamp;
use sync_core::union;
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

/// The brief of a file, or of linked files together: what all kinds have in common, and what its kind has.
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
        let brief = Self::united(caseload, &Linked::from([(root, file)]))?;
        Some(Self { alike: alike_keys(root, file), ..brief })
    }

    /// The brief of linked files, by the smallest of their ids; of a single file, its own. Look-alikes are looked for by
    /// each file and not here.
    pub(super) fn united(caseload: CaseloadId, files: &Linked<'_>) -> Option<Self> {
        let UnitedFile { id, root, related, .. } = united_file(files)?;
        let thing = Thing { files, roots: roots(files), related: &related };
        let (of, searched) = match thing.roots.first()?.schema().kind {
            Kind::Premises => (Of::Premises(Shop::of(&thing)), premises::texts(&thing)),
            Kind::Elder => (Of::Elder(Elder::of(&thing)), elder::texts(&thing)),
            Kind::Dwelling => (Of::Dwelling(Home::of(&thing)), home::texts(&thing)),
            _ => return None,
        };
        let created = thing.roots.iter().filter_map(|root| root.stamps().next()).map(|stamp| stamp.at.wall).min();
        let everything = std::iter::once(&root).chain(&related);
        let flags = files.values().flat_map(|file| file.flags.values());
        Some(Self {
            id,
            caseload,
            created_at: created.unwrap_or_default(),
            pending: false,
            referrals: count(thing.of_kind(Kind::Referral).count()),
            conflicts: count(everything.map(|part| part.projection.conflicts().count()).sum::<usize>()),
            paired: flags.filter_map(|flag| flag.flagged.window.parse().ok()).collect(),
            searched,
            alike: Vec::new(),
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

/// What a brief is made of: linked files, what they are about, and what belongs to them.
struct Thing<'a, 'f> {
    files: &'a Linked<'f>,
    roots: Vec<&'f Document>,
    related: &'a [United],
}

impl<'f> Thing<'_, 'f> {
    fn text(&self, field: &str) -> String {
        union::text(&self.roots, field)
    }

    fn events(&self) -> impl Iterator<Item = &'f Event> {
        self.files.values().flat_map(|file| file.standing_events()).map(|recorded| &recorded.event)
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &'f Document> {
        self.files.values().flat_map(move |file| file.of_kind(kind)).map(|(_, document)| document)
    }

    /// The findings that are not put right, as far as anything that was seen of them still stands.
    fn open_findings(&self) -> Vec<OpenFinding> {
        self.related
            .iter()
            .filter_map(open)
            .filter(|(part, _)| is_seen(self.files, part))
            .map(|(_, open)| open)
            .collect()
    }
}

/// The documents that linked files are about.
pub(super) fn roots<'f>(files: &Linked<'f>) -> Vec<&'f Document> {
    files.iter().filter_map(|(root, file)| file.documents.get(root)).collect()
}

/// Whether in any of the files something that was seen of a hazard still stands.
pub(super) fn is_seen(files: &Linked<'_>, hazard: &United) -> bool {
    hazard.seen.keys().any(|id| files.iter().any(|(root, file)| is_observed(*root, file, *id)))
}

/// What anybody said in these fields, also what another one hides in a conflict.
fn said<'d>(fields: impl IntoIterator<Item = (&'d Document, &'d str)>) -> Vec<String> {
    let texts: BTreeSet<String> = fields
        .into_iter()
        .filter_map(|(document, field)| document.field(field))
        .flat_map(|resolved| std::iter::once(resolved.shown).chain(resolved.others))
        .filter_map(|claim| claim.value.as_text().map(normal))
        .filter(|text| !text.is_empty())
        .collect();
    texts.into_iter().collect()
}

fn open(part: &United) -> Option<(&United, OpenFinding)> {
    let hazard = &part.projection;
    let state = hazard.state.filter(|_| hazard.kind == Kind::Hazard.code())?;
    let severity = hazard.value("severity").and_then(|value| value.as_int());
    let open = || OpenFinding {
        hazard: hazard.entity,
        code: hazard.title.clone().unwrap_or_default(),
        severity: severity.map_or(0, |n| n.clamp(0, 4) as u8),
        due_at: hazard.due_at,
    };
    (state.rank == hazard::OPEN).then(|| (part, open()))
}

fn count(n: usize) -> u32 {
    n.try_into().unwrap_or(u32::MAX)
}
