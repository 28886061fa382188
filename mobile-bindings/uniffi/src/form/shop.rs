//! Forms about shops, and about any place that is looked at by the checklist.

use sync_core::event::PhotoHash;
pub use sync_core::form::{
    AnswerRow, ConfirmationForm, InspectionForm, NewPremises, NoticeForm, OperatorEntry, SupplyForm, WithdrawalForm,
};
use sync_core::id::{EntityId, EventId};
use sync_core::time::Timestamp;

use super::{MapPoint, Scene};
use crate::vocabulary::{Answer, NoticeReceipt};

/// A shop that has no file yet. Empty texts are not known.
#[uniffi::remote(Record)]
pub struct NewPremises {
    /// The name on the sign.
    pub name: String,
    /// Where it is.
    #[uniffi(default)]
    pub address: String,
    /// The code on the door plate.
    #[uniffi(default)]
    pub unit_code: String,
    /// Kinds of premises, as in the policy.
    #[uniffi(default)]
    pub kinds: Vec<String>,
    /// Floor area in square metres.
    #[uniffi(default)]
    pub area_m2: Option<i64>,
    /// The floor.
    #[uniffi(default)]
    pub floor: String,
    /// Whom to ask for.
    #[uniffi(default)]
    pub contact_name: String,
    /// Under which number.
    #[uniffi(default)]
    pub contact_phone: String,
    /// What to know at the door.
    #[uniffi(default)]
    pub door_note: String,
    /// Opening hours.
    #[uniffi(default)]
    pub hours: String,
    /// Who runs the business.
    #[uniffi(default)]
    pub operator: Option<OperatorEntry>,
    /// Since when; now, when not said.
    #[uniffi(default)]
    pub since: Option<Timestamp>,
    /// Where it is on a map.
    #[uniffi(default)]
    pub map_point: Option<MapPoint>,
}

/// Who runs a business.
#[uniffi::remote(Record)]
pub struct OperatorEntry {
    /// One that has a file already; the other fields then do not matter.
    #[uniffi(default)]
    pub known: Option<EntityId>,
    /// The name on the licence.
    #[uniffi(default)]
    pub name: String,
    /// The person or company behind it.
    #[uniffi(default)]
    pub legal_name: String,
    /// The unified social credit code, as read.
    #[uniffi(default)]
    pub uscc: String,
}

/// A visit to a shop.
#[uniffi::remote(Record)]
pub struct InspectionForm {
    /// The shop, or the dwelling.
    pub premises: EntityId,
    /// The answers so far; an item that is missing was not looked at.
    #[uniffi(default)]
    pub answers: Vec<AnswerRow>,
    /// Whom the worker spoke to.
    #[uniffi(default)]
    pub met: String,
    /// Back to look whether earlier findings were put right.
    #[uniffi(default)]
    pub revisit: bool,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}

/// The answer to one item of the checklist.
#[uniffi::remote(Record)]
pub struct AnswerRow {
    /// The item, e.g. `EXIT-02`.
    pub code: String,
    /// What was found.
    pub answer: Answer,
    /// How severe, 0 to 4; the checklist's default when not said.
    #[uniffi(default)]
    pub severity: Option<u8>,
    /// The owner was asked to put it right and refused.
    #[uniffi(default)]
    pub refused: bool,
    /// How much: kilograms of gas, number of people, as the item says.
    #[uniffi(default)]
    pub quantity: Option<i64>,
    /// The worker's words.
    #[uniffi(default)]
    pub note: String,
    /// Photos of this item.
    #[uniffi(default)]
    pub photos: Vec<PhotoHash>,
}

/// A notice for a shop.
#[uniffi::remote(Record)]
pub struct NoticeForm {
    /// The shop.
    pub premises: EntityId,
    /// The inspection that it follows.
    pub inspection: EventId,
    /// The items on it.
    pub items: Vec<String>,
    /// How it was received.
    pub receipt: NoticeReceipt,
    /// By when the shop was asked to put it right.
    #[uniffi(default)]
    pub fix_by: Option<Timestamp>,
    /// When the worker comes back.
    #[uniffi(default)]
    pub next_visit: Option<Timestamp>,
    /// A provisional number; the phone's next when empty.
    #[uniffi(default)]
    pub number: String,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
    /// The badge numbers of those who are there; the sheet leaves room for them when there are none.
    #[uniffi(default)]
    pub badges: Vec<String>,
    /// Whether a copy stays with the shop; none when nobody said.
    #[uniffi(default)]
    pub copy_left: Option<bool>,
}

/// Is the answer true, is the hazard gone?
#[uniffi::remote(Record)]
pub struct ConfirmationForm {
    /// The referral.
    pub referral: EntityId,
    /// Is the hazard gone?
    pub satisfied: bool,
    /// What the worker saw.
    #[uniffi(default)]
    pub note: String,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}

/// The worker takes a referral back.
#[uniffi::remote(Record)]
pub struct WithdrawalForm {
    /// The referral.
    pub referral: EntityId,
    /// Why.
    pub reason: String,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}

/// The answer to a question of the desk that has the referral.
#[uniffi::remote(Record)]
pub struct SupplyForm {
    /// The referral.
    pub referral: EntityId,
    /// The question, by its id in the referral's questions.
    pub question: EventId,
    /// The answer.
    pub text: String,
    /// Who, where, photos.
    #[uniffi(default)]
    pub scene: Scene,
}
