//! The log of a caseload: all inputs, in server order. Everything else is derived from it.

use minicbor::{Decode, Encode};

use crate::author::Author;
use crate::code::coded;
use crate::edit::Edit;
use crate::id::{DeviceId, EntityId, PersonId, SubmissionId};
use crate::submission::{Digest, Part, consent_backed, encoded};
use crate::time::{Hlc, Timestamp};

coded! {
    /// Why a submission is held for a person to decide. Nothing is ever refused for good at the door.
    HoldCode {
        /// Of a kind or field that this server does not know yet.
        TooNew = 0 "too_new",
        /// Does not decode.
        Unreadable = 1 "unreadable",
        /// A field or event that this role may not write.
        NotPermitted = 2 "not_permitted",
        /// Written without, or after losing, access to the caseload.
        NoAccess = 3 "no_access",
        /// Edits an entity that is not there, or whose creation is held.
        UnknownEntity = 4 "unknown_entity",
        /// From a device that was revoked.
        DeviceRevoked = 5 "device_revoked",
        /// Over a limit.
        TooLarge = 6 "too_large",
        /// Not what an honest editor writes: a value of the wrong shape, a wrong subject, a base from the future.
        Malformed = 7 "malformed",
    }
}

/// What the server says of a submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "code")]
pub enum Verdict {
    /// It is part of the record.
    #[n(0)]
    Merged,
    /// It waits for a person; nothing behind it waits.
    #[n(1)]
    Held(#[n(0)] HoldCode),
}

/// One entry of a caseload's log.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// Its place in server order; from 1, without gaps.
    #[n(0)]
    pub seq: u64,
    /// When the server took it in.
    #[n(1)]
    pub received_at: Timestamp,
    /// The policy version in force then.
    #[n(2)]
    pub policy: u32,
    /// What it is.
    #[n(3)]
    pub body: EntryBody,
}

/// What an entry is.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum EntryBody {
    /// A submission, with its first verdict. The parts of a held one are left out for everybody but the server.
    #[n(0)]
    Submission(#[n(0)] Logged),
    /// A later decision on a held submission: accepted (then it folds here) or rejected.
    #[n(1)]
    Decision(#[n(0)] Decision),
    /// A policy version came into force.
    #[n(2)]
    PolicyActivated {
        /// Its version.
        #[n(0)]
        version: u32,
    },
    /// Somebody entered or left the caseload.
    #[n(3)]
    Membership {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// Entered, or left.
        #[n(1)]
        enter: bool,
        /// Versions count up; an older one is ignored.
        #[n(2)]
        version: u32,
    },
    /// A point in time passed that rules depend on.
    #[n(4)]
    Timer,
    /// The keys of these entities were destroyed on somebody's request: nobody can read any more what was said of them,
    /// in this log or elsewhere, and nothing is merged into them again. Replicas forget them here.
    #[n(5)]
    Erased {
        /// Which: files, each with all that belongs to it.
        #[n(0)]
        entities: Vec<EntityId>,
        /// Over the ids, kinds and times of the events of theirs that are still counted; see [`crate::report::bare`].
        #[n(1)]
        counted: Digest,
        /// Who answers for it.
        #[n(2)]
        by: PersonId,
        /// Why; for whoever keeps the log.
        #[n(3)]
        reason: String,
    },
}

/// A submission as the log holds it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Logged {
    /// Which submission.
    #[n(0)]
    pub id: SubmissionId,
    /// Who wrote it.
    #[n(1)]
    pub author: Author,
    /// When, by the author's clock, but never later than receipt.
    #[n(2)]
    pub at: Hlc,
    /// The author's clock minus the server's, in milliseconds, when it is out by more than policy allows; else 0.
    #[n(3)]
    pub skew_ms: i64,
    /// Digest of the submission as the author encoded it.
    #[n(4)]
    pub digest: Digest,
    /// What the server says of it.
    #[n(5)]
    pub verdict: Verdict,
    /// Its events and edits.
    #[n(6)]
    pub parts: Vec<Part>,
    /// Who brought it, when that was not its author's device.
    #[n(7)]
    pub carrier: Option<Carrier>,
}

/// Somebody who brought what a colleague wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Carrier {
    /// Their device.
    #[n(0)]
    pub device: DeviceId,
    /// Who they are.
    #[n(1)]
    pub person: PersonId,
    /// When they took it, by the server's clock as far as theirs is known; none when nothing proves that.
    #[n(2)]
    pub taken_at: Option<Timestamp>,
}

/// A person's decision on a held submission.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Decision {
    /// The submission that was held.
    #[n(0)]
    pub submission: SubmissionId,
    /// Accepted: it is merged at this place of the log.
    #[n(1)]
    pub accepted: bool,
    /// Who decided.
    #[n(2)]
    pub by: PersonId,
    /// Why.
    #[n(3)]
    pub reason: String,
    /// When accepted: the submission, so that replicas which never saw it can fold it.
    #[n(4)]
    pub logged: Option<Logged>,
}

impl Entry {
    /// The encoding that travels and that digests cover.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encoded(self)
    }

    /// The submission that folds at this entry: merged at once, or accepted now.
    #[must_use]
    pub fn folds(&self) -> Option<&Logged> {
        match &self.body {
            EntryBody::Submission(logged) if logged.verdict == Verdict::Merged => Some(logged),
            EntryBody::Decision(Decision { accepted: true, logged: Some(logged), .. }) => Some(logged),
            _ => None,
        }
    }

    /// This entry as members may see it: without the content of held work, who brought what, why somebody was erased,
    /// and the parts whose content was erased.
    #[must_use]
    pub fn public(mut self) -> Self {
        let logged = match &mut self.body {
            EntryBody::Submission(logged) => Some(logged),
            EntryBody::Decision(decision) => decision.logged.as_mut(),
            _ => None,
        };
        if let Some(logged) = logged {
            logged.carrier = None;
            logged.parts.retain(|part| !part.is_erased());
        }
        if let EntryBody::Erased { reason, .. } = &mut self.body {
            reason.clear();
        }
        if let EntryBody::Submission(logged) = &mut self.body
            && logged.verdict != Verdict::Merged
        {
            logged.parts.clear();
        }
        self
    }
}

impl Logged {
    /// The stamp that its edit of one entity carries in the document.
    #[must_use]
    pub fn stamp(&self, edit: &Edit) -> crate::document::Stamp {
        crate::document::Stamp {
            submission: self.id,
            entity: edit.entity,
            author: self.author,
            at: self.at,
            consent: consent_backed(&self.parts, edit),
        }
    }
}

/// The additive hash of a caseload's entries: equal wherever the same entries were taken in, in any order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(array)]
pub struct Sanity {
    /// Low half of the sum.
    #[n(0)]
    lo: u64,
    /// High half, summed apart.
    #[n(1)]
    hi: u64,
}

impl Sanity {
    /// Adds one entry. Where something was erased the sum begins anew: whoever reads the entries before for the first
    /// time does not find them as they were.
    pub fn add(&mut self, entry: &Entry) {
        if matches!(entry.body, EntryBody::Erased { .. }) {
            *self = Self::default();
        }
        let Digest(hash) = Digest::of(&entry.clone().public().encode());
        let half = |at: usize| hash[at..at + 8].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        self.lo = self.lo.wrapping_add(half(0));
        self.hi = self.hi.wrapping_add(half(8));
    }

    /// The 16 bytes for keeping.
    #[must_use]
    pub fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.lo.to_be_bytes());
        bytes[8..].copy_from_slice(&self.hi.to_be_bytes());
        bytes
    }

    /// From [`Self::bytes`].
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let half = |at: usize| bytes[at..at + 8].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        Self { lo: half(0), hi: half(8) }
    }
}
