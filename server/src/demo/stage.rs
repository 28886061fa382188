//! The stage: a real server on loopback with a clock that the play moves, three phones with sealed stores, and people
//! with logins. Phones act only through the phone's public API, people at desks only through HTTP.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use doorstep_mobile::{
    Clock as PhoneClock, Environment, EventView, Phone as Library, Request, Response, Stage as Reached, Step as Synced,
    SystemRandom, SystemUptime, Transport, TransportError,
};
use serde_json::{Value as Json, json};
use sync_core::author::Role;
use sync_core::event::{NoticeReceipt, PhotoHash};
use sync_core::form::{AnswerRow, Form, InspectionForm, NoticeForm, Scene};
use sync_core::generator;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::submission::Digest;
use sync_core::time::{Span, Timestamp};

use super::DemoError;
use super::link::{Link, Weather};
use super::report::Counts;
use crate::admin::{Admin, NewCaseload};
use crate::app::App;
use crate::clock::{Clock as _, ManualClock};
use crate::import::premises::{Premises, template::to_csv};
use crate::import::template::Headings;
use crate::roster;

/// The phones of the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Phone {
    /// Lin's.
    A,
    /// Chen's.
    B,
    /// Zhou's.
    C,
}

impl Phone {
    pub(super) const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    /// How much its clock is ahead.
    const fn ahead(self) -> Span {
        match self {
            Self::A => Span::minutes(7),
            Self::B | Self::C => Span::ZERO,
        }
    }
}

/// The desks of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Desk {
    Fire,
    Urban,
    Gas,
}

impl Desk {
    const ALL: [Self; 3] = [Self::Fire, Self::Urban, Self::Gas];

    const fn dept(self) -> &'static str {
        match self {
            Self::Fire => "FIRE",
            Self::Urban => "URBAN",
            Self::Gas => "GASREG",
        }
    }

    const fn login(self) -> &'static str {
        match self {
            Self::Fire => "zhao",
            Self::Urban => "tang",
            Self::Gas => "qiu",
        }
    }
}

/// Somebody with a login.
pub(super) struct Person {
    pub(super) login: &'static str,
    pub(super) name: &'static str,
    pub(super) role: Role,
}

/// The cast.
pub(super) const PEOPLE: &[Person] = &[
    Person { login: "lin", name: "林晓", role: Role::Worker },
    Person { login: "chen", name: "陈平", role: Role::Worker },
    Person { login: "zhou", name: "周末", role: Role::Worker },
    Person { login: "mei", name: "梅督导", role: Role::Supervisor },
    Person { login: "wen", name: "文管理", role: Role::Steward },
    Person { login: "he", name: "何分拨", role: Role::Dispatcher },
    Person { login: "zhao", name: "赵消防", role: Role::Officer },
    Person { login: "tang", name: "唐城管", role: Role::Officer },
    Person { login: "qiu", name: "丘燃气", role: Role::Officer },
];

/// How many shops the roster has beside those of the play, and which invented ones.
const ROSTER: usize = 30;
const SEED: u64 = 23;
/// Bytes of outbox that one request takes up at the most.
const UPLOAD: usize = 256 * 1024;

struct Handset {
    library: Library,
    link: Link,
}

/// The stage.
pub(super) struct Stage {
    pub(super) app: App,
    pub(super) address: SocketAddr,
    pub(super) caseload: CaseloadId,
    pub(super) password: String,
    pub(super) counts: Counts,
    runtime: tokio::runtime::Handle,
    clock: Arc<ManualClock>,
    phones: BTreeMap<Phone, Handset>,
    desks: BTreeMap<&'static str, CaseloadId>,
    premises: BTreeMap<&'static str, EntityId>,
    agent: ureq::Agent,
}

struct PhoneTime {
    clock: Arc<ManualClock>,
    ahead: Span,
}

impl PhoneClock for PhoneTime {
    fn now(&self) -> Timestamp {
        self.clock.now() + self.ahead
    }
}

impl Stage {
    /// Builds the stage: caseload, desks, people, roster, and three enrolled phones.
    pub(super) fn build(
        app: App,
        address: SocketAddr,
        clock: Arc<ManualClock>,
        folder: &Path,
        password: String,
    ) -> Result<Self, DemoError> {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build();
        let mut stage = Self {
            caseload: CaseloadId::from_bytes([0; 16]),
            app,
            address,
            password,
            counts: Counts::default(),
            runtime: tokio::runtime::Handle::current(),
            clock,
            phones: BTreeMap::new(),
            desks: BTreeMap::new(),
            premises: BTreeMap::new(),
            agent: config.new_agent(),
        };
        stage.furnish()?;
        for (phone, login) in Phone::ALL.into_iter().zip(["lin", "chen", "zhou"]) {
            stage.enrol(phone, login, folder)?;
        }
        Ok(stage)
    }

    fn furnish(&mut self) -> Result<(), DemoError> {
        let runtime = self.runtime.clone();
        runtime.block_on(async {
            let admin = Admin::new(&self.app);
            let now = self.clock.now();
            self.caseload = admin
                .add_caseload(NewCaseload {
                    prefix: "HGS".to_owned(),
                    name: "花果山社区 · 安全提示".to_owned(),
                    programme: "work-safety".to_owned(),
                    community: "花果山".to_owned(),
                    owner: "招商街道办事处".to_owned(),
                    operator: "邻里社工服务中心".to_owned(),
                    term: (now, now + Span::days(365)),
                })
                .await?;
            for desk in Desk::ALL {
                self.desks.insert(desk.dept(), admin.add_desk(desk.dept(), desk.dept()).await?);
            }
            for person in PEOPLE {
                let id = admin.add_person(person.login, person.name, person.role, Some(&self.password)).await?;
                let desk = Desk::ALL.into_iter().find(|desk| desk.login() == person.login);
                let place = desk.map_or(self.caseload, |desk| self.desks[desk.dept()]);
                admin.assign(place, id, None).await?;
            }
            self.import_roster().await?;
            Ok(())
        })
    }

    /// An invented roster, by the way of `doorstep import premises`.
    async fn import_roster(&self) -> Result<(), DemoError> {
        let unexpected = |error: &dyn std::fmt::Display| DemoError::unexpected(&format!("the roster: {error}"));
        let csv = to_csv(&generator::roster(SEED, ROSTER), Headings::Zh).map_err(|error| unexpected(&error))?;
        let table = crate::import::read_table(&csv).map_err(|error| unexpected(&error))?;
        let rows = crate::import::rows::read(&Premises, &table, &mut |_| {}).map_err(|error| unexpected(&error))?.rows;
        let plan =
            roster::compare(&Premises, &self.app, self.caseload, rows).await.map_err(|error| unexpected(&error))?;
        let written =
            roster::bring_in(&Premises, &self.app, self.caseload, roster::installation(), &plan, &mut |_| {}).await;
        written.map_err(|error| unexpected(&error))
    }

    fn enrol(&mut self, phone: Phone, login: &str, folder: &Path) -> Result<(), DemoError> {
        let code = self.runtime.block_on(async {
            let admin = Admin::new(&self.app);
            let person = admin.person(login).await?;
            admin.enrolment(person.id).await
        })?;
        let clock = Arc::new(PhoneTime { clock: Arc::clone(&self.clock), ahead: phone.ahead() });
        let environment = Environment { clock, uptime: Arc::new(SystemUptime::new()), random: Arc::new(SystemRandom) };
        let Digest(key) = Digest::of(format!("{} {}", self.password, phone.name()).as_bytes());
        let library = Library::open(&folder.join(format!("phone-{}.sqlite", phone.name())), &key, environment)?;
        let request = library.enrolment_request(&code.code.grouped(), &format!("{} 的手机", phone.name()))?;
        let mut answer = self
            .agent
            .post(format!("http://{}{}", self.address, request.path))
            .content_type("application/json")
            .send(&request.body)?;
        let status = answer.status().as_u16();
        library.enrolled(status, &answer.body_mut().read_to_string()?)?;
        self.phones.insert(phone, Handset { library, link: Link::to(self.address)? });
        Ok(())
    }
}

/// What a phone does in the play.
impl Stage {
    /// The time on the wall.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock to `HH:MM` of the day.
    pub(super) fn set_time(&self, at: &str) -> Result<(), DemoError> {
        let time: jiff::civil::Time = at.parse().map_err(|_| DemoError::unexpected(at))?;
        self.clock.set(Timestamp::from_civil(self.now().civil().date().to_datetime(time)));
        Ok(())
    }

    pub(super) fn weather(&self, phone: Phone, weather: Weather) {
        self.phones[&phone].link.set(weather);
    }

    /// A shop of the play by its name in the script.
    pub(super) fn premises(&self, name: &str) -> Result<EntityId, DemoError> {
        self.premises.get(name).copied().ok_or_else(|| DemoError::unexpected(&format!("nobody has noted {name} yet")))
    }

    pub(super) fn name_premises(&mut self, name: &'static str, id: EntityId) {
        self.premises.insert(name, id);
    }

    /// What every event of the day shares.
    pub(super) fn scene(&self) -> Scene {
        Scene::default()
    }

    /// The hash of an invented photo.
    pub(super) fn photo(&self, name: &str) -> PhotoHash {
        PhotoHash(Digest::of(name.as_bytes()).0)
    }

    /// Fills in and finishes a form; the file that it is about.
    pub(super) fn finish(&mut self, phone: Phone, form: Form) -> Result<EntityId, DemoError> {
        let library = &self.phones[&phone].library;
        Ok(library.submit(self.caseload, form)?.subject)
    }

    /// A visit to a shop, with the notice that was left.
    pub(super) fn inspect(
        &mut self,
        phone: Phone,
        shop: EntityId,
        revisit: bool,
        answers: Vec<AnswerRow>,
        notice: Option<(&[&str], NoticeReceipt)>,
    ) -> Result<(), DemoError> {
        let library = &self.phones[&phone].library;
        let form = InspectionForm { answers, revisit, ..InspectionForm::new(shop) };
        // As an app would: a draft first, kept at each change, then finished.
        let draft = library.start(self.caseload, Form::Inspection(InspectionForm::new(shop)))?;
        library.save(draft, Form::Inspection(form))?;
        let finished = library.finish(draft)?;
        if let (Some((items, receipt)), Some(inspection)) = (notice, finished.event) {
            let form = NoticeForm {
                premises: shop,
                inspection,
                items: items.iter().map(|item| (*item).to_owned()).collect(),
                receipt,
                fix_by: Some(self.now() + Span::days(1)),
                next_visit: Some(self.now() + Span::days(3)),
                number: String::new(),
                scene: self.scene(),
            };
            library.submit(self.caseload, Form::Notice(form))?;
        }
        Ok(())
    }

    /// Syncs until everything is exchanged.
    pub(super) fn sync(&mut self, phone: Phone) -> Result<(), DemoError> {
        if self.try_sync(phone)? { Ok(()) } else { Err(DemoError::unexpected("the phone could not sync")) }
    }

    /// Syncs as far as the network lets it; whether everything was exchanged.
    pub(super) fn try_sync(&mut self, phone: Phone) -> Result<bool, DemoError> {
        let handset = &self.phones[&phone];
        handset.library.retry_now()?;
        let wire = Wire { agent: &self.agent, base: handset.link.base(), seen: Default::default() };
        let done = loop {
            match handset.library.sync_step(&wire, UPLOAD)? {
                Synced::Idle => break true,
                Synced::More => {}
                Synced::Blocked(_) => break false,
            }
        };
        let seen = wire.seen.into_inner();
        self.counts.round_trips += seen.round_trips;
        self.counts.bytes_up += seen.up;
        self.counts.bytes_down += seen.down;
        Ok(done)
    }

    /// The digest of a phone's state.
    pub(super) fn digest(&self, phone: Phone) -> Result<String, DemoError> {
        Ok(self.phones[&phone].library.state_digest(self.caseload)?.1)
    }

    /// Why a rule holds for a shop, as the phone says at the door.
    pub(super) fn flag_at_door(&self, phone: Phone, shop: EntityId, rule: &str) -> Result<(String, String), DemoError> {
        let flags = self.phones[&phone].library.flags_at_door(shop)?.flags;
        let flag = flags.into_iter().find(|flag| flag.rule == rule);
        let why = flag.ok_or_else(|| DemoError::unexpected(&format!("{rule} does not show at the door")))?.why;
        Ok((why.zh, why.en))
    }

    /// The referral of a rule, as a phone knows it.
    pub(super) fn referral_on(&self, phone: Phone, rule: &str) -> Result<EntityId, DemoError> {
        let file = self.phones[&phone].library.premises(self.premises("wang")?)?;
        let found = file.referrals.iter().find(|referral| referral.rule == rule);
        Ok(found.ok_or_else(|| DemoError::unexpected(&format!("the phone knows no referral of {rule}")))?.id)
    }

    /// A desk's answer, as it stands on the receipts of a phone.
    pub(super) fn answer_on(&self, phone: Phone) -> Result<String, DemoError> {
        let answer =
            self.phones[&phone].library.receipts(self.caseload)?.into_iter().find_map(|receipt| match receipt.stage {
                Reached::Answered { public_text, .. } => Some(public_text),
                _ => None,
            });
        answer.ok_or_else(|| DemoError::unexpected("no receipt on the phone shows an answer"))
    }

    /// Forms on a phone that are not part of the record.
    pub(super) fn unconfirmed(&self, phone: Phone) -> Result<usize, DemoError> {
        Ok(self.phones[&phone].library.pending()?.len())
    }

    /// The severity of a finding, as the phones show it.
    pub(super) fn severity(&self, shop: &str, code: &str) -> Result<Option<u8>, DemoError> {
        let file = self.phones[&Phone::C].library.premises(self.premises(shop)?)?;
        Ok(file.hazards.iter().find(|hazard| hazard.code == code).map(|hazard| hazard.severity))
    }

    /// What happened in all files, as phone C shows it.
    pub(super) fn history(&self) -> Result<Vec<EventView>, DemoError> {
        let library = &self.phones[&Phone::C].library;
        let mut history = Vec::new();
        for brief in library.list(self.caseload) {
            history.extend(library.premises(brief.id)?.history);
        }
        Ok(history)
    }
}

/// What people at desks do, over HTTP.
impl Stage {
    /// Asks as somebody; the answer's status and body.
    pub(super) fn ask(&self, login: &str, method: &str, path: &str, body: &Json) -> Result<(u16, Json), DemoError> {
        let credentials = json!({ "login": login, "password": self.password });
        let (status, session) = self.send(None, "POST", "/v1/login", &credentials)?;
        let token = session["access"].as_str().filter(|_| status == 200);
        let token = token.ok_or_else(|| DemoError::unexpected(&format!("{login} cannot log in: {session}")))?;
        self.send(Some(token), method, path, body)
    }

    fn send(&self, token: Option<&str>, method: &str, path: &str, body: &Json) -> Result<(u16, Json), DemoError> {
        let url = format!("http://{}{path}", self.address);
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut answer = if method == "GET" {
            let request = self.agent.get(url);
            let request = bearer.into_iter().fold(request, |request, bearer| request.header("Authorization", bearer));
            request.call()?
        } else {
            let request = self.agent.post(url);
            let request = bearer.into_iter().fold(request, |request, bearer| request.header("Authorization", bearer));
            request.send_json(body)?
        };
        let status = answer.status().as_u16();
        Ok((status, answer.body_mut().read_json().unwrap_or(Json::Null)))
    }

    /// Asks as somebody and expects success.
    pub(super) fn get(&self, login: &str, path: &str) -> Result<Json, DemoError> {
        expect(self.ask(login, "GET", path, &Json::Null)?, path)
    }

    fn post(&self, login: &str, path: &str, body: &Json) -> Result<Json, DemoError> {
        expect(self.ask(login, "POST", path, body)?, path)
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/caseloads/{}/{rest}", self.caseload)
    }

    /// The list at this path of the caseload, as the supervisor sees it.
    pub(super) fn list(&self, rest: &str) -> Result<Vec<Json>, DemoError> {
        match self.get("mei", &self.path(rest))? {
            Json::Array(list) => Ok(list),
            other => Err(DemoError::unexpected(&format!("{rest} is no list: {other}"))),
        }
    }

    /// The steward links two files.
    pub(super) fn link(&self, a: EntityId, b: EntityId) -> Result<(), DemoError> {
        let body = json!({ "a": a, "b": b, "reason": "同一扇门,同一位店主" });
        self.post("wen", &self.path("link"), &body).map(drop)
    }

    /// The referral that a rule opened.
    pub(super) fn referral(&self, rule: &str) -> Result<String, DemoError> {
        let referrals = self.list("referrals")?;
        let found = referrals.iter().find(|referral| referral["values"]["rule"] == rule);
        let id = found.and_then(|referral| referral["id"].as_str());
        id.map(str::to_owned).ok_or_else(|| DemoError::unexpected(&format!("{rule} has opened no referral")))
    }

    pub(super) fn confirm_flag(&self, rule: &str) -> Result<(), DemoError> {
        let path = self.path(&format!("referrals/{}/confirm-flag", self.referral(rule)?));
        self.post("mei", &path, &json!({ "right": true })).map(drop)
    }

    pub(super) fn dispatch(&self, rule: &str, dept: &str) -> Result<(), DemoError> {
        let path = self.path(&format!("referrals/{}/dispatch", self.referral(rule)?));
        self.post("he", &path, &json!({ "dept": dept })).map(drop)
    }

    pub(super) fn close(&self, rule: &str) -> Result<(), DemoError> {
        let path = self.path(&format!("referrals/{}/close", self.referral(rule)?));
        self.post("he", &path, &json!({})).map(drop)
    }

    /// An officer acts on the slip of a rule's referral.
    pub(super) fn desk_act(&self, desk: Desk, rule: &str, act: &str, body: &Json) -> Result<(), DemoError> {
        let referral = self.referral(rule)?;
        let slips = format!("/v1/desks/{}/slips", self.desks[desk.dept()]);
        let list = self.get(desk.login(), &slips)?;
        let slip = list.as_array().into_iter().flatten().find(|slip| slip["values"]["referral"] == *referral);
        let slip = slip.and_then(|slip| slip["id"].as_str());
        let slip = slip.ok_or_else(|| DemoError::unexpected(&format!("{} has no slip for {rule}", desk.dept())))?;
        self.post(desk.login(), &format!("{slips}/{slip}/{act}"), body).map(drop)
    }

    /// An officer who asks for a shop's whole file finds nothing.
    pub(super) fn officer_cannot_read(&self, desk: Desk, shop: EntityId) -> Result<(), DemoError> {
        let path = self.path(&format!("premises/{shop}"));
        match self.ask(desk.login(), "GET", &path, &Json::Null)? {
            (404, _) => Ok(()),
            (status, _) => Err(DemoError::unexpected(&format!("an officer read a shop's file: {status}"))),
        }
    }

    /// The digest of the server's state.
    pub(super) fn server_digest(&self) -> Result<String, DemoError> {
        Ok(self.runtime.block_on(self.app.flow().state_digest(self.app.db(), self.caseload))?.hex())
    }

    /// What `doorstep verify` finds wrong.
    pub(super) fn verify(&self) -> Result<usize, DemoError> {
        Ok(self.runtime.block_on(crate::verify::verify(self.app.db(), self.app.flow()))?.findings.len())
    }

    /// Whether the server has a shop with this name.
    pub(super) fn known_to_server(&self, name: &str) -> Result<bool, DemoError> {
        let query: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        Ok(!self.list(&format!("premises?search={query}"))?.is_empty())
    }
}

fn expect((status, body): (u16, Json), path: &str) -> Result<Json, DemoError> {
    if (200..300).contains(&status) {
        Ok(body)
    } else {
        Err(DemoError::unexpected(&format!("{path}: {status} {body}")))
    }
}

/// HTTP for the phone library, counted.
struct Wire<'a> {
    agent: &'a ureq::Agent,
    base: String,
    seen: std::cell::RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    round_trips: usize,
    up: u64,
    down: u64,
}

impl Transport for Wire<'_> {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let mut seen = self.seen.borrow_mut();
        seen.round_trips += 1;
        seen.up += request.body.len() as u64;
        let url = format!("{}{}", self.base, request.path);
        let sent = self.agent.post(url).content_type(&request.content_type).send(&request.body[..]);
        let mut answer = sent.map_err(|_| TransportError::Offline)?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        let read = answer.body_mut().as_reader().read_to_end(&mut body);
        seen.down += body.len() as u64;
        match read {
            Ok(_) => Ok(Response { status, body }),
            Err(_) if status == 200 => Err(TransportError::Cut(body)),
            Err(_) => Err(TransportError::Offline),
        }
    }
}
