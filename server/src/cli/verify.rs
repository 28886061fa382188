//! `doorstep verify`

use std::process::ExitCode;

use super::{CliError, Session};
use crate::verify::verify;

/// How it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, mut session: Session) -> Result<ExitCode, CliError> {
    let app = session.app().await?;
    let report = verify(app.db(), app.flow()).await?;
    let out = &mut session.out;
    if args.json {
        out.line(serde_json::to_string_pretty(&report)?)?;
    } else {
        for finding in &report.findings {
            let (caseload, place, code) = (finding.caseload, format!("{} {}", finding.table, finding.place), finding.code);
            out.say(format!("{caseload} {place}:{}", code.zh()), format!("{caseload} {place}: {}", code.en()))?;
        }
        let (caseloads, entries, documents) = (report.caseloads, report.entries, report.documents);
        let (flags, reads, wrong) = (report.flags, report.reads, report.findings.len());
        out.say(
            format!(
                "{caseloads} 个档案组,{entries} 条日志,{documents} 份档案,{flags} 个标记,{reads} 条查阅记录;不符 {wrong} 处"
            ),
            format!(
                "{caseloads} caseloads, {entries} log entries, {documents} documents, {flags} flags, {reads} recorded \
                 looks; {wrong} do not agree"
            ),
        )?;
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
