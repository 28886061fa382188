//! Time passes: deadlines run out and rules that look at the clock begin to hold, without anybody writing anything.

use std::collections::BTreeSet;

use sync_core::care;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Timestamp;

use super::{Flow, Head, Result, load, save};
use crate::db::caseload::{self, CaseloadKind};
use crate::db::{Db, Tx, counter, document, event};

/// Files that are looked at in one transaction: writers wait no longer than that.
const AT_ONCE: u32 = 100;
/// The counter that holds when a caseload was last looked at.
const LAST: &str = "tick";
/// The counter that holds the last word about the caseload as a whole that was taken to its files.
const SAID: &str = "tick_said";

impl Flow {
    /// Passes on alarms that nobody has acknowledged, and looks at every caseload: at files in which a deadline has passed since the last time, and once a day at all files:
    /// a visit that is overdue shows in nothing that anybody wrote. At all files also when something was said of the caseload as a
    /// whole, and when an extra round is over. Cheap when there is nothing to do; meant to be called every minute.
    ///
    /// # Errors
    /// The database.
    pub async fn tick(&self, db: &Db, now: Timestamp) -> Result<()> {
        self.escalate(db, now).await?;
        let mut tx = db.read().await?;
        let caseloads = caseload::every(&mut tx).await?;
        drop(tx);
        for caseload in caseloads.into_iter().filter(|caseload| caseload.kind == CaseloadKind::Field) {
            self.tick_caseload(db, caseload.id, now).await?;
        }
        Ok(())
    }

    async fn tick_caseload(&self, db: &Db, caseload: CaseloadId, now: Timestamp) -> Result<()> {
        let mut tx = db.read().await?;
        let last = counter::get(&mut tx, caseload, LAST).await?;
        let since = Timestamp::from_millis(i64::try_from(last).unwrap_or(i64::MAX));
        let mut after = document::FIRST;
        let said = event::last(&mut tx, caseload, EntityId::of_caseload(caseload)).await?;
        let is_new = said != counter::get(&mut tx, caseload, SAID).await?;
        let daily = since.civil().date() != now.civil().date();
        let all = daily || is_new || (said > 0 && self.is_round_over(&mut tx, caseload, (since, now)).await?);
        drop(tx);
        if now <= since {
            return Ok(());
        }
        loop {
            let mut tx = db.write().await?;
            let roots = if all {
                document::files(&mut tx, caseload, after, AT_ONCE).await?
            } else {
                document::due(&mut tx, caseload, (since, now), after, AT_ONCE).await?
            };
            let Some(last) = roots.last().copied() else {
                counter::set(&mut tx, caseload, LAST, u64::try_from(now.millis()).unwrap_or(0)).await?;
                if is_new {
                    counter::set(&mut tx, caseload, SAID, said).await?;
                }
                tx.commit().await?;
                return Ok(());
            };
            self.tick_files(&mut tx, caseload, now, &roots).await?;
            tx.commit().await?;
            after = last;
        }
    }

    /// Whether an extra round of visits came to its end within this time.
    async fn is_round_over(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        (since, now): (Timestamp, Timestamp),
    ) -> Result<bool> {
        let alerts = load::alerts(tx, &mut self.keys(), caseload).await?;
        let mut over = care::rounds_over(self.policy.policy(), &alerts);
        Ok(over.any(|at| since < at && at <= now))
    }

    /// Evaluates the rules for these files; what they change is logged behind a timer entry. When they change nothing,
    /// nothing is.
    async fn tick_files(&self, tx: &mut Tx, caseload: CaseloadId, now: Timestamp, roots: &[EntityId]) -> Result<()> {
        let mut keys = self.keys();
        let mut head = Head::open(tx, caseload).await?;
        let mut case = head.case(&self.policy.evaluator, now);
        for root in BTreeSet::from_iter(roots) {
            case.expect_file(*root);
        }
        load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        case.tick();
        load::satisfy(tx, &mut keys, caseload, &mut case).await?;
        case.conclude();
        let outcome = case.finish();
        if outcome.entries.len() > 1 {
            save::outcome(self, tx, &mut keys, &mut head, now, outcome).await?;
        }
        Ok(())
    }
}
