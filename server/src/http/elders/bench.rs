//! A caseload with elders from a roster, and people who visit and look.

use serde_json::Value as Json;
use sync_core::author::Role;
use sync_core::event::{
    Assessment, AssessmentStanding, Attempt, Event, EventBody, Means, NotMet, RiskEvent, RiskKind, Visit, VisitKind,
};
use sync_core::id::{CaseloadId, EntityId, EventId, PersonId};
use sync_core::submission::Part;
use sync_core::time::Span;

use crate::auth::console;
use crate::flow::Actor;
use crate::import::read_table;
use crate::import::rows::read;
use crate::roster::{bring_in, compare, elders, installation};
use crate::testing::{Answer, Server};

/// Gu and her husband share a flat; Tan lives elsewhere.
const ROSTER: &str = "姓名,身份证号,风险等级,疏散需协助,地址,单元编码,同意方式,同意建档,同意拍照\n\
    顾阿婆,44039919360815028X,高,是,桃影里3号502室,TY3-R-502,书面,同意,拒绝\n\
    顾阿公,440399194512030018,重点,否,桃影里3号502室,TY3-R-502,,,\n\
    谭伯,440399195206170033,一般,否,水帘巷1号,SL1-R-101,,,\n";

pub(crate) struct Bench {
    pub(crate) server: Server,
    pub(crate) caseload: CaseloadId,
    /// Access tokens.
    pub(crate) supervisor: String,
    pub(crate) worker: String,
    events: u8,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        let supervisor = server.member("mei", Role::Supervisor, caseload).await;
        let worker = server.member("lin", Role::Worker, caseload).await;
        let (app, table) = (&server.app, read_table(ROSTER.as_bytes()).unwrap());
        elders(app, async |sheet| {
            let rows = read(sheet, &table, &mut |_| ()).unwrap().rows;
            let plan = compare(sheet, app, caseload, rows).await.unwrap();
            bring_in(sheet, app, caseload, installation(), &plan, &mut |_| ()).await.unwrap();
        })
        .await;
        Self { server, caseload, supervisor, worker, events: 0 }
    }

    /// What this path of the caseload answers to somebody.
    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.server.get(&format!("/v1/caseloads/{}/{path}", self.caseload), Some(token)).await
    }

    /// The supervisor's list under this query.
    pub(crate) async fn list(&self, query: &str) -> Vec<Json> {
        let page = self.get(&self.supervisor, &format!("elders{query}")).await.ok();
        page["elders"].as_array().unwrap().clone()
    }

    pub(crate) async fn names(&self, query: &str) -> Vec<String> {
        let mut names: Vec<String> =
            self.list(query).await.iter().map(|elder| elder["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    pub(crate) async fn elder(&self, name: &str) -> EntityId {
        let found = self.list("").await.into_iter().find(|elder| elder["name"] == name).unwrap();
        found["id"].as_str().unwrap().parse().unwrap()
    }

    /// The supervisor's look at a whole file.
    pub(crate) async fn file(&self, name: &str) -> Json {
        let elder = self.elder(name).await;
        self.get(&self.supervisor, &format!("elders/{elder}")).await.ok()
    }

    /// The worker writes that something happened, now.
    pub(crate) async fn happens(&mut self, elder: EntityId, body: EventBody) -> EventId {
        self.events += 1;
        let app = &self.server.app;
        let (now, id) = (app.clock().now(), EventId::from_bytes([self.events; 16]));
        let event = Event {
            id,
            subject: elder,
            programme: "elders".to_owned(),
            policy: 1,
            start: now,
            end: now + Span::minutes(20),
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends: None,
            body,
        };
        let person = PersonId::derived("test", &[]);
        let actor = Actor { device: console(person), person, role: Role::Worker };
        let mut tx = app.db().write().await.unwrap();
        app.flow().submit(&mut tx, self.caseload, actor, now, vec![Part::event(&event)]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Time passes, and the server looks at what it does. The supervisor logs in again.
    pub(crate) async fn passes(&mut self, span: Span) {
        self.server.clock.advance(span);
        let app = &self.server.app;
        app.flow().tick(app.db(), app.clock().now()).await.unwrap();
        self.supervisor = self.server.login("mei").await["access"].as_str().unwrap().to_owned();
    }

    /// The flags of a rule that stand.
    pub(crate) async fn raised(&self, rule: &str) -> usize {
        let flags = self.get(&self.supervisor, &format!("flags?rule={rule}&standing=raised")).await.ok();
        flags.as_array().unwrap().len()
    }
}

pub(crate) fn visit() -> EventBody {
    EventBody::Visit(Visit {
        kind: VisitKind::Home,
        observed: Vec::new(),
        signals: Vec::new(),
        words: Some("今天精神不错".to_owned()),
        next_visit: None,
    })
}

pub(crate) fn not_met() -> EventBody {
    let tried = vec![Attempt { means: Means::Door, contact: None, reached: false }];
    EventBody::NotMet(NotMet { tried, note: None, next_try: None })
}

pub(crate) fn fall(on: &str) -> EventBody {
    EventBody::RiskEvent(RiskEvent { kind: RiskKind::Fall, occurred_on: on.parse().unwrap(), note: None })
}

/// A visitor's impression of somebody who can do everything.
pub(crate) fn screening() -> EventBody {
    let scores = sync_core::assess::ITEMS.iter().map(|item| item.most).collect();
    EventBody::Assessment(Assessment {
        scores,
        standing: AssessmentStanding::Screening,
        risks: Vec::new(),
        coma: false,
        diagnoses: Vec::new(),
        assessors: Vec::new(),
        informant: None,
        note: None,
    })
}
