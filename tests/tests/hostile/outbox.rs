//! Forged numbers and caseloads, and submissions that are none: each is told on its own, and the good ones around it
//! merge.

use doorstep_tests::rawphone::{RawPhone, new_shop, shop};
use sync_core::author::Role;
use sync_core::id::{CaseloadId, SubmissionId};
use sync_core::limits;
use sync_core::log::HoldCode;
use sync_core::submission::{Part, PartKind, Submission};
use sync_core::wire::{Item, Raw, VoidCode};

use crate::world::{MERGED, World, held};

fn item(number: u64, submission: &Submission) -> Item {
    Item::Submission { number, bytes: Raw(submission.encode()) }
}

fn raw(number: u64, bytes: &[u8]) -> Item {
    Item::Submission { number, bytes: Raw(bytes.to_vec()) }
}

/// An item of a newer phone.
fn newer(number: u64) -> Item {
    let mut bytes = vec![0xa2, 0x00];
    bytes.extend(minicbor::to_vec(number).unwrap());
    bytes.extend([0x18, 99, 0x01]);
    Item::Unknown { number, bytes: Raw(bytes) }
}

#[test]
fn bad_submissions_are_held_and_those_behind_them_merge() {
    let mut world = World::new();
    let caseload = world.hgs;
    let lin = &mut world.lin;
    let mut items = Vec::new();
    let mut expected = Vec::new();
    type Forge = Box<dyn Fn(Submission) -> Vec<u8>>;
    let bad: Vec<(&str, Forge, HoldCode)> = vec![
        ("nothing", Box::new(|_| Vec::new()), HoldCode::Unreadable),
        ("no submission", Box::new(|_| b"not cbor at all".to_vec()), HoldCode::Unreadable),
        ("cut", Box::new(|s| s.encode()[..40].to_vec()), HoldCode::Unreadable),
        ("trailing", Box::new(|s| [s.encode(), vec![0]].concat()), HoldCode::Malformed),
        ("another number", Box::new(|s| Submission { number: s.number + 7, ..s }.encode()), HoldCode::Malformed),
        (
            "another caseload",
            Box::new(|s| Submission { caseload: CaseloadId::from_bytes([9; 16]), ..s }.encode()),
            HoldCode::Malformed,
        ),
        ("empty", Box::new(|s| Submission { parts: Vec::new(), ..s }.encode()), HoldCode::Malformed),
        ("too large", Box::new(|_| vec![0; limits::SUBMISSION_BYTES + 1]), HoldCode::TooLarge),
        (
            "too many parts",
            Box::new(|s| {
                let parts = vec![s.parts[0].clone(); limits::SUBMISSION_PARTS + 1];
                Submission { parts, ..s }.encode()
            }),
            HoldCode::TooLarge,
        ),
        (
            "a part that does not decode",
            Box::new(|mut s| {
                s.parts[0].bytes = vec![0xff; 8];
                s.encode()
            }),
            HoldCode::Unreadable,
        ),
        (
            "a part under another subject",
            Box::new(|mut s| {
                s.parts[0].subject = shop(99);
                s.encode()
            }),
            HoldCode::Malformed,
        ),
        (
            "an event that is said to be an edit",
            Box::new(|mut s| {
                s.parts[0].kind = PartKind::Edit;
                s.encode()
            }),
            HoldCode::Unreadable,
        ),
        (
            "the same edit twice",
            Box::new(|mut s| {
                let twice: Part = s.parts[1].clone();
                s.parts.push(twice);
                s.encode()
            }),
            HoldCode::Malformed,
        ),
        ("a part of a newer kind", Box::new(newer_part), HoldCode::TooNew),
    ];
    for (nth, (what, forge, code)) in bad.into_iter().enumerate() {
        let shop = shop(u8::try_from(nth + 1).unwrap());
        let submission = lin.submission(new_shop(shop));
        items.push(raw(submission.number, &forge(submission.clone())));
        expected.push((what, submission.number, held(code)));
        items.push(lin.form(new_shop(shop)));
        expected.push(("behind it", lin.numbers, MERGED));
    }
    lin.numbers += 2;
    items.push(newer(lin.numbers - 1));
    expected.push(("a newer item", lin.numbers - 1, held(HoldCode::TooNew)));
    items.push(Item::Void { number: lin.numbers, code: VoidCode::Lost });
    expected.push(("a void", lin.numbers, held(HoldCode::Unreadable)));
    assert_eq!(lin.caseload, caseload);

    let synced = lin.sync(&world.server, items.clone());
    let said: Vec<_> = expected.iter().map(|(what, number, verdict)| (*what, (*number, *verdict))).collect();
    let got: Vec<_> = expected.iter().map(|(what, ..)| *what).zip(synced.verdicts()).collect();
    assert_eq!(got, said);
    assert_eq!((synced.problems(), synced.blocked()), (vec![], None));
    let state = world.server.state(caseload);
    let again = world.lin.sync(&world.server, items);
    assert_eq!(again.verdicts(), synced.verdicts());
    assert_eq!(world.server.state(caseload), state, "sent again, nothing is new");
    world.is_sound();
    held_work_can_be_looked_at_and_decided(&world);
}

/// What a supervisor does with it: a clear answer each time.
fn held_work_can_be_looked_at_and_decided(world: &World) {
    let _mei = world.server.member("mei", Role::Supervisor, world.hgs, true);
    let access = world.server.login("mei");
    let path = format!("/v1/caseloads/{}/held", world.hgs);
    let held = world.server.get(&path, Some(&access)).ok();
    let list = held.as_array().or_else(|| held["held"].as_array()).unwrap_or_else(|| panic!("{held}")).clone();
    assert!(list.len() >= 14, "{}", list.len());
    for found in list {
        let decide = format!("{path}/{}/decide", found["submission"].as_str().unwrap());
        let answer = world.server.post(&decide, Some(&access), &serde_json::json!({"accept": true, "reason": "看过"}));
        assert!(answer.status < 500, "{} of {}", answer.status, found["code"]);
        if answer.status >= 400 {
            let _code = answer.code();
            let reject = serde_json::json!({"accept": false, "reason": "不采用"});
            let _done = world.server.post(&decide, Some(&access), &reject).ok();
        }
        let again = serde_json::json!({"accept": true, "reason": "再来"});
        let again = world.server.post(&decide, Some(&access), &again);
        assert!((400..500).contains(&again.status), "decided twice: {}", again.status);
    }
    world.is_sound();
}

fn newer_part(submission: Submission) -> Vec<u8> {
    let mut bytes = submission.encode();
    // The kind of the first part: [id, caseload, number, at, [[kind, …
    let part = minicbor::to_vec(&submission.parts[0]).unwrap();
    let at = bytes.windows(part.len()).position(|window| window == part).unwrap();
    assert_eq!(bytes[at + 1], 0);
    bytes[at + 1] = 9;
    bytes
}

#[test]
fn the_same_garbage_under_several_numbers_blocks_nothing() {
    let mut world = World::new();
    let mut meng = world.phone("meng", Role::Worker, 3);
    let garbage = |number| raw(number, b"the same garbage");
    let items = vec![garbage(1), garbage(2), garbage(3)];
    world.lin.numbers = 3;
    let good = world.lin.form(new_shop(shop(1)));
    let synced = world.lin.sync(&world.server, [items.clone(), vec![good]].concat());
    assert_eq!(synced.problems(), Vec::<String>::new());
    assert_eq!(synced.stored(), [1, 2, 3, 4]);
    assert_eq!(synced.verdicts()[3], (4, MERGED));
    assert!(synced.verdicts()[..3].iter().all(|(_, verdict)| *verdict != MERGED));
    let others = meng.sync(&world.server, items);
    assert_eq!((others.problems(), others.stored()), (vec![], vec![1, 2, 3]), "another phone with the same");
    world.is_sound();
}

#[test]
fn numbers_that_no_outbox_has_are_told_and_gaps_are_not_waited_for() {
    let mut world = World::new();
    let lin = &mut world.lin;
    let mut numbered = |number: u64, n: u8| {
        let mut form = lin.submission(new_shop(shop(n)));
        form.number = number;
        form.id = SubmissionId::derived("gap", &[&[n]]);
        item(number, &form)
    };
    let items = vec![
        numbered(0, 1),
        numbered(limits::OUTBOX_NUMBER + 1, 2),
        numbered(u64::MAX, 3),
        numbered(5, 4),
        numbered(3, 5),
        numbered(limits::OUTBOX_NUMBER, 6),
    ];
    let synced = lin.sync(&world.server, items);
    assert_eq!(synced.problems(), ["impossible_number"; 3]);
    assert_eq!(synced.verdicts(), [(5, MERGED), (3, MERGED), (limits::OUTBOX_NUMBER, MERGED)]);
    world.is_sound();
}

#[test]
fn a_number_with_other_content_means_a_restored_phone() {
    let mut world = World::new();
    let first = world.lin.submission(new_shop(shop(1)));
    assert_eq!(world.lin.sync(&world.server, vec![item(1, &first)]).verdicts(), [(1, MERGED)]);
    let state = world.server.state(world.hgs);
    let mut other = first.clone();
    other.parts = new_shop(shop(2));
    // In the next request, within one request, and with the good one behind it.
    let synced = world.lin.sync(&world.server, vec![item(1, &other)]);
    assert!(synced.new_install());
    assert_eq!((synced.verdicts(), world.server.state(world.hgs)), (vec![], state));
    let second = world.lin.submission(new_shop(shop(3)));
    let changed = Submission { parts: new_shop(shop(4)), ..second.clone() };
    let good = world.lin.form(new_shop(shop(5)));
    let synced = world.lin.sync(&world.server, vec![item(2, &second), item(2, &changed), good]);
    assert!(synced.new_install());
    assert_eq!(synced.verdicts(), [(2, MERGED), (3, MERGED)]);
    // Renumbered, the form that was refused gets in.
    let mut renumbered = world.lin.submission(other.parts.clone());
    renumbered.id = SubmissionId::derived("renumbered", &[&[1]]);
    let synced = world.lin.sync(&world.server, vec![item(renumbered.number, &renumbered)]);
    assert_eq!((synced.verdicts(), synced.new_install()), (vec![(4, MERGED)], false));
    world.is_sound();
}

#[test]
fn an_id_that_is_taken_takes_nothing_over() {
    let mut world = World::new();
    let mut meng = world.phone("meng", Role::Worker, 3);
    let first = world.lin.submission(new_shop(shop(1)));
    let synced = world.lin.sync(&world.server, vec![item(1, &first)]);
    assert_eq!(synced.verdicts(), [(1, MERGED)]);
    let mut stolen = meng.submission(new_shop(shop(2)));
    stolen.id = first.id;
    let good = meng.form(new_shop(shop(3)));
    let synced = meng.sync(&world.server, vec![item(1, &stolen), good]);
    assert_eq!(synced.verdicts(), [(1, held(HoldCode::Malformed)), (2, MERGED)]);
    // The very bytes of another's form, as one's own.
    let synced = meng.sync(&world.server, vec![raw(3, &first.encode())]);
    assert_eq!(synced.verdicts(), [(3, held(HoldCode::Malformed))]);
    world.is_sound();
}

#[test]
fn a_caseload_that_is_not_yours_is_one_that_does_not_exist() {
    let mut world = World::new();
    assert_eq!(world.wu.say(&world.server, new_shop(shop(1))), MERGED);
    let state = world.server.state(world.oth);
    let mut answers = Vec::new();
    for caseload in [world.oth, world.fire, CaseloadId::from_bytes([9; 16])] {
        let mut hello = world.lin.hello();
        hello.want_download = false;
        let items = [1, 2].map(|number| {
            let parts = new_shop(shop(u8::try_from(number).unwrap()));
            let id = SubmissionId::derived("foreign", &[&[u8::try_from(number).unwrap()]]);
            let at = sync_core::time::Hlc { wall: world.lin.now, counter: 0 };
            item(number, &Submission { id, caseload, number, at, parts })
        });
        let imitation = RawPhone { caseload, ..world.lin.copied() };
        let bytes = imitation.request(&hello, &[items.to_vec()]);
        let synced = RawPhone::send(&world.server, &hello, &bytes);
        assert_eq!(synced.problems(), ["unknown_caseload"]);
        answers.push((synced.verdicts(), synced.stored(), synced.frames.len()));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(world.server.state(world.oth), state);
    // With her own work in the frames behind it, that merges.
    let hello = world.lin.hello();
    let foreign = RawPhone { caseload: world.oth, ..world.lin.copied() };
    let good = world.lin.form(new_shop(shop(7)));
    let mixed = {
        use doorstep_tests::forge::Forge;
        use sync_core::wire::{Batch, UpEnd};
        let batch = |caseload| minicbor::to_vec(Batch { caseload, items: vec![good.clone()] }).unwrap();
        Forge::up(&world.lin.key)
            .plain(0, &minicbor::to_vec(&hello).unwrap())
            .plain(1, &batch(foreign.caseload))
            .plain(1, &batch(world.hgs))
            .plain(2, &minicbor::to_vec(UpEnd::default()).unwrap())
    };
    let synced = RawPhone::send(&world.server, &hello, &mixed.bytes());
    assert_eq!((synced.problems(), synced.verdicts()), (vec!["unknown_caseload".to_owned()], vec![(1, MERGED)]));
    world.is_sound();
}
