//! Every limit in one place. The editor enforces them when a form is finished, the server again when it arrives, and
//! decoders before they allocate.

/// Longest text value, in bytes of UTF-8: a long note of about 1,300 Chinese characters.
pub const TEXT_BYTES: usize = 4 * 1024;
/// Longest name of a set element, in bytes.
pub const ELEMENT_BYTES: usize = 256;
/// Longest field name, in bytes.
pub const FIELD_BYTES: usize = 48;
/// Most operations in one edit.
pub const EDIT_OPS: usize = 64;
/// Most unconfirmed submissions that one base may name.
pub const BASE_SEEN: usize = 256;
/// Most parts (events and edits) in one submission.
pub const SUBMISSION_PARTS: usize = 64;
/// Largest submission, in bytes.
pub const SUBMISSION_BYTES: usize = 64 * 1024;
/// Most answers in one inspection.
pub const ANSWERS: usize = 128;
/// Most photo hashes in one event.
pub const PHOTOS: usize = 32;
/// Most people named in one event.
pub const PEOPLE: usize = 16;
/// Largest payload of one wire segment after decompression, in bytes.
pub const SEGMENT_BYTES: usize = 128 * 1024;
/// Most records (items, entries, cursors, files…) in one wire segment.
pub const SEGMENT_RECORDS: usize = 4 * 1024;
/// Most wire segments in one sync request or response.
pub const MESSAGE_SEGMENTS: usize = 8 * 1024;
/// Most bytes that one sync request or response may inflate to: bounds the work, as [`SEGMENT_BYTES`] does the memory.
pub const MESSAGE_INFLATED_BYTES: usize = 32 * 1024 * 1024;
/// Most bytes of one sync request or response.
pub const MESSAGE_BYTES: usize = 8 * 1024 * 1024;
/// Largest outbox number that a phone can reach: a million forms.
pub const OUTBOX_NUMBER: u64 = 1_000_000;
/// Largest parcel of relayed submissions: one of the largest submissions fits, and so does the parcel in a segment.
pub const PARCEL_BYTES: usize = 96 * 1024;
/// Most bytes that one phone hands another to carry, and that a phone carries in all.
pub const BUNDLE_BYTES: usize = 4 * 1024 * 1024;
/// Deepest nesting that a decoder follows.
pub const DEPTH: usize = 8;
/// Most attempts at one delivery before a person has to replay it: about eleven hours.
pub const DELIVERY_ATTEMPTS: u32 = 20;
/// Most TLS handshakes that one node has under way.
pub const TLS_HANDSHAKES: usize = 4_096;
/// How long one TLS handshake may take, in seconds.
pub const TLS_HANDSHAKE_SECONDS: u64 = 10;
/// Longest name of whoever acts at a desk by its own system, in bytes of UTF-8.
pub const ACTING_BYTES: usize = 128;
/// Longest key by which a desk's own system says that a request is the same as before, in bytes.
pub const REQUEST_KEY_BYTES: usize = 255;
/// Longest name of a desk's credential, in bytes of UTF-8.
pub const CREDENTIAL_NAME_BYTES: usize = 128;
/// Longest period of one report, in days: a year of a contract.
pub const REPORT_DAYS: i64 = 366;
/// Most events in one evaluator's sample.
pub const SAMPLE: usize = 500;
/// Longest address behind the code on a notice's sheet, in bytes: what a phone's camera reads from paper with ease.
pub const FEEDBACK_BYTES: usize = 200;
/// Longest seed of a sample, in bytes.
pub const SEED_BYTES: usize = 64;

/// Most streams of hints that wait at one node.
pub const HINT_STREAMS: usize = 5_000;
/// Most streams of hints of one person at one node, on all their devices.
pub const HINT_STREAMS_PERSON: usize = 8;
/// Most streams of hints of one phone or session at one node.
pub const HINT_STREAMS_EACH: usize = 4;

/// Most entities that one entry of the log erases; more are several entries.
pub const ERASED_AT_ONCE: usize = 200;

/// Longest alert of bad weather, in days; what lasts longer is declared again.
pub const WEATHER_DAYS: i64 = 31;
