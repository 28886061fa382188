//! What a desk receives: facts seen, where, how severe it seems, which reminders were given, and by when the law asks
//! for an answer. Written from the list of fields of [`crate::entity::slip`]; nothing else can be in it.

use crate::case::{Context, Effect, File, text_of};
use crate::document::Document;
use crate::edit::{FieldOp, State, Value};
use crate::entity::{Kind, person_slip, slip, slip_copy};
use crate::event::{Answered, Event, EventBody};
use crate::id::{CaseloadId, EntityId, FlagId};
use crate::policy::{Due, Policy, SentAs, SlipWords, Text};
use crate::refer::{ACCEPTED, CHECKING, DISPATCHED};
use crate::words;

/// While a desk has something in hand.
const AT_DESK: [u8; 3] = [DISPATCHED, ACCEPTED, CHECKING];

/// A slip on its way to a desk's caseload.
#[derive(Clone)]
pub struct SlipOut {
    /// The desk's caseload.
    pub desk: CaseloadId,
    /// The slip.
    pub slip: EntityId,
    /// About a place, a copy of one for information, or about a person.
    pub kind: Kind,
    /// Its fields.
    pub ops: Vec<FieldOp>,
}

/// Something that a desk must know of a slip that it has.
#[derive(Clone)]
pub struct SlipNote {
    /// The desk's caseload.
    pub desk: CaseloadId,
    /// The slip.
    pub slip: EntityId,
    /// About a place, or about a person.
    pub kind: Kind,
    /// What changes.
    pub ops: Vec<FieldOp>,
}

impl SlipNote {
    /// A note on the slip of this round; `None` when no desk got one.
    pub(super) fn to(referral: &Document, id: EntityId, round: u16, ops: Vec<FieldOp>) -> Option<Self> {
        let element = round.to_string();
        let desk = referral.element("desk", &element)?.shown.value.as_id()?;
        // Only a slip about a person rests on something.
        let person = referral.element("rests_on", &element).is_some();
        let (slip, kind) = match person {
            true => (person_slip::id(id, round), Kind::PersonSlip),
            false => (slip::id(id, round), Kind::Slip),
        };
        Some(Self { desk: CaseloadId::from_bytes(*desk.bytes()), slip, kind, ops })
    }
}

/// Tells the desk that has this round that the organisation takes it back, or does not after all. A desk decides for itself
/// what is left to do: its referral stays where it is.
pub(super) fn call_off(document: &Document, (referral, round): (EntityId, u16), off: bool, effect: &mut Effect) {
    let state = document.value("state").and_then(|value| value.as_state()).unwrap_or_default();
    let element = round.to_string();
    let before = document.element("called_off", &element).map(|known| known.shown.value) == Some(Value::Bool(true));
    if before == off || state.round != round || !AT_DESK.contains(&state.rank) {
        return;
    }
    let Some(note) = SlipNote::to(document, referral, round, vec![FieldOp::put("called_off", Value::Bool(off))]) else {
        return;
    };
    effect.put(referral, Kind::Referral.code(), FieldOp::put_element("called_off", &element, Value::Bool(off)));
    effect.note(Some(note));
}

/// The checklist item that a referral is about, from the window of its flag (`EXIT-02#1`).
pub(super) fn hazard_code(document: &Document, policy: &Policy) -> Option<String> {
    let window = text_of(document, "window");
    let code = window.split('#').next()?;
    policy.checklist.item(code).map(|item| item.code.clone())
}

/// A slip about a place, with its copies for those who are only told.
pub(super) struct Written {
    pub(super) slip: SlipOut,
    pub(super) copies: Vec<SlipOut>,
    /// The departments that get one.
    pub(super) copied_to: Vec<String>,
}

/// Writes the slip for the desk of a department; `None` when the subject is no place.
pub(super) fn write(
    context: &Context<'_>,
    file: &File,
    (referral, document): (EntityId, &Document),
    round: u16,
    (dept, desk): (&str, CaseloadId),
    due: Option<&Due>,
) -> Option<Written> {
    let policy = context.policy.policy();
    let subject = file.documents.get(&document.value("subject")?.as_id()?)?;
    if !is_place(subject) {
        return None;
    }
    let place = |field: &str| text_of(subject, field);
    let operator =
        |field: &str| file.of_kind(Kind::Operator).map(|(_, d)| text_of(d, field)).next().unwrap_or_default();
    let code = hazard_code(document, policy).unwrap_or_default();
    let routing = policy.routing_at(dept, &code);
    let sent_as = routing.map(|routing| routing.sent_as).unwrap_or_default();
    let other = policy.slip.jurisdiction.as_ref().filter(|_| sent_as == SentAs::Jurisdiction);
    let heading = other.map_or(&policy.slip.heading, |words| &words.heading);
    let requested = other.map_or(&policy.slip.requested, |words| &words.requested);
    let reminders = reminders(file, &code);
    let texts = [
        ("number", format!("{}/{round}", text_of(document, "number"))),
        ("kind", sent_as.code().to_owned()),
        ("dept", dept.to_owned()),
        ("heading_zh", heading.zh.clone()),
        ("heading_en", heading.en.clone()),
        ("premises_name", place("name")),
        ("address", place("address")),
        ("unit_code", place("unit_code")),
        ("map_point", place("map_point")),
        ("operator_name", operator("name")),
        ("uscc", operator("uscc")),
        ("hazard_codes", code.clone()),
        ("facts_zh", text_of(document, "reason_zh")),
        ("facts_en", text_of(document, "reason_en")),
        ("reminders", reminders.zh),
        ("reminders_en", reminders.en),
        ("requested_zh", requested.zh.clone()),
        ("requested_en", requested.en.clone()),
        ("basis", due.map(|due| due.basis.zh.clone()).unwrap_or_default()),
        ("contact", context.contact.to_owned()),
    ];
    let mut ops: Vec<FieldOp> = texts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(field, text)| FieldOp::put(field, Value::Text(text)))
        .collect();
    let severity = document.value("severity").unwrap_or(Value::Int(0));
    ops.extend([
        FieldOp::put("referral", Value::Id(referral)),
        FieldOp::put("round", Value::Int(i64::from(round))),
        FieldOp::put("severity", severity),
        FieldOp::put("received_at", Value::Int(context.now.millis())),
        FieldOp::put("state", Value::State(State::new(round, DISPATCHED))),
    ]);
    ops.extend(due.map(|due| FieldOp::put("due_at", Value::Int(due.at.millis()))));
    // Of a home: where it is (on the map to about 100 m), what was seen, and whether somebody needs help to get out. Photos would show who lives there.
    if subject.schema().kind == Kind::Dwelling {
        let help = subject.value("evacuation_help").unwrap_or_else(|| Value::from("unknown"));
        ops.push(FieldOp::put("evacuation_help", help));
    } else {
        let photos = photos(file, document).into_iter();
        ops.extend(photos.map(|photo| FieldOp::put_element("photos", &photo, Value::Bool(true))));
        let people = people(file, document, policy, &code);
        ops.extend(people.map(|people| FieldOp::put("people", Value::Int(people))));
    }
    let told = routing.filter(|_| subject.schema().kind == Kind::Premises).map_or(&[][..], |routing| &routing.cc);
    let (mut copies, mut copied_to) = (Vec::new(), Vec::new());
    for other in told.iter().filter(|other| *other != dept) {
        let there = context.desks.get(other).filter(|there| **there != desk);
        if let (Some(there), Some(words)) = (there, &policy.slip.inform) {
            copies.push(copy((referral, round), *there, words, &ops));
            copied_to.push(other.clone());
        }
    }
    ops.extend(copied_to.iter().map(|other| FieldOp::put_element("cc", other, Value::Bool(true))));
    let slip = SlipOut { desk, slip: slip::id(referral, round), kind: Kind::Slip, ops };
    Some(Written { slip, copies, copied_to })
}

/// The part of a slip that another desk is told, under words of its own.
fn copy((referral, round): (EntityId, u16), desk: CaseloadId, words: &SlipWords, slip: &[FieldOp]) -> SlipOut {
    let told = |op: &&FieldOp| Kind::SlipCopy.schema().field(&op.field).is_some();
    let own = [
        ("kind", "inform"),
        ("heading_zh", &words.heading.zh),
        ("heading_en", &words.heading.en),
        ("requested_zh", &words.requested.zh),
        ("requested_en", &words.requested.en),
    ];
    let same = slip.iter().filter(told).filter(|op| own.iter().all(|(field, _)| *field != op.field)).cloned();
    let own = own.iter().map(|(field, text)| FieldOp::put(field, Value::from(*text)));
    SlipOut { desk, slip: slip_copy::id(referral, round, desk), kind: Kind::SlipCopy, ops: same.chain(own).collect() }
}

/// What such a slip can describe: a place. Of a person's file there is none, whatever the rule.
fn is_place(subject: &Document) -> bool {
    matches!(subject.schema().kind, Kind::Premises | Kind::Dwelling)
}

/// The reminders already given about this item, one a line: day, number, how it was received.
fn reminders(file: &File, code: &str) -> Text {
    let line = |event: &Event| {
        let EventBody::Notice(notice) = &event.body else { return None };
        let about = code.is_empty() || notice.items.iter().any(|item| item == code);
        let received = words::receipt(notice.receipt);
        let given = format!("{} {}", event.start.civil().date(), notice.number);
        about.then(|| Text::new(format!("{given} {}", received.zh), format!("{given} {}", received.en)))
    };
    let lines: Vec<Text> = file.standing_events().filter_map(|recorded| line(&recorded.event)).collect();
    let joined = |one: fn(&Text) -> &str| lines.iter().map(one).collect::<Vec<_>>().join("\n");
    Text::new(joined(|text| &text.zh), joined(|text| &text.en))
}

/// What was seen of which the flag of a referral speaks.
fn evidence<'f>(file: &'f File, document: &Document) -> impl Iterator<Item = &'f Event> {
    let flag = text_of(document, "flag").parse::<FlagId>().ok();
    let evidence =
        flag.and_then(|flag| file.flags.get(&flag)).map(|flag| flag.flagged.evidence.clone()).unwrap_or_default();
    file.standing_events().map(|recorded| &recorded.event).filter(move |event| evidence.contains(&event.id))
}

/// Photos of the finding, by hash: as many as fit beside the other fields.
fn photos(file: &File, document: &Document) -> Vec<String> {
    let of_answer = |answered: &Answered| answered.photos.clone();
    evidence(file, document)
        .flat_map(|event| match &event.body {
            EventBody::Inspection(inspection) => inspection.answers.iter().flat_map(of_answer).collect(),
            _ => event.photos.clone(),
        })
        .take(PHOTOS)
        .map(|photo| crate::submission::Digest(photo.0).hex())
        .collect()
}

/// The most people that anybody counted there, where the checklist asks how many.
fn people(file: &File, document: &Document, policy: &Policy, code: &str) -> Option<i64> {
    let asked = policy.checklist.item(code)?.quantity.as_ref()?;
    let counted = |event: &Event| match &event.body {
        EventBody::Inspection(inspection) => {
            inspection.answers.iter().filter(|answered| answered.code == code).filter_map(|it| it.quantity).max()
        }
        _ => None,
    };
    let most = evidence(file, document).filter_map(counted).max()?;
    (asked.unit == PEOPLE).then_some(most.clamp(0, 100_000))
}

/// The unit of an item that asks how many people there are.
const PEOPLE: &str = "people";

/// Most photos that one slip names.
const PHOTOS: usize = 24;
