//! A deadline, without a runtime: a thread that waits until then, or until nobody does any more.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;

/// Goes off after a while. Dropping it ends its thread.
pub(crate) struct AlarmClock {
    off: oneshot::Receiver<()>,
    _needed: mpsc::Sender<()>,
}

impl AlarmClock {
    /// `None` when the system gives no thread.
    pub(crate) fn after(while_: Duration) -> Option<Self> {
        let (ring, off) = oneshot::channel();
        let (needed, gone) = mpsc::channel::<()>();
        let wait = move || {
            if gone.recv_timeout(while_) == Err(mpsc::RecvTimeoutError::Timeout) {
                // Whoever waited may have gone just now.
                let _unheard = ring.send(());
            }
        };
        thread::Builder::new().name("doorstep-deadline".to_owned()).spawn(wait).ok()?;
        Some(Self { off, _needed: needed })
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.off).poll(context).map(drop)
    }
}
