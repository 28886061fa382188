//! Compares what is derived with what the log says.

use std::collections::BTreeSet;

use sync_core::project::Projection;

use super::replay::Told;
use super::{AT_ONCE, Bench, Code, unopened};
use crate::db::{self, document, event, flag, submission};

/// Compares every derived table.
pub(crate) async fn compare(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    documents(bench, told).await?;
    events(bench, told).await?;
    flags(bench, told).await?;
    verdicts(bench, told).await
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
            let Some(folded) = told.documents.get(&entity) else {
                bench.find(Code::Document, entity);
                continue;
            };
            match document::saved(bench.tx, bench.keys, id, entity).await {
                Ok(Some(bytes)) if bytes == folded.save() => {}
                Ok(_) => bench.find(Code::Document, entity),
                Err(error) if unopened(&error) => bench.find(Code::Sealed, entity),
                Err(error) => return Err(error),
            }
            let projection = Projection::of(entity, folded);
            let wanted = serde_json::to_value(&projection).unwrap_or_default();
            match document::projection(bench.tx, bench.keys, id, entity).await {
                Ok(Some(found)) => {
                    let columns = (found.state, found.due_at, found.version, usize::try_from(found.conflicts).ok());
                    let said =
                        (projection.state, projection.due_at, projection.version, Some(projection.conflicts().count()));
                    if columns != said || found.json != wanted {
                        bench.find(Code::Projection, entity);
                    }
                }
                Ok(None) => bench.find(Code::Projection, entity),
                Err(error) if unopened(&error) => bench.find(Code::Sealed, entity),
                Err(error) => return Err(error),
            }
        }
    }
    for missing in told.documents.keys().filter(|entity| !stored.contains(entity)) {
        bench.find(Code::Document, missing);
    }
    Ok(())
}

async fn events(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let stored = event::places(bench.tx, bench.caseload.id).await?;
    bench.report.events += stored.len() as u64;
    for (event, place) in &told.events {
        if stored.get(event) != Some(place) {
            bench.find(Code::Event, event);
        }
    }
    for event in stored.keys().filter(|event| !told.events.contains_key(event)) {
        bench.find(Code::Event, event);
    }
    Ok(())
}

async fn flags(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    let stored = match flag::every(bench.tx, bench.keys, bench.caseload.id, u32::MAX).await {
        Ok(stored) => stored,
        Err(error) if unopened(&error) => {
            bench.find(Code::Sealed, "flag");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    bench.report.flags += stored.len() as u64;
    let ids: BTreeSet<_> = stored.iter().map(|kept| kept.flag.flagged.flag).collect();
    for kept in &stored {
        if told.flags.get(&kept.flag.flagged.flag) != Some(&kept.flag.flagged) {
            bench.find(Code::Flag, kept.flag.flagged.flag);
        }
    }
    for missing in told.flags.keys().filter(|flag| !ids.contains(flag)) {
        bench.find(Code::Flag, missing);
    }
    Ok(())
}

async fn verdicts(bench: &mut Bench<'_>, told: &Told) -> db::Result<()> {
    for (id, stands) in &told.verdicts {
        let known = submission::by_id(bench.tx, bench.caseload.id, *id).await?;
        if known.map(|known| known.stands) != Some(*stands) {
            bench.find(Code::Verdict, id);
        }
    }
    let counted: u64 = submission::counts(bench.tx, bench.caseload.id).await?.iter().map(|(_, count)| count).sum();
    if counted != told.verdicts.len() as u64 {
        bench.find(Code::Verdict, counted);
    }
    Ok(())
}
