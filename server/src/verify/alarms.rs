//! The chain of the alarms' log, and whether each alarm stands as it says.

use std::collections::BTreeMap;

use sync_core::id::PersonId;
use sync_core::time::Timestamp;

use super::{AT_ONCE, Bench, Code, unopened};
use crate::audit;
use crate::db::alarm_log::{self, What};
use crate::db::duty::Level;
use crate::db::{self, alarm};

/// How an alarm stands: its level, and who has acknowledged it.
type Standing = (Option<Level>, Option<(PersonId, Timestamp)>);

/// Follows the chain and compares.
pub(super) async fn compare(bench: &mut Bench<'_>) -> db::Result<()> {
    let Some(told) = follow(bench).await? else { return Ok(()) };
    let mut after = 0;
    let mut seen = 0;
    loop {
        let from = (after, Timestamp::EPOCH);
        let found = match alarm::since(bench.tx, bench.keys, bench.caseload.id, from, AT_ONCE).await {
            Err(error) if unopened(&error) => {
                bench.find(Code::Sealed, "alarm", format!("after {after}"));
                return Ok(());
            }
            found => found?,
        };
        let Some(last) = found.last() else { break };
        after = last.n;
        for alarm in found {
            seen += 1;
            if told.get(&alarm.n) != Some(&(alarm.level, alarm.acknowledged)) {
                bench.find(Code::Alarms, "alarm", alarm.n);
            }
        }
    }
    if seen != told.len() {
        bench.find(Code::Alarms, "alarm", format!("{} instead of {}", seen, told.len()));
    }
    Ok(())
}

/// What the log says of each alarm; nothing when its chain is broken.
async fn follow(bench: &mut Bench<'_>) -> db::Result<Option<BTreeMap<u64, Standing>>> {
    let (mut n, mut link) = (0, audit::genesis("alarm", bench.caseload.id));
    let mut told: BTreeMap<u64, Standing> = BTreeMap::new();
    loop {
        let found = alarm_log::after(bench.tx, bench.caseload.id, n, AT_ONCE).await?;
        if found.is_empty() {
            return Ok(Some(told));
        }
        for entry in found {
            bench.report.alarms += 1;
            n += 1;
            match entry.follows(&link) {
                Ok(Some(next)) if entry.n()? == n => link = next,
                Err(error) if !unopened(&error) => return Err(error),
                _ => {
                    bench.find(Code::Alarms, "alarm_log", n);
                    return Ok(None);
                }
            }
            let standing = told.entry(entry.alarm()?).or_default();
            standing.0 = entry.level()?;
            if entry.what()? == What::Acknowledged {
                let at = entry.at()?;
                standing.1 = entry.person()?.map(|by| (by, at));
            }
        }
    }
}
