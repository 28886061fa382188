//! How long an answer may be: shorter, when many are under way. An answer lies in memory until its phone has taken it, and
//! a phone on a bad link takes its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that all answers under way may take together.
const ALL: usize = 24 * 1024 * 1024;
/// After so many bytes an answer says that there is more, however much room there is: a phone gets what it asked for in
/// turns.
const MOST: usize = 1024 * 1024;
/// So much each phone gets in any case.
const LEAST: usize = 32 * 1024;

/// The room for answers of one node.
#[derive(Clone, Default)]
pub(crate) struct Room(Arc<AtomicUsize>);

/// The place of one answer, until it is dropped.
pub(crate) struct Place {
    room: Room,
    /// How many bytes it may take.
    pub(crate) bytes: usize,
}

/// An answer in its place.
pub(crate) struct Answered {
    bytes: Vec<u8>,
    _place: Place,
}

impl Room {
    /// A place for one more answer.
    pub(crate) fn place(&self) -> Place {
        let under_way = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Place { room: self.clone(), bytes: (ALL / under_way).clamp(LEAST, MOST) }
    }
}

impl Place {
    /// An answer that keeps its place until its last byte is sent.
    pub(crate) fn taken_by(self, bytes: Vec<u8>) -> Answered {
        Answered { bytes, _place: self }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsRef<[u8]> for Answered {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_answers_share_what_one_alone_does_not_need() {
        let room = Room::default();
        let mut places: Vec<Place> = (0..24).map(|_| room.place()).collect();
        assert!(places.iter().all(|place| place.bytes == MOST));
        places.extend((24..192).map(|_| room.place()));
        assert_eq!(places.last().map(|place| place.bytes), Some(ALL / 192));
        places.extend((192..2_000).map(|_| room.place()));
        assert_eq!(places.last().map(|place| place.bytes), Some(LEAST));
        let answered = places.remove(0).taken_by(vec![7]);
        drop(places);
        assert_eq!((answered.as_ref(), room.place().bytes), (&[7][..], MOST));
        drop(answered);
        assert_eq!(room.0.load(Ordering::Relaxed), 0);
    }
}
