//! Events: what one person saw or did at one time. Written once; a correction is a new event that `amends` it.
//!
//! The envelope is the same for all kinds; the body is encoded apart, so that an older program can carry a newer kind.

use minicbor::{Decode, Encode};

use crate::id::{EntityId, EventId, PersonId};
use crate::limits;
use crate::time::Timestamp;

mod assessment;
mod break_glass;
mod consent;
mod flag;
mod inspection;
mod link;
mod not_met;
mod notice;
mod referral;
mod risk;
mod slip;
mod visit;
mod weather;

pub use assessment::{Assessment, AssessmentStanding, Assessor, RiskCount};
pub use break_glass::{BreakGlass, BreakGlassAct};
pub use consent::{Consent, ConsentMethod, ConsentState, Purpose};
pub(crate) use consent::{FIELD as CONSENT_FIELD, backs};
pub use flag::{FlagStanding, Flagged};
pub use inspection::{Answer, Answered, Inspection};
pub use link::{Link, Void};
pub use not_met::{Attempt, Means, NotMet};
pub use notice::{Notice, NoticeReceipt};
pub use referral::{Confirmation, Outcome, Reply, Step, Withdrawal};
pub use risk::{RiskEvent, RiskKind};
pub use slip::{Question, Reviewed, SlipOpened, Supplied, Transcribed};
pub use visit::{Observed, Signal, Visit, VisitKind};
pub use weather::WeatherAlert;

/// A place to about 100 m: degrees times 1,000. Finer is nobody's business.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, serde::Serialize)]
#[cbor(array)]
pub struct CoarsePlace {
    /// Latitude × 1,000.
    #[n(0)]
    pub lat_milli: i32,
    /// Longitude × 1,000.
    #[n(1)]
    pub lon_milli: i32,
}

/// SHA-256 of a photo's bytes, which travel by another way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct PhotoHash(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// The envelope of every event.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Event {
    /// Its id.
    #[n(0)]
    pub id: EventId,
    /// The entity it is about: premises, elder, referral…
    #[n(1)]
    pub subject: EntityId,
    /// The purchased service project under which the work was done.
    #[n(2)]
    pub programme: String,
    /// The version of the policy whose checklist was on the screen.
    #[n(3)]
    pub policy: u32,
    /// When it began, by the phone's clock.
    #[n(4)]
    pub start: Timestamp,
    /// When it ended, by the phone's clock.
    #[n(5)]
    pub end: Timestamp,
    /// Who else was there.
    #[n(6)]
    pub coworkers: Vec<PersonId>,
    /// Where, coarsely.
    #[n(7)]
    pub place: Option<CoarsePlace>,
    /// Photos taken.
    #[n(8)]
    pub photos: Vec<PhotoHash>,
    /// The event that this one corrects.
    #[n(9)]
    pub amends: Option<EventId>,
    /// What happened.
    #[n(10)]
    pub body: EventBody,
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $variant:ident $code:literal,)*) => {
        /// What happened, by kind. **The list of event kinds**: one line here and one file.
        #[derive(Clone, PartialEq, Eq)]
        pub enum EventBody {
            $($(#[$doc])* $variant($variant),)*
            /// A kind that this version does not know: carried, never interpreted.
            Unknown {
                /// The code of the kind.
                kind: String,
                /// The encoded body.
                bytes: Vec<u8>,
            },
        }

        impl EventBody {
            /// The stable code of the kind.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self { $(Self::$variant(_) => $code,)* Self::Unknown { kind, .. } => kind }
            }

            /// The codes of all kinds that this version knows.
            pub const KINDS: &'static [&'static str] = &[$($code),*];

            fn encoded(&self) -> Result<Vec<u8>, minicbor::encode::Error<std::convert::Infallible>> {
                match self {
                    $(Self::$variant(body) => minicbor::to_vec(body),)*
                    Self::Unknown { bytes, .. } => Ok(bytes.clone()),
                }
            }

            fn decoded(kind: &str, bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
                match kind {
                    $($code => minicbor::decode(bytes).map(Self::$variant),)*
                    _ => Ok(Self::Unknown { kind: kind.to_owned(), bytes: bytes.to_owned() }),
                }
            }
        }
    };
}

bodies! {
    /// A friendly reminder visit to a shop, or a look round an elder's home: what was looked at and what was found.
    Inspection "inspection",
    /// The 温馨提示 that was left.
    Notice "notice",
    /// The worker went back: is the answer true, is the resident satisfied?
    Confirmation "confirmation",
    /// The worker takes a referral back.
    Withdrawal "withdrawal",
    /// Two files are the same thing, or are not after all.
    Link "link",
    /// An event that should not have been written.
    Void "void",
    /// A department's answer to a referral, as far as the organisation may see it.
    Reply "reply",
    /// A step of a referral through its workflow that is not an answer.
    Step "step",
    /// A flag was raised, has ended or was withdrawn.
    Flagged "flagged",
    /// An elder was visited.
    Visit "visit",
    /// An elder was not met: no visit, never coverage.
    NotMet "not_met",
    /// An elder's abilities were assessed.
    Assessment "assessment",
    /// Something happened to an elder that puts care at risk.
    RiskEvent "risk",
    /// What an elder agreed to, for one purpose.
    Consent "consent",
    /// Confidence was broken to save a life, and what followed.
    BreakGlass "break_glass",
    /// Somebody at a desk opened a slip about a person.
    SlipOpened "slip_opened",
    /// A steward looked at what was opened or told.
    Reviewed "reviewed",
    /// A desk lacks something.
    Question "question",
    /// The answer to a desk's question.
    Supplied "supplied",
    /// A desk answered on paper, and a dispatcher wrote it down.
    Transcribed "transcribed",
    /// The weather is bad, or will be: elders of the caseload are visited once more.
    WeatherAlert "weather_alert",
}

impl<C> Encode<C> for EventBody {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let bytes = self.encoded().map_err(|_| minicbor::encode::Error::message("an event body did not encode"))?;
        e.array(2)?.str(self.kind())?.bytes(&bytes)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for EventBody {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.array()? != Some(2) {
            return Err(minicbor::decode::Error::message("an event body is a kind and bytes"));
        }
        let kind = d.str()?;
        Self::decoded(kind, d.bytes()?)
    }
}

impl Event {
    /// Whether lists are within [`limits`]; texts are bounded by the size of the submission.
    #[must_use]
    pub fn within_limits(&self) -> bool {
        let body = match &self.body {
            EventBody::Inspection(inspection) => inspection.answers.len() <= limits::ANSWERS,
            EventBody::Visit(Visit { observed, signals, .. }) => {
                observed.len() <= limits::ANSWERS && signals.len() <= Signal::ALL.len()
            }
            EventBody::NotMet(not_met) => not_met.tried.len() <= limits::PEOPLE,
            EventBody::Assessment(Assessment { risks, diagnoses, assessors, .. }) => {
                risks.len() <= RiskKind::ALL.len()
                    && diagnoses.len() <= limits::ANSWERS
                    && assessors.len() <= limits::PEOPLE
            }
            EventBody::Consent(consent) => consent.receivers.len() <= limits::PEOPLE,
            EventBody::BreakGlass(broken) => broken.fields.len() <= limits::ANSWERS,
            EventBody::Notice(notice) => notice.items.len() <= limits::ANSWERS && notice.badges.len() <= limits::PEOPLE,
            _ => true,
        };
        body && self.coworkers.len() <= limits::PEOPLE && self.photos.len() <= limits::PHOTOS
    }
}
