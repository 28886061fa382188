//! The wire: one request and one answer, each a stream of small frames that stand on their own.
//!
//! ```text
//! stream  = "DOOR" direction version  frame*          direction: '^' up, 'v' down; version: 1
//! frame   = kind codec dictionary length  payload  seal
//!           u8   u8    u8         u32 BE  length   up: 64 bytes, down: 16 bytes
//! kinds   up:   0 hello, 1 batch, 2 end, 3 relay
//!         down: 0 hello, 1 acks, 2 entries, 3 policy, 4 caseload, 5 problem, 6 end, 7 delivered
//! ```
//!
//! A frame is closed by a seal over everything before it in the stream, so every whole frame can be trusted and
//! committed although the link was cut behind it: upward an Ed25519 signature by the device
//! (`decisions/0002-signature-per-frame.md`), downward a truncated SHA-256. The seal covers the bytes as they travel
//! and is checked before anything is inflated or decoded; only the first frame upward, the hello, is read before, as
//! it names the device whose key is needed.
//!
//! Payloads are CBOR maps with numbered keys: a reader skips keys that it does not know, and a missing optional is
//! `None`. Submissions and log entries travel as the bytes that their author wrote, so what this version does not
//! know survives. Frame kinds from 128 on may be skipped by readers that do not know them; an unknown kind below
//! ends the stream with [`WireError::TooNew`].
//!
//! [`UpWriter`] and [`UpReader`], [`DownWriter`] and [`DownReader`] are the four ends. They work on bytes in memory;
//! shells move them.

mod codec;
mod dictionary;
mod down;
mod error;
mod frame;
mod inbound;
mod outbound;
mod reader;
mod record;
mod seal;
mod size;
mod trouble;
mod up;
mod writer;

pub use codec::{Codec, Compression, Deflate, Plain};
pub use down::{
    Acks, Blocked, CaseloadInfo, Delivered, Down, DownEnd, DownHello, Entries, LogLine, NumberRange, PolicyFile,
    PolicyFiles, Problem, Refused, RefusedCode, Ruling,
};
pub use error::WireError;
pub use reader::{DownReader, UpReader};
pub(crate) use record::list;
pub use record::{Raw, Secret};
pub use seal::{SignatureBytes, Signer};
pub use size::FrameSize;
pub use trouble::Trouble;
pub use up::{Batch, Cursor, Item, Relay, Up, UpEnd, UpHello, VoidCode};
pub use writer::{DownWriter, UpWriter};

/// The newest compression dictionary that this version knows: what both hellos say.
pub const NEWEST_DICTIONARY: u8 = dictionary::NEWEST;
