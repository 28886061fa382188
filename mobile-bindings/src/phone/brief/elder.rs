//! An elder in a list: a name, where, and what follows for the next visit. Nothing of health, signals or notes.

use minicbor::{Decode, Encode};
use sync_core::care;
use sync_core::case::File;
use sync_core::document::Document;
use sync_core::edit::Value;
use sync_core::entity::{Kind, need};
use sync_core::event::{EventBody, FlagStanding};
use sync_core::id::EntityId;
use sync_core::time::Timestamp;

use super::{said, text};

/// What is kept of an elder.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::phone) struct Elder {
    #[n(0)]
    pub(in crate::phone) name: String,
    /// Everything that is said about where; the first one shows.
    #[n(1)]
    pub(in crate::phone) dwellings: Vec<EntityId>,
    #[n(2)]
    pub(in crate::phone) tier: String,
    /// Nobody says that the elder died or moved away.
    #[n(3)]
    pub(in crate::phone) visited: bool,
    #[n(4)]
    pub(in crate::phone) last_visit: Option<Timestamp>,
    /// When the last visit or attempt was, and when it said to come back.
    #[n(5)]
    pub(in crate::phone) word: Option<(Timestamp, Option<Timestamp>)>,
    /// When the elder was last assessed or screened.
    #[n(6)]
    pub(in crate::phone) assessed: Option<Timestamp>,
    /// Flags that stand.
    #[n(7)]
    pub(in crate::phone) raised: Vec<Raised>,
    /// Since when the oldest need waits for somebody.
    #[n(8)]
    pub(in crate::phone) need_since: Option<Timestamp>,
}

/// A flag that stands.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::phone) struct Raised {
    #[n(0)]
    pub(in crate::phone) rule: String,
    #[n(1)]
    pub(in crate::phone) at: Timestamp,
}

impl Elder {
    pub(super) fn of(root: EntityId, elder: &Document, file: &File) -> Self {
        let files = care::Files::from([(root, file)]);
        let starts = |wanted: fn(&EventBody) -> bool| {
            let standing = file.standing_events().filter(move |recorded| wanted(&recorded.event.body));
            standing.map(|recorded| recorded.event.start)
        };
        let last_visit = starts(|body| matches!(body, EventBody::Visit(_))).max();
        let said = file.standing_events().filter_map(|recorded| match &recorded.event.body {
            EventBody::Visit(visit) => Some((recorded.event.start, visit.next_visit)),
            EventBody::NotMet(not_met) => Some((recorded.event.start, not_met.next_try)),
            _ => None,
        });
        let standing = |flag: &&sync_core::case::StandingFlag| flag.flagged.standing == FlagStanding::Raised;
        let raised = file.flags.values().filter(standing);
        Self {
            name: text(elder, "name"),
            dwellings: dwellings(elder),
            tier: care::tier(&files),
            visited: care::is_visited(&files),
            last_visit,
            word: said.max(),
            assessed: starts(|body| matches!(body, EventBody::Assessment(_))).max(),
            raised: raised.map(|flag| Raised { rule: flag.flagged.rule.clone(), at: flag.raised_at }).collect(),
            need_since: file.of_kind(Kind::Need).filter_map(|(_, need)| waits_since(need)).min(),
        }
    }
}

fn dwellings(elder: &Document) -> Vec<EntityId> {
    let Some(resolved) = elder.field("dwelling") else { return Vec::new() };
    let mut said: Vec<EntityId> = Vec::new();
    for claim in std::iter::once(&resolved.shown).chain(&resolved.others) {
        said.extend(claim.value.as_id().filter(|id| !said.contains(id)));
    }
    said
}

/// Since when a need waits: somebody said it, it is not met, and nobody said that it cannot be.
fn waits_since(need: &Document) -> Option<Timestamp> {
    let status = need.value("status").and_then(|value| value.as_state()).unwrap_or_default();
    let given_up = need.value("unmet_reason").is_some_and(|reason| reason != Value::from(""));
    (status.rank < need::MET && !given_up).then(|| need.stamps().next().map(|stamp| stamp.at.wall)).flatten()
}

/// Names, and not what anybody noted.
pub(super) fn texts(elder: &Document) -> Vec<String> {
    said(["name", "preferred_name"].map(|field| (elder, field)))
}
