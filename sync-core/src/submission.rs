//! Submissions: what a finished form leaves in the outbox. Atomic; the unit of upload, verdict and receipt.
//!
//! Each part is kept as the bytes its author wrote, so that fields which this version does not know survive, and so
//! that each part can be sealed under the key of its own subject.

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use crate::code::coded;
use crate::edit::{Edit, EditError};
use crate::event::{self, Event};
use crate::id::{CaseloadId, EntityId, SubmissionId};
use crate::limits;
use crate::time::Hlc;

coded! {
    /// What a part is.
    PartKind {
        /// An encoded [`Event`].
        Event = 0 "event",
        /// An encoded [`Edit`].
        Edit = 1 "edit",
    }
}

/// One event or edit, as its author encoded it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Part {
    /// What it is.
    #[n(0)]
    pub kind: PartKind,
    /// The entity under whose key it is sealed: an event's subject, an edit's entity.
    #[n(1)]
    pub subject: EntityId,
    /// The encoding.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// A finished form.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Submission {
    /// Its id.
    #[n(0)]
    pub id: SubmissionId,
    /// The caseload it belongs to.
    #[n(1)]
    pub caseload: CaseloadId,
    /// Its number in the device's outbox for this caseload; from 1, without gaps.
    #[n(2)]
    pub number: u64,
    /// When the form was finished, by the phone's clock.
    #[n(3)]
    pub at: Hlc,
    /// Events and edits.
    #[n(4)]
    pub parts: Vec<Part>,
}

/// SHA-256 of a submission's encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct Digest(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Lower-case hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        use std::fmt::Write as _;
        self.0.iter().fold(String::new(), |mut text, byte| {
            let _written = write!(text, "{byte:02x}");
            text
        })
    }
}

/// The parts of a submission, decoded.
#[derive(Clone, Default)]
pub struct Content {
    /// Its events.
    pub events: Vec<Event>,
    /// Its edits.
    pub edits: Vec<Edit>,
}

/// Why a submission is not one that an honest phone can send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    /// It does not decode: damaged, or of a newer version.
    #[error("part {part} does not decode")]
    Unreadable {
        /// Which part, from 0.
        part: usize,
    },
    /// A part's subject is not the one it is filed under.
    #[error("part {part} is filed under another subject")]
    WrongSubject {
        /// Which part, from 0.
        part: usize,
    },
    /// A limit is passed.
    #[error("over the limit: {0}")]
    TooLarge(&'static str),
    /// Nothing in it.
    #[error("the submission is empty")]
    Empty,
    /// An edit that no editor writes.
    #[error("part {part}: {error}")]
    Edit {
        /// Which part, from 0.
        part: usize,
        /// What is wrong.
        error: EditError,
    },
}

impl Part {
    /// A part that holds this event.
    #[must_use]
    pub fn event(event: &Event) -> Self {
        Self { kind: PartKind::Event, subject: event.subject, bytes: encoded(event) }
    }

    /// Its content was erased: the server has it without its bytes. No phone writes such a part, since nothing encodes to
    /// nothing.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A part that holds this edit.
    #[must_use]
    pub fn edit(edit: &Edit) -> Self {
        Self { kind: PartKind::Edit, subject: edit.entity, bytes: encoded(edit) }
    }
}

impl Submission {
    /// The bytes that travel and that the digest covers.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encoded(self)
    }

    /// The digest of [`Self::encode`].
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.encode())
    }

    /// Decodes the parts and checks form and limits.
    ///
    /// # Errors
    /// The first thing that an honest phone would not have sent.
    pub fn content(&self) -> Result<Content, SubmissionError> {
        if self.parts.len() > limits::SUBMISSION_PARTS {
            return Err(SubmissionError::TooLarge("the number of parts"));
        }
        content(&self.parts)
    }
}

/// Decodes parts and checks form and limits.
///
/// # Errors
/// The first thing that an honest phone would not have sent.
pub fn content(parts: &[Part]) -> Result<Content, SubmissionError> {
    if parts.is_empty() {
        return Err(SubmissionError::Empty);
    }
    let mut content = Content::default();
    for (ix, part) in parts.iter().enumerate() {
        let unreadable = |_| SubmissionError::Unreadable { part: ix };
        let subject = match part.kind {
            PartKind::Event => {
                let event: Event = minicbor::decode(&part.bytes).map_err(unreadable)?;
                if !event.within_limits() {
                    return Err(SubmissionError::TooLarge("a list in an event"));
                }
                let subject = event.subject;
                content.events.push(event);
                subject
            }
            PartKind::Edit => {
                let edit: Edit = minicbor::decode(&part.bytes).map_err(unreadable)?;
                edit.check().map_err(|error| SubmissionError::Edit { part: ix, error })?;
                let subject = edit.entity;
                content.edits.push(edit);
                subject
            }
        };
        if subject != part.subject {
            return Err(SubmissionError::WrongSubject { part: ix });
        }
    }
    Ok(content)
}

/// Whether the consents that this edit puts come with their own consent events in the same submission: then, and only
/// then, they may replace a refusal.
#[must_use]
pub fn consent_backed(parts: &[Part], edit: &Edit) -> bool {
    if !edit.ops.iter().any(|op| op.field == event::CONSENT_FIELD) {
        return false;
    }
    let events = parts.iter().filter(|part| part.kind == PartKind::Event);
    let events: Vec<Event> = events.filter_map(|part| minicbor::decode(&part.bytes).ok()).collect();
    event::backs(&events, edit)
}

/// Encoding into memory cannot fail: the only errors are those of the writer and of custom codecs, and ours have none.
pub(crate) fn encoded<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => bytes,
        Err(_) => unreachable!("encoding into a vector"),
    }
}
