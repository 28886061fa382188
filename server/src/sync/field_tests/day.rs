//! Days of three phones from a seed: links that are cut, work that is carried, people who leave and come back or come for
//! a while, a phone that is lost, files that lock after three days. Whatever happens, every finished form is merged or
//! held, a person settles what is held, and then all that may read is equal.

use std::collections::BTreeSet;

use sync_core::id::SubmissionId;

use super::*;
use crate::admin::Cover;
use crate::db::submission::{self, Stands};
use crate::flow::Actor;
use crate::verify;

const DAYS: u64 = 16;
const STEPS: usize = 40;

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

struct Day {
    world: World,
    workers: Vec<Worker>,
    dice: Dice,
    finished: BTreeSet<SubmissionId>,
    known: EntityId,
    seen: Seen,
}

/// What happened, so that a day in which nothing does cannot pass for a test.
#[derive(Default, Debug)]
struct Seen {
    carried: u32,
    left: usize,
    locked: usize,
    revoked: usize,
    held: usize,
}

impl Day {
    async fn begin(seed: u64) -> Self {
        let world = World::new().await;
        let mut workers = Vec::new();
        for (login, n) in [("a", 1), ("b", 2), ("c", 3)] {
            workers.push(world.worker(login, seed * 10 + n).await);
        }
        let known = workers[0].shop(world.caseload, "李记早餐");
        for worker in [0, 0, 1, 2] {
            world.sync(&workers[worker]).await;
        }
        Self { world, workers, dice: Dice(seed), finished: BTreeSet::new(), known, seen: Seen::default() }
    }

    async fn step(&mut self) {
        self.world.server.clock.advance(Span::minutes(9));
        self.world.server.admin().keep_dates().await.unwrap();
        let at = self.dice.below(3);
        match self.dice.below(20) {
            0..=8 => self.write(at),
            9..=13 => {
                let cut = (self.dice.below(3) == 0).then(|| self.dice.below(3_000));
                self.world.step(&self.workers[at], cut).await;
                self.reads_only_what_it_may(at).await;
            }
            14..=15 => {
                let from = &self.workers[1 + self.dice.below(2)];
                if !from.phone.is_wiped() {
                    let parcels = from.phone.export_relay().unwrap();
                    self.seen.carried += self.workers[0].phone.carry(&parcels).unwrap_or_default();
                }
            }
            16..=17 => self.comes_or_goes().await,
            18 => {
                self.world.server.clock.advance(Span::hours(80));
                self.seen.locked += self.workers.iter().filter(|worker| worker.phone.lease().unwrap().locked).count();
            }
            _ => self.loses_a_phone().await,
        }
    }

    fn write(&mut self, at: usize) {
        let worker = &self.workers[at];
        if worker.phone.is_wiped() || !worker.phone.caseloads().iter().any(|known| known.id == self.world.caseload) {
            return;
        }
        let form = if self.dice.below(4) == 0 {
            let name = format!("王记{}", self.finished.len());
            let address = "花果山社区1号".to_owned();
            Form::NewPremises(NewPremises {
                name,
                address,
                kinds: vec!["restaurant".to_owned()],
                ..NewPremises::default()
            })
        } else {
            inspection(self.known)
        };
        // Who has left has nothing to write about.
        if let Ok(finished) = worker.phone.submit(self.world.caseload, form) {
            self.finished.insert(finished.submission);
        }
    }

    async fn comes_or_goes(&mut self) {
        let (admin, caseload, b) = (self.world.server.admin(), self.world.caseload, self.workers[1].person);
        if admin.unassign(caseload, b).await.unwrap() {
            self.seen.left += 1;
        } else if self.dice.below(2) == 0 {
            admin.assign(caseload, b, None).await.unwrap();
        } else {
            let until = crate::clock::Clock::now(&*self.world.server.clock) + Span::minutes(50);
            let cover = Cover { role: None, from: None, until, covers: None };
            admin.cover(caseload, b, cover, false).await.unwrap();
        }
    }

    async fn loses_a_phone(&mut self) {
        let back = Span::minutes(i64::try_from(self.dice.below(90)).unwrap());
        let lost = crate::clock::Clock::now(&*self.world.server.clock) - back;
        let c = self.workers[2].device;
        self.seen.revoked += usize::from(self.world.server.admin().revoke(c, "mei", Some(lost)).await.unwrap());
    }

    /// A phone that just synced shows files only while its person works there, and its lease runs.
    async fn reads_only_what_it_may(&self, at: usize) {
        let (worker, caseload) = (&self.workers[at], self.world.caseload);
        let shows = !worker.phone.is_wiped() && !worker.phone.list(caseload).is_empty();
        if shows {
            assert!(!worker.phone.lease().unwrap().locked);
        }
    }

    async fn ends(&mut self) {
        let (caseload, b) = (self.world.caseload, self.workers[1].person);
        // Without access, everything is sent and nothing read.
        self.world.server.admin().unassign(caseload, b).await.unwrap();
        for _ in 0..3 {
            for worker in &self.workers {
                self.world.sync(worker).await;
                self.world.server.clock.advance(Span::minutes(20));
            }
        }
        assert!(self.workers[1].phone.list(caseload).is_empty(), "b has left and shows files");
        assert!(!self.workers[1].shows("李记早餐"), "b has left and keeps files");
        self.settle().await;
        self.world.server.admin().assign(caseload, b, None).await.unwrap();
        for _ in 0..3 {
            for worker in &self.workers[..2] {
                assert_eq!(self.world.sync(worker).await, SyncOutcome::Idle);
            }
        }
    }

    /// A supervisor accepts what can be accepted, and rejects the rest.
    async fn settle(&mut self) {
        let (flow, caseload) = (self.world.server.app.flow(), self.world.caseload);
        let held = self.world.held().await;
        self.seen.held += held.len();
        let mei = self.world.server.admin().person("mei").await.unwrap().id;
        let actor = Actor { device: DeviceId::from_bytes([7; 16]), person: mei, role: Role::Supervisor };
        let now = crate::clock::Clock::now(&*self.world.server.clock);
        for form in held {
            let id: SubmissionId = form["submission"].as_str().unwrap().parse().unwrap();
            let mut accepted = false;
            for accept in [true, false] {
                let mut tx = self.world.server.app.db().write().await.unwrap();
                let decided = flow.decide(&mut tx, caseload, actor, now, (id, accept, "问过本人".to_owned())).await;
                if decided.is_ok() {
                    tx.commit().await.unwrap();
                    accepted = accept;
                    break;
                }
            }
            // Accepting one may make another possible, never the other way round.
            assert!(accepted || form["if_accepted"]["possible"] == false, "{form}");
        }
    }

    async fn is_settled(&self, seed: u64) {
        let mut tx = self.world.server.app.db().read().await.unwrap();
        for id in &self.finished {
            let known = submission::by_id(&mut tx, self.world.caseload, *id).await.unwrap();
            let known = known.unwrap_or_else(|| panic!("seed {seed}: a finished form is lost"));
            assert!(!matches!(known.stands, Stands::Held(_)), "seed {seed}: nobody was asked");
        }
        drop(tx);
        assert!(self.world.held().await.is_empty(), "seed {seed}");
        let digests: Vec<_> =
            self.workers[..2].iter().map(|w| w.phone.state_digest(self.world.caseload).unwrap()).collect();
        assert_eq!(digests[0], digests[1], "seed {seed}");
        for worker in &self.workers[..2] {
            for stage in worker.stages(self.world.caseload) {
                let open = matches!(stage, Stage::Pending | Stage::Stored | Stage::Held { .. });
                assert!(!open, "seed {seed}: {stage:?}");
            }
        }
        let report = verify::verify(self.world.server.app.db(), self.world.server.app.flow()).await.unwrap();
        assert_eq!(report.findings, [], "seed {seed}");
    }
}

#[tokio::test]
async fn whatever_happens_nothing_is_lost_and_a_person_settles_the_rest() {
    let mut all = Seen::default();
    for seed in 1..=DAYS {
        let mut day = Day::begin(seed).await;
        for _ in 0..STEPS {
            day.step().await;
        }
        day.ends().await;
        day.is_settled(seed).await;
        let Seen { carried, left, locked, revoked, held } = day.seen;
        all.carried += carried;
        all.left += left;
        all.locked += locked;
        all.revoked += revoked;
        all.held += held;
    }
    let Seen { carried, left, locked, revoked, held } = all;
    let carried = usize::try_from(carried).unwrap();
    assert!([carried, left, locked, revoked, held].iter().all(|times| *times >= 8), "{all:?}");
}

/// Wherever the answer is cut that should unlock a phone: it shows nothing before the server has let it in, nothing at all
/// when its access ended meanwhile, and keeps what it wrote.
#[tokio::test]
async fn a_lease_ends_and_is_renewed_at_no_other_point_of_a_sync() {
    for leaves in [false, true] {
        let mut at = 0;
        loop {
            let world = World::new().await;
            let a = world.worker("a", 1).await;
            let shop = a.shop(world.caseload, "李记早餐");
            world.sync(&a).await;
            world.server.clock.advance(Span::hours(73));
            let late = a.inspect(world.caseload, shop).submission;
            assert!(a.phone.lease().unwrap().locked && a.phone.list(world.caseload).is_empty());
            let request = a.phone.next_request().unwrap().unwrap();
            if leaves {
                assert!(world.server.admin().unassign(world.caseload, a.person).await.unwrap());
            }
            let (status, _, body) =
                world.server.post_bytes(&request.path, &request.content_type, request.body.clone()).await;
            let whole = at >= body.len();
            let told = if whole { a.phone.on_response(status, &body) } else { a.phone.on_failure(&body[..at]) };
            told.unwrap();
            let locked = a.phone.lease().unwrap().locked;
            let shown = !a.phone.list(world.caseload).is_empty();
            assert!(!(locked && shown), "{at} bytes");
            if whole {
                assert_eq!(shown, !leaves, "after the whole answer");
                assert!(!leaves || !a.shows("李记早餐"));
            }
            // Whatever the phone has heard: the form is there, once.
            world.server.clock.advance(Span::minutes(30));
            world.sync(&a).await;
            let mut tx = world.server.app.db().read().await.unwrap();
            let known = submission::by_id(&mut tx, world.caseload, late).await.unwrap().unwrap();
            let expected = if leaves { Stands::Held(HoldCode::NoAccess) } else { Stands::Merged };
            assert_eq!(known.stands, expected, "{at} bytes");
            if whole {
                break;
            }
            at += 37;
        }
        assert!(at > 100, "an answer of {at} bytes");
    }
}
