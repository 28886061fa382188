//! Hints: who waits on an open stream is told that there is something to fetch. Nothing rests on them: a lost hint costs
//! at most the time until a stream looks by itself.
//!
//! A stream sits here under the caseloads that its caller had at its last look. Being called says only "look again": what
//! is told, and whether, is judged from the database by the stream itself (`server/src/http/hints.rs`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sync_core::id::{CaseloadId, DeviceId, PersonId};
use sync_core::limits;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::app::App;
use crate::db::news::Moved;

/// Streams that look at the database at the same time: those who wait are never in the way of those who work.
const LOOKS_AT_ONCE: usize = 4;

/// Who waits at this node.
pub(crate) struct Hints {
    seats: Mutex<Seats>,
    looks: Semaphore,
}

#[derive(Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, Taken>,
    under: HashMap<CaseloadId, BTreeSet<u64>>,
}

struct Taken {
    person: PersonId,
    holder: DeviceId,
    caseloads: BTreeSet<CaseloadId>,
    bell: Arc<Bell>,
}

/// What reaches a stream.
#[derive(Default)]
struct Bell {
    rings: Notify,
    given_up: AtomicBool,
}

/// A stream's place. Dropping it leaves it.
pub(crate) struct Seat {
    app: App,
    number: u64,
    bell: Arc<Bell>,
}

impl Default for Hints {
    fn default() -> Self {
        Self { seats: Mutex::default(), looks: Semaphore::new(LOOKS_AT_ONCE) }
    }
}

impl Hints {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a stream of this phone or session; none when the node is full. Who has too many loses the oldest: a
    /// phone that lost its link comes again long before the node knows.
    pub(crate) fn sit(app: &App, person: PersonId, holder: DeviceId) -> Option<Seat> {
        let bell = Arc::<Bell>::default();
        let mut seats = app.hints().seats();
        seats.make_room(limits::HINT_STREAMS_EACH, |taken| taken.holder == holder);
        seats.make_room(limits::HINT_STREAMS_PERSON, |taken| taken.person == person);
        if seats.taken.len() >= limits::HINT_STREAMS {
            return None;
        }
        let number = seats.next;
        seats.next += 1;
        let taken = Taken { person, holder, caseloads: BTreeSet::new(), bell: Arc::clone(&bell) };
        seats.taken.insert(number, taken);
        Some(Seat { app: app.clone(), number, bell })
    }

    /// Calls whoever it concerns.
    pub(crate) fn tell(&self, moved: &Moved) {
        let seats = self.seats();
        if moved.everybody {
            seats.taken.values().for_each(|taken| taken.bell.rings.notify_one());
            return;
        }
        let concerned = moved.caseloads.iter().filter_map(|caseload| seats.under.get(caseload));
        for number in concerned.flatten() {
            if let Some(taken) = seats.taken.get(number) {
                taken.bell.rings.notify_one();
            }
        }
    }

    /// Waits for its turn to look.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.looks.acquire().await.ok()
    }

    /// Streams that wait here.
    pub(crate) fn count(&self) -> usize {
        self.seats().taken.len()
    }
}

impl Seats {
    /// Gives up the oldest of these until there is room for one more.
    fn make_room(&mut self, most: usize, is_one: impl Fn(&Taken) -> bool) {
        let numbers: Vec<u64> =
            self.taken.iter().filter(|(_, taken)| is_one(taken)).map(|(number, _)| *number).collect();
        for number in numbers.iter().take((numbers.len() + 1).saturating_sub(most)) {
            if let Some(bell) = self.leave(*number) {
                bell.given_up.store(true, Ordering::Release);
                bell.rings.notify_one();
            }
        }
    }

    fn leave(&mut self, number: u64) -> Option<Arc<Bell>> {
        let taken = self.taken.remove(&number)?;
        for caseload in &taken.caseloads {
            self.stop(*caseload, number);
        }
        Some(taken.bell)
    }

    fn stop(&mut self, caseload: CaseloadId, number: u64) {
        if let Some(under) = self.under.get_mut(&caseload) {
            under.remove(&number);
            if under.is_empty() {
                self.under.remove(&caseload);
            }
        }
    }
}

impl Seat {
    /// Sits under these caseloads from now on. False when it was under others: what moved there before is not known.
    pub(crate) fn is_under(&self, caseloads: BTreeSet<CaseloadId>) -> bool {
        let mut seats = self.app.hints().seats();
        let Some(taken) = seats.taken.get_mut(&self.number).filter(|taken| taken.caseloads != caseloads) else {
            return true;
        };
        let before = std::mem::replace(&mut taken.caseloads, caseloads.clone());
        for gone in before.difference(&caseloads) {
            seats.stop(*gone, self.number);
        }
        for caseload in caseloads {
            seats.under.entry(caseload).or_default().insert(self.number);
        }
        false
    }

    /// Ready when it was called since the last time. Cancelling it loses nothing.
    pub(crate) async fn called(&self) {
        self.bell.rings.notified().await;
    }

    /// Whether it had to make room.
    pub(crate) fn is_given_up(&self) -> bool {
        self.bell.given_up.load(Ordering::Acquire)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.app.hints().seats().leave(self.number);
    }
}

/// Tells those who wait here of what this node and others have changed, until the server stops.
pub(crate) async fn keep_telling(app: App) {
    tokio::select! {
        () = app.db().keep_telling(|moved| app.hints().tell(moved)) => {}
        () = app.stopping() => {}
    }
}
