//! Takes in a stretch of a phone's outbox. Whatever arrives ends up in the log, merged or held; only a number that came
//! with other content before is left to the phone, which then renumbers.

use sync_core::admit::Standing;
use sync_core::author::Author;
use sync_core::case::{Case, Received, flow_author};
use sync_core::id::{CaseloadId, DeviceId, PersonId, SubmissionId};
use sync_core::limits;
use sync_core::log::{Carrier, HoldCode, Verdict};
use sync_core::submission::{Digest, Part, Submission, content as submission_content};
use sync_core::time::Timestamp;
use sync_core::wire::Item;

use super::{Flow, Head, Result, erase, load, save};
use crate::db::caseload::CaseloadKind;
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
    /// Who brings it, when it is not their own device.
    pub carrier: Option<Carrier>,
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
        // A desk is worked at its console, whose acts go through the workflow; never by a phone.
        let by_phone = head.caseload.kind == CaseloadKind::Field;
        let standing = Standing { member: from.standing.member && by_phone, ..from.standing };
        let from = From { standing, ..from };
        let mut keys = self.keys();
        let (mut intake, mut turned_away) = (Intake::default(), Vec::new());
        let mut case = head.case(&self.policy.evaluator, now);
        case.brought_by(from.carrier);
        for item in items {
            let number = item.number();
            if number == 0 || number > limits::OUTBOX_NUMBER {
                intake.impossible.push(number);
                continue;
            }
            let bytes = bytes_of(item, from.device);
            let new = match standing_of(tx, &case, caseload, from.device, item, &bytes).await? {
                Before::Same(taken) => {
                    intake.taken.push(taken);
                    continue;
                }
                Before::Other => {
                    intake.new_install = true;
                    continue;
                }
                Before::New(new) => new,
            };
            let (verdict, late) = one(tx, &mut keys, &mut case, from, number, new, bytes).await?;
            turned_away.extend(late);
            let seq = case.entries().iter().rev().find(|entry| is_of(entry, from.device, number)).map(|e| e.seq);
            intake.taken.push(Taken { number, verdict, seq: seq.unwrap_or_default() });
        }
        let outcome = case.finish();
        save::outcome(self, tx, &mut keys, &mut head, now, outcome).await?;
        for late in turned_away {
            self.turn_away(tx, caseload, now, flow_author(caseload, 0).person, late).await?;
        }
        Ok(intake)
    }
}

fn is_of(entry: &sync_core::log::Entry, device: DeviceId, number: u64) -> bool {
    db::log::logged(entry).is_some_and(|logged| logged.author.device == device && logged.author.number == number)
}

/// Takes one new item in; says its id again when it comes late: when what it is about was erased.
async fn one(
    tx: &mut Tx,
    keys: &mut Keyring,
    case: &mut Case<'_>,
    from: From,
    number: u64,
    new: New,
    bytes: Vec<u8>,
) -> db::Result<(Verdict, Option<SubmissionId>)> {
    let caseload = case.caseload();
    let author = Author { device: from.device, person: from.person, role: from.standing.role, number };
    match new {
        New::Apart(id, code) => {
            let code = from.standing.shut_out().unwrap_or(code);
            let gone = db::erased::every(tx, caseload).await?.into_keys().collect();
            let late = erase::names(&bytes, &gone);
            if late {
                case.note(erase::late(vec![erase::alone(id)], caseload));
            }
            Ok((case.take_in_unreadable(id, bytes, code, author), late.then_some(id)))
        }
        New::Form(submission) => {
            if from.standing.shut_out().is_none() && says_again(tx, caseload, &submission.parts).await? {
                let id = apart(caseload, from.device, &Digest::of(&bytes));
                return Ok((case.take_in_unreadable(id, bytes, HoldCode::Malformed, author), None));
            }
            case.expect(&submission.parts);
            load::satisfy(tx, keys, caseload, case).await?;
            let late = case.comes_late(&submission.parts);
            if let Some(unknown) = late.clone().filter(|unknown| !unknown.is_empty()) {
                case.note(erase::late(unknown, caseload));
            }
            let late = late.map(|_| submission.id);
            let digest = Digest::of(&bytes);
            let verdict = case.take_in(Received { submission, digest, author, standing: from.standing });
            load::satisfy(tx, keys, caseload, case).await?;
            case.conclude();
            Ok((verdict, late))
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
    New(New),
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
    let (id, code) = match read(item, caseload, bytes) {
        Read::Raw(code) => (apart(caseload, device, &digest), code),
        Read::Whole(submission) => match filed(tx, case, caseload, submission.id).await? {
            None => return Ok(Before::New(New::Form(submission))),
            Some(known) => {
                // Sent again under another number by a phone that was restored: the form is the same, nothing is new.
                let before = Submission { number: known.number, ..submission };
                if known.device == device && before.digest() == known.digest {
                    return Ok(Before::Same(known.taken(number)));
                }
                // Another submission has this id: kept, but never in its place. Its number is no part of what it says,
                // so that sending it once more finds it again, as it would have found a form that was new.
                let form = Submission { number: 0, ..before };
                (apart(caseload, device, &form.digest()), HoldCode::Malformed)
            }
        },
    };
    // The same is filed once, under whichever number it came first.
    let known = filed(tx, case, caseload, id).await?;
    Ok(known.map_or(Before::New(New::Apart(id, code)), |known| Before::Same(known.taken(number))))
}

/// What is not in the log yet.
enum New {
    /// A form.
    Form(Submission),
    /// Bytes that are kept for a person to look at, under an id of their own.
    Apart(SubmissionId, HoldCode),
}

/// The id under which a device's bytes are kept apart. Each device has its own: nobody learns what others sent by sending
/// the same.
fn apart(caseload: CaseloadId, device: DeviceId, digest: &Digest) -> SubmissionId {
    SubmissionId::derived("apart", &[caseload.bytes(), device.bytes(), &digest.0])
}

/// What is in the log under an id: from before, or from earlier in this stretch.
struct Filed {
    device: DeviceId,
    number: u64,
    digest: Digest,
    verdict: Verdict,
    seq: u64,
}

impl Filed {
    fn taken(&self, number: u64) -> Taken {
        Taken { number, verdict: self.verdict, seq: self.seq }
    }
}

async fn filed(tx: &mut Tx, case: &Case<'_>, caseload: CaseloadId, id: SubmissionId) -> db::Result<Option<Filed>> {
    if let Some(known) = submission::by_id(tx, caseload, id).await? {
        let Taken { number, verdict, seq } = Taken::of(known.number, &known);
        return Ok(Some(Filed { device: known.device, number, digest: known.digest, verdict, seq }));
    }
    let in_stretch = case.entries().iter().find_map(|entry| {
        let logged = db::log::logged(entry).filter(|logged| logged.id == id)?;
        let Author { device, number, .. } = logged.author;
        Some(Filed { device, number, digest: logged.digest, verdict: logged.verdict, seq: entry.seq })
    });
    Ok(in_stretch)
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
