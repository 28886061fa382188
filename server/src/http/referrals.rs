//! Referrals in the caseload of their subject: what the organisation and the street see, and what they do.

pub(crate) mod answer;
pub(crate) mod close;
pub(crate) mod confirm_flag;
pub(crate) mod dispatch;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod redo;
