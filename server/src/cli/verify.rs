//! `doorstep verify`

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Session};
use crate::checkpoint;
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
            checkpoint::read(&std::fs::read_to_string(path).map_err(CliError::of_file(path))?, &key).map_err(
                |error| {
                    CliError::new(
                        format!("检查点文件不可信:{error}"),
                        format!("the checkpoints prove nothing: {error}"),
                    )
                },
            )?
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
        if report.before_restore > 0 {
            let n = report.before_restore;
            out.say(
                format!("检查点中有 {n} 处早于恢复备份,无法比对:若从未恢复过备份,日志已被换掉"),
                format!(
                    "{n} times a checkpoint speaks of a caseload before it was restored from a backup, and cannot be compared: \
                     if there never was a restore, the logs were exchanged"
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
