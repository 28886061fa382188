//! A shop in a list.

use minicbor::{Decode, Encode};
use sync_core::entity::Kind;
use sync_core::event::{EventBody, Inspection};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;
use sync_core::union;

use super::{Brief, OpenFinding, Thing, said};

/// The item under which bottled gas is weighed.
const BOTTLED_GAS: &str = "GAS-04";

/// A shop in a list.
#[derive(Clone, PartialEq, Eq)]
pub struct PremisesBrief {
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
    /// When its file was begun.
    pub created_at: Timestamp,
    /// When somebody last looked.
    pub last_visit: Option<Timestamp>,
    /// When a worker said to come back.
    pub next_visit: Option<Timestamp>,
    /// What is not put right yet.
    pub open: Vec<OpenFinding>,
    /// Fields about which people disagree.
    pub conflicts: u32,
    /// Some of it is this phone's own work that is not confirmed yet.
    pub pending: bool,
    /// Bottled gas was seen.
    pub lpg: bool,
    /// The other files that are the same shop. Each of their ids finds it.
    pub also: Vec<EntityId>,
    /// Its referrals.
    pub referrals: u32,
}

/// What is kept of a shop.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::phone) struct Shop {
    #[n(0)]
    pub(in crate::phone) name: String,
    #[n(1)]
    pub(in crate::phone) address: String,
    #[n(2)]
    pub(in crate::phone) unit_code: String,
    #[n(3)]
    pub(in crate::phone) kinds: Vec<String>,
    #[n(4)]
    pub(in crate::phone) last_visit: Option<Timestamp>,
    #[n(5)]
    pub(in crate::phone) next_visit: Option<Timestamp>,
    #[n(6)]
    pub(in crate::phone) open: Vec<OpenFinding>,
    #[n(7)]
    pub(in crate::phone) lpg: bool,
}

impl Shop {
    pub(super) fn of(thing: &Thing<'_, '_>) -> Self {
        let inspections: Vec<(Timestamp, &Inspection)> = thing
            .events()
            .filter_map(|event| match &event.body {
                EventBody::Inspection(inspection) => Some((event.start, inspection)),
                _ => None,
            })
            .collect();
        let lpg = inspections
            .iter()
            .flat_map(|(_, inspection)| &inspection.answers)
            .any(|answer| answer.code == BOTTLED_GAS && answer.quantity.is_some_and(|kilograms| kilograms > 0));
        let last_visit = inspections.iter().map(|(start, _)| *start).max();
        let notices = thing.events().filter_map(|event| match &event.body {
            EventBody::Notice(notice) => notice.next_visit.map(|next| (event.start, next)),
            _ => None,
        });
        // The last word on coming back counts, and only until somebody was there again.
        let next_visit =
            notices.max().filter(|(said, _)| last_visit.is_none_or(|visit| visit <= *said)).map(|(_, next)| next);
        Self {
            name: thing.text("name"),
            address: thing.text("address"),
            unit_code: thing.text("unit_code"),
            kinds: union::members(&thing.roots, "kinds"),
            last_visit,
            next_visit,
            open: thing.open_findings(),
            lpg,
        }
    }

    /// The shop as a list shows it.
    pub(in crate::phone) fn listed(&self, brief: &Brief, also: Vec<EntityId>) -> PremisesBrief {
        let Self { name, address, unit_code, kinds, last_visit, next_visit, open, lpg } = self.clone();
        let Brief { id, caseload, created_at, conflicts, pending, referrals, .. } = *brief;
        PremisesBrief {
            id,
            caseload,
            name,
            address,
            unit_code,
            kinds,
            created_at,
            last_visit,
            next_visit,
            open,
            conflicts,
            pending,
            lpg,
            also,
            referrals,
        }
    }
}

/// All names, addresses and codes, of the shop and of whoever runs it.
pub(super) fn texts(thing: &Thing<'_, '_>) -> Vec<String> {
    let fields = ["name", "nickname", "address", "unit_code"];
    let own = thing.roots.iter().flat_map(|premises| fields.map(|field| (*premises, field)));
    let operators = thing.of_kind(Kind::Operator);
    said(own.chain(operators.flat_map(|operator| [(operator, "name"), (operator, "legal_name")])))
}
