//! A day on which somebody also decides: files are linked and un-linked, and held forms accepted, each at any time.

use std::collections::{BTreeSet, VecDeque};

use doorstep_tests::arbitrary::cases;
use doorstep_tests::memory::Caseload;
use proptest::prelude::*;
use sync_core::author::{Author, Role};
use sync_core::event::{EventBody, Link};
use sync_core::id::{EntityId, EventId, SubmissionId};
use sync_core::log::{Logged, Verdict};
use sync_core::submission::{Part, Submission};
use sync_core::time::{Hlc, Span, Timestamp};

use crate::day::{Form, PHONES, Phone, at_dawn, document, event, forms, known_shop, noon, own_shop, work};
use crate::{events, fields, raised_by_shop};

/// What happens next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    /// The next form of this phone arrives.
    Phone(usize),
    /// The steward links or un-links the next pair.
    Steward,
    /// The supervisor accepts what has been held longest.
    Accept,
}

/// A pair of shops that the steward links, or un-links.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) undo: bool,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![3 => (0..PHONES).prop_map(Turn::Phone), 1 => Just(Turn::Steward), 1 => Just(Turn::Accept)]
}

fn schedule() -> impl Strategy<Value = Vec<Turn>> {
    prop::collection::vec(turn(), 0..25)
}

/// What the steward does, in this order: most links join the same shops, so that un-linking finds something.
fn pairs() -> impl Strategy<Value = Vec<Pair>> {
    let pair = (0_usize..2, 1_usize..5, prop::bool::weighted(0.4)).prop_map(|(a, b, undo)| Pair { a, b, undo });
    prop::collection::vec(pair.prop_filter("two shops", |pair| pair.a != pair.b), 0..5)
}

fn shop(ix: usize) -> EntityId {
    if ix < 2 { known_shop(ix) } else { own_shop(u8::try_from(ix - 1).unwrap()) }
}

/// The day as it went on the server.
struct Day<'p> {
    caseload: Caseload,
    phones: Vec<std::slice::Iter<'p, (Author, Submission)>>,
    steward: VecDeque<Pair>,
    linked: usize,
    held: VecDeque<Logged>,
    now: Timestamp,
}

impl Day<'_> {
    fn step(&mut self, turn: Turn) {
        self.now = self.now + Span::minutes(1);
        match turn {
            Turn::Phone(phone) => {
                let Some((author, submission)) = self.phones[phone].next() else { return };
                if submission.parts.is_empty() {
                    return;
                }
                let verdict = self.caseload.take_in(self.now, submission.clone(), *author);
                if let Verdict::Held(_) = verdict {
                    let logged = self.caseload.logged()[&submission.id].clone();
                    self.held.push_back(logged);
                }
            }
            Turn::Steward => {
                let known = |shop: usize, caseload: &Caseload| document(caseload, self::shop(shop)).is_some();
                let ready = |pair: &&Pair| known(pair.a, &self.caseload) && known(pair.b, &self.caseload);
                if let Some(pair) = self.steward.front().filter(ready).copied() {
                    self.steward.pop_front();
                    self.link(pair);
                }
            }
            Turn::Accept => {
                // What stands on something that is still held is put off.
                for _ in 0..self.held.len() {
                    let Some(held) = self.held.pop_front() else { return };
                    let mut logged = held.clone();
                    logged.author.role = Role::Worker;
                    if self.caseload.decide(self.now, logged, true).is_ok() {
                        return;
                    }
                    self.held.push_back(held);
                }
            }
        }
    }

    fn link(&mut self, Pair { a, b, undo }: Pair) {
        self.linked += 1;
        let number = self.linked as u64 + 100;
        let id = SubmissionId::derived("link", &[&number.to_be_bytes()]);
        let body = EventBody::Link(Link { other: shop(b), undo, reason: "same door".to_owned() });
        let event = event(EventId::derived("link", &[&number.to_be_bytes()]), shop(a), self.now, body);
        let at = Hlc { wall: self.now, counter: 0 };
        let submission = Submission { id, caseload: self.caseload.id, number, at, parts: vec![Part::event(&event)] };
        let steward = self.caseload.author(0x51, Role::Steward, number);
        assert_eq!(self.caseload.take_in(self.now, submission, steward), Verdict::Merged);
    }

    /// Everybody finishes: what has not arrived arrives, what can be accepted is, what can be linked is.
    fn close(mut self) -> Caseload {
        for phone in 0..PHONES {
            while self.phones[phone].len() > 0 {
                self.step(Turn::Phone(phone));
            }
        }
        loop {
            let before = self.held.len();
            self.step(Turn::Accept);
            if self.held.len() == before {
                break;
            }
        }
        while !self.steward.is_empty() {
            let before = self.steward.len();
            self.step(Turn::Steward);
            if self.steward.len() == before {
                self.steward.pop_front();
                self.linked += 1;
            }
        }
        assert!(self.caseload.alarms.is_empty());
        self.caseload
    }
}

/// The caseload after a day that went like this.
pub(crate) fn supervised(phones: &[Phone], schedule: &[Turn], pairs: &[Pair]) -> Caseload {
    let mut day = Day {
        caseload: at_dawn(),
        phones: phones.iter().map(|phone| phone.outbox.iter()).collect(),
        steward: pairs.iter().copied().collect(),
        linked: 0,
        held: VecDeque::new(),
        now: noon(),
    };
    schedule.iter().for_each(|turn| day.step(*turn));
    day.close()
}

fn check(forms: &[Vec<Form>], one: &[Turn], other: &[Turn], pairs: &[Pair]) -> Result<(), TestCaseError> {
    let phones = work(forms);
    let (one, other) = (supervised(&phones, one, pairs), supervised(&phones, other, pairs));
    let (ours, theirs) = (fields(&one), fields(&other));
    for key in ours.keys().chain(theirs.keys()) {
        prop_assert_eq!(ours.get(key), theirs.get(key), "{:?}", key);
    }
    prop_assert_eq!(events(&one), events(&other));
    let (ours, theirs) = (raised_by_shop(&one), raised_by_shop(&other));
    prop_assert_eq!(&ours, &theirs);
    prop_assert_eq!(ours.len(), ours.iter().collect::<BTreeSet<_>>().len(), "{:?}", ours);
    Ok(())
}

proptest! {
    #![proptest_config(cases(150))]

    /// Whoever comes online first, whenever a steward links or un-links and a supervisor accepts: in the evening the
    /// same record, and the same flags for the same shops, each once.
    #[test]
    fn neither_arrival_nor_decisions_in_another_order_change_the_evening(
        forms in forms(),
        one in schedule(),
        other in schedule(),
        pairs in pairs(),
    ) {
        check(&forms, &one, &other, &pairs)?;
    }
}
