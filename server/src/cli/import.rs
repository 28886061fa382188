//! `doorstep import`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::{CliError, Out, Session};
use crate::admin::Admin;
use crate::app::App;
use crate::auth::console;
use crate::db::caseload::{Caseload, CaseloadKind};
use crate::flow::Actor;
use crate::import::columns::Columns;
use crate::import::plan::{RowPlan, Summary};
use crate::import::premises::Premises;
use crate::import::rows::{Roster, read};
use crate::import::{Level, Progress, Table, read_table};
use crate::lang::Lang;
use crate::roster::{self, RosterError};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reads a roster of shops from CSV or XLSX. The same file again changes nothing.
    #[command(after_help = "Example:\n  doorstep import premises shops.xlsx --dry-run\n  \
        doorstep import premises shops.csv --caseload HGS --as an")]
    Premises(Args),
    /// Reads a roster of elders with their dwellings and contacts from CSV or XLSX. Of a resident id only a keyed hash and
    /// the last four characters are kept. The same file again changes nothing.
    #[command(after_help = "Example:\n  doorstep import elders elders.xlsx --dry-run\n  \
        doorstep import elders elders.csv --caseload HGS --as mei")]
    Elders(Args),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
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

/// What an import works with, whatever the roster.
struct Import {
    app: App,
    caseload: Caseload,
    actor: Actor,
    file: PathBuf,
    table: Table,
    dry_run: bool,
    json: bool,
}

pub(super) async fn run(command: Command, mut session: Session) -> Result<ExitCode, CliError> {
    let (Command::Premises(args) | Command::Elders(args)) = &command;
    let bytes = std::fs::read(&args.file).map_err(CliError::of_file(&args.file))?;
    let table = read_table(&bytes).map_err(|error| CliError::from(error).in_file(&args.file))?;
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let caseload = which(&admin, args.caseload.as_deref()).await?;
    let actor = match &args.author {
        Some(login) => author(&admin, &caseload, login).await?,
        None => roster::installation(),
    };
    let (file, dry_run, json) = (args.file.clone(), args.dry_run, args.json);
    let import = Import { caseload, actor, file, table, dry_run, json, app: app.clone() };
    match command {
        Command::Premises(_) => import.run(&Premises, &mut session.out).await,
        Command::Elders(_) => roster::elders(&app, async |elders| import.run(elders, &mut session.out).await).await,
    }
}

impl Import {
    async fn run<R: roster::Roster>(&self, kind: &R, out: &mut Out) -> Result<ExitCode, CliError> {
        let bar = bar(out.lang(), ("读取", "reading"));
        let Roster { rows, ignored } = read(kind, &self.table, &mut |progress| show(&bar, progress))
            .map_err(|error| CliError::from(error).in_file(&self.file))?;
        bar.finish_and_clear();
        if !ignored.is_empty() && !self.json {
            let names = ignored.join("、");
            out.say(format!("未导入的列:{names}"), format!("columns that are not imported: {names}"))?;
        }
        let plan = roster::compare(kind, &self.app, self.caseload.id, rows).await?;
        let summary = Summary::of(&plan);
        if self.json {
            out.line(serde_json::to_string_pretty(&plan)?)?;
        } else {
            tell(out, &plan)?;
        }
        if !self.dry_run {
            let bar = self::bar(out.lang(), ("写入", "writing"));
            let mut shown = |progress| show(&bar, progress);
            roster::bring_in(kind, &self.app, self.caseload.id, self.actor, &plan, &mut shown).await?;
            bar.finish_and_clear();
        }
        if !self.json {
            sum_up(out, &self.caseload.name, summary, self.dry_run)?;
        }
        Ok(if summary.error == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
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

fn tell<C: Columns>(out: &mut Out, plan: &[RowPlan<C>]) -> std::io::Result<()> {
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
