//! `doorstep admin`: works on the database directly, also while the server runs.

use std::process::ExitCode;

use clap::Subcommand;
use sync_core::author::Role;

use super::{CliError, Session};

mod caseload;
mod delivery;
mod device;
pub(crate) mod duty;
mod enrol;
mod membership;
mod person;
mod webhook;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Caseloads: the files that are assigned and synced together.
    #[command(subcommand, after_help = "Example:\n  doorstep admin caseload list")]
    Caseload(caseload::Command),
    /// Desks of departments: where referrals arrive as slips.
    #[command(subcommand, after_help = "Example:\n  doorstep admin desk add FIRE --name '消防窗口'")]
    Desk(caseload::DeskCommand),
    /// People: workers, supervisors, stewards, dispatchers, officers, purchasers.
    #[command(subcommand, after_help = "Example:\n  doorstep admin person list")]
    Person(person::Command),
    /// Lets a person into a caseload or to a desk.
    #[command(after_help = "Example:\n  doorstep admin assign lin HGS\n  doorstep admin assign zhao FIRE")]
    Assign(membership::Assign),
    /// Takes a person out of a caseload or from a desk.
    #[command(after_help = "Example:\n  doorstep admin unassign lin HGS")]
    Unassign(membership::Unassign),
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
        }
    }
}
