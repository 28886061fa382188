//! Relay: what one phone wrote, carried to the server by another that cannot read it.
//!
//! The author's phone puts submissions into a parcel ([`pack`]): it signs them, so that the server knows whose they are,
//! and seals them to the server's key, so that only the server can read them. A carrier takes a [`bundle`] of parcels,
//! countersigns each with the time at which it took it ([`Carried`]) and uploads them with its next sync. A lost phone's
//! work merges if somebody carried it before it was lost; see `decisions/0007-one-parcel-for-relay-and-wipe.md`.
//!
//! A phone that has to forget its files seals what is not sent yet in the same way, and is its own carrier.

pub mod bundle;
mod carried;
mod parcel;
mod sealed;

pub use carried::Carried;
pub use parcel::{Opened, ParcelError, ParcelItem, pack};
pub use sealed::{Opener, seal};
