//! Whole streams: any messages, written, cut up, and read again.

use ed25519_dalek::{Signer as _, SigningKey};
use proptest::collection::vec;
use proptest::prelude::*;
use sync_core::id::{CaseloadId, DeviceId, InstallId, RequestId};
use sync_core::log::{HoldCode, Sanity, Verdict};
use sync_core::submission::Digest;
use sync_core::time::Timestamp;
use sync_core::wire::*;

/// The phone's key in all tests.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// The phone's key, as the writer wants it.
pub(crate) fn signer() -> impl FnMut(&[u8]) -> Result<SignatureBytes, std::convert::Infallible> {
    let key = key();
    move |message| Ok(key.sign(message).to_bytes())
}

/// The phone.
pub(crate) const DEVICE: DeviceId = DeviceId::from_bytes([3; 16]);

/// A request: hello, batches, end.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) hello: UpHello,
    pub(crate) batches: Vec<Batch>,
    pub(crate) end: UpEnd,
}

/// What a reader gave, and how it ended.
#[derive(Debug)]
pub(crate) struct Read<T> {
    pub(crate) frames: Vec<T>,
    pub(crate) end: Result<(), WireError>,
}

/// An answer: messages between hello and end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) request: RequestId,
    pub(crate) hello: DownHello,
    pub(crate) messages: Vec<Down>,
    pub(crate) end: DownEnd,
}

impl Upload {
    /// The stream, and where each of its frames ends.
    pub(crate) fn write(&self, size: FrameSize, dictionary: u8) -> (Vec<u8>, Vec<usize>) {
        let mut writer = UpWriter::new(&self.hello, signer()).unwrap().frames_of(size).dictionary(dictionary);
        let mut stream = writer.take();
        for batch in &self.batches {
            assert!(writer.batch(batch).unwrap(), "the generated streams are far below the cap");
            stream.extend(writer.take());
        }
        stream.extend(writer.finish(&self.end).unwrap());
        let ends = frame_ends(&stream, 64);
        (stream, ends)
    }

    /// All items in order, whatever frames they came in.
    pub(crate) fn items(frames: &[Up]) -> Vec<(CaseloadId, Item)> {
        let batches = frames.iter().filter_map(|up| if let Up::Batch(batch) = up { Some(batch) } else { None });
        batches.flat_map(|batch| batch.items.iter().map(|item| (batch.caseload, item.clone()))).collect()
    }

    /// The frames of this request if each message is one frame.
    pub(crate) fn frames(&self) -> Vec<Up> {
        let batches = self.batches.iter().filter(|batch| !batch.items.is_empty()).cloned().map(Up::Batch);
        batches.chain([Up::End(self.end.clone())]).collect()
    }
}

impl Answer {
    /// The stream, and where each of its frames ends.
    pub(crate) fn write(&self, hello: &UpHello) -> (Vec<u8>, Vec<usize>) {
        let mut writer = DownWriter::new(self.request, &self.hello).unwrap().suiting(hello);
        for message in &self.messages {
            assert!(writer.send(message).unwrap(), "the generated streams are far below the cap");
        }
        let stream = writer.finish(&self.end).unwrap();
        let ends = frame_ends(&stream, 16);
        (stream, ends)
    }

    /// The frames of this answer if each message is one frame.
    pub(crate) fn frames(&self) -> Vec<Down> {
        let hello = Down::Hello(self.hello.clone());
        std::iter::once(hello).chain(self.messages.clone()).chain([Down::End(self.end.clone())]).collect()
    }
}

/// Finds the ends of frames by their lengths alone.
fn frame_ends(stream: &[u8], seal: usize) -> Vec<usize> {
    let (mut at, mut ends) = (6, Vec::new());
    while at < stream.len() {
        at += 7 + u32::from_be_bytes(stream[at + 3..at + 7].try_into().unwrap()) as usize + seal;
        ends.push(at);
    }
    assert_eq!(at, stream.len());
    ends
}

/// Reads a request as the server does, in pieces of these lengths over and over. The hello is given only if it was
/// verified with the key of the one device there is.
pub(crate) fn read_up(stream: &[u8], pieces: &[usize]) -> (Option<UpHello>, Read<Up>) {
    let mut reader = UpReader::new();
    let (mut hello, mut frames) = (None, Vec::new());
    let mut run = || -> Result<(), WireError> {
        for piece in cut(stream, pieces) {
            reader.push(piece)?;
            if hello.is_none() {
                let Some(claimed) = reader.hello()?.cloned() else { continue };
                if claimed.device != DEVICE {
                    return Err(WireError::NotAuthenticated);
                }
                assert_eq!(reader.next_frame(), Err(WireError::NotAuthenticated), "released before it was verified");
                reader.authenticate(&key().verifying_key())?;
                hello = Some(claimed);
            }
            while let Some(frame) = reader.next_frame()? {
                frames.push(frame);
            }
        }
        reader.finish()
    };
    let end = run();
    (hello, Read { frames, end })
}

/// Reads an answer as the phone does.
pub(crate) fn read_down(request: RequestId, stream: &[u8], pieces: &[usize]) -> Read<Down> {
    let mut reader = DownReader::new(request);
    let mut frames = Vec::new();
    let mut run = || -> Result<(), WireError> {
        for piece in cut(stream, pieces) {
            reader.push(piece)?;
            while let Some(frame) = reader.next_frame()? {
                frames.push(frame);
            }
        }
        reader.finish()
    };
    let end = run();
    Read { frames, end }
}

fn cut<'a>(stream: &'a [u8], pieces: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = stream;
    let mut lengths = pieces.iter().cycle();
    std::iter::from_fn(move || {
        let length = lengths.next().map_or(rest.len(), |n| (*n).clamp(1, rest.len().max(1))).min(rest.len());
        let (piece, behind) = rest.split_at(length);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

fn caseload() -> impl Strategy<Value = CaseloadId> {
    (0..4_u8).prop_map(|n| CaseloadId::from_bytes([n; 16]))
}

fn secret() -> impl Strategy<Value = Option<Secret>> {
    proptest::option::of("[a-z0-9.]{0,40}".prop_map(Secret))
}

fn raw() -> impl Strategy<Value = Raw> {
    // Half of it compressible, as real records are.
    prop_oneof![vec(any::<u8>(), 0..200), (any::<u8>(), 0..900_usize).prop_map(|(byte, n)| vec![byte; n])].prop_map(Raw)
}

fn sanity() -> impl Strategy<Value = Sanity> {
    any::<[u8; 16]>().prop_map(Sanity::from_bytes)
}

fn item() -> impl Strategy<Value = Item> {
    let code = proptest::sample::select(VoidCode::ALL);
    prop_oneof![
        4 => (any::<u64>(), raw()).prop_map(|(number, bytes)| Item::Submission { number, bytes }),
        1 => (any::<u64>(), code).prop_map(|(number, code)| Item::Void { number, code }),
    ]
}

prop_compose! {
    fn hello()(
        install in any::<[u8; 16]>(),
        request in any::<[u8; 16]>(),
        now in any::<i64>(),
        software in ".{0,20}",
        (access, refresh) in (secret(), secret()),
        cursors in vec((caseload(), any::<u32>(), any::<u64>(), sanity()), 0..4),
        (policy, want_download, frame_bytes, dictionary) in any::<(u32, bool, Option<u32>, u8)>(),
    ) -> UpHello {
        let cursor = |(caseload, epoch, seq, sanity)| Cursor { caseload, epoch, seq, sanity };
        UpHello {
            device: DEVICE,
            install: InstallId::from_bytes(install),
            request: RequestId::from_bytes(request),
            now: Timestamp::from_millis(now),
            software, access, refresh,
            cursors: cursors.into_iter().map(cursor).collect(),
            policy, want_download, frame_bytes, dictionary,
        }
    }
}

prop_compose! {
    /// Any request.
    pub(crate) fn upload()(
        hello in hello(),
        batches in vec((caseload(), vec(item(), 0..8)), 0..5),
        more in any::<bool>(),
    ) -> Upload {
        let batches = batches.into_iter().map(|(caseload, items)| Batch { caseload, items }).collect();
        Upload { hello, batches, end: UpEnd { more } }
    }
}

fn acks() -> impl Strategy<Value = Down> {
    let verdict = prop_oneof![Just(Verdict::Merged), proptest::sample::select(HoldCode::ALL).prop_map(Verdict::Held),];
    let ruling = (any::<u64>(), verdict, any::<Option<u64>>()).prop_map(|(number, verdict, seq)| Ruling {
        number,
        verdict,
        seq,
    });
    let range = any::<(u64, u64)>().prop_map(|(first, last)| NumberRange { first, last });
    (caseload(), vec(range, 0..4), vec(ruling, 0..9), any::<(bool, u64, u64)>()).prop_map(
        |(caseload, stored, verdicts, (new_install, next_number, backed_up))| {
            Down::Acks(Acks { caseload, stored, verdicts, new_install, next_number, backed_up })
        },
    )
}

fn entries() -> impl Strategy<Value = Down> {
    let lines = vec((1..9_u64, raw()), 0..9);
    (caseload(), any::<u32>(), 0..1_000_000_u64, lines, 0..9_u64, proptest::option::of(sanity())).prop_map(
        |(caseload, epoch, after, lines, beyond, sanity)| {
            let mut upto = after;
            let mut line = |(step, bytes)| {
                upto += step;
                LogLine { seq: upto, bytes }
            };
            let entries = lines.into_iter().map(&mut line).collect();
            Down::Entries(Entries { caseload, epoch, after, upto: upto + beyond, entries, sanity })
        },
    )
}

fn message() -> impl Strategy<Value = Down> {
    let file = ("[a-z]{1,8}\\.toml", ".{0,300}").prop_map(|(name, text)| PolicyFile { name, text });
    let policy = (any::<u32>(), vec(file, 0..4), any::<bool>())
        .prop_map(|(version, files, last)| Down::Policy(PolicyFiles { version, files, last }));
    let role = proptest::option::of(proptest::sample::select(sync_core::author::Role::ALL));
    let programme = proptest::option::of("[a-z-]{0,12}");
    let letter = proptest::option::of("[A-Z]{1,3}");
    let info = (caseload(), any::<(u32, bool)>(), ".{0,12}", "[A-Z]{0,4}", role, programme, letter).prop_map(
        |(id, (version, enter), name, prefix, role, programme, letter)| {
            Down::Caseload(CaseloadInfo { id, version, enter, name, prefix, role, programme, letter })
        },
    );
    let problem = ("[a-z_]{1,20}", proptest::option::of(caseload()), any::<Option<u64>>())
        .prop_map(|(code, caseload, number)| Down::Problem(Problem { code, caseload, number }));
    let refused = (any::<[u8; 32]>(), proptest::sample::select(RefusedCode::ALL))
        .prop_map(|(parcel, code)| Refused { parcel: Digest(parcel), code });
    let stored = vec(any::<[u8; 32]>().prop_map(Digest), 0..4);
    let delivered =
        (stored, vec(refused, 0..4)).prop_map(|(stored, refused)| Down::Delivered(Delivered { stored, refused }));
    prop_oneof![3 => entries(), 2 => acks(), 1 => policy, 1 => info, 1 => problem, 1 => delivered]
}

prop_compose! {
    /// Any answer.
    pub(crate) fn answer()(
        request in any::<[u8; 16]>(),
        (now, epoch, dictionary, expires) in any::<(i64, u32, u8, Option<i64>)>(),
        (access, refresh) in (secret(), secret()),
        blocked in proptest::option::of(proptest::sample::select(Blocked::ALL)),
        messages in vec(message(), 0..7),
        (more, retry_after_ms) in any::<(bool, Option<u32>)>(),
    ) -> Answer {
        Answer {
            request: RequestId::from_bytes(request),
            hello: DownHello {
                now: Timestamp::from_millis(now),
                epoch, access, refresh, blocked, dictionary,
                access_expires: expires.map(Timestamp::from_millis),
            },
            messages,
            end: DownEnd { more, retry_after_ms },
        }
    }
}

prop_compose! {
    /// A hello that asks for frames of any size.
    pub(crate) fn asking()(frame_bytes in proptest::option::of(1_000..70_000_u32), dictionary in 0..3_u8, hello in hello())
        -> UpHello
    {
        UpHello { frame_bytes, dictionary, ..hello }
    }
}
