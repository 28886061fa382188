//! `doorstep import`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::{CliError, Out, Session};
use crate::admin::Admin;
use crate::auth::console;
use crate::db::caseload::{Caseload, CaseloadKind};
use crate::flow::Actor;
use crate::import::premises::{Roster, RowPlan, Summary, read};
use crate::import::{Level, Progress, read_table};
use crate::lang::Lang;
use crate::roster::{self, RosterError};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reads a roster of shops from CSV or XLSX. The same file again changes nothing.
    #[command(after_help = "Example:\n  doorstep import premises shops.xlsx --dry-run\n  \
        doorstep import premises shops.csv --caseload HGS --as an")]
    Premises(Premises),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Premises {
    /// The table.
    file: PathBuf,
    /// The caseload: its prefix or id. May be left out when there is only one.
    #[arg(long)]
    caseload: Option<String>,
    /// Only says what would be done.
    #[arg(long)]
    dry_run: bool,
    /// In whose name: the login of a steward or supervisor of the caseload.
    #[arg(long = "as", value_name = "LOGIN")]
    author: Option<String>,
    /// Prints the plan as JSON.
    #[arg(long)]
    json: bool,
}

impl From<RosterError> for CliError {
    fn from(error: RosterError) -> Self {
        match error {
            RosterError::Db(error) => error.into(),
            RosterError::Row { line, ref error } => {
                Self::new(format!("第{line}行无法导入:{error}"), format!("line {line} cannot be imported: {error}"))
            }
        }
    }
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<ExitCode, CliError> {
    let Command::Premises(args) = command;
    let table = read_table(&std::fs::read(&args.file)?)?;
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let caseload = which(&admin, args.caseload.as_deref()).await?;
    let actor = match &args.author {
        Some(login) => author(&admin, &caseload, login).await?,
        None => roster::installation(),
    };
    let bar = bar(session.out.lang(), ("读取", "reading"));
    let Roster { rows, ignored } = read(&table, &mut |progress| show(&bar, progress))?;
    bar.finish_and_clear();
    if !ignored.is_empty() && !args.json {
        let names = ignored.join("、");
        session.out.say(format!("未导入的列:{names}"), format!("columns that are not imported: {names}"))?;
    }
    let plan = roster::compare(&app, caseload.id, rows).await?;
    let summary = Summary::of(&plan);
    if args.json {
        session.out.line(serde_json::to_string_pretty(&plan)?)?;
    } else {
        tell(&mut session.out, &plan)?;
    }
    if !args.dry_run {
        let bar = self::bar(session.out.lang(), ("写入", "writing"));
        roster::bring_in(&app, caseload.id, actor, &plan, &mut |progress| show(&bar, progress)).await?;
        bar.finish_and_clear();
    }
    if !args.json {
        sum_up(&mut session.out, &caseload.name, summary, args.dry_run)?;
    }
    Ok(if summary.error == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn which(admin: &Admin<'_>, named: Option<&str>) -> Result<Caseload, CliError> {
    if let Some(named) = named {
        return Ok(admin.caseload(named).await?);
    }
    let mut fields = admin.caseloads().await?.into_iter().filter(|c| c.kind == CaseloadKind::Field);
    match (fields.next(), fields.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(CliError::new("请用 --caseload 指明档案组", "say which caseload with --caseload")),
    }
}

async fn author(admin: &Admin<'_>, caseload: &Caseload, login: &str) -> Result<Actor, CliError> {
    let person = admin.person(login).await?;
    let membership = admin.memberships(person.id).await?.into_iter().find(|m| m.caseload == caseload.id);
    let membership = membership.ok_or_else(|| {
        CliError::new(format!("{login} 不在 {}", caseload.name), format!("{login} does not work in {}", caseload.name))
    })?;
    Ok(Actor { device: console(person.id), person: person.id, role: membership.role })
}

fn tell(out: &mut Out, plan: &[RowPlan]) -> std::io::Result<()> {
    for issue in plan.iter().flat_map(|row| &row.issues) {
        let (zh, en) = match issue.level {
            Level::Error => ("错误", "error"),
            Level::Warning => ("提醒", "warning"),
        };
        let column = issue.column.as_ref().map(|column| format!(" [{column}]")).unwrap_or_default();
        let line = issue.line;
        out.say(format!("第{line}行{column} {zh}:{}", issue.zh), format!("line {line}{column} {en}: {}", issue.en))?;
    }
    Ok(())
}

fn sum_up(out: &mut Out, name: &str, summary: Summary, dry_run: bool) -> std::io::Result<()> {
    let Summary { create, update, same, error, warnings } = summary;
    let (zh, en) = if dry_run { ("试运行,未写入", "dry run, nothing written") } else { ("完成", "done") };
    out.say(
        format!("{name}:新增 {create},更新 {update},不变 {same},有误 {error},提醒 {warnings}({zh})"),
        format!("{name}: {create} new, {update} changed, {same} as before, {error} wrong, {warnings} warnings ({en})"),
    )
}

/// A bar on standard error; nothing when that is not a terminal.
fn bar(lang: Lang, (zh, en): (&'static str, &'static str)) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}") {
        bar.set_style(style);
    }
    bar.with_message(lang.pick(zh, en))
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.total as u64);
    bar.set_position(progress.done as u64);
}
