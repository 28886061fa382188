//! Listeners: they are told to read again, and nothing else. They are called on a thread of their own, so they may call
//! the library.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

/// Is told when something on the phone changed. It does not say what: read again what is on the screen.
#[uniffi::export(with_foreign)]
pub trait Listener: Send + Sync {
    /// Something changed. Several changes may be told at once. Not on the caller's thread.
    fn read_again(&self);
}

struct Subscribed {
    listener: Arc<dyn Listener>,
    wanted: Arc<AtomicBool>,
}

/// Tells listeners. The thread ends when the last bell is dropped.
#[derive(Clone)]
pub(crate) struct Bell {
    subscribed: Arc<Mutex<Vec<Subscribed>>>,
    ring: mpsc::SyncSender<()>,
}

impl Bell {
    /// Starts the thread; `None` when the system gives none.
    pub(crate) fn start() -> Option<Self> {
        // One ring waits while another is heard: more would say nothing new.
        let (ring, rung) = mpsc::sync_channel(1);
        let subscribed = Arc::new(Mutex::new(Vec::<Subscribed>::new()));
        let listeners = Arc::clone(&subscribed);
        let tell = move || {
            for () in rung {
                let mut wanted = Vec::new();
                {
                    let mut all = listeners.lock().unwrap_or_else(PoisonError::into_inner);
                    all.retain(|one| one.wanted.load(Ordering::Acquire));
                    wanted.extend(all.iter().map(|one| (Arc::clone(&one.listener), Arc::clone(&one.wanted))));
                }
                for (listener, wanted) in wanted {
                    if wanted.load(Ordering::Acquire) {
                        // A host's listener that throws must not keep the others from being told.
                        drop(catch_unwind(AssertUnwindSafe(|| listener.read_again())));
                    }
                }
            }
        };
        thread::Builder::new().name("doorstep-listeners".to_owned()).spawn(tell).ok()?;
        Some(Self { subscribed, ring })
    }

    pub(crate) fn ring(&self) {
        // When one waits already, it says the same.
        let _waits_already = self.ring.try_send(());
    }

    /// Rings when something was done.
    pub(crate) fn after<T, E>(&self, result: Result<T, E>) -> Result<T, E> {
        if result.is_ok() {
            self.ring();
        }
        result
    }

    pub(crate) fn subscribe(&self, listener: Arc<dyn Listener>) -> Subscription {
        let wanted = Arc::new(AtomicBool::new(true));
        let subscribed = Subscribed { listener, wanted: Arc::clone(&wanted) };
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner).push(subscribed);
        Subscription { wanted }
    }
}

/// Keeps a listener listening. Dropping it, or closing it where the language says so, ends that.
#[derive(uniffi::Object)]
pub struct Subscription {
    wanted: Arc<AtomicBool>,
}

#[uniffi::export]
impl Subscription {
    /// Ends it now.
    pub fn cancel(&self) {
        self.wanted.store(false, Ordering::Release);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.cancel();
    }
}
