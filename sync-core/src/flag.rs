//! Flag: which rules hold for a file, and what that changes: a flag is raised, has ended or is withdrawn.

use std::collections::BTreeSet;

use crate::care::Alert;
use crate::case::{Context, File, FlagChange, Recorded, StandingFlag, flag_id};
use crate::entity::flag_review;
use crate::event::{FlagStanding, Flagged};
use crate::id::{EntityId, EventId, FlagId};
use crate::policy::{
    AFTER_REVOCATION, ANOMALIES, About, AnomalyFacts, Evaluation, Holding, OVERLAP, PHOTO_REUSED, RuleAlarm,
};
use crate::refer;
use crate::time::Timestamp;

mod alike;
mod facts;

pub use alike::{alike_keys, born_key, home_address_key, home_unit_key, is_of_what_was_seen, normal, person_key};
pub use facts::{Linked, facts, is_observed};

/// What the rules change.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<FlagChange>,
    /// Flags raised now that must reach a named person at once.
    pub(crate) raised: Vec<RaisedAlarm>,
    pub(crate) alarms: Vec<RuleAlarm>,
}

/// A flag that must reach a named person at once. It travels further than a file: ids only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RaisedAlarm {
    /// The flag.
    pub flag: FlagId,
    /// The rule.
    pub rule: String,
    /// The subject.
    pub subject: EntityId,
    /// What set it off is held: it is in no file until a person has decided.
    pub held: bool,
    /// Why somebody is told, which decides whom.
    pub why: Why,
}

/// Why somebody has to be told of a flag.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// It cannot wait: whoever is on duty, then those whom an alarm passes to.
    AtOnce,
    /// Nobody has answered in time, and the rule names whom it passes to: the dispatcher first.
    Overdue,
    /// It was done again and still does not satisfy: the dispatcher and the purchaser.
    Unsettled,
}

/// What files are seen beside.
#[derive(Default)]
pub(crate) struct Beside<'a, 'f> {
    /// Those that look alike.
    pub(crate) alike: &'a [Linked<'f>],
    /// There are more that what was seen could be compared with.
    pub(crate) partly: bool,
    /// The alerts of the caseload.
    pub(crate) alerts: &'a [Alert],
    /// What makes the files doubtful and is not in them: work that a revoked device wrote.
    pub(crate) held: &'a [AnomalyFacts],
}

/// Evaluates the rules over linked files, and compares with the flags that stand.
pub(crate) fn plan(context: &Context<'_>, files: &Linked<'_>, beside: &Beside<'_, '_>) -> Plan {
    let Beside { alike, partly, alerts, held } = *beside;
    let Some(canonical) = files.keys().next().copied() else { return Plan::default() };
    let mut facts = facts(context.policy.policy(), context.now, files, alike, alerts);
    facts.anomalies.extend_from_slice(held);
    let Evaluation { holds, mut alarms } = context.policy.evaluate(&facts, context.now);
    let flags = flags_of(files, alike);
    let mut changes = Vec::new();
    let mut raised = Vec::new();
    let mut held = BTreeSet::new();
    // A rule that could not be evaluated proves nothing: what stood, stands.
    let failed: BTreeSet<String> = alarms.iter().map(|alarm| alarm.rule.clone()).collect();
    let mut undated = None;
    for holding in &holds {
        let (subject, window) = place(canonical, &holding.about, &holding.window);
        // Of two visits that cannot both be true, the later one is asked about, in whichever file it is; a record that is in
        // dispute stays where it was written.
        let subject = holder(files, alike, &holding.about).unwrap_or(subject);
        // Any of these files may have had it before they were linked; what was raised first stays.
        let others = others(alike, &holding.about);
        let ours = |flag: &StandingFlag| match others {
            Some(others) => between(flag, files, others) || between(flag, others, files),
            None => (files.contains_key(&flag.subject) || flag.subject == subject) && flag.flagged.window == window,
        };
        let same = |flag: &&&StandingFlag| flag.flagged.rule == holding.rule && ours(flag);
        let standing = flags.iter().filter(same).min_by_key(|flag| (flag.raised_at, flag.flagged.flag)).copied();
        let subject = standing.map_or(subject, |flag| flag.subject);
        let window = standing.map_or(window, |flag| flag.flagged.window.clone());
        let evidence = evidence(context, files, alike, &holding.about);
        let flag = flag_id(&holding.rule, subject, &window);
        held.insert(flag);
        let raised_before = standing.filter(|flag| flag.flagged.standing == FlagStanding::Raised);
        let due_at = match raised_before {
            // New evidence does not give more time.
            Some(flag) => flag.flagged.due_at,
            None => due(context, holding, &mut undated),
        };
        let evidence_ids: Vec<EventId> = evidence.iter().map(|recorded| recorded.event.id).collect();
        let flagged = Flagged {
            flag,
            rule: holding.rule.clone(),
            window,
            standing: decided(files, alike, flag, &evidence_ids),
            evidence: evidence_ids,
            zh: holding.explanation.zh.clone(),
            en: holding.explanation.en.clone(),
            severity: u8::try_from(holding.severity.number()).unwrap_or(u8::MAX),
            discreet: holding.discreet,
            due_at,
        };
        // The words may change with the hour; a flag changes with what it rests on.
        let rests_on = |flagged: &Flagged| (flagged.standing, flagged.severity, flagged.evidence.clone());
        if standing.is_some_and(|flag| rests_on(&flag.flagged) == rests_on(&flagged)) {
            continue;
        }
        let passes_on = || context.policy.policy().rule(&holding.rule).is_some_and(|rule| rule.then.is_some());
        let why = if holding.alarm { Some(Why::AtOnce) } else { passes_on().then_some(Why::Overdue) };
        let anew = flagged.standing == FlagStanding::Raised && raised_before.is_none();
        alarms.extend(undated.take().filter(|_| anew));
        if let Some(why) = why.filter(|_| anew) {
            raised.push(RaisedAlarm { flag, rule: holding.rule.clone(), subject, held: false, why });
        }
        let first = evidence.iter().min_by_key(|recorded| recorded.event.start);
        changes.push(FlagChange {
            subject,
            flagged,
            routes: holding.routes.clone(),
            waits: holding.waits,
            observed_at: first.map_or(context.now, |recorded| recorded.event.start),
            doubtful: first.is_some_and(|recorded| recorded.doubtful),
        });
    }
    // Held work is in no file, so that its flag is not derived again: it stands until a person has looked.
    let gone = |flag: &&&StandingFlag| {
        flag.flagged.standing == FlagStanding::Raised
            && !held.contains(&flag.flagged.flag)
            && !failed.contains(&flag.flagged.rule)
            && !flag.flagged.window.starts_with(AFTER_REVOCATION)
            // What was seen beside one of many may not be found again; that proves nothing either.
            && (!partly || !is_between_events(&flag.flagged) || is_shaken(files, flag))
            // Doubts that stand in another file are judged with that file.
            && (files.contains_key(&flag.subject) || !is_doubt(flag))
    };
    changes.extend(flags.iter().filter(gone).map(|flag| stood_down(context.now, files, flag)));
    changes.extend(flags.iter().filter_map(|flag| looked_at(context.now, files, flag, &held)));
    Plan { changes, raised, alarms }
}

/// By when the person whom a flag goes to acts. A time that cannot be worked out is somebody's to look at: the flag is
/// raised without one.
fn due(context: &Context<'_>, holding: &Holding, undated: &mut Option<RuleAlarm>) -> Option<Timestamp> {
    let deadline = holding.deadline.as_ref()?;
    match context.policy.policy().due(deadline, context.now) {
        Ok(due) => Some(due.at),
        Err(error) => {
            *undated = Some(refer::undated(&holding.rule, &error));
            None
        }
    }
}

/// Whether a flag that holds on this evidence stands: not when a person has dismissed it, and nobody contradicts.
fn decided(files: &Linked<'_>, alike: &[Linked<'_>], flag: FlagId, evidence: &[EventId]) -> FlagStanding {
    let review = flag_review::id(flag);
    let files = std::iter::once(files).chain(alike).flat_map(Linked::values);
    let said = files.filter_map(|file| file.documents.get(&review)).find_map(|document| {
        document.element("decision", &flag_review::on(evidence)).filter(|decision| !decision.conflict)
    });
    let dismissed = said.is_some_and(|decision| decision.shown.value.as_text() == Some(flag_review::DISMISS));
    if dismissed { FlagStanding::Dismissed } else { FlagStanding::Raised }
}

/// Held work is in no file, so that its flag is not derived again: it stands until a person has looked, and says so.
fn looked_at(now: Timestamp, files: &Linked<'_>, flag: &StandingFlag, held: &BTreeSet<FlagId>) -> Option<FlagChange> {
    let flagged = &flag.flagged;
    let open = matches!(flagged.standing, FlagStanding::Raised | FlagStanding::Dismissed);
    let alone = flagged.window.starts_with(AFTER_REVOCATION) && !held.contains(&flagged.flag);
    if !(open && alone && files.contains_key(&flag.subject)) {
        return None;
    }
    let standing = decided(files, &[], flagged.flag, &flagged.evidence);
    (standing != flagged.standing).then(|| changed(now, flag, standing))
}

/// The file that holds the event of an anomaly or a dispute: of linked files the one it was written in, so that the flag is
/// where it belongs when the link is taken back; else a look-alike.
fn holder(files: &Linked<'_>, alike: &[Linked<'_>], about: &About) -> Option<EntityId> {
    let (About::Anomaly { event, .. } | About::Conflict { event: Some(event), .. }) = about else { return None };
    let has = |file: &File| file.events.iter().any(|recorded| recorded.event.id.to_string() == *event);
    let mut all = std::iter::once(files).chain(alike).flatten();
    all.find(|(_, file)| has(file)).map(|(root, _)| *root)
}

/// The flags of linked files, and those of look-alikes that are about a pair with one of them or about doubts that they
/// share.
fn flags_of<'f>(files: &Linked<'f>, alike: &[Linked<'f>]) -> Vec<&'f StandingFlag> {
    let windows: BTreeSet<String> = files.keys().map(EntityId::to_string).collect();
    let own = files.values().flat_map(|file| file.flags.values());
    let pairs = alike.iter().flat_map(Linked::values).flat_map(|file| file.flags.values());
    own.chain(pairs.filter(|flag| windows.contains(&flag.flagged.window) || is_doubt(flag))).collect()
}

/// Whether doubts stand in this file that what was seen in another gave rise to.
pub(crate) fn is_doubted(file: &File) -> bool {
    let shared =
        |flag: &StandingFlag| flag.flagged.standing == FlagStanding::Raised && is_between_events(&flag.flagged);
    file.flags.values().any(shared)
}

/// Whether a flag is about what was seen in one file beside what was seen in another.
#[must_use]
pub fn is_between_events(flagged: &Flagged) -> bool {
    flagged.window.split('#').next().is_some_and(|kind| [OVERLAP, PHOTO_REUSED].contains(&kind))
}

/// The others of the pairs about which flags stand in this file.
pub(crate) fn paired(file: &File) -> impl Iterator<Item = EntityId> {
    let open = |flag: &&StandingFlag| matches!(flag.flagged.standing, FlagStanding::Raised | FlagStanding::Dismissed);
    file.flags.values().filter(open).filter_map(|flag| flag.flagged.window.parse().ok())
}

/// Whether a flag is about doubtful evidence.
fn is_doubt(flag: &StandingFlag) -> bool {
    flag.flagged.window.split('#').next().is_some_and(|kind| ANOMALIES.contains(&kind))
}

/// The other shop of a pair.
fn others<'a, 'f>(alike: &'a [Linked<'f>], about: &About) -> Option<&'a Linked<'f>> {
    let About::Pair { other } = about else { return None };
    alike.iter().find(|others| others.keys().next().is_some_and(|canonical| canonical.to_string() == *other))
}

/// Whether a flag belongs to a file of one shop and is about one of another.
fn between(flag: &StandingFlag, subjects: &Linked<'_>, windows: &Linked<'_>) -> bool {
    subjects.contains_key(&flag.subject) && windows.keys().any(|root| root.to_string() == flag.flagged.window)
}

/// The subject and window of a flag. A pair is the same from both sides: it belongs to the smaller id, in the window of
/// the larger.
fn place(canonical: EntityId, about: &About, window: &str) -> (EntityId, String) {
    match about {
        About::Pair { other } => match other.parse::<EntityId>() {
            Ok(other) => (canonical.min(other), canonical.max(other).to_string()),
            Err(_) => (canonical, window.to_owned()),
        },
        _ => (canonical, window.to_owned()),
    }
}

/// A rule that holds no more: it has ended when what was seen still stands, and is withdrawn when it does not.
fn stood_down(now: Timestamp, files: &Linked<'_>, flag: &StandingFlag) -> FlagChange {
    let standing = if is_shaken(files, flag) { FlagStanding::Withdrawn } else { FlagStanding::Ended };
    changed(now, flag, standing)
}

/// Whether nothing of what a flag rests on still stands.
fn is_shaken(files: &Linked<'_>, flag: &StandingFlag) -> bool {
    let standing: BTreeSet<EventId> =
        files.values().flat_map(|file| file.standing_events()).map(|recorded| recorded.event.id).collect();
    let evidence = &flag.flagged.evidence;
    !evidence.is_empty() && !evidence.iter().any(|event| standing.contains(event))
}

/// A flag that stands otherwise than before, by which nothing is opened.
fn changed(now: Timestamp, flag: &StandingFlag, standing: FlagStanding) -> FlagChange {
    FlagChange {
        subject: flag.subject,
        flagged: Flagged { standing, ..flag.flagged.clone() },
        routes: Vec::new(),
        waits: false,
        observed_at: now,
        doubtful: false,
    }
}

/// The events that a holding rests on, in server order.
fn evidence<'f>(context: &Context<'_>, files: &Linked<'f>, alike: &[Linked<'f>], about: &About) -> Vec<&'f Recorded> {
    let elder = facts::Elder { files, policy: context.policy.policy(), now: context.now, alerts: &[] };
    let mut seen: Vec<&Recorded> = match about {
        About::Finding { code, episode } => {
            files.iter().flat_map(|(root, file)| facts::observations(*root, file, code, *episode)).collect()
        }
        About::Elder(rests_on) => elder.evidence(*rests_on),
        About::Signal { kind, day } => elder.noticed_on(kind, day),
        About::Anomaly { event, .. } => {
            let events = std::iter::once(files).chain(alike).flat_map(Linked::values).flat_map(|file| &file.events);
            events.filter(|recorded| recorded.event.id.to_string() == *event).collect()
        }
        About::Premises | About::Pair { .. } | About::Referral { .. } | About::Conflict { .. } => Vec::new(),
    };
    seen.sort_by_key(|recorded| recorded.seq);
    seen
}
