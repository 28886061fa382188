//! What the files of elders and dwellings have of their own.

pub use doorstep_mobile::{ConsentView, ContactView, Due, DueFor, HomeView, NeedView};
use sync_core::id::EntityId;
use sync_core::policy::Text;
use sync_core::time::Timestamp;

use super::file::HazardView;
use crate::vocabulary::{ConsentState, Purpose};

/// How a consent stands now.
#[uniffi::remote(Record)]
pub struct ConsentView {
    /// For what.
    pub purpose: Purpose,
    /// How it stands: a grant only with its event, and as long as it lasts.
    pub state: ConsentState,
    /// When it ends.
    pub valid_to: Option<Timestamp>,
}

/// What an elder needs.
#[uniffi::remote(Record)]
pub struct NeedView {
    /// The need.
    pub id: EntityId,
    /// In the elder's words.
    pub text: String,
    /// Its kind.
    pub kind: String,
    /// `raised`, `matched` or `met`.
    pub status: String,
    /// Who will.
    pub matched_with: String,
    /// Why it cannot be met.
    pub unmet_reason: String,
}

/// Somebody to call.
#[uniffi::remote(Record)]
pub struct ContactView {
    /// The element of the contact's fields.
    pub id: String,
    /// The name.
    pub name: String,
    /// How related.
    pub relation: String,
    /// The number that shows.
    pub phone: String,
    /// Other numbers that were said meanwhile: try them too.
    pub other_phones: Vec<String>,
    /// Has a key to the dwelling.
    pub has_key: bool,
}

/// Where an elder lives.
#[uniffi::remote(Record)]
pub struct HomeView {
    /// The dwelling.
    pub id: EntityId,
    /// Its address.
    pub address: String,
    /// The floor.
    pub floor: String,
    /// Whether there is a lift.
    pub lift: Option<bool>,
    /// What to know at the door.
    pub door_note: String,
    /// `yes`, `no` or `unknown`: whether somebody there needs help to get out.
    pub evacuation_help: String,
    /// What is wrong and not put right.
    pub open: Vec<HazardView>,
}

/// One reason to go to an elder.
#[uniffi::remote(Record)]
pub struct Due {
    /// By when; for a need, since when.
    pub at: Timestamp,
    /// Why.
    pub why: DueFor,
    /// Why, in words: the policy's own where it is a rhythm of the policy.
    pub says: Text,
}

/// Why somebody should go to an elder.
#[uniffi::remote(Enum)]
pub enum DueFor {
    /// A visit, as often as the policy says for the risk tier.
    Visit,
    /// The last visit, or the last attempt, said when to come back.
    FollowUp,
    /// The last assessment is a year old.
    YearlyAssessment,
    /// Something happened, and a rule asks for a new assessment.
    Reassessment,
    /// The elder needs something, and it is not there yet.
    Need,
    /// Something drastic happened, and no visit has followed.
    Change,
    /// The weather is bad, and nobody has looked in or called for that.
    Weather,
}
