//! What follows from an elder's file and is never stored: which consents are in force, which level of ability counts,
//! how often something happened, when the next visit is due. Linked files of one elder are taken together, smallest
//! root first.

use std::collections::BTreeSet;

use crate::assess::{self, Level};
use crate::case::{File, Recorded};
use crate::document::Document;
use crate::edit::Value;
use crate::event::{Assessment, ConsentState, EventBody, PhotoHash, Purpose};
use crate::id::EntityId;
use crate::merge::Resolved;
use crate::policy::{Certificate, is_qualified};
use crate::time::{Day, Timestamp};
use crate::union;

mod due;
mod weather;

pub use due::{Going, NextVisit, Why, overdue, rounds_over, visit_due};
pub use weather::{Alert, alerts};

/// The files of one elder, by their roots.
pub type Files<'f> = std::collections::BTreeMap<EntityId, &'f File>;

fn documents<'f>(files: &Files<'f>) -> impl Iterator<Item = &'f Document> {
    files.iter().filter_map(|(root, file)| file.documents.get(root))
}

fn events<'f>(files: &Files<'f>) -> impl Iterator<Item = &'f Recorded> {
    files.values().flat_map(|file| file.standing_events())
}

/// A field over all files.
fn field(files: &Files<'_>, name: &str, element: Option<&str>) -> Option<Resolved> {
    union::field(&documents(files).collect::<Vec<_>>(), name, element)
}

/// The value of a field, or of one element of it, over all files.
pub(crate) fn value(files: &Files<'_>, name: &str, element: Option<&str>) -> Option<Value> {
    field(files, name, element).map(|resolved| resolved.shown.value)
}

/// The members of a set in any of the files.
pub(crate) fn members(files: &Files<'_>, name: &str) -> BTreeSet<String> {
    documents(files).flat_map(|document| document.members(name)).collect()
}

/// When what stands for `purpose` was said.
pub(crate) fn consent_said(files: &Files<'_>, purpose: Purpose) -> Option<Timestamp> {
    field(files, crate::event::CONSENT_FIELD, Some(purpose.code())).map(|resolved| resolved.shown.at.wall)
}

/// How the consent for `purpose` stands at `now`. A grant counts only with its event, as long as that is not voided and
/// its time has not run out; else nobody was asked.
#[must_use]
pub fn consent(files: &Files<'_>, purpose: Purpose, now: Timestamp) -> ConsentState {
    let Some(resolved) = field(files, crate::event::CONSENT_FIELD, Some(purpose.code())) else {
        return ConsentState::NotAsked;
    };
    let claim = resolved.shown;
    let state = claim.value.as_text().and_then(ConsentState::from_code).unwrap_or(ConsentState::NotAsked);
    let given = |recorded: &Recorded| match &recorded.event.body {
        EventBody::Consent(said) => {
            recorded.submission == claim.submission
                && (said.purpose, said.state) == (purpose, state)
                && said.valid_to.is_none_or(|until| until > now)
        }
        _ => false,
    };
    if state > ConsentState::Limited || events(files).any(given) { state } else { ConsentState::NotAsked }
}

/// The level of ability that counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ability {
    /// The level.
    pub level: Level,
    /// Only a visitor's impression.
    pub screening: bool,
    /// Two assessments were made without knowing of each other: the worse counts until a person has decided.
    pub conflict: bool,
    /// Cognition is lost.
    pub cognition: bool,
}

/// What the level of ability rests on.
pub struct Basis<'f> {
    /// The assessments or screenings that count; several when they were made without knowing of each other.
    pub made: Vec<&'f Recorded>,
    /// Only a visitor's impression.
    pub screening: bool,
}

/// What the level of ability rests on: the assessments that the file names and that count as such by the register of
/// assessors; when there is none, the newest that does; else the newest screening, whatever it calls itself.
#[must_use]
pub fn basis<'f>(register: &[Certificate], files: &Files<'f>) -> Option<Basis<'f>> {
    let named = |field: &str| named(files, field);
    let counts = |recorded: &&Recorded| is_full(register, recorded);
    let start = |recorded: &&Recorded| (recorded.event.start, recorded.event.id);
    let stated = named("assessment");
    let full: Vec<&Recorded> = stated.iter().copied().filter(counts).collect();
    if !full.is_empty() {
        return Some(Basis { made: full, screening: false });
    }
    // One that counts may have been replaced by one that does not.
    let replaced = events(files).filter(|recorded| scored(recorded).is_some()).filter(counts).max_by_key(start);
    if let Some(replaced) = replaced {
        return Some(Basis { made: vec![replaced], screening: false });
    }
    let newest = |made: &Vec<&Recorded>| made.iter().map(start).max();
    let screened = [named("screening"), stated].into_iter().filter(|made| !made.is_empty()).max_by_key(newest);
    // What the file names may have been told in one that is not linked with it any more.
    let told = || events(files).filter(|recorded| scored(recorded).is_some()).max_by_key(start);
    Some(Basis { made: screened.or_else(|| told().map(|told| vec![told]))?, screening: true })
}

/// The level of ability that counts, by the register of assessors; `None` when nobody assessed or screened.
#[must_use]
pub fn ability(register: &[Certificate], files: &Files<'_>) -> Option<Ability> {
    let Basis { made, screening } = basis(register, files)?;
    let scored: Vec<(assess::Scored, &Assessment)> = made.iter().filter_map(|recorded| scored(recorded)).collect();
    let level = scored.iter().map(|(scored, _)| scored.level).max()?;
    let cognition = scored.iter().any(|(scored, assessment)| cognition(scored, assessment));
    Some(Ability { level, screening, conflict: made.len() > 1, cognition })
}

/// Whether this is an assessment that counts as one.
fn is_full(register: &[Certificate], recorded: &Recorded) -> bool {
    matches!(&recorded.event.body, EventBody::Assessment(assessment)
        if is_qualified(register, assessment, recorded.event.start))
}

fn scored(recorded: &Recorded) -> Option<(assess::Scored, &Assessment)> {
    let EventBody::Assessment(assessment) = &recorded.event.body else { return None };
    Some((assess::score(assessment).ok()?, assessment))
}

/// The standing assessments that a field names, each once.
fn named<'f>(files: &Files<'f>, name: &str) -> Vec<&'f Recorded> {
    let Some(resolved) = field(files, name, None) else { return Vec::new() };
    let claims = std::iter::once(&resolved.shown).chain(&resolved.others);
    let ids: BTreeSet<&str> = claims.filter_map(|claim| claim.value.as_text()).collect();
    let is_named = |recorded: &&Recorded| ids.contains(recorded.event.id.to_string().as_str());
    events(files).filter(|recorded| scored(recorded).is_some()).filter(is_named).collect()
}

/// Loss of cognition: a diagnosed mental disorder, or half or less of the points for time, place, people, memory and
/// understanding (B3.1 to B3.5). The second is this project's proposal: the standard has no such threshold.
fn cognition(scored: &assess::Scored, assessment: &Assessment) -> bool {
    let points: u8 = assessment.scores.iter().skip(12).take(5).sum();
    scored.adjustments.contains(&assess::Adjustment::Diagnosis) || points <= 10
}

/// The care-risk events of the `days` days up to and including the day of `now`, one for each kind and day however many
/// people told of it.
#[must_use]
pub fn risks<'f>(files: &Files<'f>, now: Timestamp, days: i32) -> Vec<&'f Recorded> {
    let today = now.day();
    let mut counted: BTreeSet<(u8, Day)> = BTreeSet::new();
    let mut told: Vec<&Recorded> = events(files).collect();
    told.sort_by_key(|recorded| (recorded.event.start, recorded.event.id));
    told.retain(|recorded| match &recorded.event.body {
        EventBody::RiskEvent(risk) => {
            let ago = today.since(risk.occurred_on);
            (0..days).contains(&ago) && counted.insert((risk.kind as u8, risk.occurred_on))
        }
        _ => false,
    });
    told
}

/// The photos of an elder's events that may be shown: all of them while there is consent to photographs at `now`, else
/// none. They stay on record, because consent can be given later.
#[must_use]
pub fn photos(files: &Files<'_>, now: Timestamp) -> BTreeSet<PhotoHash> {
    if consent(files, Purpose::Photo, now) > ConsentState::Limited {
        return BTreeSet::new();
    }
    events(files).flat_map(|recorded| recorded.event.photos.iter().copied()).collect()
}

/// The visits that count as coverage, oldest first. An attempt that met nobody is not among them.
#[must_use]
pub fn visits<'f>(files: &Files<'f>) -> Vec<&'f Recorded> {
    let mut visits: Vec<&Recorded> =
        events(files).filter(|recorded| matches!(recorded.event.body, EventBody::Visit(_))).collect();
    visits.sort_by_key(|recorded| (recorded.event.start, recorded.event.id));
    visits
}

/// The risk tier; `general` when nobody said.
#[must_use]
pub fn tier(files: &Files<'_>) -> String {
    let tier = field(files, "risk_tier", None).and_then(|resolved| resolved.shown.value.as_text().map(str::to_owned));
    tier.unwrap_or_else(|| "general".to_owned())
}

/// What makes life difficult, and `alone` also for whoever is said to live alone.
pub(crate) fn difficulties(files: &Files<'_>) -> BTreeSet<String> {
    let mut said = members(files, "difficulty_kinds");
    let alone = |document: &Document| document.value("living_situation") == Some(Value::from("alone"));
    if documents(files).any(alone) {
        said.insert("alone".to_owned());
    }
    said
}

/// From the most to the least protective.
const PROTECTIVE: [&str; 4] = ["none", "limited", "unknown", "full"];

/// The capacity for civil conduct to act by: of everything that stands, what protects most; `unknown` when nobody said.
#[must_use]
pub fn capacity(files: &Files<'_>) -> String {
    let resolved = field(files, "capacity", None);
    let claims = resolved.iter().flat_map(|resolved| std::iter::once(&resolved.shown).chain(&resolved.others));
    let said: BTreeSet<&str> = claims.filter_map(|claim| claim.value.as_text()).collect();
    PROTECTIVE.into_iter().find(|capacity| said.contains(capacity)).unwrap_or("unknown").to_owned()
}

/// Whether the elder is visited at all: nobody says otherwise.
#[must_use]
pub fn is_visited(files: &Files<'_>) -> bool {
    let Some(resolved) = field(files, "life_state", None) else { return true };
    std::iter::once(&resolved.shown).chain(&resolved.others).all(|claim| claim.value.as_text() == Some("active"))
}
