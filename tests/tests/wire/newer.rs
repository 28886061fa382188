//! Peers of a newer version: what they say in addition is skipped or kept, and never misread.

use sync_core::wire::*;

use crate::golden;
use crate::streams::{Read, key, read_down, read_up};
use doorstep_tests::forge::Forge;

/// The payload of `message` with one more key, `at` the outermost map.
fn extended(message: &impl minicbor::Encode<()>) -> Vec<u8> {
    let mut bytes = minicbor::to_vec(message).unwrap();
    assert!((0xa0..0xb7).contains(&bytes[0]), "a map of fewer than 23 keys");
    bytes[0] += 1;
    bytes.extend_from_slice(&minicbor::to_vec((99_u8, ("new", [1_u8, 2], Some(true)))).unwrap()[1..]);
    bytes
}

fn up(forge: Forge) -> Read<Up> {
    read_up(&forge.bytes(), &[]).1
}

fn down(frames: &[(u8, Vec<u8>)]) -> Read<Down> {
    let request = golden::answer().request;
    let hello = extended(&golden::answer().hello);
    let forge = frames.iter().fold(Forge::down(request).plain(0, &hello), |f, (kind, bytes)| f.plain(*kind, bytes));
    read_down(request, &forge.bytes(), &[])
}

#[test]
fn unknown_fields_of_a_request_are_skipped() {
    let upload = golden::upload();
    let mut forge = Forge::up(&key()).plain(0, &extended(&upload.hello));
    for batch in &upload.batches {
        forge = forge.plain(1, &extended(batch));
    }
    let (hello, read) = read_up(&forge.plain(2, &extended(&upload.end)).bytes(), &[]);
    assert_eq!(hello, Some(upload.hello.clone()));
    assert_eq!(read.end, Ok(()));
    assert_eq!(read.frames, upload.frames());
}

#[test]
fn unknown_fields_of_an_answer_are_skipped() {
    let answer = golden::answer();
    let mut frames: Vec<(u8, Vec<u8>)> = answer
        .messages
        .iter()
        .map(|message| match message {
            Down::Acks(acks) => (1, extended(acks)),
            Down::Entries(entries) => (2, extended(entries)),
            Down::Policy(policy) => (3, extended(policy)),
            Down::Caseload(caseload) => (4, extended(caseload)),
            Down::Problem(problem) => (5, extended(problem)),
            Down::Delivered(delivered) => (7, extended(delivered)),
            Down::Hello(_) | Down::End(_) => unreachable!("written apart"),
        })
        .collect();
    frames.push((6, extended(&answer.end)));
    let read = down(&frames);
    assert_eq!(read.end, Ok(()));
    assert_eq!(read.frames, answer.frames());
}

#[test]
fn what_older_versions_leave_out_is_nothing() {
    // The least that was ever valid: only the required keys.
    let mut hello = minicbor::Encoder::new(Vec::new());
    hello.map(5).unwrap();
    hello.u8(0).unwrap().bytes(&[3; 16]).unwrap().u8(1).unwrap().bytes(&[1; 16]).unwrap();
    hello.u8(2).unwrap().bytes(&[2; 16]).unwrap().u8(3).unwrap().i64(-5).unwrap().u8(4).unwrap().str("old").unwrap();
    let (hello, _) = read_up(&Forge::up(&key()).plain(0, &hello.into_writer()).bytes(), &[]);
    let hello = hello.unwrap();
    assert_eq!((hello.cursors.len(), hello.policy, hello.want_download, hello.dictionary), (0, 0, false, 0));
    assert_eq!((hello.access, hello.refresh, hello.frame_bytes), (None, None, None));
    let read = down(&[(6, vec![0xa0])]);
    assert_eq!(read.frames.last(), Some(&Down::End(DownEnd::default())));
}

#[test]
fn unknown_frames_are_skipped_if_they_may_be_and_end_the_stream_if_not() {
    let upload = golden::upload();
    let hello = minicbor::to_vec(&upload.hello).unwrap();
    let end = minicbor::to_vec(&upload.end).unwrap();
    let with = |kind, codec, dictionary| {
        up(Forge::up(&key()).plain(0, &hello).frame(kind, codec, dictionary, b"\xffanything").plain(2, &end))
    };
    for (kind, codec, dictionary) in [(128, 0, 0), (255, 0, 0), (200, 9, 9)] {
        let read = with(kind, codec, dictionary);
        assert_eq!((read.frames, read.end), (vec![Up::End(upload.end.clone())], Ok(())));
    }
    let batch = minicbor::to_vec(&upload.batches[0]).unwrap();
    let read = up(Forge::up(&key()).plain(0, &hello).plain(1, &batch).plain(127, b"").plain(2, &end));
    assert_eq!(read.frames, [Up::Batch(upload.batches[0].clone())], "what came before stands");
    assert_eq!(read.end, Err(WireError::TooNew("frame kind")));
    assert_eq!(with(1, 7, 0).end, Err(WireError::TooNew("codec")));
    assert_eq!(with(1, 1, 7).end, Err(WireError::TooNew("dictionary")));
    assert_eq!(down(&[(100, Vec::new())]).end, Err(WireError::TooNew("frame kind")));
    assert_eq!(down(&[(130, Vec::new()), (6, vec![0xa0])]).end, Ok(()));
}

#[test]
fn another_version_of_the_format_is_named_so() {
    let (mut stream, _) = golden::upload().write(FrameSize::MAX, 0);
    stream[5] = 2;
    assert_eq!(read_up(&stream, &[1]).1.end, Err(WireError::TooNew("version")));
}

#[test]
fn an_unknown_item_is_kept_as_it_came_and_does_not_block_the_next() {
    let batch = golden::upload().batches[0].clone();
    let known = Item::Submission { number: 9, bytes: Raw(vec![1, 2, 3]) };
    // {0: 8, 7: "later"}: a number, and nothing that this version knows; and a reason to void that it does not know.
    let later = [&[0xa2, 0x00, 0x08, 0x07], minicbor::to_vec("later").unwrap().as_slice()].concat();
    let void = vec![0xa2, 0x00, 0x07, 0x02, 0x18, 0x63];
    let unknown = |number, bytes: &Vec<u8>| Item::Unknown { number, bytes: Raw(bytes.clone()) };
    let items = vec![unknown(7, &void), unknown(8, &later), known];
    let batch = Batch { items, ..batch };
    let bytes = minicbor::to_vec(&batch).unwrap();
    for raw in [&later, &void] {
        assert!(bytes.windows(raw.len()).any(|window| window == raw), "written back as it came");
    }
    let hello = minicbor::to_vec(golden::upload().hello).unwrap();
    let read = up(Forge::up(&key()).plain(0, &hello).plain(1, &bytes));
    assert_eq!(read.frames, [Up::Batch(batch)]);
}

#[test]
fn an_unknown_reason_to_block_blocks() {
    let answer = golden::answer();
    let read = |blocked: u8| {
        let mut e = minicbor::Encoder::new(Vec::new());
        e.map(4).unwrap().u8(0).unwrap().i64(1).unwrap().u8(1).unwrap().u8(1).unwrap();
        e.u8(5).unwrap().u8(blocked).unwrap().u8(6).unwrap().u8(1).unwrap();
        let payload = e.into_writer();
        let stream = Forge::down(answer.request).plain(0, &payload).bytes();
        match read_down(answer.request, &stream, &[]).frames.pop() {
            Some(Down::Hello(hello)) => (hello.blocked, hello.dictionary),
            other => panic!("no hello: {other:?}"),
        }
    };
    assert_eq!(read(1), (Some(Blocked::Revoked), 1));
    assert_eq!(read(77), (Some(Blocked::Upgrade), 1));
}

#[test]
fn a_verdict_of_a_newer_server_is_named_so() {
    let mut acks = minicbor::Encoder::new(Vec::new());
    acks.map(2).unwrap().u8(0).unwrap().bytes(&[1; 16]).unwrap();
    acks.u8(2).unwrap().array(1).unwrap().map(2).unwrap().u8(0).unwrap().u8(4).unwrap();
    acks.u8(1).unwrap().array(2).unwrap().u8(66).unwrap().array(0).unwrap();
    assert_eq!(down(&[(1, acks.into_writer())]).end, Err(WireError::TooNew("a value")));
}
