//! The library's own thread. It owns the phone, and nothing else touches the store: calls come one after the other, a
//! pause waits for those before it, and no caller's thread is held up unless it asks to be.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use doorstep_mobile::Phone;
use futures_channel::oneshot;

use crate::error::Common;

/// The phone, while it is open.
pub(crate) type Slot = Option<Phone>;

type Job = Box<dyn FnOnce(&mut Slot) + Send>;

/// The way to the thread. When the last one is dropped, the thread ends and with it the phone.
pub(crate) struct Worker {
    jobs: mpsc::Sender<Job>,
}

impl Worker {
    /// Starts the thread; `None` when the system gives none.
    pub(crate) fn start() -> Option<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let work = move || {
            let mut slot: Slot = None;
            for job in queue {
                job(&mut slot);
            }
        };
        thread::Builder::new().name("doorstep".to_owned()).spawn(work).ok()?;
        Some(Self { jobs })
    }

    /// Does something on the thread. When the future is dropped the work is done all the same: it was asked for.
    pub(crate) async fn run<T, E>(&self, work: impl FnOnce(&mut Slot) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: Common + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.post(work, move |result| drop(reply.send(result)));
        answer.await.unwrap_or(Err(E::FAULT))
    }

    /// Does something on the thread, and waits for it.
    pub(crate) fn wait<T, E>(&self, work: impl FnOnce(&mut Slot) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: Common + Send + 'static,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        self.post(work, move |result| drop(reply.send(result)));
        answer.recv().unwrap_or(Err(E::FAULT))
    }

    /// A panic ends the work, not the thread. The phone changes its memory only after its store took a step, so the
    /// next call finds a state that held.
    fn post<T, E: Common>(
        &self,
        work: impl FnOnce(&mut Slot) -> Result<T, E> + Send + 'static,
        reply: impl FnOnce(Result<T, E>) + Send + 'static,
    ) {
        let job = move |slot: &mut Slot| reply(catch_unwind(AssertUnwindSafe(|| work(slot))).unwrap_or(Err(E::FAULT)));
        // A thread that is gone drops the reply, and whoever waits for it is told of a fault.
        drop(self.jobs.send(Box::new(job)));
    }
}

/// Work on an open phone.
pub(crate) fn on_phone<T, E: Common>(
    work: impl FnOnce(&Phone) -> Result<T, E>,
) -> impl FnOnce(&mut Slot) -> Result<T, E> {
    move |slot| work(slot.as_ref().ok_or(E::NOT_OPEN)?)
}
