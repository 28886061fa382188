//! Two worlds in step.

use std::fmt;
use std::sync::{Arc, Mutex};

use doorstep::random::{Random, SeededRandom};
use doorstep_tests::inprocess::Answer;
use doorstep_tests::rawphone::shop;
use doorstep_tests::street::Street;
use sync_core::id::{CaseloadId, EntityId};
use sync_core::time::Span;

/// Chance that can be put back to a place.
pub(crate) struct Chance(Mutex<SeededRandom>);

impl Chance {
    fn at(place: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(SeededRandom::new(place))))
    }

    fn go_to(&self, place: u64) {
        *self.0.lock().unwrap() = SeededRandom::new(place);
    }
}

impl Random for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill(bytes);
    }
}

/// Two worlds that were one.
pub(crate) struct Twins {
    /// Where nothing happens in the other caseload.
    pub(crate) a: Street,
    /// Where much happens there.
    pub(crate) b: Street,
    /// Entities that are in both: a shop, its referral and slip; the same of the other caseload; and nothing.
    pub(crate) things: Vec<EntityId>,
    chances: [Arc<Chance>; 2],
    steps: u64,
}

/// All of an answer that its reader sees.
#[derive(PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn of(answer: &Answer) -> Self {
        // The machine's clock, which tests do not move; and whether all of a refused request had arrived by then.
        let transport = |name: &str| matches!(name, "date" | "connection");
        let headers = answer.headers.iter().filter(|(name, _)| !transport(name)).cloned().collect();
        Self { status: answer.status, headers, body: answer.bytes.clone() }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, headers, body } = self;
        match std::str::from_utf8(body) {
            Ok(text) => write!(f, "{status} {headers:?} {text}"),
            Err(_) => write!(f, "{status} {headers:?} {} bytes", body.len()),
        }
    }
}

impl Twins {
    pub(crate) fn new() -> Self {
        let chances = [Chance::at(0), Chance::at(0)];
        let [a, b] = [0, 1].map(|ix: usize| Street::with(chances[ix].clone()));
        let mut twins = Self { a, b, things: Vec::new(), chances, steps: 0 };
        let (ours, theirs) = twins.both(|street| {
            let (ours, slip) = street.dispatched(shop(1));
            let theirs = street.referred("other-worker", "other-dispatcher", shop(2));
            vec![ours.shop, ours.referral, slip, theirs.shop, theirs.referral, shop(250)]
        });
        assert_eq!(ours, theirs, "the worlds began differently");
        twins.things = ours;
        twins
    }

    /// Caseloads and desks that are in both worlds, and one that is in none.
    pub(crate) fn places(&self) -> Vec<CaseloadId> {
        let Street { hgs, oth, fire, urban, .. } = self.a;
        vec![hgs, oth, fire, urban, CaseloadId::from_bytes([7; 16])]
    }

    /// The same in both worlds, a moment later, from the same place of chance.
    pub(crate) fn both<T>(&mut self, mut act: impl FnMut(&mut Street) -> T) -> (T, T) {
        self.steps += 1;
        for (street, chance) in [&self.a, &self.b].into_iter().zip(&self.chances) {
            chance.go_to(self.steps);
            street.server.clock.advance(Span::millis(1));
        }
        (act(&mut self.a), act(&mut self.b))
    }

    /// The same in both worlds, with the same answer.
    #[track_caller]
    pub(crate) fn same(&mut self, what: &str, act: impl FnMut(&mut Street) -> Seen) -> Seen {
        let (a, b) = self.both(act);
        assert!(a == b, "{what} tells the worlds apart:\n{a:?}\n{b:?}");
        // A server that fails alike in both worlds would hide what it fails over.
        assert!(a.status < 500, "{what} fails: {a:?}");
        a
    }
}
