//! What goes from phone to phone, by cable, radio or file: parcels in a row.
//!
//! ```text
//! "DOOR>" version  array of byte strings (CBOR)
//! ```

use crate::limits;
use crate::submission::encoded;
use crate::wire::{Raw, list};

const MAGIC: &[u8; 6] = b"DOOR>\x01";

#[derive(minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
struct Parcels(#[cbor(n(0), with = "list")] Vec<Raw>);

/// Bundles parcels, as many as a carrier takes at once.
#[must_use]
pub fn bundle(parcels: Vec<Vec<u8>>) -> Vec<u8> {
    let mut room = limits::BUNDLE_BYTES;
    let fits = |parcel: &Vec<u8>| {
        room = room.saturating_sub(parcel.len() + 16);
        room > 0
    };
    let parcels = parcels.into_iter().take_while(fits).map(Raw).collect();
    [MAGIC.as_slice(), &encoded(&Parcels(parcels))].concat()
}

/// The parcels of a bundle; `None` when it is none, or over a limit.
#[must_use]
pub fn parcels(bundle: &[u8]) -> Option<Vec<Vec<u8>>> {
    if bundle.len() > limits::BUNDLE_BYTES {
        return None;
    }
    let body = bundle.strip_prefix(MAGIC)?;
    let mut decoder = minicbor::Decoder::new(body);
    let Parcels(parcels) = decoder.decode().ok()?;
    let whole = decoder.position() == body.len();
    let sized = parcels.iter().all(|Raw(parcel)| !parcel.is_empty() && parcel.len() <= limits::PARCEL_BYTES);
    (whole && sized).then(|| parcels.into_iter().map(|Raw(parcel)| parcel).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_come_out_as_they_went_in_and_nothing_else_does() {
        let all = vec![vec![1], vec![2; 5_000]];
        let bytes = bundle(all.clone());
        assert_eq!(parcels(&bytes), Some(all));
        assert_eq!(parcels(&bundle(Vec::new())), Some(Vec::new()));
        for end in 0..bytes.len() {
            assert_eq!(parcels(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(parcels(&[bytes.as_slice(), &[0]].concat()), None);
        assert_eq!(parcels(&bundle(vec![vec![0; limits::PARCEL_BYTES + 1]])), None);
        let many = bundle(vec![vec![0; limits::PARCEL_BYTES]; 100]);
        assert!(many.len() <= limits::BUNDLE_BYTES && parcels(&many).unwrap().len() > 30);
    }
}
