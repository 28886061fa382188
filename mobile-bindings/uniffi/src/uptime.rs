//! Time that only runs forward, as a host's platform counts it.

use std::sync::Arc;

use doorstep_mobile::{Environment, Uptime};
use sync_core::time::Span;

/// Counts time that only runs forward, for the lease. A platform that counts while the phone sleeps is the better
/// witness: `SystemClock.elapsedRealtime()` with the boot count on Android, `mach_continuous_time` on iOS.
#[uniffi::export(with_foreign)]
pub trait HostUptime: Send + Sync {
    /// Which start of the phone this is: another number each time.
    fn start(&self) -> u64;

    /// Milliseconds since then, sleep included.
    fn running_ms(&self) -> i64;
}

struct FromHost(Arc<dyn HostUptime>);

impl Uptime for FromHost {
    fn start(&self) -> u64 {
        self.0.start()
    }

    fn running(&self) -> Span {
        Span::millis(self.0.running_ms())
    }
}

/// The operating system's clock and randomness, with the host's uptime if it brings one.
pub(crate) fn environment(uptime: Option<Arc<dyn HostUptime>>) -> Environment {
    let system = Environment::system();
    match uptime {
        Some(uptime) => Environment { uptime: Arc::new(FromHost(uptime)), ..system },
        None => system,
    }
}
