//! The phone library against a server of its own making: the same flow over a caseload in memory, and the real bytes of
//! the wire, with links that cut, phones that are killed or restored, and a server that is.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "phone/alarms.rs"]
mod alarms;
#[path = "phone/corrections.rs"]
mod corrections;
#[path = "phone/crash.rs"]
mod crash;
#[path = "phone/elders.rs"]
mod elders;
#[path = "phone/erased.rs"]
mod erased;
#[path = "phone/flags.rs"]
mod flags;
#[path = "phone/index.rs"]
mod index;
#[path = "phone/journey.rs"]
mod journey;
#[path = "phone/later.rs"]
mod later;
#[path = "phone/lease.rs"]
mod lease;
#[path = "phone/linked.rs"]
mod linked;
#[path = "phone/linked_elders.rs"]
mod linked_elders;
#[path = "phone/links.rs"]
mod links;
#[path = "phone/overlay.rs"]
mod overlay;
#[path = "phone/round.rs"]
mod round;
#[path = "phone/simulation.rs"]
mod simulation;
#[path = "phone/weather.rs"]
mod weather;
#[path = "phone/world.rs"]
mod world;
