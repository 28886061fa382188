//! The outbox of one caseload: finished forms, numbered from 1 without gaps, each with where it stands. Nothing leaves
//! it before a backed-up server has it.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::id::{EntityId, EventId, SubmissionId};
use crate::log::{Entry, EntryBody, HoldCode, Verdict};
use crate::submission::Submission;
use crate::time::{Span, Timestamp};
use crate::wire::{Acks, Item as WireItem, NumberRange, Raw, VoidCode};

mod sealed;

/// How long a stored submission is kept when no backup says that it may go.
const KEPT: Span = Span::days(35);

/// Where a submission stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Standing {
    /// Not acknowledged yet.
    #[n(0)]
    Waiting,
    /// The server has it; no verdict yet.
    #[n(1)]
    Stored,
    /// Part of the record.
    #[n(2)]
    Merged,
    /// Waits for a person to decide.
    #[n(3)]
    Held(#[n(0)] HoldCode),
    /// A person decided against it.
    #[n(4)]
    Rejected {
        /// Why.
        #[n(0)]
        reason: String,
    },
}

/// One finished form.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Item {
    /// Its number.
    #[n(0)]
    pub number: u64,
    /// Which submission.
    #[n(1)]
    pub submission: SubmissionId,
    /// [`Submission::encode`].
    #[cbor(n(2), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// Where it stands.
    #[n(3)]
    pub standing: Standing,
    /// Its entry has arrived: the confirmed state says what became of it.
    #[n(4)]
    pub confirmed: bool,
    /// When the server first said that it has it, by the phone's clock.
    #[n(5)]
    pub stored_at: Option<Timestamp>,
    /// When it was finished.
    #[n(6)]
    pub finished_at: Timestamp,
    /// The file it is about.
    #[n(7)]
    pub subject: EntityId,
    /// Its event, if it has one.
    #[n(8)]
    pub event: Option<EventId>,
    /// `bytes` is a parcel that only the server can open: this phone may not read it any more.
    #[cbor(n(9), default)]
    pub sealed: bool,
    /// It has left this phone, or may have: only a new submission corrects it.
    #[cbor(n(10), default)]
    pub sent: bool,
}

impl Item {
    /// Whether its edits are shown on top of the confirmed state.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        !self.confirmed
            && !self.sealed
            && matches!(self.standing, Standing::Waiting | Standing::Stored | Standing::Merged)
    }

    /// The submission; `None` when the record is damaged.
    #[must_use]
    pub fn decoded(&self) -> Option<Submission> {
        minicbor::decode(&self.bytes).ok()
    }

    /// Whether nobody else can have seen it, so that it may still be written anew.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.standing == Standing::Waiting && !self.sealed && !self.sent
    }

    fn is_to_be_sent(&self) -> bool {
        self.standing == Standing::Waiting && !self.sealed
    }

    fn decide(&mut self, verdict: Verdict) {
        self.standing = match verdict {
            Verdict::Merged => Standing::Merged,
            Verdict::Held(code) => Standing::Held(code),
        };
    }
}

/// The outbox of one caseload.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Outbox {
    items: BTreeMap<u64, Item>,
    /// The number that the next form gets, less one.
    last: u64,
}

/// What an acknowledgement changed beside standings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acknowledged {
    /// Nothing else.
    InOrder,
    /// This phone was restored from a copy: what was not stored has new numbers, and the installation needs a new id.
    Reinstalled,
}

impl Outbox {
    /// The outbox as it was kept: the last number given out, and the items.
    #[must_use]
    pub fn restored(last: u64, items: impl IntoIterator<Item = Item>) -> Self {
        let items: BTreeMap<u64, Item> = items.into_iter().map(|item| (item.number, item)).collect();
        let last = items.keys().next_back().copied().unwrap_or(0).max(last);
        Self { items, last }
    }

    /// The last number given out.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The items in the order of their numbers.
    pub fn items(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.items.values()
    }

    /// The item of a submission.
    #[must_use]
    pub fn of(&self, submission: SubmissionId) -> Option<&Item> {
        self.items.values().find(|item| item.submission == submission)
    }

    /// The number that the next form gets.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.last + 1
    }

    /// What waits is about to leave this phone.
    pub fn mark_sent(&mut self) {
        self.items.values_mut().filter(|item| item.standing == Standing::Waiting).for_each(|item| item.sent = true);
    }

    /// Puts a form in the place of one that nobody else has seen: under its number, before what was written since.
    /// False when there is none such.
    pub fn replace(&mut self, item: Item) -> bool {
        let unsent = self.items.get_mut(&item.number).filter(|known| known.is_unsent());
        unsent.map(|known| *known = item).is_some()
    }

    /// Takes in a finished form, which must have [`Self::next_number`].
    pub fn add(&mut self, item: Item) {
        debug_assert_eq!(item.number, self.next_number(), "numbers have no gaps");
        self.last = self.last.max(item.number);
        self.items.insert(item.number, item);
    }

    /// What to send, in order, up to about `bytes` but at least one item; and whether more is waiting. A damaged record
    /// is said to be lost, so that nothing behind it waits.
    #[must_use]
    pub fn to_send(&self, bytes: usize) -> (Vec<WireItem>, bool) {
        let mut taken = Vec::new();
        let mut size = 0;
        for item in self.items.values().filter(|item| item.is_to_be_sent()) {
            if size > 0 && size + item.bytes.len() > bytes {
                return (taken, true);
            }
            size += item.bytes.len();
            taken.push(match item.decoded() {
                Some(_) => WireItem::Submission { number: item.number, bytes: Raw(item.bytes.clone()) },
                None => WireItem::Void { number: item.number, code: VoidCode::Lost },
            });
        }
        (taken, false)
    }

    /// Takes in what the server says of its numbers.
    pub fn acknowledged(&mut self, acks: &Acks, now: Timestamp) -> Acknowledged {
        for NumberRange { first, last } in &acks.stored {
            // However wide the range is said to be, only what is here is looked at.
            for item in self.items.values_mut().filter(|item| (*first..=*last).contains(&item.number)) {
                item.stored_at.get_or_insert(now);
                if item.standing == Standing::Waiting {
                    item.standing = Standing::Stored;
                }
            }
        }
        for ruling in &acks.verdicts {
            if let Some(item) = self.items.get_mut(&ruling.number)
                && item.standing == Standing::Stored
            {
                item.decide(ruling.verdict);
            }
        }
        self.forget(acks.backed_up, now);
        if acks.new_install {
            self.renumber(acks.next_number);
            return Acknowledged::Reinstalled;
        }
        Acknowledged::InOrder
    }

    /// Takes in a log entry that may concern one of its items; true when it does.
    pub fn logged(&mut self, entry: &Entry) -> bool {
        let (id, standing) = match &entry.body {
            EntryBody::Submission(logged) => match logged.verdict {
                Verdict::Merged => (logged.id, Standing::Merged),
                Verdict::Held(code) => (logged.id, Standing::Held(code)),
            },
            EntryBody::Decision(decision) if decision.accepted => (decision.submission, Standing::Merged),
            EntryBody::Decision(decision) => {
                (decision.submission, Standing::Rejected { reason: decision.reason.clone() })
            }
            _ => return false,
        };
        let Some(item) = self.items.values_mut().find(|item| item.submission == id) else { return false };
        item.stored_at.get_or_insert(entry.received_at);
        item.standing = standing;
        item.confirmed = true;
        true
    }

    /// The server was restored: everything that is kept is sent again, and its log read anew.
    pub fn send_again(&mut self) {
        for item in self.items.values_mut() {
            item.confirmed = false;
            item.standing = Standing::Waiting;
        }
    }

    /// The replica is made anew from the same log: the entries will come again and confirm again.
    pub fn confirm_again(&mut self) {
        self.items.values_mut().for_each(|item| item.confirmed = false);
    }

    /// The worker left the caseload, so no entries come any more: the verdict on what is merged is the last word.
    pub fn confirm_merged(&mut self) {
        for item in self.items.values_mut().filter(|item| item.standing == Standing::Merged) {
            item.confirmed = true;
        }
    }

    /// Forgets what a backup holds or what was stored long ago and is decided.
    fn forget(&mut self, backed_up: u64, now: Timestamp) {
        self.items.retain(|number, item| {
            let decided = item.confirmed && !matches!(item.standing, Standing::Held(_));
            let old = item.stored_at.is_some_and(|at| now - at > KEPT);
            !(decided && (*number <= backed_up || old))
        });
    }

    /// Gives new numbers from `first` on to all that the server has not stored.
    fn renumber(&mut self, first: u64) {
        let waiting: Vec<Item> =
            self.items.extract_if(.., |_, item| item.standing == Standing::Waiting).map(|(_, item)| item).collect();
        let stored = self.items.keys().next_back().copied().unwrap_or(0);
        self.last = first.max(stored + 1) - 1;
        for mut item in waiting {
            let number = self.next_number();
            if let Some(submission) = item.decoded() {
                item.bytes = Submission { number, ..submission }.encode();
            }
            self.add(Item { number, ..item });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CaseloadId;
    use crate::time::Hlc;
    use crate::wire::Ruling;

    const NOW: Timestamp = Timestamp::from_millis(1_764_000_000_000);
    const CASELOAD: CaseloadId = CaseloadId::from_bytes([1; 16]);

    fn finish(outbox: &mut Outbox, name: u8) {
        let number = outbox.next_number();
        let id = SubmissionId::from_bytes([name; 16]);
        let submission = Submission { id, caseload: CASELOAD, number, at: Hlc::default(), parts: Vec::new() };
        outbox.add(Item {
            number,
            submission: id,
            bytes: submission.encode(),
            standing: Standing::Waiting,
            confirmed: false,
            stored_at: None,
            finished_at: NOW,
            subject: EntityId::from_bytes([2; 16]),
            event: None,
            sealed: false,
            sent: false,
        });
    }

    fn outbox(names: &[u8]) -> Outbox {
        let mut outbox = Outbox::default();
        names.iter().for_each(|name| finish(&mut outbox, *name));
        outbox
    }

    fn acks(stored: &[(u64, u64)]) -> Acks {
        Acks {
            caseload: CASELOAD,
            stored: stored.iter().map(|(first, last)| NumberRange { first: *first, last: *last }).collect(),
            verdicts: Vec::new(),
            new_install: false,
            next_number: 0,
            backed_up: 0,
        }
    }

    fn numbers(outbox: &Outbox, bytes: usize) -> Vec<u64> {
        outbox.to_send(bytes).0.iter().map(WireItem::number).collect()
    }

    fn standings(outbox: &Outbox) -> Vec<Standing> {
        outbox.items().map(|item| item.standing.clone()).collect()
    }

    #[test]
    fn what_is_not_acknowledged_is_sent_again_and_nothing_else() {
        let mut outbox = outbox(&[1, 2, 3, 4]);
        assert_eq!(numbers(&outbox, usize::MAX), [1, 2, 3, 4]);
        assert_eq!(numbers(&outbox, 1), [1], "at least one");
        assert!(outbox.to_send(1).1);
        outbox.acknowledged(&acks(&[(1, 2), (4, u64::MAX)]), NOW);
        assert_eq!(numbers(&outbox, usize::MAX), [3]);
        assert_eq!(outbox.next_number(), 5);
    }

    #[test]
    fn verdicts_and_decisions_move_a_receipt_on() {
        let mut outbox = outbox(&[1, 2, 3]);
        let ruling = |number, verdict| Ruling { number, verdict, seq: None };
        let held = Verdict::Held(HoldCode::NoAccess);
        let verdicts = vec![ruling(1, Verdict::Merged), ruling(2, held)];
        outbox.acknowledged(&Acks { verdicts, ..acks(&[(1, 3)]) }, NOW);
        assert_eq!(standings(&outbox), [Standing::Merged, Standing::Held(HoldCode::NoAccess), Standing::Stored]);
        let pending: Vec<_> = outbox.items().filter(|item| item.is_pending()).map(|item| item.number).collect();
        assert_eq!(pending, [1, 3], "what is held is not shown as done");

        let decision = |accepted| Entry {
            seq: 9,
            received_at: NOW,
            policy: 1,
            body: EntryBody::Decision(crate::log::Decision {
                submission: SubmissionId::from_bytes([2; 16]),
                accepted,
                by: crate::id::PersonId::from_bytes([1; 16]),
                reason: "r".to_owned(),
                logged: None,
            }),
        };
        assert!(outbox.logged(&decision(false)));
        assert_eq!(standings(&outbox)[1], Standing::Rejected { reason: "r".to_owned() });
        assert!(outbox.logged(&decision(true)));
        assert_eq!(standings(&outbox)[1], Standing::Merged);
    }

    #[test]
    fn a_restored_phone_renumbers_what_the_server_lacks() {
        // 1 and 2 were stored before the copy was made; 3 and 4 were written after restoring it, when the server
        // already held other forms under 3 to 5.
        let mut outbox = outbox(&[1, 2, 13, 14]);
        outbox.acknowledged(&acks(&[(1, 2)]), NOW);
        let again = Acks { new_install: true, next_number: 6, ..acks(&[(1, 2)]) };
        assert_eq!(outbox.acknowledged(&again, NOW), Acknowledged::Reinstalled);
        assert_eq!(numbers(&outbox, usize::MAX), [6, 7]);
        let renumbered = outbox.of(SubmissionId::from_bytes([14; 16])).unwrap();
        assert_eq!((renumbered.number, renumbered.decoded().unwrap().number), (7, 7));
        finish(&mut outbox, 15);
        assert_eq!(numbers(&outbox, usize::MAX), [6, 7, 8]);
    }

    #[test]
    fn a_restored_server_gets_everything_again_until_a_backup_holds_it() {
        let mut outbox = outbox(&[1, 2, 3]);
        outbox.acknowledged(&acks(&[(1, 3)]), NOW);
        outbox.send_again();
        assert_eq!(numbers(&outbox, usize::MAX), [1, 2, 3]);

        outbox.acknowledged(&acks(&[(1, 3)]), NOW);
        outbox.acknowledged(&Acks { backed_up: 3, ..acks(&[]) }, NOW);
        assert_eq!(outbox.items().count(), 3, "not before its verdict was seen in the log");
        for item in outbox.items.values_mut().take(2) {
            (item.standing, item.confirmed) = (Standing::Merged, true);
        }
        outbox.acknowledged(&Acks { backed_up: 1, ..acks(&[]) }, NOW);
        assert_eq!(outbox.items().count(), 2);
        outbox.acknowledged(&acks(&[]), NOW + Span::days(36));
        assert_eq!(outbox.items().map(|item| item.number).collect::<Vec<_>>(), [3]);
        assert_eq!(outbox.next_number(), 4);
    }

    #[test]
    fn what_a_restored_server_may_lack_is_kept_for_the_whole_time_and_numbers_are_not_given_twice() {
        let mut outbox = outbox(&[1, 2, 3]);
        outbox.acknowledged(&acks(&[(1, 3)]), NOW);
        let standings_now = [Standing::Merged, Standing::Held(HoldCode::NoAccess), Standing::Merged];
        for (item, standing) in outbox.items.values_mut().zip(standings_now) {
            (item.standing, item.confirmed) = (standing, true);
        }
        outbox.acknowledged(&acks(&[]), NOW + KEPT);
        assert_eq!(outbox.items().count(), 3, "a backup may be that old");
        let mut lost = outbox.clone();
        lost.send_again();
        assert_eq!(numbers(&lost, usize::MAX), [1, 2, 3], "whatever became of it there");
        outbox.acknowledged(&Acks { backed_up: 3, ..acks(&[]) }, NOW + KEPT + Span::days(1));
        assert_eq!(outbox.items().map(|item| item.number).collect::<Vec<_>>(), [2], "nobody has decided on it yet");

        let opened = Outbox::restored(outbox.last(), []);
        assert_eq!((opened.items().count(), opened.next_number()), (0, 4));
    }

    #[test]
    fn an_answer_of_before_does_not_take_a_decision_back() {
        let mut outbox = outbox(&[1]);
        let held = Acks {
            verdicts: vec![Ruling { number: 1, verdict: Verdict::Held(HoldCode::NoAccess), seq: None }],
            ..acks(&[(1, 1)])
        };
        outbox.acknowledged(&held, NOW);
        let rejected = Standing::Rejected { reason: "r".to_owned() };
        for standing in [Standing::Merged, rejected] {
            outbox.items.values_mut().for_each(|item| item.standing = standing.clone());
            outbox.acknowledged(&held, NOW);
            assert_eq!(standings(&outbox), [standing]);
        }
    }

    #[test]
    fn who_left_does_not_wait_for_entries_that_never_come() {
        let mut outbox = outbox(&[1, 2, 3]);
        let ruling = |number, verdict| Ruling { number, verdict, seq: None };
        let verdicts = vec![ruling(1, Verdict::Merged), ruling(2, Verdict::Held(HoldCode::NoAccess))];
        outbox.acknowledged(&Acks { verdicts, ..acks(&[(1, 2)]) }, NOW);
        outbox.confirm_merged();
        let confirmed: Vec<bool> = outbox.items().map(|item| item.confirmed).collect();
        assert_eq!(confirmed, [true, false, false]);
        assert_eq!(numbers(&outbox, usize::MAX), [3], "what was not sent still goes");
    }

    #[test]
    fn a_damaged_record_is_told_and_blocks_nothing() {
        let mut outbox = outbox(&[1, 2]);
        if let Some(item) = outbox.items.get_mut(&1) {
            item.bytes = vec![0xff];
        }
        let sent = outbox.to_send(usize::MAX).0;
        assert!(matches!(sent[0], WireItem::Void { number: 1, code: VoidCode::Lost }));
        assert!(matches!(sent[1], WireItem::Submission { number: 2, .. }));
    }
}
