//! What lists, search and `today()` need of a shop without loading its file.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use sync_core::case::{File, StandingFlag};
use sync_core::document::Document;
use sync_core::entity::{Kind, hazard};
use sync_core::event::{EventBody, Inspection};
use sync_core::flag::{Linked, alike_keys};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::project::{Projection, united_file};
use sync_core::time::Timestamp;
use sync_core::union;
use unicode_normalization::UnicodeNormalization as _;

/// The item under which bottled gas is weighed.
const BOTTLED_GAS: &str = "GAS-04";

/// A shop in a list.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PremisesBrief {
    /// The shop.
    #[n(0)]
    pub id: EntityId,
    /// Its caseload.
    #[n(1)]
    pub caseload: CaseloadId,
    /// The name on the sign.
    #[n(2)]
    pub name: String,
    /// Where it is.
    #[n(3)]
    pub address: String,
    /// The code on the door plate.
    #[n(4)]
    pub unit_code: String,
    /// Kinds of premises.
    #[n(5)]
    pub kinds: Vec<String>,
    /// When its file was begun.
    #[n(6)]
    pub created_at: Timestamp,
    /// When somebody last looked.
    #[n(7)]
    pub last_visit: Option<Timestamp>,
    /// When a worker said to come back.
    #[n(8)]
    pub next_visit: Option<Timestamp>,
    /// What is not put right yet.
    #[n(9)]
    pub open: Vec<OpenFinding>,
    /// Fields about which people disagree.
    #[n(10)]
    pub conflicts: u32,
    /// Some of it is this phone's own work that is not confirmed yet.
    #[n(11)]
    pub pending: bool,
    /// Bottled gas was seen.
    #[n(12)]
    pub lpg: bool,
    /// Files that are the same shop.
    #[n(13)]
    pub links: Vec<EntityId>,
    /// Its referrals.
    #[n(16)]
    pub referrals: u32,
    /// Files of which a flag here says that they may be the same shop.
    #[n(17)]
    pub(super) paired: Vec<EntityId>,
    /// Texts that search looks at, normalised.
    #[n(14)]
    pub(super) searched: Vec<String>,
    /// Keys under which look-alikes meet.
    #[n(15)]
    pub(super) alike: Vec<String>,
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
    /// By when the shop was asked to put it right.
    #[n(3)]
    pub due_at: Option<Timestamp>,
}

impl PremisesBrief {
    /// The brief of a file; `None` when its root is no shop.
    pub(super) fn of(root: EntityId, caseload: CaseloadId, file: &File) -> Option<Self> {
        let brief = Self::united(caseload, &Linked::from([(root, file)]))?;
        Some(Self { alike: alike_keys(root, file), ..brief })
    }

    /// The brief of linked files, by the smallest of their ids; of a single file, its own. Look-alikes are looked for by
    /// each file and not here.
    pub(super) fn united(caseload: CaseloadId, files: &Linked<'_>) -> Option<Self> {
        let is_shop = |document: &&Document| document.schema().kind == Kind::Premises;
        let shops = files.iter().filter_map(|(id, file)| Some((*id, file.documents.get(id).filter(is_shop)?)));
        let (ids, roots): (Vec<EntityId>, Vec<&Document>) = shops.unzip();
        let file = united_file(files).filter(|_| !roots.is_empty())?;
        let events = || files.values().flat_map(|file| file.standing_events());
        let inspections: Vec<(Timestamp, &Inspection)> = events()
            .filter_map(|recorded| match &recorded.event.body {
                EventBody::Inspection(inspection) => Some((recorded.event.start, inspection)),
                _ => None,
            })
            .collect();
        let lpg = inspections
            .iter()
            .flat_map(|(_, inspection)| &inspection.answers)
            .any(|answer| answer.code == BOTTLED_GAS && answer.quantity.is_some_and(|kilograms| kilograms > 0));
        let last_visit = inspections.iter().map(|(start, _)| *start).max();
        let notices = events().filter_map(|recorded| match &recorded.event.body {
            EventBody::Notice(notice) => notice.next_visit.map(|next| (recorded.event.start, next)),
            _ => None,
        });
        // The last word on coming back counts, and only until somebody was there again.
        let next_visit =
            notices.max().filter(|(said, _)| last_visit.is_none_or(|visit| visit <= *said)).map(|(_, next)| next);
        let created = roots.iter().filter_map(|root| root.stamps().next()).map(|stamp| stamp.at.wall).min();
        let conflicts =
            std::iter::once(&file.root).chain(&file.related).map(|part| part.projection.conflicts().count());
        Some(Self {
            id: *ids.first()?,
            caseload,
            name: union::text(&roots, "name"),
            address: union::text(&roots, "address"),
            unit_code: union::text(&roots, "unit_code"),
            kinds: union::members(&roots, "kinds"),
            created_at: created.unwrap_or_default(),
            last_visit,
            next_visit,
            open: file.related.iter().filter_map(|part| open(&part.projection)).collect(),
            conflicts: conflicts.sum::<usize>().try_into().unwrap_or(u32::MAX),
            pending: false,
            referrals: count(files, Kind::Referral),
            lpg,
            links: linked(files),
            searched: searched(files, &roots),
            alike: Vec::new(),
            paired: flags(files).filter_map(|flag| flag.flagged.window.parse().ok()).collect(),
        })
    }

    /// Whether every word is found in some text of the shop.
    pub(super) fn matches(&self, words: &[String]) -> bool {
        !words.is_empty() && words.iter().all(|word| self.searched.iter().any(|text| text.contains(word.as_str())))
    }
}

/// How texts are compared in search: width and case do not matter.
pub(super) fn normal(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

fn count(files: &Linked<'_>, kind: Kind) -> u32 {
    let count: usize = files.values().map(|file| file.of_kind(kind).count()).sum();
    count.try_into().unwrap_or(u32::MAX)
}

fn flags<'f>(files: &Linked<'f>) -> impl Iterator<Item = &'f StandingFlag> {
    files.values().flat_map(|file| file.flags.values())
}

/// The files that these are linked with, directly.
fn linked(files: &Linked<'_>) -> Vec<EntityId> {
    let links: BTreeSet<EntityId> = files.values().flat_map(|file| file.links.iter()).collect();
    links.into_iter().collect()
}

/// All names, addresses and codes that anybody gave, also those that another one hides in a conflict.
fn searched(files: &Linked<'_>, roots: &[&Document]) -> Vec<String> {
    let fields = ["name", "nickname", "address", "unit_code"];
    let own = roots.iter().flat_map(|root| fields.map(|field| (*root, field)));
    let operators = files.values().flat_map(|file| file.of_kind(Kind::Operator));
    let operators = operators.flat_map(|(_, operator)| [(operator, "name"), (operator, "legal_name")]);
    let texts: BTreeSet<String> = own
        .chain(operators)
        .filter_map(|(document, field)| document.field(field))
        .flat_map(|resolved| std::iter::once(resolved.shown).chain(resolved.others))
        .filter_map(|claim| claim.value.as_text().map(normal))
        .collect();
    texts.into_iter().collect()
}

fn open(hazard: &Projection) -> Option<OpenFinding> {
    let state = hazard.state.filter(|_| hazard.kind == Kind::Hazard.code())?;
    let severity = hazard.value("severity").and_then(|value| value.as_int());
    (state.rank == hazard::OPEN).then(|| OpenFinding {
        hazard: hazard.entity,
        code: hazard.title.clone().unwrap_or_default(),
        severity: severity.map_or(0, |n| n.clamp(0, 4) as u8),
        due_at: hazard.due_at,
    })
}
