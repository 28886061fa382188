//! Identifiers, times and hashes as the host sees them: texts and numbers.

use sync_core::event::PhotoHash;
use sync_core::id::{CaseloadId, EntityId, EventId, FlagId, PersonId, SubmissionId};
use sync_core::time::{Day, Span, Timestamp};

use crate::error::PhoneError;

/// An identifier, as the 26 characters of a ULID.
macro_rules! identifiers {
    ($($name:ident)*) => {$(
        uniffi::custom_type!($name, String, {
            remote,
            lower: |id| id.to_string(),
            try_lift: |text| text.parse().map_err(|_| PhoneError::BadId.into()),
        });
    )*};
}

identifiers! { CaseloadId EntityId EventId FlagId PersonId SubmissionId }

// Milliseconds since 1970-01-01T00:00:00Z.
uniffi::custom_type!(Timestamp, i64, {
    remote,
    lower: |time| time.millis(),
    try_lift: |millis| Ok(Timestamp::from_millis(millis)),
});

// Milliseconds.
uniffi::custom_type!(Span, i64, {
    remote,
    lower: |span| span.as_millis(),
    try_lift: |millis| Ok(Span::millis(millis)),
});

// A day of the calendar, like 2026-11-22.
uniffi::custom_type!(Day, String, {
    remote,
    lower: |day| day.to_string(),
    try_lift: |text| text.parse().map_err(|_| PhoneError::BadId.into()),
});

// The 32 bytes of a SHA-256.
uniffi::custom_type!(PhotoHash, Vec<u8>, {
    remote,
    lower: |hash| hash.0.to_vec(),
    try_lift: |bytes| bytes.try_into().map(PhotoHash).map_err(|_| PhoneError::BadId.into()),
});
