//! A real server for tests: a database of its own, HTTP over loopback, a clock that tests move.

use std::sync::Arc;

use serde_json::{Value, json};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, DeviceId, PersonId};
use sync_core::time::{Span, Timestamp};
use tokio::net::TcpListener;

use crate::admin::{Admin, NewCaseload};
use crate::app::{App, Surroundings};
use crate::clock::ManualClock;
use crate::config::Config;
use crate::db::Location;
use crate::random::SeededRandom;
use crate::serve::serve;

#[path = "../../tests/src/scratch.rs"]
#[expect(unreachable_pub, reason = "the same file is a public module of the crate of tests")]
mod scratch;
pub(crate) use scratch::Scratch;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "plum blossom 42";

/// Monday 2026-11-23, 08:30 in Shenzhen.
pub(crate) const MORNING: Timestamp = Timestamp::from_millis(1_795_393_800_000);

/// A running server.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    address: String,
    _scratch: Scratch,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<i64>,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of a problem.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("no problem")
    }

    /// Status and code.
    pub(crate) fn problem(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    /// The body of a success.
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let scratch = Scratch::new().await;
        let clock = Arc::new(ManualClock::at(MORNING));
        let surroundings =
            Surroundings { clock: clock.clone(), random: Arc::new(SeededRandom::new(7)), master_key: None };
        let config = Config {
            data_dir: scratch.dir().join("data"),
            database: Some(Location::from(scratch.place())),
            ..Config::default()
        };
        let app = App::open(config, surroundings).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(app.clone(), listener, std::future::pending()));
        Self { app, clock, address, _scratch: scratch }
    }

    pub(crate) fn policy(&self) -> u64 {
        self.app.flow().policy().version().into()
    }

    pub(crate) fn admin(&self) -> Admin<'_> {
        Admin::new(&self.app)
    }

    pub(crate) async fn caseload(&self, prefix: &str) -> CaseloadId {
        let new = NewCaseload {
            prefix: prefix.to_owned(),
            name: format!("{prefix} shops"),
            programme: "safety".to_owned(),
            community: "花果山".to_owned(),
            owner: "招商街道".to_owned(),
            operator: "邻里社工".to_owned(),
            term: (MORNING, MORNING + Span::days(365)),
        };
        self.admin().add_caseload(new).await.unwrap()
    }

    pub(crate) async fn person(&self, login: &str, role: Role) -> PersonId {
        self.admin().add_person(login, login, role, Some(PASSWORD)).await.unwrap()
    }

    pub(crate) async fn login(&self, login: &str) -> Value {
        self.post("/v1/login", None, json!({"login": login, "password": PASSWORD})).await.ok()
    }

    /// A person with a role in a caseload, logged in: their access token.
    pub(crate) async fn member(&self, login: &str, role: Role, caseload: CaseloadId) -> String {
        let person = self.person(login, role).await;
        self.admin().assign(caseload, person, None).await.unwrap();
        self.login(login).await["access"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn code(&self, person: PersonId) -> String {
        self.admin().enrolment(person).await.unwrap().code.grouped()
    }

    pub(crate) async fn enrol(&self, person: PersonId, key: u8) -> Value {
        let code = self.code(person).await;
        self.post("/v1/enrol", None, Phone::new(key).enrol(&code)).await.ok()
    }

    pub(crate) async fn get(&self, path: &str, access: Option<&str>) -> Answer {
        let (url, access) = (format!("{}{path}", self.address), access.map(str::to_owned));
        blocking(move || {
            let request = agent().get(url);
            let request = match access {
                Some(access) => request.header("Authorization", format!("Bearer {access}")),
                None => request,
            };
            request.call().unwrap()
        })
        .await
    }

    pub(crate) async fn post(&self, path: &str, access: Option<&str>, body: Value) -> Answer {
        let (url, access) = (format!("{}{path}", self.address), access.map(str::to_owned));
        blocking(move || {
            let request = agent().post(url);
            let request = match access {
                Some(access) => request.header("Authorization", format!("Bearer {access}")),
                None => request,
            };
            request.send_json(body).unwrap()
        })
        .await
    }

    /// Status, content type and body of an answer that is not JSON, or a problem's.
    pub(crate) async fn post_bytes(&self, path: &str, content_type: &str, body: Vec<u8>) -> (u16, String, Vec<u8>) {
        let url = format!("{}{path}", self.address);
        let content_type = content_type.to_owned();
        let call = move || {
            let mut response = agent().post(url).header("Content-Type", content_type).send(&body[..]).unwrap();
            let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
            (response.status().as_u16(), content_type, response.body_mut().read_to_vec().unwrap())
        };
        tokio::task::spawn_blocking(call).await.unwrap()
    }

    pub(crate) async fn post_text(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let url = format!("{}{path}", self.address);
        let (content_type, body) = (content_type.to_owned(), body.to_owned());
        blocking(move || agent().post(url).header("Content-Type", content_type).send(body).unwrap()).await
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

/// The client blocks, so it runs beside the server and not in its way.
async fn blocking(call: impl FnOnce() -> ureq::http::Response<ureq::Body> + Send + 'static) -> Answer {
    let call = move || {
        let mut response = call();
        let content_type = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
        let retry_after = response.headers().get("retry-after").map(|v| v.to_str().unwrap().parse().unwrap());
        let body = response.body_mut().read_to_string().unwrap();
        Answer {
            retry_after,
            status: response.status().as_u16(),
            content_type: content_type.unwrap_or_default(),
            body: serde_json::from_str(&body).unwrap_or(Value::Null),
        }
    };
    tokio::task::spawn_blocking(call).await.unwrap()
}

/// A phone that knows how to ask for enrolment.
pub(crate) struct Phone {
    pub(crate) key: ed25519_dalek::SigningKey,
    pub(crate) install: DeviceId,
}

impl Phone {
    pub(crate) fn new(n: u8) -> Self {
        Self { key: ed25519_dalek::SigningKey::from_bytes(&[n; 32]), install: DeviceId::from_bytes([n; 16]) }
    }

    pub(crate) fn enrol(&self, code: &str) -> Value {
        json!({
            "code": code,
            "device_key": crate::hex::Hex(self.key.verifying_key().to_bytes()),
            "install": self.install,
            "name": "手机",
        })
    }
}
