//! What a peer may send that no honest one does: with or without a good key, it costs bounded work and changes
//! nothing.

use ed25519_dalek::SigningKey;
use proptest::collection::vec;
use proptest::prelude::*;
use sync_core::id::RequestId;
use sync_core::limits;
use sync_core::wire::*;

use crate::golden;
use crate::streams::{Read, key, read_down, read_up, signer};
use doorstep_tests::forge::Forge;

const REQUEST: RequestId = RequestId::from_bytes([5; 16]);

fn hello() -> Vec<u8> {
    minicbor::to_vec(golden::upload().hello).unwrap()
}

fn up(forge: Forge) -> Read<Up> {
    read_up(&forge.bytes(), &[]).1
}

fn greeted() -> Forge {
    Forge::up(&key()).plain(0, &hello())
}

proptest! {
    #[test]
    fn any_bytes_are_refused(bytes in vec(any::<u8>(), 0..600), preamble in any::<bool>()) {
        let with = |start: &[u8]| if preamble { [start, &bytes].concat() } else { bytes.clone() };
        let (hello, read) = read_up(&with(b"DOOR^\x01"), &[50]);
        prop_assert!(hello.is_none() && read.frames.is_empty() && read.end.is_err());
        let read = read_down(REQUEST, &with(b"DOORv\x01"), &[50]);
        prop_assert!(read.frames.is_empty() && read.end.is_err());
    }

    #[test]
    fn any_payload_with_a_good_seal_is_read_or_refused(
        payload in vec(any::<u8>(), 0..300),
        kind in 0..9_u8,
        codec in 0..3_u8,
        dictionary in 0..3_u8,
    ) {
        up(greeted().frame(kind, codec, dictionary, &payload));
        read_down(REQUEST, &Forge::down(REQUEST).frame(kind, codec, dictionary, &payload).bytes(), &[]);
        let first = Forge::up(&key()).frame(0, codec, dictionary, &payload);
        prop_assert!(read_up(&first.bytes(), &[]).1.end.is_err());
    }

    #[test]
    fn a_damaged_message_with_a_good_seal_is_read_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for (kind, message) in golden::payloads() {
            let mut payload = message;
            let at = at.index(payload.len());
            payload[at] = byte;
            let hello = minicbor::to_vec(golden::answer().hello).unwrap();
            read_down(REQUEST, &Forge::down(REQUEST).plain(0, &hello).plain(kind, &payload).bytes(), &[]);
        }
    }
}

#[test]
fn a_false_length_is_refused_before_anything_is_buffered() {
    let mut reader = UpReader::new();
    reader.push(b"DOOR^\x01\x00\x00\x00").unwrap();
    reader.push(&u32::MAX.to_be_bytes()).unwrap();
    assert_eq!(reader.hello(), Err(WireError::Oversized("the payload of a frame")));
    let just_over = u32::try_from(limits::SEGMENT_BYTES + 1).unwrap().to_be_bytes();
    let mut reader = DownReader::new(REQUEST);
    reader.push(&[b"DOORv\x01\x00\x00\x00".as_slice(), &just_over].concat()).unwrap();
    assert_eq!(reader.next_frame(), Err(WireError::Oversized("the payload of a frame")));
}

#[test]
fn a_message_that_never_ends_is_refused() {
    let mut reader = UpReader::new();
    reader.push(&vec![0; limits::MESSAGE_BYTES]).unwrap();
    assert_eq!(reader.push(&[0]), Err(WireError::Oversized("the bytes of a message")));
}

#[test]
fn a_bomb_is_refused_where_it_passes_the_limit() {
    let fits = Deflate.compress(&vec![0; limits::SEGMENT_BYTES], b"").unwrap();
    let bomb = Deflate.compress(&vec![0; limits::SEGMENT_BYTES + 1], b"").unwrap();
    assert!(bomb.len() < 300, "small on the wire");
    assert_eq!(up(greeted().frame(1, 1, 0, &fits)).end, Err(WireError::Malformed(1)), "zeros inflate but are no batch");
    assert_eq!(up(greeted().frame(1, 1, 0, &bomb)).end, Err(WireError::Oversized("the inflated payload of a frame")));
}

#[test]
fn many_small_bombs_are_refused_where_they_pass_the_limit_together() {
    let batch = Batch { caseload: golden::upload().batches[0].caseload, items: Vec::new() };
    let mut plain = minicbor::to_vec(&batch).unwrap();
    // A third, unknown key with a long text of zeros: a valid batch that inflates a thousandfold.
    plain[0] += 1;
    let zeros = u32::try_from(limits::SEGMENT_BYTES - plain.len() - 6).unwrap();
    plain.push(9);
    plain.push(0x5a);
    plain.extend_from_slice(&zeros.to_be_bytes());
    plain.resize(limits::SEGMENT_BYTES, 0);
    let packed = Deflate.compress(&plain, b"").unwrap();
    let most = limits::MESSAGE_INFLATED_BYTES / limits::SEGMENT_BYTES;
    let mut forge = greeted();
    for _ in 0..=most {
        forge = forge.frame(1, 1, 0, &packed);
    }
    let read = up(forge);
    assert_eq!(read.end, Err(WireError::Oversized("the inflated payload of a frame")));
    // The hello took some of it.
    assert_eq!(read.frames.len(), most - 1);
}

#[test]
fn a_list_that_claims_more_than_it_holds_is_refused() {
    let id = [[0x50].as_slice(), &[1; 16]].concat();
    let batch = |list: &[u8]| [&[0xa2, 0x00], id.as_slice(), &[0x01], list].concat();
    let endless = batch(&[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(up(greeted().plain(1, &endless)).end, Err(WireError::Malformed(1)));
    let items = |n: u16| {
        let head = [[0x99].as_slice(), &n.to_be_bytes()].concat();
        batch(&[head, [0xa1, 0x00, 0x05].repeat(usize::from(n))].concat())
    };
    let most = u16::try_from(limits::SEGMENT_RECORDS).unwrap();
    assert_eq!(up(greeted().plain(1, &items(most))).frames.len(), 1);
    assert_eq!(up(greeted().plain(1, &items(most + 1))).end, Err(WireError::Malformed(1)));
}

#[test]
fn deep_nesting_does_not_exhaust_the_stack() {
    for opener in [0x81_u8, 0x9f, 0xc1] {
        let mut plain = minicbor::to_vec(&golden::upload().batches[0]).unwrap();
        plain[0] += 1;
        plain.push(9);
        plain.resize(limits::SEGMENT_BYTES, opener);
        assert_eq!(up(greeted().plain(1, &plain)).end, Err(WireError::Malformed(1)));
    }
}

#[test]
fn frames_are_good_only_in_their_place() {
    let (stream, ends) = golden::upload().write(FrameSize::MAX, 0);
    let frame = |n: usize| &stream[if n == 0 { 6 } else { ends[n - 1] }..ends[n]];
    assert!(ends.len() >= 4, "hello, two batches, end");
    let read = |order: &[usize]| {
        let bytes = order.iter().fold(stream[..6].to_vec(), |all, n| [&all, frame(*n)].concat());
        read_up(&bytes, &[]).1.end
    };
    assert_eq!(read(&[0, 1, 2, 3]), Ok(()));
    assert_eq!(read(&[0, 2, 1, 3]), Err(WireError::WrongSeal(1)), "swapped");
    assert_eq!(read(&[0, 1, 3]), Err(WireError::WrongSeal(2)), "left out");
    assert_eq!(read(&[0, 1, 1, 2, 3]), Err(WireError::WrongSeal(2)), "repeated");
    assert_eq!(read(&[1, 2, 3]), Err(WireError::NoHello));
    assert_eq!(read(&[0, 1, 2, 3, 3]), Err(WireError::TrailingBytes));
}

#[test]
fn only_the_device_that_the_hello_names_can_close_frames() {
    let thief = SigningKey::from_bytes(&[8; 32]);
    assert_eq!(up(Forge::up(&thief).plain(0, &hello())).end, Err(WireError::WrongSeal(0)));
    let mut reader = UpReader::new();
    assert_eq!(reader.authenticate(&key().verifying_key()), Err(WireError::NoHello), "nothing to authenticate yet");
    reader.push(&greeted().bytes()).unwrap();
    assert_eq!(reader.authenticate(&thief.verifying_key()), Err(WireError::WrongSeal(0)));
    assert_eq!(reader.authenticate(&key().verifying_key()), Err(WireError::WrongSeal(0)), "wrong stays wrong");
}

#[test]
fn an_answer_fits_only_its_request() {
    let (stream, _) = golden::answer().write(&golden::upload().hello);
    assert_eq!(read_down(golden::answer().request, &stream, &[]).end, Ok(()));
    assert_eq!(read_down(RequestId::from_bytes([6; 16]), &stream, &[]).end, Err(WireError::WrongSeal(0)));
}

#[test]
fn something_else_than_a_stream_is_named_so() {
    let page = b"<!DOCTYPE html><title>Sign in to the network</title>";
    assert_eq!(read_down(REQUEST, page, &[3]).end, Err(WireError::NotDoorstep));
    let (request, _) = golden::upload().write(FrameSize::MAX, 0);
    assert_eq!(read_down(REQUEST, &request, &[]).end, Err(WireError::NotDoorstep), "the other direction");
    assert_eq!(read_down(REQUEST, b"", &[]).end, Err(WireError::Truncated));
}

#[test]
fn bytes_behind_the_end_are_refused() {
    let (mut stream, _) = golden::upload().write(FrameSize::MAX, 0);
    stream.push(0);
    for pieces in [&[][..], &[1]] {
        let (_, read) = read_up(&stream, pieces);
        assert_eq!(read.end, Err(WireError::TrailingBytes));
        assert_eq!(read.frames, golden::upload().frames(), "what came before stands");
    }
}

#[test]
fn a_second_value_in_a_payload_is_refused() {
    let payload = [minicbor::to_vec(&golden::upload().batches[0]).unwrap(), vec![0]].concat();
    assert_eq!(up(greeted().plain(1, &payload)).end, Err(WireError::Malformed(1)));
}

#[test]
fn a_key_store_that_refuses_leaves_the_stream_whole() {
    let mut locked = false;
    let mut sign = signer();
    let upload = golden::upload();
    let turns = std::cell::Cell::new(0);
    let flaky = |message: &[u8]| {
        turns.set(turns.get() + 1);
        locked = turns.get() == 2;
        if locked { Err(()) } else { Ok(sign(message).unwrap()) }
    };
    let mut writer = UpWriter::new(&upload.hello, flaky).unwrap();
    assert_eq!(writer.batch(&upload.batches[0]), Err(WireError::NotSigned));
    assert_eq!(writer.batch(&upload.batches[0]), Ok(true));
    let stream = writer.finish(&upload.end).unwrap();
    assert_eq!(read_up(&stream, &[]).1.end, Ok(()));
}

#[test]
fn an_item_that_fits_no_frame_is_refused_and_the_rest_goes_on() {
    let upload = golden::upload();
    let caseload = upload.batches[0].caseload;
    let one =
        |number, length| Batch { caseload, items: vec![Item::Submission { number, bytes: Raw(vec![0; length]) }] };
    let mut writer = UpWriter::new(&upload.hello, signer()).unwrap();
    let too_large = writer.batch(&one(1, limits::SEGMENT_BYTES));
    assert_eq!(too_large, Err(WireError::Oversized("the payload of a frame")));
    assert_eq!(writer.batch(&one(2, limits::SUBMISSION_BYTES)), Ok(true), "the largest submission fits");
    let stream = writer.finish(&upload.end).unwrap();
    assert_eq!(read_up(&stream, &[]).1.frames.len(), 2);
}

#[test]
fn debug_shows_no_content() {
    let upload = format!("{:?}", golden::upload());
    let answer = format!("{:?}", golden::answer());
    for text in [upload, answer] {
        assert!(text.contains("[secret]") && text.contains(" bytes]"), "{text}");
        assert!(!text.contains("eyJ") && !text.contains("r3fr3sh"), "{text}");
    }
}
