//! People come and go: covers that begin and end by themselves, handovers, the end of a term; and what people say of flags
//! and of held work.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "people/dates.rs"]
mod dates;
#[path = "people/flags.rs"]
mod flags;
#[path = "people/held.rs"]
mod held;
