//! Alarms reach a person and deliveries go out: minute by minute on a simulated clock, over a real server, a real
//! database and real receivers on loopback that misbehave.

#[path = "alarms/console.rs"]
mod console;
#[path = "alarms/crash.rs"]
mod crash;
#[path = "alarms/delivery.rs"]
mod delivery;
#[path = "alarms/escalation.rs"]
mod escalation;
#[path = "alarms/night.rs"]
mod night;
#[path = "alarms/privacy.rs"]
mod privacy;
