//! What phones do in the play: forms, drafts, sync over a link that may break, and what they show.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorstep_mobile::{
    Clock as PhoneClock, Environment, EventView, Phone as Library, Request, Response, Stage as Reached, Step as Synced,
    SystemRandom, SystemUptime, Transport, TransportError,
};
use sync_core::event::{NoticeReceipt, PhotoHash};
use sync_core::form::{AnswerRow, Form, InspectionForm, NoticeForm, Scene, VisitForm};
use sync_core::id::EntityId;
use sync_core::submission::Digest;
use sync_core::time::{Span, Timestamp};

use super::DemoError;
use super::cast::Phone;
use super::link::{Link, Weather};
use super::stage::Stage;
use crate::admin::Admin;
use crate::clock::{Clock as _, ManualClock};

/// Bytes of outbox that one request takes up at the most.
const UPLOAD: usize = 256 * 1024;

/// A phone with its way to the server.
pub(super) struct Handset {
    pub(super) library: Library,
    link: Link,
    /// How many milliseconds its clock is ahead.
    ahead: Arc<AtomicI64>,
}

struct PhoneTime {
    clock: Arc<ManualClock>,
    ahead: Arc<AtomicI64>,
}

impl PhoneClock for PhoneTime {
    fn now(&self) -> Timestamp {
        self.clock.now() + Span::millis(self.ahead.load(Ordering::SeqCst))
    }
}

impl Stage {
    /// Sets a phone up for whoever holds it.
    pub(super) fn enrol(&mut self, phone: Phone) -> Result<(), DemoError> {
        let code = self.runtime.block_on(async {
            let admin = Admin::new(&self.app);
            let person = admin.person(phone.holder()).await?;
            admin.enrolment(person.id).await
        })?;
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = Arc::new(PhoneTime { clock: Arc::clone(&self.clock), ahead: Arc::clone(&ahead) });
        let environment = Environment { clock, uptime: Arc::new(SystemUptime::new()), random: Arc::new(SystemRandom) };
        let Digest(key) = Digest::of(format!("{} {}", self.password, phone.name()).as_bytes());
        let library = Library::open(&self.store_of(phone), &key, environment)?;
        let request = library.enrolment_request(&code.code.grouped(), &format!("手机 {}", phone.name()))?;
        let mut answer = self
            .agent
            .post(format!("http://{}{}", self.address, request.path))
            .content_type("application/json")
            .send(&request.body)?;
        let status = answer.status().as_u16();
        library.enrolled(status, &answer.body_mut().read_to_string()?)?;
        self.phones.insert(phone, Handset { library, link: Link::to(self.address)?, ahead });
        Ok(())
    }

    pub(super) fn library(&self, phone: Phone) -> Result<&Library, DemoError> {
        let handset = self.phones.get(&phone);
        let handset = handset.ok_or_else(|| DemoError::unexpected(&format!("there is no phone {}", phone.name())))?;
        Ok(&handset.library)
    }

    pub(super) fn weather(&self, phone: Phone, weather: Weather) {
        if let Some(handset) = self.phones.get(&phone) {
            handset.link.set(weather);
        }
    }

    /// Somebody has set a phone's clock by hand.
    pub(super) fn clock_runs_ahead(&self, phone: Phone, by: Span) {
        if let Some(handset) = self.phones.get(&phone) {
            handset.ahead.store(by.as_millis(), Ordering::SeqCst);
        }
    }

    /// The hash of an invented photo.
    pub(super) fn photo(&self, name: &str) -> PhotoHash {
        PhotoHash(Digest::of(name.as_bytes()).0)
    }

    /// Fills in and finishes a form; the file that it is about.
    pub(super) fn finish(&mut self, phone: Phone, form: Form) -> Result<EntityId, DemoError> {
        Ok(self.library(phone)?.submit(self.caseload, form)?.subject)
    }

    /// A visit to an elder: begun at the door, kept as a draft while they talk, finished when the worker leaves.
    pub(super) fn visit(&mut self, phone: Phone, form: VisitForm, minutes: i64) -> Result<(), DemoError> {
        let library = self.library(phone)?;
        let draft = library.start(self.caseload, Form::Visit(VisitForm::new(form.elder, form.kind)))?;
        self.pass(minutes);
        library.save(draft, Form::Visit(form))?;
        library.finish(draft)?;
        Ok(())
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
        let library = self.library(phone)?;
        let form = InspectionForm { answers, revisit, ..InspectionForm::new(shop) };
        // As an app would: a draft first, kept at each change, then finished.
        let draft = library.start(self.caseload, Form::Inspection(InspectionForm::new(shop)))?;
        self.pass(6);
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
                scene: Scene::default(),
                badges: vec!["XJ-0412".to_owned(), "XJ-0427".to_owned()],
                copy_left: Some(true),
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
        let library = self.library(phone)?;
        library.retry_now()?;
        let wire = Wire { agent: &self.agent, base: self.phones[&phone].link.base(), seen: Default::default() };
        let done = loop {
            match library.sync_step(&wire, UPLOAD)? {
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
        Ok(self.library(phone)?.state_digest(self.caseload)?.1)
    }

    /// Why a rule holds for a file, as the phone says at the door.
    pub(super) fn flag_at_door(&self, phone: Phone, file: EntityId, rule: &str) -> Result<(String, String), DemoError> {
        let flags = self.library(phone)?.flags_at_door(file)?.flags;
        let flag = flags.into_iter().find(|flag| flag.rule == rule);
        let why = flag.ok_or_else(|| DemoError::unexpected(&format!("{rule} does not show at the door")))?.why;
        Ok((why.zh, why.en))
    }

    /// The referral of a rule, as a phone knows it.
    pub(super) fn referral_on(&self, phone: Phone, rule: &str) -> Result<EntityId, DemoError> {
        let file = self.library(phone)?.premises(self.file("wang")?)?;
        let found = file.referrals.iter().find(|referral| referral.rule == rule);
        Ok(found.ok_or_else(|| DemoError::unexpected(&format!("the phone knows no referral of {rule}")))?.id)
    }

    /// A desk's answer, as it stands on the receipts of a phone.
    pub(super) fn answer_on(&self, phone: Phone) -> Result<String, DemoError> {
        let answer =
            self.library(phone)?.receipts(self.caseload)?.into_iter().find_map(|receipt| match receipt.stage {
                Reached::Answered { public_text, .. } => Some(public_text),
                _ => None,
            });
        answer.ok_or_else(|| DemoError::unexpected("no receipt on the phone shows an answer"))
    }

    /// Forms on a phone that are not part of the record.
    pub(super) fn unconfirmed(&self, phone: Phone) -> Result<usize, DemoError> {
        Ok(self.library(phone)?.pending()?.len())
    }

    /// The severity of a finding, as a phone shows it.
    pub(super) fn severity(&self, phone: Phone, shop: &str, code: &str) -> Result<Option<u8>, DemoError> {
        let file = self.library(phone)?.premises(self.file(shop)?)?;
        Ok(file.hazards.iter().filter(|hazard| hazard.code == code).map(|hazard| hazard.severity).max())
    }

    /// What happened at all shops, as phone C shows it.
    pub(super) fn history(&self) -> Result<Vec<EventView>, DemoError> {
        let library = self.library(Phone::C)?;
        let mut history = Vec::new();
        for brief in library.list(self.caseload) {
            history.extend(library.premises(brief.id)?.history);
        }
        Ok(history)
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
