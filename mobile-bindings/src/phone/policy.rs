//! The policy on this phone: the files of the newest version that came whole.

use std::sync::Arc;

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

impl Files {
    /// The evaluator; `None` for files that this version of the app does not understand.
    fn evaluator(&self) -> Option<Arc<Evaluator>> {
        let files: Vec<(&str, &str)> = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Policy::parse(&files).ok().map(|policy| Arc::new(Evaluator::new(Arc::new(policy))))
    }
}

pub(super) fn load(store: &dyn Store) -> Result<Option<Arc<Evaluator>>, StoreError> {
    let active: Option<Files> = record::get(store, &Key::single(Space::Policy, ACTIVE))?;
    Ok(active.and_then(|files| files.evaluator()))
}

impl Phone {
    /// The evaluator of the policy on this phone, with its checklist and texts; `None` before the first sync.
    #[must_use]
    pub fn policy(&self) -> Option<Arc<Evaluator>> {
        self.lock().policy.clone()
    }
}

impl Inner {
    /// The version of the policy on this phone; 0 for none.
    pub(super) fn policy_version(&self) -> u32 {
        self.policy.as_ref().map_or(0, |evaluator| evaluator.policy().manifest.version)
    }

    /// Takes some files of a version in. Only a version that is whole and understood comes into force here; another one
    /// is asked for again.
    pub(super) fn take_policy(&mut self, arrived: &PolicyFiles) -> Result<(), StoreError> {
        if arrived.version <= self.policy_version() {
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
        let evaluator = files.evaluator();
        changes.remove(arriving);
        if evaluator.is_some() {
            record::put(&mut changes, Key::single(Space::Policy, ACTIVE), &files);
        }
        self.store.apply(&changes)?;
        self.policy = evaluator.or_else(|| self.policy.take());
        Ok(())
    }
}
