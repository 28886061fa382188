//! Alerts of bad weather: said of a caseload, and calling for an extra round of visits to its elders.

use std::collections::BTreeMap;

use crate::case::File;
use crate::event::EventBody;
use crate::id::EventId;
use crate::time::Timestamp;

/// An alert as it was last said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// The event that declared it.
    pub id: EventId,
    /// What weather, as the policy calls it.
    pub kind: String,
    /// When the weather begins.
    pub from: Timestamp,
    /// When it is over; not before it begins.
    pub until: Timestamp,
    /// When it was declared: when the server took it in.
    pub declared_at: Timestamp,
}

impl Alert {
    /// Whether it calls anybody: one that was over before it began calls nobody.
    #[must_use]
    pub fn calls(&self) -> bool {
        self.from < self.until
    }
}

/// The alerts of a caseload, from its own file, in the order in which they were declared. What came last counts, also of
/// two who changed one alert.
#[must_use]
pub fn alerts(own: &File) -> Vec<Alert> {
    let mut declared: Vec<Alert> = Vec::new();
    let mut first: BTreeMap<EventId, EventId> = BTreeMap::new();
    for recorded in &own.events {
        let EventBody::WeatherAlert(said) = &recorded.event.body else { continue };
        let event = &recorded.event;
        let id = event.amends.and_then(|amends| first.get(&amends).copied()).unwrap_or(event.id);
        first.insert(event.id, id);
        let (kind, from, until) = (said.kind.clone(), said.from, said.until);
        match declared.iter_mut().find(|alert| alert.id == id) {
            Some(alert) => (alert.kind, alert.from, alert.until) = (kind, from, until),
            None => declared.push(Alert { id, kind, from, until, declared_at: recorded.received_at }),
        }
    }
    declared
}
