//! `doorstep backup`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::{CliError, Session};
use crate::app::known_sealer;
use crate::backup::{self, Contents, Header, Progress};
use crate::lang::Lang;

/// What is backed up where, or read through.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file to write; in a directory, a file named by its time.
    #[arg(id = "backup", value_name = "FILE")]
    file: PathBuf,
    /// Reads the file through instead, and says what it holds.
    #[arg(long, conflicts_with = "keep")]
    check: bool,
    /// Of a directory: how many of its backups to keep; older ones are removed when the new one is whole.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
}

pub(super) async fn run(args: Args, mut session: Session) -> Result<ExitCode, CliError> {
    if args.check {
        return check(&args.file, session);
    }
    if args.keep.is_some() && !args.file.is_dir() {
        let (zh, en) =
            ("没有这个目录:--keep 要用在已有的目录上", "--keep is for a directory that is there, and this is none");
        return Err(CliError::new(zh, en).in_file(&args.file));
    }
    let app = session.app().await?;
    let bar = bar(session.out.lang(), ("备份", "backing up"));
    let taken = backup::take(&app, &args.file, &mut |progress| show(&bar, progress)).await;
    let (path, contents) = taken.map_err(CliError::of_backup(&args.file))?;
    bar.finish_and_clear();
    tell(&mut session, &path, &contents)?;
    if let Some(keep) = args.keep {
        for old in backup::prune(&args.file, keep.into()).map_err(CliError::of_backup(&args.file))? {
            let old = old.display();
            session.out.say(format!("已移除旧备份 {old}"), format!("removed the old backup {old}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check(file: &Path, mut session: Session) -> Result<ExitCode, CliError> {
    let sealer = known_sealer(&session.config, &session.surroundings)?;
    let bar = bar(session.out.lang(), ("检查", "checking"));
    let checked = backup::check(file, &sealer, &mut |progress| show(&bar, progress));
    let (header, contents) = checked.map_err(CliError::of_backup(file))?;
    bar.finish_and_clear();
    tell(&mut session, file, &contents)?;
    let Header { program, schema, .. } = &header;
    let at = header.at();
    session.out.say(
        format!("完好:{at} 的备份,由 doorstep {program} 写成,数据库结构第 {schema} 版"),
        format!("whole: of {at}, written by doorstep {program}, schema {schema}"),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn tell(session: &mut Session, path: &Path, contents: &Contents) -> Result<(), CliError> {
    let (path, rows, caseloads) = (path.display(), contents.rows(), contents.heads.len());
    let entries: u64 = contents.heads.iter().map(|head| head.seq).sum();
    Ok(session.out.say(
        format!("{path}:{caseloads} 个档案组和窗口,{entries} 条日志,{rows} 行"),
        format!("{path}: {caseloads} caseloads and desks, {entries} log entries, {rows} rows"),
    )?)
}

/// Shows how far long work is; nothing where nobody looks.
pub(super) fn bar(lang: Lang, (zh, en): (&'static str, &'static str)) -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{msg} {human_pos}/{human_len} {per_sec}") {
        bar.set_style(style);
    }
    bar.with_message(lang.pick(zh, en))
}

pub(super) fn show(bar: &ProgressBar, progress: Progress) {
    if let Some(of) = progress.of {
        bar.set_length(of);
    }
    bar.set_position(progress.done);
}
