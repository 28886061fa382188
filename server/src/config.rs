//! Configuration: one file, or the environment, or neither. What is not said has a default that is safe to run with.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use sync_core::time::Span;

use crate::db::Location;
use crate::lang::Lang;

/// The file that is read when none is named.
pub const FILE: &str = "doorstep.toml";

/// Every setting. `config.example.toml` explains each.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen. Only this machine by default: a proxy in front brings TLS.
    pub listen: SocketAddr,
    /// How phones and browsers reach the server; printed with enrolment codes.
    pub public_url: Option<String>,
    /// Where the keys are, and the database if it is a file.
    pub data_dir: PathBuf,
    /// The database, when it is not the file in `data_dir`.
    pub database: Option<Location>,
    /// The register of erasures and revocations, when it is not the file in `data_dir`.
    pub register: Option<PathBuf>,
    /// A policy of one's own; without it, the sample that is built in.
    pub policy_dir: Option<PathBuf>,
    /// The language of the command line; without it, that of the machine.
    pub lang: Option<Lang>,
    /// What is logged, and how.
    pub log: Log,
    /// How long access lasts.
    pub access: Access,
    /// How deliveries are sent.
    pub delivery: Delivery,
    /// How often it is signed where the logs stand, and where that is kept.
    pub checkpoint: Checkpoint,
    /// Whose word about where a request came from is believed.
    pub proxies: Proxies,
    /// Where figures for monitoring are served; without it, nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// How the server stops.
    pub stop: Stop,
    /// How what it serves is encrypted.
    pub tls: Tls,
}

/// How what the server serves is encrypted: by itself with a certificate, or by a proxy in front.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// The certificate and those that lead to its authority, in PEM, the server's first.
    pub certificate: Option<PathBuf>,
    /// The private key of it, in PEM.
    pub key: Option<PathBuf>,
    /// A proxy in front speaks TLS, so that others than this machine may be answered in the clear.
    pub by_proxy: bool,
}

/// Proxies in front of the server, by address. What they say in `X-Forwarded-For` is believed; nobody else's word is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Proxies(Vec<IpAddr>);

impl TryFrom<String> for Proxies {
    type Error = std::net::AddrParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let named = text.split(',').map(str::trim).filter(|address| !address.is_empty());
        named.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Proxies {
    /// Whether this is one.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

/// How the server stops.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stop {
    /// How long it goes on serving after `/readyz` has begun to say that it stops, so that a balancer sends nobody more.
    pub drain_seconds: u16,
    /// How long requests that are running, deliveries and jobs may take to end.
    pub grace_seconds: u16,
}

/// What is logged, and how. Never personal data.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// From which level on: `error`, `warn`, `info`, `debug`, or directives of `tracing`.
    pub level: String,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// How long access lasts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Access {
    /// Life of an access token.
    pub token_minutes: u16,
    /// Life of a login at a console, however often it is refreshed.
    pub session_hours: u16,
    /// Life of an enrolment code.
    pub code_hours: u16,
}

/// How often it is signed where the logs stand, and where that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checkpoint {
    /// Time between two checkpoints; 0 for none but by hand. They are made when somebody keeps them: a file, or webhooks.
    pub every_minutes: u32,
    /// The file that this node adds them to, best on another machine.
    pub file: Option<PathBuf>,
}

/// How deliveries are sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// How long to wait for a receiver's answer.
    pub timeout_seconds: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8340)),
            public_url: None,
            data_dir: PathBuf::from("doorstep-data"),
            database: None,
            register: None,
            policy_dir: None,
            lang: None,
            log: Log::default(),
            access: Access::default(),
            delivery: Delivery::default(),
            checkpoint: Checkpoint::default(),
            proxies: Proxies::default(),
            metrics_listen: None,
            stop: Stop::default(),
            tls: Tls::default(),
        }
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self { drain_seconds: 0, grace_seconds: 20 }
    }
}

impl Stop {
    /// How long it goes on serving.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }

    /// How long what runs may take to end.
    #[must_use]
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_seconds.into())
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Pretty, level: "info".to_owned() }
    }
}

impl Default for Access {
    fn default() -> Self {
        Self { token_minutes: 10, session_hours: 12, code_hours: 24 }
    }
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self { every_minutes: 24 * 60, file: None }
    }
}

impl Checkpoint {
    /// Time between two; none when they are only made by hand.
    #[must_use]
    pub fn every(&self) -> Option<Span> {
        (self.every_minutes > 0).then(|| Span::minutes(self.every_minutes.into()))
    }
}

impl Default for Delivery {
    fn default() -> Self {
        Self { timeout_seconds: 10 }
    }
}

impl Delivery {
    /// How long to wait for a receiver's answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.max(1).into())
    }
}

impl Access {
    /// Life of an access token.
    #[must_use]
    pub fn token(&self) -> Span {
        Span::minutes(self.token_minutes.into())
    }

    /// Life of a login.
    #[must_use]
    pub fn session(&self) -> Span {
        Span::hours(self.session_hours.into())
    }

    /// Life of an enrolment code.
    #[must_use]
    pub fn code(&self) -> Span {
        Span::hours(self.code_hours.into())
    }
}

/// **The list of environment variables**, each with the setting that it overrides.
pub const ENVIRONMENT: &[(&str, &[&str])] = &[
    ("DOORSTEP_LISTEN", &["listen"]),
    ("DOORSTEP_PUBLIC_URL", &["public_url"]),
    ("DOORSTEP_DATA_DIR", &["data_dir"]),
    ("DOORSTEP_DATABASE", &["database"]),
    ("DOORSTEP_REGISTER", &["register"]),
    ("DOORSTEP_POLICY_DIR", &["policy_dir"]),
    ("DOORSTEP_LANG", &["lang"]),
    ("DOORSTEP_LOG_FORMAT", &["log", "format"]),
    ("DOORSTEP_LOG_LEVEL", &["log", "level"]),
    ("DOORSTEP_TOKEN_MINUTES", &["access", "token_minutes"]),
    ("DOORSTEP_SESSION_HOURS", &["access", "session_hours"]),
    ("DOORSTEP_CODE_HOURS", &["access", "code_hours"]),
    ("DOORSTEP_DELIVERY_TIMEOUT_SECONDS", &["delivery", "timeout_seconds"]),
    ("DOORSTEP_CHECKPOINT_EVERY_MINUTES", &["checkpoint", "every_minutes"]),
    ("DOORSTEP_CHECKPOINT_FILE", &["checkpoint", "file"]),
    ("DOORSTEP_PROXIES", &["proxies"]),
    ("DOORSTEP_METRICS_LISTEN", &["metrics_listen"]),
    ("DOORSTEP_STOP_DRAIN_SECONDS", &["stop", "drain_seconds"]),
    ("DOORSTEP_STOP_GRACE_SECONDS", &["stop", "grace_seconds"]),
    ("DOORSTEP_TLS_CERTIFICATE", &["tls", "certificate"]),
    ("DOORSTEP_TLS_KEY", &["tls", "key"]),
    ("DOORSTEP_TLS_BY_PROXY", &["tls", "by_proxy"]),
];

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file was named and cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A setting is unknown or has a value that it cannot have.
    #[error("the configuration ({place}) is not right: {source}config.example.toml shows every setting")]
    Setting {
        /// The file, or the environment.
        place: String,
        /// The line of the file, from 1, and what it says.
        line: Option<(usize, String)>,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
}

impl Config {
    /// Reads the named file (or [`FILE`], if it is there), then the environment, which overrides it.
    ///
    /// # Errors
    /// When a named file cannot be read, or a setting is unknown or out of range.
    pub fn load(file: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let path = file.unwrap_or(Path::new(FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
        };
        Self::parse(&text, &path.display().to_string(), env)
    }

    fn parse(text: &str, place: &str, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let wrong = |source: toml::de::Error| {
            let line = source.span().map(|span| {
                let before = text.get(..span.start).unwrap_or(text).matches('\n').count();
                (before + 1, text.lines().nth(before).unwrap_or_default().to_owned())
            });
            ConfigError::Setting { place: place.to_owned(), line, source: Box::new(source) }
        };
        // The file alone first, so that an error names the right place.
        let mut config: Self = toml::from_str(text).map_err(wrong)?;
        let mut table: toml::Table = text.parse().map_err(wrong)?;
        for (name, keys) in ENVIRONMENT {
            let Some(value) = env(name).filter(|value| !value.is_empty()) else { continue };
            put(&mut table, keys, typed(value));
            let wrong =
                |source| ConfigError::Setting { place: (*name).to_owned(), line: None, source: Box::new(source) };
            config = table.clone().try_into().map_err(wrong)?;
        }
        Ok(config)
    }

    /// How phones and browsers reach the server.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| self.url_of(self.listen))
    }

    /// The URL of an address that this server listens on.
    #[must_use]
    pub fn url_of(&self, address: SocketAddr) -> String {
        let scheme = if self.tls.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    /// Whether others than this machine would be answered in the clear, and nobody said that this is meant.
    #[must_use]
    pub fn is_in_the_clear(&self) -> bool {
        let meant = self.tls.certificate.is_some() || self.tls.by_proxy || !self.proxies.0.is_empty();
        !meant && !self.listen.ip().to_canonical().is_loopback()
    }

    /// Where the register is: outside of the database, and in no backup of it.
    #[must_use]
    pub fn register(&self) -> PathBuf {
        self.register.clone().unwrap_or_else(|| self.data_dir.join("register"))
    }

    /// Where the database is.
    #[must_use]
    pub fn database(&self) -> Location {
        self.database.clone().unwrap_or_else(|| Location::File(self.data_dir.join("doorstep.db")))
    }
}

/// A value of the environment, as TOML would have it.
fn typed(value: String) -> toml::Value {
    let number = || value.parse().map(toml::Value::Integer).ok();
    let truth = || value.parse().map(toml::Value::Boolean).ok();
    number().or_else(truth).unwrap_or(toml::Value::String(value))
}

fn put(table: &mut toml::Table, keys: &[&str], value: toml::Value) {
    match keys {
        [] => {}
        [key] => drop(table.insert((*key).to_owned(), value)),
        [key, rest @ ..] => {
            let inner = table.entry(*key).or_insert_with(|| toml::Table::new().into());
            if let Some(inner) = inner.as_table_mut() {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../config.example.toml");

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn the_example_says_the_defaults_and_names_every_setting() {
        let shown = Config::parse(EXAMPLE, "example", nothing).unwrap();
        assert_eq!(shown, Config::default(), "what the example shows is what happens without it");
        let uncommented: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let full: toml::Table = uncommented.parse().unwrap();
        Config::parse(&uncommented, "example", nothing).unwrap();
        for (name, keys) in ENVIRONMENT {
            assert!(EXAMPLE.contains(name), "{name} is not in config.example.toml");
            let found = keys.iter().try_fold(&toml::Value::Table(full.clone()), |at, key| at.get(key)).is_some();
            assert!(found, "{keys:?} is not in config.example.toml");
        }
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let env = |name: &str| match name {
            "DOORSTEP_LISTEN" => Some("0.0.0.0:9000".to_owned()),
            "DOORSTEP_TOKEN_MINUTES" => Some("3".to_owned()),
            "DOORSTEP_LANG" => Some("zh".to_owned()),
            _ => None,
        };
        let config = Config::parse("listen = '127.0.0.1:1'\n[access]\ncode_hours = 2", "file", env).unwrap();
        assert_eq!(config.listen.port(), 9000);
        assert_eq!((config.access.token_minutes, config.access.code_hours), (3, 2));
        assert_eq!(config.lang, Some(Lang::Zh));
    }

    #[test]
    fn a_typing_error_is_named_with_its_place() {
        let wrong = |text: &str, env: fn(&str) -> Option<String>| {
            Config::parse(text, "doorstep.toml", env).unwrap_err().to_string()
        };
        assert!(wrong("lissten = '127.0.0.1:1'", nothing).contains("doorstep.toml"));
        let env = |name: &str| (name == "DOORSTEP_LISTEN").then(|| "nowhere".to_owned());
        assert!(wrong("", env).contains("DOORSTEP_LISTEN"));
        let missing = Config::load(Some(Path::new("/nowhere/doorstep.toml")), nothing);
        assert!(matches!(missing, Err(ConfigError::Read { .. })));
    }
}
