//! `doorstep verify`: derives everything again from the logs and compares it with what is stored.
//!
//! Sequence numbers without gaps, the hash chain, content that opens, the additive hash ([`replay`]); documents,
//! projections, events, flags and verdicts as the log says them ([`derived`]); and rules asked again, at the time and
//! under the policy of each file's last entry ([`rules`]); what became of alarms ([`alarms`]). It reads one moment of the database and changes nothing.

use std::fmt;

use sync_core::id::CaseloadId;

use crate::auth;
use crate::checkpoint::{self, Checkpoint, Lost};
use crate::db::caseload::{self, Caseload};
use crate::db::key::Keyring;
use crate::db::{self, Db, DbError, Tx, read_log};
use crate::flow::Flow;
use crate::{audit, flow};

mod alarms;
#[cfg(test)]
mod deliveries;
mod derived;
mod folded;
mod replay;
mod rules;
#[cfg(test)]
mod tampers;
#[cfg(test)]
mod tests;

/// Rows that are read at a time.
pub(crate) const AT_ONCE: u32 = 256;
/// Most findings that are told; more say no more.
const FINDINGS: usize = 1_000;

/// What was looked at, and what does not agree.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Caseloads looked at.
    pub caseloads: u64,
    /// Log entries.
    pub entries: u64,
    /// Documents folded again.
    pub documents: u64,
    /// Events found in their places.
    pub events: u64,
    /// Flags derived again.
    pub flags: u64,
    /// Files whose rules were asked again.
    pub files: u64,
    /// Entries of the read log.
    pub reads: u64,
    /// Entries of the alarms' log.
    pub alarms: u64,
    /// What checkpoints knew of and restores on record left behind.
    pub lost: Vec<Lost>,
    /// What does not agree; empty when all is well.
    pub findings: Vec<Finding>,
}

/// Something that does not agree with the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// In which caseload.
    pub caseload: CaseloadId,
    /// What is wrong.
    pub code: Code,
    /// In which table.
    pub table: &'static str,
    /// Where: a sequence number, or an id.
    pub place: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $zh:literal $en:literal;)*) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
        pub enum Code { $($(#[$doc])* #[serde(rename = $code)] $name,)* }

        impl Code {
            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// For people who read Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// For people who read English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }
        }
    };
}

codes! {
    /// A sequence number is missing.
    Gap "gap" "序号不连续" "a sequence number is missing";
    /// A row of the log was changed.
    Chain "chain" "哈希链断裂" "the hash chain is broken";
    /// Sealed content does not open.
    Sealed "sealed" "密封内容打不开" "sealed content does not open";
    /// The caseload's head is not that of its log.
    Head "head" "档案组状态与日志不符" "the caseload's head is not that of its log";
    /// A merged submission does not fold.
    Fold "fold" "已合并的提交无法重新合并" "a merged submission does not fold again";
    /// A document is not the fold of its entries.
    Document "document" "档案与日志重放结果不同" "a document is not the fold of its entries";
    /// A projection is not that of its document.
    Projection "projection" "视图与档案不符" "a projection is not that of its document";
    /// An event is not where the log has it.
    Event "event" "事件索引与日志不符" "an event is not where the log has it";
    /// A flag is not as the log says.
    Flag "flag" "标记与日志不符" "a flag is not as the log says";
    /// A submission's verdict is not the one of the log.
    Verdict "verdict" "提交的结论与日志不符" "a verdict is not the one of the log";
    /// The rules say something else.
    Rules "rules" "按规则重新判断的结果不同" "the rules say something else";
    /// The read log was changed.
    Reads "reads" "查阅记录被改动" "the read log was changed";
    /// The alarms' log was changed, or alarms do not agree with it.
    Alarms "alarms" "警报记录被改动" "the log of alarms was changed, or alarms do not agree with it";
    /// What was erased has a key again, or is not on record as the log says.
    Erased "erased" "已删除的内容与日志不符" "what was erased is not as the log says";
    /// A log ends before a checkpoint, or is another one there.
    Checkpoint "checkpoint" "日志在检查点处被截断或改写" "the log was cut off or written anew: it does not fit a checkpoint";
    /// A new history began without a restore on record, or an older one is back.
    Epoch "epoch" "历史已更换,却没有恢复备份的记录:日志可能被截断或换掉"
        "the history changed, and no restore is on record that did it: the log may have been cut off or exchanged";
    /// A link between files is not as the log says.
    Link "link" "档案关联与日志不符" "a link between files is not as the log says";
    /// A slip does not belong to the referral that it names.
    Slip "slip" "单据与转办不符" "a slip does not belong to its referral";
    /// Entries name a policy that is not on record.
    Policy "policy" "缺少日志所用的政策版本" "entries name a policy that is not on record";
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}: {} ({})", self.caseload, self.table, self.place, self.code.en(), self.code.code())
    }
}

/// One caseload under examination.
pub(crate) struct Bench<'a> {
    pub(crate) tx: &'a mut Tx,
    pub(crate) keys: &'a mut Keyring,
    pub(crate) caseload: &'a Caseload,
    pub(crate) report: &'a mut Report,
}

impl Bench<'_> {
    pub(crate) fn find(&mut self, code: Code, table: &'static str, place: impl fmt::Display) {
        if self.report.findings.len() < FINDINGS {
            self.report.findings.push(Finding { caseload: self.caseload.id, code, table, place: place.to_string() });
        }
    }
}

/// Examines every caseload.
///
/// # Errors
/// When the database cannot be read; what is wrong with its content is in the report.
pub async fn verify(db: &Db, flow: &Flow) -> flow::Result<Report> {
    verify_against(db, flow, &[]).await
}

/// Examines every caseload, and whether the logs still hold what checkpoints say of them, as far as no restore on record
/// left it behind.
///
/// # Errors
/// As [`verify`].
pub async fn verify_against(db: &Db, flow: &Flow, checkpoints: &[Checkpoint]) -> flow::Result<Report> {
    examine(&mut db.read().await?, flow, checkpoints).await
}

async fn examine(tx: &mut Tx, flow: &Flow, checkpoints: &[Checkpoint]) -> flow::Result<Report> {
    let mut report = Report::default();
    let key = auth::of_checkpoints(tx, flow.sealer()).await?.map(|key| key.verifying_key());
    let compared = checkpoint::against(tx, key.as_ref(), checkpoints).await?;
    report.lost = compared.lost.into_values().collect();
    for (caseload, epoch) in compared.unexplained {
        report.findings.push(Finding { caseload, code: Code::Epoch, table: "caseload", place: epoch.to_string() });
    }
    for (caseload, table, n) in compared.wrong {
        report.findings.push(Finding { caseload, code: Code::Checkpoint, table, place: n.to_string() });
    }
    let mut policies = rules::Policies::default();
    for caseload in caseload::every(tx).await? {
        let mut keys = flow.keys();
        report.caseloads += 1;
        let mut bench = Bench { tx: &mut *tx, keys: &mut keys, caseload: &caseload, report: &mut report };
        let told = replay::log(&mut bench).await?;
        derived::compare(&mut bench, &told).await?;
        reads(&mut bench).await?;
        alarms::compare(&mut bench).await?;
        // Rules are asked over what is stored: only when that is sound do their answers say anything.
        if !bench.report.findings.iter().any(|finding| finding.caseload == caseload.id) {
            rules::ask(&mut bench, &told, &mut policies).await?;
        }
    }
    Ok(report)
}

/// The chain of the read log.
async fn reads(bench: &mut Bench<'_>) -> db::Result<()> {
    let (mut n, mut link) = (0, audit::genesis("read", bench.caseload.id));
    loop {
        let found = read_log::after(bench.tx, bench.caseload.id, n, AT_ONCE).await?;
        if found.is_empty() {
            return Ok(());
        }
        for read in found {
            bench.report.reads += 1;
            n += 1;
            match read.follows(&link) {
                Ok(Some(next)) if read.n()? == n => link = next,
                Err(error) if !unopened(&error) => return Err(error),
                _ => {
                    bench.find(Code::Reads, "read_log", n);
                    return Ok(());
                }
            }
        }
    }
}

/// Whether this error says that content does not open: a finding, no failure.
pub(crate) fn unopened(error: &DbError) -> bool {
    matches!(error, DbError::Sealed(_) | DbError::NoKey | DbError::Damaged(_) | DbError::Shape { .. })
}
