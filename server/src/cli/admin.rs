//! `doorstep admin`: works on the database directly, also while the server runs.

use std::process::ExitCode;

use clap::Subcommand;
use sync_core::author::Role;

use super::{CliError, Session};

mod caseload;
mod credential;
mod delivery;
mod device;
pub(crate) mod duty;
mod enrol;
mod handover;
mod membership;
mod person;
mod term;
mod webhook;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Caseloads: the files that are assigned and synced together.
    #[command(subcommand, after_help = "Example:\n  doorstep admin caseload list")]
    Caseload(caseload::Command),
    /// Desks of departments: where referrals arrive as slips.
    #[command(subcommand, after_help = "Example:\n  doorstep admin desk add FIRE --name '消防窗口'")]
    Desk(caseload::DeskCommand),
    /// People: workers, supervisors, stewards, dispatchers, officers, purchasers, evaluators.
    #[command(subcommand, after_help = "Example:\n  doorstep admin person list")]
    Person(person::Command),
    /// Lets a person into a caseload or to a desk, for good or for a while.
    #[command(after_help = "Example:\n  doorstep admin assign lin HGS\n  doorstep admin assign zhao FIRE\n  \
        doorstep admin assign zhou HGS --from 2026-12-01 --until 2026-12-05 --covers lin")]
    Assign(membership::Assign),
    /// Takes a person out of a caseload or from a desk.
    #[command(after_help = "Example:\n  doorstep admin unassign lin HGS")]
    Unassign(membership::Unassign),
    /// Hands one person's place in a caseload over to another at a date, and shows what is open there.
    #[command(after_help = "Example:\n  doorstep admin handover HGS --from lin --to zhou --on 2026-12-01 --dry-run")]
    Handover(handover::Args),
    /// Gives a caseload to another organisation for a term, or to the same for a new one.
    #[command(after_help = "Example:\n  doorstep admin term HGS --operator '新邻社工' --from 2027-01-01 \
        --to 2027-12-31 --people wu,tang --dry-run")]
    Term(term::Args),
    /// Lists who enters and leaves a caseload at which date, and the terms to come.
    #[command(after_help = "Example:\n  doorstep admin planned HGS")]
    Planned(term::Planned),
    /// Gives out a one-time code with which a person's phone enrols, as text and as a QR code.
    #[command(after_help = "Example:\n  doorstep admin enrol lin")]
    Enrol(enrol::Args),
    /// Enrolled phones.
    #[command(subcommand, after_help = "Example:\n  doorstep admin device list")]
    Device(device::Command),
    /// Whom alarms of a caseload reach.
    #[command(subcommand, after_help = "Example:\n  doorstep admin duty list")]
    Duty(duty::Command),
    /// Addresses that alarms and slips are posted to.
    #[command(subcommand, after_help = "Example:\n  doorstep admin webhook list")]
    Webhook(webhook::Command),
    /// What was posted, and what did not arrive.
    #[command(subcommand, after_help = "Example:\n  doorstep admin delivery list")]
    Delivery(delivery::Command),
}

pub(super) async fn run(command: Command, session: Session) -> Result<ExitCode, CliError> {
    match command {
        Command::Caseload(command) => caseload::run(command, session).await?,
        Command::Desk(command) => caseload::run_desk(command, session).await?,
        Command::Person(command) => person::run(command, session).await?,
        Command::Assign(args) => membership::assign(args, session).await?,
        Command::Unassign(args) => membership::unassign(args, session).await?,
        Command::Handover(args) => handover::run(args, session).await?,
        Command::Term(args) => term::run(args, session).await?,
        Command::Planned(args) => term::planned(args, session).await?,
        Command::Enrol(args) => enrol::run(args, session).await?,
        Command::Device(command) => device::run(command, session).await?,
        Command::Duty(command) => duty::run(command, session).await?,
        Command::Webhook(command) => webhook::run(command, session).await?,
        Command::Delivery(command) => delivery::run(command, session).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A role that a person can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PersonRole {
    /// 社工
    Worker,
    /// 督导
    Supervisor,
    /// 档案管理员
    Steward,
    /// 街道分拨员
    Dispatcher,
    /// 部门经办
    Officer,
    /// 购买方
    Purchaser,
    /// 评估方
    Evaluator,
}

impl From<PersonRole> for Role {
    fn from(role: PersonRole) -> Self {
        match role {
            PersonRole::Worker => Self::Worker,
            PersonRole::Supervisor => Self::Supervisor,
            PersonRole::Steward => Self::Steward,
            PersonRole::Dispatcher => Self::Dispatcher,
            PersonRole::Officer => Self::Officer,
            PersonRole::Purchaser => Self::Purchaser,
            PersonRole::Evaluator => Self::Evaluator,
        }
    }
}

/// The last word of a dry run.
fn dry(dry: bool, session: &mut Session) -> std::io::Result<()> {
    if dry {
        session.out.say("试运行:没有写入任何内容", "dry run: nothing was written")?;
    }
    Ok(())
}
