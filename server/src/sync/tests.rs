//! A phone's bytes against a real server.

use std::convert::Infallible;

use ed25519_dalek::Signer as _;
use sync_core::author::Role;
use sync_core::event::EventBody;
use sync_core::id::{CaseloadId, DeviceId, InstallId, PersonId, RequestId, SubmissionId};
use sync_core::limits;
use sync_core::log::{Entry, HoldCode, Sanity, Verdict};
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span};
use sync_core::wire::{
    Batch, Blocked, Cursor, Down, DownReader, Entries, Item, Raw, Secret, SignatureBytes, UpEnd, UpHello, UpWriter,
};

use crate::db::{caseload, device, read_log};
use crate::flow::bench::{new_shop, shop};
use crate::http::sync::CONTENT_TYPE;
use crate::testing::{MORNING, Phone, Server};

mod later;

struct World {
    server: Server,
    caseload: CaseloadId,
    requests: u8,
}

struct Held {
    phone: Phone,
    person: PersonId,
    device: DeviceId,
    secret: String,
    numbers: u64,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        Self { server, caseload, requests: 0 }
    }

    async fn phone(&self, login: &str, key: u8) -> Held {
        let person = self.server.person(login, Role::Worker).await;
        self.server.admin().assign(self.caseload, person, None).await.unwrap();
        let enrolled = self.server.enrol(person, key).await;
        let text = |name: &str| enrolled[name].as_str().unwrap_or_else(|| panic!("{name} in {enrolled}")).to_owned();
        let device = text("device").parse().unwrap();
        Held { phone: Phone::new(key), person, device, secret: text("refresh"), numbers: 0 }
    }

    fn hello(&mut self, phone: &Held) -> UpHello {
        self.requests += 1;
        UpHello {
            device: phone.device,
            install: InstallId::from_bytes(*phone.phone.install.bytes()),
            request: RequestId::from_bytes([self.requests; 16]),
            now: MORNING,
            software: "test 1".to_owned(),
            access: None,
            refresh: Some(Secret(phone.secret.clone())),
            cursors: Vec::new(),
            policy: 0,
            want_download: true,
            frame_bytes: None,
            dictionary: 0,
        }
    }

    fn request(&self, phone: &Held, hello: &UpHello, batches: &[Vec<Item>]) -> Vec<u8> {
        let key = phone.phone.key.clone();
        let sign = move |message: &[u8]| Ok::<SignatureBytes, Infallible>(key.sign(message).to_bytes());
        let mut writer = UpWriter::new(hello, sign).unwrap();
        for items in batches {
            assert!(writer.batch(&Batch { caseload: self.caseload, items: items.clone() }).unwrap());
        }
        writer.finish(&UpEnd::default()).unwrap()
    }

    async fn send(&self, bytes: Vec<u8>) -> (u16, Vec<u8>) {
        let (status, _, body) = self.server.post_bytes("/v1/sync", CONTENT_TYPE, bytes).await;
        (status, body)
    }

    async fn sync(&mut self, phone: &Held, batches: &[Vec<Item>]) -> Vec<Down> {
        let hello = self.hello(phone);
        self.sync_with(phone, &hello, batches).await
    }

    async fn sync_with(&self, phone: &Held, hello: &UpHello, batches: &[Vec<Item>]) -> Vec<Down> {
        let (status, body) = self.send(self.request(phone, hello, batches)).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        read(hello.request, &body)
    }

    /// What the read log says: which view, with which device.
    async fn looks(&self) -> Vec<(String, Option<DeviceId>)> {
        let mut tx = self.server.app.db().read().await.unwrap();
        let looks = read_log::after(&mut tx, self.caseload, 0, 100).await.unwrap();
        let look = |recorded: &read_log::Recorded| {
            let what = recorded.what().unwrap();
            let device = recorded.read(&what).unwrap().device;
            (what, device)
        };
        looks.iter().map(look).collect()
    }

    async fn seq(&self) -> u64 {
        let mut tx = self.server.app.db().read().await.unwrap();
        caseload::load(&mut tx, self.caseload).await.unwrap().unwrap().seq
    }
}

impl Held {
    fn form(&mut self, caseload: CaseloadId, parts: Vec<Part>) -> Item {
        self.numbers += 1;
        let id = SubmissionId::derived("test", &[self.device.bytes(), &self.numbers.to_be_bytes()]);
        let at = Hlc { wall: MORNING, counter: 0 };
        let form = Submission { id, caseload, number: self.numbers, at, parts };
        Item::Submission { number: form.number, bytes: Raw(form.encode()) }
    }

    fn shop(&mut self, caseload: CaseloadId, n: u8) -> Item {
        let when = MORNING - Span::minutes(n.into());
        self.form(caseload, new_shop(shop(n), when, "EXIT-02", 3))
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

fn blocked(frames: &[Down]) -> Option<Blocked> {
    let Some(Down::Hello(hello)) = frames.first() else { panic!("a hello first") };
    hello.blocked
}

fn verdicts(frames: &[Down]) -> Vec<(u64, Verdict)> {
    let acks = frames.iter().filter_map(|frame| if let Down::Acks(acks) = frame { Some(acks) } else { None });
    acks.flat_map(|acks| acks.verdicts.iter().map(|ruling| (ruling.number, ruling.verdict))).collect()
}

fn stretches(frames: &[Down]) -> Vec<&Entries> {
    frames.iter().filter_map(|frame| if let Down::Entries(entries) = frame { Some(entries) } else { None }).collect()
}

fn log(frames: &[Down]) -> Vec<Entry> {
    let lines = stretches(frames).into_iter().flat_map(|stretch| &stretch.entries);
    lines.map(|line| minicbor::decode(&line.bytes.0).unwrap()).collect()
}

fn problems(frames: &[Down]) -> Vec<&str> {
    frames.iter().filter_map(|frame| if let Down::Problem(found) = frame { Some(&*found.code) } else { None }).collect()
}

#[tokio::test]
async fn one_exchange_brings_the_outbox_up_and_the_log_down() {
    let mut world = World::new().await;
    let (mut lin, chen) = (world.phone("lin", 1).await, world.phone("chen", 2).await);
    let items = vec![lin.shop(world.caseload, 1), lin.shop(world.caseload, 2)];
    let frames = world.sync(&lin, &[items]).await;
    assert_eq!(verdicts(&frames), [(1, Verdict::Merged), (2, Verdict::Merged)]);
    let Some(Down::Acks(acks)) = frames.iter().find(|frame| matches!(frame, Down::Acks(_))) else { panic!() };
    assert_eq!((acks.stored[0].first, acks.stored[0].last, acks.next_number), (1, 2, 3));
    let Some(Down::Policy(policy)) = frames.iter().find(|frame| matches!(frame, Down::Policy(_))) else { panic!() };
    assert!(policy.version > 0 && !policy.files.is_empty());
    assert!(frames.iter().any(|frame| matches!(frame, Down::Caseload(info) if info.enter && info.prefix == "HGS")));

    let frames = world.sync(&chen, &[]).await;
    let log = log(&frames);
    assert!((1..).zip(&log).all(|(seq, entry)| entry.seq == seq));
    assert_eq!(log.len() as u64, world.seq().await);
    let flagged = log.iter().filter_map(|entry| entry.folds()).filter(|logged| logged.author.role == Role::System);
    assert!(flagged.count() > 0, "chen's phone learns of the flag");
    let mut sum = Sanity::default();
    log.iter().for_each(|entry| sum.add(entry));
    let last = *stretches(&frames).last().unwrap();
    assert_eq!(last.sanity, Some(sum));

    let mut hello = world.hello(&chen);
    hello.cursors = vec![Cursor { caseload: world.caseload, epoch: last.epoch, seq: last.upto, sanity: sum }];
    hello.policy = policy.version;
    let frames = world.sync_with(&chen, &hello, &[]).await;
    assert!(stretches(&frames).is_empty(), "nothing is new");
    assert!(!frames.iter().any(|frame| matches!(frame, Down::Policy(_))));
    hello.request = RequestId::from_bytes([99; 16]);
    hello.cursors[0].sanity = Sanity::default();
    let frames = world.sync_with(&chen, &hello, &[]).await;
    assert_eq!(problems(&frames), ["sanity_mismatch"]);
    assert_eq!(stretches(&frames)[0].after, 0, "it starts over");

    // So does one that read another history, and one that read more than there is: the server was restored.
    for (n, (epoch, seq)) in [(last.epoch + 1, 1), (last.epoch, last.upto + 1)].into_iter().enumerate() {
        hello.request = RequestId::from_bytes([100 + u8::try_from(n).unwrap(); 16]);
        hello.cursors = vec![Cursor { caseload: world.caseload, epoch, seq, sanity: sum }];
        let frames = world.sync_with(&chen, &hello, &[]).await;
        assert_eq!((problems(&frames), stretches(&frames)[0].after), (vec!["new_epoch"], 0), "{n}");
    }
}

#[tokio::test]
async fn a_cut_link_keeps_every_whole_frame() {
    let mut world = World::new().await;
    let mut lin = world.phone("lin", 1).await;
    let batches: Vec<_> = (1..=3).map(|n| vec![lin.shop(world.caseload, n)]).collect();
    let hello = world.hello(&lin);
    let whole = world.request(&lin, &hello, &batches);
    let two = world.request(&lin, &hello, &batches[..2]);
    let cut = whole[..two.len() + 20].to_vec();
    let (status, body) = world.send(cut).await;
    assert_eq!(status, 200);
    let frames = read(hello.request, &body);
    assert_eq!(problems(&frames), ["wire_truncated"]);
    assert_eq!(verdicts(&frames), [(1, Verdict::Merged), (2, Verdict::Merged)]);
    let before = world.seq().await;
    let frames = world.sync_with(&lin, &hello, &batches).await;
    assert_eq!(verdicts(&frames).len(), 3);
    assert!(world.seq().await > before);
    let after = world.seq().await;
    world.sync_with(&lin, &hello, &batches).await;
    assert_eq!(world.seq().await, after, "the same request again changes nothing");
}

#[tokio::test]
async fn a_changed_frame_is_not_taken_in_but_what_came_before_is() {
    let mut world = World::new().await;
    let mut lin = world.phone("lin", 1).await;
    let batches: Vec<_> = (1..=2).map(|n| vec![lin.shop(world.caseload, n)]).collect();
    let hello = world.hello(&lin);
    let mut bytes = world.request(&lin, &hello, &batches);
    let at = world.request(&lin, &hello, &batches[..1]).len() + 20;
    bytes[at] ^= 1;
    let (_, body) = world.send(bytes).await;
    let frames = read(hello.request, &body);
    assert_eq!(problems(&frames), ["wire_wrong_seal"]);
    assert_eq!(verdicts(&frames), [(1, Verdict::Merged)]);
}

#[tokio::test]
async fn what_is_no_request_of_a_known_device_is_refused_with_a_code() {
    let mut world = World::new().await;
    let (lin, chen) = (world.phone("lin", 1).await, world.phone("chen", 2).await);
    let hello = world.hello(&lin);
    let code = |(status, body): (u16, Vec<u8>)| {
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        (status, problem["code"].as_str().unwrap().to_owned())
    };
    let forged = world.request(&chen, &hello, &[]);
    assert_eq!(code(world.send(forged).await), (401, "not_signed_by_device".to_owned()));
    let stranger = UpHello { device: DeviceId::from_bytes([0xEE; 16]), ..hello.clone() };
    assert_eq!(code(world.send(world.request(&lin, &stranger, &[])).await), (401, "unknown_device".to_owned()));
    for bytes in [Vec::new(), b"GET / HTTP/1.1".to_vec(), vec![0; 100_000]] {
        assert_eq!(code(world.send(bytes).await), (400, "not_a_sync_request".to_owned()));
    }
    let mut newer = world.request(&lin, &hello, &[]);
    newer[5] = 99;
    assert_eq!(code(world.send(newer).await), (400, "sync_version".to_owned()));
    let (status, ..) = world.server.post_bytes("/v1/sync", "text/plain", world.request(&lin, &hello, &[])).await;
    assert_eq!(status, 415);
    let endless = [world.request(&lin, &hello, &[]), vec![0; limits::MESSAGE_BYTES]].concat();
    assert_eq!(world.send(endless).await.0, 200, "behind the end nothing is read");
    assert_eq!(blocked(&world.sync(&lin, &[]).await), None, "and the server goes on");
}

#[tokio::test]
async fn a_revoked_phone_uploads_into_quarantine_and_reads_nothing() {
    let mut world = World::new().await;
    let mut chen = world.phone("chen", 2).await;
    let item = chen.shop(world.caseload, 1);
    let now = world.server.app.clock().now();
    let mut tx = world.server.app.db().write().await.unwrap();
    device::revoke(&mut tx, chen.device, "mei", now, now).await.unwrap();
    tx.commit().await.unwrap();
    let frames = world.sync(&chen, &[vec![item]]).await;
    assert_eq!(blocked(&frames), Some(Blocked::Revoked));
    assert_eq!(verdicts(&frames), [(1, Verdict::Held(HoldCode::DeviceRevoked))]);
    assert!(stretches(&frames).is_empty());
    assert!(!frames.iter().any(|frame| matches!(frame, Down::Policy(_) | Down::Caseload(_))));
}

#[tokio::test]
async fn without_good_credentials_the_outbox_still_gets_home() {
    let mut world = World::new().await;
    let mut lin = world.phone("lin", 1).await;
    lin.secret = "ab".repeat(32);
    let item = lin.shop(world.caseload, 1);
    let frames = world.sync(&lin, &[vec![item]]).await;
    assert_eq!(blocked(&frames), Some(Blocked::SignIn));
    assert_eq!(verdicts(&frames), [(1, Verdict::Merged)]);
    assert!(stretches(&frames).is_empty());
}

#[tokio::test]
async fn who_left_is_held_and_a_stranger_learns_nothing() {
    let mut world = World::new().await;
    let (mut lin, mut wu) = (world.phone("lin", 1).await, world.phone("wu", 3).await);
    world.server.admin().unassign(world.caseload, wu.person).await.unwrap();
    let item = wu.shop(world.caseload, 1);
    let frames = world.sync(&wu, &[vec![item]]).await;
    assert_eq!(verdicts(&frames), [(1, Verdict::Held(HoldCode::NoAccess))]);
    assert!(stretches(&frames).is_empty());
    let nowhere = CaseloadId::from_bytes([7; 16]);
    let other = world.server.caseload("OTH").await;
    let mut answers = Vec::new();
    for caseload in [nowhere, other] {
        world.caseload = caseload;
        let item = lin.shop(caseload, 4);
        lin.numbers -= 1;
        let frames = world.sync(&lin, &[vec![item]]).await;
        assert!(verdicts(&frames).is_empty());
        answers.push(problems(&frames).join(" "));
    }
    assert_eq!(answers[0], answers[1], "one that is not there and one that is not theirs");
}

#[tokio::test]
async fn held_work_travels_without_its_content() {
    let mut world = World::new().await;
    let (mut lin, chen) = (world.phone("lin", 1).await, world.phone("chen", 2).await);
    let reply = sync_core::event::Reply {
        round: 1,
        outcome: sync_core::event::Outcome::Sealed,
        public_text: "冒充答复".to_owned(),
        checked_at: None,
        recheck_at: None,
        corrects: None,
    };
    let parts = vec![crate::flow::bench::event("forged", shop(1), MORNING, EventBody::Reply(reply))];
    let item = lin.form(world.caseload, parts);
    let frames = world.sync(&lin, &[vec![item]]).await;
    assert_eq!(verdicts(&frames), [(1, Verdict::Held(HoldCode::NotPermitted))]);
    let frames = world.sync(&chen, &[]).await;
    let held = log(&frames).into_iter().filter_map(|entry| crate::db::log::logged(&entry).cloned());
    let held: Vec<_> = held.filter(|logged| logged.verdict != Verdict::Merged).collect();
    assert_eq!(held.len(), 1);
    assert!(held[0].parts.is_empty());
}

#[tokio::test]
async fn a_sync_holds_one_connection_at_a_time() {
    let mut world = World::new().await;
    let mut lin = world.phone("lin", 1).await;
    let shop = lin.shop(world.caseload, 1);
    drop(world.sync(&lin, &[vec![shop]]).await);
    // On PostgreSQL, where who reads and who writes take from the same, all but one are busy elsewhere.
    let (db, mut elsewhere) = (world.server.app.db().clone(), Vec::new());
    let most = if db.engine() == "postgres" { 16 } else { 8 };
    let busy = || db.connections().0 - db.connections().1;
    while busy() < most - 1 {
        elsewhere.push(db.read().await.unwrap());
    }
    let answer = world.sync(&lin, &[]).await;
    assert!(answer.iter().any(|down| matches!(down, Down::Entries(_))), "it downloads, which is recorded");
    drop(elsewhere);
}

#[tokio::test]
async fn a_download_is_one_entry_of_the_read_log_and_an_upload_alone_is_none() {
    let mut world = World::new().await;
    let mut lin = world.phone("lin", 1).await;
    let items = vec![lin.shop(world.caseload, 1), lin.shop(world.caseload, 2)];
    let mut hello = world.hello(&lin);
    hello.want_download = false;
    drop(world.sync_with(&lin, &hello, &[items]).await);
    assert_eq!(world.looks().await, []);
    drop(world.sync(&lin, &[]).await);
    assert_eq!(world.looks().await, [("download".to_owned(), Some(lin.device))]);
}
