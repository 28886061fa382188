//! Forms: one record for each kind, and one enum of them. They are the core's own: what an app fills in is what is
//! checked, kept as a draft and finished.

mod elder;
mod record;
mod shop;

pub use elder::{
    AssessmentForm, Assessor, BreakGlassForm, ConsentEntry, ConsentForm, ContactEntry, NeedForm, NewDwelling, NewElder,
    NotMetForm, ObservedRow, RiskCount, RiskEntry, RiskForm, VisitForm,
};
pub use record::{
    EntityEdit, ExplanationForm, FieldOp, FlagDecisionForm, LinkForm, SettleForm, State, Value, VoidForm,
};
pub use shop::{
    AnswerRow, ConfirmationForm, InspectionForm, NewPremises, NoticeForm, OperatorEntry, SupplyForm, WithdrawalForm,
};
use sync_core::event::{CoarsePlace, PhotoHash};
pub use sync_core::form::{Form, Scene};
use sync_core::id::{EventId, PersonId};
pub use sync_core::map_point::{Datum, MapPoint};

/// A form of any kind. **The list of forms**: one line here and one file.
#[uniffi::remote(Enum)]
pub enum Form {
    /// A shop that has no file yet.
    NewPremises(NewPremises),
    /// A friendly reminder visit, or going back to look.
    Inspection(InspectionForm),
    /// The notice that was left.
    Notice(NoticeForm),
    /// Changed fields of a file.
    Edit(EntityEdit),
    /// Is the answer to a referral true?
    Confirmation(ConfirmationForm),
    /// A referral is taken back.
    Withdrawal(WithdrawalForm),
    /// A decision between several values of one field.
    Settle(SettleForm),
    /// Two files are the same thing.
    Link(LinkForm),
    /// An event should not have been written.
    Void(VoidForm),
    /// An elder who has no file yet.
    NewElder(NewElder),
    /// A dwelling that has no file yet.
    NewDwelling(NewDwelling),
    /// A visit to an elder.
    Visit(VisitForm),
    /// An attempt that met nobody.
    NotMet(NotMetForm),
    /// An assessment of an elder's abilities.
    Assessment(AssessmentForm),
    /// Something happened to an elder.
    Risk(RiskForm),
    /// What an elder agreed to.
    Consent(ConsentForm),
    /// What an elder needs.
    Need(NeedForm),
    /// Confidence was broken to save a life.
    BreakGlass(BreakGlassForm),
    /// The answer to a desk's question.
    Supply(SupplyForm),
    /// The worker explains what a flag asks about.
    Explanation(ExplanationForm),
    /// A supervisor or steward decides on a flag.
    FlagDecision(FlagDecisionForm),
}

/// What every event of a form may say beside its body.
#[uniffi::remote(Record)]
pub struct Scene {
    /// Who else was there.
    #[uniffi(default)]
    pub coworkers: Vec<PersonId>,
    /// Where, coarsely.
    #[uniffi(default)]
    pub place: Option<CoarsePlace>,
    /// Photos taken.
    #[uniffi(default)]
    pub photos: Vec<PhotoHash>,
    /// The event that this one corrects.
    #[uniffi(default)]
    pub amends: Option<EventId>,
}

/// A point on a map, in the datum that it was read in. It has to be in China; a home's is kept to about 100 m.
#[uniffi::remote(Record)]
pub struct MapPoint {
    /// What the numbers refer to.
    pub datum: Datum,
    /// Latitude × 100,000: to about a metre.
    pub lat_e5: i32,
    /// Longitude × 100,000.
    pub lon_e5: i32,
}

/// What coordinates refer to. The same numbers in another datum are some hundred metres away.
#[uniffi::remote(Enum)]
pub enum Datum {
    /// As satellite receivers measure.
    Wgs84,
    /// As map services in China show.
    Gcj02,
}

/// A place to about 100 m: degrees times 1,000. Finer is nobody's business.
#[uniffi::remote(Record)]
pub struct CoarsePlace {
    /// Latitude × 1,000.
    pub lat_milli: i32,
    /// Longitude × 1,000.
    pub lon_milli: i32,
}
