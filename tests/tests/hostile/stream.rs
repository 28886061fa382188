//! Broken streams: cut, too long, inflated, re-signed, of another version, repeated.

use std::io::{Read as _, Write as _};

use doorstep_tests::forge::Forge;
use doorstep_tests::inprocess::memory_kib;
use doorstep_tests::rawphone::{HEADER, PREAMBLE, RawPhone, SIGNATURE, SYNC, boundaries, new_shop, shop};
use ed25519_dalek::SigningKey;
use sync_core::id::DeviceId;
use sync_core::limits;
use sync_core::wire::{Batch, Compression as _, Deflate, Item, UpEnd, UpHello};

use crate::world::{MERGED, World};

const HELLO: u8 = 0;
const BATCH: u8 = 1;
const END: u8 = 2;

fn encoded(message: &impl minicbor::Encode<()>) -> Vec<u8> {
    minicbor::to_vec(message).unwrap()
}

/// A stream of Lin's, up to and with its hello.
fn greeted(phone: &RawPhone, hello: &UpHello) -> Forge {
    Forge::up(&phone.key).plain(HELLO, &encoded(hello))
}

fn batch(phone: &RawPhone, items: Vec<Item>) -> Vec<u8> {
    encoded(&Batch { caseload: phone.caseload, items })
}

fn end() -> Vec<u8> {
    encoded(&UpEnd::default())
}

#[test]
fn a_body_cut_anywhere_keeps_every_whole_frame() {
    let mut world = World::new();
    let hello = world.lin.hello();
    let stretches: Vec<_> = (1..=3).map(|n| vec![world.lin.form(new_shop(shop(n)))]).collect();
    let whole = world.lin.request(&hello, &stretches);
    let ends = boundaries(&whole);
    assert_eq!((ends.len(), *ends.last().unwrap()), (6, whole.len()), "preamble, hello, three batches, end");
    let mut cuts: Vec<usize> = (0..=PREAMBLE).collect();
    for window in ends.windows(2) {
        let (from, to) = (window[0], window[1]);
        let within = [1, 3, HEADER, HEADER + 1, (to - from) / 2, to - from - SIGNATURE, to - from - 1, to - from];
        cuts.extend(within.map(|at| from + at));
    }
    for cut in cuts {
        let synced = RawPhone::send(&world.server, &hello, &whole[..cut]);
        let frames = ends.iter().filter(|end| **end <= cut).count();
        if frames < 2 {
            assert_eq!(synced.http.problem(), (400, "not_a_sync_request".to_owned()), "cut at {cut}");
        } else {
            let whole_batches = (frames - 2).min(3) as u64;
            assert_eq!(synced.stored(), (1..=whole_batches).collect::<Vec<_>>(), "cut at {cut}");
            assert!(synced.verdicts().iter().all(|(_, verdict)| *verdict == MERGED));
            let expected: &[&str] = if cut == whole.len() { &[] } else { &["wire_truncated"] };
            assert_eq!(synced.problems(), expected, "cut at {cut}");
        }
        world.server.is_well();
    }
    world.is_sound();
}

#[test]
fn a_connection_that_breaks_keeps_every_whole_frame() {
    let mut world = World::new();
    let hello = world.lin.hello();
    let stretches: Vec<_> = (1..=2).map(|n| vec![world.lin.form(new_shop(shop(n)))]).collect();
    let whole = world.lin.request(&hello, &stretches);
    let ends = boundaries(&whole);
    for (cut, stored) in [(ends[1] - 9, 0), (ends[2] + 20, 1), (ends[3] - 1, 1), (ends[3], 2)] {
        let length = whole.len();
        let head = format!(
            "POST /v1/sync HTTP/1.1\r\nHost: d\r\nContent-Type: {SYNC}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        let _nobody_listens = world.server.raw(&[head.as_bytes(), &whole[..cut]].concat());
        let hello = world.lin.hello();
        let bytes = world.lin.request(&hello, &[]);
        let log = RawPhone::send(&world.server, &hello, &bytes).log();
        let shops =
            log.iter().filter_map(|entry| entry.folds()).filter(|logged| logged.author.device == world.lin.device);
        assert_eq!(shops.count(), stored, "broken at {cut}");
    }
    let synced = RawPhone::send(&world.server, &hello, &whole);
    assert_eq!(synced.verdicts(), [(1, MERGED), (2, MERGED)]);
    world.is_sound();
}

#[test]
fn a_damaged_frame_ends_the_stream_and_another_phone_goes_on() {
    let mut world = World::new();
    let hello = world.lin.hello();
    let stretches: Vec<_> = (1..=2).map(|n| vec![world.lin.form(new_shop(shop(n)))]).collect();
    let whole = world.lin.request(&hello, &stretches);
    let ends = boundaries(&whole);
    let second = ends[2];
    // Header, payload and signature of the second batch: none can be changed.
    for at in [second, second + 2, second + HEADER + 5, ends[3] - SIGNATURE, ends[3] - 1] {
        let mut bad = whole.clone();
        bad[at] ^= 1;
        let synced = RawPhone::send(&world.server, &hello, &bad);
        assert_eq!(synced.stored(), [1], "changed at {at}");
        assert_eq!(synced.problems(), ["wire_wrong_seal"], "changed at {at}");
        let shop = new_shop(shop(u8::try_from(at % 200).unwrap() + 1));
        assert_eq!(world.wu.say(&world.server, shop), MERGED);
    }
    // The hello too: then nobody is known to have called.
    for at in [ends[0] + HEADER + 20, ends[1] - 1] {
        let mut bad = whole.clone();
        bad[at] ^= 1;
        let synced = RawPhone::send(&world.server, &hello, &bad);
        let code = synced.http.code();
        assert!(["not_signed_by_device", "unknown_device", "not_a_sync_request"].contains(&&*code), "{at}: {code}");
    }
    assert_eq!(RawPhone::send(&world.server, &hello, &whole).stored(), [1, 2]);
    world.is_sound();
}

#[test]
fn nobody_signs_for_another_device() {
    let mut world = World::new();
    let before = world.server.state(world.hgs);
    // Wu's key under Lin's name; frames of two streams mixed; a key that nobody enrolled.
    let mut hello = world.lin.hello();
    let item = world.lin.form(new_shop(shop(1)));
    for key in [world.wu.key.clone(), SigningKey::from_bytes(&[99; 32])] {
        let forged = RawPhone { key, ..world.lin.copied() };
        let synced = RawPhone::send(&world.server, &hello, &forged.request(&hello, &[vec![item.clone()]]));
        assert_eq!(synced.http.problem(), (401, "not_signed_by_device".to_owned()));
    }
    let lin = world.lin.request(&hello, &[vec![item.clone()]]);
    let wu_hello = world.wu.hello();
    let wu = world.wu.request(&wu_hello, &[vec![item]]);
    let spliced = [&lin[..boundaries(&lin)[1]], &wu[boundaries(&wu)[1]..]].concat();
    let synced = RawPhone::send(&world.server, &hello, &spliced);
    assert_eq!((synced.stored(), synced.problems()), (vec![], vec!["wire_wrong_seal".to_owned()]));
    hello.device = DeviceId::from_bytes([0x77; 16]);
    let synced = RawPhone::send(&world.server, &hello, &world.lin.request(&hello, &[]));
    assert_eq!(synced.http.problem(), (401, "unknown_device".to_owned()));
    assert_eq!(world.server.state(world.hgs), before);
    world.is_sound();
}

#[test]
fn what_is_no_stream_of_this_protocol_is_refused_before_anything_else() {
    let mut world = World::new();
    let hello = world.lin.hello();
    let whole = world.lin.request(&hello, &[]);
    let with = |at: usize, byte: u8| {
        let mut bad = whole.clone();
        bad[at] = byte;
        bad
    };
    let unhello = Forge::up(&world.lin.key).plain(BATCH, &encoded(&hello)).bytes();
    let packed = Deflate.compress(&encoded(&hello), b"").unwrap();
    let packed = Forge::up(&world.lin.key).frame(HELLO, 1, 0, &packed).bytes();
    let long = Forge::up(&world.lin.key).plain(HELLO, &vec![0; limits::SEGMENT_BYTES + 1]).bytes();
    let garbled = Forge::up(&world.lin.key).plain(HELLO, b"\xff\xff").bytes();
    let mut claims = b"DOOR^\x01\x00\x00\x00".to_vec();
    claims.extend([0xff; 4]);
    let cases: [(Vec<u8>, u16, &str); 11] = [
        (Vec::new(), 400, "not_a_sync_request"),
        (b"{\"json\": true}".to_vec(), 400, "not_a_sync_request"),
        (with(0, b'd'), 400, "not_a_sync_request"),
        (with(4, b'v'), 400, "not_a_sync_request"),
        (with(5, 0), 400, "sync_version"),
        (with(5, 2), 400, "sync_version"),
        (unhello, 400, "not_a_sync_request"),
        (packed, 400, "not_a_sync_request"),
        (garbled, 400, "not_a_sync_request"),
        (long, 413, "too_large"),
        (claims, 413, "too_large"),
    ];
    for (nth, (bytes, status, code)) in cases.into_iter().enumerate() {
        let synced = RawPhone::send(&world.server, &hello, &bytes);
        assert_eq!(synced.http.problem(), (status, code.to_owned()), "case {nth}");
        world.server.is_well();
    }
    let wrong_type = world.server.send("POST", "/v1/sync", None, Some(("application/json", &whole)));
    assert_eq!(wrong_type.problem(), (415, "wrong_content_type".to_owned()));
    assert_eq!(RawPhone::send(&world.server, &hello, &whole).http.status, 200);
}

#[test]
fn frames_that_no_phone_of_this_version_writes() {
    let mut world = World::new();
    let mut nested = vec![0xa2, 0x18, 99];
    nested.extend(vec![0x81; 100_000]);
    // A field that is not known is skipped, however deep it is; a stack would not hold it.
    let mut deep = nested.clone();
    deep.extend([0x00, 0x00]);
    deep.extend(encoded(&world.hgs));
    let mut many = vec![0xa2, 0x00];
    many.extend(encoded(&world.hgs));
    many.extend([0x01, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    let bomb = Deflate.compress(&vec![0; limits::SEGMENT_BYTES + 1], b"").unwrap();
    let broken = vec![0xff; 300];
    type Add = Box<dyn Fn(Forge) -> Forge>;
    let cases: Vec<(&str, Add, &str)> = vec![
        ("a second hello", Box::new(|forge| forge.plain(HELLO, b"\xa0")), "wire_malformed"),
        ("an unknown kind", Box::new(|forge| forge.plain(77, b"\xa0")), "wire_too_new"),
        ("an unknown codec", Box::new(|forge| forge.frame(BATCH, 9, 0, b"\xa0")), "wire_too_new"),
        ("an unknown dictionary", Box::new(|forge| forge.frame(BATCH, 1, 200, b"\xa0")), "wire_too_new"),
        ("no message", Box::new(|forge| forge.plain(BATCH, b"")), "wire_malformed"),
        ("another message", Box::new(|forge| forge.plain(BATCH, b"\x83\x01\x02\x03")), "wire_malformed"),
        ("records without end", Box::new(move |forge| forge.plain(BATCH, &many)), "wire_malformed"),
        ("nests without end", Box::new(move |forge| forge.plain(BATCH, &nested)), "wire_malformed"),
        ("a deep field", Box::new(move |forge| forge.plain(BATCH, &deep)), "wire_truncated"),
        ("not inflatable", Box::new(move |forge| forge.frame(BATCH, 1, 0, &broken)), "wire_bad_compression"),
        ("a bomb", Box::new(move |forge| forge.frame(BATCH, 1, 0, &bomb)), "wire_oversized"),
        ("too long", Box::new(|forge| forge.plain(BATCH, &vec![0; limits::SEGMENT_BYTES + 1])), "wire_oversized"),
    ];
    for (nth, (what, add, code)) in cases.into_iter().enumerate() {
        let hello = world.lin.hello();
        let good = world.lin.form(new_shop(shop(u8::try_from(nth + 1).unwrap())));
        let number = world.lin.numbers;
        let forge = add(greeted(&world.lin, &hello).plain(BATCH, &batch(&world.lin, vec![good])));
        let synced = RawPhone::send(&world.server, &hello, &forge.bytes());
        assert_eq!(synced.problems(), [code], "{what}");
        assert_eq!(synced.verdicts(), [(number, MERGED)], "what came before {what} stands");
        world.server.is_well();
    }
    // What follows the end is not read.
    let hello = world.lin.hello();
    let after = world.lin.form(new_shop(shop(101)));
    world.lin.numbers -= 1;
    let forge = greeted(&world.lin, &hello).plain(END, &end()).plain(BATCH, &batch(&world.lin, vec![after]));
    let synced = RawPhone::send(&world.server, &hello, &forge.bytes());
    assert_eq!((synced.stored(), synced.blocked()), (vec![], None));
    // A frame that may be skipped is skipped, and what follows counts.
    let hello = world.lin.hello();
    let good = world.lin.form(new_shop(shop(100)));
    let number = world.lin.numbers;
    let forge = greeted(&world.lin, &hello).frame(200, 7, 7, b"?").plain(BATCH, &batch(&world.lin, vec![good]));
    let synced = RawPhone::send(&world.server, &hello, &forge.plain(END, &end()).bytes());
    assert_eq!((synced.verdicts(), synced.problems()), (vec![(number, MERGED)], vec![]));
    world.is_sound();
}

#[test]
fn bombs_and_endless_bodies_take_no_memory() {
    let mut world = World::new();
    world.server.is_well();
    let before = memory_kib();
    // As much as a message may inflate to, and then some, in little bytes: 32 MiB of one submission that is none.
    let mut inner = vec![0xa2, 0x00, 0x01, 0x01, 0x5a];
    let length = limits::SEGMENT_BYTES - 200;
    inner.extend(u32::try_from(length).unwrap().to_be_bytes());
    inner.extend(vec![0; length]);
    let plain = [&[0xa2, 0x00][..], &encoded(&world.hgs), &[0x01, 0x81], &inner].concat();
    let packed = Deflate.compress(&plain, b"").unwrap();
    let hello = world.lin.hello();
    let mut forge = greeted(&world.lin, &hello);
    for _ in 0..=limits::MESSAGE_INFLATED_BYTES / limits::SEGMENT_BYTES + 1 {
        forge = forge.frame(BATCH, 1, 0, &packed);
    }
    let synced = RawPhone::send(&world.server, &hello, &forge.bytes());
    assert_eq!(synced.problems(), ["wire_oversized"]);
    // A body that goes on and on, of one who is known and of one who is not.
    let endless = vec![0x55; 3 * limits::MESSAGE_BYTES];
    let started = [world.lin.request(&hello, &[]), endless.clone()].concat();
    let head = |length: usize| {
        format!("POST /v1/sync HTTP/1.1\r\nHost: d\r\nContent-Type: {SYNC}\r\nContent-Length: {length}\r\n\r\n")
    };
    for bytes in [&started, &endless] {
        let _answer = world.server.raw(&[head(bytes.len()).as_bytes(), bytes].concat());
        world.server.is_well();
    }
    if let (Some(before), Some(after)) = (before, memory_kib()) {
        // The test's own copies of the bodies are in it too: three of 24 MiB.
        assert!(after - before < 192 * 1024, "{} MiB", (after - before) / 1024);
    }
    world.is_sound();
}

#[test]
fn who_never_finishes_is_in_nobodys_way() {
    let mut world = World::new();
    let hello = world.lin.hello();
    let form = world.lin.form(new_shop(shop(1)));
    let whole = world.lin.request(&hello, &[vec![form]]);
    let half = boundaries(&whole)[2] + 30;
    let head = format!(
        "POST /v1/sync HTTP/1.1\r\nHost: d\r\nContent-Type: {SYNC}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        whole.len()
    );
    let begun = [head.as_bytes(), &whole[..half]].concat();
    let mut slow: Vec<_> = (0..40).map(|_| world.server.began(&begun)).collect();
    let _never: Vec<_> = (0..40).map(|_| world.server.began(b"POST /v1/login HTTP/1.1\r\nContent-Le")).collect();
    // What is whole of the slow ones is committed once; another phone writes and reads meanwhile.
    assert_eq!(world.wu.say(&world.server, new_shop(shop(2))), MERGED);
    world.is_sound();
    let mut last = slow.pop().unwrap();
    last.write_all(&whole[half..]).unwrap();
    let mut answer = Vec::new();
    last.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    let again = RawPhone::send(&world.server, &hello, &whole);
    assert_eq!(again.verdicts(), [(1, MERGED)]);
    drop(slow);
    world.is_sound();
}

#[test]
fn a_replayed_request_changes_nothing() {
    let mut world = World::new();
    let hello = world.lin.hello();
    let item = world.lin.form(new_shop(shop(1)));
    let bytes = world.lin.request(&hello, &[vec![item]]);
    let first = RawPhone::send(&world.server, &hello, &bytes);
    let state = world.server.state(world.hgs);
    for _ in 0..5 {
        let again = RawPhone::send(&world.server, &hello, &bytes);
        assert_eq!((again.verdicts(), again.blocked()), (first.verdicts(), None));
    }
    assert_eq!(world.server.state(world.hgs), state);
    // By another, who caught it on the way: the same bytes, the same answer, and no other device is touched.
    assert_eq!(world.wu.say(&world.server, new_shop(shop(2))), MERGED);
    world.is_sound();
}
