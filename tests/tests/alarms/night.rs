//! A street at night: whoever is on duty has a receiver, and minutes pass.

use std::collections::BTreeMap;
use std::sync::Mutex;

use doorstep::app::App;
use doorstep::db::duty::{Duty, Level};
use doorstep::deliver::deliver_due;
use doorstep_tests::rawphone::RawPhone;
use doorstep_tests::receiver::Receiver;
use doorstep_tests::street::Street;
use serde_json::Value;
use sync_core::id::{CaseloadId, PersonId, WebhookId};
use sync_core::time::{Span, Timestamp};

/// A receiver, and what it knows of where it is registered.
pub(crate) struct Pager {
    pub(crate) receiver: Receiver,
    pub(crate) id: WebhookId,
    pub(crate) secret: String,
}

/// The street, with a pager for each level.
pub(crate) struct Night {
    pub(crate) street: Street,
    pub(crate) first: Pager,
    pub(crate) deputy: Pager,
    pub(crate) purchaser: Pager,
    /// Access tokens end before the night does: who has which, since when.
    tokens: Mutex<BTreeMap<String, (Timestamp, String)>>,
    phones: Mutex<u8>,
}

/// A new receiver for a level of a caseload, or for a desk.
pub(crate) fn pager(street: &Street, caseload: CaseloadId, level: Option<Level>) -> Pager {
    let (receiver, server) = (Receiver::start(), &street.server);
    let new = server.wait(server.admin().add_webhook(caseload, level, &receiver.url(), false)).unwrap();
    Pager { receiver, id: new.id, secret: new.secret }
}

impl Night {
    /// The supervisor is named first, the steward as deputy.
    pub(crate) fn falls() -> Self {
        let night = Self::nobody_named();
        night.names("supervisor", Level::First);
        night.names("steward", Level::Deputy);
        night
    }

    /// Nobody is named.
    pub(crate) fn nobody_named() -> Self {
        let street = Street::default();
        let pager = |level| pager(&street, street.hgs, Some(level));
        let (first, deputy, purchaser) = (pager(Level::First), pager(Level::Deputy), pager(Level::Purchaser));
        let (tokens, phones) = (Mutex::default(), Mutex::new(100));
        Self { street, first, deputy, purchaser, tokens, phones }
    }

    /// An access token of somebody that holds now.
    pub(crate) fn token(&self, login: &str) -> String {
        let server = &self.street.server;
        let now = server.app.clock().now();
        let mut tokens = self.tokens.lock().unwrap();
        let known = tokens.get(login).filter(|(since, _)| now - *since < Span::minutes(9));
        if let Some((_, token)) = known {
            return token.clone();
        }
        let mut seed = self.phones.lock().unwrap();
        *seed += 1;
        let token = RawPhone::enrol(server, self.person(login), self.street.hgs, *seed).access;
        tokens.insert(login.to_owned(), (now, token.clone()));
        token
    }

    /// Somebody looks at something that they may see.
    pub(crate) fn sees(&self, login: &str, path: &str) -> Value {
        self.street.server.get(path, Some(&self.token(login))).ok()
    }

    /// Somebody does something that they may.
    pub(crate) fn does(&self, login: &str, path: &str, body: &Value) -> Value {
        self.street.server.post(path, Some(&self.token(login)), body).ok()
    }

    pub(crate) fn names(&self, login: &str, level: Level) {
        let server = &self.street.server;
        let duty = Duty { level, person: self.person(login), from: Timestamp::EPOCH, to: Timestamp::MAX };
        server.wait(server.admin().name_for_duty(self.street.hgs, &duty)).unwrap();
    }

    pub(crate) fn person(&self, login: &str) -> PersonId {
        self.street.server.wait(self.street.server.admin().person(login)).unwrap().id
    }

    /// The job of a minute, on this node.
    pub(crate) fn tick_on(&self, app: &App) {
        let server = &self.street.server;
        server.wait(app.flow().tick(&server.db, server.app.clock().now())).unwrap();
        server.wait(deliver_due(app)).unwrap();
    }

    pub(crate) fn tick(&self) {
        self.tick_on(&self.street.server.app);
    }

    /// So many minutes pass, with the job of each.
    pub(crate) fn minutes(&self, minutes: i64) {
        for _ in 0..minutes {
            self.street.server.clock.advance(Span::minutes(1));
            self.tick();
        }
    }

    /// The path of the alarms.
    pub(crate) fn alarms(&self) -> String {
        format!("/v1/caseloads/{}/alarms", self.street.hgs)
    }

    /// One alarm, as the supervisor sees it.
    pub(crate) fn alarm(&self, n: u64) -> Value {
        self.sees("supervisor", &format!("{}/{n}", self.alarms()))
    }

    /// To how many people each level was told.
    pub(crate) fn told(&self, n: u64) -> [usize; 3] {
        let alarm = self.alarm(n);
        let told = alarm["told"].as_array().unwrap();
        Level::ALL
            .map(|level| told.iter().filter(|step| step["level"] == level.code() && step["person"].is_string()).count())
    }

    /// What each pager got.
    pub(crate) fn paged(&self) -> [Vec<String>; 3] {
        [&self.first, &self.deputy, &self.purchaser].map(|pager| {
            let kind =
                |request: &doorstep_tests::receiver::Request| request.json()["type"].as_str().unwrap().to_owned();
            pager.receiver.requests().iter().map(kind).collect()
        })
    }
}
