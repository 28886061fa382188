//! What a phone says: who it is and where it stands, then its outbox.

use minicbor::{Decode, Encode};

use crate::code::coded;
use crate::id::{CaseloadId, DeviceId, InstallId, RequestId};
use crate::log::Sanity;
use crate::relay::Carried;
use crate::time::Timestamp;

use super::record::{Raw, Secret, list};

pub(crate) const HELLO: u8 = 0;
pub(crate) const BATCH: u8 = 1;
pub(crate) const END: u8 = 2;
pub(crate) const RELAY: u8 = 3;

/// The first frame: who calls, and how far it is. Always uncompressed, and read before it is verified.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct UpHello {
    /// The device, whose key closes every frame.
    #[n(0)]
    pub device: DeviceId,
    /// Which setting up of the app: tells a restored phone from the one that it was.
    #[n(1)]
    pub install: InstallId,
    /// This request; the same when it is sent again. Seeds the seals of the answer, so that no other answer fits.
    #[n(2)]
    pub request: RequestId,
    /// The phone's clock. Never trusted, but the difference is shown.
    #[n(3)]
    pub now: Timestamp,
    /// Name and version of the app, for the list of devices.
    #[n(4)]
    pub software: String,
    /// The access token, if there is one that has not expired.
    #[n(5)]
    pub access: Option<Secret>,
    /// The refresh secret, when the access token has expired.
    #[n(6)]
    pub refresh: Option<Secret>,
    /// How far each caseload is known.
    #[cbor(n(7), default, with = "list")]
    pub cursors: Vec<Cursor>,
    /// The newest policy version held; 0 for none.
    #[cbor(n(8), default)]
    pub policy: u32,
    /// False: upload only.
    #[cbor(n(9), default)]
    pub want_download: bool,
    /// The payload bytes a frame of the answer should have, from what the phone knows of its link.
    #[n(10)]
    pub frame_bytes: Option<u32>,
    /// The newest compression dictionary that the phone knows; 0 for none.
    #[cbor(n(11), default)]
    pub dictionary: u8,
}

/// How far one caseload is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Cursor {
    /// The caseload.
    #[n(0)]
    pub caseload: CaseloadId,
    /// The server's epoch when the entries came; another one after a restore.
    #[n(1)]
    pub epoch: u32,
    /// The last entry held; 0 for none.
    #[n(2)]
    pub seq: u64,
    /// The sum over the entries up to `seq`.
    #[n(3)]
    pub sanity: Sanity,
}

/// A frame after the hello.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Up {
    /// A stretch of the outbox.
    Batch(Batch),
    /// Parcels of sealed submissions: others' that this phone carries, or its own that it may not keep open.
    Relay(Relay),
    /// The upload is whole.
    End(UpEnd),
}

/// A stretch of the outbox of one caseload.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Batch {
    /// The caseload.
    #[n(0)]
    pub caseload: CaseloadId,
    /// In the order of their numbers.
    #[cbor(n(1), default, with = "list")]
    pub items: Vec<Item>,
}

/// Parcels of sealed submissions.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Relay {
    /// Each with the carrier's countersignature.
    #[cbor(n(0), default, with = "list")]
    pub parcels: Vec<Carried>,
}

/// One number of an outbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item {
    /// A finished form.
    Submission {
        /// Its number, also readable when the submission is not.
        number: u64,
        /// [`crate::submission::Submission::encode`].
        bytes: Raw,
    },
    /// The phone cannot send this number, and says why instead.
    Void {
        /// The number.
        number: u64,
        /// Why.
        code: VoidCode,
    },
    /// Something that a newer phone says: to be held as too new, never dropped.
    Unknown {
        /// Its number.
        number: u64,
        /// The item as it came.
        bytes: Raw,
    },
}

coded! {
    /// Why a phone cannot send a number of its outbox.
    VoidCode {
        /// The record is damaged or missing in the phone's store.
        Lost = 0 "lost",
        /// The number was given again after a restore; the form has another one now.
        Renumbered = 1 "renumbered",
        /// Over a limit: a newer app refuses what an older one wrote.
        TooLarge = 2 "too_large",
    }
}

/// Nothing follows: a stream without it was cut.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct UpEnd {
    /// More is waiting in the outbox than this request took.
    #[cbor(n(0), default)]
    pub more: bool,
}

impl Item {
    /// The number in the outbox.
    #[must_use]
    pub const fn number(&self) -> u64 {
        match self {
            Self::Submission { number, .. } | Self::Void { number, .. } | Self::Unknown { number, .. } => *number,
        }
    }

    /// About the bytes it takes in a frame.
    pub(crate) const fn weight(&self) -> usize {
        match self {
            Self::Submission { bytes, .. } | Self::Unknown { bytes, .. } => bytes.0.len() + ITEM_OVERHEAD,
            Self::Void { .. } => ITEM_OVERHEAD,
        }
    }
}

/// Map, keys, number and length of an item.
const ITEM_OVERHEAD: usize = 20;

/// The known layout of an item; exactly one of the optionals is there.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Layout {
    #[n(0)]
    number: u64,
    #[n(1)]
    submission: Option<Raw>,
    #[n(2)]
    void: Option<VoidCode>,
}

impl<C> Encode<C> for Item {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let layout = match self {
            Self::Submission { number, bytes } => {
                // The bytes are the bulk of the upload: written in place rather than cloned into a layout.
                return e.map(2)?.u8(0)?.u64(*number)?.u8(1)?.bytes(&bytes.0)?.ok();
            }
            Self::Void { number, code } => Layout { number: *number, submission: None, void: Some(*code) },
            Self::Unknown { bytes, .. } => {
                e.writer_mut().write_all(&bytes.0).map_err(minicbor::encode::Error::write)?;
                return Ok(());
            }
        };
        layout.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for Item {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let start = d.position();
        let Layout { number, submission, void } = Layout::decode(d, ctx)?;
        Ok(match (submission, void) {
            (Some(bytes), None) => Self::Submission { number, bytes },
            (None, Some(code)) => Self::Void { number, code },
            _ => Self::Unknown { number, bytes: Raw(d.input()[start..d.position()].to_vec()) },
        })
    }
}
