//! `doorstep policy`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use sync_core::policy::Problem;

use super::{CliError, Session};
use crate::flow::{InForce, PolicyDirError};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reads a policy, runs the examples of its rules, and says everything that is wrong with it.
    #[command(after_help = "Example:\n  doorstep policy check\n  doorstep policy check policies/nanshan")]
    Check {
        /// The directory of its files; without it, the one that is configured or built in.
        dir: Option<PathBuf>,
    },
}

pub(super) fn run(command: &Command, mut session: Session) -> Result<ExitCode, CliError> {
    let Command::Check { dir } = command;
    let dir = dir.as_ref().or(session.config.policy_dir.as_ref());
    let read = match dir {
        Some(dir) => InForce::of_dir(dir),
        None => InForce::sample().map_err(PolicyDirError::from),
    };
    let (label, rules, problems) = match read {
        Ok(in_force) => {
            let policy = in_force.policy();
            (policy.label(), policy.rules.len(), policy.check())
        }
        Err(PolicyDirError::Policy(errors)) => (String::new(), 0, errors.0),
        Err(error) => return Err(error.into()),
    };
    for problem in &problems {
        tell(&mut session, problem)?;
    }
    if problems.iter().all(|problem| problem.warning) {
        session.out.say(
            format!("{label}:{rules} 条规则,示例全部通过"),
            format!("{label}: {rules} rules, all examples hold"),
        )?;
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

fn tell(session: &mut Session, Problem { file, entry, message, warning }: &Problem) -> std::io::Result<()> {
    let place = if entry.is_empty() { file.clone() } else { format!("{file} [{entry}]") };
    let (zh, en) = if *warning { ("提醒", "warning") } else { ("错误", "error") };
    session.out.say(format!("{zh} {place}:{}", message.zh), format!("{en} {place}: {}", message.en))
}
