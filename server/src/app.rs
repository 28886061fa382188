//! The running server: its database, keys, clock and configuration, put together once.

use std::sync::{Arc, OnceLock};

use sync_core::id::RequestId;
use sync_core::time::Span;
use tokio::sync::watch;

use crate::auth::{Auth, KeyError, ServerKeys};
use crate::backup::BackupError;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::db::{Db, DbError};
use crate::deliver::Sender;
use crate::flow::{Flow, FlowError, InForce, PolicyDirError};
use crate::hint::Hints;
use crate::limit::{Limits, Who};
use crate::metrics::Metrics;
use crate::random::{Random, SystemRandom};
use crate::register::Register;
use crate::seal::{MasterKey, SealError, Sealer};
use crate::sync::{Room, Turns};

/// The file of the master key in the data directory.
const MASTER_KEY: &str = "doorstep.key";

/// What the server asks of the world around it.
#[derive(Clone)]
pub struct Surroundings {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The master key, when it does not come from the file in the data directory.
    pub master_key: Option<String>,
}

impl Surroundings {
    /// The machine's own clock and randomness; the master key from `DOORSTEP_MASTER_KEY`, if that is set.
    #[must_use]
    pub fn of_machine() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            master_key: std::env::var("DOORSTEP_MASTER_KEY").ok().filter(|key| !key.is_empty()),
        }
    }
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory cannot be made.
    #[error("cannot use the data directory {path}: {source}")]
    Directory {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The master key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The server's own keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyDirError),
    /// The policy, compared with those that were in force before.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

/// The running server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    db: Db,
    flow: Flow,
    auth: Auth,
    sender: OnceLock<Sender>,
    register: Register,
    stopping: watch::Sender<bool>,
    metrics: Metrics,
    limits: Limits,
    hints: Hints,
    room: Room,
    turns: Turns,
}

impl App {
    /// Opens the database (and makes it, with its keys, on the first start).
    ///
    /// # Errors
    /// When the data directory, the database or a key cannot be used.
    pub async fn open(config: Config, surroundings: Surroundings) -> Result<Self, OpenError> {
        let path = config.data_dir.display().to_string();
        make_private(&config.data_dir).map_err(|source| OpenError::Directory { path, source })?;
        let sealer = sealer(&config, &surroundings)?;
        let Surroundings { clock, random, .. } = surroundings;
        let db = Db::at(&config.database()).await?;
        let mut tx = db.govern().await?;
        let keys = ServerKeys::open(&mut tx, &sealer, &*random).await?;
        let policy = policy(&config)?;
        let flow = Flow::new(Arc::clone(&sealer), Arc::new(policy));
        flow.activate_policy(&mut tx, clock.now()).await?;
        tx.commit().await?;
        let auth = Auth::new(keys, config.access.clone(), clock, random);
        let register = Register::of_file(&config.register(), sealer);
        Ok(Self(Arc::new(Inner {
            config,
            db,
            flow,
            auth,
            sender: OnceLock::new(),
            register,
            stopping: watch::Sender::new(false),
            metrics: Metrics::default(),
            limits: Limits::default(),
            hints: Hints::default(),
            room: Room::default(),
            turns: Turns::new(),
        })))
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The database. Handlers never ask for it: they come by [`crate::auth::authorize`].
    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    /// How many statements this node has asked of the database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.db().statements()
    }

    /// The flow under the policy in force.
    #[must_use]
    pub fn flow(&self) -> &Flow {
        &self.0.flow
    }

    /// What judges access.
    pub(crate) fn auth(&self) -> &Auth {
        &self.0.auth
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.auth.clock
    }

    /// Chance.
    #[must_use]
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.0.auth.random
    }

    /// What sends deliveries; made, with what the machine trusts, when there is one to send.
    pub(crate) fn sender(&self) -> &Sender {
        self.0.sender.get_or_init(|| Sender::new(self.0.config.delivery.timeout()))
    }

    /// What must stay so when an older backup is restored.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.0.register
    }

    /// The id of a request: its time, and chance. It counts nothing, because everybody sees it: how much others ask is
    /// theirs.
    pub(crate) fn request_id(&self) -> RequestId {
        RequestId::new(self.clock().now(), self.random().id_bits())
    }

    /// What this node counts.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Who waits at this node to be told that there is something to fetch.
    pub(crate) fn hints(&self) -> &Hints {
        &self.0.hints
    }

    /// Whose turn it is to write what phones bring.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    /// The room for answers to phones.
    pub(crate) fn room(&self) -> &Room {
        &self.0.room
    }

    /// Counts a request of somebody's, or says how long they have to wait.
    pub(crate) fn ask(&self, who: Who) -> Result<(), Span> {
        let asked = self.0.limits.ask(who, self.clock().now());
        if asked.is_err() {
            self.metrics().limited(who.kind());
        }
        asked
    }

    /// Asks everything that waits for [`Self::stopping`] to come to an end.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Ready once the server has been asked to stop.
    pub async fn stopping(&self) {
        // The sender lives as long as the app, so that this ends with its word and not with its end.
        let mut stopping = self.0.stopping.subscribe();
        let _stopped = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Whether the server has been asked to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.0.stopping.borrow()
    }

    /// Closes the database. Requests that are still running fail.
    pub async fn close(&self) {
        self.0.db.close().await;
    }
}

/// What seals and opens, under a master key that is made on the first start.
fn sealer(config: &Config, surroundings: &Surroundings) -> Result<Arc<Sealer>, OpenError> {
    let Surroundings { random, master_key, .. } = surroundings;
    let master = match master_key {
        Some(hex) => MasterKey::from_hex(hex)?,
        None => MasterKey::of_file(&config.data_dir.join(MASTER_KEY), &**random)?,
    };
    Ok(Arc::new(Sealer::new(&master, random.clone())))
}

/// What seals and opens, under the master key of an installation that is somewhere already.
///
/// # Errors
/// [`BackupError::NoKey`] when there is none: a new one would open nothing.
pub(crate) fn known_sealer(config: &Config, surroundings: &Surroundings) -> Result<Arc<Sealer>, BackupError> {
    let path = config.data_dir.join(MASTER_KEY);
    if surroundings.master_key.is_none() && !path.exists() {
        return Err(BackupError::NoKey { path: path.display().to_string() });
    }
    Ok(sealer(config, surroundings)?)
}

/// The policy that the configuration names.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn policy(config: &Config) -> Result<InForce, PolicyDirError> {
    match &config.policy_dir {
        Some(dir) => InForce::of_dir(dir),
        None => Ok(InForce::sample()?),
    }
}

/// The data directory holds everybody's files: its owner only.
fn make_private(dir: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}
