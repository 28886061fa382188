//! What happens around slips beside the steps of a referral: a slip about a person is opened, a desk asks and is
//! answered, an answer on paper is written down, a steward looks at what was opened.

use minicbor::{Decode, Encode};

use crate::edit::State;
use crate::id::{EntityId, EventId, PersonId};
use crate::time::Day;

/// Somebody at a desk opened a slip about a person. In the desk's log it names the officer; in the log of the elder's
/// caseload the desk speaks.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SlipOpened {
    /// The slip.
    #[n(0)]
    pub slip: EntityId,
    /// The round whose slip it is.
    #[n(1)]
    pub round: u16,
    /// Why.
    #[n(2)]
    pub reason: String,
}

/// A steward looked at what was opened or told.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reviewed {
    /// Whether it was proper.
    #[n(0)]
    pub proper: bool,
    /// What the steward found.
    #[n(1)]
    pub note: String,
}

/// A desk lacks something (补正).
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Question {
    /// The round.
    #[n(0)]
    pub round: u16,
    /// What the desk asks.
    #[n(1)]
    pub text: String,
}

/// The answer to a desk's question.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Supplied {
    /// The question.
    #[n(0)]
    pub question: EventId,
    /// The answer.
    #[n(1)]
    pub text: String,
}

/// A desk answered on paper, and a dispatcher wrote it down.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Transcribed {
    /// The state that the paper brings the referral to. When the desk had come further by another way, it is a note.
    #[n(0)]
    pub to: State,
    /// Who wrote it down.
    #[n(1)]
    pub by: PersonId,
    /// The number of the department's document.
    #[n(2)]
    pub document_number: String,
    /// Its date.
    #[n(3)]
    pub dated: Day,
    /// What it says, when it came too late to be more than a note.
    #[n(4)]
    pub text: Option<String>,
}
