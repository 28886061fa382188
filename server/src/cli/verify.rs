//! `doorstep verify`

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Session};
use crate::checkpoint::{self, Lost};
use crate::verify::verify_against;

/// How it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compares with the checkpoints of this file, too.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, mut session: Session) -> Result<ExitCode, CliError> {
    let app = session.app().await?;
    let checkpoints = match &args.against {
        Some(path) => {
            let key = app.auth().keys.checkpoint.verifying_key();
            let text = std::fs::read_to_string(path).map_err(CliError::of_file(path))?;
            checkpoint::read(&text, &key).map_err(|error| CliError::new(error.zh(), error.to_string()).in_file(path))?
        }
        None => Vec::new(),
    };
    let report = verify_against(app.db(), app.flow(), &checkpoints).await?;
    let out = &mut session.out;
    if args.json {
        out.line(serde_json::to_string_pretty(&report)?)?;
    } else {
        for finding in &report.findings {
            let (caseload, place, code) =
                (finding.caseload, format!("{} {}", finding.table, finding.place), finding.code);
            out.say(format!("{caseload} {place}:{}", code.zh()), format!("{caseload} {place}: {}", code.en()))?;
        }
        for lost in &report.lost {
            let Lost { caseload, table, epoch, first, last, backup_at, restored_at } = lost;
            out.say(
                format!(
                    "{caseload} {table} {first}–{last}(纪元 {epoch}):{restored_at} 恢复了 {backup_at} 的备份,此后的这些内容\
                     已不在日志中;若当时无人恢复过备份,请追查"
                ),
                format!(
                    "{caseload} {table} {first}-{last} (epoch {epoch}): not in the backup of {backup_at} that was restored \
                     at {restored_at}; if nobody restored anything then, look into it"
                ),
            )?;
        }
        let (caseloads, entries, documents) = (report.caseloads, report.entries, report.documents);
        let (flags, reads, wrong) = (report.flags, report.reads, report.findings.len());
        out.say(
            format!(
                "{caseloads} 个档案组,{entries} 条日志,{documents} 份档案,{flags} 条提示,{reads} 条查阅记录;不符 {wrong} 处"
            ),
            format!(
                "{caseloads} caseloads, {entries} log entries, {documents} documents, {flags} flags, {reads} recorded \
                 looks; {wrong} do not agree"
            ),
        )?;
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
