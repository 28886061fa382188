//! Takes in a stretch of a phone's outbox. Whatever arrives ends up in the log, merged or held; only a number that came
//! with other content before is left to the phone, which then renumbers.

use sync_core::admit::Standing;
use sync_core::author::Author;
use sync_core::case::{Case, Received};
use sync_core::id::{CaseloadId, DeviceId, PersonId, SubmissionId};
use sync_core::limits;
use sync_core::log::{HoldCode, Verdict};
use sync_core::submission::{Digest, Part, Submission, content as submission_content};
use sync_core::time::Timestamp;
use sync_core::wire::Item;

use super::{Flow, Head, Result, load, save};
use crate::db::key::Keyring;
use crate::db::submission::{self, Known};
use crate::db::{self, Tx};

/// Who uploads, and how they stand to the caseload now.
#[derive(Clone, Copy)]
pub struct From {
    /// The device.
    pub device: DeviceId,
    /// Its person.
    pub person: PersonId,
    /// How they stand.
    pub standing: Standing,
}

/// What became of a stretch of an outbox.
#[derive(Default)]
pub struct Intake {
    /// What is in the log now, or was before.
    pub taken: Vec<Taken>,
    /// A number came with other content than before: the phone was restored.
    pub new_install: bool,
    /// Numbers that no outbox has.
    pub impossible: Vec<u64>,
}

/// One number that is in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The number.
    pub number: u64,
    /// What is said of it.
    pub verdict: Verdict,
    /// The entry that holds it, or the decision on it.
    pub seq: u64,
}

impl Taken {
    fn of(number: u64, known: &Known) -> Self {
        Self { number, verdict: known.verdict(), seq: known.decided_seq.unwrap_or(known.seq) }
    }
}

/// An item, read as far as it can be.
enum Read {
    Whole(Submission),
    /// Kept as it came, for a person to look at.
    Raw(HoldCode),
}

impl Flow {
    /// Takes the items in, in order. Nothing is acknowledged before the caller has committed.
    ///
    /// # Errors
    /// [`super::FlowError::NotFound`] for an unknown caseload; the database.
    pub async fn take_in(
        &self,
        tx: &mut Tx,
        caseload: CaseloadId,
        from: From,
        now: Timestamp,
        items: &[Item],
    ) -> Result<Intake> {
        let mut head = Head::open(tx, caseload).await?;
        let mut keys = self.keys();
        let mut intake = Intake::default();
        let mut case = head.case(&self.policy.evaluator, now);
        for item in items {
            let number = item.number();
            if number == 0 || number > limits::OUTBOX_NUMBER {
                intake.impossible.push(number);
                continue;
            }
            let bytes = bytes_of(item, from.device);
            let known = match standing_of(tx, &case, caseload, from.device, item, &bytes).await? {
                Before::Same(taken) => {
                    intake.taken.push(taken);
                    continue;
                }
                Before::Other => {
                    intake.new_install = true;
                    continue;
                }
                Before::New(read) => read,
            };
            let verdict = one(tx, &mut keys, &mut case, from, number, known, bytes).await?;
            let seq = case.entries().iter().rev().find(|entry| is_of(entry, from.device, number)).map(|e| e.seq);
            intake.taken.push(Taken { number, verdict, seq: seq.unwrap_or_default() });
        }
        let outcome = case.finish();
        save::outcome(self, tx, &mut keys, &mut head, now, outcome).await?;
        Ok(intake)
    }
}

fn is_of(entry: &sync_core::log::Entry, device: DeviceId, number: u64) -> bool {
    db::log::logged(entry).is_some_and(|logged| logged.author.device == device && logged.author.number == number)
}

/// Takes one new item in.
async fn one(
    tx: &mut Tx,
    keys: &mut Keyring,
    case: &mut Case<'_>,
    from: From,
    number: u64,
    read: Read,
    bytes: Vec<u8>,
) -> db::Result<Verdict> {
    let author = Author { device: from.device, person: from.person, role: from.standing.role, number };
    match read {
        Read::Raw(code) => Ok(case.take_in_unreadable(bytes, code, author)),
        Read::Whole(submission) => {
            let caseload = submission.caseload;
            let standing = from.standing.member && !from.standing.revoked;
            if standing && says_again(tx, caseload, &submission.parts).await? {
                return Ok(case.take_in_unreadable(bytes, HoldCode::Malformed, author));
            }
            case.expect(&submission.parts);
            load::satisfy(tx, keys, caseload, case).await?;
            let digest = Digest::of(&bytes);
            let verdict = case.take_in(Received { submission, digest, author, standing: from.standing });
            load::satisfy(tx, keys, caseload, case).await?;
            case.conclude();
            Ok(verdict)
        }
    }
}

/// Whether it holds an event that is on record. The flow sees only the files that a submission touches; the same event
/// in another file would count there as well.
pub(super) async fn says_again(tx: &mut Tx, caseload: CaseloadId, parts: &[Part]) -> db::Result<bool> {
    let Ok(content) = submission_content(parts) else { return Ok(false) };
    db::event::on_record(tx, caseload, content.events.iter().map(|event| event.id)).await
}

/// The bytes that are kept. A void is kept with its device, so that two phones that lost the same number differ.
fn bytes_of(item: &Item, device: DeviceId) -> Vec<u8> {
    match item {
        Item::Submission { bytes, .. } => bytes.0.clone(),
        Item::Void { number, code } => format!("void {device} {number} {code}").into_bytes(),
        Item::Unknown { bytes, .. } => bytes.0.clone(),
    }
}

/// What the log said of this number before.
enum Before {
    New(Read),
    Same(Taken),
    Other,
}

async fn standing_of(
    tx: &mut Tx,
    case: &Case<'_>,
    caseload: CaseloadId,
    device: DeviceId,
    item: &Item,
    bytes: &[u8],
) -> db::Result<Before> {
    let (number, digest) = (item.number(), Digest::of(bytes));
    let void = matches!(item, Item::Void { .. });
    if let Some(known) = submission::by_number(tx, caseload, device, number).await? {
        // A phone that lost what had arrived has lost nothing.
        let same = void || known.digest == digest;
        return Ok(if same { Before::Same(Taken::of(number, &known)) } else { Before::Other });
    }
    // Twice in one stretch.
    if let Some(entry) = case.entries().iter().find(|entry| is_of(entry, device, number)) {
        let Some(logged) = db::log::logged(entry) else { return Ok(Before::Other) };
        let same = void || logged.digest == digest;
        let taken = Taken { number, verdict: logged.verdict, seq: entry.seq };
        return Ok(if same { Before::Same(taken) } else { Before::Other });
    }
    let read = read(item, caseload, bytes);
    let id = match &read {
        Read::Whole(submission) => submission.id,
        Read::Raw(_) => raw_id(caseload, &digest),
    };
    let known = submission::by_id(tx, caseload, id).await?;
    let arrived = in_stretch(case, id);
    match (known, arrived, read) {
        (None, None, read) => Ok(Before::New(read)),
        // The same bytes are filed once, under whichever number they came first.
        (Some(known), _, Read::Raw(_)) => Ok(Before::Same(Taken::of(number, &known))),
        (None, Some((seq, verdict)), Read::Raw(_)) => Ok(Before::Same(Taken { number, verdict, seq })),
        (Some(known), _, Read::Whole(submission)) => {
            // Sent again under another number by a phone that was restored: the form is the same, nothing is new.
            let before = Submission { number: known.number, ..submission };
            if known.device == device && before.digest() == known.digest {
                return Ok(Before::Same(Taken::of(number, &known)));
            }
            taken_id(tx, case, caseload, number, bytes).await
        }
        (None, Some(_), Read::Whole(_)) => taken_id(tx, case, caseload, number, bytes).await,
    }
}

/// What came earlier in this stretch under this id: where it lies, and what was said of it.
fn in_stretch(case: &Case<'_>, id: SubmissionId) -> Option<(u64, Verdict)> {
    let of_entry = |entry: &sync_core::log::Entry| {
        db::log::logged(entry).filter(|logged| logged.id == id).map(|logged| (entry.seq, logged.verdict))
    };
    case.entries().iter().find_map(of_entry)
}

/// Another submission has this id: kept, but never in its place.
async fn taken_id(tx: &mut Tx, case: &Case<'_>, caseload: CaseloadId, number: u64, bytes: &[u8]) -> db::Result<Before> {
    let id = raw_id(caseload, &Digest::of(bytes));
    if let Some((seq, verdict)) = in_stretch(case, id) {
        return Ok(Before::Same(Taken { number, verdict, seq }));
    }
    let known = submission::by_id(tx, caseload, id).await?;
    Ok(known.map_or(Before::New(Read::Raw(HoldCode::Malformed)), |known| Before::Same(Taken::of(number, &known))))
}

/// The id under which [`Case::take_in_unreadable`] files bytes.
fn raw_id(caseload: CaseloadId, digest: &Digest) -> SubmissionId {
    SubmissionId::derived("unreadable", &[caseload.bytes(), &digest.0])
}

/// Reads an item within the limits. What an honest phone would not have sent is kept raw.
fn read(item: &Item, caseload: CaseloadId, bytes: &[u8]) -> Read {
    match item {
        Item::Void { .. } => Read::Raw(HoldCode::Unreadable),
        Item::Unknown { .. } => Read::Raw(HoldCode::TooNew),
        Item::Submission { .. } if bytes.len() > limits::SUBMISSION_BYTES => Read::Raw(HoldCode::TooLarge),
        Item::Submission { number, .. } => {
            let mut decoder = minicbor::Decoder::new(bytes);
            match decoder.decode::<Submission>() {
                Ok(submission) if decoder.position() != bytes.len() => {
                    let _trailing = submission;
                    Read::Raw(HoldCode::Malformed)
                }
                // Filed under a number or caseload that its author did not write.
                Ok(submission) if submission.caseload != caseload || submission.number != *number => {
                    Read::Raw(HoldCode::Malformed)
                }
                Ok(submission) => Read::Whole(submission),
                Err(error) if error.is_unknown_variant() => Read::Raw(HoldCode::TooNew),
                Err(_) => Read::Raw(HoldCode::Unreadable),
            }
        }
    }
}
