//! What is shown. Most of it is the phone's own data; what holds the core's inner types is told again here.

mod alarm;
mod draft;
mod file;
mod list;
mod questions;
mod receipt;
mod shop;
mod today;

pub use alarm::{AlarmText, PhoneNumber, Text};
pub use draft::Draft;
pub use file::{
    ConflictView, FieldView, FlagView, HazardView, OperatorView, ReferralRound, ReferralView, SaidView,
};
pub use list::{CaseloadView, Change, DoorFlag, DoorFlags, Found, LeaseView, News, OpenFinding};
pub use questions::{Checklist, ChecklistItem, Finished, Message, Quantity, StateDigest};
pub use receipt::{Pending, Receipt, Stage};
pub use shop::{HistoryEntry, ShopFile, ShopRow};
pub use today::{DueVisit, ToConfirm, Today};
