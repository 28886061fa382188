//! A caseload in memory behind the wire, a clock that is set by hand, and phones.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorstep_mobile::store::{MemoryStore, Store};
use doorstep_mobile::{
    Clock, Environment, Phone, Random, Request, Response, SyncOutcome, Transport, TransportError, Uptime,
};
use doorstep_tests::memory::Caseload;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};
use sync_core::author::{Author, Role};
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::event::{Event, EventBody, Outcome, Reply, Step, WeatherAlert};
use sync_core::id::{CaseloadId, DeviceId, EntityId, EventId, PersonId, SubmissionId};
use sync_core::log::{Entry, EntryBody, HoldCode, Logged, Sanity, Verdict};
use sync_core::policy::NANSHAN_SAMPLE;
use sync_core::refer::{ACCEPTED, CLOSED, DISPATCHED, REPLIED};
use sync_core::relay::{Carried, Opened, Opener, ParcelItem};
use sync_core::submission::{Digest, Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};
use sync_core::wire::{
    Acks, CaseloadInfo, Delivered, Down, DownEnd, DownHello, DownWriter, Entries, Item, LogLine, NumberRange,
    PolicyFile, PolicyFiles, Problem, Raw, Ruling, Up, UpReader,
};

pub(crate) const FIRE: CaseloadId = CaseloadId::from_bytes([0xF1; 16]);

/// 2026-11-23 at this time, in Shenzhen.
pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::from_civil(format!("2026-11-23T{text}").parse().unwrap())
}

/// A clock that is set by hand, and one that only runs forward, until the phone is switched off.
pub(crate) struct HandClock {
    wall: AtomicI64,
    running: AtomicI64,
    start: AtomicU64,
}

impl HandClock {
    pub(crate) fn set(&self, text: &str) {
        self.set_to(at(text));
    }

    pub(crate) fn set_to(&self, now: Timestamp) {
        let before = self.wall.swap(now.millis(), Ordering::Relaxed);
        self.running.fetch_add((now.millis() - before).max(0), Ordering::Relaxed);
    }

    /// The hands are turned, no time passes.
    pub(crate) fn turn(&self, span: Span) {
        self.wall.fetch_add(span.as_millis(), Ordering::Relaxed);
    }

    /// Time passes, and the hands stand still.
    pub(crate) fn pass(&self, span: Span) {
        self.running.fetch_add(span.as_millis(), Ordering::Relaxed);
    }

    /// The phone is switched off and on again.
    pub(crate) fn reboot(&self) {
        self.start.fetch_add(1, Ordering::Relaxed);
        self.running.store(0, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, span: Span) {
        self.turn(span);
        self.pass(span);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall.load(Ordering::Relaxed))
    }
}

impl Uptime for HandClock {
    fn start(&self) -> u64 {
        self.start.load(Ordering::Relaxed)
    }

    fn running(&self) -> Span {
        Span::millis(self.running.load(Ordering::Relaxed))
    }
}

/// Random bytes that are the same in every run.
struct Seeded(u64, AtomicU64);

impl Random for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let drawn = self.1.fetch_add(1, Ordering::Relaxed);
            let hash = Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(drawn.to_be_bytes()).finalize();
            chunk.copy_from_slice(&hash[..chunk.len()]);
        }
    }
}

/// Opens what phones seal to the server.
fn opener() -> Opener {
    Opener::new([9; 32])
}

struct Device {
    key: VerifyingKey,
    person: PersonId,
    role: Role,
}

/// The server's side.
pub(crate) struct Server {
    pub(crate) caseload: Caseload,
    pub(crate) epoch: u32,
    /// Says a wrong sum at the end of the next download.
    pub(crate) lies: bool,
    pub(crate) requests: u32,
    /// Whether workers are in the caseload, and the version of that.
    pub(crate) members: (bool, u32),
    /// Puts an entry into the next download that no phone of today understands.
    pub(crate) newer: bool,
    devices: BTreeMap<DeviceId, Device>,
    taken: BTreeMap<(DeviceId, u64), (Digest, Verdict, u64)>,
    acts: u64,
}

/// What somebody at a console does with a referral in its first round.
pub(crate) enum Act {
    Dispatch(CaseloadId),
    Accept,
    Answer(&'static str),
    Close,
}

impl Act {
    fn event(&self, now: Timestamp) -> (Role, State, EventBody) {
        let step = |rank, desk| {
            let to = State::new(1, rank);
            (to, EventBody::Step(Step { to, desk, reason: None, suggested: None }))
        };
        let ((to, body), role) = match self {
            Self::Dispatch(desk) => (step(DISPATCHED, Some(*desk)), Role::Dispatcher),
            Self::Accept => (step(ACCEPTED, None), Role::Officer),
            Self::Close => (step(CLOSED, None), Role::Dispatcher),
            Self::Answer(text) => {
                let reply = Reply {
                    round: 1,
                    outcome: Outcome::OrderedAtOnce,
                    public_text: (*text).to_owned(),
                    checked_at: Some(now),
                    recheck_at: None,
                    corrects: None,
                };
                ((State::new(1, REPLIED), EventBody::Reply(reply)), Role::Officer)
            }
        };
        (role, to, body)
    }
}

/// Everything around the phones.
pub(crate) struct World {
    pub(crate) clock: Arc<HandClock>,
    server: Mutex<Server>,
}

/// A phone with its store, so that it can be killed, opened again, copied.
pub(crate) struct Held {
    pub(crate) store: MemoryStore,
    pub(crate) phone: Phone,
    seed: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut caseload = Caseload::new(1);
        caseload.desks.insert("FIRE".to_owned(), FIRE);
        let server = Server {
            caseload,
            epoch: 1,
            lies: false,
            requests: 0,
            members: (true, 1),
            newer: false,
            devices: BTreeMap::new(),
            taken: BTreeMap::new(),
            acts: 0,
        };
        let clock = Arc::new(HandClock {
            wall: AtomicI64::new(at("08:30").millis()),
            running: AtomicI64::new(0),
            start: AtomicU64::new(1),
        });
        Self { clock, server: Mutex::new(server) }
    }

    pub(crate) fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn caseload(&self) -> CaseloadId {
        self.server().caseload.id
    }

    pub(crate) fn environment(&self, seed: u64) -> Environment {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let uptime: Arc<dyn Uptime> = Arc::clone(&self.clock) as Arc<dyn Uptime>;
        Environment { clock, uptime, random: Arc::new(Seeded(seed, AtomicU64::new(0))) }
    }

    /// An enrolled phone of a worker.
    pub(crate) fn phone(&self, seed: u64) -> Held {
        self.phone_of(seed, Role::Worker)
    }

    pub(crate) fn phone_of(&self, seed: u64, role: Role) -> Held {
        let store = MemoryStore::new();
        let phone = self.open(Box::new(store.clone()), seed);
        self.enrol(&phone, role);
        Held { store, phone, seed }
    }

    pub(crate) fn open(&self, store: Box<dyn Store>, seed: u64) -> Phone {
        Phone::on_store(store, self.environment(seed)).unwrap()
    }

    pub(crate) fn enrol(&self, phone: &Phone, role: Role) {
        let request = phone.enrolment_request("7K3M-9QXA-0TZB-4C5D", "test").unwrap();
        let answer = self.server().enrol(&request.body, role);
        phone.enrolled(200, &answer).unwrap();
    }

    /// The phone is killed and opened again, with other randomness than before.
    pub(crate) fn kill(&self, held: Held) -> Held {
        let Held { store, phone, seed } = held;
        drop(phone);
        let seed = seed + 1_000;
        Held { phone: self.open(Box::new(store.clone()), seed), store, seed }
    }

    /// Syncs until nothing is left to do.
    pub(crate) fn sync(&self, phone: &Phone) {
        for _ in 0..50 {
            match phone.sync_step(&self.link(None, None), 256 * 1024).unwrap() {
                SyncOutcome::Idle => return,
                SyncOutcome::More => {}
                SyncOutcome::Blocked(blocked) => panic!("{blocked:?}"),
            }
        }
        panic!("sync does not come to an end");
    }

    /// A link that carries so many bytes up, and so many down.
    pub(crate) fn link(&self, up: Option<usize>, down: Option<usize>) -> Link<'_> {
        Link { world: self, up, down }
    }

    /// One step over a link.
    pub(crate) fn step(&self, phone: &Phone, up: Option<usize>, down: Option<usize>) -> SyncOutcome {
        phone.sync_step(&self.link(up, down), 256 * 1024).unwrap()
    }

    /// Somebody at a console does something with a referral.
    pub(crate) fn act(&self, referral: EntityId, act: &Act) {
        let now = self.clock.now();
        let mut server = self.server();
        server.acts += 1;
        let n = server.acts;
        let (role, to, body) = act.event(now);
        let event = Event {
            id: EventId::new(now, n.into()),
            subject: referral,
            programme: String::new(),
            policy: 1,
            start: now,
            end: now,
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends: None,
            body,
        };
        let file = server.caseload.files.values().find(|file| file.documents.contains_key(&referral)).unwrap();
        let base = Base { version: file.documents[&referral].version(), seen: Vec::new() };
        let ops = vec![FieldOp::put("state", Value::State(to))];
        let edit = Edit { entity: referral, kind: "referral".to_owned(), base, ops };
        let submission = Submission {
            id: SubmissionId::new(now, u128::from(n) << 32),
            caseload: server.caseload.id,
            number: n,
            at: Hlc { wall: now, counter: 0 },
            parts: vec![Part::event(&event), Part::edit(&edit)],
        };
        let author = server.caseload.author(0x70 + role as u8, role, n);
        assert_eq!(server.caseload.take_in(now, submission, author), Verdict::Merged);
    }

    /// A supervisor at a console says something of the weather in the caseload.
    pub(crate) fn weather(&self, (from, until): (Timestamp, Timestamp), amends: Option<EventId>) -> EventId {
        let alert = WeatherAlert { kind: "typhoon".to_owned(), from, until };
        let (event, submission, author) = self.said_of_caseload(EventBody::WeatherAlert(alert), amends);
        let now = self.clock.now();
        assert_eq!(self.server().caseload.take_in(now, submission, author), Verdict::Merged);
        event
    }

    /// A server of a later version merges something about the caseload that no phone of today knows.
    pub(crate) fn something_new(&self) {
        let body = EventBody::Unknown { kind: "earthquake".to_owned(), bytes: vec![0xa0] };
        let (_, submission, author) = self.said_of_caseload(body, None);
        let now = self.clock.now();
        let mut server = self.server();
        let logged = Logged {
            id: submission.id,
            author,
            at: submission.at,
            skew_ms: 0,
            digest: submission.digest(),
            verdict: Verdict::Merged,
            parts: submission.parts,
            carrier: None,
        };
        let seq = server.caseload.log.len() as u64 + 1;
        let entry = Entry { seq, received_at: now, policy: 1, body: EntryBody::Submission(logged) };
        server.caseload.log.push(entry);
    }

    fn said_of_caseload(&self, body: EventBody, amends: Option<EventId>) -> (EventId, Submission, Author) {
        let now = self.clock.now();
        let mut server = self.server();
        server.acts += 1;
        let (n, caseload) = (server.acts, server.caseload.id);
        let event = Event {
            id: EventId::new(now, n.into()),
            subject: EntityId::of_caseload(caseload),
            programme: String::new(),
            policy: 1,
            start: now,
            end: now,
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends,
            body,
        };
        let id = SubmissionId::new(now, u128::from(n) << 32);
        let at = Hlc { wall: now, counter: 0 };
        let submission = Submission { id, caseload, number: n, at, parts: vec![Part::event(&event)] };
        (event.id, submission, server.caseload.author(0x7A, Role::Supervisor, n))
    }

    /// The phone holds exactly what the server does.
    pub(crate) fn assert_equal(&self, phone: &Phone) {
        let server = self.server();
        let documents = server.caseload.files.values().flat_map(|file| &file.documents);
        let expected = sync_core::phone::state_digest(documents.map(|(id, document)| (*id, document.digest())));
        let (seq, digest) = phone.state_digest(server.caseload.id).unwrap();
        assert_eq!(seq, server.caseload.log.len() as u64);
        assert_eq!(digest, expected.hex());
    }
}

/// A link that may be cut.
pub(crate) struct Link<'w> {
    world: &'w World,
    up: Option<usize>,
    down: Option<usize>,
}

impl Transport for Link<'_> {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        assert_eq!(request.path, "/v1/sync");
        let arrived = &request.body[..self.up.unwrap_or(usize::MAX).min(request.body.len())];
        let answer = self.world.server().sync(arrived, self.world.clock.now());
        if arrived.len() < request.body.len() {
            return Err(TransportError::Offline);
        }
        let answer = answer.unwrap();
        match self.down {
            Some(bytes) if bytes < answer.len() => Err(TransportError::Cut(answer[..bytes].to_vec())),
            _ => Ok(Response { status: 200, body: answer }),
        }
    }
}

impl Server {
    fn enrol(&mut self, body: &str, role: Role) -> String {
        let asked: serde_json::Value = serde_json::from_str(body).unwrap();
        let hex = asked["device_key"].as_str().unwrap();
        let bytes: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let key = VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
        let n = u8::try_from(self.devices.len() + 1).unwrap();
        let (device, person) = (DeviceId::from_bytes([n; 16]), PersonId::from_bytes([n + 100; 16]));
        self.devices.insert(device, Device { key, person, role });
        serde_json::json!({
            "device": device, "person": person, "role": role, "person_name": "n",
            "caseloads": [{ "id": self.caseload.id, "role": role, "letter": String::from(char::from(b'A' - 1 + n)) }],
            "refresh": "r", "server": "s", "server_sealing_key": Digest(opener().public()).hex(),
        })
        .to_string()
    }

    /// Takes in every whole frame; answers when the request is whole.
    fn sync(&mut self, bytes: &[u8], now: Timestamp) -> Option<Vec<u8>> {
        self.requests += 1;
        let mut reader = UpReader::new();
        reader.push(bytes).ok()?;
        let hello = reader.hello().ok()??.clone();
        reader.authenticate(&self.devices[&hello.device].key).unwrap();
        let mut acks = Acks {
            caseload: self.caseload.id,
            stored: Vec::new(),
            verdicts: Vec::new(),
            new_install: false,
            next_number: 0,
            backed_up: 0,
        };
        let mut delivered = Delivered::default();
        while let Ok(Some(frame)) = reader.next_frame() {
            match frame {
                Up::Batch(batch) => {
                    assert_eq!(batch.caseload, self.caseload.id);
                    batch.items.into_iter().for_each(|item| self.take_in(hello.device, item, now, &mut acks));
                }
                Up::Relay(relay) => {
                    for carried in relay.parcels {
                        delivered.stored.push(carried.digest());
                        self.open(&carried, now, &mut acks);
                    }
                }
                Up::End(_) => break,
            }
        }
        reader.finish().ok()?;
        let own = self.taken.keys().filter(|(device, _)| *device == hello.device);
        acks.next_number = own.map(|(_, number)| number + 1).max().unwrap_or(1);

        let down_hello = DownHello {
            now,
            epoch: self.epoch,
            access: None,
            access_expires: None,
            refresh: None,
            blocked: None,
            dictionary: 0,
        };
        let mut writer = DownWriter::new(hello.request, &down_hello).unwrap().suiting(&hello);
        writer.send(&Down::Acks(acks)).unwrap();
        writer.send(&Down::Delivered(delivered)).unwrap();
        writer.send(&Down::Caseload(self.membership(hello.device))).unwrap();
        if hello.policy == 0 {
            let file = |(name, text): &(&str, &str)| PolicyFile { name: (*name).into(), text: (*text).into() };
            let files = NANSHAN_SAMPLE.iter().map(file).collect();
            writer.send(&Down::Policy(PolicyFiles { version: 1, files, last: true })).unwrap();
        }
        let cursor = hello.cursors.iter().find(|cursor| cursor.caseload == self.caseload.id);
        let (sanity, last) = (self.sanity(), self.caseload.log.len() as u64);
        let mut after = cursor.map_or(0, |cursor| cursor.seq);
        let problem = match cursor {
            Some(cursor) if cursor.seq > 0 && cursor.epoch != self.epoch => Some("new_epoch"),
            Some(cursor) if cursor.seq == last && last > 0 && cursor.sanity != sanity => Some("sanity_mismatch"),
            _ => None,
        };
        if let Some(code) = problem {
            after = 0;
            let problem = Problem { code: code.into(), caseload: Some(self.caseload.id), number: None };
            writer.send(&Down::Problem(problem)).unwrap();
        }
        if after < last && self.members.0 {
            let lie = std::mem::take(&mut self.lies);
            let line =
                |entry: &sync_core::log::Entry| LogLine { seq: entry.seq, bytes: Raw(entry.clone().public().encode()) };
            let mut entries: Vec<LogLine> =
                self.caseload.log.iter().filter(|entry| entry.seq > after).map(line).collect();
            if self.newer
                && let Some(line) = entries.last_mut()
            {
                line.bytes = Raw(vec![0xbf, 0xff]);
            }
            let sanity = Some(if lie { Sanity::default() } else { sanity });
            let caseload = self.caseload.id;
            writer
                .send(&Down::Entries(Entries { caseload, epoch: self.epoch, after, upto: last, entries, sanity }))
                .unwrap();
        }
        Some(writer.finish(&DownEnd::default()).unwrap())
    }

    fn membership(&self, device: DeviceId) -> CaseloadInfo {
        CaseloadInfo {
            id: self.caseload.id,
            version: self.members.1,
            enter: self.members.0,
            name: "花果山".into(),
            prefix: "HGS".into(),
            role: Some(self.devices[&device].role),
            programme: Some("work-safety".into()),
            letter: Some(String::from(char::from(b'A' - 1 + device.bytes()[0]))),
        }
    }

    fn sanity(&self) -> Sanity {
        let mut sanity = Sanity::default();
        self.caseload.log.iter().for_each(|entry| sanity.add(entry));
        sanity
    }

    /// Takes in what a phone sealed; a draft is held.
    fn open(&mut self, carried: &Carried, now: Timestamp, acks: &mut Acks) {
        let opened = Opened::open(&carried.parcel.0, &opener()).unwrap();
        let device = opened.device();
        for ParcelItem { number, bytes, draft, .. } in opened.verified(&self.devices[&device].key).unwrap() {
            if draft {
                acks.stored.push(NumberRange { first: number, last: number });
                let verdict = Verdict::Held(HoldCode::NoAccess);
                acks.verdicts.push(Ruling { number, verdict, seq: None });
            } else {
                self.take_in(device, Item::Submission { number, bytes }, now, acks);
            }
        }
    }

    fn take_in(&mut self, device: DeviceId, item: Item, now: Timestamp, acks: &mut Acks) {
        let Item::Submission { number, bytes } = item else { panic!("only submissions are sent") };
        let digest = Digest::of(&bytes.0);
        let (verdict, seq) = match self.taken.get(&(device, number)) {
            Some((known, ..)) if *known != digest => {
                acks.new_install = true;
                return;
            }
            Some((_, verdict, seq)) => (*verdict, *seq),
            None => {
                let submission: Submission = minicbor::decode(&bytes.0).unwrap();
                let Device { person, role, .. } = self.devices[&device];
                let author = Author { device, person, role, number };
                let verdict = self.caseload.take_in(now, submission, author);
                let seq = self.caseload.log.iter().rev().find(|entry| match &entry.body {
                    sync_core::log::EntryBody::Submission(logged) => logged.author == author,
                    _ => false,
                });
                let seq = seq.unwrap().seq;
                self.taken.insert((device, number), (digest, verdict, seq));
                (verdict, seq)
            }
        };
        acks.stored.push(NumberRange { first: number, last: number });
        acks.verdicts.push(Ruling { number, verdict, seq: Some(seq) });
    }

    /// Everybody loses the right to write.
    pub(crate) fn demote_all(&mut self) {
        self.devices.values_mut().for_each(|device| device.role = Role::Evaluator);
    }

    /// The server has lost everything and begins a new epoch.
    pub(crate) fn lose_everything(&mut self) {
        let desks = std::mem::take(&mut self.caseload.desks);
        self.caseload = Caseload::new(1);
        self.caseload.desks = desks;
        self.epoch += 1;
        self.taken.clear();
    }
}
