//! What rules see of an elder, and the events it rests on.

use std::collections::BTreeMap;

use crate::assess::DEPRESSION;
use crate::care::{self, Alert};
use crate::case::Recorded;
use crate::entity::Kind;
use crate::event::{Attempt, EventBody, Means, NotMet};
use crate::policy::{DEPRESSION_TWICE, ElderFacts, Policy, RestsOn, SignalFacts};
use crate::time::{Day, Timestamp};
use crate::union;

/// How many days back care-risk events count, when the policy does not say.
const RISK_DAYS: i64 = 30;

/// An elder's files and the circumstances of judging.
pub(in crate::flag) struct Elder<'a, 'f> {
    pub(in crate::flag) files: &'a care::Files<'f>,
    pub(in crate::flag) policy: &'a Policy,
    pub(in crate::flag) now: Timestamp,
    /// Of bad weather in the caseload.
    pub(in crate::flag) alerts: &'a [Alert],
}

impl<'f> Elder<'_, 'f> {
    /// Whether these files are an elder's: the root says so or, for held work on a file that is not there, the events.
    pub(in crate::flag) fn is(files: &care::Files<'_>) -> bool {
        let kinds: Vec<Kind> =
            files.iter().filter_map(|(root, file)| Some(file.documents.get(root)?.schema().kind)).collect();
        let speaks = |recorded: &Recorded| {
            matches!(recorded.event.body, EventBody::Visit(_) | EventBody::NotMet(_) | EventBody::RiskEvent(_))
        };
        kinds.contains(&Kind::Elder) || (kinds.is_empty() && files.values().flat_map(|file| &file.events).any(speaks))
    }

    pub(super) fn facts(&self) -> ElderFacts {
        let ability = care::ability(&self.policy.assessors, self.files);
        let tried = self.tried_in_vain();
        let by = |means: &[Means]| tried.iter().any(|attempt| means.contains(&attempt.means));
        let last = care::visits(self.files).last().map(|recorded| recorded.event.start);
        let overdue = care::overdue(self.policy, self.files, self.alerts);
        ElderFacts {
            tier: care::tier(self.files),
            capacity: care::capacity(self.files),
            visited: care::is_visited(self.files),
            alone: care::difficulties(self.files).contains("alone"),
            level: ability.map_or(-1, |ability| i64::from(ability.level.number())),
            cognition: ability.is_some_and(|ability| ability.cognition),
            risk_events: count(self.risks().len()),
            not_met: count(self.not_met().len()),
            door_failed: by(&[Means::Door]),
            phone_failed: by(&[Means::Phone, Means::Video]),
            // With nobody on file there is nobody left to try.
            contact_failed: by(&[Means::Contact, Means::Neighbour]) || (!tried.is_empty() && !self.has_contacts()),
            reached_by_any: self.attempts_since_visit().iter().any(|(_, not_met)| reached(not_met)),
            days_since_visit: last.map_or(-1, |last| i64::from(self.now.day().since(last.day()).max(0))),
            visit_due_ms: overdue.map_or(0, |(from, _)| from.millis()),
            visit_due_for: overdue.map(|(_, next)| next.cadence.id.clone()).unwrap_or_default(),
        }
    }

    /// What `{since}` of a window is, by what the rule rests on.
    pub(super) fn since(&self) -> BTreeMap<RestsOn, String> {
        let day = |events: Vec<&Recorded>| events.first().map(|recorded| recorded.event.start.day());
        let since = [
            (RestsOn::Risks, self.row_of_risks()),
            (RestsOn::NotMet, day(self.not_met())),
            (RestsOn::Visits, care::overdue(self.policy, self.files, self.alerts).map(|(from, _)| from.day())),
            (RestsOn::Ability, day(self.ability())),
        ];
        since.into_iter().filter_map(|(rests_on, day)| Some((rests_on, day?.to_string()))).collect()
    }

    /// The events that a rule about the elder rests on.
    pub(in crate::flag) fn evidence(&self, rests_on: RestsOn) -> Vec<&'f Recorded> {
        match rests_on {
            // That a visit is missing rests on no event.
            RestsOn::File | RestsOn::Visits => Vec::new(),
            RestsOn::Risks => self.risks(),
            RestsOn::NotMet => self.not_met(),
            RestsOn::Ability => self.ability(),
        }
    }

    /// What was noticed, once for each kind and day.
    pub(super) fn signals(&self) -> Vec<SignalFacts> {
        let mut signals: BTreeMap<(String, Day), Timestamp> = BTreeMap::new();
        for (kind, recorded) in self.noticed() {
            let at = recorded.event.start;
            signals.entry((kind, at.day())).and_modify(|first| *first = at.min(*first)).or_insert(at);
        }
        let fact = |((kind, day), at): ((String, Day), Timestamp)| SignalFacts {
            kind,
            day: day.to_string(),
            at_ms: at.millis(),
        };
        signals.into_iter().map(fact).collect()
    }

    /// The events in which something was noticed on a day.
    pub(in crate::flag) fn noticed_on(&self, kind: &str, day: &str) -> Vec<&'f Recorded> {
        let on_day = |(noticed, recorded): &(String, &Recorded)| {
            noticed == kind && recorded.event.start.day().to_string() == day
        };
        self.noticed().into_iter().filter(on_day).map(|(_, recorded)| recorded).collect()
    }

    fn noticed(&self) -> Vec<(String, &'f Recorded)> {
        let mut noticed = Vec::new();
        for recorded in care::visits(self.files) {
            let EventBody::Visit(visit) = &recorded.event.body else { continue };
            noticed.extend(visit.signals.iter().map(|signal| (signal.code().to_owned(), recorded)));
        }
        for pair in self.events(|body| matches!(body, EventBody::Assessment(_))).windows(2) {
            let low = |recorded: &&Recorded| match &recorded.event.body {
                EventBody::Assessment(assessment) => assessment.scores.get(DEPRESSION) == Some(&0),
                _ => false,
            };
            if pair.iter().all(low) {
                noticed.push((DEPRESSION_TWICE.to_owned(), pair[1]));
            }
        }
        noticed
    }

    /// Standing events by time.
    fn events(&self, wanted: impl Fn(&EventBody) -> bool) -> Vec<&'f Recorded> {
        let standing = self.files.values().flat_map(|file| file.standing_events());
        let mut events: Vec<&Recorded> = standing.filter(|recorded| wanted(&recorded.event.body)).collect();
        events.sort_by_key(|recorded| (recorded.event.start, recorded.event.id));
        events
    }

    fn risks(&self) -> Vec<&'f Recorded> {
        let days = self.policy.limit("risk_days").unwrap_or(RISK_DAYS);
        care::risks(self.files, self.now, i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// The first day of the row of care-risk events that reaches today: none lies further from the next than the days
    /// that count. A later event of the row is the same case; one after a quiet time is a new one.
    fn row_of_risks(&self) -> Option<Day> {
        let days = self.policy.limit("risk_days").unwrap_or(RISK_DAYS);
        let happened = care::risks(self.files, self.now, i32::MAX);
        let mut days_of: Vec<Day> = happened.iter().filter_map(|recorded| day_of_risk(recorded)).collect();
        days_of.sort_unstable();
        days_of.into_iter().rev().fold(None, |first: Option<Day>, day| match first {
            Some(first) if i64::from(first.since(day)) >= days => Some(first),
            _ => Some(day),
        })
    }

    /// What the level rests on: the newest, when several count.
    fn ability(&self) -> Vec<&'f Recorded> {
        let made = care::basis(&self.policy.assessors, self.files).map(|basis| basis.made).unwrap_or_default();
        made.into_iter().max_by_key(|recorded| (recorded.event.start, recorded.event.id)).into_iter().collect()
    }

    fn attempts_since_visit(&self) -> Vec<(&'f Recorded, &'f NotMet)> {
        let last = care::visits(self.files).last().map(|recorded| recorded.event.start);
        let attempts = self.events(|body| matches!(body, EventBody::NotMet(_))).into_iter();
        let attempts = attempts.filter_map(|recorded| match &recorded.event.body {
            EventBody::NotMet(not_met) => Some((recorded, not_met)),
            _ => None,
        });
        attempts.filter(|(recorded, _)| last.is_none_or(|last| recorded.event.start > last)).collect()
    }

    /// The attempts since anybody heard of the elder.
    fn not_met(&self) -> Vec<&'f Recorded> {
        let mut attempts = self.attempts_since_visit();
        let heard = attempts.iter().rposition(|(_, not_met)| reached(not_met));
        attempts.drain(..heard.map_or(0, |at| at + 1));
        attempts.into_iter().map(|(recorded, _)| recorded).collect()
    }

    fn tried_in_vain(&self) -> Vec<&'f Attempt> {
        let of = |recorded: &'f Recorded| match &recorded.event.body {
            EventBody::NotMet(not_met) => not_met.tried.as_slice(),
            _ => &[],
        };
        self.not_met().into_iter().flat_map(of).collect()
    }

    fn has_contacts(&self) -> bool {
        !union::members(&super::roots(self.files), "contacts").is_empty()
    }
}

fn reached(not_met: &NotMet) -> bool {
    not_met.tried.iter().any(|attempt| attempt.reached)
}

fn day_of_risk(recorded: &Recorded) -> Option<Day> {
    match &recorded.event.body {
        EventBody::RiskEvent(risk) => Some(risk.occurred_on),
        _ => None,
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
