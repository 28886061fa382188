//! What workers write on their phones, through the real server, to the flags and referrals that follow.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "rules/answers.rs"]
mod answers;
#[path = "rules/disputes.rs"]
mod disputes;
#[path = "rules/due.rs"]
mod due;
#[path = "rules/elders.rs"]
mod elders;
#[path = "rules/shops.rs"]
mod shops;
#[path = "rules/world.rs"]
mod world;
