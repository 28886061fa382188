//! Refresh secrets, so that a lost answer never locks anybody out, and an old copy never gets in.
//!
//! Secrets come in generations. The newest used one stays good, and so does every unused one of the next generation:
//! whoever lost the answer that held a successor asks again with what they have. The first successor that is used ends
//! its predecessor and its siblings; what is older is *superseded*, is refused, and is shown to administrators.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use sync_core::id::DeviceId;
use sync_core::time::Timestamp;

use crate::db::restored::ANY_SECRET;
use crate::db::session::{self, Secret};
use crate::db::{self, Tx};
use crate::hex::Hex;

/// Unused successors that are kept: answers that may be lost in a row before the first of them is forgotten.
const SUCCESSORS: usize = 8;
/// Generations that are remembered, to tell an old secret from an invented one.
const REMEMBERED: u32 = 16;

/// What a secret is to its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The one in use: its successor may have been lost on the way.
    Current,
    /// One that was given out and not used yet.
    Successor,
    /// It was replaced: an old copy of the phone, or somebody who read its storage.
    Superseded,
    /// Never given out to this holder, or forgotten.
    Unknown,
}

fn judge(secrets: &[Secret], hash: &[u8; 32]) -> Judgement {
    let newest_used = secrets.iter().filter(|s| s.used).map(|s| s.generation).max().unwrap_or(0);
    let Some(found) = secrets.iter().find(|s| bool::from(s.hash.ct_eq(hash))) else {
        // After a restore, which may not know the newest: what was shown is the one in use, until its successor is.
        let any = secrets.iter().any(|s| s.used && s.generation == newest_used && s.hash == ANY_SECRET);
        return if any { Judgement::Current } else { Judgement::Unknown };
    };
    if found.generation > newest_used {
        Judgement::Successor
    } else if found.used && found.generation == newest_used {
        Judgement::Current
    } else {
        Judgement::Superseded
    }
}

/// The hash under which a secret is kept. It has 256 random bits: a fast hash is enough.
fn hashed(secret: &Hex<32>) -> [u8; 32] {
    Sha256::new().chain_update(b"doorstep refresh 1").chain_update(secret.0).finalize().into()
}

/// Gives a holder a new secret beside what they have; `fresh` is drawn by the caller.
pub(crate) async fn issue(tx: &mut Tx, holder: DeviceId, fresh: Hex<32>, now: Timestamp) -> db::Result<()> {
    let secrets = session::secrets(tx, holder).await?;
    let newest_used = secrets.iter().filter(|s| s.used).map(|s| s.generation).max().unwrap_or(0);
    let unused: Vec<_> = secrets.iter().filter(|s| s.generation > newest_used).collect();
    let too_many = unused.len().saturating_sub(SUCCESSORS - 1);
    let too_old = secrets.iter().filter(|s| s.generation + REMEMBERED <= newest_used);
    for secret in unused.into_iter().take(too_many).chain(too_old) {
        session::forget_secret(tx, holder, secret.hash).await?;
    }
    session::put_secret(tx, holder, hashed(&fresh), newest_used + 1, now).await
}

/// Presents a secret. One that is good is marked as used, and `fresh` is issued as its successor.
pub(crate) async fn present(
    tx: &mut Tx,
    holder: DeviceId,
    secret: &Hex<32>,
    fresh: Hex<32>,
    now: Timestamp,
) -> db::Result<Judgement> {
    let hash = hashed(secret);
    let judgement = judge(&session::secrets(tx, holder).await?, &hash);
    if judgement == Judgement::Successor {
        session::use_secret(tx, holder, hash, now).await?;
    }
    if matches!(judgement, Judgement::Successor | Judgement::Current) {
        issue(tx, holder, fresh, now).await?;
    }
    Ok(judgement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Db, Location};
    use crate::testing::Scratch;

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    fn nth(n: u8) -> Hex<32> {
        Hex([n; 32])
    }

    struct Holder {
        tx: Tx,
        issued: u8,
        _scratch: Scratch,
    }

    impl Holder {
        async fn new() -> Self {
            let scratch = Scratch::new().await;
            let db = Db::at(&Location::from(scratch.place())).await.unwrap();
            let mut holder = Self { tx: db.write().await.unwrap(), issued: 1, _scratch: scratch };
            issue(&mut holder.tx, DeviceId::from_bytes([9; 16]), nth(1), NOW).await.unwrap();
            holder
        }

        fn id(&self) -> DeviceId {
            DeviceId::from_bytes([9; 16])
        }

        /// Presents secret `n`; the successor that the answer may hold gets the next number.
        async fn present(&mut self, n: u8) -> Judgement {
            let id = self.id();
            let judgement = present(&mut self.tx, id, &nth(n), nth(self.issued + 1), NOW).await.unwrap();
            if matches!(judgement, Judgement::Successor | Judgement::Current) {
                self.issued += 1;
            }
            judgement
        }
    }

    #[tokio::test]
    async fn a_lost_answer_locks_nobody_out() {
        let mut phone = Holder::new().await;
        assert_eq!(phone.present(1).await, Judgement::Successor, "gives 2");
        assert_eq!(phone.present(1).await, Judgement::Current, "2 was lost; gives 3");
        assert_eq!(phone.present(1).await, Judgement::Current, "3 was lost; gives 4");
        assert_eq!(phone.present(2).await, Judgement::Successor, "2 came after all");
        assert_eq!(phone.present(1).await, Judgement::Superseded);
        assert_eq!(phone.present(4).await, Judgement::Superseded, "a sibling of the one that was used");
        assert_eq!(phone.present(2).await, Judgement::Current, "and the phone goes on");
    }

    #[tokio::test]
    async fn an_old_copy_does_not_get_in() {
        let mut phone = Holder::new().await;
        for n in 1..=40 {
            assert_eq!(phone.present(n).await, Judgement::Successor);
        }
        assert_eq!(phone.present(30).await, Judgement::Superseded);
        assert_eq!(phone.present(99).await, Judgement::Unknown);
        assert_eq!(phone.present(1).await, Judgement::Unknown, "forgotten after a while");
        let kept = session::secrets(&mut phone.tx, DeviceId::from_bytes([9; 16])).await.unwrap();
        assert!(kept.len() <= 20, "{} rows", kept.len());
    }

    #[tokio::test]
    async fn answers_may_be_lost_without_end() {
        let mut phone = Holder::new().await;
        assert_eq!(phone.present(1).await, Judgement::Successor);
        for _ in 0..50 {
            assert_eq!(phone.present(1).await, Judgement::Current);
        }
        let newest = phone.issued;
        assert_eq!(phone.present(newest).await, Judgement::Successor);
    }
}
