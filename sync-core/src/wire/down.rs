//! What the server says: what it has stored and decided, then what is new.

use minicbor::decode::{Decoder, Error};
use minicbor::{Decode, Encode};

use crate::author::Role;
use crate::code::coded;
use crate::id::CaseloadId;
use crate::log::{Sanity, Verdict};
use crate::submission::Digest;
use crate::time::Timestamp;

use super::record::{Raw, Secret, list};

pub(crate) const HELLO: u8 = 0;
pub(crate) const ACKS: u8 = 1;
pub(crate) const ENTRIES: u8 = 2;
pub(crate) const POLICY: u8 = 3;
pub(crate) const CASELOAD: u8 = 4;
pub(crate) const PROBLEM: u8 = 5;
pub(crate) const END: u8 = 6;
pub(crate) const DELIVERED: u8 = 7;

/// A frame of the answer. The first is always the hello.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Down {
    /// The server's time and the phone's standing.
    Hello(DownHello),
    /// What is stored and decided of an outbox.
    Acks(Acks),
    /// A stretch of a log.
    Entries(Entries),
    /// Files of a policy version.
    Policy(PolicyFiles),
    /// A caseload that the worker entered or left.
    Caseload(CaseloadInfo),
    /// Something went wrong with a part of the request; the rest goes on.
    Problem(Problem),
    /// What became of the parcels that the phone carried.
    Delivered(Delivered),
    /// The answer is whole.
    End(DownEnd),
}

/// The server's time and the phone's standing.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DownHello {
    /// The server's clock.
    #[n(0)]
    pub now: Timestamp,
    /// The server's epoch: a restored server starts a new one.
    #[n(1)]
    pub epoch: u32,
    /// A new access token.
    #[n(2)]
    pub access: Option<Secret>,
    /// When the new access token expires.
    #[n(3)]
    pub access_expires: Option<Timestamp>,
    /// The successor of the refresh secret; the old one stays valid until this is first used.
    #[n(4)]
    pub refresh: Option<Secret>,
    /// Why nothing can be downloaded. An upload is taken in all the same.
    #[cbor(n(5), default, decode_with = "block_reason")]
    pub blocked: Option<Blocked>,
    /// The newest compression dictionary that the server knows; 0 for none.
    #[cbor(n(6), default)]
    pub dictionary: u8,
}

coded! {
    /// Why a phone gets no download.
    Blocked {
        /// The app is too old, or says something that only a newer app would.
        Upgrade = 0 "upgrade",
        /// The device was revoked: send what is left, then wipe.
        Revoked = 1 "revoked",
        /// A second install used this device's secrets; a person has to look.
        Suspended = 2 "suspended",
        /// Neither the access token nor the refresh secret is good: sign in again.
        SignIn = 3 "sign_in",
    }
}

/// A reason that this version does not know blocks like an upgrade: to read it as "not blocked" would be wrong.
fn block_reason<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Option<Blocked>, Error> {
    match d.probe().u32() {
        Ok(_) => match Blocked::decode(d, ctx) {
            Err(error) if error.is_unknown_variant() => d.skip().map(|()| Some(Blocked::Upgrade)),
            other => other.map(Some),
        },
        Err(_) => Option::decode(d, ctx),
    }
}

/// What is stored and decided of this device's outbox for one caseload.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Acks {
    /// The caseload.
    #[n(0)]
    pub caseload: CaseloadId,
    /// Numbers that are stored durably, ascending and apart.
    #[cbor(n(1), default, with = "list")]
    pub stored: Vec<NumberRange>,
    /// What was decided of them, as far as it is.
    #[cbor(n(2), default, with = "list")]
    pub verdicts: Vec<Ruling>,
    /// A number came again with another digest: this phone was restored. It renumbers what is not stored and sends it
    /// again.
    #[cbor(n(3), default)]
    pub new_install: bool,
    /// The first number that is free for this device here.
    #[cbor(n(4), default)]
    pub next_number: u64,
    /// Up to this number the server's backup holds everything, and the phone may forget; 0 for none.
    #[cbor(n(5), default)]
    pub backed_up: u64,
}

/// Outbox numbers from `first` to `last`, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct NumberRange {
    /// The first number.
    #[n(0)]
    pub first: u64,
    /// The last number.
    #[n(1)]
    pub last: u64,
}

/// What was decided of one submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Ruling {
    /// Its outbox number.
    #[n(0)]
    pub number: u64,
    /// The verdict.
    #[n(1)]
    pub verdict: Verdict,
    /// The log entry that says so.
    #[n(2)]
    pub seq: Option<u64>,
}

/// What became of parcels. Of what is in them, a carrier learns nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Delivered {
    /// Parcels whose content is stored durably.
    #[cbor(n(0), default, with = "list")]
    pub stored: Vec<Digest>,
    /// Parcels that were not taken in, and will not be.
    #[cbor(n(1), default, with = "list")]
    pub refused: Vec<Refused>,
}

/// A parcel that was not taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Refused {
    /// Which.
    #[n(0)]
    pub parcel: Digest,
    /// Why.
    #[n(1)]
    pub code: RefusedCode,
}

coded! {
    /// Why a parcel was not taken in.
    RefusedCode {
        /// It is sealed to another key, or damaged.
        DoesNotOpen = 0 "does_not_open",
        /// What is in it does not decode.
        Malformed = 1 "malformed",
        /// The device that it names is not known, or did not sign it.
        NotSigned = 2 "not_signed",
    }
}

/// A stretch of a caseload's log: whoever holds everything up to `after` holds everything up to `upto` with it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Entries {
    /// The caseload.
    #[n(0)]
    pub caseload: CaseloadId,
    /// The server's epoch.
    #[n(1)]
    pub epoch: u32,
    /// The cursor that this stretch continues; 0 from the start.
    #[n(2)]
    pub after: u64,
    /// The cursor behind this stretch; not before the last entry's number.
    #[n(3)]
    pub upto: u64,
    /// Ascending, all within `after < seq <= upto`.
    #[cbor(n(4), default, with = "list")]
    pub entries: Vec<LogLine>,
    /// The sum over the entries up to `upto`, where the server knows it.
    #[n(5)]
    pub sanity: Option<Sanity>,
}

/// One log entry.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct LogLine {
    /// Its number, also readable when the entry is not.
    #[n(0)]
    pub seq: u64,
    /// [`crate::log::Entry::encode`].
    #[n(1)]
    pub bytes: Raw,
}

/// Files of a policy version. Large policies come in several frames; only with the last is the version whole.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct PolicyFiles {
    /// The version.
    #[n(0)]
    pub version: u32,
    /// Some of its files.
    #[cbor(n(1), default, with = "list")]
    pub files: Vec<PolicyFile>,
    /// Nothing more of this version follows.
    #[cbor(n(2), default)]
    pub last: bool,
}

/// One policy file.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct PolicyFile {
    /// Its name within the policy, as `rules.toml`.
    #[n(0)]
    pub name: String,
    /// Its text.
    #[n(1)]
    pub text: String,
}

/// A caseload that the worker entered or left.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct CaseloadInfo {
    /// Which.
    #[n(0)]
    pub id: CaseloadId,
    /// The version of the membership; an older one than held is ignored.
    #[n(1)]
    pub version: u32,
    /// Entered, or left: then its files go once the outbox is empty.
    #[n(2)]
    pub enter: bool,
    /// Its name, to show.
    #[cbor(n(3), default)]
    pub name: String,
    /// What its human numbers begin with, as `HGS`.
    #[cbor(n(4), default)]
    pub prefix: String,
    /// The worker's role in it.
    #[n(5)]
    pub role: Option<Role>,
    /// The purchased service project that it belongs to: every event of it says so.
    #[n(6)]
    pub programme: Option<String>,
    /// What this device prints before the provisional numbers of its notices here, once the server has given it one.
    #[n(7)]
    pub letter: Option<String>,
}

/// Something went wrong with a part of the request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Problem {
    /// A stable code.
    #[n(0)]
    pub code: String,
    /// The caseload it concerns.
    #[n(1)]
    pub caseload: Option<CaseloadId>,
    /// The outbox number it concerns.
    #[n(2)]
    pub number: Option<u64>,
}

/// Nothing follows: a stream without it was cut.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct DownEnd {
    /// More is waiting than this answer took: ask again.
    #[cbor(n(0), default)]
    pub more: bool,
    /// Ask again no sooner than this, in milliseconds.
    #[n(1)]
    pub retry_after_ms: Option<u32>,
}

impl LogLine {
    /// About the bytes it takes in a frame.
    pub(crate) const fn weight(&self) -> usize {
        self.bytes.0.len() + 14
    }
}

impl PolicyFile {
    /// About the bytes it takes in a frame.
    pub(crate) const fn weight(&self) -> usize {
        self.name.len() + self.text.len() + 14
    }
}
