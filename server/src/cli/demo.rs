//! `doorstep demo`

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliError, Session};
use crate::demo::{self, DemoError, Options};

/// How the day is played.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ends when the day is over; without it the server stays up until Ctrl-C.
    #[arg(long)]
    exit: bool,
    /// Writes what came about as JSON.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Leaves a step out: the day must then fail.
    #[arg(long, value_name = "STEP", hide = true)]
    without: Option<String>,
}

impl From<DemoError> for CliError {
    fn from(error: DemoError) -> Self {
        Self::new(format!("演示中断:{error}"), format!("the demo stopped: {error}"))
    }
}

pub(super) async fn run(args: Args, session: Session) -> Result<ExitCode, CliError> {
    let Args { exit, report, without } = args;
    let lang = session.out.lang();
    // Only one that was named for this command: never the one that an installation's configuration names.
    let database = session.named_database.clone();
    // The demo prints for itself, while the day goes on.
    drop(session);
    let came_about = demo::run(Options { lang, exit, database, report, without }).await?;
    Ok(if came_about { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
