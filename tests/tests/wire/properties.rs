//! What holds for any messages, any chunking, any damage.

use proptest::collection::vec;
use proptest::prelude::*;
use sync_core::wire::*;

use crate::streams::{Upload, answer, asking, read_down, read_up, upload};

/// A frame that none of the generated messages outgrows.
const ONE_FRAME: FrameSize = FrameSize::MAX;

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_request_is_read_as_written_however_it_is_cut(
        upload in upload(),
        pieces in vec(1..400_usize, 0..8),
        dictionary in 0..3_u8,
    ) {
        let (stream, _) = upload.write(ONE_FRAME, dictionary);
        let (hello, read) = read_up(&stream, &pieces);
        prop_assert_eq!(hello, Some(upload.hello.clone()));
        prop_assert_eq!(read.end, Ok(()));
        prop_assert_eq!(read.frames, upload.frames());
    }

    #[test]
    fn small_frames_carry_the_same_items_in_the_same_order(upload in upload()) {
        let (large, few) = upload.write(ONE_FRAME, 0);
        let (small, many) = upload.write(FrameSize::MIN, 0);
        prop_assert!(many.len() >= few.len());
        let items = |stream| Upload::items(&read_up(stream, &[]).1.frames);
        prop_assert_eq!(items(&small), items(&large));
    }

    #[test]
    fn an_answer_is_read_as_written_however_it_is_cut(
        answer in answer(),
        asking in asking(),
        pieces in vec(1..400_usize, 0..8),
    ) {
        let asking = UpHello { frame_bytes: Some(ONE_FRAME.bytes()), ..asking };
        let (stream, _) = answer.write(&asking);
        let read = read_down(answer.request, &stream, &pieces);
        prop_assert_eq!(read.end, Ok(()));
        prop_assert_eq!(read.frames, answer.frames());
    }

    #[test]
    fn stretches_of_a_log_join_without_gap_whatever_their_size(
        answer in answer(),
        asking in asking(),
        smallest in any::<bool>(),
    ) {
        let asking = UpHello { frame_bytes: if smallest { Some(0) } else { asking.frame_bytes }, ..asking };
        let (stream, _) = answer.write(&asking);
        let read = read_down(answer.request, &stream, &[]).frames;
        let whole: Vec<&Entries> = answer.messages.iter().filter_map(entries).collect();
        let mut parts = read.iter().filter_map(entries);
        for whole in whole {
            let (mut after, mut lines) = (whole.after, Vec::new());
            loop {
                let part = parts.next().expect("a stretch is missing");
                prop_assert_eq!((part.caseload, part.epoch, part.after), (whole.caseload, whole.epoch, after));
                prop_assert!(part.entries.iter().all(|line| part.after < line.seq && line.seq <= part.upto));
                lines.extend(part.entries.clone());
                after = part.upto;
                if lines.len() == whole.entries.len() {
                    prop_assert_eq!((part.upto, part.sanity), (whole.upto, whole.sanity));
                    break;
                }
                prop_assert_eq!(part.sanity, None, "the sum is known at the end only");
            }
            prop_assert_eq!(&lines, &whole.entries);
        }
        prop_assert!(parts.next().is_none());
    }

    #[test]
    fn a_cut_request_gives_exactly_the_whole_frames(upload in upload(), at in any::<prop::sample::Index>()) {
        let (stream, ends) = upload.write(ONE_FRAME, 1);
        let at = at.index(stream.len());
        let (hello, read) = read_up(&stream[..at], &[97]);
        let whole = ends.iter().filter(|end| **end <= at).count();
        prop_assert_eq!(read.end, Err(WireError::Truncated));
        prop_assert_eq!(hello.is_some(), whole > 0);
        prop_assert_eq!(&read.frames[..], &upload.frames()[..whole.saturating_sub(1)]);
    }

    #[test]
    fn a_cut_answer_gives_exactly_the_whole_frames(answer in answer(), at in any::<prop::sample::Index>()) {
        let asking = UpHello { frame_bytes: Some(ONE_FRAME.bytes()), dictionary: 1, ..golden_hello() };
        let (stream, ends) = answer.write(&asking);
        let at = at.index(stream.len());
        let read = read_down(answer.request, &stream[..at], &[97]);
        let whole = ends.iter().filter(|end| **end <= at).count();
        prop_assert_eq!(read.end, Err(WireError::Truncated));
        prop_assert_eq!(&read.frames[..], &answer.frames()[..whole]);
    }

    #[test]
    fn a_changed_byte_of_a_request_is_found_and_changes_nothing(
        upload in upload(),
        at in any::<prop::sample::Index>(),
        mask in 1..=255_u8,
    ) {
        let (mut stream, ends) = upload.write(ONE_FRAME, 1);
        let at = at.index(stream.len());
        stream[at] ^= mask;
        let (hello, read) = read_up(&stream, &[61]);
        prop_assert!(read.end.is_err());
        prop_assert!(hello.is_none_or(|hello| hello == upload.hello));
        let before = ends.iter().filter(|end| **end <= at).count().saturating_sub(1);
        prop_assert_eq!(&read.frames[..], &upload.frames()[..before]);
    }

    #[test]
    fn a_changed_byte_of_an_answer_is_found_and_changes_nothing(
        answer in answer(),
        at in any::<prop::sample::Index>(),
        mask in 1..=255_u8,
    ) {
        let asking = UpHello { frame_bytes: Some(ONE_FRAME.bytes()), dictionary: 1, ..golden_hello() };
        let (mut stream, ends) = answer.write(&asking);
        let at = at.index(stream.len());
        stream[at] ^= mask;
        let read = read_down(answer.request, &stream, &[61]);
        prop_assert!(read.end.is_err());
        let before = ends.iter().filter(|end| **end <= at).count();
        prop_assert_eq!(&read.frames[..], &answer.frames()[..before]);
    }
}

fn entries(down: &Down) -> Option<&Entries> {
    if let Down::Entries(entries) = down { Some(entries) } else { None }
}

fn golden_hello() -> UpHello {
    crate::golden::upload().hello
}

#[test]
fn frame_size_follows_the_link_within_bounds() {
    let mut size = FrameSize::DEFAULT;
    for _ in 0..40 {
        size = size.grown();
    }
    assert_eq!(size, FrameSize::MAX);
    for _ in 0..40 {
        size = size.shrunk();
    }
    assert_eq!(size, FrameSize::MIN);
    assert_eq!(FrameSize::new(0), FrameSize::MIN);
    assert_eq!(FrameSize::new(u32::MAX), FrameSize::MAX);
}

#[test]
fn a_frame_holds_about_what_was_asked_for() {
    let items = (1..=200).map(|number| Item::Submission { number, bytes: Raw(vec![9; 300]) }).collect();
    let batch = Batch { items, ..crate::golden::upload().batches[0].clone() };
    let upload = Upload { batches: vec![batch], ..crate::golden::upload() };
    for size in [FrameSize::MIN, FrameSize::DEFAULT, FrameSize::MAX] {
        let (stream, ends) = upload.write(size, 0);
        let frames = ends.len() - 2;
        let wanted = (200 * 320_usize).div_ceil(size.bytes() as usize);
        assert!((wanted..=wanted * 4 / 3 + 1).contains(&frames), "{frames} frames of {size:?}, wanted {wanted}");
        assert_eq!(Upload::items(&read_up(&stream, &[]).1.frames).len(), 200);
    }
}

#[test]
fn answers_that_are_full_say_so_and_still_end() {
    let mut writer = DownWriter::new(crate::golden::answer().request, &crate::golden::answer().hello)
        .unwrap()
        .compressed_by(Box::new(Plain));
    let mut seq = 0;
    let mut sent = 0_u64;
    loop {
        let line = LogLine { seq: seq + 1, bytes: Raw(vec![0; 60_000]) };
        let stretch = Entries { after: seq, upto: seq + 1, entries: vec![line], sanity: None, ..golden_entries() };
        if !writer.send(&Down::Entries(stretch)).unwrap() {
            break;
        }
        (seq, sent) = (seq + 1, sent + 1);
    }
    let end = DownEnd { more: true, retry_after_ms: None };
    let stream = writer.finish(&end).unwrap();
    assert!(stream.len() <= sync_core::limits::MESSAGE_BYTES);
    assert!(stream.len() + 61_000 > sync_core::limits::MESSAGE_BYTES, "full means full");
    let read = read_down(crate::golden::answer().request, &stream, &[65_536]);
    assert_eq!(read.end, Ok(()));
    assert_eq!(read.frames.len() as u64, sent + 2);
    assert_eq!(read.frames.last(), Some(&Down::End(end)));
}

fn golden_entries() -> Entries {
    crate::golden::answer().messages.iter().find_map(entries).cloned().expect("the golden answer holds entries")
}
