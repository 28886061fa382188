//! `doorstep checkpoint`

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Session};
use crate::checkpoint;
use crate::hex::Hex;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file that it is added to, best on another machine; without it, standard output.
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
    let signed = checkpoint::take(&mut tx, key, app.clock().now()).await?;
    let line = serde_json::to_string(&signed)?;
    match &args.to {
        Some(path) => {
            let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(CliError::of_file(path))?;
            writeln!(file, "{line}")?;
            file.sync_all()?;
        }
        None => session.out.line(line)?,
    }
    // The file has it before the database says so: one that is written twice is better than one that is missing.
    tx.commit().await?;
    Ok(ExitCode::SUCCESS)
}
