//! Golden bytes: streams of every released version, one line of hexadecimal per frame, stay readable for ever.
//!
//! `UPDATE_GOLDEN=1 cargo test -p doorstep-tests --test wire golden` writes files that are missing. A file that is
//! there is never overwritten: a new format is a new directory.

use std::path::PathBuf;

use sync_core::author::Role;
use sync_core::id::{CaseloadId, InstallId, RequestId};
use sync_core::log::{HoldCode, Sanity, Verdict};
use sync_core::relay::Carried;
use sync_core::submission::Digest;
use sync_core::time::Timestamp;
use sync_core::wire::*;

use crate::streams::{Answer, DEVICE, Upload, read_down, read_up, signer};

const CASELOAD: CaseloadId = CaseloadId::from_bytes([0x11; 16]);

/// A request with everything in it that this version can say.
pub(crate) fn upload() -> Upload {
    let submission = |number, text: &str| Item::Submission { number, bytes: Raw(text.as_bytes().to_vec()) };
    Upload {
        hello: UpHello {
            device: DEVICE,
            install: InstallId::from_bytes([4; 16]),
            request: RequestId::from_bytes([5; 16]),
            now: Timestamp::from_millis(1_795_400_700_000),
            software: "doorstep-mobile 0.1.0".to_owned(),
            access: Some(Secret("eyJ.access.token".to_owned())),
            refresh: Some(Secret("r3fr3sh".to_owned())),
            cursors: vec![Cursor { caseload: CASELOAD, epoch: 2, seq: 417, sanity: Sanity::from_bytes([9; 16]) }],
            policy: 3,
            want_download: true,
            frame_bytes: Some(4096),
            dictionary: 1,
        },
        batches: vec![
            Batch {
                caseload: CASELOAD,
                items: vec![
                    submission(12, &"EXIT-01 安全出口锁闭 ".repeat(8)),
                    Item::Void { number: 13, code: VoidCode::Lost },
                    submission(14, ""),
                ],
            },
            Batch { caseload: CaseloadId::from_bytes([0x22; 16]), items: vec![submission(1, "one")] },
        ],
        end: UpEnd { more: true },
    }
}

/// An answer with everything in it that this version can say.
pub(crate) fn answer() -> Answer {
    let line = |seq, text: &str| LogLine { seq, bytes: Raw(text.as_bytes().to_vec()) };
    let ruling = |number, verdict, seq| Ruling { number, verdict, seq };
    Answer {
        request: upload().hello.request,
        hello: DownHello {
            now: Timestamp::from_millis(1_795_400_701_000),
            epoch: 2,
            access: Some(Secret("eyJ.fresh.token".to_owned())),
            access_expires: Some(Timestamp::from_millis(1_795_401_301_000)),
            refresh: Some(Secret("r3fr3sh-2".to_owned())),
            blocked: Some(Blocked::Suspended),
            dictionary: 1,
        },
        messages: vec![
            Down::Acks(Acks {
                caseload: CASELOAD,
                stored: vec![NumberRange { first: 1, last: 9 }, NumberRange { first: 12, last: 14 }],
                verdicts: vec![
                    ruling(12, Verdict::Merged, Some(418)),
                    ruling(14, Verdict::Held(HoldCode::Unreadable), None),
                ],
                new_install: true,
                next_number: 15,
                backed_up: 7,
            }),
            Down::Caseload(CaseloadInfo {
                id: CASELOAD,
                version: 4,
                enter: true,
                name: "花果山社区 九小场所".to_owned(),
                prefix: "HGS".to_owned(),
                role: Some(Role::Worker),
                programme: None,
                letter: None,
            }),
            Down::Policy(PolicyFiles {
                version: 4,
                files: vec![PolicyFile { name: "rules.toml".to_owned(), text: "[[rule]]\nid = \"F01\"\n".repeat(6) }],
                last: true,
            }),
            Down::Entries(Entries {
                caseload: CASELOAD,
                epoch: 2,
                after: 417,
                upto: 421,
                entries: vec![line(418, &"疏散通道堵塞 premises ".repeat(8)), line(420, "x")],
                sanity: Some(Sanity::from_bytes([10; 16])),
            }),
            Down::Problem(Problem { code: "busy".to_owned(), caseload: Some(CASELOAD), number: Some(14) }),
        ],
        end: DownEnd { more: true, retry_after_ms: Some(1500) },
    }
}

/// The messages of the answer, encoded, with their kinds.
pub(crate) fn payloads() -> Vec<(u8, Vec<u8>)> {
    let encoded = |message: &Down| match message {
        Down::Acks(acks) => (1, minicbor::to_vec(acks).unwrap()),
        Down::Entries(entries) => (2, minicbor::to_vec(entries).unwrap()),
        Down::Policy(policy) => (3, minicbor::to_vec(policy).unwrap()),
        Down::Caseload(caseload) => (4, minicbor::to_vec(caseload).unwrap()),
        Down::Problem(problem) => (5, minicbor::to_vec(problem).unwrap()),
        Down::Delivered(delivered) => (7, minicbor::to_vec(delivered).unwrap()),
        Down::Hello(_) | Down::End(_) => unreachable!("written apart"),
    };
    answer().messages.iter().map(encoded).collect()
}

/// The request without compression: its bytes depend on the format alone.
fn plain_upload() -> Vec<u8> {
    let upload = upload();
    let mut writer = UpWriter::new(&upload.hello, signer()).unwrap().compressed_by(Box::new(Plain));
    for batch in &upload.batches {
        assert!(writer.batch(batch).unwrap());
    }
    writer.finish(&upload.end).unwrap()
}

/// The answer without compression.
fn plain_answer() -> Vec<u8> {
    let answer = answer();
    let mut writer = DownWriter::new(answer.request, &answer.hello).unwrap().compressed_by(Box::new(Plain));
    for message in &answer.messages {
        assert!(writer.send(message).unwrap());
    }
    writer.finish(&answer.end).unwrap()
}

/// The golden stream `name`; made from `current` when it is missing and asked for.
fn golden(name: &str, seal: usize, current: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/wire/v1").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, lines(&current(), seal)).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// Hexadecimal: the preamble, then a line for each frame.
fn lines(stream: &[u8], seal: usize) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
    let (mut text, mut at) = (hex(&stream[..6]), 6);
    while at < stream.len() {
        let length = u32::from_be_bytes(stream[at + 3..at + 7].try_into().unwrap()) as usize;
        let end = at + 7 + length + seal;
        text += &hex(&stream[at..end]);
        at = end;
    }
    text
}

#[track_caller]
fn reads_as_the_upload(stream: &[u8]) {
    let (hello, read) = read_up(stream, &[]);
    assert_eq!(hello, Some(upload().hello));
    assert_eq!(read.end, Ok(()));
    assert_eq!(read.frames, upload().frames());
}

#[track_caller]
fn reads_as_the_answer(stream: &[u8]) {
    let read = read_down(answer().request, stream, &[]);
    assert_eq!(read.end, Ok(()));
    assert_eq!(read.frames, answer().frames());
}

#[test]
fn golden_streams_mean_what_they_meant() {
    reads_as_the_upload(&golden("up.hex", 64, plain_upload));
    reads_as_the_answer(&golden("down.hex", 16, plain_answer));
}

#[test]
fn golden_streams_are_written_the_same_today() {
    assert_eq!(lines(&plain_upload(), 64), lines(&golden("up.hex", 64, plain_upload), 64));
    assert_eq!(lines(&plain_answer(), 16), lines(&golden("down.hex", 16, plain_answer), 16));
}

/// A request that carries for others.
fn relay() -> Relay {
    let carried = |parcel: &str, at| {
        let carrier = DEVICE;
        Carried::new(parcel.as_bytes().to_vec(), carrier, Timestamp::from_millis(at), signer()).unwrap()
    };
    Relay { parcels: vec![carried("sealed to the server", 1_795_400_000_000), carried("another", 1_795_400_100_000)] }
}

fn delivered() -> Delivered {
    let refused = |n, code| Refused { parcel: Digest([n; 32]), code };
    Delivered {
        stored: vec![Digest([1; 32]), Digest([2; 32])],
        refused: vec![refused(3, RefusedCode::DoesNotOpen), refused(4, RefusedCode::NotSigned)],
    }
}

/// Frames that came after the first golden streams have streams of their own.
#[test]
fn golden_relay_streams_mean_what_they_meant_and_are_written_the_same_today() {
    let up = || {
        let mut writer = UpWriter::new(&upload().hello, signer()).unwrap().compressed_by(Box::new(Plain));
        assert!(writer.relay(&relay()).unwrap());
        writer.finish(&UpEnd::default()).unwrap()
    };
    let down = || {
        let mut writer = DownWriter::new(answer().request, &answer().hello).unwrap().compressed_by(Box::new(Plain));
        assert!(writer.send(&Down::Delivered(delivered())).unwrap());
        writer.finish(&DownEnd::default()).unwrap()
    };
    let (golden_up, golden_down) = (golden("up-relay.hex", 64, up), golden("down-delivered.hex", 16, down));
    let (_, read) = read_up(&golden_up, &[]);
    assert_eq!(read.end, Ok(()));
    assert_eq!(read.frames, [Up::Relay(relay()), Up::End(UpEnd::default())]);
    let read = read_down(answer().request, &golden_down, &[]);
    assert_eq!(read.end, Ok(()));
    assert_eq!(read.frames[1..], [Down::Delivered(delivered()), Down::End(DownEnd::default())]);
    assert_eq!((lines(&up(), 64), lines(&down(), 16)), (lines(&golden_up, 64), lines(&golden_down, 16)));
}

/// A compressor may find shorter bytes one day, so these are only read.
#[test]
fn golden_compressed_streams_mean_what_they_meant() {
    for dictionary in [0, 1] {
        let name = |way| format!("{way}-deflate-{dictionary}.hex");
        let asking = UpHello { dictionary, ..upload().hello };
        let up = golden(&name("up"), 64, || upload().write(FrameSize::MAX, dictionary).0);
        let down = golden(&name("down"), 16, || answer().write(&asking).0);
        reads_as_the_upload(&up);
        reads_as_the_answer(&down);
        assert!(up.len() < plain_upload().len() && down.len() < plain_answer().len(), "they are compressed");
        assert!(lines(&down, 16).contains(&format!("\n0201{dictionary:02x}")), "entries in dictionary {dictionary}");
    }
}

#[test]
fn the_golden_answer_holds_every_kind_of_message() {
    let kinds: std::collections::HashSet<_> = answer().frames().iter().map(std::mem::discriminant).collect();
    assert_eq!(kinds.len(), 7);
}
