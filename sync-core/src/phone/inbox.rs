//! What has arrived of a caseload's log: each entry exactly once, in server order.

use minicbor::{Decode, Encode};

use crate::log::{Entry, Sanity};
use crate::wire::Entries;

/// How far the log of a caseload is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Position {
    /// The server's epoch.
    #[n(0)]
    pub epoch: u32,
    /// The last entry held; 0 for none.
    #[n(1)]
    pub seq: u64,
    /// The sum over the entries held.
    #[n(2)]
    pub sanity: Sanity,
}

/// Why a stretch of the log cannot be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InboxError {
    /// The server was restored: its log is another one now.
    #[error("the entries are of another epoch")]
    OtherEpoch,
    /// Entries before this stretch are missing.
    #[error("there is a gap before these entries")]
    Gap,
    /// An entry that this version does not understand; it has to be upgraded before it can go on.
    #[error("an entry is of a newer version")]
    TooNew,
    /// The same number of entries, but not the same ones.
    #[error("this replica and the server hold different entries")]
    Diverged,
}

impl Position {
    /// The position at the beginning of an epoch.
    #[must_use]
    pub fn start(epoch: u32) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// The entries of a stretch that are new here, and the position behind it. What came before is skipped, so a
    /// stretch may arrive twice or overlap.
    ///
    /// # Errors
    /// [`InboxError`]; nothing is then to be applied.
    pub fn take(&self, stretch: &Entries) -> Result<(Vec<Entry>, Self), InboxError> {
        if stretch.epoch != self.epoch {
            return Err(InboxError::OtherEpoch);
        }
        if stretch.after > self.seq {
            return Err(InboxError::Gap);
        }
        if stretch.upto <= self.seq {
            return Ok((Vec::new(), *self));
        }
        let mut next = *self;
        let mut fresh = Vec::new();
        for line in stretch.entries.iter().filter(|line| line.seq > self.seq) {
            let entry: Entry = minicbor::decode(&line.bytes.0).map_err(|_| InboxError::TooNew)?;
            if entry.seq != line.seq || entry.seq <= next.seq || entry.seq > stretch.upto {
                return Err(InboxError::Gap);
            }
            next.seq = entry.seq;
            next.sanity.add(&entry);
            fresh.push(entry);
        }
        next.seq = stretch.upto;
        if stretch.sanity.is_some_and(|sanity| sanity != next.sanity) {
            return Err(InboxError::Diverged);
        }
        Ok((fresh, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CaseloadId;
    use crate::log::EntryBody;
    use crate::time::Timestamp;
    use crate::wire::{LogLine, Raw};

    fn entry(seq: u64) -> Entry {
        Entry { seq, received_at: Timestamp::from_millis(1), policy: 1, body: EntryBody::Timer }
    }

    fn stretch(after: u64, upto: u64, seqs: &[u64], sanity: Option<Sanity>) -> Entries {
        let entries = seqs.iter().map(|seq| LogLine { seq: *seq, bytes: Raw(entry(*seq).encode()) }).collect();
        Entries { caseload: CaseloadId::from_bytes([1; 16]), epoch: 1, after, upto, entries, sanity }
    }

    fn sum(seqs: &[u64]) -> Sanity {
        let mut sanity = Sanity::default();
        seqs.iter().for_each(|seq| sanity.add(&entry(*seq)));
        sanity
    }

    #[test]
    fn each_entry_is_taken_exactly_once() {
        let start = Position::start(1);
        let (fresh, position) = start.take(&stretch(0, 3, &[1, 2, 3], Some(sum(&[1, 2, 3])))).unwrap();
        assert_eq!((fresh.len(), position.seq), (3, 3));
        // Again, and overlapping: the sum at the end proves that nothing counted twice.
        assert_eq!(position.take(&stretch(0, 3, &[1, 2, 3], None)).unwrap().0.len(), 0);
        let (fresh, position) = position.take(&stretch(1, 5, &[2, 3, 4, 5], Some(sum(&[1, 2, 3, 4, 5])))).unwrap();
        assert_eq!(fresh.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(position.seq, 5);
    }

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let position = Position { seq: 3, sanity: sum(&[1, 2, 3]), ..Position::start(1) };
        let refused = |stretch: &Entries| position.take(stretch).err();
        assert_eq!(refused(&stretch(4, 5, &[5], None)), Some(InboxError::Gap));
        assert_eq!(refused(&stretch(3, 5, &[5, 4], None)), Some(InboxError::Gap));
        assert_eq!(refused(&stretch(3, 4, &[4], Some(sum(&[1, 2, 4])))), Some(InboxError::Diverged));
        assert_eq!(refused(&Entries { epoch: 2, ..stretch(3, 4, &[4], None) }), Some(InboxError::OtherEpoch));
        let mut newer = stretch(3, 4, &[4], None);
        newer.entries[0].bytes = Raw(vec![0xa1, 0x00]);
        assert_eq!(refused(&newer), Some(InboxError::TooNew));
    }
}
