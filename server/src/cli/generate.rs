//! `doorstep generate`

use std::path::PathBuf;
use std::process::ExitCode;

use sync_core::generator;

use super::{CliError, Session};
use crate::import::premises::template::{Headings, to_csv};

/// What is invented.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The same seed gives the same roster.
    #[arg(long, value_name = "N")]
    seed: u64,
    /// How many shops.
    #[arg(long, default_value_t = 500, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(..=20_000))]
    premises: u32,
    /// The file to write; without it, standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, mut session: Session) -> Result<ExitCode, CliError> {
    let roster = generator::roster(args.seed, args.premises as usize);
    let headings = session.out.lang().pick(Headings::Zh, Headings::En);
    let csv = to_csv(&roster, headings)?;
    match &args.out {
        None => session.out.bytes(&csv)?,
        Some(path) => {
            std::fs::write(path, csv)?;
            let (count, path) = (roster.premises.len(), path.display());
            session
                .out
                .say(format!("已写出 {count} 家虚构的店铺:{path}"), format!("{count} invented shops are in {path}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
