//! What is shown. Most of it is the phone's own data; what holds the core's inner types is told again here.

mod alarm;
mod care;
mod draft;
mod elder;
mod file;
mod history;
mod list;
mod questions;
mod receipt;
mod sheet;
mod shop;
mod today;

pub use alarm::{AlarmText, PhoneNumber, Text};
pub use care::{ConsentView, ContactView, Due, DueFor, HomeView, NeedView};
pub use draft::Draft;
pub use elder::{AssessmentMade, DwellingFile, ElderFile, LevelView};
pub use file::{
    ConfirmedView, ConflictView, EarlierAnswer, FieldView, FlagView, HazardView, LinkedPair, OperatorView,
    QuestionView, ReferralRound, ReferralView, SaidView,
};
pub use history::HistoryEntry;
pub use list::{
    CaseloadView, Change, DoorFlag, DoorFlags, DwellingRow, ElderRow, FileKind, Found, LeaseView, News, OpenFinding,
};
pub use questions::{
    AssessmentItem, Checklist, ChecklistItem, Coded, Finished, ListedField, Message, Quantity, StateDigest, VisitItem,
};
pub use receipt::{Pending, Receipt, Stage};
pub use sheet::{Feedback, Sheet, SheetItem, SheetLine};
pub use shop::{ShopFile, ShopRow};
pub use today::{Asked, DueVisit, ToConfirm, Today, WeatherNow};
