//! Which events stand and what is asked, in any order of arrival, beside an independent model.

use std::collections::BTreeSet;

use doorstep_tests::memory::Caseload;
use doorstep_tests::model::standing::{Id, Said};
use proptest::prelude::*;
use sync_core::author::Role;
use sync_core::edit::{Base, Edit, FieldOp};
use sync_core::entity::{Kind, event_review};
use sync_core::event::{Event, EventBody, RiskEvent, RiskKind, Void};
use sync_core::id::{EntityId, EventId, SubmissionId};
use sync_core::log::Verdict;
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};

const GU: EntityId = EntityId::from_bytes([0xE1; 16]);

fn morning() -> Timestamp {
    Timestamp::from_civil("2026-11-23T08:30".parse().unwrap())
}

fn id(n: Id) -> EventId {
    EventId::from_bytes([n; 16])
}

/// One thing that somebody says.
#[derive(Clone, Copy, Debug)]
enum Act {
    Tell(Id, Option<Id>),
    Void(Id),
}

struct World {
    caseload: Caseload,
    sent: u8,
}

impl World {
    fn new() -> Self {
        let mut world = Self { caseload: Caseload::new(1), sent: 0 };
        world.say(vec![edit(GU, Kind::Elder, 0, FieldOp::put("name", "顾阿婆".into()))]);
        world
    }

    fn say(&mut self, parts: Vec<Part>) {
        self.say_as(0xA1, parts);
    }

    fn say_as(&mut self, person: u8, parts: Vec<Part>) {
        self.sent += 1;
        let now = morning() + Span::minutes(i64::from(self.sent));
        let submission = Submission {
            id: SubmissionId::from_bytes([self.sent; 16]),
            caseload: self.caseload.id,
            number: u64::from(self.sent),
            at: Hlc { wall: now, counter: 0 },
            parts,
        };
        let author = self.caseload.author(person, Role::Worker, u64::from(self.sent));
        assert_eq!(self.caseload.take_in(now, submission, author), Verdict::Merged);
    }

    fn act(&mut self, act: Act) {
        let risk = RiskEvent { kind: RiskKind::Fall, occurred_on: "2026-11-22".parse().unwrap(), note: None };
        let (n, amends, body) = match act {
            Act::Tell(n, of) => (n, of.map(id), EventBody::RiskEvent(risk)),
            Act::Void(of) => {
                (100 + self.sent, None, EventBody::Void(Void { event: id(of), reason: "写错".to_owned() }))
            }
        };
        let event = Event {
            id: id(n),
            subject: GU,
            programme: String::new(),
            policy: 1,
            start: morning(),
            end: morning(),
            coworkers: Vec::new(),
            place: None,
            photos: Vec::new(),
            amends,
            body,
        };
        self.say(vec![Part::event(&event)]);
    }

    fn decide(&mut self, correction: Id, holds: bool) {
        let review = event_review::id(id(correction));
        let version = self.caseload.files[&GU].documents[&review].version();
        let value = if holds { event_review::CORRECTED } else { event_review::VOID };
        self.say(vec![edit(review, Kind::EventReview, version, FieldOp::put("standing", value.into()))]);
    }

    /// What stands, and what is asked: as the events say, and as it is on record for people to find.
    fn stands(&self) -> (BTreeSet<Id>, BTreeSet<Id>, BTreeSet<EntityId>) {
        let file = &self.caseload.files[&GU];
        let told = |event: &Event| matches!(event.body, EventBody::RiskEvent(_));
        let standing = file.standing_events().map(|recorded| &recorded.event).filter(|event| told(event));
        let disputes = file.disputes();
        let asked = disputes.iter().map(|dispute| dispute.correction.event.id.bytes()[0]);
        let undecided = |review: &sync_core::document::Document| {
            review.value("standing").is_some_and(|said| said.as_text() == Some(event_review::UNDECIDED))
        };
        let on_record = file.of_kind(Kind::EventReview).filter(|(_, review)| undecided(review));
        (standing.map(|event| event.id.bytes()[0]).collect(), asked.collect(), on_record.map(|(id, _)| id).collect())
    }

    fn agrees(&self, said: &Said) -> Result<(), TestCaseError> {
        let (standing, asked, on_record) = self.stands();
        prop_assert_eq!(standing, said.standing());
        prop_assert_eq!(&asked, &said.asked());
        prop_assert_eq!(on_record, asked.into_iter().map(|n| event_review::id(id(n))).collect());
        Ok(())
    }
}

fn edit(entity: EntityId, kind: Kind, version: u32, op: FieldOp) -> Part {
    let base = Base { version, seen: Vec::new() };
    Part::edit(&Edit { entity, kind: kind.code().to_owned(), base, ops: vec![op] })
}

/// Up to six events, each new or a correction of one before, some voided; in the order in which they arrive.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let told = proptest::collection::vec((any::<proptest::sample::Index>(), any::<bool>(), 0..3_u8), 1..7);
    let acts = told.prop_map(|told| {
        let mut acts = Vec::new();
        for (n, (of, corrects, voids)) in (1..).zip(told) {
            let of = (corrects && n > 1).then(|| u8::try_from(of.index(usize::from(n - 1)) + 1).unwrap_or(1));
            acts.push(Act::Tell(n, of));
            if voids == 0 {
                acts.push(Act::Void(n));
            }
        }
        acts
    });
    acts.prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_stands_and_what_is_asked_does_not_depend_on_who_comes_first(
        acts in acts(),
        decisions in proptest::collection::vec(any::<bool>(), 6),
        later in 1..=6_u8,
    ) {
        let (mut world, mut said) = (World::new(), Said::default());
        for act in acts {
            world.act(act);
            match act {
                Act::Tell(n, of) => drop(said.told.insert(n, of)),
                Act::Void(of) => drop(said.voided.insert(of)),
            }
            world.agrees(&said)?;
        }
        for (correction, holds) in said.asked().into_iter().zip(decisions) {
            world.decide(correction, holds);
            said.decided.insert(correction, holds);
            world.agrees(&said)?;
        }
        // A correction that comes after somebody has decided.
        world.act(Act::Tell(50, Some(later)));
        said.told.insert(50, Some(later));
        world.agrees(&said)?;
    }
}

#[test]
fn two_people_who_decide_differently_without_knowing_it_leave_it_open() {
    let mut world = World::new();
    for act in [Act::Tell(1, None), Act::Tell(2, Some(1)), Act::Void(1)] {
        world.act(act);
    }
    let review = event_review::id(id(2));
    let version = world.caseload.files[&GU].documents[&review].version();
    for (person, value) in [(0xA1, event_review::VOID), (0xB1, event_review::CORRECTED)] {
        world.say_as(person, vec![edit(review, Kind::EventReview, version, FieldOp::put("standing", value.into()))]);
    }
    let (standing, asked, _) = world.stands();
    assert_eq!((standing, asked), (BTreeSet::from([2]), BTreeSet::from([2])));
    assert!(world.caseload.files[&GU].documents[&review].field("standing").unwrap().conflict);
    world.decide(2, false);
    assert_eq!(world.stands().0, BTreeSet::new());
}
