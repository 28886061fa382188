//! How much one device, session or address may ask of this node: so that one that runs wild is in nobody's way. In
//! memory; a restart forgives. A worker's whole day in one go stays far below.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use sync_core::id::DeviceId;
use sync_core::time::{Span, Timestamp};

/// How much of something is allowed: so much at once, and then one each `every`.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    at_once: i64,
    every: Span,
}

/// Syncs of one phone. A day's work takes a few dozen.
pub(crate) const SYNC: Rate = Rate { at_once: 600, every: Span::seconds(1) };
/// Requests of one session or phone at the API.
pub(crate) const API: Rate = Rate { at_once: 3_000, every: Span::millis(50) };
/// Logins, refreshes and enrolments from one address: that of a whole office, on the morning when it begins.
pub(crate) const DOOR: Rate = Rate { at_once: 600, every: Span::millis(500) };
/// Syncs from one address, before it is known who it is: all phones of a street may come through one.
pub(crate) const SYNC_DOOR: Rate = Rate { at_once: 20_000, every: Span::millis(5) };

/// Most that are remembered; past it, those that have come to rest are forgotten, then all.
const MOST: usize = 50_000;

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// A phone that syncs.
    Phone(DeviceId),
    /// A session or phone at the API.
    Bearer(DeviceId),
    /// Whoever is at the door of this address.
    Door(IpAddr),
    /// Whoever syncs from this address.
    SyncDoor(IpAddr),
}

impl Who {
    /// What kind of limit it is that they came to.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Phone(_) => "phone",
            Self::Bearer(_) => "bearer",
            Self::Door(_) => "door",
            Self::SyncDoor(_) => "sync_door",
        }
    }
}

/// What each has asked for lately: the moment at which it will have come to rest.
#[derive(Default)]
pub(crate) struct Limits {
    rest: Mutex<HashMap<Who, Timestamp>>,
}

impl Limits {
    /// Counts a request, or says how long to wait for the next.
    pub(crate) fn ask(&self, who: Who, now: Timestamp) -> Result<(), Span> {
        let rate = match who {
            Who::Phone(_) => SYNC,
            Who::Bearer(_) => API,
            Who::Door(_) => DOOR,
            Who::SyncDoor(_) => SYNC_DOOR,
        };
        let who = match who {
            Who::Door(address) => Who::Door(neighbourhood(address)),
            Who::SyncDoor(address) => Who::SyncDoor(neighbourhood(address)),
            other => other,
        };
        let every = rate.every.as_millis();
        let slack = every * (rate.at_once - 1);
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if rest.len() >= MOST {
            rest.retain(|_, at| *at > now);
        }
        if rest.len() >= MOST {
            rest.clear();
        }
        let at = rest.entry(who).or_insert(now);
        let mut ahead = (*at - now).as_millis().max(0);
        if ahead > slack + every {
            // Nobody comes that far ahead by asking: the clock went back. That must not shut anybody out.
            ahead = 0;
        }
        if ahead > slack {
            return Err(Span::millis(ahead - slack));
        }
        *at = now + Span::millis(ahead + every);
        Ok(())
    }
}

/// Whoever has an address of IPv6 has all those beside it.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

/// Whole seconds to wait, for `Retry-After`.
pub(crate) fn seconds(wait: Span) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(0).div_ceil(1000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    fn phone(n: u8) -> Who {
        Who::Phone(DeviceId::from_bytes([n; 16]))
    }

    #[test]
    fn so_much_at_once_then_one_at_a_time() {
        let limits = Limits::default();
        let mut now = NOW;
        for _ in 0..SYNC.at_once {
            assert_eq!(limits.ask(phone(1), now), Ok(()));
        }
        assert_eq!(limits.ask(phone(1), now), Err(Span::seconds(1)));
        assert_eq!(limits.ask(phone(2), now), Ok(()), "others do not wait");
        now = now + Span::seconds(1);
        assert_eq!(limits.ask(phone(1), now), Ok(()));
        assert!(limits.ask(phone(1), now).is_err());
        now = now + Span::seconds(SYNC.at_once);
        for _ in 0..SYNC.at_once {
            assert_eq!(limits.ask(phone(1), now), Ok(()), "rested");
        }
    }

    #[test]
    fn everybody_is_held_to_the_rate_of_what_they_ask() {
        let limits = Limits::default();
        let (device, address) = (DeviceId::from_bytes([1; 16]), IpAddr::from([192, 0, 2, 1]));
        for (who, rate) in [
            (Who::Phone(device), SYNC),
            (Who::Bearer(device), API),
            (Who::Door(address), DOOR),
            (Who::SyncDoor(address), SYNC_DOOR),
        ] {
            for n in 0..rate.at_once {
                assert_eq!(limits.ask(who, NOW), Ok(()), "{} {n}", who.kind());
            }
            assert_eq!(limits.ask(who, NOW), Err(rate.every), "{}", who.kind());
        }
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        assert!(limits.ask(Who::Door(mapped), NOW).is_err(), "the same address, written as one of IPv6");
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out() {
        let limits = Limits::default();
        for _ in 0..SYNC.at_once {
            assert_eq!(limits.ask(phone(1), NOW), Ok(()));
        }
        assert!(limits.ask(phone(1), NOW).is_err());
        assert_eq!(limits.ask(phone(1), NOW - Span::minutes(11)), Ok(()));
    }

    #[test]
    fn neighbours_in_a_network_of_their_own_are_one() {
        let limits = Limits::default();
        for n in 0..DOOR.at_once {
            let address: IpAddr = format!("2001:db8:0:1::{n:x}").parse().unwrap();
            assert_eq!(limits.ask(Who::Door(address), NOW), Ok(()));
        }
        assert!(limits.ask(Who::Door("2001:db8:0:1::ffff".parse().unwrap()), NOW).is_err());
        assert_eq!(limits.ask(Who::Door("2001:db8:0:2::1".parse().unwrap()), NOW), Ok(()));
        assert_eq!(limits.ask(Who::Door("192.0.2.1".parse().unwrap()), NOW), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let limits = Limits::default();
        for n in 0..u128::try_from(MOST * 2 + 1).unwrap() {
            let _counted = limits.ask(Who::Bearer(DeviceId::from_bytes(n.to_be_bytes())), NOW);
        }
        assert!(limits.rest.lock().unwrap().len() <= MOST);
    }
}
