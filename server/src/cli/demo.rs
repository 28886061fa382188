//! `doorstep demo`

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Session};

/// How the day is played.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ends when the day is over; without it the server stays up until Ctrl-C.
    #[arg(long)]
    pub(crate) exit: bool,
    /// Writes what came about as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

pub(super) async fn run(_args: Args, _session: Session) -> Result<ExitCode, CliError> {
    Err(CliError::new("演示尚未就绪", "the demo is not there yet"))
}
