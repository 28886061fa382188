//! `doorstep demo`: a day in Huaguoshan, played in seconds against a real server, with nothing faked but the time.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use sync_core::time::Timestamp;
use tokio::net::TcpListener;

use crate::app::{App, OpenError, Surroundings};
use crate::clock::{Clock, ManualClock};
use crate::config::Config;
use crate::db::Location;
use crate::hex::Hex;
use crate::lang::Lang;
use crate::random::{Random as _, SystemRandom};

mod afternoon;
mod cast;
mod desks;
mod evening;
mod expect;
mod link;
mod looks;
mod morning;
mod noon;
mod phones;
mod report;
mod script;
mod show;
mod stage;

use report::Report;
use script::day;
use stage::Stage;

/// How to play.
pub struct Options {
    /// In which language.
    pub lang: Lang,
    /// End after the day instead of keeping the server up.
    pub exit: bool,
    /// An empty database to play in; without it, a file that goes when the demo ends.
    pub database: Option<Location>,
    /// Where to write what came of it, as JSON.
    pub report: Option<PathBuf>,
    /// A step to leave out: the day must then fail. For tests of the demo itself.
    pub without: Option<String>,
}

/// Why the play stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something came about that should not, or did not that should.
    #[error("{0}")]
    Unexpected(String),
    /// There is no such step.
    #[error("there is no step {0}; the steps are: {1}")]
    NoSuchStep(String, String),
    /// The server did not start.
    #[error("the server did not start: {0}")]
    Open(#[from] OpenError),
    /// The file system or the network of this machine.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// HTTP over loopback.
    #[error("HTTP: {0}")]
    Http(#[from] ureq::Error),
    /// The administrator's work.
    #[error(transparent)]
    Admin(#[from] crate::admin::AdminError),
    /// A phone.
    #[error(transparent)]
    Phone(#[from] doorstep_mobile::PhoneError),
    /// A phone's store.
    #[error(transparent)]
    Store(#[from] doorstep_mobile::StoreError),
    /// A phone's enrolment.
    #[error(transparent)]
    Enrol(#[from] doorstep_mobile::EnrolError),
    /// The flow.
    #[error(transparent)]
    Flow(#[from] crate::flow::FlowError),
    /// The database.
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
}

impl DemoError {
    fn unexpected(what: &str) -> Self {
        Self::Unexpected(what.to_owned())
    }
}

/// Plays the day; whether everything expected came about.
///
/// # Errors
/// [`DemoError`] when the play could not go on.
pub async fn run(options: Options) -> Result<bool, DemoError> {
    if let Some(step) = options.without.as_ref().filter(|step| day().all(|known| known.id != **step)) {
        let steps: Vec<&str> = day().map(|step| step.id).collect();
        return Err(DemoError::NoSuchStep(step.clone(), steps.join(", ")));
    }
    let folder = Folder::new()?;
    let clock = Arc::new(ManualClock::at(opening()));
    let surroundings =
        Surroundings { clock: Arc::clone(&clock) as Arc<dyn Clock>, random: Arc::new(SystemRandom), master_key: None };
    let config = Config { data_dir: folder.0.join("server"), database: options.database.clone(), ..Config::default() };
    let app = App::open(config, surroundings).await?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(crate::serve::serve(app.clone(), listener, ended(options.exit)));

    let path = folder.0.clone();
    let (lang, without) = (options.lang, options.without.clone());
    let played = tokio::task::spawn_blocking(move || {
        let password = random_name::<6>();
        show::opening(lang, address);
        let mut stage = Stage::build(app, address, clock, &path, password)?;
        let report = play(&mut stage, lang, without.as_deref())?;
        show::report(lang, &report);
        Ok::<_, DemoError>((report, stage))
    });
    let (report, stage) = played.await.map_err(|panic| DemoError::Unexpected(panic.to_string()))??;
    if let Some(file) = &options.report {
        let json = serde_json::to_vec_pretty(&report).map_err(std::io::Error::other)?;
        std::fs::write(file, json)?;
    }
    if !options.exit {
        show::stays_up(lang, &stage);
        server.await.map_err(|panic| DemoError::Unexpected(panic.to_string()))??;
    }
    Ok(report.ok)
}

/// Monday 2026-11-23, 08:00 in Shenzhen.
fn opening() -> Timestamp {
    Timestamp::from_civil(jiff::civil::date(2026, 11, 23).at(8, 0, 0, 0))
}

/// Ready when somebody presses Ctrl-C; at once the server may end by itself when the day is all that was asked for.
async fn ended(exit: bool) {
    if exit {
        std::future::pending::<()>().await;
    } else if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "cannot listen for Ctrl-C");
    }
}

fn play(stage: &mut Stage, lang: Lang, without: Option<&str>) -> Result<Report, DemoError> {
    let style =
        ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(day().count() as u64).with_style(style);
    let mut steps = Vec::new();
    for step in day().filter(|step| Some(step.id) != without) {
        bar.set_message(step.at);
        stage.set_time(step.at)?;
        let before = stage.rows.len();
        let said =
            (step.play)(stage).map_err(|error| DemoError::Unexpected(format!("{} {}: {error}", step.at, step.id)))?;
        bar.suspend(|| show::step(lang, step, &said, stage.rows.since(before)));
        bar.inc(1);
        steps.push(step.id);
    }
    bar.finish_and_clear();
    expect::report(stage, steps)
}

fn random_name<const N: usize>() -> String {
    let mut bytes = [0; N];
    SystemRandom.fill(&mut bytes);
    Hex(bytes).to_string()
}

/// A folder that is gone when the demo ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("doorstep-demo-{}", random_name::<8>()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the demo's folder stays behind");
        }
    }
}
