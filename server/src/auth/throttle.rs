//! Guessing gets slower: after a few failures, each further attempt on a login from one address waits twice as long.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use sync_core::time::{Span, Timestamp};

/// Failures that cost nothing: people mistype.
const FREE: u32 = 5;
/// The longest wait.
const LONGEST: Span = Span::minutes(15);
/// Most logins that are remembered; past it, those that have waited their time are forgotten, then all.
const MOST: usize = 10_000;

/// Failures by login and address. In memory only: a restart forgives.
#[derive(Default)]
pub(crate) struct Throttle {
    // Keyed by a hash: what people type into a login field may be their password.
    failures: Mutex<HashMap<[u8; 32], Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    until: Timestamp,
}

impl Throttle {
    /// How long this login must still wait, if it must.
    pub(crate) fn wait(&self, login: &str, from: Option<IpAddr>, now: Timestamp) -> Option<Span> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let until = failures.get(&key(login, from))?.until;
        (now < until).then(|| until - now)
    }

    /// An attempt failed.
    pub(crate) fn failed(&self, login: &str, from: Option<IpAddr>, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST {
            failures.retain(|_, f| f.until + LONGEST > now);
        }
        if failures.len() >= MOST {
            failures.clear();
        }
        let entry = failures.entry(key(login, from)).or_insert(Failures { count: 0, until: now });
        entry.count = entry.count.saturating_add(1);
        if let Some(doublings) = entry.count.checked_sub(FREE) {
            let wait = Span::seconds(1_i64 << doublings.min(20));
            entry.until = now + wait.min(LONGEST);
        }
    }

    /// An attempt succeeded.
    pub(crate) fn succeeded(&self, login: &str, from: Option<IpAddr>) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(login, from));
    }
}

fn key(login: &str, from: Option<IpAddr>) -> [u8; 32] {
    let from = from.map_or_else(String::new, |ip| ip.to_string());
    Sha256::new().chain_update(from).chain_update([0]).chain_update(login).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_and_ends() {
        let throttle = Throttle::default();
        let mut now = Timestamp::from_millis(1_795_400_000_000);
        for _ in 0..FREE - 1 {
            throttle.failed("he", None, now);
            assert_eq!(throttle.wait("he", None, now), None);
        }
        for seconds in [1, 2, 4, 8] {
            throttle.failed("he", None, now);
            assert_eq!(throttle.wait("he", None, now), Some(Span::seconds(seconds)));
            now = now + Span::seconds(seconds);
            assert_eq!(throttle.wait("he", None, now), None);
        }
        assert_eq!(throttle.wait("zhao", None, now), None, "others do not wait");
        for _ in 0..100 {
            throttle.failed("he", None, now);
        }
        assert_eq!(throttle.wait("he", None, now), Some(LONGEST));
        throttle.succeeded("he", None);
        assert_eq!(throttle.wait("he", None, now), None);
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..MOST * 2 + 1 {
            throttle.failed(&n.to_string(), None, Timestamp::EPOCH);
        }
        assert!(throttle.failures.lock().unwrap().len() <= MOST);
    }
}
