//! The wire format: golden bytes, properties, and what hostile or newer peers may send.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "wire/golden.rs"]
mod golden;
#[path = "wire/hostile.rs"]
mod hostile;
#[path = "wire/newer.rs"]
mod newer;
#[path = "wire/properties.rs"]
mod properties;
#[path = "wire/streams.rs"]
mod streams;
#[path = "wire/weight.rs"]
mod weight;
