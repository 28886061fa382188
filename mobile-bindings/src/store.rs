//! The store port: sealed records by space, name and position. One conformance suite runs on every store.
//!
//! A step of the phone reads what it needs, works in memory, and hands over all its writes at once as [`Changes`]: one
//! transaction, so that a kill between any two calls finds the state before the step or after it.

mod envelope;
mod memory;
mod sealed;

#[cfg(test)]
mod conformance;

pub use memory::MemoryStore;
pub use sealed::{SealedStore, VERSION};

pub use crate::error::StoreError;

/// What kind of record it is. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    /// Single records: the device, the clock, the state of sync.
    Setting = 0,
    /// One caseload: its name and cursor.
    Caseload = 1,
    /// A form in progress.
    Draft = 2,
    /// A finished form, by caseload and number.
    Outbox = 3,
    /// The confirmed document of an entity.
    Document = 4,
    /// What is found and listed without loading a document.
    Brief = 5,
    /// Confirmed events, by file and place in server order.
    Event = 6,
    /// Policy files, by version.
    Policy = 7,
    /// What changed since the last sync.
    News = 8,
    /// Parcels that only the server can open, by digest.
    Relay = 9,
}

/// The place of a record. The name is never stored in the clear, the position is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What kind of record.
    pub space: Space,
    /// The name: an id, usually.
    pub name: Vec<u8>,
    /// The place among records of this name.
    pub position: u64,
}

impl Key {
    /// The only record of this name.
    #[must_use]
    pub fn single(space: Space, name: &[u8]) -> Self {
        Self::at(space, name, 0)
    }

    /// The record at a position under this name.
    #[must_use]
    pub fn at(space: Space, name: &[u8], position: u64) -> Self {
        Self { space, name: name.to_vec(), position }
    }
}

/// All writes of one step.
#[derive(Default, Clone)]
pub struct Changes {
    writes: Vec<(Key, Option<Vec<u8>>)>,
}

impl Changes {
    /// Writes a record, new or not.
    pub fn put(&mut self, key: Key, value: Vec<u8>) {
        self.writes.push((key, Some(value)));
    }

    /// Removes a record, present or not.
    pub fn remove(&mut self, key: Key) {
        self.writes.push((key, None));
    }

    /// Whether nothing is to be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// The writes in the order in which they were made; a later one of the same key wins.
    #[must_use]
    pub fn writes(&self) -> &[(Key, Option<Vec<u8>>)] {
        &self.writes
    }
}

/// Records that survive the process.
pub trait Store: Send {
    /// The record at this place.
    ///
    /// # Errors
    /// [`StoreError`]; never [`StoreError::WrongKey`] once the store is open.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, StoreError>;

    /// All records under one name, by position.
    ///
    /// # Errors
    /// As [`Self::get`].
    fn list(&self, space: Space, name: &[u8]) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;

    /// All records of a space, in no order.
    ///
    /// # Errors
    /// As [`Self::get`].
    fn scan(&self, space: Space) -> Result<Vec<(Key, Vec<u8>)>, StoreError>;

    /// Writes all changes, or none. When it returns, they survive a kill and a loss of power.
    ///
    /// # Errors
    /// As [`Self::get`]; nothing is then written.
    fn apply(&mut self, changes: &Changes) -> Result<(), StoreError>;

    /// Forgets everything but what `keep` writes, in one step. What was there cannot be read again; after a
    /// [scrub](Self::scrub) not from what is left on the medium either.
    ///
    /// # Errors
    /// As [`Self::get`]; nothing is then forgotten.
    fn wipe(&mut self, keep: &Changes) -> Result<(), StoreError>;

    /// Sees to it that what was removed or written over cannot be read again from what is left on the medium either, as far
    /// as the store can see to that. It reads and writes everything once.
    ///
    /// # Errors
    /// As [`Self::get`]; it may then still be there, and what is kept is as before.
    fn scrub(&mut self) -> Result<(), StoreError>;

    /// Seals what is here under another key of the host. When it returns, only that one opens it; interrupted at any
    /// point, exactly one of the two does. A store that has no key has nothing to do.
    ///
    /// # Errors
    /// As [`Self::get`]; the key is then as before.
    fn rekey(&mut self, key: &[u8; 32]) -> Result<(), StoreError>;
}
