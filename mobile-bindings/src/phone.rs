//! The phone: one handle over the store, the replica and sync. Every call is one step: it reads, works in memory, writes
//! once, and only then changes what is in memory. A kill between or within calls loses nothing that a call returned.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sync_core::id::CaseloadId;
use sync_core::time::{Hlc, Timestamp};

use crate::environment::Environment;
use crate::error::{PhoneError, StoreError};
use crate::record;
use crate::store::{Changes, Key, SealedStore, Space, Store};

mod alarm;
mod amend;
mod brief;
mod caseload;
mod device;
mod door;
mod draft;
mod due;
mod enrol;
mod erased;
mod file;
mod forget;
mod index;
mod lease;
mod news;
mod policy;
mod receipt;
mod relay;
mod replica;
mod scrub;
mod search;
mod sheet;
mod shown;
mod sync;
mod today;
mod united;
mod view;
mod weather;

pub use brief::{FileKind, OpenFinding, PremisesBrief};
pub use caseload::CaseloadView;
pub use door::{DoorFlag, DoorFlags};
pub use draft::{Draft, Finished};
pub use due::{Due, DueFor};
pub use enrol::EnrolmentRequest;
pub use file::{
    ConfirmedView, ConflictView, ConsentView, ContactView, DwellingFile, EarlierAnswer, ElderFile, EventView,
    FieldView, FlagView, HazardView, HomeView, LevelView, NeedView, OperatorView, PremisesFile, QuestionView,
    ReferralRound, ReferralView, SaidView,
};
pub use lease::LeaseView;
pub use news::{Change, News};
pub use receipt::{Pending, Receipt, Stage};
pub use search::{DwellingRow, ElderRow, Found};
pub use sync::{Blocked, HintRequest, Request, Response, Step, SyncOutcome, Transport, TransportError};
pub use today::{Asked, Today, Visit};
pub use weather::WeatherNow;

use caseload::Caseload;
use device::Device;
use index::Index;
use sync::Session;

/// A phone.
pub struct Phone {
    inner: Mutex<Inner>,
}

/// What a phone has in memory. Documents and events stay in the store.
struct Inner {
    store: Box<dyn Store>,
    environment: Environment,
    device: Device,
    clock: Hlc,
    /// The last provisional number of a notice.
    notices: u64,
    caseloads: BTreeMap<CaseloadId, Caseload>,
    index: Index,
    policy: policy::Held,
    session: Session,
    /// Parcels that are carried.
    bag: relay::Bag,
    lease: lease::Held,
}

const DEVICE: &[u8] = b"device";
const CLOCK: &[u8] = b"clock";
const NOTICES: &[u8] = b"notices";

impl Phone {
    /// Opens the phone's store at `path`, or creates it. `key` comes from the host's key store and is never written.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn open(path: &Path, key: &[u8; 32], environment: Environment) -> Result<Self, StoreError> {
        let store = SealedStore::open(path, key, &environment)?;
        Self::on_store(Box::new(store), environment)
    }

    /// Opens a phone on a store that the caller brings: memory in simulations.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn on_store(mut store: Box<dyn Store>, environment: Environment) -> Result<Self, StoreError> {
        let device_key = Key::single(Space::Setting, DEVICE);
        let device = match record::get(&*store, &device_key)? {
            Some(device) => device,
            None => {
                let device = Device::new(&environment);
                let mut changes = Changes::default();
                record::put(&mut changes, device_key, &device);
                store.apply(&changes)?;
                device
            }
        };
        let setting = |name| Key::single(Space::Setting, name);
        let mut inner = Inner {
            clock: record::get(&*store, &setting(CLOCK))?.unwrap_or_default(),
            notices: record::get(&*store, &setting(NOTICES))?.unwrap_or_default(),
            caseloads: Caseload::load_all(&*store)?,
            index: Index::load(&*store)?,
            policy: policy::Held::load(&*store)?,
            session: Session::load(&*store)?,
            bag: relay::Bag::load(&*store)?,
            lease: lease::Held::load(&*store, &environment)?,
            store,
            environment,
            device,
        };
        if !Index::is_known(&*inner.store)? {
            inner.rebuild_index()?;
        }
        inner.scrub()?;
        inner.refresh_all_pending()?;
        Ok(Self { inner: Mutex::new(inner) })
    }

    /// Seals the store under another key of the host. Interrupted at any point, exactly one of the two opens it.
    ///
    /// # Errors
    /// [`StoreError`]; the key is then as before.
    pub fn rotate_key(&self, key: &[u8; 32]) -> Result<(), StoreError> {
        self.lock().store.rekey(key)
    }

    /// A poisoned lock means that a call panicked. Memory is only changed after the store took a step, so the next call
    /// finds a state that held.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn now(&self) -> Timestamp {
        self.environment.clock.now()
    }

    fn caseload(&self, caseload: CaseloadId) -> Result<&Caseload, PhoneError> {
        self.caseloads.get(&caseload).ok_or(PhoneError::NoSuchCaseload)
    }
}
