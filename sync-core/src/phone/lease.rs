//! The lease: how long a phone may show its files without having spoken to the server.
//!
//! Time is counted twice, by the clock on the wall and by one that only runs forward while the phone is on, and whichever
//! says more counts. So setting the clock, or starting the phone anew, can end a lease earlier and never later. Only a
//! sync begins a new one.

use minicbor::{Decode, Encode};

use crate::time::{Span, Timestamp};

/// How far a clock may have been set back between two starts without ending the lease at once; each time costs as much.
const STEP: Span = Span::minutes(10);

/// A reading of both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The clock on the wall.
    pub wall: Timestamp,
    /// Which start of the phone, or of the app: another number means that `running` began anew.
    pub start: u64,
    /// The time since then.
    pub running: Span,
}

/// How much of the lease is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Lease {
    #[n(0)]
    used_ms: i64,
    #[n(1)]
    wall: Timestamp,
    #[n(2)]
    start: u64,
    #[n(3)]
    running_ms: i64,
}

impl Lease {
    /// A new one: the phone has just spoken to the server.
    #[must_use]
    pub fn renewed(now: Reading) -> Self {
        Self { used_ms: 0, wall: now.wall, start: now.start, running_ms: now.running.as_millis() }
    }

    /// Takes in what the clocks say now.
    #[must_use]
    pub fn observed(self, now: Reading) -> Self {
        let on_the_wall = (now.wall - self.wall).as_millis();
        let passed = if now.start == self.start {
            on_the_wall.max(now.running.as_millis().saturating_sub(self.running_ms))
        } else if on_the_wall >= 0 {
            on_the_wall.max(now.running.as_millis())
        } else if on_the_wall >= -STEP.as_millis() {
            STEP.as_millis().saturating_add(now.running.as_millis())
        } else {
            // Nobody knows how long it was off, and somebody has turned the clock back meanwhile.
            i64::MAX
        };
        Self { used_ms: self.used_ms.saturating_add(passed.max(0)), ..Self::renewed(now) }
    }

    /// How long it has been used.
    #[must_use]
    pub const fn used(&self) -> Span {
        Span::millis(self.used_ms)
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, length: Span) -> bool {
        self.used() >= length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MORNING: Timestamp = Timestamp::from_millis(1_795_393_800_000);
    const LENGTH: Span = Span::hours(72);

    fn at(wall_hours: i64, start: u64, running_hours: i64) -> Reading {
        Reading { wall: MORNING + Span::hours(wall_hours), start, running: Span::hours(running_hours) }
    }

    fn over(readings: &[Reading]) -> bool {
        let lease = Lease::renewed(at(0, 1, 5));
        readings.iter().fold(lease, |lease, reading| lease.observed(*reading)).is_over(LENGTH)
    }

    #[test]
    fn it_ends_after_its_time_however_often_it_is_looked_at() {
        assert!(!over(&[at(71, 1, 76)]));
        assert!(over(&[at(72, 1, 77)]));
        let hourly: Vec<Reading> = (1..=72).map(|hour| at(hour, 1, 5 + hour)).collect();
        assert!(over(&hourly) && !over(&hourly[..71]));
    }

    #[test]
    fn a_clock_that_is_set_can_only_end_it_earlier() {
        assert!(over(&[at(-100, 1, 77)]), "set back while it runs");
        assert!(over(&[at(100, 1, 6)]), "set forward");
        assert!(over(&[at(100, 1, 6), at(1, 1, 6)]), "and back again");
        assert!(over(&[at(40, 1, 45), at(1, 1, 46), at(40, 1, 46)]), "each way counts");
    }

    #[test]
    fn a_new_start_can_only_end_it_earlier() {
        assert!(!over(&[at(10, 2, 0), at(20, 3, 0)]));
        assert!(over(&[at(40, 2, 0), at(80, 3, 1)]), "the wall goes on while it is off");
        assert!(over(&[at(40, 1, 45), at(10, 2, 0)]), "set back while it is off");
        assert!(over(&[at(1, 2, 73)]), "it ran longer than the wall says");
        let mut lease = Lease::renewed(at(0, 1, 5));
        for n in 0..433 {
            let wall = MORNING - Span::minutes(n);
            lease = lease.observed(Reading { wall, start: 2 + n.unsigned_abs(), running: Span::ZERO });
        }
        assert!(lease.is_over(LENGTH), "a little back at each start");
    }
}
