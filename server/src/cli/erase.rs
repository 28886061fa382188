//! `doorstep erase`

use std::process::ExitCode;

use sync_core::id::EntityId;

use super::{CliError, Out, Session};
use crate::admin::{Admin, AdminError};
use crate::app::App;
use crate::db::{DbError, Location};
use crate::flow::erase::{Home, Scope};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The elder: the id of their file. Linked files are the same person and go with it.
    elder: EntityId,
    /// The caseload: its prefix or id.
    #[arg(long)]
    caseload: String,
    /// Why: the person's request, and how it was made. Sealed in the log.
    #[arg(long)]
    reason: Option<String>,
    /// Who answers for it: the login of a supervisor or steward of the caseload.
    #[arg(long, value_name = "LOGIN")]
    by: Option<String>,
    /// Rewrites the database's files afterwards, so that no destroyed key remains in them; also of a file that was erased
    /// before.
    #[arg(long)]
    scrub: bool,
    /// Only says what would go.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: Args, mut session: Session) -> Result<ExitCode, CliError> {
    let app = session.app().await?;
    let admin = Admin::new(&app);
    let caseload = admin.caseload(&args.caseload).await?;
    let scope = match admin.erasure_of(caseload.id, args.elder).await {
        // A command that was killed may have got as far.
        Err(AdminError::NoElder(_)) if admin.was_erased(caseload.id, args.elder).await? => {
            session.out.say("该档案此前已删除", "This file was erased before")?;
            return if args.scrub && !args.dry_run { scrub(&app, &mut session).await } else { Ok(ExitCode::SUCCESS) };
        }
        scope => scope?,
    };
    tell(&scope, &mut session.out)?;
    if args.dry_run {
        session.out.say("试运行:没有删除任何内容", "dry run: nothing was erased")?;
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(by), Some(reason)) = (args.by, args.reason) else {
        return Err(CliError::new(
            "请用 --by 和 --reason 写明由谁负责、为何删除;加 --dry-run 则只作说明",
            "say who answers for it and why with --by and --reason; or --dry-run to be told what would go",
        ));
    };
    let by = admin.person(&by).await?.id;
    admin.erase(caseload.id, args.elder, (by, &reason)).await?;
    session.out.say(
        "已删除。手机下次同步时清除;之后才上传的相关内容不再合并,也无人能读",
        "Erased. Phones forget with their next sync; what they still send about it is not merged, and nobody can read it",
    )?;
    session.out.say(
        "此前的备份仍含密钥,直到按保留期删除;从中恢复时会依登记簿再次删除",
        "Backups from before hold the key until they are deleted; a restore from them erases again, by the register",
    )?;
    if args.scrub { scrub(&app, &mut session).await } else { Ok(ExitCode::SUCCESS) }
}

async fn scrub(app: &App, session: &mut Session) -> Result<ExitCode, CliError> {
    match app.db().scrub().await {
        Ok(()) => scrubbed(&session.config.database(), &mut session.out)?,
        Err(DbError::StillRead) => {
            return Err(CliError::new(
                "已删除,但数据库文件尚未整理:仍有人在读取之前的内容(备份或其他命令)。请稍后再次执行同一命令",
                "It is erased, but the database's files are not rewritten yet: somebody still reads what was there before (a \
                 backup, another command). Run the same command again later",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(scope: &Scope, out: &mut Out) -> Result<(), CliError> {
    let names = scope.names.iter().cloned().collect::<Vec<_>>().join("、");
    let (files, entities, events) = (scope.files.len(), scope.entities.len(), scope.events);
    let (counted, flags, held) = (scope.counted, scope.flags, scope.around.held.len());
    let (alarms, deliveries) = (scope.around.alarms.len(), scope.around.deliveries.len());
    let slips: usize = scope.slips.values().map(std::collections::BTreeSet::len).sum();
    out.say(
        format!("将删除:{names}({files} 份长者档案,共 {entities} 项记录,{events} 条事件,{flags} 个标记)"),
        format!(
            "To be erased: {names} ({files} files of the elder, {entities} records, {events} events, {flags} flags)"
        ),
    )?;
    out.say(
        format!("窗口收到的相关单据 {slips} 份;待审提交 {held} 份(作者会收到文字说明);警报说明 {alarms} 条;投递 {deliveries} 件"),
        format!(
            "Slips at desks: {slips}; held submissions: {held} (their authors are told in words); alarms: {alarms}; \
             deliveries: {deliveries}"
        ),
    )?;
    out.say(
        format!("仍计入报表:{counted} 次走访的编号、类别和时间,不含任何内容"),
        format!("Still counted in reports: {counted} visits, by id, kind and time, without any content"),
    )?;
    for (home, fate) in &scope.homes {
        let (zh, en) = match fate {
            Home::Goes => ("没有其他长者住在那里,一并删除", "nobody else lives there: it goes too"),
            Home::LivedIn => ("还有其他长者居住,保留", "somebody else lives there: it stays"),
            Home::AtWork => {
                ("部门正在处理该处隐患,暂时保留;办结后可再次删除", "a department is at work there: it stays for now")
            }
        };
        out.say(format!("住处 {home}:{zh}"), format!("The home {home}: {en}"))?;
    }
    Ok(())
}

fn scrubbed(database: &Location, out: &mut Out) -> Result<(), CliError> {
    Ok(match database {
        Location::File(_) => out.say(
            "数据库文件已整理,其中不再有被删内容的密钥、索引和派生副本",
            "The database's files are rewritten: no key, index or derived copy of it remains in them",
        ),
        Location::Server(_) => out.say(
            "数据表已整理。PostgreSQL 的预写日志和归档在其保留期内仍含旧页;请等其回收或执行检查点后清理归档",
            "The tables are rewritten. PostgreSQL's write-ahead log and its archive hold old pages until they are \
             recycled: checkpoint, and clear the archive by your retention",
        ),
    }?)
}
