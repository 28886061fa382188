//! When a delivery that failed is tried again: soon, because somebody may be waiting for help, then ever less often.

use sync_core::limits::DELIVERY_ATTEMPTS;
use sync_core::time::Span;

use crate::random::Random;

/// After the first attempt.
const FIRST: Span = Span::seconds(5);
/// Longest.
const LONGEST: Span = Span::hours(1);

/// How long to wait after the attempt of this number, from 1; `None` when it was the last. Up to a quarter more or less,
/// so that what failed together does not come again together.
pub(crate) fn after(attempt: u32, random: &(dyn Random + 'static)) -> Option<Span> {
    if attempt >= DELIVERY_ATTEMPTS {
        return None;
    }
    let doubled = FIRST.as_millis().saturating_mul(1 << attempt.saturating_sub(1).min(20));
    let base = doubled.min(LONGEST.as_millis());
    let share = i64::from(u16::from_be_bytes(random.bytes()));
    Some(Span::millis(base * 3 / 4 + base / 2 * share / i64::from(u16::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn soon_then_rarely_then_never() {
        let random = SeededRandom::new(3);
        let waits: Vec<Span> = (1..DELIVERY_ATTEMPTS).map(|attempt| after(attempt, &random).unwrap()).collect();
        for (wait, nth) in waits.iter().zip(0..) {
            let base = (5_000 << nth.min(20)).min(3_600_000);
            let wait = wait.as_millis();
            assert!(base * 3 / 4 <= wait && wait <= base * 5 / 4, "{nth}: {wait}");
        }
        assert_eq!(after(DELIVERY_ATTEMPTS, &random), None);
        let total: i64 = waits.iter().map(|wait| wait.as_millis()).sum();
        assert!(total > Span::hours(8).as_millis(), "a receiver that is down for a night gets it in the morning");
        assert_ne!(after(1, &random), after(1, &random), "spread");
    }
}
