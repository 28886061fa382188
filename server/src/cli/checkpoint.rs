//! `doorstep checkpoint`

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Session};
use crate::checkpoint;
use crate::hex::Hex;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file that it is added to, with all before it that the file lacks; best on another machine. Without it, standard
    /// output.
    #[arg(long = "to", id = "to_file", value_name = "FILE")]
    to: Option<PathBuf>,
    /// Prints the public key alone, with which anybody can check the signatures.
    #[arg(long)]
    key: bool,
}

pub(super) async fn run(args: Args, mut session: Session) -> Result<ExitCode, CliError> {
    let app = session.app().await?;
    let key = &app.auth().keys.checkpoint;
    if args.key {
        session.out.line(Hex(key.verifying_key().to_bytes()).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut tx = app.db().govern().await?;
    let made = checkpoint::make(&mut tx, key, app.flow().keys(), app.clock().now(), None).await?;
    tx.commit().await?;
    match &args.to {
        Some(path) => {
            let added = checkpoint::add_to(&mut app.db().read().await?, path).await?;
            session.out.say(format!("已写入 {added} 个检查点"), format!("{added} checkpoints added"))?;
        }
        None => session.out.line(made.line)?,
    }
    Ok(ExitCode::SUCCESS)
}
