//! A server with phones in step with its clock, and a supervisor at a console.

use std::cell::RefCell;
use std::collections::BTreeMap;

use doorstep_mobile::Finished;
use doorstep_tests::handset::Handset;
use doorstep_tests::in_step::in_step_with;
use doorstep_tests::inprocess::Server;
use serde_json::Value;
use sync_core::author::Role;
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, Form, InspectionForm, NewDwelling, NewElder, NewPremises};
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Span;

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) caseload: CaseloadId,
    pub(crate) lin: Handset,
    supervisor: RefCell<String>,
    dir: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
        let caseload = server.caseload("HGS");
        let _ = server.member("mei", Role::Supervisor, caseload, true);
        let supervisor = RefCell::new(server.login("mei"));
        let lin = server.member("lin", Role::Worker, caseload, false);
        let code = server.wait(server.admin().enrolment(lin)).unwrap().code.grouped();
        let lin = Self::handset(&server, dir.path(), "lin", &code);
        lin.sync();
        Self { server, caseload, lin, supervisor, dir }
    }

    fn handset(server: &Server, dir: &std::path::Path, name: &str, code: &str) -> Handset {
        Handset::enrol_in(in_step_with(server), dir, name, &format!("http://{}", server.address()), code)
    }

    /// A second phone of a worker.
    pub(crate) fn second_phone(&self, login: &str) -> Handset {
        let person = self.server.wait(self.server.admin().person(login)).unwrap().id;
        let code = self.server.wait(self.server.admin().enrolment(person)).unwrap().code.grouped();
        let phone = Self::handset(&self.server, self.dir.path(), &format!("{login} 2"), &code);
        phone.sync();
        phone
    }

    pub(crate) fn later(&self, span: Span) {
        self.server.clock.advance(span);
        // An access token lives for minutes.
        self.supervisor.replace(self.server.login("mei"));
    }

    /// The job of each minute runs.
    pub(crate) fn ticks(&self) {
        let app = &self.server.app;
        self.server.wait(app.flow().tick(&self.server.db, app.clock().now())).unwrap();
    }

    /// What a console shows.
    pub(crate) fn sees(&self, what: &str) -> Value {
        let path = format!("/v1/caseloads/{}/{what}", self.caseload);
        self.server.get(&path, Some(&self.supervisor.borrow())).ok()
    }

    pub(crate) fn does(&self, what: &str, body: &Value) -> Value {
        let path = format!("/v1/caseloads/{}/{what}", self.caseload);
        self.server.post(&path, Some(&self.supervisor.borrow()), body).ok()
    }

    /// How the flags of a rule stand.
    pub(crate) fn standing(&self, rule: &str) -> Vec<String> {
        let flags = self.sees(&format!("flags?rule={rule}"));
        flags.as_array().unwrap().iter().map(|flag| flag["standing"].as_str().unwrap().to_owned()).collect()
    }

    /// Department and state of each referral that a rule opened.
    pub(crate) fn referrals(&self, rule: &str) -> BTreeMap<String, String> {
        let all = self.sees("referrals");
        let of_rule = all.as_array().unwrap().iter().filter(|referral| referral["values"]["rule"] == rule);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        of_rule.map(|known| (text(&known["values"]["proposed_dept"]), text(&known["state"]["code"]))).collect()
    }

    pub(crate) fn sends(&self, form: Form) -> Finished {
        let finished = self.lin.finish(form);
        self.lin.sync();
        finished
    }

    pub(crate) fn shop(&self, name: &str, kind: &str) -> EntityId {
        let shop = NewPremises {
            name: name.to_owned(),
            address: format!("花果山{name}号"),
            kinds: vec![kind.to_owned()],
            ..NewPremises::default()
        };
        self.sends(Form::NewPremises(shop)).subject
    }

    pub(crate) fn elder(&self, name: &str, living: &str) -> EntityId {
        let home = NewDwelling { address: format!("花果山{name}家"), ..NewDwelling::default() };
        let elder = NewElder {
            name: name.to_owned(),
            risk_tier: "key".to_owned(),
            living_situation: living.to_owned(),
            new_dwelling: Some(home),
            ..NewElder::default()
        };
        self.sends(Form::NewElder(elder)).subject
    }

    /// A look round a shop that finds this.
    pub(crate) fn finds(&self, shop: EntityId, row: AnswerRow, revisit: bool) -> Finished {
        self.sends(Form::Inspection(InspectionForm { answers: vec![row], revisit, ..InspectionForm::new(shop) }))
    }
}

pub(crate) fn problem(code: &str) -> AnswerRow {
    AnswerRow::new(code, Answer::Problem)
}

pub(crate) fn dispatched_to(depts: &[&str], state: &str) -> BTreeMap<String, String> {
    depts.iter().map(|dept| ((*dept).to_owned(), state.to_owned())).collect()
}
