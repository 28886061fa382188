//! Figures for monitoring, in the text format of Prometheus: counted by this node as it works, and read from the database
//! when they are asked for. No label names a person, a file, a caseload or a path: routes, states and codes only.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use sync_core::log::Verdict;
use sync_core::time::{Span, Timestamp};
use tokio::net::TcpListener;

use crate::app::App;
use crate::error::ApiError;
use crate::http::Moment;
use crate::status::Status;

type Labels = Vec<(&'static str, String)>;

/// Bounds of the time that an answer took, in seconds.
const LATENCY: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 10.0];
/// Bounds of the time since a phone last synced, in seconds.
const AGES: [(i64, &str); 5] =
    [(3_600, "1h"), (8 * 3_600, "8h"), (24 * 3_600, "24h"), (72 * 3_600, "72h"), (7 * 24 * 3_600, "7d")];
/// Methods that have a name of their own: anybody can invent one.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];

/// Every figure.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    latency: Family<Labels, Histogram, fn() -> Histogram>,
    frames: Family<Labels, Counter>,
    submissions: Family<Labels, Counter>,
    limited: Family<Labels, Counter>,
    overdue: Family<Labels, Gauge>,
    held: Family<Labels, Gauge>,
    alarms: Family<Labels, Gauge>,
    deliveries: Family<Labels, Gauge>,
    phones: Family<Labels, Gauge>,
    synced: Family<Labels, Gauge>,
    connections: Family<Labels, Gauge>,
    statements: Counter,
    backup: Family<Labels, Gauge<f64, AtomicU64>>,
    hints: Gauge,
    /// What is read from the database is put in by one at a time.
    one: tokio::sync::Mutex<()>,
}

/// A clock that was set back makes no negative time.
fn seconds(span: Span) -> f64 {
    Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or(0)).as_secs_f64()
}

fn latency() -> Histogram {
    Histogram::new(LATENCY)
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("doorstep");
        let mut new = Self {
            registry: Registry::default(),
            requests: Family::default(),
            latency: Family::new_with_constructor(latency as fn() -> Histogram),
            frames: Family::default(),
            submissions: Family::default(),
            limited: Family::default(),
            overdue: Family::default(),
            held: Family::default(),
            alarms: Family::default(),
            deliveries: Family::default(),
            phones: Family::default(),
            synced: Family::default(),
            connections: Family::default(),
            statements: Counter::default(),
            backup: Family::default(),
            hints: Gauge::default(),
            one: tokio::sync::Mutex::default(),
        };
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", build);
        registry.register("requests", "Requests answered, by route and status", new.requests.clone());
        registry.register("request_seconds", "How long answers took, by route", new.latency.clone());
        registry.register("sync_frames", "Frames of phones that were read, by kind", new.frames.clone());
        registry.register("submissions", "Submissions taken in, by verdict and why", new.submissions.clone());
        registry.register("limited", "Requests refused because there were too many", new.limited.clone());
        registry.register("overdue", "What is past its time, by what it is", new.overdue.clone());
        registry.register("held", "Submissions that wait for a person, by why", new.held.clone());
        registry.register("alarms_open", "Alarms that nobody acknowledged, by who was told", new.alarms.clone());
        registry.register("deliveries", "Deliveries, by state", new.deliveries.clone());
        registry.register("phones", "Places of enrolled phones in caseloads, by standing", new.phones.clone());
        registry.register("caseloads_synced", "Caseloads by how long ago a phone synced there", new.synced.clone());
        registry.register("database_connections", "Connections of this node, by state", new.connections.clone());
        registry.register("database_statements", "Statements asked of the database", new.statements.clone());
        registry.register("backup_age_seconds", "Age of the last backup; absent without one", new.backup.clone());
        registry.register("hint_streams", "Streams of this node that wait for hints", new.hints.clone());
        new.registry = registry;
        new
    }
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Span) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        let mut labels = vec![("method", method.to_owned()), ("route", route.to_owned())];
        self.latency.get_or_create(&labels).observe(seconds(took));
        labels.push(("status", status.to_string()));
        self.requests.get_or_create(&labels).inc();
    }

    /// A frame of a phone was read.
    pub(crate) fn frame(&self, kind: &str) {
        self.frames.get_or_create(&vec![("kind", kind.to_owned())]).inc();
    }

    /// A submission was answered with its verdict, given now or before.
    pub(crate) fn submission(&self, verdict: &Verdict) {
        let (verdict, code) = match verdict {
            Verdict::Merged => ("merged", ""),
            Verdict::Held(code) => ("held", code.code()),
        };
        self.submissions.get_or_create(&vec![("verdict", verdict.to_owned()), ("code", code.to_owned())]).inc();
    }

    /// Somebody asked too often.
    pub(crate) fn limited(&self, what: &str) {
        self.limited.get_or_create(&vec![("what", what.to_owned())]).inc();
    }

    fn put(&self, status: &Status, (open, idle): (usize, usize), now: Timestamp) {
        let families = [&self.overdue, &self.held, &self.alarms, &self.deliveries, &self.phones, &self.synced];
        families.into_iter().for_each(Family::clear);
        let add = |family: &Family<Labels, Gauge>, name: &'static str, value: &str, count: u64| {
            family.get_or_create(&vec![(name, value.to_owned())]).inc_by(i64::try_from(count).unwrap_or(i64::MAX));
        };
        for stands in &status.caseloads {
            add(&self.overdue, "what", "referral", stands.overdue);
            add(&self.overdue, "what", "review", stands.reviews_overdue);
            add(&self.overdue, "what", "flag", stands.flags_overdue);
            stands.held.iter().for_each(|(code, count)| add(&self.held, "code", code, *count));
            stands.alarms.iter().for_each(|(level, count)| add(&self.alarms, "level", level, *count));
            stands.deliveries.iter().for_each(|(state, count)| add(&self.deliveries, "state", state, *count));
            let phones = &stands.phones;
            add(&self.phones, "standing", "active", phones.active);
            add(&self.phones, "standing", "stale", phones.stale);
            add(&self.phones, "standing", "suspended", phones.suspended);
            add(&self.phones, "standing", "revoked", phones.revoked);
            if let Some(Moment(at)) = stands.last_sync {
                let age = (now - at).as_millis() / 1_000;
                let within = AGES.into_iter().find(|(bound, _)| age <= *bound).map_or("longer", |(_, name)| name);
                add(&self.synced, "within", within, 1);
            }
        }
        self.connections.clear();
        add(&self.connections, "state", "idle", idle as u64);
        add(&self.connections, "state", "busy", open.saturating_sub(idle) as u64);
        self.backup.clear();
        if let Some(Moment(at)) = status.backup_at {
            self.backup.get_or_create(&Vec::new()).set(seconds(now - at));
        }
    }
}

/// The page.
async fn page(app: &App) -> Result<String, ApiError> {
    let metrics = app.metrics();
    let _one = metrics.one.lock().await;
    let status = Status::gather(app).await?;
    metrics.put(&status, app.db().connections(), app.clock().now());
    metrics.hints.set(i64::try_from(app.hints().count()).unwrap_or(i64::MAX));
    metrics.statements.inner().store(app.statements(), Ordering::Relaxed);
    let mut text = String::new();
    encode(&mut text, &metrics.registry).map_err(ApiError::internal)?;
    Ok(text)
}

/// Serves the page at `/metrics` on a listener of its own until the server stops.
///
/// # Errors
/// When the listener fails.
pub(crate) async fn serve(app: App, listener: TcpListener) -> std::io::Result<()> {
    let until = app.clone();
    let router = Router::new().route("/metrics", axum::routing::get(read)).with_state(app);
    axum::serve(listener, router).with_graceful_shutdown(async move { until.stopping().await }).await
}

async fn read(State(app): State<App>) -> Result<Response, ApiError> {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], page(&app).await?).into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_core::author::Role;

    use super::*;
    use crate::testing::Server;

    #[tokio::test]
    async fn figures_name_routes_and_states_and_nobody() {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let access = server.member("gu.xiulan", Role::Steward, caseload).await;
        let person = server.login("gu.xiulan").await["person"].as_str().unwrap().to_owned();
        server.get(&format!("/v1/caseloads/{caseload}/premises?search=%E9%98%BF"), Some(&access)).await.ok();
        server.get("/v1/nowhere/gu.xiulan", None).await;
        server.post("/v1/login", None, json!({"login": "gu.xiulan", "password": "no"})).await;
        let lin = server.person("lin", Role::Worker).await;
        server.admin().assign(caseload, lin, None).await.unwrap();
        server.enrol(lin, 1).await;
        let figures = page(&server.app).await.unwrap();
        let has = |line: &str| assert!(figures.lines().any(|found| found == line), "{line} in\n{figures}");
        has("doorstep_requests_total{method=\"POST\",route=\"/v1/login\",status=\"401\"} 1");
        has("doorstep_requests_total{method=\"GET\",route=\"-\",status=\"404\"} 1");
        has("doorstep_phones{standing=\"stale\"} 1");
        assert!(figures.contains("doorstep_request_seconds_bucket{"), "{figures}");
        assert!(figures.contains("doorstep_build_info{version="), "{figures}");
        let backup = figures.lines().any(|line| line.starts_with("doorstep_backup_age_seconds"));
        assert!(!backup, "there is none");
        for secret in ["gu.xiulan", "HGS", &caseload.to_string(), &person, "%E9", "127.0.0.1"] {
            assert!(!figures.contains(secret), "{secret} in\n{figures}");
        }
        let again = page(&server.app).await.unwrap();
        assert!(again.contains("doorstep_phones{standing=\"stale\"} 1\n"), "read again, not added up");
    }
}
