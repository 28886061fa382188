//! What lists, search and `today()` need of a shop without loading its file.

use minicbor::{Decode, Encode};
use sync_core::case::File;
use sync_core::document::Document;
use sync_core::entity::{Kind, hazard};
use sync_core::event::{EventBody, Inspection};
use sync_core::flag::alike_keys;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;
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
        let premises = file.documents.get(&root).filter(|document| document.schema().kind == Kind::Premises)?;
        let kinds = premises.members("kinds");
        let inspections: Vec<(Timestamp, &Inspection)> = file
            .standing_events()
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
        let notices = file.standing_events().filter_map(|recorded| match &recorded.event.body {
            EventBody::Notice(notice) => notice.next_visit.map(|next| (recorded.event.start, next)),
            _ => None,
        });
        // The last word on coming back counts, and only until somebody was there again.
        let next_visit =
            notices.max().filter(|(said, _)| last_visit.is_none_or(|visit| visit <= *said)).map(|(_, next)| next);
        Some(Self {
            id: root,
            caseload,
            name: text(premises, "name"),
            address: text(premises, "address"),
            unit_code: text(premises, "unit_code"),
            created_at: premises.stamps().next().map(|stamp| stamp.at.wall).unwrap_or_default(),
            last_visit,
            next_visit,
            open: file.of_kind(Kind::Hazard).filter_map(|(id, document)| open(id, document)).collect(),
            conflicts: conflicts(file),
            pending: false,
            referrals: file.of_kind(Kind::Referral).count().try_into().unwrap_or(u32::MAX),
            lpg,
            links: file.links.iter().collect(),
            searched: searched(premises, file),
            alike: alike_keys(root, file),
            paired: file.flags.values().filter_map(|flag| flag.flagged.window.parse().ok()).collect(),
            kinds,
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

fn text(document: &Document, field: &str) -> String {
    document.value(field).and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default()
}

/// All names, addresses and codes that anybody gave, also those that another one hides in a conflict.
fn searched(premises: &Document, file: &File) -> Vec<String> {
    let fields = ["name", "nickname", "address", "unit_code"].map(|field| (premises, field));
    let operators =
        file.of_kind(Kind::Operator).flat_map(|(_, operator)| [(operator, "name"), (operator, "legal_name")]);
    let mut texts: Vec<String> = fields
        .into_iter()
        .chain(operators)
        .filter_map(|(document, field)| document.field(field))
        .flat_map(|resolved| std::iter::once(resolved.shown).chain(resolved.others))
        .filter_map(|claim| claim.value.as_text().map(normal))
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

fn open(id: EntityId, document: &Document) -> Option<OpenFinding> {
    let status = document.value("status")?.as_state()?;
    (status.rank == hazard::OPEN).then(|| OpenFinding {
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
    file.documents.values().map(of).sum::<usize>().try_into().unwrap_or(u32::MAX)
}
