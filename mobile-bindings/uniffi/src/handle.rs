//! The handle: opened, paused and resumed, its key turned, listened to, shut.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use doorstep_mobile::{Environment, Phone};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{Common as _, OpenError};
use crate::listen::{Bell, Listener, Subscription};
use crate::uptime::{HostUptime, environment};
use crate::worker::{Worker, on_phone};

/// A phone. Every call runs on the library's own thread and is asynchronous for the caller: it may be made from the
/// thread that draws the screen. [`Background`] has the same calls for threads that may wait.
#[derive(uniffi::Object)]
pub struct Doorstep {
    pub(crate) worker: Worker,
    pub(crate) bell: Bell,
    pub(crate) syncing: AtomicBool,
    path: PathBuf,
    environment: Environment,
    shut: AtomicBool,
}

/// The same phone for background threads: each call returns when it is done. Never from the thread that draws the
/// screen, and never from within a transport.
#[derive(uniffi::Object)]
pub struct Background(pub(crate) Arc<Doorstep>);

#[uniffi::export]
impl Doorstep {
    /// Opens the phone's store at `path`, or creates it. `key` has 32 bytes, comes from the host's key store, and is
    /// never written. `uptime` counts time that only runs forward, if the platform can; else the time since this call
    /// counts.
    ///
    /// # Errors
    /// [`OpenError`]
    #[uniffi::constructor]
    pub async fn open(path: String, key: Vec<u8>, uptime: Option<Arc<dyn HostUptime>>) -> Result<Arc<Self>, OpenError> {
        let key = key_of(key)?;
        let doorstep = Self {
            worker: Worker::start().ok_or(OpenError::Fault)?,
            bell: Bell::start().ok_or(OpenError::Fault)?,
            syncing: AtomicBool::new(false),
            path: path.into(),
            environment: environment(uptime),
            shut: AtomicBool::new(false),
        };
        doorstep.reopen(key).await?;
        Ok(Arc::new(doorstep))
    }

    /// Closes every file and gives every lock back, and returns when that is done: to be called before the operating
    /// system suspends the app. Calls that were made before are finished first; a step of sync that waits for its
    /// answer loses it, and nothing else. Paused twice is paused.
    ///
    /// # Errors
    /// [`OpenError::Fault`]
    pub async fn pause(&self) -> Result<(), OpenError> {
        let closed = |slot: &mut Option<Phone>| {
            *slot = None;
            Ok(())
        };
        self.worker.run(closed).await
    }

    /// Opens the store again, with the key from the host's key store.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::NotOpen`] after [`Self::shut`].
    pub async fn resume(&self, key: Vec<u8>) -> Result<(), OpenError> {
        let key = key_of(key)?;
        if self.shut.load(Ordering::Acquire) {
            return Err(OpenError::NOT_OPEN);
        }
        self.reopen(key).await?;
        self.bell.ring();
        Ok(())
    }

    /// As [`Self::pause`], for good.
    ///
    /// # Errors
    /// [`OpenError::Fault`]
    pub async fn shut(&self) -> Result<(), OpenError> {
        self.shut.store(true, Ordering::Release);
        self.pause().await
    }

    /// Seals the store under another key. From then on only that one opens it; when this is interrupted, exactly one of
    /// the two does.
    ///
    /// # Errors
    /// [`OpenError`]; the old key then still holds.
    pub async fn rotate_key(&self, key: Vec<u8>) -> Result<(), OpenError> {
        let key = key_of(key)?;
        self.worker.run(on_phone(move |phone: &Phone| Ok::<_, OpenError>(phone.rotate_key(&key)?))).await
    }

    /// Tells a listener whenever something changed, as long as the subscription lives.
    #[must_use]
    pub fn subscribe(&self, listener: Arc<dyn Listener>) -> Arc<Subscription> {
        Arc::new(self.bell.subscribe(listener))
    }

    /// The same phone, for background threads.
    #[must_use]
    pub fn background(self: Arc<Self>) -> Arc<Background> {
        Arc::new(Background(self))
    }
}

impl Doorstep {
    async fn reopen(&self, key: Zeroizing<[u8; 32]>) -> Result<(), OpenError> {
        let (path, environment) = (self.path.clone(), self.environment.clone());
        let open = move |slot: &mut Option<Phone>| {
            if slot.is_none() {
                *slot = Some(Phone::open(&path, &key, environment)?);
            }
            Ok(())
        };
        self.worker.run(open).await
    }
}

/// A key in memory that is overwritten when it is not needed any more. The host's own copy is the host's to forget.
fn key_of(mut key: Vec<u8>) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let fixed = <[u8; 32]>::try_from(key.as_slice()).map(Zeroizing::new);
    key.zeroize();
    fixed.map_err(|_| OpenError::KeyLength)
}
