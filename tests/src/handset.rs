//! A phone in somebody's hand: the phone library with HTTP, enrolled with a code that the office gave out; and a
//! generated working day as the forms that its worker fills in.

use std::cell::Cell;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use doorstep_mobile::{Environment, Finished, Phone, Request, Response, Step, Transport, TransportError};
use sync_core::form::{AnswerRow, Form, InspectionForm, NewPremises, NoticeForm, OperatorEntry, Scene};
use sync_core::generator::{GenInspection, GenNotice, GenPremises};
use sync_core::id::{CaseloadId, EntityId, EventId};
use ureq::tls::TlsConfig;

/// Bytes of outbox in one request unless a test says otherwise: few, so that a day takes several.
const FEW: usize = 4 * 1024;

/// A phone.
pub struct Handset {
    /// The library.
    pub phone: Phone,
    /// The one caseload that its worker works in.
    pub caseload: CaseloadId,
    /// Bytes of outbox in one request.
    pub upload: usize,
    path: PathBuf,
    environment: Environment,
    line: Line,
}

impl Handset {
    /// A new phone, enrolled with this code at the server behind `base`.
    ///
    /// # Panics
    /// When the server does not take the code.
    #[must_use]
    pub fn enrol(dir: &Path, name: &str, base: &str, code: &str) -> Self {
        Self::enrol_in(Environment::system(), dir, name, base, code)
    }

    /// A new phone with a clock and a chance of the caller's, enrolled with this code at the server behind `base`.
    ///
    /// # Panics
    /// When the server does not take the code.
    #[must_use]
    pub fn enrol_in(environment: Environment, dir: &Path, name: &str, base: &str, code: &str) -> Self {
        Self::enrol_over(Line::to(base), environment, dir, name, code)
    }

    /// A new phone, enrolled with this code at the server behind `base`, over TLS as it is set up here.
    ///
    /// # Panics
    /// When the server does not take the code.
    #[must_use]
    pub fn enrol_with(tls: TlsConfig, dir: &Path, name: &str, base: &str, code: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).tls_config(tls);
        let line = Line { base: base.to_owned(), agent: config.build().new_agent(), traffic: Cell::default() };
        Self::enrol_over(line, Environment::system(), dir, name, code)
    }

    fn enrol_over(line: Line, environment: Environment, dir: &Path, name: &str, code: &str) -> Self {
        let path = dir.join(format!("{name}.sqlite"));
        let phone = Phone::open(&path, &KEY, environment.clone()).unwrap();
        let ask = phone.enrolment_request(code, name).unwrap();
        let answer = line.post(&ask.path, "application/json", ask.body.as_bytes());
        let answer = answer.unwrap_or_else(|_| panic!("no server to enrol {name}"));
        phone.enrolled(answer.status, &String::from_utf8(answer.body).unwrap()).unwrap();
        let caseload = phone.caseloads()[0].id;
        Self { phone, caseload, upload: FEW, path, environment, line }
    }

    /// The file of its store; others lie beside it.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.path
    }

    /// The server is at another address now.
    pub fn finds(&mut self, base: &str) {
        base.clone_into(&mut self.line.base);
    }

    /// Enrols again, because the server says that this is needed.
    ///
    /// # Panics
    /// When the phone or the server refuses.
    pub fn enrols_again(&self, name: &str, code: &str) {
        let ask = self.phone.enrolment_request(code, name).unwrap();
        let answer = self.line.post(&ask.path, "application/json", ask.body.as_bytes());
        let answer = answer.unwrap_or_else(|_| panic!("no server to enrol {name}"));
        self.phone.enrolled(answer.status, &String::from_utf8(answer.body).unwrap()).unwrap();
    }

    /// The app is closed and opened again.
    ///
    /// # Panics
    /// When the store does not open.
    #[must_use]
    pub fn reopened(self) -> Self {
        let Self { phone, caseload, upload, path, environment, line } = self;
        drop(phone);
        let phone = Phone::open(&path, &KEY, environment.clone()).unwrap();
        Self { phone, caseload, upload, path, environment, line }
    }

    /// One exchange with the server, without waiting after a failure.
    ///
    /// # Panics
    /// When the phone's store fails.
    #[must_use]
    pub fn step(&self) -> Step {
        self.phone.retry_now().unwrap();
        self.phone.sync_step(&self.line, self.upload).unwrap()
    }

    /// Exchanges until all is exchanged.
    ///
    /// # Panics
    /// When the server cannot be reached.
    pub fn sync(&self) {
        loop {
            match self.step() {
                Step::Idle => return,
                Step::More => {}
                Step::Blocked(why) => panic!("sync is blocked: {why:?}"),
            }
        }
    }

    /// What has gone over the air so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.line.traffic.get()
    }

    /// The shop with this name, as the search finds it.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn shop(&self, name: &str) -> EntityId {
        let found = self.phone.search(name, 1);
        found.first().unwrap_or_else(|| panic!("{name} is not on the phone")).id
    }

    /// Fills in and finishes a form.
    ///
    /// # Panics
    /// When it is not complete.
    pub fn finish(&self, form: Form) -> Finished {
        self.phone.submit(self.caseload, form).unwrap()
    }

    /// What a visit leaves: the inspection, and the notice if one was given.
    pub fn visit(&self, shop: EntityId, visit: &GenInspection) -> Vec<Finished> {
        let inspection = self.finish(Form::Inspection(inspection(shop, visit)));
        let left = visit.notice.as_ref().zip(inspection.event);
        let notice = left.map(|(left, event)| self.finish(Form::Notice(notice(shop, event, left))));
        [Some(inspection), notice].into_iter().flatten().collect()
    }
}

/// The key that an app keeps in the phone's key store.
pub const KEY: [u8; 32] = [7; 32];

/// The form of a generated visit to this shop.
#[must_use]
pub fn inspection(premises: EntityId, visit: &GenInspection) -> InspectionForm {
    let row = |answer: &sync_core::generator::GenAnswer| AnswerRow {
        severity: answer.severity,
        refused: answer.refused,
        quantity: answer.quantity,
        note: answer.note.clone().unwrap_or_default(),
        ..AnswerRow::new(answer.code, answer.answer)
    };
    InspectionForm {
        answers: visit.answers.iter().map(row).collect(),
        met: visit.met.clone(),
        revisit: visit.revisit,
        ..InspectionForm::new(premises)
    }
}

/// The form of the reminder that a generated visit left.
#[must_use]
pub fn notice(premises: EntityId, inspection: EventId, left: &GenNotice) -> NoticeForm {
    NoticeForm {
        premises,
        inspection,
        items: left.items.iter().map(|item| (*item).to_owned()).collect(),
        receipt: left.receipt,
        fix_by: left.fix_by,
        next_visit: left.next_visit,
        number: String::new(),
        scene: Scene::default(),
        badges: vec!["XJ-0412".to_owned(), "XJ-0427".to_owned()],
        copy_left: Some(true),
    }
}

/// The form for a generated shop that has no file yet.
#[must_use]
pub fn new_premises(shop: &GenPremises) -> Form {
    Form::NewPremises(NewPremises {
        name: shop.name.clone(),
        address: shop.address.clone(),
        unit_code: shop.unit_code.clone(),
        kinds: shop.kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        area_m2: Some(shop.area_m2.into()),
        floor: shop.floor.to_owned(),
        hours: shop.hours.to_owned(),
        contact_name: shop.contact_name.clone(),
        contact_phone: shop.contact_phone.clone(),
        operator: Some(OperatorEntry {
            name: shop.operator.name.clone(),
            legal_name: shop.operator.legal_name.clone(),
            uscc: shop.operator.uscc.clone(),
            known: None,
        }),
        ..NewPremises::default()
    })
}

/// HTTP, as an app would bring it: a new connection for each request, because phones lose theirs all the time.
struct Line {
    base: String,
    agent: ureq::Agent,
    traffic: Cell<Traffic>,
}

/// What went over the air: round trips, and bytes of bodies.
#[derive(Clone, Copy, Default, Debug)]
pub struct Traffic {
    /// Requests sent.
    pub trips: u64,
    /// Bytes of requests.
    pub up: u64,
    /// Bytes of answers.
    pub down: u64,
}

impl Line {
    fn to(base: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build();
        Self { base: base.to_owned(), agent: config.new_agent(), traffic: Cell::default() }
    }

    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Response, TransportError> {
        let url = format!("{}{path}", self.base);
        let mut traffic = self.traffic.get();
        traffic.trips += 1;
        traffic.up += body.len() as u64;
        self.traffic.set(traffic);
        let sent = self.agent.post(url).content_type(content_type).send(body);
        let mut answer = sent.map_err(|_| TransportError::Offline)?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        let read = answer.body_mut().as_reader().read_to_end(&mut body);
        traffic.down += body.len() as u64;
        self.traffic.set(traffic);
        match read {
            Ok(_) => Ok(Response { status, body }),
            Err(_) if status == 200 => Err(TransportError::Cut(body)),
            Err(_) => Err(TransportError::Offline),
        }
    }
}

impl Transport for Line {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        self.post(&request.path, &request.content_type, &request.body)
    }
}
