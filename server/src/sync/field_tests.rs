//! Real phones against a real server: work that a colleague carries, phones that are lost, caseloads that are left.

mod day;

use std::sync::Arc;

use doorstep_mobile::store::{MemoryStore, Space, Store as _};
use doorstep_mobile::{Blocked, Environment, Finished, Phone, Stage, SyncOutcome};
use sync_core::author::Role;
use sync_core::event::Answer;
use sync_core::form::{AnswerRow, Form, InspectionForm, NewPremises};
use sync_core::id::{CaseloadId, DeviceId, EntityId, PersonId};
use sync_core::log::HoldCode;
use sync_core::time::{Span, Timestamp};

use crate::clock::ManualClock;
use crate::db::log;
use crate::random::{Random as _, SeededRandom};
use crate::testing::{MORNING, Server};

/// What a phone must not show to whoever finds it, or carries for it.
const SECRET: &str = "货堆堵住后门";

struct Hands(Arc<ManualClock>);

impl doorstep_mobile::Clock for Hands {
    fn now(&self) -> Timestamp {
        crate::clock::Clock::now(&*self.0)
    }
}

impl doorstep_mobile::Uptime for Hands {
    fn start(&self) -> u64 {
        1
    }

    fn running(&self) -> Span {
        crate::clock::Clock::now(&*self.0) - MORNING
    }
}

struct Drawn(SeededRandom);

impl doorstep_mobile::Random for Drawn {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

struct World {
    server: Server,
    caseload: CaseloadId,
}

struct Worker {
    phone: Phone,
    store: MemoryStore,
    person: PersonId,
    device: DeviceId,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let caseload = server.caseload("HGS").await;
        Self { server, caseload }
    }

    async fn worker(&self, login: &str, seed: u64) -> Worker {
        let person = self.server.person(login, Role::Worker).await;
        self.server.admin().assign(self.caseload, person, None).await.unwrap();
        let store = MemoryStore::new();
        let phone = self.open(&store, seed);
        let device = self.enrol(&phone, person).await;
        let worker = Worker { phone, store, person, device };
        assert_eq!(self.sync(&worker).await, SyncOutcome::Idle);
        worker
    }

    fn open(&self, store: &MemoryStore, seed: u64) -> Phone {
        let clock = Arc::clone(&self.server.clock);
        let environment = Environment {
            clock: Arc::new(Hands(Arc::clone(&clock))),
            uptime: Arc::new(Hands(clock)),
            random: Arc::new(Drawn(SeededRandom::new(seed))),
        };
        Phone::on_store(Box::new(store.clone()), environment).unwrap()
    }

    async fn enrol(&self, phone: &Phone, person: PersonId) -> DeviceId {
        let ask = phone.enrolment_request(&self.server.code(person).await, "phone").unwrap();
        let answer = self.server.post(&ask.path, None, serde_json::from_str(&ask.body).unwrap()).await.ok();
        phone.enrolled(200, &answer.to_string()).unwrap();
        answer["device"].as_str().unwrap().parse().unwrap()
    }

    /// One exchange; the answer is cut after so many bytes.
    async fn step(&self, worker: &Worker, cut: Option<usize>) -> SyncOutcome {
        let Some(request) = worker.phone.next_request().unwrap() else { return SyncOutcome::Blocked(Blocked::Auth) };
        let (status, _, body) = self.server.post_bytes(&request.path, &request.content_type, request.body).await;
        match cut {
            Some(bytes) => worker.phone.on_failure(&body[..bytes.min(body.len())]).unwrap(),
            None => worker.phone.on_response(status, &body).unwrap(),
        }
    }

    async fn sync(&self, worker: &Worker) -> SyncOutcome {
        for _ in 0..20 {
            let outcome = self.step(worker, None).await;
            if outcome != SyncOutcome::More {
                return outcome;
            }
        }
        panic!("sync does not come to an end");
    }

    async fn revoke(&self, worker: &Worker, lost_since: Timestamp) {
        assert!(self.server.admin().revoke(worker.device, "mei", Some(lost_since)).await.unwrap());
    }

    /// The request is cut before what the phone wrote, the answer says that it was revoked.
    async fn wipe_before_it_sends(&self, worker: &Worker) {
        let request = worker.phone.next_request().unwrap().unwrap();
        let cut = request.body[..request.body.len() - 100].to_vec();
        let (_, _, answer) = self.server.post_bytes(&request.path, &request.content_type, cut).await;
        worker.phone.on_failure(&answer).unwrap();
        assert!(worker.phone.is_wiped());
    }

    fn at(&self, hours: i64) -> Timestamp {
        MORNING + Span::hours(hours)
    }

    fn set(&self, hours: i64) {
        self.server.clock.set(self.at(hours));
    }

    /// What the supervisor is shown.
    async fn held(&self) -> Vec<serde_json::Value> {
        let mei = match self.server.admin().person("mei").await {
            Ok(_) => self.server.login("mei").await["access"].as_str().unwrap().to_owned(),
            Err(_) => self.server.member("mei", Role::Supervisor, self.caseload).await,
        };
        let path = format!("/v1/caseloads/{}/held", self.caseload);
        self.server.get(&path, Some(&mei)).await.ok().as_array().unwrap().clone()
    }

    /// How many submissions of this device are in the log.
    async fn logged(&self, worker: &Worker) -> usize {
        let mut tx = self.server.app.db().read().await.unwrap();
        let mut keys = self.server.app.flow().keys();
        let entries = log::after(&mut tx, &mut keys, self.caseload, 0, 10_000).await.unwrap();
        entries.iter().filter_map(log::logged).filter(|logged| logged.author.device == worker.device).count()
    }
}

impl Worker {
    fn shop(&self, caseload: CaseloadId, name: &str) -> EntityId {
        let form = NewPremises {
            name: name.to_owned(),
            address: "花果山社区1号".to_owned(),
            kinds: vec!["restaurant".to_owned()],
            ..NewPremises::default()
        };
        self.phone.submit(caseload, Form::NewPremises(form)).unwrap().subject
    }

    fn inspect(&self, caseload: CaseloadId, shop: EntityId) -> Finished {
        self.phone.submit(caseload, inspection(shop)).unwrap()
    }

    fn stages(&self, caseload: CaseloadId) -> Vec<Stage> {
        self.phone.receipts(caseload).unwrap().into_iter().map(|receipt| receipt.stage).collect()
    }

    /// Everything in its store, as whoever has the key of the store would read it.
    fn records(&self) -> Vec<(Space, Vec<u8>)> {
        use Space::{Brief, Caseload, Document, Draft, Event, News, Outbox, Policy, Relay, Setting};
        let spaces = [Setting, Caseload, Draft, Outbox, Document, Brief, Event, Policy, News, Relay];
        let of = |space| self.store.scan(space).unwrap().into_iter().map(move |(_, bytes)| (space, bytes));
        spaces.into_iter().flat_map(of).collect()
    }

    fn shows(&self, text: &str) -> bool {
        self.records().iter().any(|(_, bytes)| holds(bytes, text))
    }
}

fn inspection(shop: EntityId) -> Form {
    let row = AnswerRow {
        severity: Some(3),
        refused: true,
        note: SECRET.to_owned(),
        ..AnswerRow::new("EXIT-02", Answer::Problem)
    };
    Form::Inspection(InspectionForm { answers: vec![row], ..InspectionForm::new(shop) })
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn is_held(stage: &Stage, expected: HoldCode) -> bool {
    matches!(stage, Stage::Held { code, .. } if *code == expected)
}

/// Who does what after B has handed its work to A and C.
#[derive(Clone, Copy, Debug)]
enum Then {
    SyncA,
    SyncB,
    SyncC,
    /// A takes the same again, and something of what it has taken in another parcel.
    AgainA,
}

async fn relayed(order: &[Then]) -> String {
    let world = World::new().await;
    let (a, b, c) = (world.worker("a", 1).await, world.worker("b", 2).await, world.worker("c", 3).await);
    let shop = b.shop(world.caseload, "王记肠粉");
    let first = b.phone.export_relay().unwrap();
    b.inspect(world.caseload, shop);
    let both = b.phone.export_relay().unwrap();
    assert!(!holds(&both, SECRET) && !holds(&both, "王记肠粉"));
    assert_eq!(a.phone.carry(&both).unwrap(), 1);
    assert_eq!(c.phone.carry(&first).unwrap(), 1);
    assert!(!a.shows(SECRET), "the carrier cannot read it");
    for then in order {
        let outcome = match then {
            Then::SyncA => world.sync(&a).await,
            Then::SyncB => world.sync(&b).await,
            Then::SyncC => world.sync(&c).await,
            Then::AgainA => {
                assert_eq!(a.phone.carry(&both).unwrap(), 0);
                a.phone.carry(&b.phone.export_relay().unwrap()).unwrap_or_default();
                SyncOutcome::Idle
            }
        };
        assert_eq!(outcome, SyncOutcome::Idle, "{then:?} of {order:?}");
    }
    for worker in [&a, &b, &c] {
        assert_eq!(world.sync(worker).await, SyncOutcome::Idle);
        assert_eq!(world.sync(worker).await, SyncOutcome::Idle);
    }
    assert_eq!(world.logged(&b).await, 2, "{order:?}");
    assert_eq!(world.logged(&a).await + world.logged(&c).await, 0, "the carrier is not the author");
    assert_eq!(b.stages(world.caseload), [Stage::Merged, Stage::Flagged { rules: vec!["F01".to_owned()] }]);
    assert!(b.phone.pending().unwrap().is_empty());
    let states: Vec<_> = [&a, &b, &c].map(|worker| worker.phone.state_digest(world.caseload).unwrap()).to_vec();
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "{order:?}");
    states[0].1.clone()
}

#[tokio::test]
async fn whoever_carries_it_in_whatever_order_it_counts_once() {
    use Then::{AgainA, SyncA, SyncB, SyncC};
    let orders: [&[Then]; 6] = [
        &[SyncB],
        &[SyncA],
        &[SyncC, SyncA],
        &[SyncA, AgainA, SyncC, SyncB, SyncA],
        &[AgainA, SyncC, SyncB, SyncA],
        &[SyncB, SyncC, AgainA, SyncA],
    ];
    let mut states = Vec::new();
    for order in orders {
        states.push(relayed(order).await);
    }
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "{states:?}");
}

#[tokio::test]
async fn a_lost_phones_work_merges_only_if_it_was_carried_before() {
    let world = World::new().await;
    let (a, b, c) = (world.worker("a", 1).await, world.worker("b", 2).await, world.worker("c", 3).await);
    world.set(1);
    b.shop(world.caseload, "王记肠粉");
    a.phone.carry(&b.phone.export_relay().unwrap()).unwrap();
    world.set(3);
    b.shop(world.caseload, "李记早餐");
    c.phone.carry(&b.phone.export_relay().unwrap()).unwrap();
    world.set(4);
    world.revoke(&b, world.at(2)).await;
    assert_eq!(world.sync(&c).await, SyncOutcome::Idle);
    let held = world.held().await;
    assert_eq!(held.len(), 2, "the first one too: this carrier came too late");
    assert_eq!(world.sync(&a).await, SyncOutcome::Idle);
    assert_eq!(a.phone.search("记", 9).len(), 0, "what is held stays held");
    assert!(held.iter().all(|held| held["code"] == "device_revoked" && held["person"] == b.person.to_string()));
    let before: Vec<_> = held.iter().map(|held| held["written_before_loss"].as_bool().unwrap()).collect();
    assert_eq!(before, [true, false]);
    assert_eq!(held[0]["lost_since"], "2026-11-23T10:30:00+08:00");

    let world = World::new().await;
    let (a, b) = (world.worker("a", 1).await, world.worker("b", 2).await);
    world.set(1);
    b.shop(world.caseload, "王记肠粉");
    a.phone.carry(&b.phone.export_relay().unwrap()).unwrap();
    world.set(4);
    world.revoke(&b, world.at(2)).await;
    assert_eq!(world.sync(&a).await, SyncOutcome::Idle);
    assert_eq!(world.held().await.len(), 0);
    assert_eq!(a.phone.search("王记", 9).len(), 1, "carried before it was lost");
}

#[tokio::test]
async fn the_word_of_a_carrier_that_was_revoked_itself_is_worth_nothing() {
    let world = World::new().await;
    let (a, b) = (world.worker("a", 1).await, world.worker("b", 2).await);
    b.shop(world.caseload, "王记肠粉");
    a.phone.carry(&b.phone.export_relay().unwrap()).unwrap();
    world.set(4);
    world.revoke(&b, world.at(2)).await;
    world.revoke(&a, world.at(3)).await;
    assert_eq!(world.sync(&a).await, SyncOutcome::Blocked(Blocked::Revoked));
    assert_eq!(world.held().await.len(), 1);
}

#[tokio::test]
async fn a_lost_phone_cannot_vouch_for_itself() {
    let world = World::new().await;
    let b = world.worker("b", 2).await;
    world.set(4);
    world.revoke(&b, world.at(2)).await;
    // Whoever holds it turns its clock back, writes, countersigns, and sets the clock right again.
    world.set(1);
    b.shop(world.caseload, "王记肠粉");
    world.wipe_before_it_sends(&b).await;
    world.set(5);
    assert_eq!(world.sync(&b).await, SyncOutcome::Blocked(Blocked::Revoked));
    assert_eq!(world.held().await.len(), 1);
}

#[tokio::test]
async fn a_draft_is_held_also_when_its_worker_is_back() {
    let world = World::new().await;
    let b = world.worker("b", 2).await;
    let known = b.shop(world.caseload, "李记早餐");
    world.sync(&b).await;
    let draft = b.phone.start(world.caseload, inspection(known)).unwrap();
    b.inspect(world.caseload, known);
    world.server.admin().unassign(world.caseload, b.person).await.unwrap();
    let request = b.phone.next_request().unwrap().unwrap();
    let hello_only = request.body[..request.body.len() - 100].to_vec();
    let (_, _, answer) = world.server.post_bytes(&request.path, &request.content_type, hello_only).await;
    b.phone.on_response(200, &answer).unwrap();
    assert!(b.phone.drafts().unwrap().is_empty() && !b.shows(SECRET));
    world.server.admin().assign(world.caseload, b.person, None).await.unwrap();
    assert_eq!(world.sync(&b).await, SyncOutcome::Idle);
    let held = world.held().await;
    assert_eq!(held.len(), 1, "what was finished merges");
    assert_eq!(held[0]["submission"], draft.to_string());
}

#[tokio::test]
async fn what_a_restored_phone_wrote_arrives_under_a_number_that_is_free() {
    let world = World::new().await;
    let (a, b) = (world.worker("a", 1).await, world.worker("b", 2).await);
    let store = b.store.backup();
    b.shop(world.caseload, "王记肠粉");
    world.sync(&b).await;
    let copy = Worker { phone: world.open(&store, 77), store, ..b };
    copy.shop(world.caseload, "李记早餐");
    a.phone.carry(&copy.phone.export_relay().unwrap()).unwrap();
    assert_eq!(world.sync(&a).await, SyncOutcome::Idle);
    assert_eq!(world.logged(&copy).await, 2);
    assert_eq!(a.phone.search("记", 9).len(), 2);
    // Another copy of the same, and then the phone itself, which is told to renumber.
    a.phone.carry(&copy.phone.export_relay().unwrap()).unwrap();
    assert_eq!(world.sync(&a).await, SyncOutcome::Idle);
    assert_eq!(world.sync(&copy).await, SyncOutcome::Idle);
    assert_eq!(world.logged(&copy).await, 2);
    assert_eq!(copy.stages(world.caseload), [Stage::Merged]);
}

#[tokio::test]
async fn what_is_no_parcel_is_refused_once_and_troubles_nobody() {
    let world = World::new().await;
    let a = world.worker("a", 1).await;
    for nonsense in [b"".as_slice(), b"DOOR>\x01", b"<html>"] {
        assert!(a.phone.carry(nonsense).is_err());
    }
    let mut noise = vec![0; 500];
    SeededRandom::new(9).fill(&mut noise);
    a.phone.carry(&sync_core::relay::bundle::bundle(vec![noise])).unwrap();
    let before = a.phone.next_request().unwrap().unwrap().body.len();
    assert_eq!(world.sync(&a).await, SyncOutcome::Idle);
    let after = a.phone.next_request().unwrap().unwrap().body.len();
    assert!(after + 400 < before, "it is not sent again: {before} {after}");
}

#[tokio::test]
async fn a_revoked_phone_sends_what_it_wrote_and_forgets_the_rest() {
    for cut in [None, Some(150)] {
        let world = World::new().await;
        let b = world.worker("b", 2).await;
        let known = b.shop(world.caseload, "李记早餐");
        world.sync(&b).await;
        world.set(1);
        let shop = b.shop(world.caseload, "王记肠粉");
        b.inspect(world.caseload, shop);
        let complete = b.phone.start(world.caseload, inspection(known)).unwrap();
        b.phone.start(world.caseload, Form::Inspection(InspectionForm::new(known))).unwrap();
        assert!(b.shows(SECRET) && b.shows("李记早餐"), "the control");
        world.set(4);
        world.revoke(&b, world.at(2)).await;
        if cut.is_some() {
            // Whoever holds the phone lets no answer through, but the first bytes are enough.
            world.step(&b, cut).await;
            world.server.clock.advance(Span::minutes(30));
        } else {
            world.step(&b, None).await;
        }
        assert!(b.phone.is_wiped());
        assert!(!b.shows(SECRET) && !b.shows("记") && !b.shows("EXIT"), "nothing can be read");
        assert!(b.records().iter().all(|(space, _)| matches!(space, Space::Setting | Space::Relay)));
        assert_eq!(world.sync(&b).await, SyncOutcome::Blocked(Blocked::Revoked));

        let held = world.held().await;
        assert_eq!(held.len(), 4);
        assert!(held.iter().all(|held| held["code"] == "device_revoked" && held["written_before_loss"] == true));
        let of = |id: String| held.iter().find(|held| held["submission"] == id).unwrap();
        assert_eq!(of(complete.to_string())["events"][0]["kind"], "inspection");
        assert_eq!(held.iter().filter(|held| held["events"][0]["kind"] == "draft").count(), 1);
        assert!(held.iter().all(|held| held["readable"] == true));
        let left = b.records();
        assert!(left.iter().all(|(space, _)| *space == Space::Setting), "{}", left.len());
        assert!(!b.phone.is_enrolled());
        assert!(b.phone.next_request().unwrap().is_none());
        // Found again: it becomes a phone like any other, with another key.
        let again = world.enrol(&b.phone, b.person).await;
        assert_ne!(again, b.device);
        assert!(!b.phone.is_wiped());
        assert_eq!(world.sync(&b).await, SyncOutcome::Idle);
        assert_eq!(b.phone.search("李记", 9).len(), 1);
    }
}

#[tokio::test]
async fn a_wiped_phone_may_be_carried_home_by_another() {
    let world = World::new().await;
    let (a, b) = (world.worker("a", 1).await, world.worker("b", 2).await);
    b.shop(world.caseload, "王记肠粉");
    b.phone.start(world.caseload, Form::NewPremises(NewPremises::default())).unwrap();
    world.revoke(&b, world.at(0)).await;
    world.wipe_before_it_sends(&b).await;
    a.phone.carry(&b.phone.export_relay().unwrap()).unwrap();
    assert_eq!(world.sync(&a).await, SyncOutcome::Idle);
    assert_eq!(world.held().await.len(), 2);
    world.server.clock.advance(Span::hours(1));
    assert_eq!(world.sync(&b).await, SyncOutcome::Blocked(Blocked::Revoked));
    assert_eq!(world.held().await.len(), 2, "once");
}

#[tokio::test]
async fn who_leaves_a_caseload_keeps_none_of_its_files_and_loses_no_work() {
    let world = World::new().await;
    let b = world.worker("b", 2).await;
    let other = world.server.caseload("OTH").await;
    world.server.admin().assign(other, b.person, None).await.unwrap();
    world.sync(&b).await;
    let known = b.shop(world.caseload, "李记早餐");
    let elsewhere = b.shop(other, "别处小店");
    world.sync(&b).await;
    b.inspect(world.caseload, known);
    b.phone.start(world.caseload, inspection(known)).unwrap();
    let kept = b.phone.start(other, inspection(elsewhere)).unwrap();
    world.server.admin().unassign(world.caseload, b.person).await.unwrap();
    // Learnt from an answer to a request that brought nothing up.
    let request = b.phone.next_request().unwrap().unwrap();
    let (_, _, answer) = world.server.post_bytes(&request.path, &request.content_type, request.body).await;
    b.phone.on_response(200, &answer).unwrap();
    assert!(!b.shows("李记早餐"), "its files are gone");
    assert!(b.phone.search("李记", 9).is_empty());
    assert_eq!(b.phone.search("别处", 9).len(), 1, "the others stay");
    assert_eq!(b.phone.drafts().unwrap().iter().map(|draft| draft.id).collect::<Vec<_>>(), [kept]);
    assert_eq!(world.sync(&b).await, SyncOutcome::Idle);
    let held = world.held().await;
    assert_eq!(held.len(), 2, "the inspection and the draft");
    assert!(held.iter().all(|held| held["code"] == "no_access" && held["lost_since"].is_null()));
    let stages = b.stages(world.caseload);
    assert_eq!(stages.len(), 3);
    assert!(stages[1..].iter().all(|stage| is_held(stage, HoldCode::NoAccess)), "{stages:?}");
    b.phone.discard(kept).unwrap();
    assert!(!b.shows(SECRET), "nothing of it can be read here any more");
}

#[tokio::test]
async fn what_was_sealed_on_leaving_goes_home_also_when_the_phone_is_revoked_before_it_is_sent() {
    let world = World::new().await;
    let b = world.worker("b", 2).await;
    let known = b.shop(world.caseload, "李记早餐");
    world.sync(&b).await;
    for _ in 0..3 {
        b.phone.start(world.caseload, inspection(known)).unwrap();
    }
    world.server.admin().unassign(world.caseload, b.person).await.unwrap();
    world.step(&b, None).await;
    assert!(b.phone.drafts().unwrap().is_empty(), "sealed");
    world.revoke(&b, world.at(0)).await;
    // One of the three fits into the request that hears of it.
    let request = b.phone.next_request_within(1).unwrap().unwrap();
    let (_, _, answer) = world.server.post_bytes(&request.path, &request.content_type, request.body).await;
    b.phone.on_response(200, &answer).unwrap();
    assert!(b.phone.is_wiped());
    assert_eq!(world.held().await.len(), 1);
    assert_eq!(world.sync(&b).await, SyncOutcome::Blocked(Blocked::Revoked));
    assert_eq!(world.held().await.len(), 3);
}

#[tokio::test]
async fn an_answer_that_shuts_a_phone_out_unlocks_nothing() {
    let world = World::new().await;
    let a = world.worker("a", 1).await;
    a.shop(world.caseload, "李记早餐");
    world.sync(&a).await;
    world.server.clock.advance(Span::hours(73));
    world.server.admin().disable(a.person, true).await.unwrap();
    assert_eq!(world.sync(&a).await, SyncOutcome::Blocked(Blocked::Auth));
    assert!(a.phone.lease().unwrap().locked && a.phone.list(world.caseload).is_empty());
}
