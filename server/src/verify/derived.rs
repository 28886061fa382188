//! Compares what is derived with what the log says, row by row and column by column.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::document::Document;
use sync_core::entity::Kind;
use sync_core::project::Projection;

use super::replay::Told;
use super::{AT_ONCE, Bench, Code, unopened};
use crate::db::caseload::CaseloadKind;
use crate::db::event::Lies;
use crate::db::log::SealedPart;
use crate::db::{self, document, erased, event, flag, link, log, submission};

/// Compares every derived table.
pub(crate) async fn compare(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    documents(bench, told).await?;
    events(bench, told).await?;
    flags(bench, told).await?;
    links(bench, told).await?;
    slips(bench, told).await?;
    verdicts(bench, told).await?;
    gone(bench, told).await
}

async fn documents(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let id = bench.caseload.id;
    let mut stored = BTreeSet::new();
    let mut after = document::FIRST;
    loop {
        let entities = document::entities(bench.tx, id, after, AT_ONCE).await?;
        let Some(last) = entities.last() else { break };
        after = *last;
        for entity in entities {
            stored.insert(entity);
            bench.report.documents += 1;
            let derived = told.documents.saved().get(&entity);
            let loaded = derived.and_then(|bytes| Some((bytes, Document::load(bytes).ok()?)));
            let Some((derived, folded)) = loaded else {
                bench.find(Code::Document, "document", entity);
                continue;
            };
            match document::saved(bench.tx, bench.keys, id, entity).await {
                Ok(Some(bytes)) if bytes == *derived => {}
                Err(error) if unopened(&error) => bench.find(Code::Sealed, "document", entity),
                Err(error) => return Err(error),
                Ok(_) => bench.find(Code::Document, "document", entity),
            }
            let projection = Projection::of(entity, &folded);
            let wanted = serde_json::to_value(&projection).unwrap_or_default();
            match document::projection(bench.tx, bench.keys, id, entity).await {
                Ok(Some(found)) => {
                    let row = (&*found.kind, Some(&found.root), Some(&found.changed_seq), found.version);
                    let said = folded.schema().kind.code();
                    if row != (said, told.roots.get(&entity), told.changed.get(&entity), folded.version()) {
                        bench.find(Code::Document, "document", entity);
                    }
                    if (found.state, found.due_at) != (projection.state, projection.due_at) {
                        bench.find(Code::Projection, "document", entity);
                    }
                    let conflicts = usize::try_from(found.conflicts).ok();
                    if conflicts != Some(projection.conflicts().count()) || found.json != wanted {
                        bench.find(Code::Projection, "projection", entity);
                    }
                }
                Err(error) if !unopened(&error) => return Err(error),
                _ => bench.find(Code::Projection, "projection", entity),
            }
        }
    }
    for missing in told.documents.saved().keys().filter(|entity| !stored.contains(entity)) {
        bench.find(Code::Document, "document", missing);
    }
    Ok(())
}

async fn events(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let mut stored = BTreeMap::new();
    for (event, row) in event::rows(bench.tx, bench.caseload.id).await? {
        match row {
            // Of what was erased the log vouches for the rows that stay, all together, but for their place in their entry.
            Ok(row) if told.erased.contains_key(&row.root) => {
                if !lies_there(bench, &row).await? {
                    bench.find(Code::Event, "event", event);
                }
            }
            Ok(row) => drop(stored.insert(event, row)),
            Err(error) if unopened(&error) => bench.find(Code::Event, "event", event),
            Err(error) => return Err(error),
        }
    }
    bench.report.events += stored.len() as u64;
    for (event, lies) in &told.events {
        if stored.get(event) != Some(lies) {
            bench.find(Code::Event, "event", event);
        }
    }
    for event in stored.keys().filter(|event| !told.events.contains_key(event)) {
        bench.find(Code::Event, "event", event);
    }
    Ok(())
}

/// Whether an event about this subject lies where its row says, sealed as it may be.
async fn lies_there(bench: &mut Bench<'_>, row: &Lies) -> db::Result<bool> {
    let is = |part: &SealedPart| (part.part, &*part.kind, part.subject) == (row.part, "event", row.subject);
    match log::sealed_parts(bench.tx, bench.caseload.id, row.seq).await {
        Err(error) if !unopened(&error) => Err(error),
        parts => Ok(parts.unwrap_or_default().iter().any(is)),
    }
}

async fn flags(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let mut ids = BTreeSet::new();
    for (id, kept) in flag::rows(bench.tx, bench.keys, bench.caseload.id).await? {
        ids.insert(id);
        let wanted = told.flags.get(&id);
        let same = match (kept, wanted) {
            (Ok((kept, in_columns)), Some(wanted)) => {
                let flag = &kept.flag;
                in_columns
                    && flag.flagged == wanted.flagged
                    && (flag.subject, kept.root, flag.raised_at) == (wanted.subject, wanted.root, wanted.raised_at)
                    && (kept.raised_seq, kept.changed_seq) == (wanted.raised_seq, wanted.changed_seq)
            }
            (Err(error), _) if !unopened(&error) => return Err(error),
            _ => false,
        };
        if !same {
            bench.find(Code::Flag, "flag", id);
        }
    }
    bench.report.flags += ids.len() as u64;
    for missing in told.flags.keys().filter(|flag| !ids.contains(flag)) {
        bench.find(Code::Flag, "flag", missing);
    }
    Ok(())
}

async fn links(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let stored = link::every(bench.tx, bench.caseload.id).await?;
    let left = |(a, b): &(_, _)| !told.erased.contains_key(a) && !told.erased.contains_key(b);
    let wanted: BTreeMap<_, _> =
        told.links.iter().filter(|(pair, _)| left(pair)).map(|(k, v)| (*k, Some(*v))).collect();
    let pairs: BTreeSet<_> = stored.keys().chain(wanted.keys()).collect();
    for pair in pairs.into_iter().filter(|pair| stored.get(pair) != wanted.get(pair)) {
        bench.find(Code::Link, "link", format!("{} {}", pair.0, pair.1));
    }
    Ok(())
}

/// The slips of a desk, each with the referral that it names.
async fn slips(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let desk = bench.caseload.id;
    let is_slip = |kind: Kind| matches!(kind, Kind::Slip | Kind::PersonSlip);
    let mut stored = BTreeMap::new();
    for slip in link::slips_at(bench.tx, desk).await? {
        stored.insert(slip.slip, slip);
    }
    // Nowhere else are slips written.
    let on_desk = told.documents.saved().iter().filter(|_| bench.caseload.kind == CaseloadKind::Desk);
    let loaded = on_desk.filter_map(|(id, bytes)| Some((id, Document::load(bytes).ok()?)));
    let wanted: Vec<_> = loaded.filter(|(_, document)| is_slip(document.schema().kind)).collect();
    let mut known = BTreeSet::new();
    for (id, document) in wanted {
        known.insert(*id);
        let referral = document.value("referral").and_then(|value| value.as_id());
        let round = document.value("round").and_then(|value| value.as_int());
        let fits = match stored.get(id) {
            Some(slip) => {
                let there = document::root(bench.tx, slip.caseload, slip.referral).await?.is_some();
                there && Some(slip.referral) == referral && Some(i64::from(slip.round)) == round
            }
            None => false,
        };
        if !fits {
            bench.find(Code::Slip, "slip", id);
        }
    }
    for slip in stored.keys().filter(|slip| !known.contains(slip)) {
        bench.find(Code::Slip, "slip", slip);
    }
    Ok(())
}

async fn verdicts(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let mut seen = BTreeSet::new();
    for (id, known) in submission::rows(bench.tx, bench.caseload.id).await? {
        let once = seen.insert(id);
        match known {
            Ok((known, code))
                if once && told.submissions.get(&id) == Some(&known) && told.held.get(&id).copied() == code => {}
            Err(error) if !unopened(&error) => return Err(error),
            _ => bench.find(Code::Verdict, "submission", id),
        }
    }
    for missing in told.submissions.keys().filter(|id| !seen.contains(id)) {
        bench.find(Code::Verdict, "submission", missing);
    }
    Ok(())
}

/// What was erased is on record as the log says, and has no key.
async fn gone(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let id = bench.caseload.id;
    let stored = erased::every(bench.tx, id).await?;
    let all: BTreeSet<_> = stored.keys().chain(told.erased.keys()).copied().collect();
    for entity in all {
        if stored.get(&entity) != told.erased.get(&entity) || erased::has_key(bench.tx, id, entity).await? {
            bench.find(Code::Erased, "erased", entity);
        }
    }
    Ok(())
}
