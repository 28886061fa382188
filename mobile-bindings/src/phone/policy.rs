//! The policy on this phone: the files of the newest version that came whole.

use std::sync::{Arc, OnceLock};

use minicbor::{Decode, Encode};
use sync_core::policy::{Evaluator, Policy};
use sync_core::wire::PolicyFiles;

use super::{Inner, Phone};
use crate::error::StoreError;
use crate::record;
use crate::store::{Changes, Key, Space, Store};

const ACTIVE: &[u8] = b"active";
const ARRIVING: &[u8] = b"arriving";

/// A version with its files.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(map)]
struct Files {
    #[n(0)]
    version: u32,
    #[n(1)]
    files: Vec<(String, String)>,
}

/// The policy on this phone. Its rules are compiled when they are first needed, so that opening the phone is quick.
#[derive(Default)]
pub(super) struct Held {
    files: Files,
    evaluator: OnceLock<Option<Arc<Evaluator>>>,
}

impl Held {
    pub(super) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let files = record::get(store, &Key::single(Space::Policy, ACTIVE))?.unwrap_or_default();
        Ok(Self { files, evaluator: OnceLock::new() })
    }

    /// The rules; `None` before the first sync, or when this version of the app does not understand the files.
    pub(super) fn evaluator(&self) -> Option<&Arc<Evaluator>> {
        self.evaluator.get_or_init(|| self.files.evaluator()).as_ref()
    }

    /// The version; 0 for none, and for one that is not understood: then it is asked for again.
    pub(super) fn version(&self) -> u32 {
        let useless = matches!(self.evaluator.get(), Some(None));
        if useless { 0 } else { self.files.version }
    }
}

impl Files {
    fn evaluator(&self) -> Option<Arc<Evaluator>> {
        let files: Vec<(&str, &str)> = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Policy::parse(&files).ok().map(|policy| Arc::new(Evaluator::new(Arc::new(policy))))
    }
}

impl Phone {
    /// The evaluator of the policy on this phone, with its checklist and texts; `None` before the first sync.
    #[must_use]
    pub fn policy(&self) -> Option<Arc<Evaluator>> {
        self.lock().policy.evaluator().cloned()
    }
}

impl Inner {
    /// Takes some files of a version in. Only a version that is whole and understood comes into force here; another one
    /// is asked for again.
    pub(super) fn take_policy(&mut self, arrived: &PolicyFiles) -> Result<(), StoreError> {
        if arrived.version == self.policy.version() {
            return Ok(());
        }
        let arriving = Key::single(Space::Policy, ARRIVING);
        let mut files: Files = record::get(&*self.store, &arriving)?.unwrap_or_default();
        if files.version != arrived.version {
            files = Files { version: arrived.version, files: Vec::new() };
        }
        for file in &arrived.files {
            files.files.retain(|(name, _)| *name != file.name);
            files.files.push((file.name.clone(), file.text.clone()));
        }
        let mut changes = Changes::default();
        if !arrived.last {
            record::put(&mut changes, arriving, &files);
            return self.store.apply(&changes);
        }
        changes.remove(arriving);
        let evaluator = files.evaluator();
        if evaluator.is_some() {
            record::put(&mut changes, Key::single(Space::Policy, ACTIVE), &files);
        }
        self.store.apply(&changes)?;
        if evaluator.is_some() {
            self.policy = Held { files, evaluator: OnceLock::from(evaluator) };
        }
        Ok(())
    }
}
