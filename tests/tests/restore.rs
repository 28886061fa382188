//! Backups are one moment, and are refused when anything is wrong with them; a restored server loses nothing that a phone
//! wrote or carried, repeats no number, locks nobody out, and lets nobody back in; a pretended restore is found; an
//! installation moves between engines.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

#[path = "restore/drills.rs"]
mod drills;
#[path = "restore/files.rs"]
mod files;
#[path = "restore/moving.rs"]
mod moving;
#[path = "restore/people.rs"]
mod people;
#[path = "restore/pretended.rs"]
mod pretended;
