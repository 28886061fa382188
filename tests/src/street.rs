//! A street with everybody in it: two caseloads, two desks, people of every role, and those who may not (or no longer)
//! come in. Everybody has a device, because that is the quickest way to an access token.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorstep::admin::{Cover, NewTerm, When};
use doorstep::db::duty::Level;
use doorstep::db::{alarm, document};
use doorstep::random::{Random, SeededRandom};
use serde_json::{Value as Json, json};
use sync_core::author::Role;
use sync_core::edit::{FieldOp, State, Value};
use sync_core::entity::Kind;
use sync_core::event::{
    BreakGlass, BreakGlassAct, Confirmation, EventBody, Notice, NoticeReceipt, Signal, Step, Visit, VisitKind,
};
use sync_core::id::{CaseloadId, DeliveryId, EntityId, EventId, FlagId, SubmissionId};
use sync_core::log::{HoldCode, Verdict};
use sync_core::submission::Part;
use sync_core::time::{Span, Timestamp};
use sync_core::wire::Item;

use crate::inprocess::Server;
use crate::rawphone::{RawPhone, Synced, edit, event, new_shop};
use crate::receiver::{Does, Receiver};

/// Where somebody works.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Hgs,
    Oth,
    Fire,
    Urban,
    Nowhere,
}

/// **Who is there**: login, role, place. What becomes of those who are shut out later is in [`Street::with`].
const PEOPLE: &[(&str, Role, Place)] = &[
    ("worker", Role::Worker, Place::Hgs),
    ("supervisor", Role::Supervisor, Place::Hgs),
    ("steward", Role::Steward, Place::Hgs),
    ("dispatcher", Role::Dispatcher, Place::Hgs),
    ("purchaser", Role::Purchaser, Place::Hgs),
    ("evaluator", Role::Evaluator, Place::Hgs),
    ("officer", Role::Officer, Place::Fire),
    ("transcriber", Role::Dispatcher, Place::Fire),
    ("other-officer", Role::Officer, Place::Urban),
    ("other-worker", Role::Worker, Place::Oth),
    ("other-supervisor", Role::Supervisor, Place::Oth),
    ("other-dispatcher", Role::Dispatcher, Place::Oth),
    ("admin", Role::Admin, Place::Nowhere),
    ("left", Role::Supervisor, Place::Hgs),
    ("other-left", Role::Supervisor, Place::Oth),
    ("disabled", Role::Supervisor, Place::Hgs),
    ("revoked", Role::Supervisor, Place::Hgs),
    ("suspended", Role::Supervisor, Place::Hgs),
    ("not-yet", Role::Supervisor, Place::Nowhere),
    ("no-more", Role::Supervisor, Place::Nowhere),
];

/// The street.
pub struct Street {
    /// Its server.
    pub server: Server,
    /// The caseload that this is about.
    pub hgs: CaseloadId,
    /// The other caseload.
    pub oth: CaseloadId,
    /// The desk that this is about.
    pub fire: CaseloadId,
    /// The other desk.
    pub urban: CaseloadId,
    /// The desk that may receive what is about a person; the officer and the transcriber of the first sit here too.
    pub psb: CaseloadId,
    phones: BTreeMap<&'static str, RawPhone>,
}

/// A referral on its way.
#[derive(Clone, Copy, Debug)]
pub struct Referred {
    /// The shop.
    pub shop: EntityId,
    /// The referral.
    pub referral: EntityId,
}

impl Default for Street {
    fn default() -> Self {
        Self::with(Arc::new(SeededRandom::new(11)))
    }
}

impl Street {
    /// The street, with this chance: the same people with the same ids for the same chance.
    ///
    /// # Panics
    /// When it cannot be built.
    #[must_use]
    pub fn with(random: Arc<dyn Random>) -> Self {
        Self::on(Server::with(random))
    }

    /// The street on this server, which is empty.
    ///
    /// # Panics
    /// When it cannot be built.
    #[must_use]
    pub fn on(server: Server) -> Self {
        let (hgs, oth) = (server.caseload("HGS"), server.caseload("OTH"));
        let desk = |dept: &str| server.wait(server.admin().add_desk(dept, dept)).unwrap();
        let (fire, urban, psb) = (desk("FIRE"), desk("URBAN"), desk("PSB"));
        let mut phones = BTreeMap::new();
        phones.insert("former", Self::former(&server, hgs));
        for ((name, role, place_of), seed) in PEOPLE.iter().zip(1..) {
            let place = match place_of {
                Place::Hgs => Some(hgs),
                Place::Oth => Some(oth),
                Place::Fire => Some(fire),
                Place::Urban => Some(urban),
                Place::Nowhere => None,
            };
            let person = server.wait(server.admin().add_person(name, name, *role, None)).unwrap();
            if let Some(place) = place {
                server.wait(server.admin().assign(place, person, None)).unwrap();
            }
            if *place_of == Place::Fire {
                server.wait(server.admin().assign(psb, person, None)).unwrap();
            }
            phones.insert(*name, RawPhone::enrol(&server, person, place.unwrap_or(hgs), seed));
        }
        let mut street = Self { server, hgs, oth, fire, urban, psb, phones };
        street.shut_out();
        street
    }

    /// A supervisor of the organisation whose term is over.
    fn former(server: &Server, hgs: CaseloadId) -> RawPhone {
        let former = server.member("former", Role::Supervisor, hgs, false);
        let phone = RawPhone::enrol(server, former, hgs, 96);
        let next = server.wait(server.admin().add_person("next", "next", Role::Supervisor, None)).unwrap();
        let now = server.app.clock().now();
        let term = (now, now + Span::days(365));
        let new = NewTerm { operator: "新邻社工".to_owned(), term, people: vec![next] };
        assert_eq!(server.wait(server.admin().term(hgs, new, false)).unwrap().leaving, [former]);
        phone
    }

    fn shut_out(&mut self) {
        let server = &self.server;
        let person = |login: &str| server.wait(server.admin().person(login)).unwrap().id;
        let now = server.app.clock().now();
        let cover = |from: Option<Timestamp>, until| Cover { role: None, from, until, covers: None };
        let over = cover(None, now + Span::millis(1));
        assert_eq!(server.wait(server.admin().cover(self.hgs, person("no-more"), over, false)).unwrap(), When::Now);
        let to_come = cover(Some(now + Span::days(400)), now + Span::days(401));
        let planned = server.wait(server.admin().cover(self.hgs, person("not-yet"), to_come, false)).unwrap();
        assert_eq!(planned, When::Planned);
        server.clock.advance(Span::millis(1));
        assert_eq!(server.wait(server.admin().keep_dates()).unwrap(), 1);
        server.clock.set(now);
        assert!(server.wait(server.admin().unassign(self.hgs, person("left"))).unwrap());
        assert!(server.wait(server.admin().unassign(self.oth, person("other-left"))).unwrap());
        server.wait(server.admin().disable(person("disabled"), true)).unwrap();
        let revoked = self.phones["revoked"].device;
        assert!(server.wait(server.admin().revoke(revoked, "supervisor", None)).unwrap());
        // Its key is used from a second installation.
        let mut copy = self.phones["suspended"].copied();
        copy.install = [99; 16];
        let seen = copy.sync(server, Vec::new());
        assert!(seen.blocked().is_some(), "the second installation was let in");
    }

    /// Whether the first caseload has a file of this entity.
    ///
    /// # Panics
    /// When the database cannot be read.
    #[must_use]
    pub fn has(&self, entity: EntityId) -> bool {
        self.server.wait(async {
            let mut tx = self.server.db.read().await.unwrap();
            document::root(&mut tx, self.hgs, entity).await.unwrap().is_some()
        })
    }

    /// The device of somebody.
    ///
    /// # Panics
    /// When there is nobody of that name.
    pub fn phone(&mut self, name: &str) -> &mut RawPhone {
        self.phones.get_mut(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// The access token of somebody.
    #[must_use]
    pub fn token(&self, name: &str) -> &str {
        &self.phones[name].access
    }

    /// Everybody.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.phones.keys().copied()
    }

    /// Somebody's device uploads a form: its verdict.
    pub fn says(&mut self, name: &str, parts: Vec<Part>) -> Verdict {
        let phone = self.phones.get_mut(name).unwrap_or_else(|| panic!("nobody is called {name}"));
        phone.say(&self.server, parts)
    }

    /// Somebody's device syncs with nothing to send.
    pub fn syncs(&mut self, name: &str) -> Synced {
        self.phone_syncs(name, Vec::new())
    }

    /// Somebody's device syncs with these items to send.
    ///
    /// # Panics
    /// When there is nobody of that name.
    pub fn phone_syncs(&mut self, name: &str, items: Vec<Item>) -> Synced {
        let phone = self.phones.get_mut(name).unwrap_or_else(|| panic!("nobody is called {name}"));
        phone.sync(&self.server, items)
    }

    /// Somebody does something at the API that they may.
    ///
    /// # Panics
    /// When they may not.
    pub fn does(&self, name: &str, path: &str, body: &Json) -> Json {
        self.server.post(path, Some(self.token(name)), body).ok()
    }

    /// Somebody looks at something that they may see.
    ///
    /// # Panics
    /// When they may not.
    #[must_use]
    pub fn sees(&self, name: &str, path: &str) -> Json {
        self.server.get(path, Some(self.token(name))).ok()
    }

    /// A new shop with a blocked exit, written by this worker; the referral that follows, submitted.
    ///
    /// # Panics
    /// When none follows.
    pub fn referred(&mut self, worker: &str, dispatcher: &str, shop: EntityId) -> Referred {
        assert_eq!(self.says(worker, new_shop(shop)), Verdict::Merged);
        let caseload = self.phones[worker].caseload;
        let list = self.sees(dispatcher, &format!("/v1/caseloads/{caseload}/referrals?file={shop}"));
        let referral = list[0]["id"].as_str().unwrap_or_else(|| panic!("no referral of {shop}")).parse().unwrap();
        Referred { shop, referral }
    }

    /// A new elder with a dwelling, written by this worker: the dwelling.
    ///
    /// # Panics
    /// When they are not merged.
    pub fn elder(&mut self, worker: &str, elder: EntityId, name: &str) -> EntityId {
        let dwelling = EntityId::derived("dwelling", &[elder.bytes()]);
        let person = vec![FieldOp::put("name", name.into()), FieldOp::put("dwelling", Value::Id(dwelling))];
        let place = vec![FieldOp::put("address", format!("{name}的家").as_str().into())];
        let parts = vec![edit(elder, Kind::Elder, 0, person), edit(dwelling, Kind::Dwelling, 0, place)];
        assert_eq!(self.says(worker, parts), Verdict::Merged);
        dwelling
    }

    /// A flag of a new shop in the first caseload.
    ///
    /// # Panics
    /// When none is raised.
    pub fn flag(&mut self, shop: EntityId) -> FlagId {
        let referred = self.referred("worker", "dispatcher", shop);
        let flags = self.sees("worker", &format!("/v1/caseloads/{}/flags?standing=raised", self.hgs));
        let is = |flag: &&Json| flag["file"] == referred.shop.to_string();
        let flag = flags.as_array().unwrap().iter().find(is).expect("it is flagged");
        flag["id"].as_str().unwrap().parse().unwrap()
    }

    /// A notice that was left at a new shop in the first caseload.
    ///
    /// # Panics
    /// When it is not merged.
    pub fn notice(&mut self, shop: EntityId) -> EventId {
        let referred = self.referred("worker", "dispatcher", shop);
        let inspection = EventId::derived("raw", &[b"first", referred.shop.bytes()]);
        let left = event(
            "notice",
            referred.shop,
            EventBody::Notice(Notice {
                inspection,
                number: "A-0001".to_owned(),
                items: vec!["EXIT-02".to_owned()],
                receipt: NoticeReceipt::Signed,
                fix_by: None,
                next_visit: None,
                badges: Vec::new(),
                copy_left: Some(true),
            }),
        );
        assert_eq!(self.says("worker", vec![Part::event(&left)]), Verdict::Merged);
        left.id
    }

    /// Sends a referral of the first caseload to the fire desk: the slip.
    ///
    /// # Panics
    /// When there is none.
    pub fn dispatched(&mut self, shop: EntityId) -> (Referred, EntityId) {
        let referred = self.referred("worker", "dispatcher", shop);
        let dispatch = format!("/v1/caseloads/{}/referrals/{}/dispatch", self.hgs, referred.referral);
        self.does("dispatcher", &dispatch, &json!({"dept": "FIRE"}));
        let slips = self.sees("officer", &format!("/v1/desks/{}/slips", self.fire));
        let is = |slip: &&Json| slip["values"]["referral"] == referred.referral.to_string();
        let slip = slips.as_array().unwrap().iter().find(is).expect("the desk has a slip");
        (referred, slip["id"].as_str().unwrap().parse().unwrap())
    }

    /// The same, answered by the desk.
    pub fn answered(&mut self, shop: EntityId) -> (Referred, EntityId) {
        let (referred, slip) = self.dispatched(shop);
        let act = |what: &str| format!("/v1/desks/{}/slips/{slip}/{what}", self.fire);
        self.does("officer", &act("accept"), &json!({}));
        self.does("officer", &act("reply"), &json!({"outcome": "ordered_at_once", "public_text": "已清除"}));
        (referred, slip)
    }

    /// A question of the fire desk about a new shop that it has in hand: the referral, and the question.
    ///
    /// # Panics
    /// When it may not ask.
    pub fn asked(&mut self, shop: EntityId) -> (EntityId, String) {
        let (Referred { referral, .. }, slip) = self.dispatched(shop);
        let act = |what: &str| format!("/v1/desks/{}/slips/{slip}/{what}", self.fire);
        self.does("officer", &act("accept"), &json!({}));
        self.does("officer", &act("ask"), &json!({"question": "后门在哪一侧?"}));
        let seen = self.sees("worker", &format!("/v1/caseloads/{}/referrals/{referral}", self.hgs));
        let asked = seen["referral"]["values"]["question"].as_object().expect("a question");
        (referral, asked.keys().next().expect("a question").clone())
    }

    /// A new elder with this id who cannot decide alone, and of whom the worker suspects abuse: the referral that follows.
    ///
    /// # Panics
    /// When none follows.
    pub fn abused(&mut self, elder: EntityId) -> EntityId {
        let ops = vec![
            FieldOp::put("name", "顾阿婆".into()),
            FieldOp::put("capacity", "limited".into()),
            FieldOp::put_element("diagnoses", "F00", Value::Bool(true)),
        ];
        let signals = vec![Signal::SuspectedAbuse];
        let visit = Visit { kind: VisitKind::Home, observed: Vec::new(), signals, words: None, next_visit: None };
        let parts = vec![
            edit(elder, Kind::Elder, 0, ops),
            Part::event(&event(&format!("visit {elder}"), elder, EventBody::Visit(visit))),
        ];
        assert_eq!(self.says("worker", parts), Verdict::Merged);
        let list = self.sees("dispatcher", &format!("/v1/caseloads/{}/referrals?file={elder}", self.hgs));
        list[0]["id"].as_str().unwrap_or_else(|| panic!("no referral of {elder}")).parse().unwrap()
    }

    /// The same, sent to the police: the referral and the slip.
    ///
    /// # Panics
    /// When there is none.
    pub fn person_slip(&mut self, elder: EntityId) -> (EntityId, EntityId) {
        let referral = self.abused(elder);
        let dispatch = format!("/v1/caseloads/{}/referrals/{referral}/dispatch", self.hgs);
        self.does("dispatcher", &dispatch, &json!({"dept": "PSB"}));
        let slips = self.sees("officer", &format!("/v1/desks/{}/slips", self.psb));
        let is = |slip: &&Json| slip["values"]["referral"] == referral.to_string();
        let slip = slips.as_array().unwrap().iter().find(is).expect("the desk has a slip");
        (referral, slip["id"].as_str().unwrap().parse().unwrap())
    }

    /// The same, opened by the officer: the review that is due.
    ///
    /// # Panics
    /// When none is.
    pub fn opened(&mut self, elder: EntityId) -> EntityId {
        let (referral, slip) = self.person_slip(elder);
        self.does("officer", &format!("/v1/desks/{}/slips/{slip}/open", self.psb), &json!({"reason": "出警"}));
        self.review(|review| review["values"]["referral"] == referral.to_string())
    }

    /// A new elder of whom the worker told something to save a life: the review that is due.
    ///
    /// # Panics
    /// When none is.
    pub fn broken_glass(&mut self, elder: EntityId) -> EntityId {
        let told = BreakGlass {
            act: BreakGlassAct::Opened,
            of: None,
            reason: "昏倒在家".to_owned(),
            told: Some("120".to_owned()),
            fields: vec!["allergies".to_owned()],
        };
        let parts = vec![
            edit(elder, Kind::Elder, 0, vec![FieldOp::put("name", "谭伯".into())]),
            Part::event(&event(&format!("told {elder}"), elder, EventBody::BreakGlass(told))),
        ];
        assert_eq!(self.says("worker", parts), Verdict::Merged);
        self.review(|review| review["file"] == elder.to_string())
    }

    /// The review of this sort that waits.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn review(&self, is: impl Fn(&Json) -> bool) -> EntityId {
        let reviews = self.sees("steward", &format!("/v1/caseloads/{}/reviews", self.hgs));
        let found = reviews.as_array().unwrap().iter().find(|review| is(review));
        found.expect("a review is due")["id"].as_str().unwrap().parse().unwrap()
    }

    /// The same, confirmed by the worker.
    ///
    /// # Panics
    /// When the worker may not confirm it.
    pub fn confirmed(&mut self, shop: EntityId) -> Referred {
        let (referred, _) = self.answered(shop);
        let seen = self.sees("worker", &format!("/v1/caseloads/{}/referrals/{}", self.hgs, referred.referral));
        let version = u32::try_from(seen["referral"]["version"].as_u64().unwrap()).unwrap();
        let state = FieldOp::put("state", Value::State(State::new(1, sync_core::refer::CONFIRMED)));
        let confirmation = Confirmation { round: 1, satisfied: true, note: None, answer: None };
        let seed = format!("confirmed {}", referred.referral);
        let parts = vec![
            Part::event(&event(&seed, referred.referral, EventBody::Confirmation(confirmation))),
            edit(referred.referral, Kind::Referral, version, vec![state]),
        ];
        assert_eq!(self.says("worker", parts), Verdict::Merged);
        referred
    }

    /// The same, closed by the dispatcher.
    pub fn closed(&mut self, shop: EntityId) -> Referred {
        let referred = self.confirmed(shop);
        self.does(
            "dispatcher",
            &format!("/v1/caseloads/{}/referrals/{}/close", self.hgs, referred.referral),
            &json!({}),
        );
        referred
    }

    /// An alarm that nobody has acknowledged: its number in the caseload.
    ///
    /// # Panics
    /// When it does not go off.
    #[must_use]
    pub fn alarm(&self, caseload: CaseloadId, detail: &str) -> u64 {
        let Server { db, app, .. } = &self.server;
        self.server.wait(async {
            let (mut tx, mut keys, now) = (db.write().await.unwrap(), app.flow().keys(), app.clock().now());
            alarm::raise(&mut tx, &mut keys, caseload, now, "rule_failed", Some("F05"), detail).await.unwrap();
            let open = alarm::open(&mut tx, &mut keys, caseload, 200).await.unwrap();
            tx.commit().await.unwrap();
            open.last().expect("the alarm is open").n
        })
    }

    /// A delivery that its receiver did not want.
    ///
    /// # Panics
    /// When it does.
    #[must_use]
    pub fn dead_delivery(&self, place: CaseloadId) -> DeliveryId {
        let (receiver, server) = (Receiver::start(), &self.server);
        receiver.otherwise(Does::Answers(410));
        let level = (place == self.hgs || place == self.oth).then_some(Level::First);
        let new = server.wait(server.admin().add_webhook(place, level, &receiver.url(), false)).unwrap();
        server.wait(server.admin().try_webhook(new.id)).unwrap().expect("it was tried").id
    }

    /// A form that waits for the supervisor: this worker takes it upon themselves to dispatch.
    ///
    /// # Panics
    /// When it is not held.
    pub fn held(&mut self, worker: &str, about: EntityId) -> SubmissionId {
        let step = Step { to: State::new(1, 3), desk: None, reason: None, suggested: None };
        let phone = self.phones.get_mut(worker).unwrap_or_else(|| panic!("nobody is called {worker}"));
        let parts = vec![Part::event(&event(&format!("held {}", phone.numbers), about, EventBody::Step(step)))];
        assert_eq!(phone.say(&self.server, parts), Verdict::Held(HoldCode::NotPermitted));
        SubmissionId::derived("raw", &[phone.device.bytes(), &phone.numbers.to_be_bytes()])
    }
}
