//! The command line: what there is to say, in zh and en. Each command is one file.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::app::{App, OpenError, Surroundings};
use crate::config::Config;
use crate::db::Location;
use crate::lang::Lang;

mod admin;
mod backup;
mod checkpoint;
mod demo;
mod erase;
mod error;
mod generate;
mod import;
mod migrate_database;
mod openapi;
mod out;
mod policy;
mod report;
mod restore;
mod serve;
mod status;
mod table;
mod usage;
mod verify;
mod when;
mod zh;

pub use error::CliError;
pub use out::Out;

/// Offline-first field sync for social workers: records, referrals to the departments that may act, and their answers.
#[derive(Debug, Parser)]
#[command(name = "doorstep", version, arg_required_else_help = true)]
#[command(after_help = "Example:\n  doorstep demo\n  doorstep serve")]
struct Cli {
    /// Language of what is printed; without it, that of the machine.
    #[arg(long, global = true, env = "DOORSTEP_LANG", value_name = "zh|en", hide_possible_values = true)]
    lang: Option<Lang>,
    /// The configuration file; without it ./doorstep.toml, if it is there.
    #[arg(long, global = true, env = "DOORSTEP_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: a URL of PostgreSQL or a file; without it the one that the configuration names.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    command: Command,
}

/// **The list of commands.**
#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server.
    #[command(after_help = "Example:\n  doorstep serve\n  DOORSTEP_LISTEN=0.0.0.0:8340 doorstep serve")]
    Serve,
    /// Plays a day of three workers, their supervisor, the dispatcher and three officers against a real server.
    #[command(after_help = "Example:\n  doorstep demo --lang zh\n  doorstep demo --exit --report report.json")]
    Demo(demo::Args),
    /// Caseloads, desks, people, devices.
    #[command(subcommand, after_help = "Example:\n  doorstep admin caseload list")]
    Admin(admin::Command),
    /// Reads rosters that offices keep as tables.
    #[command(subcommand, after_help = "Example:\n  doorstep import premises shops.xlsx --dry-run")]
    Import(import::Command),
    /// Writes an invented roster that can be imported.
    #[command(after_help = "Example:\n  doorstep generate --seed 7 --premises 500 --out shops.csv\n  \
        doorstep generate --seed 7 --elders 200 --out elders.csv\n  \
        doorstep generate --seed 7 --premises 500 --days 5 --workers 3 --out days.jsonl")]
    Generate(generate::Args),
    /// Checklists, rules, deadlines.
    #[command(subcommand, after_help = "Example:\n  doorstep policy check policies/nanshan")]
    Policy(policy::Command),
    /// Figures of a day, for whoever has to account for it.
    #[command(subcommand, after_help = "Example:\n  doorstep report day HGS --date 2026-11-23")]
    Report(report::Command),
    /// Shows how the installation stands; ends with 1 when something is red.
    #[command(after_help = "Example:\n  doorstep status\n  doorstep status --json")]
    Status(status::Args),
    /// Derives everything again from the logs and compares it with what is stored.
    #[command(after_help = "Example:\n  doorstep verify\n  doorstep verify --against /mnt/audit/doorstep.checkpoints")]
    Verify(verify::Args),
    /// Signs where every log stands, to be kept elsewhere: a log that is cut off or written anew no longer fits it.
    #[command(
        after_help = "Example:\n  doorstep checkpoint --to /mnt/audit/doorstep.checkpoints\n  doorstep checkpoint --key"
    )]
    Checkpoint(checkpoint::Args),
    /// Erases an elder on request (PIPL art. 47): destroys the keys of their files and tells phones to forget.
    #[command(after_help = "Example:\n  doorstep erase 01KAQ3V1X2Y3Z4A5B6C7D8E9FG --caseload HGS --dry-run\n  \
        doorstep erase 01KAQ3V1X2Y3Z4A5B6C7D8E9FG --caseload HGS --by mei --reason '本人书面要求' --scrub")]
    Erase(erase::Args),
    /// Writes everything of one moment into one sealed file, while the server runs; or checks such a file.
    #[command(after_help = "Example:\n  doorstep backup /srv/backups --keep 14\n  \
        doorstep backup --check /srv/backups/doorstep-20261123-020000.doorstep")]
    Backup(backup::Args),
    /// Restores a backup into an empty database, and begins a new history: phones then send again what it lacks.
    #[command(after_help = "Example:\n  doorstep restore /srv/backups/doorstep-20261123-020000.doorstep \
        --register /srv/doorstep/register")]
    Restore(restore::Args),
    /// Moves the installation to an empty database on either engine, and compares the two.
    #[command(after_help = "Example:\n  doorstep migrate-database --to postgres://doorstep@db.example.org/doorstep")]
    MigrateDatabase(migrate_database::Args),
    /// Writes the document of the API (OpenAPI 3.1).
    #[command(after_help = "Example:\n  doorstep openapi > openapi.json")]
    Openapi,
}

/// Looks up a variable of the environment.
pub type Env = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the program is given: everything that is not its arguments.
pub struct World {
    /// The environment.
    pub env: Env,
    /// Standard input.
    pub input: Box<dyn Read + Send>,
    /// Standard output.
    pub output: Box<dyn Write + Send>,
    /// Clock and chance.
    pub surroundings: Surroundings,
}

impl World {
    /// The real one.
    #[must_use]
    pub fn of_machine() -> Self {
        Self {
            env: Box::new(|name| std::env::var(name).ok()),
            input: Box::new(std::io::stdin()),
            output: Box::new(std::io::stdout()),
            surroundings: Surroundings::of_machine(),
        }
    }
}

/// What a command works with.
pub(crate) struct Session {
    pub(crate) config: Config,
    /// The database, if the command names one.
    pub(crate) named_database: Option<Location>,
    pub(crate) out: Out,
    pub(crate) input: Box<dyn Read + Send>,
    pub(crate) surroundings: Surroundings,
}

impl Session {
    /// Opens the database.
    pub(crate) async fn app(&self) -> Result<App, CliError> {
        let opened = App::open(self.config.clone(), self.surroundings.clone()).await;
        opened.map_err(|error| match error {
            OpenError::Db(error) => CliError::of_database_at(&self.config.database())(error),
            error => error.into(),
        })
    }
}

/// Runs the program on this machine.
#[must_use]
pub fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("cannot start: {error}")),
    };
    match runtime.block_on(run(std::env::args_os(), World::of_machine())) {
        Ok(code) => code,
        Err(Failure::Usage(lang, error)) => misunderstood(lang, &error),
        Err(Failure::Command(lang, error)) => complain(&error.text(lang)),
    }
}

/// Help and version go where output goes and are no failure; what cannot be understood ends with 2.
#[expect(clippy::print_stderr, clippy::print_stdout, reason = "the last word goes to whoever typed the command")]
fn misunderstood(lang: Lang, error: &clap::Error) -> ExitCode {
    let text = usage::text(error, lang);
    if error.use_stderr() {
        eprint!("{text}");
    } else {
        print!("{text}");
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[expect(clippy::print_stderr, reason = "the last word of the program goes to the person who typed the command")]
fn complain(text: &str) -> ExitCode {
    eprintln!("doorstep: {text}");
    ExitCode::FAILURE
}

/// Why the program did not do what was asked.
pub enum Failure {
    /// The arguments, with the language to say so in; also help, which is no failure.
    Usage(Lang, clap::Error),
    /// The command, with the language to say so in.
    Command(Lang, CliError),
}

/// The command line with its texts in one language.
fn command(lang: Lang) -> clap::Command {
    lang.pick(zh::translated(Cli::command()), Cli::command())
}

/// Runs one command.
///
/// # Errors
/// [`Failure`]
pub async fn run(args: impl IntoIterator<Item = OsString>, world: World) -> Result<ExitCode, Failure> {
    let args: Vec<OsString> = args.into_iter().collect();
    let lang = early_lang(&args, &world);
    let usage = |error| Failure::Usage(lang, error);
    let matches = command(lang).try_get_matches_from(args).map_err(usage)?;
    let cli = Cli::from_arg_matches(&matches).map_err(usage)?;
    let said = |error: CliError| Failure::Command(cli.lang.unwrap_or(lang), error);
    let mut config = Config::load(cli.config.as_deref(), &world.env).map_err(|error| said(error.into()))?;
    let named_database = cli.database.map(Location::from);
    config.database = named_database.clone().or(config.database);
    let lang = cli.lang.or(config.lang).unwrap_or(lang);
    let out = Out::new(lang, world.output);
    let session = Session { config, named_database, out, input: world.input, surroundings: world.surroundings };
    dispatch(cli.command, session).await.map_err(|error| Failure::Command(lang, error))
}

async fn dispatch(command: Command, session: Session) -> Result<ExitCode, CliError> {
    match command {
        Command::Serve => serve::run(session).await,
        Command::Demo(args) => demo::run(args, session).await,
        Command::Admin(command) => admin::run(command, session).await,
        Command::Import(command) => import::run(command, session).await,
        Command::Generate(args) => generate::run(&args, session),
        Command::Policy(command) => policy::run(&command, session),
        Command::Report(command) => report::run(command, session).await,
        Command::Status(args) => status::run(&args, session).await,
        Command::Verify(args) => verify::run(&args, session).await,
        Command::Checkpoint(args) => checkpoint::run(args, session).await,
        Command::Erase(args) => erase::run(args, session).await,
        Command::Backup(args) => backup::run(args, session).await,
        Command::Restore(args) => restore::run(args, session).await,
        Command::MigrateDatabase(args) => migrate_database::run(args, session).await,
        Command::Openapi => openapi::run(session),
    }
}

/// Help is printed before the arguments are understood, so its language is looked up by hand.
fn early_lang(args: &[OsString], world: &World) -> Lang {
    let texts: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let named = texts.iter().enumerate().find_map(|(ix, text)| match *text {
        "--lang" => texts.get(ix + 1).copied(),
        text => text.strip_prefix("--lang="),
    });
    let named = named.map(str::to_owned).or_else(|| (world.env)("DOORSTEP_LANG"));
    match named.as_deref() {
        Some("zh") => Lang::Zh,
        Some("en") => Lang::En,
        _ => Lang::of_machine(),
    }
}

#[cfg(test)]
mod tests;
