//! `doorstep restore`

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::backup::{bar, show};
use super::{CliError, Session};
use crate::app::{known_sealer, policy};
use crate::backup::{self, BackupError, Restored};
use crate::db::Db;
use crate::flow::Flow;
use crate::register::Register;

/// From what it is restored.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The backup.
    #[arg(id = "backup", value_name = "FILE")]
    file: PathBuf,
    /// The register; of several nodes, each one's. Without it, the one that the configuration names.
    #[arg(long, value_name = "FILE")]
    register: Vec<PathBuf>,
    /// Goes without a register: what was erased, revoked or left since the backup comes back.
    #[arg(long, conflicts_with = "register")]
    without_register: bool,
}

pub(super) async fn run(args: Args, mut session: Session) -> Result<ExitCode, CliError> {
    let file = File::open(&args.file).map_err(CliError::of_file(&args.file))?;
    let sealer = known_sealer(&session.config, &session.surroundings)?;
    let named = if args.register.is_empty() { vec![session.config.register()] } else { args.register };
    let registers: Vec<Register> = named.iter().map(|path| Register::of_file(path, Arc::clone(&sealer))).collect();
    if !args.without_register && !registers.iter().all(Register::is_there) {
        return Err(BackupError::NoRegister.into());
    }
    let registers = (!args.without_register).then_some(registers);
    let flow = Flow::new(sealer, Arc::new(policy(&session.config)?));
    let place = session.config.database();
    let db = Db::at(&place).await.map_err(CliError::of_database_at(&place))?;
    let now = session.surroundings.clock.now();
    let bar = bar(session.out.lang(), ("恢复", "restoring"));
    let mut told = |progress| show(&bar, progress);
    let restored = backup::restore(&db, &flow, BufReader::new(file), registers.as_deref(), now, &mut told).await;
    let restored = restored.map_err(CliError::of_backup(&args.file))?;
    db.close().await;
    bar.finish_and_clear();
    tell(&mut session, &restored)
}

fn tell(session: &mut Session, restored: &Restored) -> Result<ExitCode, CliError> {
    let Restored { header, contents, applied, epoch, report } = restored;
    let (at, rows, caseloads, out) = (header.at(), contents.rows(), contents.heads.len(), &mut session.out);
    out.say(
        format!("已恢复到 {at}:{caseloads} 个档案组和窗口,{rows} 行;适用登记簿 {applied} 条;新纪元 {epoch}"),
        format!(
            "restored to {at}: {caseloads} caseloads and desks, {rows} rows; {applied} entries of the register applied; \
             epoch {epoch}"
        ),
    )?;
    out.say(
        "手机会自动重传此后的内容;控制台须重新登录;备份之后注册的手机须用新注册码重新登记",
        "phones send again what came later; consoles log in anew; phones that enrolled later enrol again with a new code",
    )?;
    let wrong = report.findings.len();
    if wrong == 0 {
        let entries = report.entries;
        out.say(format!("核对一致:{entries} 条日志"), format!("verified: {entries} log entries agree"))?;
        return Ok(ExitCode::SUCCESS);
    }
    out.say(
        format!("核对不符 {wrong} 处:请运行 doorstep verify"),
        format!("{wrong} do not agree: run doorstep verify"),
    )?;
    Ok(ExitCode::FAILURE)
}
