//! The values that explanations and windows can be filled in with. Names, addresses and codes of operators are not
//! among them: an explanation travels further than a file.

use super::Policy;
use super::department::Route;
use super::facts::{
    AnomalyFacts, ConflictFacts, ElderFacts, FindingFacts, PairFacts, PlaceFacts, ReferralFacts, SignalFacts,
};
use super::rule::Each;
use super::text::Lang;
use crate::time::Timestamp;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// What a rule was asked about.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    Premises,
    Finding(&'a FindingFacts),
    Pair(&'a PairFacts),
    Referral(&'a ReferralFacts),
    Elder(&'a ElderFacts),
    Signal(&'a SignalFacts),
    Conflict(&'a ConflictFacts),
    Anomaly(&'a AnomalyFacts),
}

/// Everything an explanation can draw from.
pub(crate) struct Explaining<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) place: &'a PlaceFacts,
    pub(crate) asked: Asked<'a>,
    pub(crate) routes: &'a [Route],
    pub(crate) deadline: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// The placeholders of an explanation, by what the rule is asked about.
pub(crate) fn placeholders(each: Each) -> &'static [&'static str] {
    match each {
        Each::Premises => &[],
        Each::Finding => &[
            "f.code",
            "f.item",
            "f.severity",
            "f.quantity",
            "f.seen_open_later",
            "f.unfixed_visits",
            "f.first_seen",
            "f.days_open",
        ],
        Each::Pair => &["d.signs"],
        Each::Referral => &["r.dept", "r.round", "r.due", "r.hours_late"],
        Each::Elder => &["e.risk_events", "e.level", "e.not_met", "e.days_since_visit", "e.days_overdue", "e.due_for"],
        Each::Signal => &["s.day"],
        Each::Conflict => &["c.hours"],
        Each::Anomaly => &["a.seconds"],
    }
}

/// The placeholders that every explanation has, besides `limit.ID`.
pub(crate) const COMMON: &[&str] = &["p.lpg_kg", "p.area_m2", "depts", "clock"];

/// The placeholders of a window.
pub(crate) fn window_placeholders(each: Each) -> &'static [&'static str] {
    match each {
        Each::Premises => &[],
        Each::Finding => &["code", "episode"],
        Each::Pair => &["other"],
        Each::Referral => &["referral", "round"],
        Each::Elder => &["since"],
        Each::Signal => &["signal", "day"],
        Each::Conflict => &["field"],
        Each::Anomaly => &["anomaly", "event"],
    }
}

impl Explaining<'_> {
    pub(crate) fn value(&self, name: &str, lang: Lang) -> Option<String> {
        if let Some(id) = name.strip_prefix("limit.") {
            return self.policy.limit(id).map(|value| value.to_string());
        }
        match name {
            "p.lpg_kg" => Some(self.place.lpg_kg.to_string()),
            "p.area_m2" => Some(self.place.area_m2.to_string()),
            "depts" => Some(self.departments(lang)),
            "clock" => Some(self.clock(lang)),
            _ => match self.asked {
                Asked::Premises => None,
                Asked::Finding(finding) => self.of_finding(finding, name, lang),
                Asked::Pair(pair) => (name == "d.signs").then(|| self.signs(pair, lang)),
                Asked::Referral(referral) => self.of_referral(referral, name, lang),
                Asked::Elder(elder) => self.of_elder(elder, name, lang),
                Asked::Signal(signal) => (name == "s.day").then(|| date(Timestamp::from_millis(signal.at_ms), lang)),
                Asked::Conflict(conflict) => (name == "c.hours").then(|| elapsed(conflict.since_ms, self.now, HOUR_MS)),
                Asked::Anomaly(anomaly) => (name == "a.seconds").then(|| anomaly.seconds.to_string()),
            },
        }
    }

    fn of_finding(&self, finding: &FindingFacts, name: &str, lang: Lang) -> Option<String> {
        let item = || self.policy.checklist.item(&finding.code).map(|item| item.name.get(lang).to_owned());
        Some(match name {
            "f.code" => finding.code.clone(),
            "f.item" => item().unwrap_or_else(|| finding.code.clone()),
            "f.severity" => finding.severity().to_string(),
            "f.quantity" => finding.quantity.to_string(),
            "f.seen_open_later" => finding.seen_open_later.to_string(),
            "f.unfixed_visits" => finding.unfixed_visits.to_string(),
            "f.first_seen" => date(Timestamp::from_millis(finding.first_seen_ms), lang),
            "f.days_open" => elapsed(finding.first_seen_ms, self.now, DAY_MS),
            _ => return None,
        })
    }

    fn of_referral(&self, referral: &ReferralFacts, name: &str, lang: Lang) -> Option<String> {
        let due = Timestamp::from_millis(referral.due_at_ms);
        Some(match name {
            "r.dept" => self.department(&referral.dept, lang),
            "r.round" => referral.round.to_string(),
            "r.due" => format!("{} {}", date(due, lang), due.civil().strftime("%H:%M")),
            "r.hours_late" => elapsed(referral.due_at_ms, self.now, HOUR_MS),
            _ => return None,
        })
    }

    fn of_elder(&self, elder: &ElderFacts, name: &str, lang: Lang) -> Option<String> {
        let cadence = || self.policy.cadences.iter().find(|cadence| cadence.id == elder.visit_due_for);
        Some(match name {
            "e.risk_events" => elder.risk_events.to_string(),
            "e.level" => elder.level.to_string(),
            "e.not_met" => elder.not_met.to_string(),
            "e.days_since_visit" => elder.days_since_visit.max(0).to_string(),
            "e.due_for" => cadence().map(|cadence| cadence.name.get(lang).to_owned()).unwrap_or_default(),
            "e.days_overdue" => elapsed(elder.visit_due_ms, self.now, DAY_MS),
            _ => return None,
        })
    }

    fn departments(&self, lang: Lang) -> String {
        let names: Vec<_> = self.routes.iter().map(|route| self.department(&route.dept, lang)).collect();
        names.join(match lang {
            Lang::Zh => "、",
            Lang::En => " and the ",
        })
    }

    fn department(&self, code: &str, lang: Lang) -> String {
        self.policy.department(code).map_or_else(|| code.to_owned(), |dept| dept.name.get(lang).to_owned())
    }

    fn clock(&self, lang: Lang) -> String {
        let id = self.deadline.or_else(|| self.routes.first().map(|route| route.deadline.as_str()));
        let deadline = id.and_then(|id| self.policy.deadline(id, self.now));
        deadline.map_or_else(String::new, |deadline| deadline.says.get(lang).to_owned())
    }

    fn signs(&self, pair: &PairFacts, lang: Lang) -> String {
        let texts = &self.policy.signs;
        let signs = [
            (pair.same_unit, &texts.same_unit),
            (pair.same_uscc, &texts.same_uscc),
            (pair.near_uscc, &texts.near_uscc),
            (pair.same_phone_and_name, &texts.same_phone_and_name),
            (pair.same_person, &texts.same_person),
            (pair.same_name_and_birth, &texts.same_name_and_birth),
        ];
        let given: Vec<_> = signs.iter().filter(|(given, _)| *given).map(|(_, text)| text.get(lang)).collect();
        given.join(match lang {
            Lang::Zh => "、",
            Lang::En => ", ",
        })
    }
}

/// The window a rule's flag belongs to; `None` for a placeholder that this kind of rule does not have.
pub(crate) fn window_value(asked: Asked<'_>, since: &str, name: &str) -> Option<String> {
    match (asked, name) {
        (Asked::Finding(finding), "code") => Some(finding.code.clone()),
        (Asked::Finding(finding), "episode") => Some(finding.episode.to_string()),
        (Asked::Pair(pair), "other") => Some(pair.other.clone()),
        (Asked::Referral(referral), "referral") => Some(referral.id.clone()),
        (Asked::Referral(referral), "round") => Some(referral.round.to_string()),
        (Asked::Elder(_), "since") => Some(since.to_owned()),
        (Asked::Signal(signal), "signal") => Some(signal.kind.clone()),
        (Asked::Signal(signal), "day") => Some(signal.day.clone()),
        (Asked::Conflict(conflict), "field") => Some(conflict.key.clone()),
        (Asked::Anomaly(anomaly), "anomaly") => Some(anomaly.kind.clone()),
        (Asked::Anomaly(anomaly), "event") => Some(anomaly.event.clone()),
        _ => None,
    }
}

fn date(at: Timestamp, lang: Lang) -> String {
    let civil = at.civil();
    match lang {
        Lang::Zh => format!("{}月{}日", civil.month(), civil.day()),
        Lang::En => civil.strftime("%-d %B").to_string(),
    }
}

/// Whole units between `from` and `now`, never negative.
fn elapsed(from: i64, now: Timestamp, unit: i64) -> String {
    (now.millis().saturating_sub(from) / unit).max(0).to_string()
}
