//! A dwelling in a list. Who lives there is in the elders' files.

use minicbor::{Decode, Encode};
use sync_core::case::File;
use sync_core::document::Document;
use sync_core::event::EventBody;
use sync_core::id::EntityId;
use sync_core::time::Timestamp;

use super::{OpenFinding, open_findings, said, text};

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
    pub(super) fn of(root: EntityId, dwelling: &Document, file: &File) -> Self {
        let looks = file.standing_events().filter(|recorded| matches!(recorded.event.body, EventBody::Inspection(_)));
        Self {
            address: text(dwelling, "address"),
            unit_code: text(dwelling, "unit_code"),
            last_look: looks.map(|recorded| recorded.event.start).max(),
            open: open_findings(root, file),
        }
    }
}

pub(super) fn texts(dwelling: &Document) -> Vec<String> {
    said(["address", "unit_code"].map(|field| (dwelling, field)))
}
