//! Records of the store as typed values.

use minicbor::{Decode, Encode};

use crate::error::StoreError;
use crate::store::{Changes, Key, Store};

/// Reads a record; one that does not decode is damaged.
pub(crate) fn get<T: for<'b> Decode<'b, ()>>(store: &dyn Store, key: &Key) -> Result<Option<T>, StoreError> {
    store.get(key)?.map(|bytes| decoded(&bytes)).transpose()
}

/// Adds a record to the changes.
pub(crate) fn put<T: Encode<()>>(changes: &mut Changes, key: Key, value: &T) {
    match minicbor::to_vec(value) {
        Ok(bytes) => changes.put(key, bytes),
        Err(_) => unreachable!("encoding into a vector"),
    }
}

pub(crate) fn decoded<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, StoreError> {
    minicbor::decode(bytes).map_err(|_| StoreError::Damaged)
}
