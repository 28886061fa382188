//! The facts that rules see, from linked files taken together.

use std::collections::{BTreeMap, BTreeSet};

use super::alike::said;
use crate::care::Alert;
use crate::case::{File, Recorded, text_of};
use crate::document::Document;
use crate::edit::{State, Value};
use crate::entity::{Kind, hazard};
use crate::event::{Answer, Answered, EventBody};
use crate::id::{EntityId, SubmissionId};
use crate::identifier::uscc;
use crate::policy::{
    FileFacts, FindingFacts, FindingStatus, OperatorFacts, PairFacts, PlaceFacts, Policy, ReferralFacts,
};
use crate::time::Timestamp;
use crate::union;

mod anomaly;
mod conflict;
mod elder;

pub(super) use anomaly::{at_home, photos};
pub(super) use elder::Elder;

/// Files that are linked: together one shop. The smallest root speaks for them.
pub type Linked<'f> = BTreeMap<EntityId, &'f File>;

/// The facts of a shop, a dwelling or an elder: the union over its linked files. `alike` are others that may be the
/// same, or that what was seen here is compared with; `alerts` those of bad weather in the caseload.
#[must_use]
pub fn facts(policy: &Policy, now: Timestamp, files: &Linked<'_>, alike: &[Linked<'_>], alerts: &[Alert]) -> FileFacts {
    let findings = findings(files);
    let elder = Elder::is(files).then_some(Elder { files, policy, now, alerts });
    FileFacts {
        elder: elder.as_ref().map(Elder::facts),
        since: elder.as_ref().map(Elder::since).unwrap_or_default(),
        signals: elder.as_ref().map(Elder::signals).unwrap_or_default(),
        conflicts: conflict::conflicts(files),
        anomalies: anomaly::anomalies(files, alike),
        place: place(files, &findings),
        operator: operator(files),
        referrals: files.values().flat_map(|file| file.of_kind(Kind::Referral)).map(referral).collect(),
        pairs: pairs(files, alike),
        findings,
    }
}

/// The standing inspections that touched a hazard: those whose submission edited it.
pub(super) fn observations<'f>(root: EntityId, file: &'f File, code: &str, episode: i64) -> Vec<&'f Recorded> {
    let episode = u16::try_from(episode).unwrap_or(u16::MAX);
    let Some(hazard) = file.documents.get(&hazard::id(root, code, episode)) else { return Vec::new() };
    let touched: BTreeSet<SubmissionId> = hazard.stamps().map(|stamp| stamp.submission).collect();
    let saw = |recorded: &&Recorded| touched.contains(&recorded.submission) && answer(recorded, code).is_some();
    file.standing_events().filter(saw).collect()
}

/// Whether anything that was seen of a hazard still stands: when every inspection that told of it was voided or
/// corrected, it is no finding any more, whatever its own state says.
#[must_use]
pub fn is_observed(root: EntityId, file: &File, hazard: EntityId) -> bool {
    let Some(document) = file.documents.get(&hazard) else { return false };
    let episode = i64::from(state(document, "status").round);
    !observations(root, file, &text_of(document, "code"), episode).is_empty()
}

fn answer<'r>(recorded: &'r Recorded, code: &str) -> Option<&'r Answered> {
    let EventBody::Inspection(inspection) = &recorded.event.body else { return None };
    inspection.answers.iter().find(|answered| answered.code == code)
}

/// A hazard, with the file it is in and that file's root.
type Seen<'f> = (EntityId, &'f File, &'f Document);

fn findings(files: &Linked<'_>) -> Vec<FindingFacts> {
    let mut hazards: BTreeMap<(String, u16), Vec<Seen<'_>>> = BTreeMap::new();
    for (root, file) in files {
        for (_, document) in file.of_kind(Kind::Hazard) {
            let key = (text_of(document, "code"), state(document, "status").round);
            hazards.entry(key).or_default().push((*root, file, document));
        }
    }
    hazards.into_iter().filter_map(|((code, episode), parts)| finding(&code, episode, &parts)).collect()
}

/// One finding, over everyone who saw it; `None` when nothing that was seen still stands.
fn finding(code: &str, episode: u16, parts: &[Seen<'_>]) -> Option<FindingFacts> {
    let mut seen: Vec<&Recorded> =
        parts.iter().flat_map(|(root, file, _)| observations(*root, file, code, i64::from(episode))).collect();
    seen.sort_by_key(|recorded| (recorded.event.start, recorded.seq));
    let answers: Vec<&Answered> = seen.iter().filter_map(|recorded| answer(recorded, code)).collect();
    let (first, last) = (seen.first()?, seen.last()?);
    let problems = answers.iter().filter(|answered| answered.answer == Answer::Problem).count();
    let problems = i64::try_from(problems).unwrap_or(i64::MAX);
    let documents: Vec<&Document> = parts.iter().map(|(.., document)| *document).collect();
    let severity = union::value(&documents, "severity").and_then(|value| value.as_int());
    let status = union::value(&documents, "status").and_then(|value| value.as_state()).map(|state| state.rank);
    Some(FindingFacts {
        code: code.to_owned(),
        severity: severity.unwrap_or(0),
        status: match status.unwrap_or(hazard::OPEN) {
            hazard::OPEN => FindingStatus::Open,
            hazard::SELF_FIXED => FindingStatus::SelfFixed,
            _ => FindingStatus::VerifiedFixed,
        },
        fixed_on_spot: problems == 0,
        refused: answers.iter().any(|answered| answered.refused),
        episode: i64::from(episode),
        first_seen_ms: first.event.start.millis(),
        last_seen_ms: last.event.start.millis(),
        seen_open_later: (problems - 1).max(0),
        unfixed_visits: problems,
        quantity: answers.iter().rev().find_map(|answered| answered.quantity).unwrap_or(0),
    })
}

fn place(files: &Linked<'_>, findings: &[FindingFacts]) -> PlaceFacts {
    let roots = roots(files);
    let gas = findings.iter().filter(|finding| finding.code == GAS_STORE).max_by_key(|finding| finding.last_seen_ms);
    PlaceFacts {
        dwelling: roots.iter().any(|document| document.schema().kind == Kind::Dwelling),
        id: files
            .iter()
            .find(|(root, file)| file.documents.contains_key(root))
            .map_or_else(String::new, |(root, _)| root.to_string()),
        kinds: union::members(&roots, "kinds"),
        area_m2: union::value(&roots, "area_m2").and_then(|value| value.as_int()).unwrap_or(0),
        unit_code: union::text(&roots, "unit_code"),
        address: union::text(&roots, "address"),
        lpg_kg: gas.map_or(0, |finding| finding.quantity),
        bottle_room: gas.is_none_or(|finding| finding.status != FindingStatus::Open),
    }
}

/// The documents that linked files are about.
fn roots<'f>(files: &Linked<'f>) -> Vec<&'f Document> {
    files.iter().filter_map(|(root, file)| file.documents.get(root)).collect()
}

/// The checklist item whose quantity is the bottled gas kept, in kg, and whose problem is that there is no bottle room.
const GAS_STORE: &str = "GAS-04";

fn operator(files: &Linked<'_>) -> OperatorFacts {
    let operators = || files.values().flat_map(|file| file.of_kind(Kind::Operator));
    let codes: Vec<String> = operators().map(|(_, document)| text_of(document, "uscc")).collect();
    let valid = |code: &&String| uscc::is_valid(code);
    let code = codes.iter().find(valid).or_else(|| codes.iter().find(|code| !code.is_empty()));
    OperatorFacts {
        name: operators().map(|(_, document)| text_of(document, "name")).find(|n| !n.is_empty()).unwrap_or_default(),
        uscc_valid: code.is_some_and(|code| uscc::is_valid(code)),
        uscc: code.cloned().unwrap_or_default(),
    }
}

fn referral((id, document): (EntityId, &Document)) -> ReferralFacts {
    let state = state(document, "state");
    let round = state.round.to_string();
    let in_round = |field: &str| document.element(field, &round).map(|resolved| resolved.shown.value);
    let moment = |field: &str| in_round(field).and_then(|value| value.as_int()).unwrap_or(0);
    let dept = in_round("dept").or_else(|| document.value("proposed_dept"));
    ReferralFacts {
        id: id.to_string(),
        rule: text_of(document, "rule"),
        dept: dept.as_ref().and_then(Value::as_text).unwrap_or_default().to_owned(),
        round: i64::from(state.round),
        rank: i64::from(state.rank),
        due_at_ms: moment("due_at"),
        dispatched_at_ms: moment("dispatched_at"),
    }
}

/// Each other shop that is, or may be, the same. One that was linked stays a pair: that is how its flag ends.
fn pairs(files: &Linked<'_>, alike: &[Linked<'_>]) -> Vec<PairFacts> {
    let Some((canonical, file)) = files.first_key_value() else { return Vec::new() };
    let this = Linked::from([(*canonical, *file)]);
    let linked = files.iter().skip(1).map(|(other, file)| pair(&this, &Linked::from([(*other, *file)]), true));
    let alike = alike.iter().map(|others| pair(files, others, false));
    linked.chain(alike).flatten().collect()
}

/// Two shops, elders or dwellings are alike when a file of one is like a file of the other.
fn pair(ours: &Linked<'_>, theirs: &Linked<'_>, linked: bool) -> Option<PairFacts> {
    let other = theirs.keys().next()?;
    // What the roots say in a field, and in two fields of one root together.
    let one = |files: &Linked<'_>, field: &str| -> BTreeSet<String> {
        roots(files).into_iter().flat_map(|root| said(root, field)).collect()
    };
    let two = |files: &Linked<'_>, a: &str, b: &str| -> BTreeSet<(String, String)> {
        let pairs = |root: &Document| {
            let others = said(root, b);
            let pair = move |a: String| others.clone().into_iter().map(move |b| (a.clone(), b));
            said(root, a).into_iter().flat_map(pair).collect::<Vec<_>>()
        };
        roots(files).into_iter().flat_map(pairs).collect()
    };
    let same = |field: &str| !one(ours, field).is_disjoint(&one(theirs, field));
    let codes = |files: &Linked<'_>| -> BTreeSet<String> {
        let operators = files.values().flat_map(|file| file.of_kind(Kind::Operator));
        operators.flat_map(|(_, operator)| said(operator, "uscc")).collect()
    };
    let (left, right) = (codes(ours), codes(theirs));
    let meet = |alike: &dyn Fn(&str, &str) -> bool| left.iter().any(|a| right.iter().any(|b| alike(a, b)));
    Some(PairFacts {
        other: other.to_string(),
        same_unit: same("unit_code"),
        same_uscc: !left.is_disjoint(&right),
        near_uscc: meet(&uscc::one_digit_apart),
        same_phone_and_name: !two(ours, "contact_phone", "name").is_disjoint(&two(theirs, "contact_phone", "name")),
        same_person: same("id_hmac"),
        // Two resident ids tell two people apart who share name and birthday.
        same_name_and_birth: !two(ours, "name", "birth").is_disjoint(&two(theirs, "name", "birth"))
            && (same("id_hmac") || one(ours, "id_hmac").is_empty() || one(theirs, "id_hmac").is_empty()),
        linked,
    })
}

fn state(document: &Document, field: &str) -> State {
    document.value(field).and_then(|value| value.as_state()).unwrap_or_default()
}
