//! A device made by hand: its own key, enrolled by code over HTTP, that can say anything.

use std::convert::Infallible;

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sync_core::edit::{Base, Edit, FieldOp, State, Value as FieldValue};
use sync_core::entity::{Kind, hazard};
use sync_core::event::{Answer as Found, Answered, Event, EventBody, Inspection, Observed, Visit, VisitKind};
use sync_core::id::{CaseloadId, DeviceId, EntityId, EventId, InstallId, PersonId, RequestId, SubmissionId};
use sync_core::log::{Entry, Verdict};
use sync_core::relay::{Carried, ParcelItem, pack};
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};
use sync_core::wire::{
    Batch, Blocked, Cursor, Down, DownHello, DownReader, Item, Problem, Raw, Relay, Secret, SignatureBytes, UpEnd,
    UpHello, UpWriter,
};

use crate::inprocess::{Answer, Server};

/// The type of both streams.
pub const SYNC: &str = "application/vnd.doorstep.sync";

/// A device.
pub struct RawPhone {
    /// Its key.
    pub key: SigningKey,
    /// Its id at the server.
    pub device: DeviceId,
    /// Which installation of the app.
    pub install: [u8; 16],
    /// The caseload that it writes for.
    pub caseload: CaseloadId,
    /// The access token that enrolment gave.
    pub access: String,
    /// The refresh secret that it shows.
    pub refresh: Option<String>,
    /// Its clock.
    pub now: Timestamp,
    /// The key to which it seals what only the server may read.
    pub server_key: [u8; 32],
    /// How many forms it has numbered.
    pub numbers: u64,
    /// How many requests it has begun: their ids follow from it.
    pub requests: u64,
}

/// What came of a request.
pub struct Synced {
    /// The HTTP side.
    pub http: Answer,
    /// The frames of a success.
    pub frames: Vec<Down>,
}

impl RawPhone {
    /// Enrols a device for this person; `seed` makes its key and installation.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn enrol(server: &Server, person: PersonId, caseload: CaseloadId, seed: u8) -> Self {
        Self::enrol_with(server, person, caseload, u16::from_be_bytes([seed, seed]))
    }

    /// The same with more seeds than fit in a byte.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn enrol_with(server: &Server, person: PersonId, caseload: CaseloadId, seed: u16) -> Self {
        let code = server.wait(server.admin().enrolment(person)).unwrap().code.grouped();
        let [high, low] = seed.to_be_bytes();
        let key = SigningKey::from_bytes(&std::array::from_fn(|at| if at % 2 == 0 { high } else { low }));
        let install = std::array::from_fn(|at| if at % 2 == 0 { high } else { low });
        let asked = asks(&code, &key, install);
        let enrolled = server.post("/v1/enrol", None, &asked).ok();
        let text = |name: &str| enrolled[name].as_str().unwrap_or_else(|| panic!("{name} in {enrolled}")).to_owned();
        Self {
            key,
            device: text("device").parse().unwrap(),
            install,
            caseload,
            access: text("access"),
            refresh: Some(text("refresh")),
            now: server.app.clock().now(),
            server_key: bytes_of(&text("server_sealing_key")),
            numbers: 0,
            requests: 0,
        }
    }

    /// The same device in other hands, or after a restore.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self {
            key: self.key.clone(),
            access: self.access.clone(),
            refresh: self.refresh.clone(),
            requests: self.requests + 1000,
            ..*self
        }
    }

    /// The hello of the next request: everything wanted.
    #[must_use]
    pub fn hello(&mut self) -> UpHello {
        self.requests += 1;
        UpHello {
            device: self.device,
            install: InstallId::from_bytes(self.install),
            request: RequestId::derived("raw", &[self.device.bytes(), &self.requests.to_be_bytes()]),
            now: self.now,
            software: "by hand 1".to_owned(),
            access: None,
            refresh: self.refresh.clone().map(Secret),
            cursors: Vec::<Cursor>::new(),
            policy: 0,
            want_download: true,
            frame_bytes: None,
            dictionary: 0,
        }
    }

    /// A whole request, one frame for each stretch.
    ///
    /// # Panics
    /// When it is over a limit.
    #[must_use]
    pub fn request(&self, hello: &UpHello, stretches: &[Vec<Item>]) -> Vec<u8> {
        let key = self.key.clone();
        let sign = move |message: &[u8]| Ok::<SignatureBytes, Infallible>(key.sign(message).to_bytes());
        let mut writer = UpWriter::new(hello, sign).unwrap();
        for items in stretches {
            assert!(writer.batch(&Batch { caseload: self.caseload, items: items.clone() }).unwrap());
        }
        writer.finish(&UpEnd::default()).unwrap()
    }

    /// A whole request that brings parcels of others, in one frame.
    ///
    /// # Panics
    /// When it is over a limit.
    #[must_use]
    pub fn carries(&self, hello: &UpHello, parcels: Vec<Carried>) -> Vec<u8> {
        let key = self.key.clone();
        let sign = move |message: &[u8]| Ok::<SignatureBytes, Infallible>(key.sign(message).to_bytes());
        let mut writer = UpWriter::new(hello, sign).unwrap();
        assert!(writer.relay(&Relay { parcels }).unwrap());
        writer.finish(&UpEnd::default()).unwrap()
    }

    /// These items of its outbox, sealed for the server, as a colleague took them at this time.
    ///
    /// # Panics
    /// When one is no form.
    #[must_use]
    pub fn parcel(&self, items: Vec<Item>, carrier: &Self, at: Timestamp) -> Carried {
        let signs = |key: &SigningKey| {
            let key = key.clone();
            move |message: &[u8]| Ok::<SignatureBytes, Infallible>(key.sign(message).to_bytes())
        };
        let item = |item: Item| match item {
            Item::Submission { number, bytes } => ParcelItem { caseload: self.caseload, number, bytes, draft: false },
            _ => panic!("only forms are carried"),
        };
        let items = items.into_iter().map(item).collect();
        let fresh = || [self.install[0]; 32];
        let mut parcels = pack(self.device, items, &self.server_key, signs(&self.key), fresh).unwrap();
        assert_eq!(parcels.len(), 1);
        Carried::new(parcels.remove(0), carrier.device, at, signs(&carrier.key)).unwrap()
    }

    /// Sends these bytes as the request that begins with `hello`.
    ///
    /// # Panics
    /// When a success does not decode.
    #[must_use]
    pub fn send(server: &Server, hello: &UpHello, bytes: &[u8]) -> Synced {
        let http = server.send("POST", "/v1/sync", None, Some((SYNC, bytes)));
        let frames = if http.status == 200 { read(hello.request, &http.bytes) } else { Vec::new() };
        Synced { http, frames }
    }

    /// Uploads these items in one stretch, and takes what comes.
    ///
    /// # Panics
    /// When a success does not decode.
    #[must_use]
    pub fn sync(&mut self, server: &Server, items: Vec<Item>) -> Synced {
        let hello = self.hello();
        let bytes = self.request(&hello, &[items]);
        Self::send(server, &hello, &bytes)
    }

    /// Uploads one form: its verdict.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn say(&mut self, server: &Server, parts: Vec<Part>) -> Verdict {
        let item = self.form(parts);
        let synced = self.sync(server, vec![item]);
        match synced.verdicts()[..] {
            [(number, verdict)] if number == self.numbers => verdict,
            _ => panic!("{:?} {:?}", synced.verdicts(), synced.problems()),
        }
    }

    /// The next form of the outbox.
    #[must_use]
    pub fn form(&mut self, parts: Vec<Part>) -> Item {
        let form = self.submission(parts);
        Item::Submission { number: form.number, bytes: Raw(form.encode()) }
    }

    /// The next form of the outbox, before it is encoded.
    #[must_use]
    pub fn submission(&mut self, parts: Vec<Part>) -> Submission {
        self.numbers += 1;
        let id = SubmissionId::derived("raw", &[self.device.bytes(), &self.numbers.to_be_bytes()]);
        let at = Hlc { wall: self.now, counter: 0 };
        Submission { id, caseload: self.caseload, number: self.numbers, at, parts }
    }
}

fn bytes_of(hex: &str) -> [u8; 32] {
    std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
}

/// What a phone with this key asks at enrolment.
#[must_use]
pub fn asks(code: &str, key: &SigningKey, install: [u8; 16]) -> Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    json!({
        "code": code,
        "device_key": hex(key.verifying_key().as_bytes()),
        "install": DeviceId::from_bytes(install),
        "name": "手机",
    })
}

impl Synced {
    /// The hello of the answer.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn hello(&self) -> &DownHello {
        match self.frames.first() {
            Some(Down::Hello(hello)) => hello,
            _ => panic!("no hello: {} {}", self.http.status, String::from_utf8_lossy(&self.http.bytes)),
        }
    }

    /// Why nothing came down.
    #[must_use]
    pub fn blocked(&self) -> Option<Blocked> {
        self.hello().blocked
    }

    /// Numbers with their verdicts.
    #[must_use]
    pub fn verdicts(&self) -> Vec<(u64, Verdict)> {
        let acks = self.frames.iter().filter_map(|frame| if let Down::Acks(acks) = frame { Some(acks) } else { None });
        acks.flat_map(|acks| acks.verdicts.iter().map(|ruling| (ruling.number, ruling.verdict))).collect()
    }

    /// Whether the phone is told that it is not the one that wrote before.
    #[must_use]
    pub fn new_install(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame, Down::Acks(acks) if acks.new_install))
    }

    /// Numbers that are stored.
    #[must_use]
    pub fn stored(&self) -> Vec<u64> {
        let acks = self.frames.iter().filter_map(|frame| if let Down::Acks(acks) = frame { Some(acks) } else { None });
        acks.flat_map(|acks| &acks.stored).flat_map(|range| range.first..=range.last).collect()
    }

    /// Codes of what went wrong with parts of the request, after checking that each has words in both languages.
    ///
    /// # Panics
    /// When one has none.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let found = |frame: &Down| if let Down::Problem(found) = frame { Some(found.clone()) } else { None };
        let unknown = Problem { code: String::new(), caseload: None, number: None }.words();
        let told = |found: Problem| {
            assert_ne!(found.words(), unknown, "{}", found.code);
            found.code
        };
        self.frames.iter().filter_map(found).map(told).collect()
    }

    /// The log entries that came down.
    ///
    /// # Panics
    /// When one does not decode.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        let lines = self.frames.iter().filter_map(|frame| match frame {
            Down::Entries(stretch) => Some(&stretch.entries),
            _ => None,
        });
        lines.flatten().map(|line| minicbor::decode(&line.bytes.0).unwrap()).collect()
    }
}

fn read(request: RequestId, body: &[u8]) -> Vec<Down> {
    let mut reader = DownReader::new(request);
    reader.push(body).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        frames.push(frame);
    }
    reader.finish().unwrap();
    frames
}

/// The offsets behind the preamble and behind each frame of a request.
#[must_use]
pub fn boundaries(request: &[u8]) -> Vec<usize> {
    let mut ends = vec![PREAMBLE];
    while let Some(length) = ends.last().and_then(|end| request.get(end + 3..end + HEADER)) {
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        ends.push(ends.last().unwrap_or(&0) + HEADER + length + SIGNATURE);
    }
    ends
}

/// The bytes before the first frame.
pub const PREAMBLE: usize = 6;
/// The bytes before a payload.
pub const HEADER: usize = 7;
/// The bytes behind a payload.
pub const SIGNATURE: usize = 64;

/// A shop of tests.
#[must_use]
pub fn shop(n: u8) -> EntityId {
    EntityId::from_bytes([n; 16])
}

/// An edit of one entity.
#[must_use]
pub fn edit(entity: EntityId, kind: Kind, version: u32, ops: Vec<FieldOp>) -> Part {
    edit_of(entity, kind.code(), Base { version, seen: Vec::new() }, ops)
}

/// An edit of an entity of any kind, on any base.
#[must_use]
pub fn edit_of(entity: EntityId, kind: &str, base: Base, ops: Vec<FieldOp>) -> Part {
    Part::edit(&Edit { entity, kind: kind.to_owned(), base, ops })
}

/// An event about an entity.
#[must_use]
pub fn event(seed: &str, subject: EntityId, body: EventBody) -> Event {
    let when = crate::inprocess::MORNING;
    Event {
        id: EventId::derived("raw", &[seed.as_bytes(), subject.bytes()]),
        subject,
        programme: "work-safety".to_owned(),
        policy: 1,
        start: when,
        end: when,
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body,
    }
}

/// One answer of an inspection.
#[must_use]
pub fn found(code: &str, severity: u8) -> EventBody {
    let answer = Answered {
        code: code.to_owned(),
        answer: Found::Problem,
        severity: Some(severity),
        refused: true,
        quantity: None,
        note: None,
        photos: Vec::new(),
    };
    EventBody::Inspection(Inspection { answers: vec![answer], met: None, revisit: false })
}

/// The first edit of a shop.
#[must_use]
pub fn new_premises(root: EntityId, name: &str) -> Part {
    edit(root, Kind::Premises, 0, vec![FieldOp::put("name", name.into())])
}

/// The first edit of a hazard.
#[must_use]
pub fn new_hazard(root: EntityId, code: &str, severity: i64) -> Part {
    let ops = vec![
        FieldOp::put("place", FieldValue::Id(root)),
        FieldOp::put("code", code.into()),
        FieldOp::put("severity", FieldValue::Int(severity)),
        FieldOp::put("status", FieldValue::State(State::new(1, hazard::OPEN))),
    ];
    edit(hazard::id(root, code, 1), Kind::Hazard, 0, ops)
}

/// A new shop whose exit is blocked: what an honest phone would send.
#[must_use]
pub fn new_shop(root: EntityId) -> Vec<Part> {
    vec![
        Part::event(&event("first", root, found("EXIT-02", 3))),
        new_premises(root, "王记肠粉"),
        new_hazard(root, "EXIT-02", 3),
    ]
}

/// A new elder who was visited at home, and fell: what an honest phone would send.
#[must_use]
pub fn new_elder(root: EntityId) -> Vec<Part> {
    let observed = vec![Observed { item: "fall".to_owned(), answer: Found::Problem, note: None }];
    let kind = VisitKind::Home;
    let visit = Visit { kind, observed, signals: Vec::new(), words: None, next_visit: None };
    let mut visit = event("visit", root, EventBody::Visit(visit));
    visit.end = visit.start + Span::minutes(30);
    let ops = vec![FieldOp::put("name", "顾阿婆".into()), FieldOp::put("evacuation_help", "yes".into())];
    vec![Part::event(&visit), edit(root, Kind::Elder, 0, ops)]
}
