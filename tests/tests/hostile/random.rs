//! Random bytes, and valid requests with anything changed: never a failure of the server, and never another state than
//! the frames before the change make.

use std::cell::RefCell;

use doorstep_tests::arbitrary::cases;
use doorstep_tests::rawphone::{RawPhone, boundaries, new_shop, shop};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sync_core::id::{EntityId, SubmissionId};
use sync_core::wire::Item;

use crate::world::{MERGED, World};

#[derive(Debug, Clone)]
enum Change {
    /// Another byte.
    Set(prop::sample::Index, u8),
    /// Bytes go.
    Cut(prop::sample::Index, usize),
    /// Bytes come.
    Insert(prop::sample::Index, Vec<u8>),
    /// A stretch comes twice.
    Again(prop::sample::Index, usize),
}

impl Change {
    /// Where it begins to differ.
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Self::Cut(at, length) => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Self::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Again(at, length) => {
                let at = at.index(bytes.len());
                let again = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, again);
            }
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (at(), 1_usize..400).prop_map(|(at, length)| Change::Cut(at, length)),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, new)| Change::Insert(at, new)),
        1 => (at(), 1_usize..600).prop_map(|(at, length)| Change::Again(at, length)),
    ]
}

#[test]
fn random_bytes_change_nothing_and_break_nothing() {
    let mut world = World::new();
    let hello = world.lin.hello();
    let before = world.server.state(world.hgs);
    let bytes = (prop::option::of(Just(b"DOOR^\x01".to_vec())), prop::collection::vec(any::<u8>(), 0..600));
    let runner = TestRunner::new(cases(300)).run(&bytes, |(magic, bytes)| {
        let bytes = [magic.unwrap_or_default(), bytes].concat();
        let synced = RawPhone::send(&world.server, &hello, &bytes);
        prop_assert!((400..500).contains(&synced.http.status), "{}", synced.http.status);
        let _whole = synced.http.code();
        Ok(())
    });
    runner.unwrap();
    assert_eq!(world.server.state(world.hgs), before);
    world.is_sound();
}

#[test]
fn a_changed_request_does_what_its_untouched_frames_say() {
    let world = RefCell::new(World::new());
    let stretches = 3_usize;
    let turn = RefCell::new(0_u64);
    let runner = TestRunner::new(cases(300)).run(&prop::collection::vec(change(), 1..4), |changes| {
        let World { server, lin, hgs, .. } = &mut *world.borrow_mut();
        let nth = turn.replace_with(|turn| *turn + 1);
        // One new shop in each stretch; only its name, so that one entry of the log is one form.
        let first = lin.numbers + 1;
        let forms: Vec<Vec<Item>> = (0..stretches)
            .map(|stretch| {
                let root = EntityId::derived("changed", &[&nth.to_be_bytes(), &stretch.to_be_bytes()]);
                vec![lin.form(vec![doorstep_tests::rawphone::new_premises(root, "改动")])]
            })
            .collect();
        let mut hello = lin.hello();
        hello.want_download = false;
        let good = lin.request(&hello, &forms);
        let ends = boundaries(&good);
        let mut bad = good.clone();
        changes.iter().for_each(|change| change.apply(&mut bad));
        let same = good.iter().zip(&bad).take_while(|(a, b)| a == b).count();
        let frames = ends.iter().filter(|end| **end <= same).count();
        let before = server.entries(*hgs);
        let synced = RawPhone::send(server, &hello, &bad);
        let after = server.entries(*hgs);
        prop_assert!(synced.http.status < 500, "{}", synced.http.status);
        if frames < 2 {
            prop_assert!((400..500).contains(&synced.http.status), "{}", synced.http.status);
            let _whole = synced.http.code();
            prop_assert_eq!(after, before);
        } else {
            let whole = (frames - 2).min(stretches) as u64;
            prop_assert_eq!(after - before, whole, "as many forms as whole frames");
            prop_assert_eq!(synced.stored(), (first..first + whole).collect::<Vec<_>>());
            prop_assert!(synced.verdicts().iter().all(|(_, verdict)| *verdict == MERGED));
        }
        // What got lost is sent again under the same numbers, as a phone would.
        let hello = lin.hello();
        let synced = RawPhone::send(server, &hello, &lin.request(&hello, &forms));
        prop_assert_eq!(synced.stored().len(), stretches);
        prop_assert!(synced.verdicts().iter().all(|(_, verdict)| *verdict == MERGED));
        Ok(())
    });
    runner.unwrap();
    world.into_inner().is_sound();
}

#[test]
fn submissions_with_anything_changed_are_held_or_merged_and_never_in_the_way() {
    let world = RefCell::new(World::new());
    let runner = TestRunner::new(cases(200)).run(&prop::collection::vec(change(), 1..4), |changes| {
        let World { server, lin, .. } = &mut *world.borrow_mut();
        let number = lin.numbers + 1;
        let root = shop(u8::try_from(number % 250 + 1).unwrap());
        let mut form = lin.submission(new_shop(root));
        form.id = SubmissionId::derived("changed", &[&number.to_be_bytes()]);
        let mut bytes = form.encode();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        let bad = Item::Submission { number, bytes: sync_core::wire::Raw(bytes) };
        let behind = EntityId::derived("behind", &[&number.to_be_bytes()]);
        let good = lin.form(vec![doorstep_tests::rawphone::new_premises(behind, "后面")]);
        let synced = lin.sync(server, vec![bad, good]);
        lin.refresh = synced.hello().refresh.clone().map(|secret| secret.0).or(lin.refresh.clone());
        prop_assert_eq!(synced.problems(), Vec::<String>::new());
        prop_assert_eq!(synced.stored(), vec![number, number + 1]);
        prop_assert_eq!(synced.verdicts()[1], (number + 1, MERGED));
        Ok(())
    });
    runner.unwrap();
    world.into_inner().is_sound();
}
