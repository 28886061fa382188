//! Time and randomness as the host, a test or a simulation supplies them.

use std::sync::Arc;

use sync_core::time::{Span, Timestamp};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, by this phone's clock; nobody trusts it for order or expiry.
    fn now(&self) -> Timestamp;
}

/// Counts time that only runs forward, for the lease: a clock that is set must not prolong it.
pub trait Uptime: Send + Sync {
    /// Which start of the phone, or of the app, this is: another number each time.
    fn start(&self) -> u64;

    /// The time since then, while the phone sleeps too if the platform can tell.
    fn running(&self) -> Span;
}

/// Draws randomness fit for keys.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// What a phone takes from the world besides its store and its transport.
#[derive(Clone)]
pub struct Environment {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Time that only runs forward.
    pub uptime: Arc<dyn Uptime>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Environment {
    /// The clock and randomness of the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), uptime: Arc::new(SystemUptime::new()), random: Arc::new(SystemRandom) }
    }

    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    pub(crate) fn id_random(&self) -> u128 {
        u128::from_be_bytes(self.bytes())
    }
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the edge where a phone's clock is read")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The time since the app was started.
#[derive(Debug, Clone, Copy)]
pub struct SystemUptime {
    start: u64,
    since: std::time::Instant,
}

impl SystemUptime {
    /// From now on. A host that can ask its platform for the time since boot, sleep included, brings that instead.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the edge where a phone's clock is read")]
    pub fn new() -> Self {
        let mut start = [0; 8];
        SystemRandom.fill(&mut start);
        Self { start: u64::from_be_bytes(start), since: std::time::Instant::now() }
    }
}

impl Default for SystemUptime {
    fn default() -> Self {
        Self::new()
    }
}

impl Uptime for SystemUptime {
    fn start(&self) -> u64 {
        self.start
    }

    #[expect(clippy::disallowed_methods, reason = "this is the edge where a phone's clock is read")]
    fn running(&self) -> Span {
        Span::millis(i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

/// The randomness of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    /// When the operating system has no randomness: no key could be made and nothing sealed.
    #[expect(clippy::disallowed_methods, reason = "this is the edge where a phone's randomness is drawn")]
    fn fill(&self, buffer: &mut [u8]) {
        assert!(getrandom::fill(buffer).is_ok(), "the operating system gives no randomness");
    }
}
