//! A store in memory, for simulations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Changes, Key, Space, Store, StoreError};

type Records = BTreeMap<Key, Vec<u8>>;

/// A store in memory. Clones share their records: dropping a phone and opening one on a clone is what a kill does.
#[derive(Clone, Default)]
pub struct MemoryStore {
    records: Arc<Mutex<Records>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy that shares nothing: a backup of the phone.
    #[must_use]
    pub fn backup(&self) -> Self {
        Self { records: Arc::new(Mutex::new(self.records().clone())) }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.records().get(key).cloned())
    }

    fn list(&self, space: Space, name: &[u8]) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let range = Key::at(space, name, 0)..=Key::at(space, name, u64::MAX);
        Ok(self.records().range(range).map(|(key, value)| (key.position, value.clone())).collect())
    }

    fn scan(&self, space: Space) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        let records = self.records();
        let of_space = records.iter().filter(|(key, _)| key.space == space);
        Ok(of_space.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn apply(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let mut records = self.records();
        for (key, value) in changes.writes() {
            match value {
                Some(value) => records.insert(key.clone(), value.clone()),
                None => records.remove(key),
            };
        }
        Ok(())
    }

    fn wipe(&mut self, keep: &Changes) -> Result<(), StoreError> {
        self.records().clear();
        self.apply(keep)
    }

    fn scrub(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn rekey(&mut self, _: &[u8; 32]) -> Result<(), StoreError> {
        Ok(())
    }
}
