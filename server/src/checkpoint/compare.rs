//! What checkpoints say, compared with the logs, also across restores: each is on record in the checkpoint that it made,
//! with where the logs stood in its backup. Up to there the histories before and after are one; what the one before had
//! beyond it is what the restore lost. A history that no such record leads to was not begun by a restore.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use sync_core::id::CaseloadId;
use sync_core::time::Timestamp;

use super::{Checkpoint, Head, Stood, open};
use crate::db::caseload::{self, FIRST_EPOCH};
use crate::db::checkpoint as stored;
use crate::db::{self, Tx};

/// What a checkpoint knew of and a restore left behind: its backup was from before.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Lost {
    /// In which caseload.
    pub caseload: CaseloadId,
    /// From which log.
    pub table: &'static str,
    /// In which history it stood.
    pub epoch: u32,
    /// The first entry that is not there any more.
    pub first: u64,
    /// The last one that a checkpoint knew of.
    pub last: u64,
    /// Of which moment the backup was.
    pub backup_at: Timestamp,
    /// When it was restored.
    pub restored_at: Timestamp,
}

/// How the logs compare with checkpoints.
#[derive(Default)]
pub(crate) struct Compared {
    /// What is not as a checkpoint says: the caseload, the table and the number there.
    pub(crate) wrong: BTreeSet<(CaseloadId, &'static str, u64)>,
    /// Epochs that no restore on record explains.
    pub(crate) unexplained: BTreeSet<(CaseloadId, u32)>,
    /// What restores on record lost, one for each log and history.
    pub(crate) lost: BTreeMap<(CaseloadId, u32, &'static str), Lost>,
}

/// Compares the logs with what checkpoints say of them, and every history with the restores on record: in the database,
/// and in these checkpoints. Without the key there is nothing on record in the database.
pub(crate) async fn against(
    tx: &mut Tx,
    key: Option<&VerifyingKey>,
    checkpoints: &[Checkpoint],
) -> db::Result<Compared> {
    let mut restores = Vec::new();
    if let Some(key) = key {
        restores.extend(stored::restores(tx).await?.lines().filter_map(|line| open(line, key)).map(|(_, made)| made));
    }
    let histories = Histories::of(restores.iter().chain(checkpoints));
    let now: BTreeMap<CaseloadId, u32> = caseload::every(tx).await?.iter().map(|c| (c.id, c.epoch)).collect();
    let mut compared = Compared::default();
    for (caseload, epoch) in &now {
        for (_, left_by) in histories.back_from(*caseload, *epoch) {
            if let Some(restore) = left_by {
                compared.stood(tx, &restore.kept, &[]).await?;
            }
        }
        compared.unexplained.extend(histories.unexplained(*caseload, *epoch));
    }
    for stood in checkpoints.iter().flat_map(|checkpoint| &checkpoint.caseloads) {
        let epoch = now.get(&stood.caseload).copied().unwrap_or(stood.epoch);
        let between = histories.between(stood.caseload, stood.epoch, epoch).unwrap_or_else(|| {
            let begun = histories.unexplained(stood.caseload, epoch);
            let begun = begun.or_else(|| histories.unexplained(stood.caseload, stood.epoch));
            compared.unexplained.insert(begun.unwrap_or((stood.caseload, stood.epoch)));
            Vec::new()
        });
        compared.stood(tx, stood, &between).await?;
    }
    Ok(compared)
}

impl Compared {
    /// Whether the logs still say this, as far as they have it in common with a history that these restores left.
    async fn stood(&mut self, tx: &mut Tx, stood: &Stood, left_by: &[&Restore]) -> db::Result<()> {
        for (table, head) in logs(stood) {
            let kept = left_by.iter().filter_map(|restore| restore.kept_of(table)).min().unwrap_or(u64::MAX);
            match left_by.first() {
                Some(restore) if head.n > kept => {
                    let lost = Lost {
                        caseload: stood.caseload,
                        table,
                        epoch: stood.epoch,
                        first: kept + 1,
                        last: head.n,
                        backup_at: restore.backup_at,
                        restored_at: restore.at,
                    };
                    let known = self.lost.entry((stood.caseload, stood.epoch, table)).or_insert(lost);
                    known.last = known.last.max(head.n);
                }
                _ => {
                    let found = stored::link(tx, table, stood.caseload, head.n).await?;
                    if head.n > 0 && found != Some(head.chain.0) {
                        self.wrong.insert((stood.caseload, table, head.n));
                    }
                }
            }
        }
        Ok(())
    }
}

fn logs(stood: &Stood) -> [(&'static str, Head); 3] {
    [("log", stood.log), ("read_log", stood.read_log), ("alarm_log", stood.alarm_log)]
}

/// A restore of one caseload.
struct Restore {
    at: Timestamp,
    backup_at: Timestamp,
    /// Where the logs stood in the backup, and the epoch that was left.
    kept: Stood,
}

impl Restore {
    fn kept_of(&self, table: &str) -> Option<u64> {
        logs(&self.kept).iter().find(|(name, _)| *name == table).map(|(_, head)| head.n)
    }
}

/// The restores on record, by the caseload and the epoch that each began there.
struct Histories(BTreeMap<(CaseloadId, u32), Restore>);

impl Histories {
    fn of<'a>(checkpoints: impl Iterator<Item = &'a Checkpoint>) -> Self {
        let mut found = BTreeMap::new();
        for checkpoint in checkpoints {
            let Some(restored) = &checkpoint.restored else { continue };
            let begun: BTreeMap<CaseloadId, u32> =
                checkpoint.caseloads.iter().map(|stood| (stood.caseload, stood.epoch)).collect();
            for kept in &restored.caseloads {
                let Some(epoch) = begun.get(&kept.caseload) else { continue };
                let restore = Restore { at: checkpoint.at, backup_at: restored.backup_at, kept: kept.clone() };
                found.entry((kept.caseload, *epoch)).or_insert(restore);
            }
        }
        Self(found)
    }

    /// This history and those that it came from, each with the restore that left it for the one named before.
    fn back_from(&self, caseload: CaseloadId, epoch: u32) -> Vec<(u32, Option<&Restore>)> {
        let mut back = vec![(epoch, None)];
        let mut epoch = epoch;
        // Always to an earlier one, so this ends.
        while let Some(restore) = self.0.get(&(caseload, epoch)).filter(|restore| restore.kept.epoch < epoch) {
            epoch = restore.kept.epoch;
            back.push((epoch, Some(restore)));
        }
        back
    }

    /// Where this history comes from, when that is neither the first one nor a restore on record.
    fn unexplained(&self, caseload: CaseloadId, epoch: u32) -> Option<(CaseloadId, u32)> {
        let (begun, _) = *self.back_from(caseload, epoch).last()?;
        (begun > FIRST_EPOCH).then_some((caseload, begun))
    }

    /// The restores by which the history of now, and the one of then, left what they have in common; none when they are
    /// the same. No answer when no restore leads from then to now.
    fn between(&self, caseload: CaseloadId, then: u32, now: u32) -> Option<Vec<&Restore>> {
        let towards_now = self.back_from(caseload, now);
        for (epoch, towards_then) in self.back_from(caseload, then) {
            let Some((_, left_by)) = towards_now.iter().find(|(before, _)| *before == epoch) else { continue };
            return match (*left_by, towards_then) {
                (None, None) => Some(Vec::new()),
                // The logs are back in a history that a restore had left.
                (None, Some(_)) => None,
                (Some(restore), other) => Some(std::iter::once(restore).chain(other).collect()),
            };
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Restored;
    use crate::hex::Hex;

    const FIELD: CaseloadId = CaseloadId::from_bytes([1; 16]);

    fn stood(epoch: u32, n: u64) -> Stood {
        let head = Head { n, chain: Hex([7; 32]) };
        Stood { caseload: FIELD, epoch, log: head, read_log: head, alarm_log: head }
    }

    fn restore(from: (u32, u64), to: u32) -> Checkpoint {
        let (at, previous) = (Timestamp::from_millis(to.into()), Hex([0; 32]));
        let restored = Some(Restored { backup_at: Timestamp::EPOCH, caseloads: vec![stood(from.0, from.1)] });
        Checkpoint { n: 1, at, previous, caseloads: vec![stood(to, from.1)], restored }
    }

    #[test]
    fn histories_are_compared_where_they_parted() {
        // 1 to 400, then 100; that one to 600, then 200. And once more from 1, at 380: 300, which nobody works in.
        let all = [restore((1, 400), 100), restore((100, 600), 200), restore((1, 380), 300)];
        let histories = Histories::of(all.iter());
        let kept = |then, now| {
            let between = histories.between(FIELD, then, now)?;
            Some(between.iter().map(|restore| restore.kept_of("log").unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(kept(200, 200), Some(vec![]));
        assert_eq!(kept(100, 200), Some(vec![600]));
        assert_eq!(kept(1, 200), Some(vec![400]), "where the first was left, not where the second was");
        assert_eq!(kept(300, 200), Some(vec![400, 380]));
        assert_eq!(kept(200, 300), Some(vec![380, 400]));
        assert_eq!(kept(200, 100), None, "back where a restore had left");
        assert_eq!(kept(1, 999), None, "no restore began that");
        assert_eq!(histories.unexplained(FIELD, 200), None);
        assert_eq!(histories.unexplained(FIELD, 999), Some((FIELD, 999)));
        let broken = Histories::of(all[1..].iter());
        assert_eq!(broken.unexplained(FIELD, 200), Some((FIELD, 100)), "the restore before it is not on record");
    }
}
