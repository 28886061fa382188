//! A real server in this process: a database of its own, HTTP over loopback, a clock that tests move.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use doorstep::admin::{Admin, NewCaseload};
use doorstep::app::{App, Surroundings};
use doorstep::backup::{self, Restored};
use doorstep::clock::{Clock as _, ManualClock};
use doorstep::config::{Config, Delivery};
use doorstep::db::{Db, Location, Statement, caseload};
use doorstep::random::{Random, SeededRandom};
use doorstep::seal::{MasterKey, Sealer};
use doorstep::serve::serve;
use doorstep::verify;
use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, PersonId};
use sync_core::time::{Span, Timestamp};

use crate::scratch::Scratch;

/// The password of everybody.
pub const PASSWORD: &str = "plum blossom 42";

/// Monday 2026-11-23, 08:30 in Shenzhen.
pub const MORNING: Timestamp = Timestamp::from_millis(1_795_393_800_000);

const TOKEN_KEY: Statement = Statement { name: "TOKEN_KEY", sql: "SELECT value FROM meta WHERE name = 'token_key'" };

const DATA_DIRECTORY: Statement = Statement { name: "DATA_DIRECTORY", sql: "SHOW data_directory" };

const MASTER: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// A running server. Its tasks run on threads of their own; every method waits for its result.
pub struct Server {
    /// What it is made of.
    pub app: App,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// The database, opened a second time to look into it.
    pub db: Db,
    address: SocketAddr,
    runtime: tokio::runtime::Runtime,
    scratch: Arc<Scratch>,
}

/// An answer over HTTP.
pub struct Answer {
    /// Status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// All headers, by name.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The stable code of a problem, after checking that the problem is a whole one: typed, and in both languages.
    ///
    /// # Panics
    /// When it is not.
    #[must_use]
    pub fn code(&self) -> String {
        let body = self.json();
        let shown = String::from_utf8_lossy(&self.bytes);
        assert!((400..500).contains(&self.status), "{} {shown}", self.status);
        assert_eq!(self.content_type, "application/problem+json", "{shown}");
        assert_eq!(body["status"], self.status, "{shown}");
        let code = body["code"].as_str().unwrap_or_else(|| panic!("no code in {shown}")).to_owned();
        assert_eq!(body["type"], format!("urn:doorstep:problem:{code}"));
        assert!(body["zh"].as_str().is_some_and(|zh| zh.chars().any(|c| c > '\u{2e80}')), "{shown}");
        assert!(body["en"].as_str().is_some_and(|en| en.is_ascii() && en.len() > 8), "{shown}");
        code
    }

    /// Status and code.
    #[must_use]
    pub fn problem(&self) -> (u16, String) {
        (self.status, self.code())
    }

    /// The body of a success.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, String::from_utf8_lossy(&self.bytes));
        self.json()
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::start()
    }
}

impl Server {
    /// Starts one, empty.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::with(Arc::new(SeededRandom::new(11)))
    }

    /// Starts one, empty, with this chance.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn with(random: Arc<dyn Random>) -> Self {
        let runtime = runtime();
        let scratch = Arc::new(runtime.block_on(Scratch::new()));
        Self::node(runtime, scratch, Arc::new(ManualClock::at(MORNING)), random)
    }

    /// Starts one on SQLite, whatever this run of the tests is about.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn on_sqlite() -> Self {
        let scratch = Arc::new(Scratch::on_sqlite());
        Self::node(runtime(), scratch, Arc::new(ManualClock::at(MORNING)), Arc::new(SeededRandom::new(11)))
    }

    /// Starts one on PostgreSQL, whatever this run of the tests is about.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn on_postgres() -> Self {
        let runtime = runtime();
        let scratch = Arc::new(runtime.block_on(Scratch::on_postgres()));
        Self::node(runtime, scratch, Arc::new(ManualClock::at(MORNING)), Arc::new(SeededRandom::new(11)))
    }

    /// Another node over the same database.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self::node(runtime(), Arc::clone(&self.scratch), Arc::clone(&self.clock), Arc::new(SeededRandom::new(12)))
    }

    /// The server is lost; another one, on this database, is restored from a backup, with the register that was kept.
    /// Everybody finds it at another address.
    ///
    /// # Panics
    /// When the backup cannot be restored, or what came of it does not agree with its logs.
    #[must_use]
    pub fn lost(self, backup: &Path, scratch: Scratch, seed: u64) -> (Self, Restored) {
        let Self { app, clock, db, runtime, scratch: gone, .. } = self;
        let registers = [app.register().clone()];
        let restored = runtime.block_on(async {
            app.close().await;
            db.close().await;
            let fresh = Db::at(&Location::from(scratch.place())).await.unwrap();
            let file = std::fs::File::open(backup).unwrap();
            let restored =
                backup::restore(&fresh, app.flow(), file, Some(&registers), clock.now(), &mut |_| {}).await.unwrap();
            fresh.close().await;
            restored
        });
        assert!(restored.report.findings.is_empty(), "{:?}", restored.report.findings);
        let data = scratch.dir().join("data");
        std::fs::create_dir(&data).unwrap();
        if registers[0].is_there() {
            std::fs::copy(registers[0].path(), data.join("register")).unwrap();
        }
        drop(gone);
        let random = Arc::new(SeededRandom::new(seed));
        (Self::node(runtime, Arc::new(scratch), clock, random), restored)
    }

    /// Backs everything up into this file.
    ///
    /// # Panics
    /// When that fails.
    pub fn backs_up(&self, to: &Path) {
        self.wait(backup::take(&self.app, to, &mut |_| {})).unwrap();
    }

    fn node(
        runtime: tokio::runtime::Runtime,
        scratch: Arc<Scratch>,
        clock: Arc<ManualClock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let surroundings = Surroundings { clock: clock.clone(), random, master_key: Some(MASTER.to_owned()) };
        let (app, db, address) = runtime.block_on(async {
            let place = Location::from(scratch.place());
            let data_dir = scratch.dir().join("data");
            // What does not answer is soon known to.
            let delivery = Delivery { timeout_seconds: 1 };
            let config = Config { data_dir, database: Some(place.clone()), delivery, ..Config::default() };
            let app = App::open(config, surroundings).await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(serve(app.clone(), listener, std::future::pending()));
            (app, Db::at(&place).await.unwrap(), address)
        });
        Self { app, clock, db, address, runtime, scratch }
    }

    /// A second handle on its database, with the same clock: another node, or the same one after a crash.
    ///
    /// # Panics
    /// When it does not open.
    #[must_use]
    pub fn again(&self, seed: u64) -> App {
        self.again_through(seed, &self.place())
    }

    /// The same, reaching the database by another way.
    ///
    /// # Panics
    /// When it does not open.
    #[must_use]
    pub fn again_through(&self, seed: u64, url: &str) -> App {
        let (clock, random) = (self.clock.clone(), Arc::new(SeededRandom::new(seed)));
        let surroundings = Surroundings { clock, random, master_key: Some(MASTER.to_owned()) };
        let config = Config { database: Some(Location::from(url.to_owned())), ..self.app.config().clone() };
        self.wait(App::open(config, surroundings)).unwrap()
    }

    /// Where its database is.
    #[must_use]
    pub fn place(&self) -> String {
        self.scratch.place()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for something of the server's.
    pub fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// The administrator's way in.
    #[must_use]
    pub fn admin(&self) -> Admin<'_> {
        Admin::new(&self.app)
    }

    /// A new caseload.
    ///
    /// # Panics
    /// When the prefix is taken.
    #[must_use]
    pub fn caseload(&self, prefix: &str) -> CaseloadId {
        let new = NewCaseload {
            prefix: prefix.to_owned(),
            name: format!("{prefix} 小档口"),
            programme: "work-safety".to_owned(),
            community: "花果山".to_owned(),
            owner: "招商街道".to_owned(),
            operator: "邻里社工 0755-2600 0000".to_owned(),
            term: (MORNING, MORNING + Span::days(365)),
        };
        self.wait(self.admin().add_caseload(new)).unwrap()
    }

    /// A new person who works there; with a password, which takes a moment to hash, only at a console.
    ///
    /// # Panics
    /// When the login is taken or the role does not work there.
    #[must_use]
    pub fn member(&self, login: &str, role: Role, caseload: CaseloadId, console: bool) -> PersonId {
        let password = console.then_some(PASSWORD);
        let person = self.wait(self.admin().add_person(login, login, role, password)).unwrap();
        self.wait(self.admin().assign(caseload, person, None)).unwrap();
        person
    }

    /// Logs in at a console: the access token.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn login(&self, login: &str) -> String {
        let session = self.post("/v1/login", None, &json!({"login": login, "password": PASSWORD})).ok();
        session["access"].as_str().unwrap().to_owned()
    }

    /// A request without a body.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn get(&self, path: &str, access: Option<&str>) -> Answer {
        self.send("GET", path, access, None)
    }

    /// A request with a JSON body.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn post(&self, path: &str, access: Option<&str>, body: &Value) -> Answer {
        self.send("POST", path, access, Some(("application/json", body.to_string().as_bytes())))
    }

    /// Any request.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, access: Option<&str>, body: Option<(&str, &[u8])>) -> Answer {
        self.send_with(method, path, access, &[], body)
    }

    /// Any request, with more headers.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn send_with(
        &self,
        method: &str,
        path: &str,
        access: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<(&str, &[u8])>,
    ) -> Answer {
        let config = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true);
        let agent: ureq::Agent = config.timeout_global(Some(Duration::from_secs(60))).build().into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(access) = access {
            request = request.header("Authorization", format!("Bearer {access}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match body {
            Some((content_type, bytes)) => {
                agent.run(request.header("Content-Type", content_type).body(bytes).unwrap()).unwrap()
            }
            None => agent.run(request.body(()).unwrap()).unwrap(),
        };
        let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        let shown = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let mut headers: Vec<_> = response.headers().iter().map(shown).collect();
        headers.sort();
        Answer {
            headers,
            status: response.status().as_u16(),
            content_type: content_type.unwrap_or_default().to_owned(),
            bytes: response.body_mut().read_to_vec().unwrap(),
        }
    }

    /// Sends these bytes as they are, hangs up the sending side, and gives what comes back.
    ///
    /// # Panics
    /// When the server cannot be reached.
    #[must_use]
    pub fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // The server may have had enough before everything is sent.
        let _cut = stream.write_all(bytes);
        let _cut = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _cut = stream.read_to_end(&mut answer);
        answer
    }

    /// A connection of one's own, on which these bytes were sent and more may follow.
    ///
    /// # Panics
    /// When the server cannot be reached.
    #[must_use]
    pub fn began(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(bytes).unwrap();
        stream
    }

    /// That it still serves.
    ///
    /// # Panics
    /// When it does not.
    pub fn is_well(&self) {
        assert_eq!(self.get("/healthz", None).ok()["status"], "ok");
    }

    /// The merged state of a caseload and the length of its log.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn state(&self, id: CaseloadId) -> (String, u64) {
        let digest = self.wait(self.app.flow().state_digest(&self.db, id)).unwrap();
        (digest.hex(), self.entries(id))
    }

    /// The length of a caseload's log.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn entries(&self, id: CaseloadId) -> u64 {
        self.wait(async {
            let mut tx = self.db.read().await.unwrap();
            caseload::load(&mut tx, id).await.unwrap().unwrap().seq
        })
    }

    /// Derives everything again from the log.
    ///
    /// # Panics
    /// When anything differs from what is stored.
    pub fn verifies(&self) {
        let report = self.wait(verify::verify(&self.db, self.app.flow())).unwrap();
        let finding = |found: &verify::Finding| format!("{} at {}", found.code.code(), found.place);
        assert!(report.findings.is_empty(), "{:?}", report.findings.iter().map(finding).collect::<Vec<_>>());
    }

    /// The master key, for burglars who got hold of it.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn master(&self) -> [u8; 32] {
        std::array::from_fn(|at| u8::from_str_radix(&MASTER[2 * at..2 * at + 2], 16).unwrap())
    }

    /// Where its files are, and where the database's are when it is another server's.
    ///
    /// # Panics
    /// When the database does not say.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        let own = self.scratch.dir().to_owned();
        if self.db.engine() == "sqlite" {
            return vec![own];
        }
        let theirs: String = self.wait(async {
            let mut tx = self.db.read().await.unwrap();
            tx.first(DATA_DIRECTORY, Vec::new()).await.unwrap().unwrap().get(0).unwrap()
        });
        vec![own, PathBuf::from(theirs)]
    }

    /// The key that signs access tokens, for forgers who got hold of it.
    ///
    /// # Panics
    /// When the database does not hold it.
    #[must_use]
    pub fn token_key(&self) -> [u8; 32] {
        let sealer = Sealer::new(&MasterKey::from_hex(MASTER).unwrap(), Arc::new(SeededRandom::new(0)));
        let sealed: Vec<u8> = self.wait(async {
            let mut tx = self.db.read().await.unwrap();
            let row = tx.first(TOKEN_KEY, Vec::new()).await.unwrap();
            row.unwrap().get(0).unwrap()
        });
        sealer.open_own("token_key", &sealed).unwrap().as_slice().try_into().unwrap()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The memory of this process, server and test together, in KiB: now, and at most so far.
///
/// # Panics
/// When the system does not say.
#[must_use]
pub fn memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
