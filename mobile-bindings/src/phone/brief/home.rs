//! A dwelling in a list. Who lives there is in the elders' files.

use minicbor::{Decode, Encode};
use sync_core::event::EventBody;
use sync_core::time::Timestamp;

use super::{OpenFinding, Thing, said};

/// What is kept of a dwelling.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::phone) struct Home {
    #[n(0)]
    pub(in crate::phone) address: String,
    #[n(1)]
    pub(in crate::phone) unit_code: String,
    /// When somebody last looked round.
    #[n(2)]
    pub(in crate::phone) last_look: Option<Timestamp>,
    #[n(3)]
    pub(in crate::phone) open: Vec<OpenFinding>,
}

impl Home {
    pub(super) fn of(thing: &Thing<'_, '_>) -> Self {
        let looks = thing.events().filter(|event| matches!(event.body, EventBody::Inspection(_)));
        Self {
            address: thing.text("address"),
            unit_code: thing.text("unit_code"),
            last_look: looks.map(|event| event.start).max(),
            open: thing.open_findings(),
        }
    }
}

pub(super) fn texts(thing: &Thing<'_, '_>) -> Vec<String> {
    said(thing.roots.iter().flat_map(|dwelling| ["address", "unit_code"].map(|field| (*dwelling, field))))
}
