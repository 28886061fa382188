//! A day in a small caseload: two shops are known in the morning, then three phones work offline.

use std::collections::BTreeMap;

use doorstep_tests::memory::Caseload;
use proptest::prelude::*;
use sync_core::author::{Author, Role};
use sync_core::document::Document;
use sync_core::edit::{Base, Edit, FieldOp, State, Value};
use sync_core::entity::{Kind, hazard};
use sync_core::event::{Answer, Answered, Event, EventBody, Inspection, Void};
use sync_core::id::{EntityId, EventId, SubmissionId};
use sync_core::log::Verdict;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};

pub(crate) const PHONES: usize = 3;
pub(crate) const SHOPS: usize = 2;
pub(crate) const CODES: [&str; 4] = ["EXIT-02", "GAS-04", "FAC-01", "ELE-01"];

pub(crate) fn morning() -> Timestamp {
    Timestamp::from_civil("2026-11-23T08:30".parse().unwrap())
}

pub(crate) fn noon() -> Timestamp {
    morning() + Span::minutes(215)
}

/// One form that a phone finishes offline.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) shop: Shop,
    pub(crate) act: Act,
    pub(crate) minute: i64,
    /// By somebody without the right to it: it will be held.
    pub(crate) forbidden: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Shop {
    Known(usize),
    /// One that the phone itself enters, which has a unit code that others have too.
    Own,
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Found {
        code: usize,
        answer: Answer,
        severity: u8,
        quantity: i64,
    },
    Put(FieldOp),
    /// The phone's own earlier form with this number should not have been written.
    Void {
        number: u64,
    },
}

fn a_form() -> impl Strategy<Value = Form> {
    let shop = prop_oneof![3 => (0..SHOPS).prop_map(Shop::Known), 2 => Just(Shop::Own)];
    let answer = prop_oneof![4 => Just(Answer::Problem), 1 => Just(Answer::FixedOnSpot)];
    let found = (0..CODES.len(), answer, 0_u8..4, prop::sample::select(vec![0_i64, 50, 150]));
    let text = || prop::sample::select(vec!["N1", "N2", "N3"]).prop_map(Value::from);
    let put = prop_oneof![
        text().prop_map(|value| FieldOp::put("nickname", value)),
        text().prop_map(|value| FieldOp::put("contact_phone", value)),
        any::<bool>().prop_map(|on| FieldOp::put_element("kinds", "restaurant", Value::Bool(on))),
    ];
    let act = prop_oneof![
        6 => found.prop_map(|(code, answer, severity, quantity)| Act::Found { code, answer, severity, quantity }),
        3 => put.prop_map(Act::Put),
        1 => (1_u64..5).prop_map(|number| Act::Void { number }),
    ];
    (shop, act, 0_i64..200, prop::bool::weighted(0.1)).prop_map(|(shop, act, minute, forbidden)| Form {
        shop,
        act,
        minute,
        forbidden,
    })
}

/// A phone that works offline, with all that it had seen in the morning.
pub(crate) struct Phone {
    ix: u8,
    pub(crate) outbox: Vec<(Author, Submission)>,
    /// The pending forms that touched an entity.
    touched: BTreeMap<EntityId, Vec<SubmissionId>>,
}

impl Phone {
    fn work(caseload: &Caseload, ix: usize, forms: &[Form]) -> Self {
        let mut phone = Self { ix: u8::try_from(ix).unwrap() + 1, outbox: Vec::new(), touched: BTreeMap::new() };
        for form in forms {
            phone.finish(caseload, form);
        }
        phone
    }

    fn finish(&mut self, caseload: &Caseload, form: &Form) {
        let number = self.outbox.len() as u64 + 1;
        let id = SubmissionId::derived("form", &[&[self.ix], &number.to_be_bytes()]);
        let when = morning() + Span::minutes(form.minute);
        let own = own_shop(self.ix);
        let root = match form.shop {
            Shop::Known(shop) => known_shop(shop),
            Shop::Own => own,
        };
        let mut parts = Vec::new();
        if root == own && !self.touched.contains_key(&own) {
            let ops =
                vec![FieldOp::put("name", "新店".into()), FieldOp::put("unit_code", unit_code(0).as_str().into())];
            parts.push(self.edit(caseload, id, own, Kind::Premises, ops));
        }
        match &form.act {
            Act::Found { code, answer, severity, quantity } => {
                let code = CODES[*code];
                let answered = Answered {
                    code: code.to_owned(),
                    answer: *answer,
                    severity: Some(*severity),
                    refused: false,
                    quantity: Some(*quantity),
                    note: None,
                    photos: Vec::new(),
                };
                let inspection = Inspection { answers: vec![answered], met: None, revisit: false };
                let event = event(event_id(self.ix, number), root, when, EventBody::Inspection(inspection));
                let fixed = if *answer == Answer::Problem { hazard::OPEN } else { hazard::SELF_FIXED };
                let ops = vec![
                    FieldOp::put("place", Value::Id(root)),
                    FieldOp::put("code", code.into()),
                    FieldOp::put("severity", Value::Int(i64::from(*severity))),
                    FieldOp::put("status", Value::State(State::new(1, fixed))),
                    FieldOp::put("due_at", Value::Int((when + Span::days(3)).millis())),
                ];
                parts.push(Part::event(&event));
                parts.push(self.edit(caseload, id, hazard::id(root, code, 1), Kind::Hazard, ops));
            }
            Act::Put(op) if parts.is_empty() => {
                parts.push(self.edit(caseload, id, root, Kind::Premises, vec![op.clone()]));
            }
            Act::Put(_) => {}
            Act::Void { number: voided } => {
                let void = Void { event: event_id(self.ix, *voided), reason: "wrong shop".to_owned() };
                parts.push(Part::event(&event(event_id(self.ix, number), root, when, EventBody::Void(void))));
            }
        }
        let role = if form.forbidden { Role::Purchaser } else { Role::Worker };
        let author = caseload.author(self.ix, role, number);
        let at = Hlc { wall: when, counter: u32::try_from(number).unwrap() };
        self.outbox.push((author, Submission { id, caseload: caseload.id, number, at, parts }));
    }

    fn edit(
        &mut self,
        caseload: &Caseload,
        form: SubmissionId,
        entity: EntityId,
        kind: Kind,
        ops: Vec<FieldOp>,
    ) -> Part {
        let version = document(caseload, entity).map_or(0, Document::version);
        let touched = self.touched.entry(entity).or_default();
        let base = Base { version, seen: touched.clone() };
        touched.push(form);
        Part::edit(&Edit { entity, kind: kind.code().to_owned(), base, ops })
    }
}

pub(crate) fn event_id(phone: u8, number: u64) -> EventId {
    EventId::derived("event", &[&[phone], &number.to_be_bytes()])
}

pub(crate) fn event(id: EventId, subject: EntityId, start: Timestamp, body: EventBody) -> Event {
    Event {
        id,
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
    }
}

pub(crate) fn known_shop(shop: usize) -> EntityId {
    EntityId::from_bytes([u8::try_from(shop).unwrap() + 0x40; 16])
}

/// The shop that a phone enters; of the first phone smaller than all others, so that it speaks for those it is linked to.
pub(crate) fn own_shop(phone: u8) -> EntityId {
    EntityId::from_bytes([if phone == 1 { 0x01 } else { 0x80 + phone }; 16])
}

fn unit_code(shop: usize) -> String {
    format!("HGS-01-010{shop}")
}

pub(crate) fn document(caseload: &Caseload, entity: EntityId) -> Option<&Document> {
    caseload.files.values().find_map(|file| file.documents.get(&entity))
}

/// The caseload as everybody knows it in the morning.
pub(crate) fn at_dawn() -> Caseload {
    let mut caseload = Caseload::new(1);
    for shop in 0..SHOPS {
        let ops = vec![
            FieldOp::put("name", format!("店{shop}").as_str().into()),
            FieldOp::put("unit_code", unit_code(shop).as_str().into()),
            FieldOp::put("contact_phone", "N0".into()),
        ];
        let edit = Edit { entity: known_shop(shop), kind: "premises".to_owned(), base: Base::default(), ops };
        let id = SubmissionId::derived("import", &[&shop.to_be_bytes()]);
        let at = Hlc { wall: morning(), counter: 0 };
        let number = shop as u64 + 1;
        let submission = Submission { id, caseload: caseload.id, number, at, parts: vec![Part::edit(&edit)] };
        let steward = caseload.author(0x51, Role::Steward, number);
        assert_eq!(caseload.take_in(morning(), submission, steward), Verdict::Merged);
    }
    caseload
}

pub(crate) fn forms() -> impl Strategy<Value = Vec<Vec<Form>>> {
    prop::collection::vec(prop::collection::vec(a_form(), 0..5), PHONES)
}

pub(crate) fn turns() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..PHONES, 0..15)
}

pub(crate) fn work(forms: &[Vec<Form>]) -> Vec<Phone> {
    let dawn = at_dawn();
    (0..PHONES).map(|ix| Phone::work(&dawn, ix, &forms[ix])).collect()
}
