//! When somebody should go to an elder next, and why: as often as the tier asks, soon after a drastic change, and once
//! more in bad weather.

use minicbor::{Decode, Encode};

use super::{Alert, Files, difficulties, documents, events, is_visited, tier, visits};
use crate::event::{EventBody, RiskKind, Signal, VisitKind};
use crate::policy::{Cadence, Change, For, Policy, Weather};
use crate::time::{Day, Span, Timestamp};

/// How many days back something that is told of still is a change, when the policy does not say.
const RISK_DAYS: i64 = 30;

/// What of an elder's files says when the next visit is due. Small, so that a list can keep it instead of the files.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Going {
    /// The risk tier.
    #[n(0)]
    pub tier: String,
    #[n(1)]
    difficulties: Vec<String>,
    /// When the first of the files was begun.
    #[n(2)]
    begun: Option<Timestamp>,
    /// The last visit of each kind.
    #[n(3)]
    visits: Vec<LastVisit>,
    /// What was told of that no visit has followed.
    #[n(4)]
    told: Vec<Told>,
}

/// The last visit of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct LastVisit {
    #[n(0)]
    kind: VisitKind,
    #[n(1)]
    at: Timestamp,
}

/// Something that may be a drastic change.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Told {
    #[n(0)]
    at: Timestamp,
    #[n(1)]
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
enum What {
    #[n(0)]
    Happened(#[n(0)] RiskKind, #[n(1)] Day),
    #[n(1)]
    Noticed(#[n(0)] Signal),
}

/// Why a visit is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// As often as the policy says for the risk tier.
    Rhythm,
    /// Something happened after which the policy does not wait for that.
    Change,
    /// The weather is bad.
    Weather,
}

/// A visit that is due.
#[derive(Clone, Copy, Debug)]
pub struct NextVisit<'p> {
    /// By when.
    pub at: Timestamp,
    /// Why.
    pub why: Why,
    /// By which line of the policy.
    pub cadence: &'p Cadence,
}

impl NextVisit<'_> {
    /// From when on it is overdue. A period of days or months counts whole days: who is due on Monday may be visited on
    /// Monday evening. One of hours is over when they are.
    #[must_use]
    pub fn overdue_from(&self) -> Timestamp {
        if self.cadence.every.is_hours() { self.at } else { self.at.day().start() + Span::days(1) }
    }
}

impl Going {
    /// What these files say; `None` when the elder died, moved away or lives in an institution: one such word stops
    /// visits, also while others disagree.
    #[must_use]
    pub fn of(files: &Files<'_>) -> Option<Self> {
        if !is_visited(files) {
            return None;
        }
        let made = visits(files);
        let last = made.last().map(|recorded| recorded.event.start);
        let mut told: Vec<Told> = events(files)
            // What is noticed on the last visit, or told on it, calls for another one.
            .filter(|recorded| last.is_none_or(|last| recorded.event.start >= last))
            .flat_map(|recorded| {
                let at = recorded.event.start;
                whats(&recorded.event.body).into_iter().map(move |what| Told { at, what })
            })
            .collect();
        told.sort_by_key(|told| told.at);
        let visits = VisitKind::ALL.iter().filter_map(|kind| {
            let of_kind = made
                .iter()
                .filter(|recorded| matches!(&recorded.event.body, EventBody::Visit(visit) if visit.kind == *kind));
            Some(LastVisit { kind: *kind, at: of_kind.map(|recorded| recorded.event.start).max()? })
        });
        Some(Self {
            tier: tier(files),
            difficulties: difficulties(files).into_iter().collect(),
            begun: documents(files).filter_map(|document| Some(document.stamps().next()?.at.wall)).min(),
            visits: visits.collect(),
            told,
        })
    }

    /// When the last visit began.
    #[must_use]
    pub fn last_visit(&self) -> Option<Timestamp> {
        self.visits.iter().map(|visit| visit.at).max()
    }

    /// The visits that are due sooner or later, the earliest first: none when the policy has no cadence for the tier and
    /// nothing else calls.
    #[must_use]
    pub fn due<'p>(&self, policy: &'p Policy, alerts: &[Alert]) -> Vec<NextVisit<'p>> {
        let mut due: Vec<NextVisit<'p>> = self.rhythm(policy).into_iter().collect();
        due.extend(self.after_change(policy));
        due.extend(alerts.iter().flat_map(|alert| self.in_weather(policy, alert)));
        due.sort_by_key(|next| (next.at, next.why));
        due
    }

    /// One period of the tier's cadence after the last visit, or after the file was made.
    fn rhythm<'p>(&self, policy: &'p Policy) -> Option<NextVisit<'p>> {
        let cadence = policy.elder_visit(&self.tier)?;
        let from = self.last_visit().or(self.begun)?;
        Some(NextVisit { at: cadence.every.after(from), why: Why::Rhythm, cadence })
    }

    /// Soon after the first drastic change that no visit has followed.
    fn after_change<'p>(&self, policy: &'p Policy) -> Option<NextVisit<'p>> {
        let days = policy.limit("risk_days").unwrap_or(RISK_DAYS);
        let lines = policy.cadences.iter().filter_map(|cadence| match &cadence.r#for {
            For::Change(change) if change.tiers.contains(&self.tier) => Some((cadence, change)),
            _ => None,
        });
        let due = lines.filter_map(|(cadence, change)| {
            let first = self.told.iter().find(|told| told.is_drastic(change, days))?;
            Some(NextVisit { at: cadence.every.after(first.at), why: Why::Change, cadence })
        });
        due.min_by_key(|next| next.at)
    }

    /// Soon after an alert for which no visit has been made.
    fn in_weather<'p>(&self, policy: &'p Policy, alert: &Alert) -> Option<NextVisit<'p>> {
        // A file of which nobody knows when it was begun is as old as any alert.
        let begun = self.begun.unwrap_or(Timestamp::EPOCH);
        if !alert.calls() || begun > alert.until {
            return None;
        }
        let lines = policy.cadences.iter().filter_map(|cadence| match &cadence.r#for {
            For::Weather(weather) if weather.is_of(&alert.kind) && self.is_named(weather) => Some((cadence, weather)),
            _ => None,
        });
        let due = lines.filter(|(_, weather)| !self.is_made(weather, alert)).map(|(cadence, _)| {
            let from = alert.from.max(alert.declared_at).max(begun);
            NextVisit { at: cadence.every.after(from), why: Why::Weather, cadence }
        });
        due.min_by_key(|next| next.at)
    }

    fn is_named(&self, weather: &Weather) -> bool {
        weather.tiers.contains(&self.tier) || self.difficulties.iter().any(|kind| weather.difficulties.contains(kind))
    }

    /// Whether somebody was there, or called, since the alert was known or the weather began.
    fn is_made(&self, weather: &Weather, alert: &Alert) -> bool {
        let since = alert.from.min(alert.declared_at);
        self.visits.iter().any(|visit| visit.at >= since && weather.visits.contains(&visit.kind))
    }
}

impl Told {
    /// Whether the policy calls it drastic. What happened long before it was told of is no change any more.
    fn is_drastic(&self, change: &Change, days: i64) -> bool {
        match self.what {
            What::Happened(kind, on) => change.risks.contains(&kind) && i64::from(self.at.day().since(on)) < days,
            What::Noticed(signal) => change.signals.contains(&signal),
        }
    }
}

fn whats(body: &EventBody) -> Vec<What> {
    match body {
        EventBody::RiskEvent(risk) => vec![What::Happened(risk.kind, risk.occurred_on)],
        EventBody::Visit(visit) => visit.signals.iter().map(|signal| What::Noticed(*signal)).collect(),
        _ => Vec::new(),
    }
}

/// When the extra rounds of these alerts are over for whoever was there from the beginning.
pub fn rounds_over(policy: &Policy, alerts: &[Alert]) -> impl Iterator<Item = Timestamp> {
    alerts.iter().filter(|alert| alert.calls()).flat_map(|alert| {
        let lines = policy.cadences.iter().filter(move |cadence| match &cadence.r#for {
            For::Weather(weather) => weather.is_of(&alert.kind),
            _ => false,
        });
        lines.map(move |cadence| cadence.every.after(alert.from.max(alert.declared_at)))
    })
}

/// When the next visit is due, whatever the reason; `None` for an elder who is not visited, and when nothing calls.
#[must_use]
pub fn visit_due(policy: &Policy, files: &Files<'_>, alerts: &[Alert]) -> Option<Timestamp> {
    Going::of(files)?.due(policy, alerts).first().map(|next| next.at)
}

/// The visit that is overdue first, and from when on.
#[must_use]
pub fn overdue<'p>(policy: &'p Policy, files: &Files<'_>, alerts: &[Alert]) -> Option<(Timestamp, NextVisit<'p>)> {
    let due = Going::of(files)?.due(policy, alerts).into_iter();
    due.map(|next| (next.overdue_from(), next)).min_by_key(|(from, _)| *from)
}
