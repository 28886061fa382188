//! What came of the day, and whether it is what should have come.

use serde::Serialize;

/// The day's result.
#[derive(Serialize)]
pub(super) struct Report {
    /// Everything expected came about.
    pub(super) ok: bool,
    /// What was played, in order.
    pub(super) steps: Vec<&'static str>,
    /// The flags by rule.
    pub(super) flags: Vec<Flag>,
    /// The referrals.
    pub(super) referrals: Vec<Referral>,
    /// Submissions that wait for a person.
    pub(super) held: Vec<Held>,
    /// Fields with several versions.
    pub(super) conflicts: Vec<Conflict>,
    /// Digest of the caseload's state on each replica.
    pub(super) digests: Vec<Replica>,
    /// Counts for the day.
    pub(super) counts: Counts,
    /// What was expected, and whether it came about.
    pub(super) expected: Vec<Expected>,
}

/// A flag.
#[derive(Serialize, Clone)]
pub(super) struct Flag {
    pub(super) rule: String,
    pub(super) standing: String,
    pub(super) subject: String,
    pub(super) zh: String,
    pub(super) en: String,
}

/// A referral.
#[derive(Serialize, Clone)]
pub(super) struct Referral {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) rule: String,
    pub(super) dept: String,
    pub(super) round: u64,
    pub(super) rank: u64,
    pub(super) state: String,
    pub(super) due_at: Option<String>,
    /// The internal target counted from the claimed observation, and when it went to the first desk.
    pub(super) target_at: Option<i64>,
    pub(super) dispatched_at: Option<i64>,
    /// Withdrawals that lost and are kept as notes.
    pub(super) notes: usize,
    /// What the supervisor says of the flag behind it.
    pub(super) confirmed_by_supervisor: Option<bool>,
}

/// A held submission.
#[derive(Serialize, Clone)]
pub(super) struct Held {
    pub(super) submission: String,
    pub(super) code: String,
}

/// A conflict.
#[derive(Serialize, Clone)]
pub(super) struct Conflict {
    pub(super) subject: String,
    pub(super) field: String,
    pub(super) values: Vec<String>,
}

/// A replica.
#[derive(Serialize, Clone)]
pub(super) struct Replica {
    pub(super) name: &'static str,
    pub(super) digest: String,
}

/// Counts.
#[derive(Serialize, Default, Clone)]
pub(super) struct Counts {
    pub(super) inspections: usize,
    pub(super) revisits: usize,
    pub(super) notices: usize,
    /// A submission carries a remark that its phone's clock was off.
    pub(super) clock_remarks: bool,
    /// A link was cut in mid-transfer, and what had arrived was not sent again.
    pub(super) resumed: bool,
    pub(super) round_trips: usize,
    pub(super) bytes_up: u64,
    pub(super) bytes_down: u64,
}

/// One expectation.
#[derive(Serialize, Clone)]
pub(super) struct Expected {
    pub(super) what_zh: String,
    pub(super) what_en: String,
    pub(super) found: String,
    pub(super) ok: bool,
}

/// Gathers expectations.
#[derive(Default)]
pub(super) struct Expectations(Vec<Expected>);

impl Expectations {
    /// Expects `found` to be `wanted`.
    pub(super) fn is<T: PartialEq + std::fmt::Debug>(&mut self, zh: &str, en: &str, found: &T, wanted: &T) {
        self.holds(zh, en, found == wanted, &format!("{found:?}"));
    }

    /// Expects something to be so.
    pub(super) fn holds(&mut self, zh: &str, en: &str, ok: bool, found: &str) {
        self.0.push(Expected { what_zh: zh.to_owned(), what_en: en.to_owned(), found: found.to_owned(), ok });
    }

    /// The list, and whether all came about.
    pub(super) fn finish(self) -> (Vec<Expected>, bool) {
        let ok = self.0.iter().all(|expected| expected.ok);
        (self.0, ok)
    }
}
