//! A measurement, not a test: what a new phone pays for its first download, and for being opened.
//!
//! `cargo run --release -p doorstep-tests --example bootstrap -- [SHOPS] [ELDERS]` writes the log of a caseload (a file
//! each, then an inspection or a visit each, so that every file is touched in two places), hands it to a phone with a
//! sealed store in answers of a megabyte, opens the store again, asks for what the first screen shows, takes 500 changed
//! records in, and finishes forms. `mobile-bindings/build --figures` runs it.

use std::error::Error;
use std::time::{Duration, Instant};

use doorstep_mobile::{Environment, Phone, Request, Response, SyncOutcome, Transport, TransportError};
use sync_core::author::{Author, Role};
use sync_core::document::Document;
use sync_core::entity::Schema;
use sync_core::event::{Answer, VisitKind};
use sync_core::form::{
    AnswerRow, Circumstances, Form, InspectionForm, NewDwelling, NewElder, NewPremises, ObservedRow, Seen, VisitForm,
};
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId, SubmissionId};
use sync_core::log::{Entry, EntryBody, Logged, Sanity, Verdict};
use sync_core::policy::NANSHAN_SAMPLE;
use sync_core::submission::{Digest, content};
use sync_core::time::{Hlc, Span, Timestamp};
use sync_core::wire::{
    CaseloadInfo, Down, DownEnd, DownHello, DownWriter, Entries, LogLine, PolicyFile, PolicyFiles, Raw, UpReader,
};

const CASELOAD: CaseloadId = CaseloadId::from_bytes([1; 16]);
const KEY: [u8; 32] = [7; 32];
/// Bytes of entries in one answer.
const BUDGET: usize = 1024 * 1024;
/// Bytes of entries in one stretch.
const STRETCH: usize = 16 * 1024;
/// Records that others changed.
const CHANGED: usize = 500;
/// Forms that are finished.
const FORMS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let shops: u32 = arguments.next().map_or(Ok(1_000), |text| text.parse())?;
    let elders: u32 = arguments.next().map_or(Ok(1_000), |text| text.parse())?;
    let (mut server, files) = Server::with(shops, elders);
    let bytes: usize = server.lines.iter().map(|line| line.bytes.0.len()).sum();
    println!("{shops} shops, {elders} elders: {} entries, {bytes} bytes", server.lines.len());

    let dir = tempfile::tempdir()?;
    let path = dir.path().join("phone.sqlite");
    let phone = Phone::open(&path, &KEY, Environment::system())?;
    phone.enrolment_request("7K3M-9QXA-0TZB-4C5D", "bench")?;
    let answer = serde_json::json!({
        "device": DeviceId::from_bytes([1; 16]), "person": PersonId::from_bytes([2; 16]), "role": Role::Worker,
        "person_name": "n", "caseloads": [{ "id": CASELOAD, "role": Role::Worker, "letter": "A" }],
        "refresh": "r", "server": "s", "server_sealing_key": "00".repeat(32),
    });
    phone.enrolled(200, &answer.to_string())?;

    let (watch, mut steps) = (Watch::start()?, 0);
    loop {
        steps += 1;
        match phone.sync_step(&server, BUDGET)? {
            SyncOutcome::Idle => break,
            SyncOutcome::More => {}
            SyncOutcome::Blocked(why) => return Err(format!("{why:?}").into()),
        }
    }
    watch.say(&format!("first download, {steps} answers"))?;
    let watch = Watch::start()?;
    let today = phone.today()?;
    watch.say(&format!("today, {} rows", today.rounds.len() + today.revisits.len()))?;
    let watch = Watch::start()?;
    let found = phone.search("7", 50).len();
    watch.say(&format!("search, {found} found"))?;
    drop(phone);
    let watch = Watch::start()?;
    let phone = Phone::open(&path, &KEY, Environment::system())?;
    watch.say("open again")?;
    let watch = Watch::start()?;
    phone.sync_step(&server, BUDGET)?;
    watch.say("sync with nothing new")?;

    for file in files.iter().take(CHANGED) {
        server.write(&inspection(file.0, "ELE-01"), Some(file));
    }
    let watch = Watch::start()?;
    while phone.sync_step(&server, BUDGET)? == SyncOutcome::More {}
    phone.today()?;
    watch.say(&format!("{} changed records", files.len().min(CHANGED)))?;
    let mut took: Vec<Duration> = Vec::new();
    for file in files.iter().take(FORMS) {
        let began = Instant::now();
        phone.submit(CASELOAD, inspection(file.0, "EXIT-02"))?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let at = |part: usize| took.get(took.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    println!("{:<28}{:>10.1} ms, {:.1} ms for one in a hundred", "finish a form", at(50), at(99));
    println!("{:<28}{:>10} KiB", "file", std::fs::metadata(&path)?.len() / 1024);
    println!("{:<28}{:>10} KiB", "memory, at most", peak_kib()?);
    Ok(())
}

/// A file, and its documents as they were when it was new.
type OnPhone = (EntityId, Vec<(EntityId, Document)>);

/// What the processor spent on a stretch of work: other programs do not change that.
struct Watch(u64);

impl Watch {
    fn start() -> Result<Self, Box<dyn Error>> {
        Ok(Self(cpu_ms()?))
    }

    fn say(&self, what: &str) -> Result<(), Box<dyn Error>> {
        println!("{what:<28}{:>10} ms CPU", cpu_ms()? - self.0);
        Ok(())
    }
}

/// User and system time of this process: the 14th and 15th fields of its line, counted behind the name, in ticks of 10 ms.
fn cpu_ms() -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("unexpected /proc/self/stat")?;
    let ticks = |at: usize| fields.split(' ').nth(at).and_then(|field| field.parse::<u64>().ok());
    Ok(10 * (ticks(11).ok_or("no user time")? + ticks(12).ok_or("no system time")?))
}

/// Of this process, the log included.
fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

/// The log of a caseload behind the wire.
struct Server {
    lines: Vec<LogLine>,
    sums: Vec<Sanity>,
    sanity: Sanity,
}

impl Server {
    fn with(shops: u32, elders: u32) -> (Self, Vec<OnPhone>) {
        let mut server = Self { lines: Vec::new(), sums: Vec::new(), sanity: Sanity::default() };
        let shops: Vec<OnPhone> = (0..shops).map(|n| server.write(&shop(n), None)).collect();
        let elders: Vec<_> = (0..elders).map(|n| server.write(&elder(n), None)).collect();
        for file in &shops {
            server.write(&inspection(file.0, "EXT-02"), Some(file));
        }
        for file in elders {
            let visit = VisitForm::new(file.0, VisitKind::Home);
            let form = VisitForm { observed: vec![ObservedRow::new("mood", Answer::Ok)], ..visit };
            server.write(&Form::Visit(form), Some(&file));
        }
        (server, shops)
    }

    /// Appends a form; what it made is given back, to be seen by the next.
    fn write(&mut self, form: &Form, on: Option<&OnPhone>) -> OnPhone {
        let seq = self.lines.len() as u64 + 1;
        let now = Timestamp::from_millis(1_764_000_000_000) + Span::minutes(seq as i64);
        let submission = SubmissionId::new(now, seq.into());
        let mut seen = Seen::default();
        for (entity, document) in on.iter().flat_map(|(_, documents)| documents) {
            seen.add(*entity, document.clone(), document.version(), &[]);
        }
        let circumstances = Circumstances {
            submission,
            start: now,
            now,
            policy: 1,
            programme: "bench".to_owned(),
            role: Role::Worker,
            notice_number: String::new(),
            id_key: None,
        };
        let Ok(made) = form.finish(&seen, &circumstances) else { panic!("the form is complete") };
        let author = Author {
            device: DeviceId::from_bytes([9; 16]),
            person: PersonId::from_bytes([9; 16]),
            role: Role::Worker,
            number: seq,
        };
        let logged = Logged {
            id: submission,
            author,
            at: Hlc { wall: now, counter: 0 },
            skew_ms: 0,
            digest: Digest([0; 32]),
            verdict: Verdict::Merged,
            parts: made.parts,
            carrier: None,
        };
        let content = content(&logged.parts).unwrap_or_else(|_| panic!("the form decodes"));
        let documents = content.edits.iter().filter(|_| on.is_none()).filter_map(|edit| {
            let mut document = Document::new(Schema::of_code(&edit.kind)?);
            document.apply(edit, &logged.stamp(edit)).ok()?;
            Some((edit.entity, document))
        });
        let documents = documents.collect();
        let entry = Entry { seq, received_at: now, policy: 1, body: EntryBody::Submission(logged) };
        self.sanity.add(&entry);
        self.sums.push(self.sanity);
        self.lines.push(LogLine { seq, bytes: Raw(entry.public().encode()) });
        (made.subject, documents)
    }

    fn answer(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut reader = UpReader::new();
        reader.push(body).ok()?;
        let hello = reader.hello().ok()??.clone();
        let now = hello.now;
        let down = DownHello {
            now,
            epoch: 1,
            access: None,
            access_expires: None,
            refresh: None,
            blocked: None,
            dictionary: 0,
        };
        let mut writer = DownWriter::new(hello.request, &down).ok()?.suiting(&hello);
        let info = CaseloadInfo {
            id: CASELOAD,
            version: 1,
            enter: true,
            name: "n".into(),
            prefix: "N".into(),
            role: Some(Role::Worker),
            programme: None,
            letter: None,
        };
        writer.send(&Down::Caseload(info)).ok()?;
        if hello.policy == 0 {
            let file = |(name, text): &(&str, &str)| PolicyFile { name: (*name).into(), text: (*text).into() };
            let files = NANSHAN_SAMPLE.iter().map(file).collect();
            writer.send(&Down::Policy(PolicyFiles { version: 1, files, last: true })).ok()?;
        }
        let mut after = hello.cursors.first().map_or(0, |cursor| cursor.seq) as usize;
        let mut sent = 0;
        while after < self.lines.len() && sent < BUDGET {
            let mut upto = after;
            let mut size = 0;
            while upto < self.lines.len() && size < STRETCH {
                size += self.lines[upto].bytes.0.len();
                upto += 1;
            }
            let entries = self.lines[after..upto].to_vec();
            let stretch = Entries {
                caseload: CASELOAD,
                epoch: 1,
                after: after as u64,
                upto: upto as u64,
                entries,
                sanity: self.sums.get(upto - 1).copied(),
            };
            writer.send(&Down::Entries(stretch)).ok()?;
            (after, sent) = (upto, sent + size);
        }
        writer.finish(&DownEnd { more: after < self.lines.len(), retry_after_ms: None }).ok()
    }
}

impl Transport for Server {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let body = self.answer(&request.body).ok_or(TransportError::Offline)?;
        Ok(Response { status: 200, body })
    }
}

fn inspection(shop: EntityId, item: &str) -> Form {
    let answers = vec![AnswerRow::new(item, Answer::Problem)];
    Form::Inspection(InspectionForm { answers, ..InspectionForm::new(shop) })
}

fn shop(n: u32) -> Form {
    Form::NewPremises(NewPremises {
        name: format!("小店{n}"),
        address: format!("花果山社区{n}号"),
        unit_code: format!("A-{n}"),
        kinds: vec!["shop".to_owned()],
        ..NewPremises::default()
    })
}

fn elder(n: u32) -> Form {
    Form::NewElder(NewElder {
        name: format!("顾{n}"),
        risk_tier: ["high", "key", "general"][n as usize % 3].to_owned(),
        new_dwelling: Some(NewDwelling { address: format!("花果山{n}栋"), ..NewDwelling::default() }),
        ..NewElder::default()
    })
}
