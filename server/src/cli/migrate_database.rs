//! `doorstep migrate-database`

use std::process::ExitCode;
use std::sync::Arc;

use super::backup::{bar, show};
use super::{CliError, Session};
use crate::app::{known_sealer, policy};
use crate::backup;
use crate::db::{Db, Location};
use crate::flow::Flow;

/// Where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The empty database: a URL of PostgreSQL or a file.
    #[arg(id = "new_database", long = "to", value_name = "URL")]
    to: String,
}

pub(super) async fn run(args: Args, mut session: Session) -> Result<ExitCode, CliError> {
    let (from, to) = (session.config.database(), Location::from(args.to));
    if from == to {
        return Err(CliError::new("目标就是现在的数据库", "that is the database in use"));
    }
    let sealer = known_sealer(&session.config, &session.surroundings)?;
    let flow = Flow::new(sealer, Arc::new(policy(&session.config)?));
    let source = Db::at(&from).await.map_err(CliError::of_database_at(&from))?;
    let target = Db::at(&to).await.map_err(CliError::of_database_at(&to))?;
    let bar = bar(session.out.lang(), ("复制", "copying"));
    let moved = backup::move_to(&source, &target, &flow, &mut |progress| show(&bar, progress)).await?;
    source.close().await;
    target.close().await;
    bar.finish_and_clear();
    let backup::Moved { rows, found, caseloads } = moved;
    session.out.say(
        format!("已复制并核对 {rows} 行(其中 {found} 行先前已在),{caseloads} 个档案组和窗口逐一比对一致"),
        format!("{rows} rows copied and compared ({found} were there before); {caseloads} caseloads and desks agree"),
    )?;
    session.out.say(
        "原数据库已停用。请在配置中改用新的数据库,再启动服务",
        "the old database takes nothing in any more: name the new one in the configuration, then start the server",
    )?;
    Ok(ExitCode::SUCCESS)
}
