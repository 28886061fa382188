//! What was forgotten goes from the medium, too. A record that is removed from the store still lies in its files, sealed; and
//! the key that opens it is the key of what stays.

use super::Inner;
use crate::error::StoreError;
use crate::store::{Changes, Key, Space};

const DUE: &[u8] = b"scrub";

impl Inner {
    /// Something is forgotten by these changes that may not be found on the medium. To be followed by
    /// [`Self::scrub`]; after a kill in between, opening the store does it.
    pub(super) fn put_scrub(changes: &mut Changes) {
        changes.put(Key::single(Space::Setting, DUE), Vec::new());
    }

    /// Sees to what is due. It writes the whole store anew, so it is done for whom it matters, and once for all that one
    /// exchange brought.
    pub(super) fn scrub(&mut self) -> Result<(), StoreError> {
        let due = Key::single(Space::Setting, DUE);
        // What cannot be done now, for want of room perhaps, holds nothing else up: it stays due.
        if self.store.get(&due)?.is_none() || self.store.scrub().is_err() {
            return Ok(());
        }
        let mut changes = Changes::default();
        changes.remove(due);
        self.store.apply(&changes)
    }
}
