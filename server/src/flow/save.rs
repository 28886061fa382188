//! Keeps what came of a case: entries with their content sealed, documents with their projections, events, flags, links,
//! what files are found by, alarms; and slips in the caseloads of their desks.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::admit::Standing;
use sync_core::case::{File, Outcome, Received, flow_author};
use sync_core::edit::{Base, Edit, Value};
use sync_core::entity::Kind;
use sync_core::event::{Event, EventBody};
use sync_core::flag::Why;
use sync_core::id::{CaseloadId, EntityId, EventId, SubmissionId};
use sync_core::log::{Entry, EntryBody, HoldCode, Verdict};
use sync_core::policy::Department;
use sync_core::project::Projection;
use sync_core::refer::{Objection, SlipNote, SlipOut};
use sync_core::submission::{Part, PartKind, Submission};
use sync_core::time::{Hlc, Timestamp};

use super::{Flow, FlowError, Head, NUMBERS, Result, load, street};
use crate::db::key::Keyring;
use crate::db::link::Slip;
use crate::db::submission::{Known, Stands};
use crate::db::{DbError, Tx, alarm, counter, document, event, flag, link, log, search, submission};
use crate::deliver::message::SlipNews;
use crate::deliver::{self, message};

/// Keeps everything; the caller commits.
pub(crate) async fn outcome(
    flow: &Flow,
    tx: &mut Tx,
    keys: &mut Keyring,
    head: &mut Head,
    now: Timestamp,
    outcome: Outcome,
) -> Result<()> {
    let caseload = head.caseload.id;
    let alarming = !outcome.raised.is_empty() || !outcome.alarms.is_empty();
    for alarm in &outcome.raised {
        // Ids only: who may open the file sees the rest there.
        let named = flow.policy.policy().rule(&alarm.rule).map(|rule| rule.name.clone()).unwrap_or_default();
        let (code, says) = match alarm.why {
            Why::AtOnce => ("alarm", named),
            Why::Overdue => (alarm::OVERDUE, named),
            Why::Unsettled => (alarm::UNSETTLED, street::unsettled(&alarm.rule)),
        };
        let detail = format!("{}\n{}", says.zh, says.en);
        let about = Some((alarm.flag, alarm.subject));
        let new = alarm::New { code, rule: Some(&alarm.rule), about, held: alarm.held, detail: &detail };
        alarm::set_off(tx, keys, caseload, now, &new).await?;
    }
    let (slips, notes) = records(tx, keys, head, now, outcome).await?;
    if alarming {
        flow.pass_on(tx, caseload, now).await?;
    }
    for slip in slips {
        send(flow, tx, keys, caseload, now, slip).await?;
    }
    for note in notes {
        tell(flow, tx, keys, now, note).await?;
    }
    Ok(())
}

/// Keeps everything in the caseload itself, and says what has to go to desks.
async fn records(
    tx: &mut Tx,
    keys: &mut Keyring,
    head: &mut Head,
    now: Timestamp,
    outcome: Outcome,
) -> Result<(Vec<SlipOut>, Vec<SlipNote>)> {
    let caseload = head.caseload.id;
    log::append_all(tx, keys, &mut head.caseload, &outcome.entries).await?;
    for entry in &outcome.entries {
        submissions(tx, caseload, entry).await?;
    }
    let folded = last_folded(&outcome.entries);
    let mut touched = BTreeSet::new();
    for change in outcome.changes() {
        let projection = Projection::of(change.entity, change.document);
        let json = serde_json::to_vec(&projection).map_err(|_| DbError::Damaged("a projection"))?;
        let conflicts = u32::try_from(projection.conflicts().count()).unwrap_or(u32::MAX);
        let save = document::Save {
            entity: change.entity,
            kind: change.document.schema().kind,
            root: change.root,
            version: change.document.version(),
            changed_seq: folded.get(&change.entity).copied().unwrap_or(head.caseload.seq),
            state: projection.state,
            due_at: projection.due_at,
            bytes: &change.document.save(),
            projection: &json,
            conflicts,
        };
        document::save(tx, keys, caseload, &save).await?;
        touched.insert(change.root);
    }
    events(tx, keys, caseload, &outcome).await?;
    for (root, recorded) in &outcome.events {
        let EventBody::Link(said) = &recorded.event.body else { continue };
        link::save(tx, caseload, (*root, said.other), recorded.seq, said.undo).await?;
    }
    for (root, shared) in outcome.alike.iter().filter(|(root, _)| touched.contains(root)) {
        let texts = outcome.files.get(root).map(names).unwrap_or_default();
        search::index(tx, keys.sealer(), (caseload, *root), shared, &texts).await?;
    }
    for found in &outcome.alarms {
        let detail = format!("{}\n{}", found.message.zh, found.message.en);
        alarm::raise(tx, keys, caseload, now, "rule", Some(&found.rule), &detail).await?;
    }
    if outcome.next_number != head.next_number {
        head.next_number = outcome.next_number;
        counter::set(tx, caseload, NUMBERS, outcome.next_number - 1).await?;
    }
    Ok((outcome.slips, outcome.notes))
}

/// The entry that last folds into each entity.
fn last_folded(entries: &[Entry]) -> BTreeMap<EntityId, u64> {
    let folds = entries.iter().filter_map(|entry| Some((entry.seq, entry.folds()?)));
    let edits = folds.flat_map(|(seq, logged)| logged.parts.iter().map(move |part| (part, seq)));
    edits.filter(|(part, _)| part.kind == PartKind::Edit).map(|(part, seq)| (part.subject, seq)).collect()
}

/// Where each submission stands after this entry.
async fn submissions(tx: &mut Tx, caseload: CaseloadId, entry: &Entry) -> Result<()> {
    match &entry.body {
        EntryBody::Submission(logged) => {
            let stands = match logged.verdict {
                Verdict::Merged => Stands::Merged,
                Verdict::Held(code) => Stands::Held(code),
            };
            let known = Known {
                device: logged.author.device,
                number: logged.author.number,
                id: logged.id,
                digest: logged.digest,
                seq: entry.seq,
                stands,
                decided_seq: None,
            };
            submission::insert(tx, caseload, &known).await?;
        }
        EntryBody::Decision(decision) => {
            submission::decide(tx, caseload, decision.submission, decision.accepted, entry.seq).await?;
        }
        EntryBody::PolicyActivated { .. }
        | EntryBody::Membership { .. }
        | EntryBody::Timer
        | EntryBody::Erased { .. } => {}
    }
    Ok(())
}

/// Where each new event lies in the log, and what it says of flags.
async fn events(tx: &mut Tx, keys: &mut Keyring, caseload: CaseloadId, outcome: &Outcome) -> Result<()> {
    let places: BTreeMap<(u64, EventId), u16> = outcome.entries.iter().flat_map(parts_of_events).collect();
    for (root, recorded) in &outcome.events {
        let event = &recorded.event;
        let part = *places.get(&(recorded.seq, event.id)).ok_or(DbError::Damaged("an event without a part"))?;
        let placed = event::Placed {
            event: event.id,
            kind: event.body.kind(),
            subject: event.subject,
            root: *root,
            seq: recorded.seq,
            part,
            observed_at: event.start,
        };
        event::insert(tx, caseload, &placed).await?;
        let EventBody::Flagged(flagged) = &event.body else { continue };
        let standing = outcome.files.get(root).and_then(|file| file.flags.get(&flagged.flag));
        let standing = standing.ok_or(DbError::Damaged("a flag without a file"))?;
        flag::save(tx, keys, (caseload, *root), recorded.seq, standing).await?;
    }
    Ok(())
}

fn parts_of_events(entry: &Entry) -> Vec<((u64, EventId), u16)> {
    let parts = entry.folds().map(|logged| &logged.parts[..]).unwrap_or_default();
    let id = |part: &Part| minicbor::decode::<Event>(&part.bytes).ok().map(|event| event.id);
    (0_u16..)
        .zip(parts)
        .filter(|(_, part)| part.kind == PartKind::Event)
        .filter_map(|(ix, part)| Some(((entry.seq, id(part)?), ix)))
        .collect()
}

/// What people look for a file by: names, address and unit. Kept as keyed hashes of pairs of characters only.
fn names(file: &File) -> Vec<String> {
    let of = |kind: Kind, fields: &'static [&'static str]| {
        let values = move |document: &sync_core::document::Document| {
            fields.iter().filter_map(|field| document.value(field)?.as_text().map(str::to_owned)).collect::<Vec<_>>()
        };
        file.of_kind(kind).flat_map(move |(_, document)| values(document))
    };
    let place = of(Kind::Premises, &["name", "nickname", "address", "unit_code"]);
    let home = of(Kind::Dwelling, &["address", "unit_code"]);
    let person = of(Kind::Elder, &["name", "preferred_name"]);
    let rest = of(Kind::Operator, &["name"]).chain(of(Kind::Referral, &["number"]));
    place.chain(home).chain(person).chain(rest).collect()
}

/// Writes a slip into its desk's caseload, by the flow itself.
async fn send(
    flow: &Flow,
    tx: &mut Tx,
    keys: &mut Keyring,
    from: CaseloadId,
    now: Timestamp,
    slip: SlipOut,
) -> Result<()> {
    let SlipOut { desk, slip, kind, ops } = slip;
    if document::root(tx, desk, slip).await?.is_some() {
        return Ok(());
    }
    let value = |field: &str| ops.iter().find(|op| op.field == field).map(|op| op.value.clone());
    let referral = value("referral").and_then(|value| value.as_id()).ok_or(DbError::Damaged("a slip"))?;
    let round = value("round").and_then(|value| value.as_int()).unwrap_or(0);
    let mut head = Head::open(tx, desk).await?;
    // Once more where it is written, by what the desk itself is: whatever the caller thinks it knows.
    let takes = |department: &Department| department.takes_persons();
    let dept = head.caseload.dept.as_deref().and_then(|dept| flow.policy.policy().department(dept));
    if kind == Kind::PersonSlip && !dept.is_some_and(takes) {
        return Err(FlowError::Objection(Objection::NotThisDesk));
    }
    let edit = Edit { entity: slip, kind: kind.code().to_owned(), base: Base::default(), ops: ops.clone() };
    write_alone(flow, tx, keys, &mut head, now, vec![Part::edit(&edit)]).await?;
    if kind == Kind::SlipCopy {
        // Nothing to answer: what is not on record as a slip, no desk can act on.
        return Ok(());
    }
    let round = u16::try_from(round).unwrap_or(u16::MAX);
    link::save_slip(tx, &Slip { desk, slip, caseload: from, referral, round }).await?;
    let due_at = value("due_at").and_then(|value| value.as_int()).map(Timestamp::from_millis);
    let number = value("number").and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default();
    let message = message::dispatched(&message::Slip { desk, slip, number: &number, round, due_at }, now);
    Ok(deliver::announce(tx, keys, desk, now, &message).await?)
}

/// Announces something new about a slip to its desk.
pub(super) async fn announce(
    tx: &mut Tx,
    keys: &mut Keyring,
    (desk, slip): (CaseloadId, EntityId),
    now: Timestamp,
    news: SlipNews,
) -> Result<()> {
    let Some(known) = document::projection(tx, keys, desk, slip).await? else { return Ok(()) };
    let number = known.json.get("title").and_then(|title| title.as_str()).unwrap_or_default();
    let round = known.state.unwrap_or_default().round;
    let message = message::slip_news(news, &message::Slip { desk, slip, number, round, due_at: None }, now);
    Ok(deliver::announce(tx, keys, desk, now, &message).await?)
}

/// Writes into a slip what its desk must know of it; nothing where no slip was sent.
async fn tell(flow: &Flow, tx: &mut Tx, keys: &mut Keyring, now: Timestamp, note: SlipNote) -> Result<()> {
    let SlipNote { desk, slip, kind, ops } = note;
    let Some(known) = document::projection(tx, keys, desk, slip).await? else { return Ok(()) };
    let called_off = ops.iter().any(|op| op.field == "called_off" && op.value == Value::Bool(true));
    let mut head = Head::open(tx, desk).await?;
    let base = Base { version: known.version, seen: Vec::new() };
    let edit = Edit { entity: slip, kind: kind.code().to_owned(), base, ops };
    write_alone(flow, tx, keys, &mut head, now, vec![Part::edit(&edit)]).await?;
    if called_off {
        announce(tx, keys, (desk, slip), now, SlipNews::Withdrawn).await?;
    }
    Ok(())
}

/// A submission by the flow itself from which nothing further follows.
async fn write_alone(
    flow: &Flow,
    tx: &mut Tx,
    keys: &mut Keyring,
    head: &mut Head,
    now: Timestamp,
    parts: Vec<Part>,
) -> Result<()> {
    let (caseload, seq) = (head.caseload.id, head.caseload.seq + 1);
    let id = SubmissionId::derived("slip", &[caseload.bytes(), &seq.to_be_bytes()]);
    let submission = Submission { id, caseload, number: seq, at: Hlc { wall: now, counter: 0 }, parts };
    let mut case = head.case(&flow.policy.evaluator, now);
    case.expect(&submission.parts);
    load::satisfy(tx, keys, caseload, &mut case).await?;
    let (digest, author) = (submission.digest(), flow_author(caseload, seq));
    let verdict = case.take_in(Received { submission, digest, author, standing: Standing::FLOW });
    load::satisfy(tx, keys, caseload, &mut case).await?;
    case.conclude();
    if let Verdict::Held(code) = verdict {
        return Err(refused(code));
    }
    let outcome = case.finish();
    let further = records(tx, keys, head, now, outcome).await?;
    debug_assert!(further.0.is_empty() && further.1.is_empty(), "a slip makes no slip");
    Ok(())
}

fn refused(code: HoldCode) -> FlowError {
    FlowError::Refused(code)
}
