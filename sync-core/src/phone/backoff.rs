//! When to try again after a failed exchange: soon at first, then ever later, and never all phones at once.

use minicbor::{Decode, Encode};

use crate::time::{Span, Timestamp};

/// After the first failure.
const FIRST: i64 = 5_000;
/// At most.
const MOST: i64 = 15 * 60_000;

/// Failures in a row, and until when to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Backoff {
    #[n(0)]
    failures: u32,
    #[n(1)]
    until: Timestamp,
}

impl Backoff {
    /// An exchange failed. `random` spreads the waiting over half to the whole of its time.
    pub fn failed(&mut self, now: Timestamp, random: u16) {
        let longest = FIRST.saturating_mul(1 << self.failures.min(16)).min(MOST);
        let wait = longest / 2 + longest / 2 * i64::from(random) / i64::from(u16::MAX);
        self.failures = self.failures.saturating_add(1);
        self.until = now + Span::millis(wait);
    }

    /// The server asks to be left alone for a while: no shorter than that, whatever else there is to wait for.
    pub fn asked_to_wait(&mut self, now: Timestamp, wait: Span) {
        let asked = now + Span::millis(wait.as_millis().clamp(0, MOST));
        self.until = self.waits_until(now).map_or(asked, |until| until.max(asked));
    }

    /// An exchange went well, or the host knows of a better link.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Until when to wait; `None` when it is time. A clock that was set back cannot make it wait longer than ever.
    #[must_use]
    pub fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        let sane = self.until - now <= Span::millis(MOST);
        (now < self.until && sane).then_some(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_up_to_a_bound_and_never_after_a_clock_was_set_back() {
        let now = Timestamp::from_millis(1_000_000_000);
        let mut backoff = Backoff::default();
        assert_eq!(backoff.waits_until(now), None);
        let mut last = Span::ZERO;
        for failure in 0..20 {
            backoff.failed(now, u16::MAX);
            let wait = backoff.waits_until(now).unwrap() - now;
            assert!(wait > last || wait.as_millis() > MOST - 2, "{failure}: {wait:?}");
            last = wait;
        }
        assert!(last.as_millis() <= MOST);
        assert_eq!(backoff.waits_until(now + Span::minutes(15)), None);
        assert_eq!(backoff.waits_until(now - Span::days(1)), None);
        backoff.asked_to_wait(now, Span::seconds(1));
        assert_eq!(
            backoff.waits_until(now).unwrap() - now,
            last,
            "a server that asks for less does not make it shorter"
        );
        backoff.reset();
        assert_eq!(backoff.waits_until(now), None);
        backoff.asked_to_wait(now, Span::seconds(10));
        assert_eq!(backoff.waits_until(now), Some(now + Span::seconds(10)));
    }
}
