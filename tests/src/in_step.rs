//! A phone whose clock is the server's: what tests move there has passed here too.

use std::sync::Arc;

use doorstep::clock::{Clock as _, ManualClock};
use doorstep_mobile::{Clock, Environment, SystemRandom, Uptime};
use sync_core::time::{Span, Timestamp};

use crate::inprocess::{MORNING, Server};

struct Same(Arc<ManualClock>);

impl Clock for Same {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Uptime for Same {
    fn start(&self) -> u64 {
        1
    }

    fn running(&self) -> Span {
        self.0.now() - MORNING
    }
}

/// The surroundings of such a phone.
#[must_use]
pub fn in_step_with(server: &Server) -> Environment {
    let same = || Arc::new(Same(server.clock.clone()));
    Environment { clock: same(), uptime: same(), random: Arc::new(SystemRandom) }
}
