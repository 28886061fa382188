//! An elder in a list: a name, where, and what follows for the next visit. Nothing of health, signals or notes.

use minicbor::{Decode, Encode};
use sync_core::care::Going;
use sync_core::document::Document;
use sync_core::edit::Value;
use sync_core::entity::{Kind, need};
use sync_core::event::{EventBody, FlagStanding};
use sync_core::id::EntityId;
use sync_core::time::Timestamp;
use sync_core::union;

use super::{Thing, said};

/// What is kept of an elder.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::phone) struct Elder {
    #[n(0)]
    pub(in crate::phone) name: String,
    /// Everything that is said about where; the first one shows.
    #[n(1)]
    pub(in crate::phone) dwellings: Vec<EntityId>,
    /// What says when the next visit is due; none when somebody says that the elder died or moved away.
    #[n(2)]
    pub(in crate::phone) going: Option<Going>,
    /// When the last visit or attempt was, and when it said to come back.
    #[n(3)]
    pub(in crate::phone) word: Option<(Timestamp, Option<Timestamp>)>,
    /// When the elder was last assessed or screened.
    #[n(4)]
    pub(in crate::phone) assessed: Option<Timestamp>,
    /// Flags that stand.
    #[n(5)]
    pub(in crate::phone) raised: Vec<Raised>,
    /// Since when the oldest need waits for somebody.
    #[n(6)]
    pub(in crate::phone) need_since: Option<Timestamp>,
    /// Since when the elder is to be told of something that was told in an emergency.
    #[n(7)]
    pub(in crate::phone) to_tell_since: Option<Timestamp>,
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
    pub(super) fn of(thing: &Thing<'_, '_>) -> Self {
        let starts = |wanted: fn(&EventBody) -> bool| {
            thing.events().filter(move |event| wanted(&event.body)).map(|event| event.start).max()
        };
        let said = thing.events().filter_map(|event| match &event.body {
            EventBody::Visit(visit) => Some((event.start, visit.next_visit)),
            EventBody::NotMet(not_met) => Some((event.start, not_met.next_try)),
            _ => None,
        });
        let flags = thing.files.values().flat_map(|file| file.flags.values());
        let raised = flags.filter(|flag| flag.flagged.standing == FlagStanding::Raised);
        Self {
            name: thing.text("name"),
            dwellings: dwellings(&thing.roots),
            going: Going::of(thing.files),
            word: said.max(),
            assessed: starts(|body| matches!(body, EventBody::Assessment(_))),
            raised: raised.map(|flag| Raised { rule: flag.flagged.rule.clone(), at: flag.raised_at }).collect(),
            need_since: thing.of_kind(Kind::Need).filter_map(waits_since).min(),
            to_tell_since: thing
                .of_kind(Kind::Review)
                .filter_map(untold_since)
                .min()
                .filter(|_| !has_died(&thing.roots)),
        }
    }
}

fn dwellings(elders: &[&Document]) -> Vec<EntityId> {
    let Some(resolved) = union::field(elders, "dwelling", None) else { return Vec::new() };
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

/// Since when something was told of an elder who does not know of it yet.
fn untold_since(review: &Document) -> Option<Timestamp> {
    let waits = review.value("tell_elder") == Some(Value::Bool(true)) && review.value("elder_told_at").is_none();
    review.value("opened_at").filter(|_| waits)?.as_int().map(Timestamp::from_millis)
}

fn has_died(elders: &[&Document]) -> bool {
    let life = union::field(elders, "life_state", None);
    life.is_some_and(|life| life.standing().any(|claim| claim.value == Value::from("died")))
}

/// Names, and not what anybody noted.
pub(super) fn texts(thing: &Thing<'_, '_>) -> Vec<String> {
    said(thing.roots.iter().flat_map(|elder| ["name", "preferred_name"].map(|field| (*elder, field))))
}
