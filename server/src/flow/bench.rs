//! A caseload with a desk in a database of its own, for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use sync_core::admit::Standing;
use sync_core::author::Role;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{Kind, hazard};
use sync_core::event::{Answer, Answered, Event, EventBody, Inspection};
use sync_core::id::{CaseloadId, DeviceId, EntityId, EventId, PersonId, SubmissionId};
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Timestamp};
use sync_core::wire::{Item, Raw};

use super::act::Act;
use super::intake::{From, Intake};
use super::{Actor, Flow, InForce};
use crate::db::caseload::{self, Caseload, CaseloadKind};
use crate::db::document::{self, Projected};
use crate::db::{Db, Location};
use crate::random::SeededRandom;
use crate::seal::{MasterKey, Sealer};
use crate::testing::Scratch;

pub(crate) const FIELD: CaseloadId = CaseloadId::from_bytes([1; 16]);
pub(crate) const FIRE: CaseloadId = CaseloadId::from_bytes([0xF1; 16]);
pub(crate) const URBAN: CaseloadId = CaseloadId::from_bytes([0xF2; 16]);
pub(crate) const LIN: u8 = 0xA1;
pub(crate) const CHEN: u8 = 0xB1;

pub(crate) struct Bench {
    pub(crate) db: Db,
    pub(crate) flow: Flow,
    numbers: BTreeMap<u8, u64>,
    _scratch: Scratch,
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::from_civil(format!("2026-11-23T{text}").parse().unwrap())
}

pub(crate) fn shop(n: u8) -> EntityId {
    EntityId::from_bytes([n; 16])
}

pub(crate) fn actor(person: u8, role: Role) -> Actor {
    Actor { device: DeviceId::from_bytes([person; 16]), person: PersonId::from_bytes([person; 16]), role }
}

pub(crate) fn edit(entity: EntityId, kind: Kind, base: Base, ops: Vec<FieldOp>) -> Part {
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base, ops })
}

pub(crate) fn event(seed: &str, subject: EntityId, start: Timestamp, body: EventBody) -> Part {
    Part::event(&Event {
        id: EventId::derived("test", &[seed.as_bytes()]),
        subject,
        programme: "work-safety".to_owned(),
        policy: 1,
        start,
        end: start,
        coworkers: Vec::new(),
        place: None,
        photos: Vec::new(),
        amends: None,
        body,
    })
}

/// A new shop with one finding, as a phone would write it.
pub(crate) fn new_shop(root: EntityId, when: Timestamp, code: &str, severity: u8) -> Vec<Part> {
    let answer = Answered {
        code: code.to_owned(),
        answer: Answer::Problem,
        severity: Some(severity),
        refused: true,
        quantity: None,
        note: None,
        photos: Vec::new(),
    };
    let inspection = Inspection { answers: vec![answer], met: None, revisit: false };
    let name = vec![FieldOp::put("name", "王记肠粉".into()), FieldOp::put("unit_code", "HGS-01-0102".into())];
    let found = vec![
        FieldOp::put("place", Value::Id(root)),
        FieldOp::put("code", code.into()),
        FieldOp::put("severity", Value::Int(i64::from(severity))),
        FieldOp::put("status", Value::State(State::new(1, hazard::OPEN))),
    ];
    vec![
        event(&format!("{root} {when:?}"), root, when, EventBody::Inspection(inspection)),
        edit(root, Kind::Premises, Base::default(), name),
        edit(hazard::id(root, code, 1), Kind::Hazard, Base::default(), found),
    ]
}

pub(crate) fn item(submission: &Submission) -> Item {
    Item::Submission { number: submission.number, bytes: Raw(submission.encode()) }
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let scratch = Scratch::new().await;
        let db = Db::at(&Location::from(scratch.place())).await.unwrap();
        let master = MasterKey::from_hex(&"7".repeat(64)).unwrap();
        let sealer = Arc::new(Sealer::new(&master, Arc::new(SeededRandom::new(1))));
        let flow = Flow::new(sealer, Arc::new(InForce::sample().unwrap()));
        let mut tx = db.write().await.unwrap();
        let field = Caseload {
            prefix: "HGS".to_owned(),
            operator: "花果山社区服务中心 0755-2600 0000".to_owned(),
            ..Caseload::new(FIELD, CaseloadKind::Field, "花果山", at("08:00"))
        };
        caseload::insert(&mut tx, &field).await.unwrap();
        for (id, dept) in [(FIRE, "FIRE"), (URBAN, "URBAN")] {
            let desk =
                Caseload { dept: Some(dept.to_owned()), ..Caseload::new(id, CaseloadKind::Desk, dept, at("08:00")) };
            caseload::insert(&mut tx, &desk).await.unwrap();
        }
        flow.activate_policy(&mut tx, at("08:00")).await.unwrap();
        tx.commit().await.unwrap();
        Self { db, flow, numbers: BTreeMap::new(), _scratch: scratch }
    }

    /// The next submission of a worker's phone.
    pub(crate) fn submission(&mut self, person: u8, when: Timestamp, parts: Vec<Part>) -> Submission {
        let number = self.numbers.entry(person).or_default();
        *number += 1;
        let id = SubmissionId::derived("test", &[&[person], &number.to_be_bytes()]);
        Submission { id, caseload: FIELD, number: *number, at: Hlc { wall: when, counter: 0 }, parts }
    }

    pub(crate) async fn take_in(&self, now: Timestamp, person: u8, items: &[Item]) -> Intake {
        let standing = Standing { role: Role::Worker, member: true, revoked: false, clock_offset_ms: 0 };
        self.take_in_from(now, person, standing, items).await
    }

    pub(crate) async fn take_in_from(&self, now: Timestamp, person: u8, standing: Standing, items: &[Item]) -> Intake {
        let Actor { device, person, .. } = actor(person, Role::Worker);
        let mut tx = self.db.write().await.unwrap();
        let from = From { device, person, standing, carrier: None };
        let intake = self.flow.take_in(&mut tx, FIELD, from, now, items).await.unwrap();
        tx.commit().await.unwrap();
        intake
    }

    pub(crate) async fn act(&self, now: Timestamp, actor: Actor, act: Act) -> super::Result<()> {
        let mut tx = self.db.write().await.unwrap();
        self.flow.act(&mut tx, FIELD, actor, now, act).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    pub(crate) async fn entities(&self, caseload: CaseloadId, kind: Kind) -> Vec<Projected> {
        let mut tx = self.db.read().await.unwrap();
        document::projections_of_kind(&mut tx, &mut self.flow.keys(), caseload, kind, None, 100).await.unwrap()
    }
}
