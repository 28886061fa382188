//! Whose turn it is to write in a caseload. One transaction writes there at a time; on PostgreSQL the others wait with a
//! connection in hand. In a rush they would hold every connection of the node, and who wants to write elsewhere, or only
//! to read, would wait for them. So the writers of a node queue here first, where waiting costs nothing; those of several
//! nodes wait in the database, one of each.

use std::collections::BTreeSet;

use sync_core::id::CaseloadId;
use tokio::sync::{Mutex, MutexGuard};

/// How many queues there are. Caseloads that share one only wait for each other.
const QUEUES: usize = 64;

/// The queues of one node.
pub(crate) struct Turns([Mutex<()>; QUEUES]);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::const_new(())))
    }

    /// Waits until it is one's turn in all of these caseloads; until it is dropped nobody else's comes there.
    pub(crate) async fn of(&self, caseloads: impl IntoIterator<Item = CaseloadId>) -> Vec<MutexGuard<'_, ()>> {
        // In one order for everybody, or two could wait for each other.
        let queues: BTreeSet<usize> = caseloads.into_iter().map(queue).collect();
        let mut turns = Vec::with_capacity(queues.len());
        for queue in queues {
            if let Some(queue) = self.0.get(queue) {
                turns.push(queue.lock().await);
            }
        }
        turns
    }
}

/// The last byte of an id is chance.
fn queue(caseload: CaseloadId) -> usize {
    usize::from(caseload.bytes()[15]) % QUEUES
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn who_writes_elsewhere_waits_for_nobody_and_two_never_wait_for_each_other() {
        let caseload = |n: u8| CaseloadId::from_bytes([n; 16]);
        let turns = Arc::new(Turns::new());
        let mine = turns.of([caseload(1), caseload(2), caseload(1)]).await;
        assert_eq!(mine.len(), 2);
        drop(turns.of([caseload(3)]).await);
        let waits = |n: [u8; 2]| {
            let turns = Arc::clone(&turns);
            tokio::spawn(async move { turns.of(n.map(caseload)).await.len() })
        };
        let (there, back) = (waits([2, 5]), waits([5, 2]));
        tokio::task::yield_now().await;
        assert!(!there.is_finished() && !back.is_finished());
        drop(mine);
        assert_eq!((there.await.unwrap(), back.await.unwrap()), (2, 2));
    }
}
