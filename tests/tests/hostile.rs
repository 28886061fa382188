//! What a stranger, a broken phone or a forger may send to a real server over HTTP: it answers with a stable code, stays
//! up, and what stands behind the bad thing goes through.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "hostile/api.rs"]
mod api;
#[path = "hostile/clocks.rs"]
mod clocks;
#[path = "hostile/door.rs"]
mod door;
#[path = "hostile/forged.rs"]
mod forged;
#[path = "hostile/memory.rs"]
mod memory;
#[path = "hostile/outbox.rs"]
mod outbox;
#[path = "hostile/random.rs"]
mod random;
#[path = "hostile/stream.rs"]
mod stream;
#[path = "hostile/world.rs"]
mod world;
