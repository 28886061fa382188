//! What transactions have changed, for those who wait for it: told once it is durable, to this node and, on PostgreSQL, to
//! the others. Nothing rests on being told: whoever waits looks by themselves before long.
//!
//! Other nodes are told after the commit and not within it: `NOTIFY` in a transaction lets PostgreSQL commit only one at
//! a time (`sync-core/decisions/0024-hints.md`).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use sync_core::id::CaseloadId;
use tokio::sync::Notify;

use super::{Db, Pools};

const CHANNEL: &str = "doorstep";
const TELL: &str = "SELECT pg_notify('doorstep', $1)";
const OWN_NUMBER: &str = "SELECT pg_backend_pid()";
/// Stands for everybody in a message.
const EVERYBODY: &str = "*";
/// Caseloads in one message, which may have 8,000 bytes.
const IN_ONE: usize = 200;
/// Before the next attempt to listen.
const AGAIN: Duration = Duration::from_secs(1);

/// What changed, in one transaction or in several.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Moved {
    /// Where something was added to the log, or to what became of alarms.
    pub(crate) caseloads: BTreeSet<CaseloadId>,
    /// It concerns everybody: who has access changed, or nobody knows what was missed.
    pub(crate) everybody: bool,
}

impl Moved {
    pub(crate) fn everybody() -> Self {
        Self { everybody: true, ..Self::default() }
    }

    fn is_nothing(&self) -> bool {
        !self.everybody && self.caseloads.is_empty()
    }

    /// As messages of the node with this number.
    fn messages(&self, node: i32) -> Vec<String> {
        if self.everybody {
            return vec![format!("{node} {EVERYBODY}")];
        }
        let ids: Vec<String> = self.caseloads.iter().map(ToString::to_string).collect();
        ids.chunks(IN_ONE).map(|ids| format!("{node} {}", ids.join(" "))).collect()
    }

    /// What a message says, unless it is this node's own. What cannot be read concerns everybody.
    fn of_message(message: &str, own: i32) -> Option<Self> {
        let mut words = message.split(' ');
        if words.next().and_then(|node| node.parse().ok()) == Some(own) {
            return None;
        }
        let caseloads = words.map(str::parse).collect::<Result<_, _>>();
        Some(caseloads.map_or_else(|_| Self::everybody(), |caseloads| Self { caseloads, everybody: false }))
    }
}

/// What this node's transactions have changed and nobody was told of yet: at most every caseload once.
#[derive(Default)]
pub(crate) struct News {
    untold: Mutex<Moved>,
    came: Notify,
    /// Somebody takes the news, and spreads them.
    taken: AtomicBool,
    /// This node's number among those that listen; 0 while it does not.
    number: AtomicI32,
}

impl News {
    /// These changes are durable. Where nobody takes the news (a command that ends soon), other nodes are told at once.
    pub(super) async fn came(&self, pools: &Pools, moved: Moved) {
        if moved.is_nothing() {
            return;
        }
        if !self.taken.load(Ordering::Acquire) {
            return self.spread(pools, &moved).await;
        }
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        untold.caseloads.extend(moved.caseloads);
        untold.everybody |= moved.everybody;
        drop(untold);
        self.came.notify_one();
    }

    async fn next(&self) -> Moved {
        loop {
            let moved = std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
            if !moved.is_nothing() {
                return moved;
            }
            self.came.notified().await;
        }
    }

    /// Tells the other nodes. That it fails harms nobody.
    async fn spread(&self, pools: &Pools, moved: &Moved) {
        let Pools::Postgres { pool } = pools else { return };
        for message in moved.messages(self.number.load(Ordering::Acquire)) {
            if let Err(error) = sqlx::query(TELL).bind(message).execute(pool).await {
                tracing::debug!(%error, "other nodes were not told");
            }
        }
    }

    /// Hears what other nodes tell, until the pool is closed. Whenever it begins to listen, everybody is told once:
    /// nobody knows what was missed.
    async fn hear(&self, pool: &PgPool, tell: &impl Fn(&Moved)) {
        loop {
            match self.listen(pool, tell).await {
                Ok(()) => tracing::warn!("the connection to hear other nodes was lost"),
                Err(sqlx::Error::PoolClosed) => return,
                Err(error) => tracing::warn!(%error, "other nodes are not heard"),
            }
            self.number.store(0, Ordering::Release);
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Until the connection is lost.
    async fn listen(&self, pool: &PgPool, tell: &impl Fn(&Moved)) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(pool).await?;
        // There is one way to begin, also after the connection was lost.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        let number: i32 = sqlx::query_scalar(OWN_NUMBER).fetch_one(&mut listener).await?;
        self.number.store(number, Ordering::Release);
        tell(&Moved::everybody());
        while let Some(heard) = listener.try_recv().await? {
            Moved::of_message(heard.payload(), number).iter().for_each(tell);
        }
        Ok(())
    }
}

impl Db {
    /// Takes the news of this node's transactions and of other nodes', and tells them, until the database is closed.
    pub(crate) async fn keep_telling(&self, tell: impl Fn(&Moved)) {
        self.news.taken.store(true, Ordering::Release);
        let own = async {
            loop {
                let moved = self.news.next().await;
                tell(&moved);
                self.news.spread(&self.pools, &moved).await;
            }
        };
        match &self.pools {
            Pools::Sqlite { .. } => own.await,
            Pools::Postgres { pool } => tokio::select! {
                () = own => {}
                () = self.news.hear(pool, &tell) => {}
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_the_same_to_others_and_nothing_to_oneself() {
        let id = |n: u16| CaseloadId::from_bytes(u128::from(n).to_be_bytes());
        let moved = Moved { caseloads: (0..450).map(id).collect(), everybody: false };
        let messages = moved.messages(7);
        assert!(messages.len() == 3 && messages.iter().all(|message| message.len() < 8_000));
        let read: BTreeSet<CaseloadId> =
            messages.iter().flat_map(|message| Moved::of_message(message, 8).unwrap().caseloads).collect();
        assert_eq!(read, moved.caseloads);
        assert_eq!(Moved::of_message(&messages[0], 7), None);
        assert_eq!(Moved::of_message(&Moved::everybody().messages(7)[0], 8), Some(Moved::everybody()));
        assert_eq!(Moved::of_message("7 of a later program", 8), Some(Moved::everybody()));
    }
}
